"""Questions that reports put to a sealed plan and to the ledger; nothing is written."""

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from migrator.json_text import from_json
from migrator.records import Action
from migrator.store.cells import unpack_cells
from migrator.store.changes import Change
from migrator.store.ledger import LedgerReader, PlanEntry
from migrator.store.ledger_schema import OF_PLAN
from migrator.store.lock import is_held
from migrator.store.plan import Plan
from migrator.store.plan_schema import LEFT
from migrator.store.states import State

SAMPLE_ROWS = 5
PROBLEM_NAMES = ("code", "object", "file", "row", "key", "field", "value", "fact", "hint")

_OBJECTS = "SELECT id, name, columns FROM object"
_REFUSED = itemgetter(0, 1, 2, 3)


class ProblemGroup(NamedTuple):
    """Problems of one code in one field of one object: how many, and the first of them."""

    code: str
    object: str
    field: str
    rows: int
    places: list[str]
    facts: list[str]
    hint: str


class RejectedRow(NamedTuple):
    """A refused row: its original cells, as `pack_cells` wrote them, under the columns of its object, and why."""

    object: str
    columns: tuple[str, ...]
    packed: str
    row: int
    problems: list[tuple[str, str, str, str, str]]

    @property
    def cells(self) -> list[Any]:
        """Give the original cells."""
        return unpack_cells(self.packed)


class ExplainedRow(NamedTuple):
    """Everything that a plan knows of one source row."""

    object: str
    place: str
    key: str
    state: str
    cells: dict[str, Any]
    fields: dict[str, Any]
    problems: list[tuple[str, str, str]]
    changes: list[Change]


class MissingParent(NamedTuple):
    """A value that was looked for in vain, how many rows wait for it, and why the first of them was refused.

    `cause` is code and fact of what stands against the record that the value names, where that was refused itself.
    """

    object: str
    field: str
    value: str
    waiting: int
    first_row: int | None
    code: str
    fact: str
    cause: tuple[str, str]


def problem_groups(plan: Plan) -> list[ProblemGroup]:
    """Group the problems by code, object and field, the largest groups of each code first."""
    rows = plan.db.execute(
        "SELECT p.code, COALESCE(o.name, ''), p.field, COUNT(*), MAX(p.hint), p.object FROM problem p"
        " LEFT JOIN object o ON o.id=p.object GROUP BY p.code, p.object, p.field ORDER BY p.code, COUNT(*) DESC"
    ).fetchall()
    found = []
    for code, name, field, count, hint, number in rows:
        first = plan.db.execute(
            "SELECT f.name, r.row, p.fact FROM problem p LEFT JOIN record r ON r.id=p.record"
            " LEFT JOIN file f ON f.id=r.file WHERE p.code=? AND p.object=? AND p.field=? ORDER BY p.record LIMIT ?",
            (code, number, field, SAMPLE_ROWS),
        ).fetchall()
        places = [f"{file}:{row}" if file else "" for file, row, _fact in first]
        found.append(ProblemGroup(code, name, field, count, places, [fact for *_place, fact in first], hint))
    return found


def sample_changes(plan: Plan, action: Action, limit: int) -> list[Change]:
    """Give some changes of one action, spread over the plan from its first to its last."""
    end = "(SELECT seq FROM change WHERE action=?1 ORDER BY seq {} LIMIT 1)"
    first, last = plan.db.execute(f"SELECT {end.format('')}, {end.format('DESC')}", (str(action),)).fetchone()
    found: dict[int, Change] = {}
    for n in range(limit if first is not None else 0):
        start = first + (last - first) * n // max(limit - 1, 1)
        for change in plan.select("WHERE c.action=? AND c.seq>=? ORDER BY c.seq LIMIT 1", (str(action), start)):
            found[change.seq] = change
    return list(found.values())


def rejected_rows(plan: Plan) -> Iterator[RejectedRow]:
    """Give every refused row in the order of the source, with all that stands against it."""
    objects = {number: (name, tuple(json.loads(columns))) for number, name, columns in plan.db.execute(_OBJECTS)}
    # Numbers are sorted, not whole rows; SQLite keeps the order of a subquery that has a limit.
    rows = plan.db.execute(
        "SELECT r.id, r.object, r.cells, r.row, p.code, p.field, p.value, p.fact, p.hint"
        " FROM (SELECT record, id FROM problem ORDER BY record, id LIMIT -1) n CROSS JOIN problem p ON p.id=n.id"
        " CROSS JOIN record r ON r.id=n.record WHERE r.state='reject' AND r.row IS NOT NULL"
    )
    for (_record, number, cells, row), group in groupby(rows, key=_REFUSED):
        yield RejectedRow(*objects[number], cells or "", row, [item[4:] for item in group])


def reject_columns(plan: Plan) -> list[tuple[str, ...]]:
    """Give the columns of every object that has refused rows."""
    rows = plan.db.execute(
        "SELECT o.columns FROM object o WHERE EXISTS"
        f" (SELECT 1 FROM record WHERE object=o.id AND {LEFT} AND state='reject')"
    )
    return [tuple(json.loads(columns)) for (columns,) in rows]


def keys_of(plan: Plan, names: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Give number and key of every record of some objects that a missing one may have meant."""
    yield from plan.db.execute(
        "SELECT r.id, r.key FROM record r JOIN object o ON o.id=r.object WHERE r.state<>'reject'"
        f" AND o.name IN ({','.join('?' * len(names))})",
        names,
    )


def key_of(plan: Plan, record: int) -> str:
    """Give the key of a record."""
    return str(plan.db.execute("SELECT key FROM record WHERE id=?", (record,)).fetchone()[0])


def problem_rows(plan: Plan) -> Iterator[tuple[str | int | None, ...]]:
    """Give every problem in the order of `PROBLEM_NAMES`."""
    yield from plan.db.execute(
        "SELECT p.code, o.name, f.name, r.row, r.key, p.field, p.value, p.fact, p.hint FROM problem p"
        " LEFT JOIN object o ON o.id=p.object LEFT JOIN record r ON r.id=p.record LEFT JOIN file f ON f.id=r.file"
        " ORDER BY p.id"
    )


def all_problems(plan: Plan) -> Iterator[dict[str, Any]]:
    """Give every problem, for machines."""
    for row in problem_rows(plan):
        yield {"v": 1, **dict(zip(PROBLEM_NAMES, row, strict=True))}


def missing_parents(plan: Plan) -> Iterator[MissingParent]:
    """Give what lookups did not find, by value, the most wanted first."""
    rows = plan.db.execute(  # beside MIN, SQLite takes the other columns from the row that holds the minimum
        "SELECT g.name, g.field, g.value, g.waiting, g.row, g.code, g.fact, COALESCE(c.code, ''), COALESCE(c.fact, '')"
        " FROM (SELECT o.name, p.field, p.value, COUNT(*) AS waiting, MIN(p.id), r.row, p.code, p.fact, p.record"
        " FROM problem p JOIN object o ON o.id=p.object JOIN record r ON r.id=p.record"
        " WHERE p.code IN ('E203','E204','E205') GROUP BY o.name, p.field, p.value) g"
        " LEFT JOIN (SELECT record, MIN(id), code, fact FROM problem GROUP BY record) c ON g.code='E204' AND c.record="
        "(SELECT h.id FROM cause s JOIN record h ON h.id=s.holder WHERE s.record=g.record"
        " AND s.field IN (g.field, '^' || g.field) AND h.key=g.value)"
        " ORDER BY g.waiting DESC, g.value"
    )
    for name, field, value, waiting, row, code, fact, *cause in rows:
        yield MissingParent(name, field, value, waiting, row, code, fact, (cause[0], cause[1]))


def duplicate_rows(plan: Plan) -> Iterator[tuple[str, str, int, str, str, str]]:
    """Give rows that share a key, a match value or a record with others: object, file, row, key, code, fact."""
    yield from plan.db.execute(
        "SELECT o.name, f.name, r.row, r.key, p.code, p.fact FROM problem p JOIN record r ON r.id=p.record"
        " JOIN object o ON o.id=p.object JOIN file f ON f.id=r.file"
        " WHERE p.code IN ('E301','E302','E303','W305') ORDER BY r.id"
    )


class ForLookups(NamedTuple):
    """A record that only lookups ask for: object, key, the values it is created with, and how many rows wait on it."""

    object: str
    key: str
    values: str
    rows: int


def created_for_lookups(plan: Plan, limit: int = -1) -> Iterator[ForLookups]:
    """Give the records that a plan creates for lookups, those that most rows wait on first."""
    rows = plan.db.execute(  # numbers are sorted, as above, not whole records
        "SELECT o.name, r.key, r.fields, w.rows FROM (SELECT * FROM waiting ORDER BY rows DESC, record LIMIT -1) w"
        " CROSS JOIN record r ON r.id=w.record JOIN object o ON o.id=r.object"
        " WHERE r.row IS NULL AND r.state='create' LIMIT ?",
        (limit,),
    )
    for name, key, fields, count in rows:
        values = [str(value) for value in from_json(fields).values() if not isinstance(value, dict | list)]
        yield ForLookups(name, key, ", ".join(values), count)


def proposed_matches(plan: Plan) -> Iterator[tuple[str, str, int, str, str, str, str, float]]:
    """Give rows that may be a record of the target: object, file, row, key, label, its label and id, likeness."""
    yield from plan.db.execute(
        "SELECT o.name, f.name, r.row, r.key, p.label, p.candidate, p.target_id, p.score FROM proposal p"
        " JOIN record r ON r.id=p.record JOIN object o ON o.id=r.object JOIN file f ON f.id=r.file"
        " ORDER BY p.score DESC, p.record"
    )


def gone_keys(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Give the keys of earlier runs that no row states any longer: object, key, target id."""
    yield from plan.db.execute(
        "SELECT o.name, g.key, g.target_id FROM gone g JOIN object o ON o.id=g.object ORDER BY g.object, g.key"
    )


def explain_row(plan: Plan, row: int, *, name: str = "") -> list[ExplainedRow]:
    """Tell all that a plan knows of a row, for each object that it feeds."""
    return _explained(plan, "r.row=? AND (?='' OR o.name=?)", (row, name, name))


def explain_key(plan: Plan, name: str, key: str) -> list[ExplainedRow]:
    """Tell all that a plan knows of the records of an object with a key; one that a lookup created has no place."""
    return _explained(plan, "o.name=? AND r.key=?", (name, key))


def _explained(plan: Plan, condition: str, values: tuple[str | int, ...]) -> list[ExplainedRow]:
    rows = plan.db.execute(
        "SELECT r.id, o.name, f.name, r.row, r.key, r.state, o.columns, r.cells, r.fields FROM record r"
        f" JOIN object o ON o.id=r.object LEFT JOIN file f ON f.id=r.file WHERE {condition} ORDER BY r.id",
        values,
    ).fetchall()
    found = []
    for record, owner, file, row, key, state, columns, cells, fields in rows:
        problems = plan.db.execute("SELECT code, fact, hint FROM problem WHERE record=? ORDER BY id", (record,))
        found.append(
            ExplainedRow(
                object=owner,
                place=f"{file}:{row}" if file else "(undo)" if "undo" in plan.header else "(a lookup asks for it)",
                key=key,
                state=state,
                cells=dict(zip(json.loads(columns), unpack_cells(cells), strict=False)),
                fields=json.loads(fields),
                problems=problems.fetchall(),
                changes=list(plan.select("WHERE c.record=? ORDER BY c.seq", (record,))),
            )
        )
    return found


class RunView(NamedTuple):
    """How the runs of a plan stand: the last run's state, and how many operations stand where, by object."""

    state: str
    began: str
    ended: str | None
    reason: str
    number: int
    counts: dict[State, int]
    by_object: dict[str, dict[State, int]]


def run_view(reader: LedgerReader, plan: Plan) -> RunView | None:
    """Give how a plan's runs stand; None while it was never applied. A run that nobody runs any more was killed."""
    row = reader.db.execute(
        "SELECT state, began, ended, reason, id FROM run WHERE plan_id=? ORDER BY id DESC LIMIT 1",
        (plan.id,),
    ).fetchone()
    if row is None:
        return None
    by_object: dict[str, dict[State, int]] = {}
    counts: dict[State, int] = {}
    for name, state, count in reader.db.execute(
        f"SELECT object, state, COUNT(*) FROM op WHERE {OF_PLAN} GROUP BY object, state", (plan.id,)
    ):
        by_object.setdefault(name, {})[State(state)] = count
        counts[State(state)] = counts.get(State(state), 0) + count
    untouched = int(plan.header["operations"]) - sum(counts.values())
    counts[State.PLANNED] = counts.get(State.PLANNED, 0) + untouched
    state, began, ended, reason, number = row
    state = "KILLED" if ended is None and not is_held(reader.path) else state
    return RunView(state, began, ended, reason, number, counts, by_object)


def troubled_operations(reader: LedgerReader, plan: Plan) -> Iterator[tuple[Change, State, str, str | None]]:
    """Give the operations that did not land: the change, its state, why, and a target id where there is one."""
    rows = reader.db.execute(
        f"SELECT seq, state, reason, target_id FROM op WHERE {OF_PLAN}"
        " AND state IN ('REJECTED','QUARANTINED','BLOCKED','IN_DOUBT','INTENT') ORDER BY +seq",
        (plan.id,),
    )
    for seq, state, reason, target_id in rows:
        yield next(plan.changes(after=seq - 1, limit=1)), State(state), reason, target_id


def landed_operations(reader: LedgerReader, plan: Plan) -> Iterator[tuple[Change, State, str, str]]:
    """Give the operations that landed: the change, its state, the target id, and when it was sent."""
    rows = reader.db.execute(
        "SELECT o.seq, o.state, o.target_id, COALESCE((SELECT MAX(wall) FROM attempt a WHERE a.plan=o.plan"
        f" AND a.seq=o.seq), '') FROM op o WHERE o.{OF_PLAN} AND state IN ('APPLIED','VERIFIED','NOOP') ORDER BY seq",
        (plan.id,),
    )
    changes = plan.changes()  # both go by number, so each is read once
    for seq, state, target_id, wall in rows:
        yield next(change for change in changes if change.seq == seq), State(state), target_id, wall


def newest_plan(reader: LedgerReader) -> PlanEntry | None:
    """Give the plan of the newest run; the newest plan where none ever ran."""
    row = reader.db.execute(
        "SELECT p.id FROM plan p LEFT JOIN run r ON r.plan_id=p.id"
        " ORDER BY r.id IS NULL, r.id DESC, p.made DESC LIMIT 1"
    ).fetchone()
    return reader.plan(row[0]) if row else None


def plan_of_run(reader: LedgerReader, run: int) -> PlanEntry | None:
    """Give the plan that a run applied."""
    row = reader.db.execute("SELECT plan_id FROM run WHERE id=?", (run,)).fetchone()
    return reader.plan(row[0]) if row else None
