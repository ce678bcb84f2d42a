"""References of one wave, value by value: what all find who ask for the same is found, or missed, once.

Values are taken in the order of their digests, in which the identities lie too, and the index of the references: no
record is asked for at random but those that are found. What answers is then sorted by the numbers of the references; to
look up the value of each in turn took the longer the more there were. Only lookups that ask one object are decided
here; their slots then hold what they point at.
"""

import json
from collections.abc import Sequence

from migrator.store.draft import Draft

_LEFT_WAVE = -1

_ASKING = (
    "FROM asking.reference f CROSS JOIN scratch.asked a ON a.digest=f.digest AND a.proof=f.proof"
    " AND a.lookup=f.lookup WHERE f.wave=? AND f.rowid>?"
)
_ASKED = (
    "FROM scratch.asked a CROSS JOIN asking.reference f INDEXED BY reference_by_value ON f.digest=a.digest"
    " AND f.proof=a.proof AND f.lookup=a.lookup AND f.wave=? WHERE f.rowid>? AND a.holder IS NOT NULL"
)
_LISTED = "(SELECT value FROM json_each(?))"

# A hit counts if it is live: a record of the target, or a planned one that is neither rejected nor left out. What is
# planned and matched stands for its match.
_FILL = (
    "INSERT INTO scratch.asked WITH hit AS (SELECT g.*, i.record AS stated,"
    " CASE WHEN i.record<0 OR m.holding<0 OR p.state='create' THEN COALESCE(m.holding, i.record) END AS live"
    " FROM (SELECT digest, proof, lookup, MIN(rowid) AS reference FROM asking.reference INDEXED BY reference_by_value"
    f" WHERE wave=? AND rowid>? AND lookup IN {_LISTED} GROUP BY digest, proof, lookup) g"
    " LEFT JOIN scratch.identity i ON i.digest=g.digest AND i.proof=g.proof LEFT JOIN record p ON p.id=i.record"
    " LEFT JOIN scratch.matched m ON m.record=i.record)"
    f" SELECT digest, proof, lookup, reference, COUNT(stated)=0 AND lookup IN {_LISTED},"
    " CASE WHEN MIN(live)=MAX(live) THEN MIN(live) END FROM hit GROUP BY digest, proof, lookup"
)


def ask(draft: Draft, wave: int, lookups: Sequence[int], creating: Sequence[int], *, after: int) -> bool:
    """Gather what the references of a wave ask for by some lookups, and what answers; those behind number `after`.

    What nothing states is noted as missing for the lookups that create. Tells whether all that is asked is decided.
    """
    if draft.has_dropped:  # nobody asks any longer for a record that is rejected or left out
        statement = "UPDATE asking.reference SET wave=? WHERE wave=? AND record IN (SELECT id FROM record"
        draft.run(f"{statement} WHERE state<>'create')", (_LEFT_WAVE, wave))
    draft.run(_FILL, (wave, after, json.dumps(lookups), json.dumps(creating)))
    draft.run(
        "INSERT INTO scratch.missing SELECT reference, digest, proof, lookup FROM scratch.asked WHERE is_missing"
        " ORDER BY reference"
    )
    undecided = draft.run("SELECT 1 FROM scratch.asked WHERE holder IS NULL AND NOT is_missing LIMIT 1")
    return undecided.fetchone() is None


def point(draft: Draft, wave: int, *, after: int) -> None:
    """Let all who asked point at what answered, or at what was made for them; put off what nothing was made for."""
    draft.run(
        "UPDATE scratch.asked SET holder=(SELECT COALESCE(d.holding, c.record) FROM scratch.created c"
        " LEFT JOIN scratch.matched d ON d.record=c.record WHERE c.digest=asked.digest AND c.proof=asked.proof)"
        " WHERE is_missing"
    )
    draft.run(f"INSERT INTO scratch.answered SELECT f.rowid, a.holder {_ASKED} ORDER BY f.rowid", (wave, after))
    draft.run(
        "INSERT OR REPLACE INTO resolution SELECT f.record, f.field, f.item, n.holder FROM scratch.answered n"
        " CROSS JOIN asking.reference f ON f.rowid=n.reference"
    )
    draft.run("DELETE FROM scratch.answered")
    if draft.run("SELECT 1 FROM scratch.asked WHERE is_missing AND holder IS NULL LIMIT 1").fetchone():
        draft.run(
            f"INSERT OR IGNORE INTO scratch.postponed SELECT f.rowid {_ASKING} AND a.is_missing AND a.holder IS NULL",
            (wave, after),
        )
    draft.run("DELETE FROM scratch.asked")
    draft.run("DELETE FROM scratch.missing")


def note_waiting(draft: Draft) -> None:
    """Count the rows that wait for each record that lookups created, as far as it is known by now which rows stay."""
    draft.run("DELETE FROM waiting")
    stays = " CROSS JOIN record c ON c.id=s.record AND c.state='create'" if draft.has_dropped else ""
    draft.run(
        f"INSERT INTO waiting SELECT s.holder, COUNT(DISTINCT s.record) FROM resolution s{stays}"
        " WHERE s.holder>=(SELECT MIN(record) FROM scratch.created) GROUP BY s.holder"
    )


def refers_to_own(draft: Draft) -> bool:
    """Tell whether any record points at a planned one, so that an apply will look for what became of it."""
    return draft.run("SELECT 1 FROM resolution WHERE holder>0 LIMIT 1").fetchone() is not None


def note_causes(draft: Draft) -> None:
    """Note for the records that point at rejected ones which those are."""
    draft.run(
        "INSERT INTO cause SELECT s.record, s.field, s.holder FROM"
        " (SELECT DISTINCT record FROM problem WHERE code='E204') p CROSS JOIN resolution s"
        " ON s.record=p.record JOIN record h ON h.id=s.holder AND h.state='reject'"
    )
