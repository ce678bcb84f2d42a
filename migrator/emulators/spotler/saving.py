"""What happens to a body that is posted or patched: checked whole, then stored as one record."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from migrator.emulators.messages import Change
from migrator.emulators.spotler.lookups import list_of
from migrator.emulators.spotler.models import ACCOUNTS, Model, Type
from migrator.emulators.spotler.refusals import BAD_REQUEST, invalid, refused
from migrator.emulators.spotler.tables import Row, Tables

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?")
_OWNER = "ownerid"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What the options say about saving."""

    replaces_owner: bool
    refuses_unknown_choices: bool


class _Wrong(Exception):
    """A value that breaks a rule; the rule is the text."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("String")
    return value


def _number(value: Any) -> int | Decimal:
    """Read a number, or a text that is one (inferred: live data has both `0` and `"0"` (client))."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    try:
        number = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _Wrong("Numeric")
    return int(number) if re.fullmatch(r"-?[0-9]+", str(value).strip()) else number


def _moment(value: Any) -> str:
    """Take "YYYY-MM-DD HH:MM:SS" (vendor, in its samples) and a day alone (inferred), and keep it as it was sent."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise _Wrong("Date")
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise _Wrong("Date") from None
    return value


_READERS: dict[Type, Callable[[Any], Any]] = {Type.TEXT: _text, Type.NUMBER: _number, Type.MOMENT: _moment}


def check(tables: Tables, model: Model, body: Any, rules: Rules, before: Row | None = None) -> Row:
    """Give what a body sets, field by field, None for what it clears. Raises Refusal; nothing is stored yet.

    Fields that the record type does not have, or that only the server sets, are ignored (inferred).
    """
    if not isinstance(body, dict):
        raise refused(400, f"{BAD_REQUEST}: the body is no JSON object")
    fields: Row = {}
    findings: dict[str, tuple[str, ...]] = {}
    for name in (name for name in body if name in model.types):
        try:
            fields[name] = _read(tables, model, name, body[name], (before or {}).get(name))
        except _Wrong as wrong:
            findings[name] = (str(wrong),)
    for name in model.required:
        if name not in findings and _is_blank(model, name, {**(before or {}), **fields}.get(name)):
            findings[name] = ("Required",)
    if rules.refuses_unknown_choices:
        findings |= {name: ("In",) for name in fields if not _is_choice(tables, model, name, fields[name])}
    if findings:
        raise invalid(findings)
    return fields


def _read(tables: Tables, model: Model, name: str, value: Any, before: Any) -> Any:
    """Read one value; null clears a field, and so does an empty text where the field is none of text (inferred)."""
    kind = model.types[name]
    if value is None or (value == "" and kind is not Type.TEXT):
        return None
    known = _READERS[kind](value)
    if name in model.links and known not in {0, before} and not _is_there(tables, model.links[name], known):
        raise _Wrong("Exists")
    return known


def _is_there(tables: Tables, object_name: str, record_id: int | Decimal) -> bool:
    return record_id == int(record_id) and tables.find(object_name, int(record_id)) is not None


def _is_blank(model: Model, name: str, value: Any) -> bool:
    """Tell whether a field says nothing; a reference of 0 is none, as `campaignid` in the vendor's samples."""
    return value is None or not str(value).strip() or (name in model.links and value == 0)


def _is_choice(tables: Tables, model: Model, name: str, value: Any) -> bool:
    list_name = list_of(model.name, name)
    return list_name is None or value in {None, "", *tables.lists.values(list_name)}


def create(tables: Tables, model: Model, fields: Row, rules: Rules) -> Change:
    """Store a new record; what the server sets by itself overrules what was sent."""
    now, user = tables.now(), tables.user_id
    row = {**model.first, **fields}
    if model.name == ACCOUNTS:
        row.setdefault("slaid", tables.sla_id)
    if _OWNER in model.types and (rules.replaces_owner or row.get(_OWNER) is None):
        row[_OWNER] = user
    stamps = {"createddate": now, "modifieddate": now, "createdby": user, "modifiedby": user}
    return _put(tables, model, {"id": tables.new_id(), **row}, stamps)


def change(tables: Tables, model: Model, fields: Row, before: Row) -> Change:
    """Store what a PATCH leaves of a record: the fields that were sent are new, all others as they were."""
    stamps = {"modifieddate": tables.now(), "modifiedby": tables.user_id}
    return _put(tables, model, {**before, **fields}, stamps)


def _put(tables: Tables, model: Model, row: Row, stamps: Row) -> Change:
    row |= {name: value for name, value in stamps.items() if name in model.read_only}
    return tables.put(model.name, {name: value for name, value in row.items() if value is not None})
