"""References of staged records, resolved by joins over whole sets: found, ambiguous, rejected or missing."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from migrator.records import Action
from migrator.store.draft import Draft, StagedIdentity, StagedRecord, StagedReference
from migrator.store.plan_schema import MARKER_LINE


class Hit(NamedTuple):
    """What a reference found: a planned record (above 0) or one of the target, where it stands, and its state."""

    record: int
    state: str
    file: str
    row: int | None
    key: str
    label: str


class Found(NamedTuple):
    """One reference, of a record of an object, and all that it found; `references` are the numbers of its queries."""

    record: int
    object: int
    field: str
    item: int
    lookup: int
    digest: int
    proof: int
    references: list[int]
    hits: list[Hit]


class Missing(NamedTuple):
    """One value that was looked for in vain: who asked first, with what fields, and how many wait for it."""

    digest: int
    proof: int
    record: int
    field: str
    item: int
    lookup: int
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


_FOUND = (
    "SELECT f.rowid, f.record, r.object, f.field, f.item, f.lookup, f.digest, f.proof,"
    " COALESCE(m.holding, i.record), COALESCE(p.state, ''), COALESCE(n.name, ''), p.row,"
    " COALESCE(p.key, h.id, ''), COALESCE(h.label, '') FROM {origin}"
    " JOIN record r ON r.id=f.record AND r.state='staged'"
    " LEFT JOIN scratch.identity i ON i.digest=f.digest AND i.proof=f.proof"
    " LEFT JOIN record p ON p.id=i.record"
    " LEFT JOIN file n ON n.id=p.file"
    " LEFT JOIN scratch.matched m ON m.record=i.record"
    " LEFT JOIN scratch.holding h ON h.record=i.record"
    " WHERE {condition} ORDER BY f.rowid"
)
_UNRESOLVED = "NOT EXISTS (SELECT 1 FROM resolution s WHERE s.record=f.record AND s.field=f.field AND s.item=f.item)"


def found_in_wave(draft: Draft, wave: int, *, after: int) -> Iterator[Found]:
    """Give the references of a wave with what they found, from a number of reference on."""
    statement = _FOUND.format(origin="scratch.reference f", condition="f.wave=? AND f.rowid>?")
    return _grouped(draft.run(statement, (wave, after)))


def found_unresolved(draft: Draft, wave: int) -> Iterator[Found]:
    """Give the references of a wave whose slot nothing else has filled."""
    statement = _FOUND.format(origin="scratch.reference f", condition=f"f.wave=? AND {_UNRESOLVED}")
    return _grouped(draft.run(statement, (wave,)))


def found_postponed(draft: Draft) -> Iterator[Found]:
    """Give the references that were put off, with what they find now."""
    origin = "scratch.postponed o JOIN scratch.reference f ON f.rowid=o.reference"
    return _grouped(draft.run(_FOUND.format(origin=origin, condition=_UNRESOLVED)))


def _grouped(rows: Iterable[tuple[Any, ...]]) -> Iterator[Found]:
    """Put together what one slot of a record found; a matched planned record counts as its match."""
    for slot, group in groupby(rows, key=itemgetter(1, 2, 3, 4, 5)):
        listed = list(group)
        hits: dict[int, Hit] = {}
        for hit in (Hit(*row[8:]) for row in listed if row[8] is not None):
            if hit.record not in hits or hit.state != Action.REJECT:
                hits[hit.record] = hit
        ordered = sorted(hits.values(), key=lambda hit: (hit.record > 0, abs(hit.record)))
        references = list(dict.fromkeys(row[0] for row in listed))
        record, number, field, item, lookup = slot
        digest, proof = listed[0][6:8]
        yield Found(record, number, field, item, lookup, digest, proof, references, ordered)


def fields_of(draft: Draft, record: int) -> dict[str, Any]:
    """Give a staged record's fields."""
    (fields,) = draft.run("SELECT fields FROM record WHERE id=?", (record,)).fetchone()
    return dict(json.loads(fields))


def last_reference(draft: Draft) -> int:
    """Give the number of the newest reference."""
    (number,) = draft.run("SELECT COALESCE(MAX(rowid), 0) FROM scratch.reference").fetchone()
    return int(number)


def resolve(draft: Draft, rows: Iterable[tuple[int, str, int, int]]) -> None:
    """Decide: (record, field, item of a list, what it points at)."""
    draft.many("INSERT OR REPLACE INTO resolution VALUES(?,?,?,?)", rows)


def postpone(draft: Draft, references: Iterable[tuple[int]]) -> None:
    """Put references off until all is created that lookups create."""
    draft.many("INSERT OR IGNORE INTO scratch.postponed VALUES(?)", references)


def add_missing(draft: Draft, rows: Iterable[tuple[int, int, int, str, int, int]]) -> None:
    """Note references that shall create what they did not find: (digest, proof, record, field, item, lookup)."""
    draft.many("INSERT INTO scratch.missing VALUES(?,?,?,?,?,?)", rows)


def missing(draft: Draft) -> Iterator[Missing]:
    """Give each value that was looked for in vain, once, in the order of who asked first."""
    rows = draft.run(  # beside MIN, SQLite takes the other columns from the row that holds the minimum
        "SELECT g.digest, g.proof, g.first, g.field, g.item, g.lookup, r.fields, g.waiting FROM (SELECT digest, proof,"
        " field, item, lookup, MIN(record) AS first, COUNT(*) AS waiting FROM scratch.missing GROUP BY digest, proof) g"
        " JOIN record r ON r.id=g.first ORDER BY g.first"
    )
    for digest, proof, record, field, item, lookup, fields, waiting in rows:
        yield Missing(digest, proof, record, field, item, lookup, json.loads(fields), waiting)


def add_created(
    draft: Draft,
    records: list[StagedRecord],
    identities: list[StagedIdentity],
    references: list[StagedReference],
) -> None:
    """Stage records that lookups ask for, hold them against the target, and let what asked find them."""
    draft.add_rows(records, [], references, [])
    add_late_identities(draft, identities)


def add_late_identities(draft: Draft, identities: list[StagedIdentity]) -> None:
    """Take identities of planned records that are known only after the target was read, and hold them against it."""
    draft.run("DELETE FROM scratch.page")
    draft.many("INSERT INTO scratch.page VALUES(?,?,?,?,?)", identities)
    draft.run(
        "INSERT OR IGNORE INTO scratch.candidate SELECT p.record, p.line, h.record FROM scratch.page p"
        " JOIN scratch.identity h ON h.digest=p.digest AND h.proof=p.proof AND h.line=p.line AND h.record<0"
        " WHERE p.line>=?",
        (MARKER_LINE,),
    )
    draft.run("INSERT INTO scratch.identity SELECT * FROM scratch.page")


def add_references(draft: Draft, references: list[StagedReference]) -> None:
    """Take references that are known only after others were resolved."""
    draft.add_rows([], [], references, [])


def point_at_created(draft: Draft) -> None:
    """Resolve all that looked for something in vain to what was made for it."""
    draft.run(
        "INSERT INTO resolution SELECT m.record, m.field, m.item, COALESCE(d.holding, i.record) FROM scratch.missing m"
        " JOIN scratch.identity i ON i.digest=m.digest AND i.proof=m.proof"
        " LEFT JOIN scratch.matched d ON d.record=i.record WHERE true"
        " ON CONFLICT DO NOTHING"
    )
    draft.run("DELETE FROM scratch.missing")


def cascades(draft: Draft) -> list[Cascade]:
    """Find staged records that point at one that will not be there, a first layer of them: rejected, or left out.

    A record that is left out because the target has it is there.
    """
    found = draft.run(
        "SELECT s.record, c.object, s.field, COALESCE(n.name, ''), p.row, p.key,"
        " COALESCE((SELECT code FROM problem WHERE record=p.id ORDER BY id LIMIT 1), '')"
        " FROM resolution s JOIN record c ON c.id=s.record AND c.state='staged'"
        " JOIN record p ON p.id=s.holder AND (p.state='reject' OR p.state='skip'"
        " AND NOT EXISTS (SELECT 1 FROM scratch.matched m WHERE m.record=p.id)) LEFT JOIN file n ON n.id=p.file"
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


class Late(NamedTuple):
    """A staged record with what its references point at so far, as texts by slot and item."""

    record: int
    key: str
    fields: dict[str, Any]
    texts: dict[tuple[str, int], str]


def late_records(draft: Draft, number: int, *, first: int) -> Iterator[Late]:
    """Give the staged records of an object from a number on.

    A text is `object/id`, or `@object/key` of what is planned: the key in hexadecimal digits, since texts are compared
    without case, and keys are not.
    """
    rows = draft.run(
        "SELECT r.id, r.key, r.fields, s.field, s.item, COALESCE(h.target, d.target)"
        " || '/' || LOWER(COALESCE(h.id, d.id)), o.name, HEX(p.key)"
        " FROM record r LEFT JOIN resolution s ON s.record=r.id"
        " LEFT JOIN record p ON p.id=s.holder LEFT JOIN object o ON o.id=p.object"
        " LEFT JOIN scratch.holding h ON h.record=s.holder LEFT JOIN scratch.matched m ON m.record=s.holder"
        " LEFT JOIN scratch.holding d ON d.record=m.holding"
        " WHERE r.object=? AND r.id>=? AND r.state='staged' ORDER BY r.id",
        (number, first),
    )
    for (record, key, fields), group in groupby(rows, key=itemgetter(0, 1, 2)):
        told = (row[3:] for row in group if row[3] is not None)
        texts = {(slot, item): text or f"@{name}/{digits}" for slot, item, text, name, digits in told}
        yield Late(record, key, json.loads(fields), texts)
