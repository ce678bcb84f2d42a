"""What the target holds, read past the staged rows: which of it they match, and which rows claim the same thing."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from migrator.store.draft import STAGED, Draft, IdentityRow, StagedIdentity
from migrator.store.plan_schema import KEY_LINE, LEDGER_LINE, LOOKUP_LINE, ROWS_OF_OBJECT


class Holding(NamedTuple):
    """A record of the target: its number below 0, object, id, a label for people, and its fields as JSON."""

    record: int
    target: str
    id: str
    label: str
    fields: str


class Known(NamedTuple):
    """What the ledger knows of a source key: digests of key and id, the id, the values last written; object and key."""

    digest: int
    proof: int
    id_digest: int
    id_proof: int
    target_id: str
    written: str
    object: int
    key: str


class Candidate(NamedTuple):
    """A record of the target that agrees with a planned one on a line; both with their fields."""

    record: int
    line: int
    holding: int
    target_id: str
    label: str
    fields: dict[str, Any]
    held: dict[str, Any]


class Claim(NamedTuple):
    """One of several planned records that claim the same key, match value or record of the target."""

    record: int
    object: int
    file: str
    row: int
    key: str
    digest: int
    proof: int
    state: str = STAGED


_STATED = "SELECT 1 FROM scratch.identity i WHERE i.digest={0}.digest AND i.proof={0}.proof AND i.line=? AND i.record>0"


def add_known(draft: Draft, rows: Iterable[Known]) -> None:
    """Take over what the ledger knows: a planned record with a known key states the id as an identity of its own."""
    draft.many("INSERT INTO scratch.known VALUES(?,?,?,?,?,?,?,?)", rows)
    draft.run(
        "INSERT OR IGNORE INTO scratch.remembered SELECT i.record, k.target_id, k.written FROM scratch.known k"
        " JOIN scratch.identity i ON i.digest=k.digest AND i.proof=k.proof WHERE i.line=? AND i.record>0",
        (KEY_LINE,),
    )
    draft.run(
        "INSERT INTO scratch.identity SELECT k.id_digest, k.id_proof, i.record, ?, 0 FROM scratch.known k"
        " JOIN scratch.identity i ON i.digest=k.digest AND i.proof=k.proof WHERE i.line=? AND i.record>0",
        (LEDGER_LINE, KEY_LINE),
    )
    draft.run(
        "INSERT INTO scratch.absent SELECT k.digest, k.proof, k.object, k.key, k.target_id FROM scratch.known k"
        f" WHERE NOT EXISTS({_STATED.format('k')})",
        (KEY_LINE,),
    )
    draft.run("DELETE FROM scratch.known")


def let_known_be_found(draft: Draft) -> None:
    """Let lookups by key find records of earlier runs that no row states this time, as the target holds them."""
    draft.run(
        "INSERT INTO scratch.identity SELECT a.digest, a.proof, h.record, ?, 0 FROM scratch.absent a"
        " JOIN object o ON o.id=a.object JOIN scratch.holding h ON h.target=o.target AND h.id=a.target_id",
        (LOOKUP_LINE,),
    )


def note_unstated(draft: Draft) -> dict[int, int]:
    """List the known keys that no row states and no lookup asks for any longer; gives how many by object.

    The key of a record that only a lookup made, `?` and a hash, never was a row's.
    """
    draft.run(
        "INSERT INTO gone SELECT a.object, a.key, a.target_id FROM scratch.absent a"
        f" WHERE NOT EXISTS({_STATED.format('a')}) AND NOT (substr(a.key, 1, 1)='?' AND length(a.key)=17)"
        " AND a.digest NOT IN (SELECT digest FROM asking.reference)"
        " ORDER BY a.object, a.key",
        (KEY_LINE,),
    )
    return dict(draft.run("SELECT object, COUNT(*) FROM gone GROUP BY object").fetchall())


def add_page(
    draft: Draft, holdings: list[Holding], identities: list[StagedIdentity], *, keeps_all: bool = False
) -> None:
    """Take one page of the target: all of it states identities, but only what a row matches is kept whole.

    A record that was on an earlier page is passed over: lists shift while others write.
    """
    draft.run("DELETE FROM scratch.page")
    draft.many(
        "INSERT OR IGNORE INTO scratch.holding VALUES(?,?,?,?,NULL)",
        ((item.record, item.target, item.id, item.label) for item in holdings),
    )
    draft.many("INSERT INTO scratch.page VALUES(?,?,?,?,?)", identities)
    draft.run("DELETE FROM scratch.page WHERE record NOT IN (SELECT record FROM scratch.holding)")
    draft.run(
        "INSERT OR IGNORE INTO scratch.candidate SELECT i.record, p.line, p.record FROM scratch.page p"
        " JOIN scratch.identity i ON i.digest=p.digest AND i.proof=p.proof AND i.line=p.line"
        " WHERE i.record>0 AND p.line>=0"
    )
    found = draft.run(
        "SELECT DISTINCT p.record FROM scratch.page p JOIN scratch.candidate c ON c.holding=p.record"
        " WHERE c.holding BETWEEN ? AND ?",
        (min((item.record for item in holdings), default=0), max((item.record for item in holdings), default=0)),
    )
    wanted = {record for (record,) in found}
    draft.many(
        "UPDATE scratch.holding SET fields=? WHERE record=?",
        ((item.fields, item.record) for item in holdings if keeps_all or item.record in wanted),
    )
    draft.run("INSERT INTO scratch.identity SELECT * FROM scratch.page")


def add_marked(draft: Draft, identities: Iterable[IdentityRow]) -> None:
    """Let planned records be recognised by their markers, all at once and sorted."""
    draft.many("INSERT INTO scratch.fresh VALUES(?,?,?,?,?)", identities)
    draft.run("INSERT INTO scratch.identity SELECT * FROM scratch.fresh ORDER BY digest, proof")
    draft.run("DELETE FROM scratch.fresh")


def add_held_identities(draft: Draft, identities: Iterable[StagedIdentity]) -> None:
    """Take what records of the target state only after all of it was read."""
    draft.many("INSERT INTO scratch.identity VALUES(?,?,?,?,?)", identities)


def add_whole(draft: Draft, holding: Holding, record: int, line: int) -> None:
    """Take one record of the target that was read for a planned one by its id."""
    draft.many("INSERT OR REPLACE INTO scratch.holding VALUES(?,?,?,?,?)", [holding])
    draft.many("INSERT OR IGNORE INTO scratch.candidate VALUES(?,?,?)", [(record, line, holding.record)])


def count_held(draft: Draft, target: str) -> int:
    """Count the records of a target's object that were read."""
    (count,) = draft.run("SELECT COUNT(*) FROM scratch.holding WHERE target=?", (target,)).fetchone()
    return int(count)


class Unseen(NamedTuple):
    """A planned record that the ledger knows and the target did not list; `written` is what we wrote last, as JSON."""

    record: int
    object: int
    target_id: str
    written: str


def unseen_known(draft: Draft, objects: Iterable[int]) -> list[Unseen]:
    """Find planned records of some objects that the ledger knows and the target did not list."""
    found = draft.run(
        "SELECT m.record, r.object, m.target_id, m.written FROM scratch.remembered m"
        " CROSS JOIN record r ON r.id=m.record LEFT JOIN scratch.candidate c ON c.record=m.record AND c.line=?"
        f" WHERE c.record IS NULL AND r.object IN ({_listed(objects)})",
        (LEDGER_LINE,),
    )
    return [Unseen(*row) for row in found]


def candidates(draft: Draft, objects: Iterable[int], *, first: int = 1) -> Iterator[tuple[int, int, list[Candidate]]]:
    """Give each planned record of some objects that agrees with the target: record, object, candidates by line."""
    found = draft.run(
        "SELECT c.record, r.object, c.line, c.holding, h.id, h.label, r.fields, h.fields FROM scratch.candidate c"
        " JOIN record r ON r.id=c.record JOIN scratch.holding h ON h.record=c.holding"
        f" WHERE r.state='create' AND c.record>=? AND r.object IN ({_listed(objects)})"
        " ORDER BY c.record, c.line, c.holding DESC",
        (first,),
    )
    for (record, number), rows in groupby(found, key=itemgetter(0, 1)):
        listed = [
            Candidate(record, line, holding, target_id, label, json.loads(fields), json.loads(held or "{}"))
            for _record, _object, line, holding, target_id, label, fields, held in rows
        ]
        yield record, number, listed


def _listed(objects: Iterable[int]) -> str:
    return ",".join(str(number) for number in objects) or "0"


def add_matches(draft: Draft, rows: Iterable[tuple[int, int, int]]) -> None:
    """Decide: (record, holding, line)."""
    draft.many("INSERT OR REPLACE INTO scratch.matched VALUES(?,?,?)", rows)


def skip_matched(draft: Draft, number: int) -> None:
    """Leave the staged records of an object out that the target has already."""
    draft.has_dropped = True
    draft.run(
        "UPDATE record SET state='skip' WHERE object=? AND state='create'"
        " AND id IN (SELECT record FROM scratch.matched)",
        (number,),
    )


def unmatched(draft: Draft, number: int) -> Iterator[int]:
    """Give the staged records of an object that match nothing."""
    found = draft.run(
        "SELECT r.id FROM record r LEFT JOIN scratch.matched m ON m.record=r.id"
        " WHERE r.object=? AND r.state='create' AND m.record IS NULL",
        (number,),
    )
    return (record for (record,) in found)


def unmatched_lacking(draft: Draft, number: int, field: str) -> Iterator[int]:
    """Give the staged rows of an object that match nothing and have no value in a field."""
    found = draft.run(
        f"SELECT r.id FROM {ROWS_OF_OBJECT} LEFT JOIN scratch.matched m ON m.record=r.id"
        " WHERE o.id=? AND r.state='create' AND m.record IS NULL"
        " AND json_extract(r.fields, ?) IS NULL",
        (number, f'$."{field}"'),
    )
    return (record for (record,) in found)


_CLAIM = "r.id, r.object, f.name, r.row, r.key"


def claims_of_key(draft: Draft) -> Iterator[list[Claim]]:
    """Give the source rows that share a key, a group at a time."""
    return _claims(
        draft,
        f"SELECT {_CLAIM}, d.digest, d.proof, r.state FROM (SELECT digest, proof FROM scratch.identity"
        " WHERE line=? AND record>0 GROUP BY digest, proof HAVING COUNT(DISTINCT record)>1) d"
        " JOIN scratch.identity i ON i.digest=d.digest AND i.proof=d.proof AND i.line=?"
        " JOIN record r ON r.id=i.record JOIN file f ON f.id=r.file ORDER BY d.digest, d.proof, r.id",
        (KEY_LINE, KEY_LINE),
    )


def claims_of_value(draft: Draft, objects: Iterable[int]) -> Iterator[list[Claim]]:
    """Give the staged rows of some objects that share the value of their first filled match line, group by group."""
    return _claims(
        draft,
        f"SELECT {_CLAIM}, d.digest, d.proof FROM (SELECT digest, proof FROM scratch.identity"
        " WHERE is_first=1 AND record>0 GROUP BY digest, proof HAVING COUNT(*)>1) d"
        " JOIN scratch.identity i ON i.digest=d.digest AND i.proof=d.proof AND i.is_first=1"
        f" JOIN record r ON r.id=i.record AND r.state='create' AND r.object IN ({_listed(objects)})"
        " JOIN file f ON f.id=r.file ORDER BY d.digest, d.proof, r.id",
        (),
    )


def claims_of_holding(draft: Draft) -> Iterator[list[Claim]]:
    """Give the staged rows that match one record of the target, a group at a time."""
    return _claims(
        draft,
        f"SELECT {_CLAIM}, m.holding, 0 FROM scratch.matched m"
        " CROSS JOIN record r ON r.id=m.record AND r.state='create' JOIN file f ON f.id=r.file WHERE m.holding IN"
        " (SELECT holding FROM scratch.matched GROUP BY holding HAVING COUNT(*)>1) ORDER BY m.holding, r.id",
        (),
    )


def _claims(draft: Draft, statement: str, values: tuple[Any, ...]) -> Iterator[list[Claim]]:
    rows = draft.run(statement, values)
    for _value, group in groupby((Claim(*row) for row in rows), key=itemgetter(5, 6)):
        claims = list(group)
        if len(claims) > 1:
            yield claims


def let_stand_for(draft: Draft, rows: Iterable[tuple[int, int, int, int]]) -> None:
    """Let the keys of skipped rows stand for the record that was kept: (kept, digest, proof, skipped)."""
    draft.many(
        "UPDATE scratch.identity SET record=? WHERE digest=? AND proof=? AND record=?",
        rows,
    )
