"""The records that an undo is to delete, and what was seen to point at them since the undo was planned."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from migrator.pointers import Pointing
from migrator.store.plan import Plan
from migrator.store.sqlite import translated

_PLACE = Path("the folder of temporary files")
_TABLES = """
PRAGMA journal_mode=off;
PRAGMA temp_store=1;
CREATE TABLE doomed(target TEXT NOT NULL, folded TEXT NOT NULL, seq INTEGER NOT NULL, op TEXT NOT NULL,
  PRIMARY KEY(folded, target)) STRICT, WITHOUT ROWID;
CREATE TABLE pointer(seq INTEGER NOT NULL, target TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL, parent TEXT,
  PRIMARY KEY(seq, target, id, field)) STRICT, WITHOUT ROWID;
BEGIN;
"""


class Pointer(NamedTuple):
    """What points at a record that is to be deleted; `op` is its own delete in the same plan, if it has one."""

    target: str
    id: str
    field: str
    parent: tuple[str, str] | None
    op: str


class Doomed:
    """The deletes of one plan, until it is closed. It lies in SQLite's own temporary file: private, gone at the end."""

    def __init__(self, plan: Plan) -> None:
        rows = plan.db.execute(
            "SELECT o.target, LOWER(c.target_id), c.seq, c.id FROM change c JOIN object o ON o.id=c.object"
            " WHERE c.action='delete'"
        )
        with translated(_PLACE):
            self._db = sqlite3.connect("", isolation_level=None)
            self._db.executescript(_TABLES)
            self._db.executemany("INSERT OR IGNORE INTO doomed VALUES(?,?,?,?)", rows)

    def close(self) -> None:
        """Let go of it; nothing can be asked any more."""
        self._db.close()

    def forget(self) -> None:
        """Forget what was seen."""
        with translated(_PLACE):
            self._db.execute("DELETE FROM pointer")

    def see(self, seen: Iterable[tuple[Pointing, tuple[str, str] | None]]) -> None:
        """Note what points at something, each with the parent that its record is read under; the rest is dropped."""
        with translated(_PLACE):
            self._db.executemany(
                "INSERT OR IGNORE INTO pointer SELECT seq, ?, ?, ?, ? FROM doomed WHERE folded=? AND ? IN ('', target)",
                (
                    (one.target, one.id, one.field, json.dumps(parent) if parent else None, one.at_id.lower(), one.at)
                    for one, parent in seen
                ),
            )

    def pointers(self, seq: int) -> list[Pointer]:
        """Give what was seen to point at the record of a delete."""
        rows = self._db.execute(
            "SELECT p.target, p.id, p.field, p.parent, COALESCE(d.op, '') FROM pointer p"
            " LEFT JOIN doomed d ON d.folded=LOWER(p.id) AND d.target=p.target WHERE p.seq=?",
            (seq,),
        )
        return [
            Pointer(target, one, field, tuple(json.loads(parent)) if parent else None, op)
            for target, one, field, parent, op in rows
        ]
