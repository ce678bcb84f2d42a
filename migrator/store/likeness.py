"""Names that are nearly the same, found among millions without comparing each with each.

Names are filed under their parts, and only names that share a rare part are compared. What this can miss: two names
whose common parts are all so frequent that their blocks go beyond `MAX_SCANNED` together, and names that share no part
at all, as short ones do after one change (`Abc` and `Axc`). The files are SQLite's own temporary ones: private, and
gone with the process.
"""

import sqlite3
from collections.abc import Container, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from migrator.store.draft import Draft
from migrator.store.plan_schema import ROWS_OF_OBJECT
from migrator.store.sqlite import translated

MAX_SCANNED = 1_000
MAX_COMPARED = 50
MAX_CHARACTERS = 120
END = 6
SHORT, LONG = 4, 6
SHORT_NAME, LONG_NAME = 10, 14
BATCH = 10_000

_TABLES = """
CREATE TABLE name(n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE part(part TEXT NOT NULL, n INTEGER NOT NULL) STRICT;
"""
_PLACE = Path("the folder of temporary files")


class NearNames:
    """An index of names by their parts: `add` all, then `sort` once, then ask for what is near; use it as a context."""

    def __init__(self) -> None:
        with translated(_PLACE):
            self._db = sqlite3.connect("", isolation_level=None)
            self._db.execute("PRAGMA temp_store=1")
            self._db.execute("PRAGMA cache_size=-8192")
            self._db.executescript(f"PRAGMA journal_mode=off; {_TABLES} BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._db.close()

    def add(self, names: Iterable[tuple[int, str]], asked: Container[str] | None = None) -> None:
        """File names, each with a number of its own; blank ones are passed over. Raises StoreError.

        Where it is known, `asked` are the parts of all names that will be asked for.
        """
        filled = ((n, text[:MAX_CHARACTERS]) for n, text in names if text)
        with translated(_PLACE):
            while batch := list(islice(filled, BATCH)):
                self._db.executemany("INSERT INTO name VALUES(?,?)", batch)
                parts = ((part, n) for n, text in batch for part in parts_of(text) if asked is None or part in asked)
                self._db.executemany("INSERT INTO part VALUES(?,?)", parts)

    def sort(self) -> None:
        """Sort the parts and count their blocks, once, after all names are filed. Raises StoreError."""
        with translated(_PLACE):
            self._db.execute("CREATE INDEX by_part ON part(part, n)")
            self._db.execute("CREATE TABLE block(part TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID")
            self._db.execute("INSERT INTO block SELECT part, COUNT(*) FROM part GROUP BY part")

    def near(self, text: str, *, below: int = 1 << 62) -> list[tuple[int, str]]:
        """Give the names, numbered below `below`, that share most of the rare parts of a text. Raises StoreError."""
        with translated(_PLACE):
            parts = list(self._rare(parts_of(text[:MAX_CHARACTERS])))
            return self._db.execute(
                "SELECT s.n, name.text FROM (SELECT n, COUNT(*) AS shared FROM part"
                f" WHERE part IN ({_marks(parts)}) AND n<? GROUP BY n ORDER BY shared DESC, n LIMIT ?) s"
                " JOIN name ON name.n=s.n ORDER BY s.shared DESC, s.n",
                (*parts, below, MAX_COMPARED),
            ).fetchall()

    def _rare(self, parts: set[str]) -> Iterator[str]:
        """Give the rarest parts, as many as may be scanned together."""
        scanned = 0
        for part, size in self._db.execute(
            f"SELECT part, size FROM block WHERE part IN ({_marks(parts)}) ORDER BY size, part", tuple(parts)
        ):
            scanned += size
            if scanned > MAX_SCANNED:
                return
            yield part


def parts_of(text: str) -> set[str]:
    """Cut a name: every so many characters in a row, the whole without blanks, its beginning and its end.

    Parts of long names are longer, so that they stay rare; in between both kinds are taken, so that names of nearly one
    length have some in common.
    """
    padded, squeezed = f" {text} ", text.replace(" ", "")
    lengths = ([SHORT] if len(text) < LONG_NAME else []) + ([LONG] if len(text) >= SHORT_NAME else [])
    runs = {padded[n : n + length] for length in lengths for n in range(max(len(padded) - length, 0) + 1)}
    return runs | {f"={squeezed}", f"^{squeezed[:END]}", f"${squeezed[-END:]}"}


def _marks(parts: Iterable[str]) -> str:
    return ",".join("?" for _ in parts)


class Named(NamedTuple):
    """A planned record that is to be named: its number, object, fields as JSON, and how many rows wait on it."""

    record: int
    object: int
    fields: str
    waiting: int


class Proposal(NamedTuple):
    """A planned row that matched nothing, and the record of the target whose label is nearest to its own."""

    record: int
    target_id: str
    label: str
    candidate: str
    score: float


def held_labels(draft: Draft, target: str) -> Iterator[tuple[int, str]]:
    """Give the label of each record that the target's object holds, by its number below 0."""
    return draft.run("SELECT record, label FROM scratch.holding WHERE target=?", (target,))


def staged_fields(draft: Draft, target: str, first: int) -> Iterator[tuple[int, str]]:
    """Give the fields, as JSON, of each staged record of a target's object; lookups created those from `first` on."""
    rows = draft.run(
        f"SELECT r.id, r.fields FROM {ROWS_OF_OBJECT} WHERE o.target=? AND r.state='create'",
        (target,),
    )
    created = ((one.record, one.fields) for one in created_records(draft, target, first))
    return chain(rows, created)


def count_names(draft: Draft, target: str) -> int:
    """Count the records of a target's object, those that it holds and those that are staged for it as rows."""
    (count,) = draft.run(
        "SELECT (SELECT COUNT(*) FROM scratch.holding WHERE target=?1)"
        f" + (SELECT COUNT(*) FROM {ROWS_OF_OBJECT} WHERE o.target=?1 AND r.state='create')",
        (target,),
    ).fetchone()
    return int(count)


def count_created(draft: Draft, target: str, first: int) -> int:
    """Count the records of a target's object that lookups created, from number `first` on."""
    (count,) = draft.run(
        "SELECT COUNT(*) FROM record r JOIN object o ON o.id=r.object"
        " WHERE r.id>=? AND r.row IS NULL AND r.state='create' AND o.target=?",
        (first, target),
    ).fetchone()
    return int(count)


def created_records(draft: Draft, target: str, first: int) -> Iterator[Named]:
    """Give the records of a target's object that lookups created, from number `first` on, in their order."""
    found = draft.run(
        "SELECT r.id, r.object, r.fields, COALESCE(w.rows, 0) FROM record r JOIN object o ON o.id=r.object"
        " LEFT JOIN waiting w ON w.record=r.id"
        " WHERE r.id>=? AND r.row IS NULL AND r.state='create' AND o.target=? ORDER BY r.id",
        (first, target),
    )
    return (Named(*row) for row in found)


def unmatched_records(draft: Draft, number: int, states: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Give the source rows of an object, in some states, that match nothing in the target, with fields as JSON."""
    return draft.run(
        f"SELECT r.id, r.fields FROM {ROWS_OF_OBJECT} LEFT JOIN scratch.matched m ON m.record=r.id"
        f" WHERE o.id=? AND m.record IS NULL AND r.state IN ({_marks(states)}) ORDER BY r.id",
        (number, *states),
    )


def label_and_id(draft: Draft, record: int) -> tuple[str, str]:
    """Give label and id of a record of the target."""
    label, target_id = draft.run("SELECT label, id FROM scratch.holding WHERE record=?", (record,)).fetchone()
    return str(label), str(target_id)


def fields_and_place(draft: Draft, record: int) -> tuple[str, str]:
    """Give the fields of a planned record, as JSON, and where its row stands; no place for a created one."""
    fields, file, row = draft.run(
        "SELECT r.fields, f.name, r.row FROM record r LEFT JOIN file f ON f.id=r.file WHERE r.id=?", (record,)
    ).fetchone()
    return str(fields), f"{file}:{row}" if file else ""


def object_and_key(draft: Draft, record: int) -> tuple[int, str]:
    """Give the number of a planned record's object, and its key."""
    number, key = draft.run("SELECT object, key FROM record WHERE id=?", (record,)).fetchone()
    return int(number), str(key)


def add_proposals(draft: Draft, proposals: Iterable[Proposal]) -> None:
    """Note which records of the target rows may be; nothing else follows from it."""
    draft.many("INSERT INTO proposal VALUES(?,?,?,?,?)", proposals)
