"""The records of a practice account, and what hangs on what."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from migrator.emulators.centralstation.models import KINDS, MODELS
from migrator.emulators.centralstation.values import moment_text
from migrator.emulators.messages import Change, Deed
from migrator.ports import Clock, Rng

Row = dict[str, Any]  # only the fields that are set
Place = tuple[str, int]  # an object and an id

_MAX_ID = 90_000_000
_OWNER_FIELDS = {"person_id": "people", "company_id": "companies", "deal_id": "deals", "project_id": "projects"}
_OWNER_LISTS = {
    "person_ids": "people",
    "person_ids_set": "people",
    "company_ids": "companies",
    "deal_ids": "deals",
    "project_ids": "projects",
}
_STAYS = {"deals", "projects", "protocols"}  # they refer to others, but do not belong to one
_USERS = (("Practice", "User", "user@example.org"), ("Second", "User", "second@example.org"))


class Tables:
    """All that the account holds. A row is never changed in place: a change puts a new one."""

    def __init__(self, rng: Rng, clock: Clock) -> None:
        self._rng = rng
        self._clock = clock
        self._used: set[int] = set()
        self._rows: dict[str, dict[int, Row]] = {name: {} for name in MODELS}
        self._below: dict[Place, dict[Place, None]] = {}
        self.account_id, self.group_id = self.new_id(), self.new_id()
        for first, name, login in _USERS:
            user: Row = {"id": self.new_id(), "first": first, "name": name, "login": login, "active": True}
            self._rows["users"][user["id"]] = user
        self.user_id = next(iter(self._rows["users"]))
        for kind in ("Person", "Company", "Deal", "Project"):
            self._furnish({"category": kind, "ftype": "string", "name": "Migration Key", "position": 1})
        for position, ftype in enumerate(("select", "decimal", "date", "url"), start=2):
            options = {"options": ["small", "large"]} if ftype == "select" else {}
            self._furnish(
                {"category": "Person", "ftype": ftype, "name": ftype.title(), "position": position, **options}
            )

    def _furnish(self, custom_field_type: Row) -> None:
        stamps = {
            "id": self.new_id(),
            "account_id": self.account_id,
            "created_at": self.now(),
            "updated_at": self.now(),
        }
        first = MODELS["custom_fields_types"].first
        self.put("custom_fields_types", {**first, **custom_field_type, **stamps})

    def new_id(self) -> int:
        """Draw an id that was never used; "the IDs are not sequential" (vendor), so neither do they grow."""
        drawn = 1 + int(self._rng.fraction() * _MAX_ID)
        while drawn in self._used:
            drawn = 1 + int(self._rng.fraction() * _MAX_ID)
        self._used.add(drawn)
        return drawn

    def now(self) -> str:
        """Write the time."""
        return moment_text(self._clock.now())

    def rows(self, name: str) -> list[Row]:
        """List the records of an object, in the order in which they were made."""
        return list(self._rows[name].values())

    def find(self, name: str, record_id: int) -> Row | None:
        """Give a record, None where there is none."""
        return self._rows[name].get(record_id)

    def below(self, owner: Place, *names: str) -> list[Row]:
        """List the records of these objects that hang on a record, in the order in which they were made."""
        return [self._rows[name][one] for name, one in self._below.get(owner, {}) if name in names]

    def put(self, name: str, row: Row) -> Change:
        """Store a record whole."""
        before, place, now = self._rows[name].get(row["id"]), (name, row["id"]), list(owners(row))
        for owner in set(owners(before or {})) - set(now):
            self._below.get(owner, {}).pop(place, None)
        for owner in now:
            self._below.setdefault(owner, {}).setdefault(place)
        self._rows[name][row["id"]] = row
        return Change(deed=Deed.CHANGED if before else Deed.CREATED, object=name, id=str(row["id"]))

    def remove(self, name: str, record_id: int) -> list[Change]:
        """Delete a record, and first what belongs to it; what only refers to it stays, protocols without the name.

        A protocol that no record is left for goes too (inferred).
        """
        changes: list[Change] = []
        for place in list(self._below.pop((name, record_id), {})):
            changes += self._let_go(place, (name, record_id))
        row = self._rows[name].pop(record_id)
        for owner in owners(row):
            self._below.get(owner, {}).pop((name, record_id), None)
        return [*changes, Change(deed=Deed.DELETED, object=name, id=str(record_id))]

    def _let_go(self, place: Place, owner: Place) -> list[Change]:
        name, record_id = place
        if name not in _STAYS:
            return self.remove(name, record_id)
        if name != "protocols":
            return []
        row = self._rows[name][record_id]
        left = {
            key: [one for one in row[key] if (kind, one) != owner] for key, kind in _OWNER_LISTS.items() if key in row
        }
        if not any(left.values()):
            return self.remove(name, record_id)
        return [self.put(name, {**row, **left})]

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """Copy everything."""
        return {name: {str(one): deepcopy(row) for one, row in rows.items()} for name, rows in self._rows.items()}


def owners(row: Row) -> Iterator[Place]:
    """Give the records that a record hangs on."""
    if row.get("attachable_type") in KINDS and row.get("attachable_id"):
        yield KINDS[row["attachable_type"]], row["attachable_id"]
    for key, name in _OWNER_FIELDS.items():
        if row.get(key):
            yield name, row[key]
    for key, name in _OWNER_LISTS.items():
        yield from ((name, one) for one in row.get(key, ()))
