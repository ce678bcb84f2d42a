"""JSON as it travels: read strictly, with exact decimals; written with exact decimals."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from migrator.records import canonical_decimal

MAX_EXPONENT = 400

_encode = json.JSONEncoder(ensure_ascii=False).encode


def dump_json(value: Any) -> bytes:
    """Write JSON with decimals as exact numbers, which the standard library cannot: it writes all that has none."""
    try:
        return _encode(value).encode()
    except TypeError:
        return "".join(_json_parts(value)).encode()


def _json_parts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{"
        for n, (key, item) in enumerate(value.items()):
            yield f"{', ' if n else ''}{json.dumps(key, ensure_ascii=False)}: "
            yield from _json_parts(item)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for n, item in enumerate(value):
            yield ", " if n else ""
            yield from _json_parts(item)
        yield "]"
    elif isinstance(value, Decimal):
        yield canonical_decimal(value)
    else:
        yield json.dumps(value, ensure_ascii=False)


def load_json(body: bytes, charset: str) -> Any:
    """Read JSON strictly: UTF-8, else the declared charset; no NaN, no bomb; decimals exact. Raises ValueError."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not charset or charset.lower() in {"utf-8", "utf8"}:
            raise ValueError("the answer is not UTF-8") from None
        text = _decode_declared(body, charset)
    try:
        data = _decode(text)
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None
    if "\\ud" in text.lower():
        json.dumps(data, ensure_ascii=False, default=str).encode()  # half of a surrogate pair is a ValueError
    return data


def _number(text: str) -> Decimal:
    """Take a number, unless writing it out would take more room than any number of a CRM."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text[:40]} is no number") from None
    if abs(number.adjusted()) > MAX_EXPONENT:
        raise ValueError(f"{text[:40]} is too large or too small a number")
    return number


def _decode_declared(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise ValueError(f"the answer is not {charset}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


_decode = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant).decode
