"""What happens to a body that is saved: checked whole, then stored as one record."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from migrator.emulators.clevertim.models import COMMENT, CUSTOM_FIELD, Model
from migrator.emulators.clevertim.refusals import refused, wrong
from migrator.emulators.clevertim.tables import Row, Tables
from migrator.emulators.clevertim.values import check_custom_values, check_value
from migrator.emulators.messages import Change

_KEPT = ("id", "ao", "userId")


def check(tables: Tables, model: Model, body: Any, before: Row | None = None) -> Row:
    """Give the fields of a body that can be stored. Raises Refusal; nothing is stored yet.

    Fields that the resource does not have, and the lists that are read only, are ignored; null is the same as absent.
    """
    if not isinstance(body, dict):
        raise refused(400, "expected an object")
    old = before or {}
    fields = {name: value for name, value in body.items() if name in model.types and value is not None}
    for name, value in fields.items():
        if name not in old or old[name] != value:
            check_value(tables, model, name, value)
    if "cf" in fields:
        fields["cf"] = check_custom_values(tables, model, fields["cf"], old.get("cf", {}))
    return fields


def completed(model: Model, fields: Row, before: Row | None, *, is_replaced: bool) -> Row:
    """Give the record that checked fields make, the old one gone or filled up. Raises Refusal if it is not whole."""
    old = before or {}
    kept = {name for name in old if name in model.fixed or not is_replaced}
    row = {name: old[name] for name in old if name in kept} | {
        name: value for name, value in fields.items() if before is None or name not in model.fixed
    }
    for group in model.required:
        if not any(_is_filled(row.get(name)) for name in group):
            raise refused(400, f"{' or '.join(group)} is required")
    if model.name == COMMENT and _is_filled(row.get("nid")) is _is_filled(row.get("tid")):
        raise wrong("nid, tid", "one of them, since a comment is attached to either a note or a task")
    if model.name == CUSTOM_FIELD:
        _settle_choices(row)
    return row


def _is_filled(value: Any) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _settle_choices(row: Row) -> None:
    """Ask for the values of a select, and forget those of other kinds: "only present for elemType select" (vendor)."""
    if row["elemType"] != "select":
        row.pop("values", None)
    elif not row.get("values"):
        raise refused(400, "values is required for a select")


def store(tables: Tables, model: Model, row: Row, before: Row | None = None) -> Change:
    """Store a whole record: a new one, or in place of `before`."""
    now = tables.clock.now().astimezone(UTC)
    stamps: Row = {name: before[name] for name in _KEPT if name in before} if before else _stamps(tables, model, now)
    return tables.put(model.name, {**row, **stamps, "lm": _moment(now)})


def _stamps(tables: Tables, model: Model, now: datetime) -> Row:
    author = {"userId": tables.me} if model.has_author else {}
    return {"id": tables.new_id(model.name), "ao": _moment(now), **author}


def _moment(now: datetime) -> str:
    """Write a moment as the vendor's client expects it, such as 2017-01-02T05:22:12Z (client)."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(tables: Tables, model: Model, row: Row) -> Row:
    """Give a record as it is read: with what is blank, and with the lists of what points at it.

    A field that was never set is not there at all: the vendor's client fails on a null where it expects ids (client).
    """
    collected = {
        name: tables.pointing(resource, field_name, row["id"])
        for name, (resource, field_name) in model.collected.items()
    }
    return {"id": row["id"], **model.blank, **row, **collected}


def all_shown(tables: Tables, model: Model) -> Iterable[Row]:
    """Give all records of a resource, in the order of their creation."""
    return (shown(tables, model, row) for row in tables.tables[model.name].values())
