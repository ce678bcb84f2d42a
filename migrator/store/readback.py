"""What reading back a run finds: how records stand, which of them are there twice, and what the ledger keeps of it."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Self

from migrator.store.changes import Change
from migrator.store.ledger import Ledger, LedgerReader
from migrator.store.ledger_schema import OF_PLAN, OF_SCOPE
from migrator.store.plan import Plan
from migrator.store.sqlite import translated

BATCH = 500

_PLACE = Path("the folder of temporary files")
_LANDED = f"{OF_PLAN} AND kind<>'append' AND state IN ('APPLIED','VERIFIED','NOOP')"
_TABLES = """
PRAGMA journal_mode=off;
CREATE TABLE ours(target TEXT NOT NULL, id TEXT NOT NULL, marker TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
CREATE TABLE seen(target TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL) STRICT;
BEGIN;
"""
MARKER = "marker"
_BORNE = "EXISTS(SELECT 1 FROM seen s WHERE s.target=o.target AND s.kind='marker' AND s.value=o.marker)"


class Match(StrEnum):
    """How what stands in the target compares with what was planned."""

    EQUAL = "EQUAL"
    NORMALISED = "NORMALISED"
    DIFFERENT = "DIFFERENT"
    MISSING = "MISSING"


class Finding(NamedTuple):
    """One record, or one field of it, as it was read back.

    `rule` names what the target itself did to a value, or says what is the case. No value is in the target where
    `found` is None.
    """

    object: str
    place: str
    key: str
    target_id: str
    match: str
    field: str = ""
    rule: str = ""
    planned: Any = None
    found: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What reading back found: records by how they compare, fields that are not equal, and the first findings.

    `landed` is how many operations could be read; `fields` counts by `object.field` and then by comparison; `totals`
    tells of each object of the target how many records it holds, held before and got. Findings carry no values. `later`
    counts those that a later run of this ledger wrote again or deleted: they are compared with what that one left.
    """

    landed: int
    records: Mapping[str, int]
    fields: Mapping[str, Mapping[str, int]]
    rules: Mapping[str, int]
    duplicates: int
    unexpected: int
    totals: Mapping[str, Mapping[str, int | None]]
    first: tuple[Finding, ...]
    wall: str = ""
    later: int = 0

    @property
    def read(self) -> int:
        """Count the operations that were read back."""
        return sum(self.records.values())

    @property
    def is_clean(self) -> bool:
        """Tell whether everything stands as planned, once."""
        bad = self.records.get(Match.DIFFERENT, 0) + self.records.get(Match.MISSING, 0)
        return not (bad or self.duplicates or self.unexpected)


def count_landed(ledger: Ledger, plan: Plan) -> int:
    """Count the operations of a plan that landed, but for options."""
    (count,) = ledger.db.execute(f"SELECT COUNT(*) FROM op WHERE {_LANDED}", (plan.id,)).fetchone()
    return int(count)


def landed(ledger: Ledger, plan: Plan, sample: int | None) -> Iterator[list[tuple[Change, str]]]:
    """Give what landed, each with its target id, some at a time: all of it, or a sample spread over all."""
    total = count_landed(ledger, plan)
    if sample is not None and sample < total:
        rows = ledger.db.execute(
            f"SELECT seq, target_id FROM (SELECT seq, target_id, ROW_NUMBER() OVER (ORDER BY seq) n FROM op"
            f" WHERE {_LANDED}) WHERE n*?/? <> (n-1)*?/?",
            (plan.id, sample, total, sample, total),
        ).fetchall()
        yield _changes(plan, rows)
        return
    seq = 0
    query = f"SELECT seq, target_id FROM op WHERE {_LANDED} AND seq>? ORDER BY seq LIMIT ?"
    while rows := ledger.db.execute(query, (plan.id, seq, BATCH)).fetchall():
        seq = rows[-1][0]
        yield _changes(plan, rows)


def written_later(ledger: Ledger, plan: Plan, change: Change, target_id: str) -> Mapping[str, Any]:
    """Give the values that stand in a record by all runs of the mapping, if another one than this plan's was last."""
    where = (plan.header["mapping"]["name"], plan.header["target"]["fingerprint"], change.object, change.key)
    row = ledger.db.execute(
        f"SELECT fields FROM written WHERE {OF_SCOPE} AND key=? AND target_id=? AND NOT {OF_PLAN}",
        (*where, target_id, plan.id),
    ).fetchone()
    return dict(json.loads(row[0])) if row else {}


def is_deleted_later(ledger: Ledger, plan: Plan, change: Change, target_id: str) -> bool:
    """Tell whether another plan of this ledger, an undo, deleted a record."""
    found = ledger.db.execute(
        f"SELECT 1 FROM op WHERE kind='delete' AND target_id=? AND object=? AND NOT {OF_PLAN}"
        " AND state IN ('APPLIED','VERIFIED','NOOP')",
        (target_id, change.object, plan.id),
    )
    return found.fetchone() is not None


def _changes(plan: Plan, rows: Iterable[tuple[int, str]]) -> list[tuple[Change, str]]:
    return [(next(plan.changes(after=seq - 1, limit=1)), target_id) for seq, target_id in rows]


class Sightings:
    """All records of the target's objects by what should be there once; use it as a context, for one object at a time.

    It lies in SQLite's own temporary file: private, and gone with the process.
    """

    def __init__(self, ledger: Ledger, plan: Plan) -> None:
        self._plan = plan
        self._ledger = ledger
        with translated(_PLACE):
            self._db = sqlite3.connect("", isolation_level=None)
            self._db.executescript(f"PRAGMA temp_store=1; {_TABLES}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._db.close()

    def expect(self, names: Mapping[str, str]) -> None:
        """Note the creates of a plan's objects, each given with the object of the target that is looked through."""
        rows = self._ledger.db.execute(
            f"SELECT object, COALESCE(target_id, ''), COALESCE(marker, ''), seq FROM op WHERE {OF_PLAN}"
            " AND kind='create' AND state IN ('APPLIED','VERIFIED','REJECTED','BLOCKED','SKIPPED')",
            (self._plan.id,),
        )
        ours = ((names[name], *row) for name, *row in rows if name in names)
        with translated(_PLACE):
            self._db.executemany("INSERT INTO ours VALUES(?,?,?,?)", ours)

    def see(self, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """Note records of the target: its object, the kind of thing that should be there once, its text, the id."""
        with translated(_PLACE):
            self._db.executemany("INSERT INTO seen VALUES(?,?,?,?)", rows)

    def count(self, target: str) -> tuple[int, int]:
        """Count the records of an object that were seen, and those that this plan made."""
        with translated(_PLACE):
            (seen,) = self._db.execute("SELECT COUNT(DISTINCT id) FROM seen WHERE target=?", (target,)).fetchone()
            (ours,) = self._db.execute("SELECT COUNT(*) FROM ours WHERE target=? AND id<>''", (target,)).fetchone()
        return int(seen), int(ours)

    def sort(self) -> None:
        """Sort what was noted, once, after all of it is."""
        with translated(_PLACE):
            self._db.execute("CREATE INDEX by_value ON seen(target, kind, value, id)")
            self._db.execute("CREATE INDEX by_id ON ours(target, id)")

    def twice(self) -> Iterator[tuple[str, str, str, list[str]]]:
        """Give what stands in the target more than once, at least once made by this plan: object, kind, text, ids."""
        rows = self._db.execute(
            "SELECT target, kind, value, json_group_array(id) FROM (SELECT DISTINCT target, kind, value, id FROM seen"
            " WHERE kind<>'') s GROUP BY target, kind, value HAVING COUNT(*)>1"
            " AND MAX(EXISTS(SELECT 1 FROM ours o WHERE o.target=s.target AND o.id=s.id))"
        )
        for target, kind, value, ids in rows:
            yield target, kind, value, sorted(json.loads(ids))

    def unseen(self) -> Iterator[tuple[Change, str]]:
        """Give the landed creates whose marker no record bears, each with its target id."""
        rows = self._db.execute(f"SELECT seq, id FROM ours o WHERE id<>'' AND marker<>'' AND NOT {_BORNE} ORDER BY seq")
        for row in rows:
            yield _changes(self._plan, [row])[0]

    def unexpected(self) -> Iterator[Change]:
        """Give the creates that did not land and whose marker some record bears, which no other plan made since."""
        rows = self._db.execute(f"SELECT seq, id FROM ours o WHERE id='' AND {_BORNE} ORDER BY seq")
        header = self._plan.header
        known = f"SELECT 1 FROM written WHERE {OF_SCOPE} AND key=?"
        for row in rows:
            change, _no_id = _changes(self._plan, [row])[0]
            where = (header["mapping"]["name"], header["target"]["fingerprint"], change.object, change.key)
            if not self._ledger.db.execute(known, where).fetchone():
                yield change


def keep(ledger: Ledger, plan: Plan, found: Verification) -> None:
    """Keep in the ledger what the last reading back of a plan found. Raises StoreError."""
    with ledger.transaction("keep") as db:
        db.execute(
            "INSERT OR REPLACE INTO verification VALUES(?,?,?)", (plan.id, found.wall, json.dumps(asdict(found)))
        )


def kept(reader: LedgerReader, plan: Plan) -> Verification | None:
    """Give what the last reading back of a plan found; None where there was none."""
    row = reader.db.execute("SELECT facts FROM verification WHERE plan_id=?", (plan.id,)).fetchone()
    if row is None:
        return None
    facts = json.loads(row[0])
    return Verification(**{**facts, "first": tuple(Finding(*item) for item in facts["first"])})
