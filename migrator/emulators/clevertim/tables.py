"""The records of a practice Clevertim, and who points at whom."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from itertools import count
from typing import Any

from migrator.emulators.clevertim.models import (
    COMMENT,
    COMPANY,
    CONTACT,
    CUSTOM_FIELD,
    FILE,
    FOLDER,
    GROUP,
    MODELS,
    SCOPES,
    USER,
)
from migrator.emulators.messages import Change, Deed
from migrator.ports import Clock, Rng

Row = dict[str, Any]  # only the fields that are set

_TEXT_IDS = {FOLDER: "f", FILE: "i"}  # ids such as "f1001" (client)
_HIGHEST_START = 900_000


class Tables:
    """All that the account holds. A row is never changed in place: a change puts a new one.

    Each resource counts its own ids, from a number of its own, but contacts and companies share one row of ids, since
    `cust` names either (client, inferred).
    """

    def __init__(self, rng: Rng, clock: Clock) -> None:
        self.clock = clock
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in MODELS}
        starts = {name: count(1001 + int(rng.fraction() * _HIGHEST_START)) for name in MODELS}
        self._ids = {**starts, COMPANY: starts[CONTACT]}
        self._pointing: dict[tuple[str, str, Any], dict[Any, None]] = {}
        self.me = self._furnish()

    def _furnish(self) -> int:
        """Give the account its users, a group and a custom field; whoever holds the token is the first user."""
        mine, other = self.new_id(USER), self.new_id(USER)
        owner = {"user": "Practice User", "email": "practice@example.org", "is_owner": True, "is_admin": True}
        self.put(USER, {"id": mine, **owner, "permissions": ["read", "write"]})
        self.put(USER, {"id": other, "user": "Second User", "email": "second@example.org", "permissions": ["read"]})
        self.put(GROUP, {"id": self.new_id(GROUP), "name": "Everybody", "gid": 1, "users": [mine, other]})
        custom_field = {"name": "Migration Key", "fullname": "Migration Key", "elemType": "input"}
        self.put(CUSTOM_FIELD, {"id": self.new_id(CUSTOM_FIELD), **custom_field, "modelType": sorted(SCOPES)})
        return int(mine)

    def new_id(self, name: str) -> Any:
        """Give the next id of a resource."""
        number = next(self._ids[name])
        return f"{_TEXT_IDS[name]}{number}" if name in _TEXT_IDS else number

    def holds(self, name: str, record_id: Any) -> bool:
        """Tell whether there is a record with exactly this id; a text is no number."""
        row = self.tables[name].get(str(record_id))
        return row is not None and type(row["id"]) is type(record_id)

    def pointing(self, name: str, field_name: str, record_id: Any) -> list[Any]:
        """List the ids of the records of a resource whose field points at a record, in the order of their creation."""
        return sorted(self._pointing.get((name, field_name, record_id), ()))

    def put(self, name: str, row: Row) -> Change:
        """Store a record whole."""
        key = str(row["id"])
        before = self.tables[name].get(key)
        for pointed in _pointed(name, before or {}):
            self._pointing[pointed].pop(row["id"], None)
        self.tables[name][key] = row
        for pointed in _pointed(name, row):
            self._pointing.setdefault(pointed, {})[row["id"]] = None
        return Change(deed=Deed.CHANGED if before else Deed.CREATED, object=name, id=key)

    def remove(self, name: str, record_id: Any) -> list[Change]:
        """Delete a record, and first its comments; what else points at it stays as it is."""
        comments = [
            one
            for resource, field_name in MODELS[name].collected.values()
            if resource == COMMENT
            for one in self.pointing(resource, field_name, record_id)
        ]
        changes = [change for one in comments for change in self.remove(COMMENT, one)]
        row = self.tables[name].pop(str(record_id))
        for pointed in _pointed(name, row):
            self._pointing[pointed].pop(record_id, None)
        return [*changes, Change(deed=Deed.DELETED, object=name, id=str(record_id))]

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """Copy everything."""
        return deepcopy(self.tables)


def _pointed(name: str, row: Row) -> Iterator[tuple[str, str, Any]]:
    """Give the keys of the index under which a record stands: one for each record that it points at."""
    for field_name in MODELS[name].targets:
        for record_id in as_list(row.get(field_name)):
            yield (name, field_name, record_id)


def as_list(value: Any) -> Iterable[Any]:
    """Give the ids in a field that holds one id, a list of them, or nothing."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
