"""Rows of a plan that did not make it: those that the plan refused, and those that the target did."""

import json
from collections.abc import Iterator
from typing import Any

from migrator.store.cells import unpack_cells
from migrator.store.ledger import LedgerReader
from migrator.store.ledger_schema import OF_PLAN
from migrator.store.plan import Plan
from migrator.store.sqlite import translated

BATCH = 500


def columns_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Give the columns of each object's source."""
    return {name: tuple(json.loads(columns)) for name, columns in plan.db.execute("SELECT name, columns FROM object")}


class RefusedRows:
    """The rows that a plan refused, by object and by row or key: filed once, in a temporary table of SQLite's own."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        with translated(plan.path):
            plan.db.executescript(
                "CREATE TEMP TABLE refused AS SELECT o.name, CAST(r.row AS TEXT) AS row, r.key, r.cells FROM record r"
                " JOIN object o ON o.id=r.object WHERE r.state='reject' AND r.row IS NOT NULL;"
                "CREATE INDEX temp.by_row ON refused(name, row); CREATE INDEX temp.by_key ON refused(name, key);"
            )

    def cells(self, name: str, row: str) -> list[list[Any]]:
        """Give the original cells of the refused rows of an object with this number; several files may have it."""
        rows = self._plan.db.execute("SELECT cells FROM refused WHERE name=? AND row=?", (name, row))
        return [unpack_cells(cells) for (cells,) in rows]

    def has_key(self, name: str, key: str) -> bool:
        """Tell whether a refused row of an object has this key, or one whose key was blank could have it now."""
        query = "SELECT 1 FROM refused WHERE name=? AND key=?"
        return self._plan.db.execute(query, (name, key)).fetchone() is not None


def planned_keys(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Give object, place and key of each row of a plan."""
    rows = plan.db.execute(
        "SELECT o.name, f.name, r.row, r.key FROM record r JOIN object o ON o.id=r.object JOIN file f ON f.id=r.file"
        " WHERE r.key<>'' ORDER BY r.id"
    )
    for name, file, row, key in rows:
        yield name, f"{file}:{row}", key


def rows_that_failed(plan: Plan, reader: LedgerReader, name: str) -> Iterator[tuple[str, int, list[Any]]]:
    """Give the rows of an object that the target refused, or that such a refusal blocked: file, number, cells."""
    seq, before = 0, 0
    query = (
        f"SELECT seq FROM op WHERE {OF_PLAN} AND object=? AND state IN ('REJECTED','BLOCKED') AND seq>?"
        " ORDER BY seq LIMIT ?"
    )
    while rows := reader.db.execute(query, (plan.id, name, seq, BATCH)).fetchall():
        seq = rows[-1][0]
        for (number,) in rows:
            found = plan.db.execute(
                "SELECT r.id, f.name, r.row, r.cells FROM change c JOIN record r ON r.id=c.record"
                " JOIN file f ON f.id=r.file WHERE c.seq=?",
                (number,),
            ).fetchone()
            if found and found[0] != before:
                yield found[1], found[2], unpack_cells(found[3])
                before = found[0]
