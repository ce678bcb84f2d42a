"""Canonical fields ↔ the JSON that travels."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from migrator.connectors.rest.definition import Definition, ObjectDefinition
from migrator.records import (
    Canonical,
    Field,
    Kind,
    TargetRecord,
    Write,
    canonical_datetime,
    canonical_decimal,
    midnight,
)

MAX_EXPONENT = 400


def decode_record(definition: Definition, name: str, raw: Mapping[str, Any], zone: tzinfo = UTC) -> TargetRecord:
    """Take a record from an answer: its id, and its known fields as canonical values; blank ones are left out.

    `zone` is that of date-times which name none.
    """
    fields = dict(_decoded(definition.objects[name], raw, zone))
    return TargetRecord(id=str(at_path(raw, definition.id_path) or ""), fields=fields, raw=raw)


def _decoded(item: ObjectDefinition, raw: Mapping[str, Any], zone: tzinfo) -> Iterator[tuple[str, Canonical]]:
    for name, value in raw.items():
        field = item.type.fields.get(name)
        if field is None or value is None or value in ("", [], {}):
            continue
        if field.kind is Kind.TAGS and isinstance(value, dict):
            yield from ((f"{name}.{part}", _as_list(tags)) for part, tags in value.items() if tags)
        elif not isinstance(value, dict):
            yield name, _decode(field, value, zone)


def _decode(field: Field, value: Any, zone: tzinfo) -> Canonical:
    match field.kind:
        case Kind.DECIMAL:
            return _decode_decimal(value)
        case Kind.DATETIME:
            return _decode_datetime(str(value), zone)
        case Kind.LIST:
            return _as_list(value)
        case Kind.INTEGER if isinstance(value, Decimal) and value == value.to_integral_value():
            return int(value)
        case Kind.INTEGER | Kind.BOOLEAN:
            return value
    return canonical_decimal(value) if isinstance(value, Decimal) else value if isinstance(value, str) else str(value)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _decode_decimal(value: Any) -> str:
    try:
        return canonical_decimal(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def _decode_datetime(text: str, zone: tzinfo) -> str:
    """Take a date-time of the target; text that is none is kept, so that a difference shows. A date is not shifted."""
    try:
        moment = datetime.fromisoformat(text)
        naive_zone = UTC if len(text) == len("2024-01-31") else zone
        return canonical_datetime(moment if moment.tzinfo else moment.replace(tzinfo=naive_zone))
    except (ValueError, OverflowError):
        return text


def encode_body(definition: Definition, change: Write) -> dict[str, Any]:
    """Build the body of a create, or of an update that replaces the whole record: what was read, then our fields."""
    item = definition.objects[change.object]
    read = change.before.raw if change.before else {}
    body = {name: value for name, value in read.items() if name not in item.never_sent and value is not None}
    for name, value in change.fields.items():
        field = item.type.field(name)
        if field is None:
            continue
        whole, _, part = name.partition(".")
        if part:
            parts = {**(body.get(whole) or {}), part: value}
            body[whole] = {key: items for key, items in parts.items() if items is not None}
        elif value is None:
            body.pop(name, None)
        else:
            body[name] = _encode(definition, field, value)
    return body


def _encode(definition: Definition, field: Field, value: Canonical) -> Any:
    if field.kind is Kind.DECIMAL and not definition.decimals_as_text:
        return Decimal(value)
    if field.kind is Kind.DATETIME:
        moment = datetime.fromisoformat(value) if "T" in value else midnight(datetime.fromisoformat(value).date())
        moment = moment.astimezone(UTC)
        pattern = definition.datetime_format.replace("%Y", f"{moment.year:04d}")  # strftime drops leading zeros
        text = moment.strftime(pattern)
        fraction = value.partition(".")[2].rstrip("Z")
        return text.removesuffix("Z") + f".{fraction}Z" if fraction and text.endswith("Z") else text
    return value


def dump_json(value: Any) -> bytes:
    """Write JSON with decimals as exact numbers, which the standard library cannot."""
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
        data = json.loads(text, parse_float=_number, parse_constant=_no_constant)
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


def at_path(data: Any, path: str) -> Any:
    """Give what stands at a dotted path; None where nothing does."""
    for part in path.split(".") if path else ():
        data = data.get(part) if isinstance(data, Mapping) else None
    return data
