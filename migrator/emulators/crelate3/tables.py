"""The records of a practice tenant."""

import hashlib
from copy import deepcopy
from typing import Any

from migrator.emulators.crelate3.catalogue import new_catalogue
from migrator.emulators.crelate3.models import COMPANIES, CONTACTS, JOBS, MODELS, TAGS
from migrator.emulators.exact import timestamp
from migrator.emulators.messages import Change, Deed
from migrator.ports import Clock, Rng

Row = dict[str, Any]  # only the fields that are set

_MAIN = (CONTACTS, COMPANIES, JOBS)


class Tables:
    """All that the tenant holds. A row is never changed in place: a change puts a new one."""

    def __init__(self, rng: Rng, clock: Clock) -> None:
        self.catalogue = new_catalogue(rng)
        self.clock = clock
        self.new_id = rng.guid
        self._rows: dict[str, dict[str, Row]] = {name: {} for name in (*MODELS, TAGS)}
        self._salt = rng.token()
        self._answers = 0

    def rows(self, name: str) -> list[Row]:
        """List the records of an object, in the order of their creation."""
        return list(self._rows[name].values())

    def count(self, name: str) -> int:
        """Count the records of an object."""
        return len(self._rows[name])

    def find(self, name: str, record_id: str) -> Row | None:
        """Give a record, None where there is none."""
        return self._rows[name].get(record_id)

    def find_any(self, record_id: str) -> Row | None:
        """Give the contact, company or job with this id, None where there is none."""
        return next((row for name in _MAIN if (row := self.find(name, record_id)) is not None), None)

    def put(self, name: str, row: Row) -> Change:
        """Store a record whole."""
        deed = Deed.CHANGED if row["Id"] in self._rows[name] else Deed.CREATED
        self._rows[name][row["Id"]] = row
        return Change(deed=deed, object=name, id=row["Id"])

    def now(self) -> str:
        """Write the time with as many digits of a second as it has (client)."""
        return timestamp(self.clock.now())

    def correlation_id(self) -> str:
        """Give each answer a GUID of its own, without a draw that would shift the ids of records."""
        self._answers += 1
        digits = hashlib.sha256(f"{self._salt}{self._answers}".encode()).hexdigest()
        return "-".join((digits[:8], digits[8:12], f"4{digits[13:16]}", f"8{digits[17:20]}", digits[20:32]))

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """Copy everything."""
        return deepcopy(self._rows)
