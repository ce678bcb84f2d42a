"""The id map: what each source key is in the target, and the values that we last wrote there."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrator.json_text import from_json, to_json
from migrator.records import Action
from migrator.store.at_once import write_all
from migrator.store.changes import Change
from migrator.store.ledger import number_of
from migrator.store.plan import Plan

_CREATE = Action.CREATE  # looking a member of an enum up takes longer than comparing with it

_KEEP = (
    "INSERT INTO written VALUES {} ON CONFLICT(scope, key) DO UPDATE SET"
    " target_id=excluded.target_id, fields=excluded.fields, plan=excluded.plan"
)


class Written:
    """The part of the id map that one plan writes to: that of its mapping, and the account that it is for."""

    def __init__(self, db: sqlite3.Connection, plan: Plan) -> None:
        self._db = db
        self._plan = plan
        self._number = number_of(db, plan.id)
        self._migration = (plan.header["mapping"]["name"], plan.header["target"]["fingerprint"])
        self._scopes: dict[str, int] = {}

    def begin(self) -> None:
        """Give the objects of the plan their numbers, where they have none."""
        for (name,) in self._plan.db.execute("SELECT name FROM object"):
            self._scope(name)

    def take_over(self) -> None:
        """Note the rows that the target held already, as the plan found them."""
        rows = self._plan.db.execute(
            "SELECT o.name, r.key, a.target_id, a.fields FROM agreed a JOIN record r ON r.id=a.record"
            " JOIN object o ON o.id=r.object"
        )
        for name, key, target_id, fields in rows:
            self.remember((name, key), target_id, from_json(fields))

    def note_all(self, landed: Iterable[tuple[Change, str, str]]) -> None:
        """Note what changes left in the target, as JSON; of a record that is new all is known by its create."""
        new = []
        for change, target_id, fields in landed:
            action = change.action
            if action is _CREATE:
                new.append((self._scope(change.object), change.key, target_id, fields, self._number))
            elif action is Action.DELETE:
                self._forget(change)
            elif action is not Action.APPEND:
                self.remember((change.object, change.key), target_id, from_json(fields))
        self._keep(new)

    def remember(self, row: tuple[str, str], target_id: str, fields: Mapping[str, Any]) -> None:
        """Note what a row (object, key) is in the target and the values of it that stand there.

        A field of which nothing new is known keeps the value that we wrote last: by it a later plan tells who changed.
        """
        known = self._db.execute(
            "SELECT fields FROM written WHERE scope=? AND key=? AND target_id=?",
            (self._scope(row[0]), row[1], target_id),
        ).fetchone()
        whole = {**(from_json(known[0]) if known else {}), **fields}
        self._keep([(self._scope(row[0]), row[1], target_id, to_json(whole), self._number)])

    def _keep(self, rows: Sequence[tuple[int, str, str, str, int]]) -> None:
        write_all(self._db, _KEEP, "(?,?,?,?,?)", rows)

    def _scope(self, name: str) -> int:
        """Give the number of an object of this mapping and account."""
        if name not in self._scopes:
            row = (*self._migration, name)
            self._db.execute("INSERT OR IGNORE INTO scope(mapping, account, object) VALUES(?,?,?)", row)
            query = "SELECT id FROM scope WHERE mapping=? AND account=? AND object=?"
            (self._scopes[name],) = self._db.execute(query, row).fetchone()
        return self._scopes[name]

    def _forget(self, change: Change) -> None:
        """Take a deleted record out, under all keys that stand for it: a later plan creates it anew."""
        self._db.execute(
            "DELETE FROM written WHERE scope=? AND target_id=?", (self._scope(change.object), change.target_id)
        )
