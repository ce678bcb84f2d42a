"""Canonical fields ↔ the data that travel: each kind in the format that the connector states for it or for the field.

A format is a strftime pattern, a pair of texts or numbers for false and true, `number` or `text`, a separator that
joins a list, or an object whose parts are such patterns (`{y: "%Y", mo: "%m"}`).
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from migrator.connectors.rest.definition import Action, Definition, ObjectDefinition
from migrator.connectors.rest.substitution import at_path, drop_path, set_path, substitute
from migrator.records import (
    TEXT_KINDS,
    Canonical,
    Field,
    Kind,
    TargetRecord,
    Write,
    canonical_datetime,
    canonical_decimal,
    midnight,
)

_AS_IT_IS = TEXT_KINDS | {Kind.REFERENCE}
_BLANK: tuple[Any, ...] = ("", [], {})
_DATE_LENGTH = len("2024-01-31")


def decode_record(
    definition: Definition, name: str, raw: Mapping[str, Any], zone: tzinfo = UTC, only: Collection[str] = ()
) -> TargetRecord:
    """Take a record from an answer: its id, and its known fields as canonical values; blank ones are left out.

    `zone` is that of date-times which name none. With `only` no other fields are looked at.
    """
    item = definition.objects[name]
    stated = {**raw, **{field_name: at_path(raw, path) for field_name, path in item.reads.items()}}
    fields = dict(_decoded(definition, item, {key: stated[key] for key in only or stated if key in stated}, zone))
    record_id = str(at_path(raw, definition.id_path) or "")
    return TargetRecord(id=record_id, fields=fields, parents=tuple(_parents(item, fields)), raw=raw)


def _parents(item: ObjectDefinition, fields: Mapping[str, Canonical]) -> Iterator[tuple[str, str]]:
    """Give the records under which one lives: by the field with their id, where the word for their kind agrees."""
    for parent, name in item.type.parent_ids.items():
        words = {field: words[parent] for field, words in item.type.kind_words.items() if parent in words}
        if fields.get(name) and all(fields.get(field, word) == word for field, word in words.items()):
            yield from ((parent, str(one)) for one in _as_list(fields[name]))


def _decoded(
    definition: Definition, item: ObjectDefinition, raw: Mapping[str, Any], zone: tzinfo, prefix: str = ""
) -> Iterator[tuple[str, Canonical]]:
    for key, value in raw.items():
        if value is None or value in _BLANK:
            continue
        name = prefix + key
        known = item.type.fields.get(name)
        if value.__class__ is str and known is not None and known.kind in _AS_IT_IS:
            yield name, value
            continue
        field = known or item.type.field(name)
        if field is None or (known is None and isinstance(value, Mapping)):
            if isinstance(value, Mapping):
                yield from _decoded(definition, item, value, zone, f"{name}.")
        elif field.kind is Kind.TAGS and isinstance(value, Mapping):
            form = definition.formats.get(Kind.TAGS)
            unpacked = {part: [_unpacked(form, tag) for tag in _as_list(tags)] for part, tags in value.items() if tags}
            yield from ((f"{name}.{part}", tags) for part, tags in unpacked.items())
        elif field.kind is Kind.ITEMS:
            yield name, [_decode_item(definition, item, field, one, zone) for one in _as_list(value)]
        elif not isinstance(value, Mapping) or isinstance(_format(definition, item, field), Mapping):
            yield name, decode_value(definition, item, field, value, zone)


def decode_value(definition: Definition, item: ObjectDefinition, field: Field, value: Any, zone: tzinfo) -> Canonical:
    """Take one value of a field, in the format that holds for it, as a canonical value."""
    return _decode(_format(definition, item, field), field, value, zone)


def _decode_item(
    definition: Definition, item: ObjectDefinition, field: Field, one: Any, zone: tzinfo
) -> dict[str, Canonical]:
    parts = one if isinstance(one, Mapping) else {}
    known = {key: part for key, part in field.items.items() if parts.get(key) not in (None, "", [])}
    return {key: _decode(_format(definition, item, part), part, parts[key], zone) for key, part in known.items()}


def _format(definition: Definition, item: ObjectDefinition, field: Field) -> Any:
    return item.formats.get(field.name, definition.formats.get(field.kind))


def _decode(form: Any, field: Field, value: Any, zone: tzinfo) -> Canonical:  # noqa: PLR0911 - one for each kind
    match field.kind:
        case Kind.DECIMAL:
            return _decode_decimal(_unpacked(form, value))
        case Kind.DATE:
            moment = _read_moment(form, value)
            return moment.date().isoformat() if moment else str(value)
        case Kind.DATETIME:
            return _decode_datetime(form, value, zone)
        case Kind.LIST:
            is_joined = isinstance(value, str) and form != "array"
            return [text for part in value.split(form) if (text := part.strip())] if is_joined else _as_list(value)
        case Kind.INTEGER if isinstance(value, str) and value.lstrip("-").isdigit() and value.isascii():
            return int(value)
        case Kind.INTEGER if isinstance(value, Decimal) and value == value.to_integral_value():
            return int(value)
        case Kind.BOOLEAN:
            return next((bool(n) for n, spelled in enumerate(form) if str(spelled) == str(value)), value)
        case Kind.INTEGER:
            return value
        case Kind.REFERENCE if isinstance(value, list):
            ids = [_id_of(one) for one in value]
            return ids[0] if len(ids) == 1 else ids
    return [_as_text(one) for one in value] if isinstance(value, list) else _as_text(value)


def _as_text(value: Any) -> str:
    return canonical_decimal(value) if isinstance(value, Decimal) else value if isinstance(value, str) else str(value)


def _id_of(value: Any) -> str:
    """Give the id of a record that stands there as it is or as an object."""
    return str(value.get("id", "") if isinstance(value, Mapping) else value)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _unpacked(form: Any, value: Any) -> Any:
    """Take a value out of the object that it is packed into, such as `{decimal: "{value}"}`."""
    if not isinstance(form, Mapping) or not isinstance(value, Mapping):
        return value
    return next((value.get(key) for key, part in form.items() if part == "{value}"), None)


def _decode_decimal(value: Any) -> str:
    try:
        return canonical_decimal(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def _decode_datetime(form: Any, value: Any, zone: tzinfo) -> str:
    """Take a date-time of the target; text that is none is kept, so that a difference shows. A date is not shifted."""
    moment = _read_moment(form, value)
    if moment is None:
        return str(value)
    is_date = isinstance(value, str) and len(value) == _DATE_LENGTH
    try:
        return canonical_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC if is_date else zone))
    except OverflowError:
        return str(value)


def _read_moment(form: Any, value: Any) -> datetime | None:
    """Read a date or date-time in its format, or in ISO 8601; None for what is none."""
    try:
        if isinstance(form, Mapping) and isinstance(value, Mapping):
            parts = [(pattern, str(value.get(key, 0))) for key, pattern in form.items() if "%" in str(pattern)]
            return datetime.strptime(" ".join(text for _, text in parts), " ".join(pattern for pattern, _ in parts))  # noqa: DTZ007 - its zone is the caller's
        return datetime.fromisoformat(str(value))
    except ValueError:
        pass
    try:
        return datetime.strptime(str(value), str(form))  # noqa: DTZ007 - its zone is the caller's
    except ValueError:
        return None


def encode_body(definition: Definition, change: Write, action: Action, zone: tzinfo = UTC) -> dict[str, Any]:
    """Build the body of a write: our fields, over the record as read where the body replaces the whole of it."""
    item = definition.objects[change.object]
    read = dict(change.before.raw) if change.before else {}
    body = dict(read) if action.replaces_all else {}
    for name in item.never_sent if body else ():
        drop_path(body, name)
    body = {name: value for name, value in body.items() if value is not None}
    for name, value in change.fields.items():
        if value.__class__ is str and name in item.type.texts:
            body[name] = value  # as most are: no format changes a text
            continue
        if (field := item.type.field(name)) is None:
            continue
        head, _, part = name.partition(".")
        if part and head not in body and isinstance(read.get(head), Mapping):
            body[head] = _other_parts(item, read, head)
        if value is not None:
            spelled = _encode(definition, item, field, value, zone)
            is_listed = field.kind is Kind.REFERENCE and isinstance(read.get(name), list)
            set_path(body, name, _as_list(spelled) if is_listed else spelled)  # as the record held it
        elif action.replaces_all:
            drop_path(body, name)
        elif change.id and definition.null != "omit":  # a new record has nothing to clear
            set_path(body, name, _cleared(definition, item, name))
    return body


def _other_parts(item: ObjectDefinition, read: Mapping[str, Any], head: str) -> dict[str, Any]:
    """Give the parts of an object that stay beside one that is written; a name never travels beside an id."""
    tree = {head: {key: kept for key, kept in read[head].items() if kept is not None}}
    for name in item.never_sent:
        drop_path(tree, name)
    return tree.get(head, {})


def _cleared(definition: Definition, item: ObjectDefinition, name: str) -> Any:
    """Give what empties a field of a record that is updated in part: a category of tags is a list."""
    return [] if _is_category(item, name) else None if definition.null == "null" else ""


def _is_category(item: ObjectDefinition, name: str) -> bool:
    whole, _, part = name.partition(".")
    return bool(part) and whole in item.type.fields and item.type.fields[whole].kind is Kind.TAGS


def _encode(definition: Definition, item: ObjectDefinition, field: Field, value: Canonical, zone: tzinfo) -> Any:  # noqa: PLR0911
    form = _format(definition, item, field)
    if _is_category(item, field.name):
        packed_tags = definition.formats.get(Kind.TAGS, "{value}")
        return [substitute(packed_tags, {"value": tag}) for tag in value]
    match field.kind:
        case Kind.DECIMAL:
            packed = {"value": value if form != "number" else Decimal(value)}
            return substitute(form if isinstance(form, Mapping) else "{value}", packed)
        case Kind.INTEGER:
            return str(value) if form == "text" else value
        case Kind.BOOLEAN:
            return form[bool(value)]
        case Kind.LIST:
            return value if form == "array" else form.join(map(str, value))
        case Kind.DATE:
            return _spell(form, datetime.fromisoformat(value))
        case Kind.DATETIME:
            return encode_datetime(form, value, zone)
        case Kind.ITEMS:
            known = [
                {key: part for key, part in one.items() if key in field.items and part is not None} for one in value
            ]
            return [
                {key: _encode(definition, item, field.items[key], part, zone) for key, part in one.items()}
                for one in known
            ]
        case Kind.REFERENCE if form not in {None, "text"}:
            return _encode_reference(form, value)
    return value


def _encode_reference(form: str, value: Canonical) -> Any:
    """Write an id as a number, ids as a list of numbers, or joined by a separator."""
    if form not in {"number", "array"}:
        return form.join(map(str, _as_list(value)))
    ids = [int(one) if str(one).isdigit() else one for one in _as_list(value)]
    return ids if form == "array" or isinstance(value, list) else ids[0]


def encode_datetime(form: Any, value: str, zone: tzinfo) -> Any:
    """Write a canonical date-time, or a date as its midnight, in a format."""
    moment = datetime.fromisoformat(value) if "T" in value else midnight(date.fromisoformat(value))
    is_utc = isinstance(form, str) and (form.endswith("Z") or "%z" in form)
    text = _spell(form, moment.astimezone(UTC if is_utc else zone))
    fraction = value.partition(".")[2].rstrip("Z")
    is_precise = fraction and isinstance(text, str) and text.endswith("Z")
    return text.removesuffix("Z") + f".{fraction}Z" if is_precise else text


def _spell(form: Any, moment: datetime) -> Any:
    """Write a moment in its format; in an object, digits are numbers."""
    if isinstance(form, Mapping):
        spelled = {key: _spell(part, moment) if isinstance(part, str) else part for key, part in form.items()}
        return {key: int(text) if str(text).isdigit() else text for key, text in spelled.items()}
    return moment.strftime(form.replace("%Y", f"{moment.year:04d}"))  # strftime drops leading zeros
