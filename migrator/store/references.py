"""References of staged records, resolved by joins over whole sets: found, ambiguous, rejected or missing."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from migrator.records import Action
from migrator.store.draft import Draft, StagedIdentity, StagedRecord
from migrator.store.plan_schema import LOOKUP_LINE, MARKER_LINE


class Hit(NamedTuple):
    """What a reference found: a planned record (above 0) or one of the target, where it stands, and its state."""

    record: int
    state: str
    file: str
    row: int | None
    key: str
    label: str


class Found(NamedTuple):
    """One reference and all that it found; `digest` and `proof` are its own, `fields` are the record's, as JSON."""

    record: int
    field: str
    digest: int
    proof: int
    fields: str
    hits: list[Hit]


class Missing(NamedTuple):
    """One value that was looked for in vain: who asked first, with what fields, and how many wait for it."""

    digest: int
    proof: int
    record: int
    field: str
    fields: dict[str, Any]
    waiting: int


class Cascade(NamedTuple):
    """A record whose parent was rejected, and where that parent stands."""

    record: int
    object: int
    field: str
    parent_file: str
    parent_row: int | None
    parent_key: str
    parent_code: str


def found_by(draft: Draft, number: int) -> Iterator[Found]:
    """Give each reference of an object's records with what it found; a matched planned record counts as its match."""
    rows = draft.run(
        "SELECT f.rowid, f.record, f.field, f.digest, f.proof, r.fields,"
        " COALESCE(m.holding, i.record), COALESCE(p.state, ''), COALESCE(n.name, ''), p.row,"
        " COALESCE(p.key, h.id, ''), COALESCE(h.label, '')"
        " FROM scratch.reference f JOIN record r ON r.id=f.record AND r.object=? AND r.state='staged'"
        " LEFT JOIN scratch.identity i ON i.digest=f.digest AND i.proof=f.proof"
        " LEFT JOIN record p ON p.id=i.record"
        " LEFT JOIN file n ON n.id=p.file"
        " LEFT JOIN scratch.matched m ON m.record=i.record"
        " LEFT JOIN scratch.holding h ON h.record=i.record"
        " ORDER BY f.rowid",
        (number,),
    )
    for _rowid, group in groupby(rows, key=itemgetter(0)):
        listed = list(group)
        _rowid, record, field, digest, proof, fields, *_hit = listed[0]
        hits: dict[int, Hit] = {}
        for hit in (Hit(*row[6:]) for row in listed if row[6] is not None):
            if hit.record not in hits or hit.state != Action.REJECT:
                hits[hit.record] = hit
        yield Found(record, field, digest, proof, fields, list(hits.values()))


def resolve(draft: Draft, rows: Iterable[tuple[int, str, int, int]]) -> None:
    """Decide: (record, field, item of a list, what it points at)."""
    draft.many("INSERT OR REPLACE INTO resolution VALUES(?,?,?,?)", rows)


def add_missing(draft: Draft, rows: Iterable[tuple[int, int, int, str]]) -> None:
    """Note references that shall create what they did not find: (digest, proof, record, field)."""
    draft.many("INSERT INTO scratch.missing VALUES(?,?,?,?)", rows)


def missing(draft: Draft) -> Iterator[Missing]:
    """Give each value that was looked for in vain, once, in the order of who asked first."""
    rows = draft.run(  # beside MIN, SQLite takes the other columns from the row that holds the minimum
        "SELECT g.digest, g.proof, g.first, g.field, r.fields, g.waiting FROM (SELECT digest, proof, field,"
        " MIN(record) AS first, COUNT(*) AS waiting FROM scratch.missing GROUP BY digest, proof) g"
        " JOIN record r ON r.id=g.first ORDER BY g.first"
    )
    for digest, proof, record, field, fields, waiting in rows:
        yield Missing(digest, proof, record, field, json.loads(fields), waiting)


def add_created(
    draft: Draft,
    records: list[StagedRecord],
    identities: list[StagedIdentity],
    pointers: list[tuple[int, int, int]],
) -> None:
    """Stage records that lookups ask for, hold them against the target, and let what asked find them.

    A pointer is (digest, proof, record): whoever looks for that value, now or later, finds this record.
    """
    draft.add_rows(records, [], [], [])
    draft.run("DELETE FROM scratch.page")
    draft.many("INSERT INTO scratch.page VALUES(?,?,?,?,?)", identities)
    draft.run(
        "INSERT OR IGNORE INTO scratch.candidate SELECT p.record, p.line, h.record FROM scratch.page p"
        " JOIN scratch.identity h ON h.digest=p.digest AND h.proof=p.proof AND h.line=p.line AND h.record<0"
        " WHERE p.line>=?",
        (MARKER_LINE,),
    )
    draft.run("INSERT INTO scratch.identity SELECT * FROM scratch.page")
    draft.many(f"INSERT INTO scratch.identity VALUES(?,?,?,{LOOKUP_LINE},0)", pointers)


def point_at_created(draft: Draft) -> None:
    """Resolve all that looked for something in vain to what was made for it."""
    draft.run(
        "INSERT INTO resolution SELECT m.record, m.field, 0, COALESCE(d.holding, i.record) FROM scratch.missing m"
        " JOIN scratch.identity i ON i.digest=m.digest AND i.proof=m.proof"
        " LEFT JOIN scratch.matched d ON d.record=i.record WHERE true"
        " ON CONFLICT DO NOTHING"
    )
    draft.run("DELETE FROM scratch.missing")


def cascades(draft: Draft) -> list[Cascade]:
    """Find staged records that point at a rejected one, a first layer of them."""
    found = draft.run(
        "SELECT s.record, c.object, s.field, COALESCE(n.name, ''), p.row, p.key,"
        " COALESCE((SELECT code FROM problem WHERE record=p.id ORDER BY id LIMIT 1), '')"
        " FROM resolution s JOIN record c ON c.id=s.record AND c.state='staged'"
        " JOIN record p ON p.id=s.holder AND p.state='reject' LEFT JOIN file n ON n.id=p.file"
        " ORDER BY s.record, s.field"
    )
    return [Cascade(*row) for row in found]


def drop_unwanted(draft: Draft) -> int:
    """Drop created records for which nobody waits any longer, a first layer of them; tells how many."""
    return draft.run(
        "UPDATE record SET state=? WHERE row IS NULL AND state='staged' AND id NOT IN"
        " (SELECT s.holder FROM resolution s JOIN record r ON r.id=s.record AND r.state='staged')",
        (str(Action.SKIP),),
    ).rowcount
