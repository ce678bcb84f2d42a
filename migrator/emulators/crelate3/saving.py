"""What happens to an entity that is saved: checked whole, then stored as one record."""

from collections.abc import Mapping
from typing import Any

from migrator.emulators.crelate3.envelopes import Refused
from migrator.emulators.crelate3.models import COMPANIES, CONTACTS, NOTES, TAGS, Model
from migrator.emulators.crelate3.options import Crelate3Options
from migrator.emulators.crelate3.tables import Row, Tables
from migrator.emulators.crelate3.values import WrongValue, settled
from migrator.emulators.messages import Change

_NO_BODY = "Expected an object with the member 'entity', itself an object."
_NO_BODIES = "Expected an object with the member 'entities', a list of objects."
_ACTIVE = 1  # the only EntityStatus seen (client)


def entity(body: Any) -> Row:
    """Take the entity out of a body, `{"entity": {...}}` (client). Raises Refused."""
    found = body.get("entity") if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise Refused(400, _NO_BODY)
    return found


def entities(body: Any, at_most: int) -> list[Row]:
    """Take the entities out of the body of a bulk create, `{"entities": [...]}` (client). Raises Refused."""
    found = body.get("entities") if isinstance(body, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        raise Refused(400, _NO_BODIES)
    if len(found) > at_most:
        raise Refused(400, f"There are {len(found)} entities, more than {at_most}.")
    return found


def check(tables: Tables, model: Model, given: Row, before: Row | None = None) -> Row:
    """Give the fields of an entity in the form in which they are kept, None where one is emptied. Raises Refused.

    Fields that the object does not have, and those that only the server sets, are ignored (inferred).
    """
    old: Row = before or {}
    fields: Row = {}
    wrong: list[str] = []
    for name, value in given.items():
        if not model.takes(name):
            continue
        kind = None if value is None else model.types.get(name)
        try:
            fields[name] = value if kind is None else settled(tables, name, kind, value, old.get(name))
        except WrongValue as error:
            wrong.append(f"{name}: {error}" if not str(error).startswith(name) else str(error))
    if wrong:
        raise Refused(400, *wrong)
    return fields


def require(model: Model, row: Row, options: Crelate3Options) -> None:
    """Refuse a record without a required field, with 500 and "a list of the missing fields" (vendor)."""
    missing = [name for name in model.required if not str(row.get(name) or "").strip()]
    if missing:
        raise Refused(options.missing_status, f"The following required fields are missing: {', '.join(missing)}")


def refuse_duplicate(tables: Tables, model: Model, row: Row, options: Crelate3Options) -> None:
    """Refuse a second company of a name, if the rehearsal wants that."""
    if not options.refuses_duplicates or model.name != COMPANIES:
        return
    name = str(row["Name"]).casefold()
    if any(other["Name"].casefold() == name for other in tables.rows(COMPANIES)):
        raise Refused(409, f"A company with the name '{row['Name']}' exists already.")


def created(tables: Tables, model: Model, fields: Row) -> list[Change]:
    """Store checked fields as a new record; gives the changes, the record's own last, before it its new tags."""
    now, user = tables.now(), _me(tables)
    row = {name: value for name, value in fields.items() if value is not None}
    row.setdefault("Owners", [{"Id": user["Id"], "IsPrimary": True, "Title": user["Title"]}])
    stamps: Row = {"Id": tables.new_id(), "CreatedOn": now, "CreatedById": user, "ModifiedOn": now}
    if model.name == CONTACTS:
        stamps |= {"ContactNum": tables.count(CONTACTS) + 1, "EntityStatus": _ACTIVE}
    return _stored(tables, model, {**row, **stamps})


def changed(tables: Tables, model: Model, fields: Row, before: Row) -> list[Change]:
    """Store checked fields over a record: what they do not name stays as it is (client)."""
    row = {name: value for name, value in {**before, **fields}.items() if value is not None}
    return _stored(tables, model, {**row, "ModifiedOn": tables.now(), "UpdatedById": _me(tables)})


def _me(tables: Tables) -> Row:
    user = tables.catalogue.user
    return {"Id": user["Id"], "Title": user["Name"]}


def _stored(tables: Tables, model: Model, row: Row) -> list[Change]:
    changes: list[Change] = []
    if "Tags" in row:
        row["Tags"], changes = _tagged(tables, row["Tags"])
    if model.name == CONTACTS:
        row["Name"] = ", ".join(row[name] for name in ("LastName", "FirstName") if row.get(name))  # (client)
    if model.name == NOTES:
        row.setdefault("When", row["CreatedOn"])
    return [*changes, tables.put(model.name, row)]


def _tagged(tables: Tables, tags: Mapping[str, list[Row]]) -> tuple[Row, list[Change]]:
    """Give tags with their ids, and the tags that had to be created for that."""
    known = {(row["CategoryId"], row["Title"].casefold()): row for row in tables.rows(TAGS)}
    changes: list[Change] = []
    found: Row = {}
    for category, items in tags.items():
        found[category] = []
        for item in items:
            row = known.get((category, item["Title"].casefold()))
            if row is None:
                row = {"Id": tables.new_id(), "Title": item["Title"], "CategoryId": category}
                known[category, item["Title"].casefold()] = row
                changes.append(tables.put(TAGS, row))
            found[category].append({"Id": row["Id"], "Title": row["Title"]})
    return found, changes


def shown(model: Model, row: Row) -> Row:
    """Give a record with all fields of its object; what is not set is null (client)."""
    latest = {"LastActivityOrModifiedOn": row["ModifiedOn"]} if model.name == CONTACTS else {}
    return {**model.blank, **row, **latest}
