"""Lookups: fields that refer to another record, by its id or, as a trap for migrations, by nothing but a name.

"If the Id field is specified, the contact record with the given Id is attached [...] the FirstName and LastName fields
are ignored. If the Id field is blank, and a FirstName and LastName is specified, a new contact record will be created
[...] The Crelate API handles all lookups based on the these rules." (vendor) So each name without an id makes a new
record, every time: a contact, a company, a job, or an entry of the list that the lookup is named after.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrator.emulators.crelate.models import OPTIONS, Lookup, Model
from migrator.emulators.crelate.refusals import invalid
from migrator.emulators.crelate.tables import Row, Tables
from migrator.emulators.messages import Change

GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

JOB_TYPES = "JobTypes"

NewRecord = Callable[[Tables, str, Row], Change]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """What one lookup of a body comes to: the record `id` that is there, or, without an id, one to create."""

    lookup: Lookup
    names: tuple[str, ...]
    id: str = ""


def plan_links(tables: Tables, model: Model, fields: Row, before: Row) -> Iterator[Link]:
    """Find what the lookups of a body refer to. Raises Refusal for an id that is no id of such a record.

    What a record refers to already may be sent back, even if it has been deleted since.
    """
    for lookup in model.lookups:
        given = fields.get(lookup.id, "").strip().lower()
        names = tuple(fields.get(name, "") for name in lookup.names)
        if given and given == before.get(lookup.id):
            yield Link(lookup=lookup, id=given, names=tuple(before.get(name, "") for name in lookup.names))
        elif given:
            yield _attached(tables, lookup, given, lookup.id)
        elif all(name.strip() for name in names):
            yield Link(lookup=lookup, names=names)


def plan_picks(tables: Tables, fields: Row) -> Iterator[Link]:
    """Find the entries of the one field that is a list of lookups."""
    lookup = Lookup(prefix=JOB_TYPES, object=OPTIONS, names=(f"{JOB_TYPES}_Name",))
    for item in fields.get(JOB_TYPES, ()):
        given, name = (item.get("Id") or "").strip().lower(), item.get("Name") or ""
        if given:
            yield _attached(tables, lookup, given, JOB_TYPES)
        elif name.strip():
            yield Link(lookup=lookup, names=(name,))


def _attached(tables: Tables, lookup: Lookup, given: str, field_name: str) -> Link:
    if not GUID.fullmatch(given):
        raise invalid({field_name: "expected an id"})
    row = tables.find(lookup.object, given)
    if row is None or row.get("List", lookup.prefix) != lookup.prefix:
        kind = f"entry of the list {lookup.prefix}" if lookup.object == OPTIONS else f"record in {lookup.object}"
        raise invalid({field_name: f"there is no {kind} with this id"})
    return Link(lookup=lookup, id=given, names=tuple(row.get(part, "") for part in lookup.parts))


def follow(tables: Tables, link: Link, new_record: NewRecord) -> tuple[str, list[Change]]:
    """Give the id that a lookup comes to, and the record that had to be created for it, if any."""
    if link.id:
        return link.id, []
    row: Row = dict(zip(link.lookup.parts, link.names, strict=True))
    if link.lookup.object == OPTIONS:
        row |= {"Id": tables.new_id(), "List": link.lookup.prefix}
        created = tables.put(OPTIONS, row, tables.clock.now())
    else:
        created = new_record(tables, link.lookup.object, row)
    return created.id, [created]
