"""What happens to a body that is saved: checked whole, its lookups followed, then stored as one record."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from migrator.emulators.crelate.lookups import JOB_TYPES, Link, follow, plan_links, plan_picks
from migrator.emulators.crelate.models import CONTACTS, JOBS, NOTES, TASKS, Model, Type
from migrator.emulators.crelate.refusals import invalid
from migrator.emulators.crelate.tables import Row, Tables
from migrator.emulators.exact import timestamp
from migrator.emulators.messages import Change, json_answer
from migrator.emulators.refusal import Refusal

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?Z")
_KEPT = (
    *("Id", "CreatedOn", "CreatedBy_Id", "CreatedBy_Name", "Owners", "Parent_Id", "Parent_Name"),
    *("Status_Id", "Status_Name", "Attachments", "JobCode"),
)


def _is_moment(value: Any) -> bool:
    """Tell whether a value is a moment in UTC; with any other "the operation may fail" (vendor), and here it does."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value[:19])
    except ValueError:
        return False
    return True


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_picks(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and all(isinstance(item.get(name, ""), str | None) for name in ("Id", "Name"))
        for item in value
    )


_CHECKS: dict[Type, Callable[[Any], bool]] = {
    Type.TEXT: lambda value: isinstance(value, str),
    Type.FLAG: lambda value: isinstance(value, bool),
    Type.INTEGER: lambda value: isinstance(value, int) and not isinstance(value, bool),
    Type.NUMBER: lambda value: isinstance(value, int | Decimal) and not isinstance(value, bool),
    Type.MOMENT: _is_moment,
    Type.TEXTS: _is_texts,
    Type.TAGS: lambda value: isinstance(value, dict) and all(_is_texts(tags) for tags in value.values()),
    Type.PICKS: _is_picks,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A body that may be saved: its plain fields, and what its lookups refer to or will create."""

    fields: Row
    links: tuple[Link, ...]


def check(tables: Tables, model: Model, body: Any, before: Row | None = None) -> Checked:
    """Hold a body against the model and the organisation. Raises Refusal; nothing is stored yet.

    Fields that the model does not have are ignored, null is the same as absent.
    """
    if not isinstance(body, dict):
        raise invalid({"": "expected an object"})
    known = {name: value for name, value in body.items() if name in model.types and value is not None}
    wrong = {name: f"expected {model.types[name]}" for name, value in known.items() if not _fits(model, name, value)}
    if wrong:
        raise invalid(wrong)
    _require(model, known)
    if "Tags" in known:
        known["Tags"] = _tags(tables, known["Tags"])
    links = (*plan_links(tables, model, known, before or {}), *plan_picks(tables, known))
    of_lookups = {name for lookup in model.lookups for name in (lookup.id, *lookup.names)} | {JOB_TYPES}
    fields = {name: value for name, value in known.items() if name not in of_lookups and value != {}}
    return Checked(fields=fields, links=links)


def _fits(model: Model, name: str, value: Any) -> bool:
    return _CHECKS[model.types[name]](value)


def _require(model: Model, fields: Row) -> None:
    """Refuse with "an HTTP 500 status code" and "a list of the missing fields included in the body" (vendor)."""
    missing = [name for name in model.required if not str(fields.get(name, "")).strip()]
    if missing:
        message = f"The following required fields are missing: {', '.join(missing)}"
        raise Refusal(json_answer(500, {"Message": message, "MissingFields": missing}))


def _tags(tables: Tables, tags: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Keep the tags that are not empty; "keys that correspond to the names of each tag category" (vendor)."""
    categories = {category["Name"] for category in tables.domain.tag_categories}
    unknown = [name for name in tags if name not in categories]
    if unknown:
        raise invalid({"Tags": f"there is no tag category '{unknown[0]}'"})
    kept = {name: [tag for tag in texts if tag.strip()] for name, texts in tags.items()}
    return {name: texts for name, texts in kept.items() if texts}


def store(
    tables: Tables, model: Model, checked: Checked, *, before: Row | None = None, parent: Row | None = None
) -> list[Change]:
    """Store a checked body as a record: a new one, or in place of `before`, all of whose other fields are lost.

    "Replaces all fields" (client). Gives the changes, the record's own last; before it stand the records that lookups
    with names created.
    """
    changes: list[Change] = []
    row = dict(checked.fields)
    for link in checked.links:
        record_id, created = follow(tables, link, _new_record)
        changes += created
        if link.lookup.prefix == JOB_TYPES:
            row[JOB_TYPES] = [*row.get(JOB_TYPES, ()), {"Id": record_id, "Name": link.names[0]}]
            continue
        row[link.lookup.id] = record_id
        row |= {name: text for name, text in zip(link.lookup.names, link.names, strict=True) if text}
    changes.append(_put(tables, model.name, row, before, parent))
    return changes


def _new_record(tables: Tables, object_name: str, row: Row) -> Change:
    return _put(tables, object_name, row, None, None)


def _put(tables: Tables, object_name: str, row: Row, before: Row | None, parent: Row | None) -> Change:
    moment = tables.clock.now()
    stamped = {**row, **_stamps(tables, object_name, before, timestamp(moment))}
    if parent is not None:
        stamped |= {"Parent_Id": parent["Id"], "Parent_Name": parent.get("Name")}
    if object_name == CONTACTS:
        stamped |= _contact_name(row)
    return tables.put(object_name, stamped, moment)


def _stamps(tables: Tables, object_name: str, before: Row | None, now: str) -> Row:
    """Give the fields that the server itself manages."""
    user = tables.domain.user
    modified = {"ModifiedOn": now, "ModifiedBy_Id": user["Id"], "ModifiedBy_Name": user["Name"]}
    if before is not None:
        return {name: before[name] for name in _KEPT if name in before} | modified
    return {
        "Id": tables.new_id(),
        "CreatedOn": now,
        "CreatedBy_Id": user["Id"],
        "CreatedBy_Name": user["Name"],
        "Owners": [{**user, "IsPrimary": True}],
        **modified,
        **dict(_first_stamps(tables, object_name)),
    }


def _first_stamps(tables: Tables, object_name: str) -> Iterator[tuple[str, Any]]:
    if object_name not in {NOTES, TASKS}:
        yield from (("Status_Id", tables.domain.active["Id"]), ("Status_Name", tables.domain.active["Name"]))
        yield "Attachments", []
    if object_name == JOBS:
        yield "JobCode", str(next(tables.job_codes))


def _contact_name(row: Row) -> Row:
    """Compose `Name` as the vendor's newer interface shows it: "Last, First" (client)."""
    parts = [row[name] for name in ("LastName", "FirstName") if row.get(name)]
    return {"Name": ", ".join(parts)} if parts else {}
