"""Records that only lookups ask for: what was looked for in vain, what is made for it, and who points at that."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from migrator.json_text import from_json
from migrator.records import Action
from migrator.store.changes import BATCH
from migrator.store.draft import Draft, IdentityRow, RecordRow, ReferenceRow
from migrator.store.references import CREATED, Created, hold_against


class Missing(NamedTuple):
    """One value that was looked for in vain: who asked first, and with what fields."""

    digest: int
    proof: int
    record: int
    field: str
    item: int
    lookup: int
    fields: dict[str, Any]


def missing(draft: Draft) -> Iterator[Missing]:
    """Give each value that was looked for in vain, once, in the order of who asked first; none that is created."""
    # Beside MIN, SQLite takes the other columns from the row that holds the minimum.
    rows = draft.run(
        "SELECT m.digest, m.proof, MIN(f.record) AS first, f.field, f.item, m.lookup FROM scratch.missing m"
        " CROSS JOIN asking.reference f ON f.rowid=m.reference LEFT JOIN scratch.created c"
        " ON c.digest=m.digest AND c.proof=m.proof WHERE c.record IS NULL GROUP BY m.digest, m.proof"
        " ORDER BY first, m.digest, m.proof"
    )
    while some := rows.fetchmany(BATCH):
        listed = json.dumps([row[2] for row in some])
        found = draft.run("SELECT r.id, r.fields FROM json_each(?) n CROSS JOIN record r ON r.id=n.value", (listed,))
        fields = dict(found.fetchall())
        for digest, proof, record, field, item, lookup in some:
            yield Missing(digest, proof, record, field, item, lookup, from_json(fields[record]))


def askers(draft: Draft, digest: int, proof: int) -> Iterator[Missing]:
    """Give all who looked for one value in vain, in their order."""
    rows = draft.run(
        "SELECT f.record, f.field, f.item, f.lookup, r.fields FROM asking.reference f JOIN record r ON r.id=f.record"
        " WHERE f.digest=? AND f.proof=? AND f.wave>=0 AND (EXISTS (SELECT 1 FROM scratch.missing m"
        " WHERE m.reference=f.rowid) OR EXISTS (SELECT 1 FROM scratch.asked a WHERE a.digest=f.digest"
        " AND a.proof=f.proof AND a.lookup=f.lookup AND a.is_missing)) ORDER BY f.record",
        (digest, proof),
    )
    for record, field, item, lookup, fields in rows:
        yield Missing(digest, proof, record, field, item, lookup, from_json(fields))


def add_created(
    draft: Draft,
    records: Sequence[RecordRow],
    identities: Sequence[IdentityRow],
    references: Sequence[ReferenceRow],
    created: Sequence[Created],
) -> None:
    """Stage records that lookups ask for. What they state counts from `recognise_created` on."""
    draft.add_rows(records, [], references, [])
    draft.insert(f"scratch.created({CREATED})", created)
    draft.insert("scratch.fresh", identities)


def recognise_created(draft: Draft) -> None:
    """Let what asked find the records just created; hold them against the target, and against each other."""
    draft.run("DELETE FROM scratch.page")
    draft.run("INSERT INTO scratch.page SELECT * FROM scratch.fresh ORDER BY digest, proof")
    draft.run("DELETE FROM scratch.fresh")
    hold_against(draft)
    _settle_twins(draft)


def _settle_twins(draft: Draft) -> None:
    """Let earlier planned records stand in for those just created that have the match value of one.

    Only the first filled match line counts, as for rows that are duplicates.
    """
    found = draft.run(
        "SELECT p.record, o.record FROM scratch.page p CROSS JOIN scratch.identity o ON o.digest=p.digest"
        " AND o.proof=p.proof AND o.line=p.line AND o.record<p.record JOIN record r ON r.id=p.record"
        " AND r.state='create' JOIN record e ON e.id=o.record AND e.state='create'"
        " WHERE p.is_first=1 ORDER BY p.record, o.record"
    )
    stands: dict[int, int] = {}
    for record, other in found:
        if other not in stands:  # it has left, too: another stands in for it
            stands.setdefault(record, other)
    draft.set_state(Action.SKIP, stands)
    draft.many("UPDATE scratch.created SET record=? WHERE record=?", ((new, old) for old, new in stands.items()))
