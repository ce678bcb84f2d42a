"""The undo of a run while it is made: what was written, what the target holds of it now, and what points at it there.

Whole sets lie in the scratch file of the draft, like those of any plan. Only an undo has these tables, and `need`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from migrator.json_text import to_json
from migrator.pointers import Pointing
from migrator.store.draft import Draft
from migrator.store.ledger import FINISHED, Ledger, LedgerReader
from migrator.store.ledger_schema import OF_PLAN

DELETE = "delete"
UPDATE = "update"
UNCHANGED = "unchanged"
KEPT = "skip"
LINKED = "linked"

_TABLES = """
CREATE TABLE need(seq INTEGER NOT NULL, needed INTEGER NOT NULL, PRIMARY KEY(seq, needed)) STRICT, WITHOUT ROWID;
CREATE INDEX record_by_key ON record(object, key);
CREATE TABLE scratch.done(seq INTEGER PRIMARY KEY, id TEXT NOT NULL, object INTEGER NOT NULL, key TEXT NOT NULL,
  kind TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, target TEXT, target_id TEXT, parent TEXT, before TEXT,
  after TEXT, record INTEGER, restored TEXT, stood TEXT, later TEXT) STRICT;
CREATE INDEX scratch.done_by_record ON done(record);
CREATE TABLE scratch.undone(record INTEGER PRIMARY KEY, target TEXT NOT NULL, target_id TEXT NOT NULL,
  folded TEXT NOT NULL, created INTEGER NOT NULL, parent TEXT, held TEXT, expected TEXT,
  standing TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX scratch.undone_by_id ON undone(folded, target);
CREATE TABLE scratch.pointer(record INTEGER NOT NULL, field TEXT NOT NULL, target TEXT NOT NULL, folded TEXT NOT NULL,
  PRIMARY KEY(record, field, target, folded)) STRICT, WITHOUT ROWID;
CREATE TABLE scratch.removed(record INTEGER NOT NULL, field TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY(record, field)) STRICT, WITHOUT ROWID;
"""
_LANDED = "state IN ('APPLIED','VERIFIED') AND kind<>'append' AND after IS NOT NULL"
# Whatever points at a record keeps it, unless it is deleted itself or the field that points is given its old value.
_POINTS = (
    "SELECT {} FROM scratch.pointer p LEFT JOIN scratch.undone b ON b.folded=p.folded AND b.target=p.target"
    " WHERE p.record=undone.record AND COALESCE(b.standing, '')<>'delete'"
    " AND (b.record IS NULL OR b.held IS NOT NULL)"
    " AND NOT EXISTS(SELECT 1 FROM scratch.removed x WHERE x.record=b.record AND x.field=p.field)"
)


class Run(NamedTuple):
    """A run that is to be undone: its number, its plan, what that was made for, and how many operations are open."""

    number: int
    plan: str
    path: str
    origin: dict[str, Any]
    is_finished: bool


class Held(NamedTuple):
    """A record of the target as it was just read, as JSON."""

    target: str
    id: str
    fields: str


class Unread(NamedTuple):
    """A record that no list showed."""

    record: int
    target: str
    target_id: str
    parent: tuple[str, str] | None


class Done(NamedTuple):
    """One write of the run to a record: what it found there and what it left."""

    seq: int
    id: str
    kind: str
    before: dict[str, Any]
    after: dict[str, Any]


class Undone(NamedTuple):
    """A record that the run wrote, all its writes in order, and what the target holds of it now.

    `stood` names the other fields that were filled when it was read back after its create, None where it was not;
    `later` those that another run of ours wrote.
    """

    record: int
    object: int
    key: str
    target: str
    target_id: str
    is_created: bool
    held: dict[str, Any] | None
    stood: list[str] | None
    later: list[str]
    writes: list[Done]


class Verdict(NamedTuple):
    """What becomes of a record, as far as it alone decides: what shall stand there, and what is given back."""

    record: int
    standing: str
    expected: dict[str, Any]
    restored: dict[int, dict[str, Any]]


def newest_run(reader: LedgerReader, *, plan_id: str = "", path: str = "") -> int | None:
    """Give the number of the newest run: of all, of a plan, or of a plan by its file, which may be gone."""
    (number,) = reader.db.execute(
        "SELECT MAX(r.id) FROM run r JOIN plan p ON p.id=r.plan_id WHERE ? IN ('', p.id) AND ? IN ('', p.path)",
        (plan_id, path),
    ).fetchone()
    return None if number is None else int(number)


def find_run(ledger: Ledger, number: int) -> Run | None:
    """Find a run, and what is known of its plan; no origin where an older version applied it, or it was purged."""
    row = ledger.db.execute(
        "SELECT r.plan_id, p.path, p.state, g.header FROM run r JOIN plan p ON p.id=r.plan_id"
        " LEFT JOIN origin g ON g.plan_id=p.id WHERE r.id=?",
        (number,),
    ).fetchone()
    if row is None:
        return None
    plan, path, state, header = row
    open_states = "('PLANNED','INTENT','IN_DOUBT')"
    found = ledger.db.execute(f"SELECT 1 FROM op WHERE {OF_PLAN} AND state IN {open_states} LIMIT 1", (plan,))
    return Run(number, plan, path, json.loads(header or "{}"), state == FINISHED and found.fetchone() is None)


def stage_done(draft: Draft, ledger: Ledger, run: Run, numbers: dict[str, int], scope: tuple[str, str]) -> None:
    """Stage what a run's plan wrote, or in scope (object, key) only: a record for each that it wrote."""
    for statement in _TABLES.split(";"):
        draft.run(statement)
    name, key = scope
    rows = ledger.db.execute(
        "SELECT o.seq, o.id, o.object, COALESCE(i.key, o.target_id, o.id), o.kind, o.state, o.reason, i.target,"
        " o.target_id, i.parent, i.before, i.after, s.fields, w.fields FROM op o"
        " LEFT JOIN image i ON i.plan=o.plan AND i.seq=o.seq LEFT JOIN stood s ON s.plan=o.plan AND s.seq=o.seq"
        " LEFT JOIN scope c ON c.mapping=? AND c.account=? AND c.object=o.object"
        " LEFT JOIN written w ON w.scope=c.id AND w.key=i.key"
        " AND w.target_id=o.target_id AND w.plan<>o.plan AND o.kind='create'"
        f" WHERE o.{OF_PLAN} AND o.state IN ('APPLIED','VERIFIED','QUARANTINED')"
        " AND (?='' OR o.object=?) AND (?='' OR i.key=?)",
        (run.origin["mapping"]["name"], run.origin["target"]["fingerprint"], run.plan, name, name, key, key),
    )
    staged = ((*row[:2], numbers[row[2]], *row[3:]) for row in rows)
    draft.many("INSERT INTO scratch.done VALUES(?,?,?,?,?,?,?,?,?,?,?,?,NULL,NULL,?,?)", staged)
    draft.run(
        "INSERT INTO record(object, key, fields, state) SELECT object, key, '{}', 'skip' FROM scratch.done"
        " GROUP BY object, key ORDER BY MIN(seq)"
    )
    draft.run("UPDATE scratch.done SET record=(SELECT id FROM record r WHERE r.object=done.object AND r.key=done.key)")
    draft.run(
        "INSERT INTO scratch.undone(record, target, target_id, folded, created, parent)"
        " SELECT record, target, target_id, LOWER(target_id), MAX(CASE kind WHEN 'create' THEN seq ELSE 0 END), parent"
        f" FROM scratch.done WHERE {_LANDED} GROUP BY record"
    )
    draft.run(
        "INSERT OR IGNORE INTO scratch.pointer SELECT p.record, 'parent', u.target, u.folded FROM scratch.undone u"
        " JOIN scratch.undone p ON p.folded=LOWER(json_extract(u.parent, '$[1]'))"
        " AND p.target=json_extract(u.parent, '$[0]') WHERE u.created>0"
    )


def count_undone(draft: Draft) -> dict[str, tuple[int, int]]:
    """Count by the target's object how many records were written, and how many of them created."""
    rows = draft.run("SELECT target, COUNT(*), SUM(created>0) FROM scratch.undone GROUP BY target")
    return {target: (count, created) for target, count, created in rows}


def not_undone(draft: Draft) -> Iterator[tuple[int, int, str, str, str, str]]:
    """Give what cannot be undone by a write: record, object, key, kind, state, reason."""
    yield from draft.run(
        f"SELECT record, object, key, kind, state, reason FROM scratch.done WHERE NOT ({_LANDED}) ORDER BY seq"
    )


def take_held(draft: Draft, held: Iterable[Held], pointing: Iterable[Pointing]) -> None:
    """Take in records as they were just read; only what the run wrote, and what points at it, is kept."""
    draft.many(
        "UPDATE scratch.undone SET held=? WHERE folded=? AND target=?",
        ((one.fields, one.id.lower(), one.target) for one in held),
    )
    draft.many(
        "INSERT OR IGNORE INTO scratch.pointer SELECT record, ?, ?, ? FROM scratch.undone"
        " WHERE folded=? AND created>0 AND ? IN ('', target)",
        ((one.field, one.target, one.id.lower(), one.at_id.lower(), one.at) for one in pointing),
    )


def unread(draft: Draft, after: int, limit: int) -> list[Unread]:
    """Give records that were not read yet, from behind a number."""
    rows = draft.run(
        "SELECT record, target, target_id, parent FROM scratch.undone WHERE held IS NULL AND record>?"
        " ORDER BY record LIMIT ?",
        (after, limit),
    )
    return [Unread(record, target, one, _parent(stated)) for record, target, one, stated in rows.fetchall()]


def undone_records(draft: Draft) -> Iterator[Undone]:
    """Give all that was written, record by record."""
    rows = draft.run(
        "SELECT u.record, r.object, r.key, u.target, u.target_id, u.created, u.held, c.stood, c.later, d.seq, d.id,"
        " d.kind, d.before, d.after FROM scratch.undone u JOIN record r ON r.id=u.record"
        " JOIN scratch.done d ON d.record=u.record"
        f" AND d.{_LANDED.replace(' AND ', ' AND d.')}"
        " LEFT JOIN scratch.done c ON c.seq=u.created ORDER BY u.record, d.seq"
    )
    for facts, group in groupby(rows, key=itemgetter(slice(0, 9))):
        record, number, key, target, target_id, created, held, stood, later = facts
        told = (bool(created), _data(held), _data(stood), [*json.loads(later or "{}")])
        yield Undone(record, number, key, target, target_id, *told, [_done(row[9:]) for row in group])


def take_verdicts(draft: Draft, verdicts: list[Verdict]) -> None:
    """Note what becomes of records."""
    draft.many(
        "UPDATE scratch.undone SET standing=?, expected=? WHERE record=?",
        ((one.standing, to_json(one.expected), one.record) for one in verdicts),
    )
    restored = [(seq, fields, one.record) for one in verdicts for seq, fields in one.restored.items()]
    draft.many("UPDATE scratch.done SET restored=? WHERE seq=?", ((to_json(f), seq) for seq, f, _record in restored))
    removed = ((record, name, seq) for seq, fields, record in restored for name in fields)
    draft.many("INSERT INTO scratch.removed VALUES(?,?,?)", removed)


def keep_linked(draft: Draft) -> Iterator[tuple[int, int, str, str, str]]:
    """Keep records at which something points that stays; gives record, object, key, target id, and what points."""
    points = _POINTS.format("1")
    while draft.run(
        f"UPDATE scratch.undone SET standing='{LINKED}' WHERE standing='{DELETE}' AND EXISTS({points})"
    ).rowcount:
        pass
    which = _POINTS.format("p.target || ' ' || COALESCE(b.target_id, p.folded) || ' by ' || p.field") + " LIMIT 1"
    yield from draft.run(
        f"SELECT undone.record, r.object, r.key, undone.target_id, ({which}) FROM scratch.undone"
        f" JOIN record r ON r.id=undone.record WHERE standing='{LINKED}' ORDER BY undone.record"
    )


class Restore(NamedTuple):
    """A write, of which record, and what is given back to it; `standing` is what becomes of the record."""

    record: int
    object: int
    target: str
    target_id: str
    parent: str | None
    standing: str
    write: Done
    restored: dict[str, Any]


def restores(draft: Draft) -> Iterator[Restore]:
    """Give the writes that are taken back, the last first; of a record that is deleted its links as well."""
    rows = draft.run(
        "SELECT u.record, d.object, u.target, u.target_id, u.parent, u.standing, COALESCE(d.restored, '{}'), d.seq,"
        " d.id, d.kind, d.before, d.after FROM scratch.done d JOIN scratch.undone u ON u.record=d.record"
        f" WHERE d.restored IS NOT NULL OR (u.standing='{DELETE}' AND d.kind='link') ORDER BY d.seq DESC"
    )
    for record, number, target, target_id, parent, standing, restored, *write in rows:
        yield Restore(record, number, target, target_id, parent, standing, _done(write), json.loads(restored))


class Deletion(NamedTuple):
    """A record that is deleted: its operation's id, and what is expected to stand in it, as JSON."""

    record: int
    object: int
    id: str
    target_id: str
    parent: str | None
    expected: str


def deletions(draft: Draft) -> Iterator[Deletion]:
    """Give the records that are deleted, those created last first."""
    rows = draft.run(
        "SELECT u.record, d.object, d.id, u.target_id, u.parent, u.expected FROM scratch.undone u"
        f" JOIN scratch.done d ON d.seq=u.created WHERE u.standing='{DELETE}' ORDER BY u.created DESC"
    )
    yield from (Deletion(*row) for row in rows)


def note_removed(draft: Draft, rows: Iterable[tuple[int, str, int]]) -> None:
    """Note which change takes back a field of a record, or with no field deletes it: record, field, number."""
    draft.many("INSERT OR REPLACE INTO scratch.removed VALUES(?,?,?)", rows)


def close_undo(draft: Draft) -> dict[tuple[int, str], int]:
    """Note what each delete has to wait for, and what became of each record; counts them by object and state."""
    draft.run(
        "INSERT OR IGNORE INTO need SELECT x.seq, COALESCE(f.seq, d.seq) FROM scratch.pointer p"
        " JOIN scratch.removed x ON x.record=p.record AND x.field=''"
        " JOIN scratch.undone b ON b.folded=p.folded AND b.target=p.target"
        " LEFT JOIN scratch.removed f ON f.record=b.record AND f.field=p.field"
        " LEFT JOIN scratch.removed d ON d.record=b.record AND d.field=''"
        " WHERE COALESCE(f.seq, d.seq)<x.seq"
    )
    draft.run(
        f"UPDATE record SET state=u.standing FROM scratch.undone u WHERE u.record=record.id AND u.standing<>'{LINKED}'"
    )
    rows = draft.run("SELECT object, state, COUNT(*) FROM record GROUP BY object, state")
    return {(number, state): count for number, state, count in rows}


def _done(row: Sequence[Any]) -> Done:
    seq, change_id, kind, before, after = row
    return Done(seq, change_id, kind, json.loads(before), json.loads(after))


def _data(stated: str | None) -> Any:
    return json.loads(stated) if stated else None


def _parent(stated: str | None) -> tuple[str, str] | None:
    if stated is None:
        return None
    above, parent_id = json.loads(stated)
    return above, parent_id
