"""The records of a practice organisation, and the three ways to find them: by id, by e-mail address, by parent."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from itertools import count
from typing import Any

from migrator.emulators.crelate.domain import new_domain
from migrator.emulators.crelate.models import MODELS, OPTIONS, STAGES
from migrator.emulators.messages import Change, Deed
from migrator.ports import Clock, Rng

Row = dict[str, Any]  # only the fields that are set

_PARENTS = ("Parent_Id", "Contact_Id", "Job_Id")


class Table:
    """The records of one object, in the order of their last change, and an index of their e-mail addresses."""

    def __init__(self, emails: tuple[str, ...] = ()) -> None:
        self.rows: dict[str, Row] = {}
        self._changed: dict[str, datetime] = {}
        self._emails = emails
        self._by_email: dict[str, dict[str, None]] = {}

    def put(self, row: Row, moment: datetime) -> None:
        """Store a new record or a new state of one."""
        self.remove(row["Id"])
        self.rows[row["Id"]] = row
        self._changed[row["Id"]] = moment
        for address in self._addresses(row):
            self._by_email.setdefault(address, {})[row["Id"]] = None

    def remove(self, record_id: str) -> None:
        """Forget a record, if it is there."""
        row = self.rows.pop(record_id, None)
        if row is None:
            return
        del self._changed[record_id]
        for address in self._addresses(row):
            self._by_email[address].pop(record_id, None)

    def recent(self, since: datetime) -> Iterator[Row]:
        """Give the records changed since then, the last changed first."""
        return (self.rows[one] for one, moment in reversed(self._changed.items()) if moment >= since)

    def by_email(self, address: str) -> Iterator[Row]:
        """Give the records with this address, in any field and any case, the last changed first."""
        return (self.rows[one] for one in reversed(self._by_email.get(address.casefold(), {})))

    def _addresses(self, row: Row) -> set[str]:
        return {row[name].casefold() for name in self._emails if row.get(name)}


class Tables:
    """All that the organisation holds. A row is never changed in place: a change puts a new one."""

    def __init__(self, rng: Rng, clock: Clock) -> None:
        self.domain = new_domain(rng)
        self.clock = clock
        self.tables = {name: Table(model.emails) for name, model in MODELS.items()}
        self.tables |= {STAGES: Table(), OPTIONS: Table()}
        self.new_id = rng.guid
        self.job_codes = count(1)
        self._children: dict[str, dict[str, str]] = {}

    def find(self, object_name: str, record_id: str) -> Row | None:
        """Give a record, None where there is none."""
        return self.tables[object_name].rows.get(record_id)

    def children(self, parent_id: str, object_name: str) -> Iterator[Row]:
        """Give the notes, tasks or stages of a record, the newest first."""
        found = reversed(self._children.get(parent_id, {}).items())
        return (self.tables[name].rows[one] for one, name in found if name == object_name)

    def put(self, object_name: str, row: Row, moment: datetime) -> Change:
        """Store a record whole."""
        deed = Deed.CHANGED if self.find(object_name, row["Id"]) else Deed.CREATED
        self.tables[object_name].put(row, moment)
        for parent_id in _parents(row):
            self._children.setdefault(parent_id, {})[row["Id"]] = object_name
        return Change(deed=deed, object=object_name, id=row["Id"])

    def remove(self, object_name: str, record_id: str) -> list[Change]:
        """Delete a record, and first the notes, tasks and stages that it has; references to it stay as they are."""
        changes = []
        for child_id, child_object in list(self._children.pop(record_id, {}).items()):
            changes += self.remove(child_object, child_id)
        row = self.tables[object_name].rows[record_id]
        for parent_id in _parents(row):
            self._children.get(parent_id, {}).pop(record_id, None)
        self.tables[object_name].remove(record_id)
        return [*changes, Change(deed=Deed.DELETED, object=object_name, id=record_id)]

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """Copy everything."""
        return {name: deepcopy(table.rows) for name, table in self.tables.items()}


def _parents(row: Row) -> list[str]:
    return [row[name] for name in _PARENTS if row.get(name)]
