"""What a record of a target points at, and what may point at records: for whoever deletes some."""

from collections.abc import Iterator
from typing import NamedTuple

from migrator.records import Canonical, Field, Fields, Kind, ObjectType, TargetRecord

PARENT = "parent"

_BLANK: tuple[Canonical, ...] = (None, "", [])


class Pointing(NamedTuple):
    """A record of the target (object, id) that points at another by a field; `at` is empty for any object."""

    target: str
    id: str
    field: str
    at: str
    at_id: str


def may_point(item: ObjectType, names: set[str]) -> bool:
    """Tell whether records of an object may point at records of others, by a field or as their children."""
    fields = [part for known in item.fields.values() for part in (known, *known.items.values())]
    asked = {known.references for known in fields if known.kind is Kind.REFERENCE}
    return bool(names & set(item.parents)) or bool(asked & (names | {""}))


def pointing(item: ObjectType, record: TargetRecord) -> Iterator[Pointing]:
    """Give what a record points at; a field for records of any kind tells it by the words of their kinds, if it can."""
    told = set(item.parent_ids.values())
    for name, value in record.fields.items():
        known = item.field(name)
        for part, ids in _ids(known, value) if known else ():
            if part.references or name not in told:
                yield from (Pointing(item.name, record.id, name, part.references, str(one)) for one in ids)
    for parent, parent_id in record.parents:
        yield Pointing(item.name, record.id, item.parent_ids.get(parent, PARENT), parent, parent_id)


def filled(item: ObjectType, held: Fields) -> dict[str, Canonical]:
    """Give the fields of a record that hold something and that a person may write: what the target keeps is its own.

    Lists of objects are left out, since a target shows children in them.
    """
    known = ((name, value, item.field(name)) for name, value in held.items() if value not in _BLANK)
    return {name: value for name, value, one in known if one and not one.refused and one.kind is not Kind.ITEMS}


def _ids(known: Field, value: Canonical) -> Iterator[tuple[Field, list[Canonical]]]:
    """Give the ids that stand in a field, with the field or the part of a list that says of what kind they are."""
    values = value if isinstance(value, list) else [value]
    if known.kind is Kind.REFERENCE:
        yield known, values
    elif known.kind is Kind.ITEMS:
        parts = [(name, part) for name, part in known.items.items() if part.kind is Kind.REFERENCE]
        yield from ((part, [one[name] for one in values if one.get(name)]) for name, part in parts)
