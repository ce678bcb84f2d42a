"""A plan while it is made: rows are staged here, set by set, and memory stays flat however many there are.

The draft lies under a temporary name beside the plan, its scratch tables in files of their own. It needs no journal:
what does not reach the seal is thrown away.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Self

from migrator.records import Action
from migrator.store.at_once import AT_ONCE, write_all
from migrator.store.plan_schema import APPLICATION_ID, ASKING, FORMAT, PLAN, SCRATCH
from migrator.store.sqlite import connect, create_private, translated

LAST = 2**63 - 1  # no record has this number
STAGED = "create"  # what becomes of a record unless something else is found out

# Rows of a plan take half a kilobyte and more: large pages hold as many as 20, and are sorted and read in fewer steps.
_PAGE = 16_384

_PRAGMAS: dict[str, str | int] = {
    "page_size": _PAGE,
    "journal_mode": "off",
    "synchronous": 0,
    "temp_store": 1,
    "cache_size": -8192,
    "mmap_size": 0,
}

# Files beside the draft, with their caches: references are added and read in their order, or in that of their index.
_BESIDE = {"scratch": -8192, "asking": -1024}


class StagedRecord(NamedTuple):
    """A source row as it is staged: number, place, key; original cells and canonical fields as JSON.

    `marker` and `sha256` are those of the change that creates it, where that says no more than the row.
    """

    id: int
    object: int
    file: int | None
    row: int | None
    key: str
    cells: str | None
    fields: str
    state: str = STAGED
    marker: str | None = None
    sha256: str | None = None


RecordRow = tuple[int, int, int | None, int | None, str, str | None, str, str, str | None, str | None]
IdentityRow = tuple[int, int, int, int, int]
ReferenceRow = tuple[int, str, int, int, int, int, int]


class StagedIdentity(NamedTuple):
    """One way in which a record can be recognised, by line; `is_first` marks a row's first filled match line."""

    digest: int
    proof: int
    record: int
    line: int
    is_first: int = 0


class StagedReference(NamedTuple):
    """What a record's field points at: an item of it, by which lookup, and in which wave that is resolved."""

    record: int
    field: str
    item: int
    lookup: int
    wave: int
    digest: int
    proof: int


class StagedProblem(NamedTuple):
    """One finding about one record, or with record 0 about an object or a whole file."""

    record: int
    object: int
    code: str
    field: str
    value: str
    fact: str
    hint: str


class Draft:
    """The plan being made; use it as a context, which removes what was not sealed.

    `has_dropped` tells whether a record has been rejected or left out since its row was read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = path.with_name(f".{path.name}.partial")
        self._beside = {name: path.with_name(f".{path.name}.{name}") for name in _BESIDE}
        self._files: dict[str, int] = {}
        self.has_dropped = False
        with translated(path):
            self.remove()
            create_private(self._partial)
            self.db = connect(self._partial, _PRAGMAS)
            for name, beside in self._beside.items():
                create_private(beside)
                self.db.execute(f"ATTACH ? AS {name}", (str(beside),))
                for setting in ("page_size", "journal_mode", "synchronous"):
                    self.db.execute(f"PRAGMA {name}.{setting}={_PRAGMAS[setting]}")
                self.db.execute(f"PRAGMA {name}.cache_size={_BESIDE[name]}")
            self.db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            self.db.execute(f"PRAGMA user_version={FORMAT}")
            self.db.executescript(PLAN + SCRATCH + ASKING)
            self.db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.db.close()
        self.remove()

    def remove(self) -> None:
        """Take away the draft's files, also those that a killed process left."""
        for path in (self._partial, *self._beside.values()):
            path.unlink(missing_ok=True)

    def add_object(self, row: tuple[int, str, str, str, str]) -> None:
        """Note an object: its number, name, target's object, tier, and columns as JSON."""
        self.many(f"INSERT INTO object VALUES(?,?,?,?,?,'{{}}',0,{LAST})", [row])

    def note_rows(self, number: int, first: int, last: int) -> None:
        """Note between which records the rows of an object are, once all of them are staged."""
        self.run("UPDATE object SET first=?, last=? WHERE id=?", (first, last, number))

    def file_number(self, name: str) -> int:
        """Give the number of a source file; a new one for a new name."""
        if name not in self._files:
            self._files[name] = len(self._files) + 1
            self.many("INSERT INTO file VALUES(?,?)", [(self._files[name], name)])
        return self._files[name]

    def file_name(self, number: int) -> str:
        """Give the name of a numbered source file."""
        return list(self._files)[number - 1]

    def add_rows(
        self,
        records: Sequence[RecordRow],
        identities: Sequence[IdentityRow],
        references: Sequence[ReferenceRow],
        problems: Sequence[StagedProblem],
    ) -> None:
        """Stage rows with what they state: each a StagedRecord, StagedIdentity or StagedReference, or a plain tuple."""
        self.insert("record", records)
        self.insert("scratch.identity", identities)
        self.insert("asking.reference", references)
        self.add_problems(problems)

    def add_contents(self, facts: Iterable[tuple[str, str, int]]) -> None:
        """Note files that rows name: name, hash and size; each once."""
        self.many("INSERT OR REPLACE INTO content VALUES(?,?,?)", facts)

    def add_problems(self, problems: Sequence[StagedProblem]) -> None:
        """Note findings; rows that they reject are marked by `set_state`."""
        self.insert("problem(record, object, code, field, value, fact, hint)", problems)

    def set_state(self, state: str | Action, records: Iterable[int]) -> None:
        """Give records their status; what is rejected stays so, since its problem is told already."""
        numbers = [(str(state), record) for record in records]
        self.has_dropped = self.has_dropped or (bool(numbers) and state in {Action.REJECT, Action.SKIP})
        statement = "UPDATE record SET state=? WHERE id=? AND state<>'reject'"
        self.many(statement, numbers)

    def keep_first(self, step: int, values: list[tuple[int, str]]) -> dict[int, int]:
        """Tell which of these (record, value), in their order, stand for which: each to the first of its value."""
        with translated(self.path):
            self.db.execute("DELETE FROM scratch.batch")
            self.db.executemany("INSERT INTO scratch.batch(record, value) VALUES(?,?)", values)
            self.db.execute(
                "INSERT OR IGNORE INTO scratch.seen SELECT ?, value, record FROM scratch.batch ORDER BY n", (step,)
            )
            found = self.db.execute(
                "SELECT b.record, s.record FROM scratch.batch b JOIN scratch.seen s USING(value) WHERE step=?", (step,)
            )
            return dict(found.fetchall())

    def index_left_out(self) -> None:
        """Sort the rows that steps removed by their keys, once."""
        self.run("CREATE INDEX scratch.left_out_by_digest ON left_out(digest, proof)")

    def index_rows(self, *, is_shared: bool) -> None:
        """Sort what records state, and what they ask for, once all rows are staged; both at a time if it is shared."""
        identities = "CREATE INDEX scratch.identity_by_digest ON identity(digest, proof, record, line, is_first)"
        references = "CREATE INDEX {}reference_by_value ON reference(digest, proof, lookup, wave)"
        self.run("COMMIT")
        if is_shared:
            with ThreadPoolExecutor(1) as others, translated(self.path):
                sorting = others.submit(self._alone, "asking", references.format(""))
                self.db.execute(identities)
                sorting.result()
        else:
            self.run(identities)
            self.run(references.format("asking."))
        self.run("BEGIN")

    def _alone(self, name: str, statement: str) -> None:
        """Run a statement on one of the files beside the plan, which nobody uses meanwhile."""
        with closing(connect(self._beside[name], _PRAGMAS)) as db:
            db.execute(statement)

    def many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for many rows. Raises StoreError."""
        with translated(self.path):
            self.db.executemany(statement, rows)

    def insert(self, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put rows into a table, or into some columns of it. Raises StoreError.

        Many with each statement: one by one, half of the time is spent on coming and going.
        """
        if rows:
            one = f"({','.join('?' * len(rows[0]))})"
            whole = len(rows) - len(rows) % AT_ONCE
            with translated(self.path):
                write_all(self.db, f"INSERT INTO {into} VALUES {{}}", one, rows[:whole])
                self.db.executemany(f"INSERT INTO {into} VALUES {one}", rows[whole:])

    def run(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Run one statement. Raises StoreError."""
        with translated(self.path):
            return self.db.execute(statement, values)

    def finish(self) -> Path:
        """Drop the scratch files, make the plan durable, and give the path under which it still lies."""
        with translated(self.path):
            self.db.execute("COMMIT")
            for name in self._beside:
                self.db.execute(f"DETACH {name}")
            self.db.close()
            descriptor = os.open(self._partial, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return self._partial
