"""The records of a practice edition, its user and its ids."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC
from typing import Any

from migrator.emulators.messages import Change, Deed
from migrator.emulators.spotler.lookups import Lists
from migrator.emulators.spotler.models import Model
from migrator.ports import Clock, Rng

Row = dict[str, Any]  # only the fields that are set

_FIRST_ID, _MAX_GAP = 95_000_000, 40
_SMALL_ID = 100_000


class Tables:
    """All that the edition holds. A row is never changed in place: a change puts a new one."""

    def __init__(self, rng: Rng, clock: Clock, models: Mapping[str, Model]) -> None:
        self.models = models
        self.lists = Lists()
        self._rng = rng
        self._clock = clock
        self.user_id, self.sla_id = (_SMALL_ID + int(rng.fraction() * _SMALL_ID) for _ in range(2))
        self._last_id = _FIRST_ID + int(rng.fraction() * 1_000_000)
        self._rows: dict[str, dict[int, Row]] = {name: {} for name in models}

    def new_id(self) -> int:
        """Give an id of 8 digits, as the vendor's samples have: larger than all before, with gaps."""
        self._last_id += 1 + int(self._rng.fraction() * _MAX_GAP)
        return self._last_id

    def now(self) -> str:
        """Write the time as the vendor's samples do: to the second, without a zone; here it is UTC (inferred)."""
        return self._clock.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def rows(self, name: str) -> list[Row]:
        """List the records of an object, in the order of their ids."""
        return list(self._rows[name].values())

    def find(self, name: str, record_id: int) -> Row | None:
        """Give a record, None where there is none."""
        return self._rows[name].get(record_id)

    def put(self, name: str, row: Row) -> Change:
        """Store a record whole."""
        deed = Deed.CHANGED if row["id"] in self._rows[name] else Deed.CREATED
        self._rows[name][row["id"]] = row
        return Change(deed=deed, object=name, id=str(row["id"]))

    def remove(self, name: str, record_id: int) -> Change:
        """Delete a record; what refers to it stays as it is (inferred)."""
        del self._rows[name][record_id]
        return Change(deed=Deed.DELETED, object=name, id=str(record_id))

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """Copy everything, and the lookup lists as `lookups`."""
        records = {name: {str(one): deepcopy(row) for one, row in rows.items()} for name, rows in self._rows.items()}
        return records | {"lookups": self.lists.snapshot()}
