"""Values that picklists of the target lack, gathered from what rows were noted for: one line for each in the plan."""

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from migrator.store.changes import restate
from migrator.store.draft import Draft
from migrator.store.plan import Plan

BLANKED = "W116"
SENT = "W117"
ADDED = "W118"
POLICIES = {BLANKED: "blank", SENT: "send", ADDED: "append"}


class Option(NamedTuple):
    """A value that a picklist lacks: of which object and field, what is done about it, and for how many rows."""

    object: str
    target: str
    field: str
    value: str
    policy: str
    rows: int


def adopt_spelling(draft: Draft, fold: Callable[[str], str]) -> None:
    """Give an option that is to be added one spelling in all rows, the first one's; `fold` tells which are one."""
    draft.db.create_function("fold", 1, fold, deterministic=True)
    draft.run(
        "INSERT OR IGNORE INTO scratch.spelling SELECT o.target, p.field, fold(p.value), p.value FROM problem p"
        " JOIN object o ON o.id=p.object JOIN record r ON r.id=p.record AND r.state='create'"
        " WHERE p.code=? ORDER BY p.id",
        (ADDED,),
    )
    rows = draft.run(
        "SELECT r.id, r.fields, p.field, p.value, s.value FROM problem p JOIN record r ON r.id=p.record"
        " JOIN object o ON o.id=p.object"
        " JOIN scratch.spelling s ON s.target=o.target AND s.field=p.field AND s.folded=fold(p.value)"
        " WHERE p.code=? AND p.value<>s.value ORDER BY p.record",
        (ADDED,),
    )
    for record, group in groupby(rows, key=itemgetter(0)):
        listed = list(group)
        fields = json.loads(listed[0][1])
        for _record, _fields, name, value, spelling in listed:
            fields[name] = _respelled(fields[name], value, spelling)
        restate(draft, record, json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True))


def _respelled(held: Any, value: str, spelling: str) -> Any:
    if isinstance(held, list):
        return list(dict.fromkeys(spelling if item == value else item for item in held))
    return spelling


def gather_options(draft: Draft) -> None:
    """Note each value once: those left blank in rows that are kept, the others where a change writes the field."""
    draft.run(
        "INSERT INTO scratch.wanted SELECT DISTINCT p.record, o.target, p.object, p.field, p.code,"
        " COALESCE(s.value, p.value) FROM problem p JOIN object o ON o.id=p.object"
        " JOIN record r ON r.id=p.record AND r.state IN ('create','update','unchanged')"
        " LEFT JOIN scratch.spelling s ON p.code=? AND s.target=o.target AND s.field=p.field"
        " AND s.folded=fold(p.value) WHERE p.code IN (?,?,?)",
        (ADDED, BLANKED, SENT, ADDED),
    )
    if draft.run("SELECT 1 FROM scratch.wanted LIMIT 1").fetchone() is None:
        return
    draft.run(  # a part of an item, `phones[0].type`, is written with the whole list
        "INSERT INTO option SELECT NULL, MIN(object), field, value, code, COUNT(*) FROM ("
        " SELECT w.* FROM change c CROSS JOIN scratch.wanted w ON w.record=c.record"
        " JOIN record r ON r.id=c.record WHERE w.code<>? AND c.action<>'link'"
        " AND EXISTS(SELECT 1 FROM json_each(COALESCE(c.after, r.fields))"
        " WHERE key IN (w.field, substr(w.field, 1, instr(w.field || '[', '[') - 1)))"
        " UNION ALL SELECT * FROM scratch.wanted WHERE code=?)"
        " GROUP BY target, field, code, value ORDER BY target, field, code, MIN(record)",
        (BLANKED, BLANKED),
    )


_OPTION = (
    "SELECT o.name, o.target, x.field, x.value, x.code, x.rows, x.object FROM option x JOIN object o ON o.id=x.object"
)


def added_options(draft: Draft) -> Iterator[tuple[int, Option]]:
    """Give the options that are to be added, those of one list together, each with the number of its object."""
    for *facts, number in draft.run(f"{_OPTION} WHERE x.code=? ORDER BY x.id", (ADDED,)):
        yield number, _option(facts)


def plan_options(plan: Plan, limit: int = -1) -> Iterator[Option]:
    """Give the values that lists lack, those to be added first."""
    rows = plan.db.execute(f"{_OPTION} ORDER BY x.code DESC, x.id LIMIT ?", (limit,))
    return (_option(facts) for *facts, _number in rows)


def count_options(draft: Draft) -> dict[str, int]:
    """Count the values that lists lack by what is done about them."""
    counts = dict(draft.run("SELECT code, COUNT(*) FROM option GROUP BY code").fetchall())
    return {policy: counts.get(code, 0) for code, policy in POLICIES.items()}


def _option(facts: list[Any]) -> Option:
    name, target, field, value, code, rows = facts
    return Option(name, target, field, value, POLICIES[code], rows)
