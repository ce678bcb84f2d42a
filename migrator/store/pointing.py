"""Values in which lookups stand, and what stands in their place once it is known what those found."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from migrator.store.changes import operation_namer

LOOKUP_KEY = "lookup"
NOTHING = object()

Filled = dict[tuple[str, int], Any]  # what a record's references are, by field and item of a list

_NESTED = (dict, list)
_POINTERS = (
    "SELECT s.record, s.field, s.item, h.id, p.object, p.key FROM json_each(?) t"
    " CROSS JOIN resolution s ON s.record=t.value LEFT JOIN held h ON h.record=s.holder"
    " LEFT JOIN record p ON h.record IS NULL AND p.id=s.holder"
)


class Pointing:
    """What the records of a plan point at: ids of the target, or the operations that will give them."""

    def __init__(self, db: sqlite3.Connection, mapping: str) -> None:
        self._db = db
        names = db.execute("SELECT id, name FROM object").fetchall()
        self._operations = {number: operation_namer(mapping, name) for number, name in names}
        self._is_empty = db.execute("SELECT 1 FROM resolution LIMIT 1").fetchone() is None

    def operation(self, number: int, key: str) -> str:
        """Name the operation that creates or changes the record of an object with a key."""
        return self._operations[number](key)

    def of(self, records: Iterable[int]) -> dict[int, Filled]:
        """Give what some records point at; none for those that point at nothing."""
        found: dict[int, Filled] = {}
        if self._is_empty:
            return found
        for record, name, item, target_id, number, key in self._db.execute(_POINTERS, (json.dumps(list(records)),)):
            operation = target_id if target_id is not None else {"$op": self.operation(number, key)}
            found.setdefault(record, {})[name, item] = operation
        return found


def created_fields(fields: dict[str, Any], filled: Filled, marker: Mapping[str, str]) -> dict[str, Any]:
    """Give what is written to a new record: fields and marker, but no blanks, nor references that found nothing."""
    for name in [name for name, value in fields.items() if value is None or value.__class__ in _NESTED]:
        fields[name] = fill(filled, name, fields[name])
        if fields[name] is None or fields[name] is NOTHING:
            del fields[name]
    return dict(sorted({**fields, **marker}.items())) if marker else fields


def fill(filled: Filled, name: str, value: Any) -> Any:
    """Give a field's value with its references filled in; NOTHING where that leaves none."""
    if value.__class__ not in _NESTED:
        return value
    if _is_reference(value):
        return filled.get((name, 0), NOTHING)
    if not isinstance(value, list) or not any(map(_is_reference, value)):
        return value
    slots = ((item, (name, n) if _is_reference(item) else None) for n, item in enumerate(value))
    found = [filled[slot] if slot else item for item, slot in slots if slot is None or slot in filled]
    return found or NOTHING


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and LOOKUP_KEY in value
