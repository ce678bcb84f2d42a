"""The id map: what each source key is in the target, and the values that we last wrote there."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from migrator.json_text import from_json, to_json
from migrator.records import Action
from migrator.store.changes import Change
from migrator.store.plan import Plan


class Written:
    """The part of the id map that one plan writes to: that of its mapping, and the account that it is for."""

    def __init__(self, db: sqlite3.Connection, plan: Plan) -> None:
        self._db = db
        self._plan = plan
        self._migration = (plan.header["mapping"]["name"], plan.header["target"]["fingerprint"])

    def take_over(self) -> None:
        """Note the rows that the target held already, as the plan found them."""
        rows = self._plan.db.execute(
            "SELECT o.name, r.key, a.target_id, a.fields FROM agreed a JOIN record r ON r.id=a.record"
            " JOIN object o ON o.id=r.object"
        )
        for name, key, target_id, fields in rows:
            self.remember((name, key), target_id, from_json(fields))

    def note_all(self, landed: Iterable[tuple[Change, str, Mapping[str, Any]]]) -> None:
        """Note what changes left in the target; of a record that is new all is known by its create."""
        new = []
        for change, target_id, fields in landed:
            row = (change.object, change.key)
            if change.action is Action.CREATE:
                new.append((row, target_id, fields))
            elif change.action is Action.DELETE:
                self._forget(change)
            elif change.action is not Action.APPEND:
                self.remember(row, target_id, fields)
        self._keep(new)

    def remember(self, row: tuple[str, str], target_id: str, fields: Mapping[str, Any]) -> None:
        """Note what a row (object, key) is in the target and the values of it that stand there.

        A field of which nothing new is known keeps the value that we wrote last: by it a later plan tells who changed.
        """
        known = self._db.execute(
            "SELECT fields FROM written WHERE mapping=? AND account=? AND object=? AND key=? AND target_id=?",
            (*self._migration, *row, target_id),
        ).fetchone()
        self._keep([(row, target_id, {**(from_json(known[0]) if known else {}), **fields})])

    def _keep(self, rows: Iterable[tuple[tuple[str, str], str, Mapping[str, Any]]]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO written VALUES(?,?,?,?,?,?,?)",
            [(*self._migration, *row, one, to_json(dict(fields)), self._plan.id) for row, one, fields in rows],
        )

    def _forget(self, change: Change) -> None:
        """Take a deleted record out, under all keys that stand for it: a later plan creates it anew."""
        self._db.execute(
            "DELETE FROM written WHERE mapping=? AND account=? AND object=? AND target_id=?",
            (*self._migration, change.object, change.target_id),
        )
