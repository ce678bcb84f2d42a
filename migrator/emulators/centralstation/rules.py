"""What single objects ask of a record beyond its fields, and what they make of it before it is stored."""

from base64 import b64decode
from binascii import Error
from collections.abc import Callable
from decimal import Decimal

from migrator.emulators.centralstation.models import KINDS
from migrator.emulators.centralstation.tables import Row, Tables
from migrator.emulators.centralstation.values import Wrong, day_text, decimal_text

Found = dict[str, list[str]]

_NAME_FROM_CONTENT = 60
_OWNER_LISTS = ("person_ids", "company_ids", "deal_ids", "project_ids")


def findings(tables: Tables, name: str, row: Row) -> Found:
    """Hold a whole record, as it would be stored, against the rules of its object."""
    rule = _RULES.get(name)
    return rule(tables, row) if rule else {}


def _address(_tables: Tables, row: Row) -> Found:
    """Ask for a city or a country (client)."""
    is_there = any(str(row.get(key) or "").strip() for key in ("city", "country_code"))
    return {} if is_there else {"city": ["can't be blank"]}


def _position(_tables: Tables, row: Row) -> Found:
    """Ask for a company, by id or by name (inferred)."""
    return {} if row.get("company_id") or row.get("company_name") else {"company_id": ["can't be blank"]}


def _protocol(_tables: Tables, row: Row) -> Found:
    """Know `research` on companies only (client)."""
    is_wrong = row.get("badge") == "research" and not row.get("company_ids")
    return {"badge": ["is not included in the list"]} if is_wrong else {}


def _custom_fields_type(_tables: Tables, row: Row) -> Found:
    is_wrong = row.get("ftype") == "select" and not row.get("options")
    return {"options": ["can't be blank"]} if is_wrong else {}


def _custom_field(tables: Tables, row: Row) -> Found:
    """Hold the value, which stands in `name`, against the type of the field."""
    kind = tables.find("custom_fields_types", row.get("custom_fields_type_id") or 0)
    if kind is None or "name" not in row:
        return {}
    if kind["category"] != row.get("attachable_type"):
        return {"custom_fields_type_id": ["must exist"]}
    try:
        _typed_value(kind, row["name"])
    except Wrong as wrong:
        return {"name": [str(wrong)]}
    return {}


def _typed_value(kind: Row, value: str) -> Row:
    if kind["ftype"] == "select" and value not in kind["options"]:
        raise Wrong("is not included in the list")
    if kind["ftype"] == "decimal":
        return {"name_decimal": decimal_text(value)}
    return {"name_date": day_text(value)} if kind["ftype"] == "date" else {}


def _attachment(_tables: Tables, row: Row) -> Found:
    try:
        b64decode(row.get("data", ""), validate=True)
    except (Error, ValueError):
        return {"data": ["is invalid"]}
    return {}


def is_attached_to_something(tables: Tables, row: Row) -> bool:
    """Tell whether `attachable_id` and `attachable_type` name a record that there is."""
    name = KINDS.get(row.get("attachable_type") or "")
    return name is not None and tables.find(name, row.get("attachable_id") or 0) is not None


_RULES: dict[str, Callable[[Tables, Row], Found]] = {
    "addrs": _address,
    "positions": _position,
    "protocols": _protocol,
    "custom_fields_types": _custom_fields_type,
    "custom_fields": _custom_field,
    "attachments": _attachment,
}


def completed(tables: Tables, name: str, row: Row) -> Row:
    """Add what the server works out by itself."""
    completion = _COMPLETIONS.get(name)
    return {**row, **completion(tables, row)} if completion else row


def _deal(_tables: Tables, row: Row) -> Row:
    """Multiply a value that recurs (inferred)."""
    count = row.get("value_count", "1") if row["value_type"] != "total" else "1"
    return {"value_sum": decimal_text(Decimal(row["value"]) * Decimal(count))}


def _named_protocol(_tables: Tables, row: Row) -> Row:
    """Name a protocol without a name after the beginning of its content (client)."""
    lists = {key: row.get(key, []) for key in _OWNER_LISTS}
    name = row.get("name") or (row.get("content") or "")[:_NAME_FROM_CONTENT]
    return {**lists, **({"name": name} if name else {})}


def _typed_custom_field(tables: Tables, row: Row) -> Row:
    kind = tables.find("custom_fields_types", row["custom_fields_type_id"])
    return _typed_value(kind, row["name"]) if kind else {}


def _sized_attachment(_tables: Tables, row: Row) -> Row:
    return {"size": len(b64decode(row.get("data", "")))}


_COMPLETIONS: dict[str, Callable[[Tables, Row], Row]] = {
    "deals": _deal,
    "protocols": _named_protocol,
    "custom_fields": _typed_custom_field,
    "attachments": _sized_attachment,
}
