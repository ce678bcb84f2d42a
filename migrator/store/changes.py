"""From staged records to changes: what is compared, and what will be written, in order."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from migrator.json_text import from_json, to_json
from migrator.records import Action
from migrator.store.draft import LAST, STAGED, Draft

CHAIN = b"migrator"

BATCH = 1_000
FEW = 50  # so few new records that it does not pay to part them from those that the target has

_TURNS = (
    "SELECT r.id, r.object, r.key, r.row IS NOT NULL, r.fields, h.id, h.fields, k.written, m.record IS NOT NULL"
    " FROM {origin} LEFT JOIN scratch.matched m ON m.record=r.id"
    " LEFT JOIN scratch.holding h ON h.record=m.holding LEFT JOIN scratch.remembered k ON k.record=r.id"
)
_POINTERS = (
    "SELECT s.record, s.field, s.item, h.id, COALESCE(p.object, 0), COALESCE(p.key, ''),"
    " COALESCE(h.target, ''), w.record IS NOT NULL FROM {origin} LEFT JOIN held h ON h.record=s.holder"
    " LEFT JOIN record p ON h.record IS NULL AND p.id=s.holder"
    " LEFT JOIN scratch.deferred w ON w.record=s.record AND w.field=s.field {condition}"
)
_OF_RANGE = _POINTERS.format(origin="resolution s", condition="WHERE s.record BETWEEN ? AND ?")
_OF_LISTED = _POINTERS.format(origin="json_each(?) t CROSS JOIN resolution s ON s.record=t.value", condition="")

_MATCHED = (
    "SELECT MIN(record), MAX(record) FROM (SELECT m.record, m.record - ROW_NUMBER() OVER (ORDER BY m.record) AS run"
    " FROM scratch.matched m CROSS JOIN record r ON r.id=m.record WHERE r.object=? AND r.state='create')"
    " GROUP BY run ORDER BY 1"
)

ChangeRow = tuple[str, int, int, str, str | None, str | None, str | None, str | None, str | None, str]
AgreedRow = tuple[int, str, str]


class Pointer(NamedTuple):
    """What a resolved reference points at: an id of the target, or a planned record by object and key.

    `target` is the target's object of a record that the target holds. `is_deferred`: a link sets the reference.
    """

    target_id: str | None
    object: int
    key: str
    target: str = ""
    is_deferred: bool = False


# A pointer of a record: field, item of a list, and what a Pointer holds.
PointerRow = tuple[str, int, str | None, int, str, str, int]

# A staged record whose turn it is, as the draft holds it: number, object, key, whether it is a row, fields as JSON; id
# and fields of its match, what was written to it, whether it is matched; and each of its pointers.
Turn = tuple[int, int, str, int, str, str | None, str | None, str | None, int, Sequence[PointerRow]]


class Run(NamedTuple):
    """Records of one object, from one number to another; `is_new`: the target has none of them."""

    first: int
    last: int
    is_new: bool


class Staged(NamedTuple):
    """A staged record, of an object by number, with all that was found out about it.

    `pointers` go by field and item of a list. `held` is None where nothing in the target matches; `written` holds the
    values that this migration last wrote, None where it wrote none.
    """

    record: int
    object: int
    key: str
    is_row: bool
    fields: dict[str, Any]
    target_id: str | None
    held: dict[str, Any] | None
    written: dict[str, Any] | None
    pointers: dict[tuple[str, int], Pointer]


class Change(NamedTuple):
    """One record and one action. `after` holds the fields to write, `before` what the target had in them.

    A value `{"$op": id}` stands for the target id that the change of that id will have given. `parent` is (object,
    id or such a value).
    """

    seq: int
    id: str
    object: str
    target: str
    action: Action
    key: str
    place: str
    after: Mapping[str, Any]
    before: Mapping[str, Any] = {}
    target_id: str | None = None
    marker: str | None = None
    parent: tuple[str, Any] | None = None
    sha256: str = ""


def operation_id(mapping: str, name: str, key: str, suffix: str = "") -> str:
    """Name the operation for a source key: the same in every plan of the mapping."""
    return hashlib.blake2b(f"{mapping}\x1e{name}\x1e{key}\x1e{suffix}".encode(), digest_size=12).hexdigest()


def operation_namer(mapping: str, name: str) -> Callable[[str], str]:
    """Make what names the operations of one object's keys, as `operation_id` does without a suffix."""
    begun = hashlib.blake2b(f"{mapping}\x1e{name}\x1e".encode(), digest_size=12)

    def name_operation(key: str) -> str:
        whole = begun.copy()
        whole.update(f"{key}\x1e".encode())
        return whole.hexdigest()

    return name_operation


def change_hash(row: tuple[Any, ...]) -> str:
    """Hash a change as it is stored: id, object, record, action, target id, marker, parent, before, after."""
    return hashlib.sha256(to_json(row).encode()).hexdigest()


def hashed(row: tuple[str, int, int, str, str | None, str | None, str | None, str | None, str]) -> ChangeRow:
    """Complete a change with its hash."""
    return (*row, change_hash(row))


def created_hash(number: int, record: int, key: str, marker: str | None, fields: str) -> str:
    """Hash the change that creates a record as it says: its object, number, key and marker; the fields as JSON.

    JSON has no line break; a key may hold one.
    """
    return hashlib.sha256(f"{number} {record} {len(key)}\n{fields}\n{key}{marker or ''}".encode()).hexdigest()


def restate(draft: Draft, record: int, fields: str) -> None:
    """Give a staged record other fields, as JSON."""
    found = draft.run("SELECT object, key, marker, sha256 FROM record WHERE id=?", (record,)).fetchone()
    number, key, marker, sha256 = found
    sha256 = sha256 and created_hash(number, record, key, marker, fields)
    draft.run("UPDATE record SET fields=?, sha256=? WHERE id=?", (fields, sha256, record))


def staged_of(turn: Turn) -> Staged:
    """Read the texts of a record."""
    record, number, key, is_row, fields, target_id, held, written, is_matched, pointers = turn
    found = {row[:2]: Pointer._make(row[2:]) for row in pointers}
    known = json.loads(written) if written else None
    matched = json.loads(held or "{}") if is_matched else None
    return Staged(record, number, key, bool(is_row), from_json(fields), target_id, matched, known, found)


def runs_of(draft: Draft, number: int) -> Iterator[Run]:
    """Divide an object's records, in their order, into runs of new ones, and others in which the target's stand."""
    first, last = 1, 0
    for begin, end in draft.run(_MATCHED, (number,)):
        if begin - last > FEW:
            if first <= last:
                yield Run(first, last, is_new=False)
            yield Run(last + 1, begin - 1, is_new=True)
            first = begin
        last = end
    if first <= last:
        yield Run(first, last, is_new=False)
    yield Run(last + 1, LAST, is_new=True)


def note_held(draft: Draft) -> None:
    """Keep the ids of what references point at in the target: records of its own, and planned ones that it matched."""
    draft.run(
        "INSERT INTO held SELECT record, target, id FROM scratch.holding"
        " WHERE record IN (SELECT holder FROM resolution WHERE holder<0)"
    )
    if draft.run("SELECT 1 FROM scratch.matched LIMIT 1").fetchone():
        draft.run(
            "INSERT INTO held SELECT m.record, h.target, h.id FROM scratch.matched m JOIN scratch.holding h"
            " ON h.record=m.holding WHERE m.record IN (SELECT holder FROM resolution)"
        )


def turns_of(
    draft: Draft, number: int, states: Sequence[str] = (STAGED,), *, within: tuple[int, int] = (0, LAST)
) -> Iterator[list[Turn]]:
    """Give the records of an object that are in some states, in their own order, many at once."""
    listed = ",".join(f"'{state}'" for state in states)
    condition = f" WHERE r.id BETWEEN {within[0]} AND {within[1]} AND r.object={number} AND r.state IN ({listed})"
    for rows in _batches(draft, f"{_TURNS.format(origin='record r')}{condition} ORDER BY r.id"):
        yield _with_pointers(rows, draft.run(_OF_RANGE, (rows[0][0], rows[-1][0])))


def turns(draft: Draft) -> Iterator[list[Turn]]:
    """Give the records whose turn it is, in their order, many at once."""
    origin = "scratch.turn t JOIN record r ON r.id=t.record"
    for rows in _batches(draft, _TURNS.format(origin=origin) + " ORDER BY t.n"):
        yield _with_pointers(rows, draft.run(_OF_LISTED, (json.dumps([row[0] for row in rows]),)))


def _batches(draft: Draft, statement: str, values: tuple[int, ...] = ()) -> Iterator[list[tuple[Any, ...]]]:
    upcoming = draft.run(statement, values)
    while rows := upcoming.fetchmany(BATCH):
        yield rows


def _with_pointers(rows: list[tuple[Any, ...]], found: Iterable[tuple[Any, ...]]) -> list[Turn]:
    pointers: dict[int, list[PointerRow]] = {row[0]: [] for row in rows}
    for pointer in found:
        if pointer[0] in pointers:  # a range may hold records of other objects
            pointers[pointer[0]].append(pointer[1:])
    return [(*row, pointers[row[0]]) for row in rows]


def remember_skipped(draft: Draft) -> None:
    """Note the target ids of rows that are left out because the target has them: other rows may point at them."""
    draft.run(
        "INSERT OR IGNORE INTO agreed SELECT r.id, h.id, '{}' FROM scratch.matched m"
        " CROSS JOIN record r ON r.id=m.record JOIN scratch.holding h ON h.record=m.holding WHERE r.state='skip'"
    )


class ChangeWriter:
    """Appends changes to the draft, numbered and chained: one hash goes over the hashes of all, in their order."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._chain = hashlib.sha256(CHAIN)
        self.count = 0

    @property
    def chain(self) -> str:
        """Give the hash over all hashes, in their order."""
        return self._chain.hexdigest()

    def add(self, changes: Sequence[ChangeRow], agreed: Sequence[AgreedRow] = ()) -> None:
        """Append changes, and note rows that are in the target already, for the ledger's id map."""
        self._chain.update("".join(row[-1] for row in changes).encode())
        self._draft.insert("change", [(number, *row) for number, row in enumerate(changes, self.count + 1)])
        self._draft.insert("agreed", agreed)
        self.count += len(changes)

    def add_creates(self, number: int, run: Run, *, asked_from: int) -> tuple[int, int]:
        """Append the creates of a run, as their records tell them; count those of rows, and those lookups asked for.

        The latter are numbered from `asked_from` on.
        """
        before, asked = self.count, 0
        told = "SELECT id, sha256 FROM record WHERE object=? AND state='create' AND id BETWEEN ? AND ? ORDER BY id"
        for rows in _batches(self._draft, told, (number, run.first, run.last)):
            self._chain.update("".join(sha256 for _record, sha256 in rows).encode())
            self._draft.insert("change(object, record, action)", [(number, row[0], "create") for row in rows])
            self.count += len(rows)
            asked += sum(record >= asked_from for record, _sha256 in rows)
        return self.count - before - asked, asked
