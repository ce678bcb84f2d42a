"""JSON and moments as they travel: numbers exactly as they came, nothing guessed."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

_quick = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"))


def parse_json(body: bytes) -> Any:
    """Read UTF-8 JSON; numbers with a point become Decimal, so that their digits survive.

    Raises ValueError for anything else, also for NaN, half of a surrogate pair and nesting without end.
    """
    text = body.decode("utf-8-sig")
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (RecursionError, ArithmeticError) as error:
        raise ValueError("nested too deep or a number too large") from error
    if "\\u" in text:
        write_json(value).encode()
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def write_json(value: Any) -> str:
    """Write JSON; a Decimal is written with the digits that it has."""
    if value is None:
        return "null"
    try:
        return _quick.encode(value)
    except TypeError:
        return _write_exactly(value)


def _write_exactly(value: Any) -> str:
    """Write what the quick encoder refuses because a Decimal is somewhere inside. Raises TypeError for other values."""
    if isinstance(value, dict):
        members = (f"{encode_basestring(key)}:{write_json(member)}" for key, member in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(write_json(item) for item in value)}]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def timestamp(moment: datetime) -> str:
    """Write a moment in UTC with `Z` and as many digits of a second as it has, as the vendor's newer interface does."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"
