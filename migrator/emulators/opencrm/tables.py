"""The records of a practice system, all with ids of one row, and its users."""

from copy import deepcopy
from datetime import UTC

from migrator.emulators.messages import Change, Deed
from migrator.emulators.opencrm.modules import MODULES, OWNER
from migrator.ports import Clock, Rng

Row = dict[str, str]  # only the fields that are not blank

ADMIN = "1"
USERS = {ADMIN: "admin", "2": "practice"}

_HIGHEST_START = 900_000


class Tables:
    """All that the system holds. A row is never changed in place: a change puts a new one.

    One row of ids, `crmid`, serves all modules (inferred); whose id belongs to another module is not found.
    """

    def __init__(self, rng: Rng, clock: Clock) -> None:
        self._clock = clock
        self._last_id = 1000 + int(rng.fraction() * _HIGHEST_START)
        self._rows: dict[str, dict[int, Row]] = {name: {} for name in MODULES}

    def rows(self, module_name: str) -> list[Row]:
        """List the records of a module, in the order of their ids."""
        return list(self._rows[module_name].values())

    def count(self, module_name: str) -> int:
        """Count the records of a module."""
        return len(self._rows[module_name])

    def find(self, module_name: str, crmid: int) -> Row | None:
        """Give a record, None where there is none."""
        return self._rows[module_name].get(crmid)

    def create(self, module_name: str, fields: Row) -> Change:
        """Store a new record; without an owner it is the administrator's (inferred)."""
        self._last_id += 1
        row = {"crmid": str(self._last_id), "createdtime": self._now(), OWNER: ADMIN, **fields}
        return self._put(module_name, self._last_id, row, Deed.CREATED)

    def change(self, module_name: str, crmid: int, fields: Row) -> Change:
        """Change a record: "only supplied fields change, and an empty value blanks the field" (vendor, older)."""
        return self._put(module_name, crmid, {**self._rows[module_name][crmid], **fields}, Deed.CHANGED)

    def _put(self, module_name: str, crmid: int, row: Row, deed: Deed) -> Change:
        kept = {name: value for name, value in row.items() if value != ""}
        self._rows[module_name][crmid] = {**kept, "modifiedtime": self._now()}
        return Change(deed=deed, object=module_name, id=str(crmid))

    def _now(self) -> str:
        """Write the time as records keep it; here it is UTC (inferred)."""
        return self._clock.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """Copy everything."""
        return {name: {str(crmid): deepcopy(row) for crmid, row in rows.items()} for name, rows in self._rows.items()}
