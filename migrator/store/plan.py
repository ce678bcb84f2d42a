"""A sealed plan: written once, hashed as a whole, read by everybody, written to by nobody."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from migrator.errors import PlanError, Problem
from migrator.json_text import from_json
from migrator.records import Action
from migrator.store.changes import CHAIN, Change, change_hash, created_hash
from migrator.store.draft import Draft
from migrator.store.plan_schema import APPLICATION_ID, FORMAT
from migrator.store.pointing import Filled, Pointing, created_fields
from migrator.store.sqlite import connect_read_only, sync_folder, translated

_CHANGES = (
    "SELECT c.seq, c.id, o.name, o.target, c.action, r.key, f.name, r.row,"
    " COALESCE(c.after, r.fields), c.before, c.target_id,"
    " CASE WHEN c.id IS NULL THEN COALESCE(c.marker, r.marker) ELSE c.marker END, c.parent,"
    " COALESCE(c.sha256, r.sha256), c.object, c.record, c.id IS NULL"
    " FROM change c JOIN object o ON o.id=c.object"
    " LEFT JOIN record r ON r.id=c.record LEFT JOIN file f ON f.id=r.file"
)

_BATCH = 500

_ACTIONS = {str(action): action for action in Action}

# The changes of records that have several, in SQLite's own temporary file: made when it is first asked for.
_SEVERAL = (
    "CREATE TEMP TABLE several AS SELECT record, seq FROM change"
    " WHERE record IN (SELECT record FROM change GROUP BY record HAVING COUNT(*)>1)"
)


def seal(draft: Draft, header: Mapping[str, Any]) -> str:
    """End the making of a plan: write its header, make it durable under its own name, and give its hash."""
    draft.many(
        "INSERT INTO header VALUES(?,?)",
        ((name, json.dumps(value, ensure_ascii=False)) for name, value in header.items()),
    )
    partial = draft.finish()
    with translated(draft.path):
        with partial.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.replace(partial, draft.path)  # noqa: PTH105 - the same, said plainly
        sync_folder(draft.path.parent)
    return digest


class Plan:
    """A sealed plan, opened for reading; use it as a context."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._knows_several = False
        self.db = _open(path)
        try:
            with translated(path):
                rows = self.db.execute("SELECT name, value FROM header").fetchall()
            self.header: Mapping[str, Any] = {name: json.loads(value) for name, value in rows}
        except BaseException:
            self.db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.db.close()

    @property
    def id(self) -> str:
        """Name the plan; the ledger knows it by this."""
        return str(self.header["plan"])

    def changes(self, *, after: int = 0, limit: int = -1) -> Iterator[Change]:
        """Give the changes in their order, each checked against its hash. Raises PlanError for an edited one.

        The hash of a create that its record tells does not cover what its references point at; that of the file does.
        """
        yield from self.select("WHERE c.seq>? ORDER BY c.seq LIMIT ?", (after, limit))

    def select(self, condition: str, values: Sequence[str | int]) -> Iterator[Change]:
        """Give the changes that a condition on `c`, `o` or the record `r` names, checked as those of `changes` are."""
        rows = self.db.execute(f"{_CHANGES} {condition}", values)
        while batch := rows.fetchmany(_BATCH):
            pointing = self._pointing.of(row[15] for row in batch if row[16])
            for row in batch:
                yield self._change(row, pointing.get(row[15], {}))

    def find(self, spelled: str) -> list[Change]:
        """Give the changes that a person means: the one with this id, or those of a record spelled OBJECT:KEY."""
        name, colon, key = spelled.partition(":")
        if colon:
            return list(self.select("WHERE o.name=? AND r.key=? ORDER BY c.seq", (name, key)))
        self.db.create_function("operation_of", 2, self._pointing.operation, deterministic=True)
        return list(self.select("WHERE COALESCE(c.id, operation_of(c.object, r.key))=? ORDER BY c.seq", (spelled,)))

    def appends(self) -> Iterator[Change]:
        """Give the options that are to be added, those of one list one after the other; each is checked as above."""
        yield from self.select("WHERE c.action='append' ORDER BY c.seq", ())

    def needs(self, seq: int) -> Iterator[int]:
        """Name the changes of an undo that must have landed before one of its deletes is sent, by their numbers."""
        if "undo" in self.header:
            yield from (number for (number,) in self.db.execute("SELECT needed FROM need WHERE seq=?", (seq,)))

    def others(self, seq: int) -> Iterator[int]:
        """Name the changes of the same record that come before one of its changes, by their numbers."""
        with translated(self.path):
            if not self._knows_several:
                self.db.execute(_SEVERAL)
                self.db.execute("CREATE INDEX temp.several_by_record ON several(record)")
                self._knows_several = True
            rows = self.db.execute(
                "SELECT seq FROM temp.several WHERE seq<? AND record=(SELECT record FROM change WHERE seq=?)",
                (seq, seq),
            ).fetchall()
        yield from (number for (number,) in rows)

    def contents(self) -> Iterator[tuple[str, str]]:
        """Give the files that rows name, each with the hash that it had when it was read."""
        yield from self.db.execute("SELECT name, sha256 FROM content ORDER BY name")

    def first_edited(self) -> str:
        """Find the first change whose hash does not fit it any longer; empty if the chain is whole."""
        chain = hashlib.sha256(CHAIN)
        for row in self.db.execute(f"{_CHANGES} ORDER BY c.seq"):
            if row[13] != _hash_of(row):
                return f"operation {row[0]} ({row[4]} {row[2]} {row[5] or row[8]})"
            chain.update(row[13].encode())
        return "" if chain.hexdigest() == self.header["chain"] else "the list of operations"

    @cached_property
    def _pointing(self) -> Pointing:
        return Pointing(self.db, str(self.header["mapping"]["name"]))

    def _change(self, row: tuple[Any, ...], filled: Filled) -> Change:
        """Make a change of a row of the plan. Raises PlanError if it is not the one that was sealed."""
        seq, op_id, name, target, action, key, file, number, text, before, target_id, marker, parent, sha256 = row[:14]
        if sha256 != _hash_of(row):
            hint = "plan again; a plan is never edited"
            fact = f"operation {seq} ({action} {name} {key or text}) was edited after the plan was sealed"
            raise PlanError(Problem(code="E602", place=str(self.path), fact=fact, hint=hint))
        after = from_json(text)
        if row[16]:
            op_id = self._pointing.operation(row[14], key)
            field = {self.header["objects"][name]["marker"]: marker} if marker else {}
            after = created_fields(after, filled, field)
        return Change(
            seq,
            op_id,
            name,
            target,
            _ACTIONS[action],
            ": ".join(*after.items()) if key is None else key,  # an option has no record
            f"{file}:{number}" if file else "",
            after,
            from_json(before) if before else {},
            target_id,
            marker,
            tuple(json.loads(parent)) if parent else None,
            sha256,
        )


def _hash_of(row: tuple[Any, ...]) -> str:
    if not row[16]:
        return change_hash((row[1], row[14], row[15], row[4], row[10], row[11], row[12], row[9], row[8]))
    is_told = (row[4], row[9], row[10], row[12]) == (Action.CREATE, None, None, None)
    return created_hash(row[14], row[15], row[5], row[11], row[8]) if is_told else ""


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        hint = "make one with 'migrator plan MAPPING -o FILE.plan'"
        raise PlanError(Problem(code="E603", place=str(path), fact="there is no such plan", hint=hint))
    try:
        db = connect_read_only(path, is_sealed=True)
        (kind,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except Exception as error:
        raise _no_plan(path, str(error)) from error
    if kind != APPLICATION_ID or version != FORMAT:
        db.close()
        raise _no_plan(path, f"format {version}, expected {FORMAT}")
    return db


def _no_plan(path: Path, why: str) -> PlanError:
    hint = "plan again"
    return PlanError(Problem(code="E602", place=str(path), fact=f"not a plan of this version: {why}", hint=hint))
