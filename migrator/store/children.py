"""Values that stand in child records: what a person's e-mail addresses say of the person."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from migrator.store.draft import Draft


class ChildValue(NamedTuple):
    """A value of a child record of the target: the parent's object and id in lower case, the part, the value."""

    target: str
    parent: str
    part: str
    value: str


class WithChildren(NamedTuple):
    """A record of the target with its fields, and the values of its children by part."""

    record: int
    fields: dict[str, Any]
    values: dict[str, list[str]]


def add_child_values(draft: Draft, rows: Iterable[ChildValue]) -> None:
    """Note values of child records of the target."""
    draft.many("INSERT INTO scratch.child VALUES(?,?,?,?)", rows)


def held_with_children(draft: Draft, target: str) -> Iterator[WithChildren]:
    """Give the records of a target's object that have children, when all of them are read."""
    rows = draft.run(
        "SELECT h.record, h.fields, c.part, c.value FROM scratch.holding h"
        " JOIN scratch.child c ON c.target=h.target AND c.parent=LOWER(h.id) WHERE h.target=? ORDER BY h.record",
        (target,),
    )
    for (record, fields), group in groupby(rows, key=itemgetter(0, 1)):
        values: dict[str, list[str]] = {}
        for *_record, part, value in group:
            values.setdefault(part, []).append(value)
        yield WithChildren(record, json.loads(fields or "{}"), values)


def planned_children(draft: Draft, parent: str, field: str, children: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Give (parent record, value) of staged child records whose parent is a planned one, in order of the parents."""
    numbers = ",".join(str(number) for number in children) or "0"
    return draft.run(
        "SELECT s.holder, json_extract(c.fields, ?) FROM record c"
        " JOIN resolution s ON s.record=c.id AND s.field=? AND s.holder>0"
        f" WHERE c.object IN ({numbers}) AND c.state='create' ORDER BY s.holder",
        (f'$."{field}"', parent),
    )
