"""References of staged records, resolved by joins over whole sets: found, ambiguous, rejected or missing."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from migrator.records import Action
from migrator.store.changes import BATCH
from migrator.store.draft import Draft, IdentityRow, StagedReference
from migrator.store.plan_schema import LOOKUP_LINE, MARKER_LINE
from migrator.store.pointing import LOOKUP_KEY


class Hit(NamedTuple):
    """What a reference found: a planned record (above 0) or one of the target, where it stands, and its state."""

    record: int
    state: str
    file: str
    row: int | None
    key: str
    label: str
    object: int


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


class Cascade(NamedTuple):
    """A record whose parent was rejected, and where that parent stands."""

    record: int
    object: int
    field: str
    parent_file: str
    parent_row: int | None
    parent_key: str
    parent_code: str


CREATED = "record, lookup, digest, proof"

_FOUND = (
    "SELECT f.rowid, f.record, r.object, f.field, f.item, f.lookup, f.digest, f.proof,"
    " COALESCE(m.holding, i.record), COALESCE(p.state, ''), COALESCE(n.name, ''), p.row,"
    " COALESCE(p.key, h.id, ''), COALESCE(h.label, ''), COALESCE(p.object, 0) FROM {origin}"
    " JOIN record r ON r.id=f.record AND r.state='create'"
    " LEFT JOIN scratch.identity i ON i.digest=f.digest AND i.proof=f.proof"
    " LEFT JOIN record p ON p.id=i.record"
    " LEFT JOIN file n ON n.id=p.file"
    " LEFT JOIN scratch.matched m ON m.record=i.record"
    " LEFT JOIN scratch.holding h ON h.record=i.record"
    " WHERE {condition} ORDER BY f.rowid"
)
_UNDECIDED = (
    "NOT EXISTS (SELECT 1 FROM scratch.asked a WHERE a.digest=f.digest AND a.proof=f.proof AND a.lookup=f.lookup"
    " AND (a.is_missing OR a.holder IS NOT NULL))"
)
_UNRESOLVED = "NOT EXISTS (SELECT 1 FROM resolution s WHERE s.record=f.record AND s.field=f.field AND s.item=f.item)"


def found_in_wave(draft: Draft, wave: int, *, after: int) -> Iterator[Found]:
    """Give the references of a wave, from a number of reference on, that are not decided, with what they found."""
    condition = f"f.wave=? AND f.rowid>? AND {_UNRESOLVED} AND {_UNDECIDED}"
    return _grouped(draft.run(_FOUND.format(origin="asking.reference f", condition=condition), (wave, after)))


def found_unresolved(draft: Draft, wave: int) -> Iterator[Found]:
    """Give the references of a wave whose slot nothing else has filled."""
    statement = _FOUND.format(origin="asking.reference f", condition=f"f.wave=? AND {_UNRESOLVED}")
    return _grouped(draft.run(statement, (wave,)))


def found_postponed(draft: Draft) -> Iterator[Found]:
    """Give the references that were put off, with what they find now."""
    origin = "scratch.postponed o CROSS JOIN asking.reference f ON f.rowid=o.reference"
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


def whole_record(draft: Draft, record: int) -> dict[str, Any]:
    """Give the fields of a planned record, or of one of the target that was kept whole."""
    if record > 0:
        return fields_of(draft, record)
    (fields,) = draft.run("SELECT fields FROM scratch.holding WHERE record=?", (record,)).fetchone()
    return dict(json.loads(fields or "{}"))


def last_reference(draft: Draft) -> int:
    """Give the number of the newest reference."""
    (number,) = draft.run("SELECT COALESCE(MAX(rowid), 0) FROM asking.reference").fetchone()
    return int(number)


def resolve(draft: Draft, rows: Iterable[tuple[int, str, int, int]]) -> None:
    """Decide: (record, field, item of a list, what it points at)."""
    draft.many("INSERT OR REPLACE INTO resolution VALUES(?,?,?,?)", rows)


def postpone(draft: Draft, references: Iterable[tuple[int]]) -> None:
    """Put references off until all is created that lookups create."""
    draft.many("INSERT OR IGNORE INTO scratch.postponed VALUES(?)", references)


def add_missing(draft: Draft, rows: Iterable[tuple[int, int, int, int]]) -> None:
    """Note references that shall create what they did not find: number, digest, proof, lookup."""
    draft.many("INSERT INTO scratch.missing VALUES(?,?,?,?)", rows)


class Created(NamedTuple):
    """A record that a lookup asked for: which lookup, for which value."""

    record: int
    lookup: int
    digest: int
    proof: int


def add_late_identities(draft: Draft, identities: Sequence[IdentityRow]) -> None:
    """Take identities of planned records that are known only after the target was read, and hold them against it."""
    draft.run("DELETE FROM scratch.page")
    draft.many("INSERT INTO scratch.page VALUES(?,?,?,?,?)", identities)
    hold_against(draft)


def hold_against(draft: Draft) -> None:
    """Let the page of identities count, and hold planned records of it against what the target holds."""
    draft.run(
        "INSERT OR IGNORE INTO scratch.candidate SELECT p.record, p.line, h.record FROM scratch.page p"
        " CROSS JOIN scratch.identity h ON h.digest=p.digest AND h.proof=p.proof AND h.line=p.line AND h.record<0"
        " WHERE p.line>=?",
        (MARKER_LINE,),
    )
    draft.run("INSERT INTO scratch.identity SELECT * FROM scratch.page")


def add_references(draft: Draft, references: list[StagedReference]) -> None:
    """Take references that are known only after others were resolved."""
    draft.add_rows([], [], references, [])


def created_by(draft: Draft, record: int) -> Created:
    """Tell which lookup created a record first."""
    return Created(*draft.run(f"SELECT {CREATED} FROM scratch.created WHERE record=?", (record,)).fetchone())


def let_stand_in(draft: Draft, record: int, other: int) -> None:
    """Let another record, planned or of the target, take the place of one that a lookup created."""
    pointing = draft.run("SELECT record, field, item FROM resolution WHERE holder=?", (record,)).fetchall()
    resolve(draft, ((*slot, other) for slot in pointing))
    draft.run("UPDATE scratch.identity SET record=? WHERE record=? AND line=?", (other, record, LOOKUP_LINE))
    draft.set_state(Action.SKIP, [record])


def point_at_created(draft: Draft) -> None:
    """Resolve all that looked for something in vain to what was made for it; put off what nothing was made for."""
    draft.run(
        "INSERT OR IGNORE INTO resolution SELECT f.record, f.field, f.item, COALESCE(d.holding, c.record)"
        " FROM scratch.missing m JOIN scratch.created c ON c.digest=m.digest AND c.proof=m.proof"
        " JOIN asking.reference f ON f.rowid=m.reference LEFT JOIN scratch.matched d ON d.record=c.record"
    )
    draft.run(
        "INSERT OR IGNORE INTO scratch.postponed SELECT m.reference FROM scratch.missing m"
        " LEFT JOIN scratch.created c ON c.digest=m.digest AND c.proof=m.proof WHERE c.record IS NULL"
    )
    draft.run("DELETE FROM scratch.missing")


def has_rejected(draft: Draft) -> bool:
    """Tell whether any record is rejected; for each of them stands a problem, and problems are few."""
    found = draft.run("SELECT 1 FROM problem p JOIN record r ON r.id=p.record WHERE r.state='reject' LIMIT 1")
    return found.fetchone() is not None


def cascades(draft: Draft) -> Iterator[list[Cascade]]:
    """Find staged records that point at a rejected one, a first layer of them; gives them many at once."""
    draft.run("DELETE FROM scratch.falling")
    draft.run(
        "INSERT INTO scratch.falling SELECT s.record, c.object, s.field, COALESCE(n.name, ''), p.row, p.key,"
        " COALESCE(w.code, '') FROM resolution s JOIN record c ON c.id=s.record AND c.state='create'"
        " JOIN record p ON p.id=s.holder AND p.state='reject' LEFT JOIN file n ON n.id=p.file"
        " LEFT JOIN (SELECT record, MIN(id), code FROM problem GROUP BY record) w ON w.record=p.id"
        " ORDER BY s.record, s.field"
    )
    found = draft.run("SELECT * FROM scratch.falling ORDER BY rowid")
    while some := found.fetchmany(BATCH):
        yield [Cascade(*row) for row in some]


def reopen_left_out(draft: Draft) -> int:
    """Put references off again whose record was left out in the meantime; tells how many queries they have."""
    draft.run("DELETE FROM scratch.reopened")
    draft.run(
        "INSERT INTO scratch.reopened SELECT s.record, s.field, s.item FROM resolution s"
        " JOIN record p ON p.id=s.holder AND p.state='skip' JOIN record c ON c.id=s.record AND c.state='create'"
        " LEFT JOIN scratch.matched m ON m.record=p.id WHERE m.record IS NULL"
    )
    draft.run(
        "DELETE FROM resolution WHERE (record, field, item) IN (SELECT record, field, item FROM scratch.reopened)"
    )
    return draft.run(
        "INSERT OR IGNORE INTO scratch.postponed SELECT f.rowid FROM asking.reference f"
        " JOIN scratch.reopened o ON o.record=f.record AND o.field=f.field AND o.item=f.item"
    ).rowcount


def lacking(draft: Draft, number: int, field: str) -> Iterator[int]:
    """Give the staged records of an object that are new and whose reference found nothing."""
    found = draft.run(
        "SELECT r.id FROM record r LEFT JOIN scratch.matched m ON m.record=r.id"
        " WHERE r.object=? AND r.state='create' AND m.record IS NULL AND json_extract(r.fields, ?) IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM resolution s WHERE s.record=r.id AND s.field=?)",
        (number, f'$."{field}".{LOOKUP_KEY}', field),
    )
    return (record for (record,) in found)


def drop_unwanted(draft: Draft) -> int:
    """Drop created records for which nobody waits any longer, a first layer of them; tells how many."""
    return draft.run(
        "UPDATE record SET state=? WHERE id>=(SELECT MIN(record) FROM scratch.created) AND row IS NULL"
        " AND state='create' AND id NOT IN"
        " (SELECT s.holder FROM resolution s JOIN record r ON r.id=s.record AND r.state='create')",
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
        " WHERE r.object=? AND r.id>=? AND r.state='create' ORDER BY r.id",
        (number, first),
    )
    for (record, key, fields), group in groupby(rows, key=itemgetter(0, 1, 2)):
        told = (row[3:] for row in group if row[3] is not None)
        texts = {(slot, item): text or f"@{name}/{digits}" for slot, item, text, name, digits in told}
        yield Late(record, key, json.loads(fields), texts)
