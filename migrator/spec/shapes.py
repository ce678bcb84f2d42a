"""The columns of a table on their way through the steps of `rows:`, and the names that each step needs or adds."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from migrator.located import Pointer
from migrator.spec.steps import Columns, Distinct, FillDown, Group, Join, Rename, SetColumns, Sort, SplitRows, Unpivot
from migrator.spec.values import MappingSpec, ObjectSpec, RowStep, TableSpec

Headers = Mapping[tuple[str, ...], Columns]


class Shaped(NamedTuple):
    """A step with the columns before it, and those of the table that it joins; None where a header was not read."""

    step: RowStep
    before: Columns | None
    right: Columns | None


class Claim(NamedTuple):
    """A name in a step: it must be a column of `among`, `exact`ly or as a `path`, or it must be `new` there."""

    pointer: Pointer
    name: str
    among: Columns
    kind: str


def all_headers(spec: MappingSpec, columns: Mapping[str, Columns], joined: Headers | None) -> Headers:
    """Give all headers by their tables: those of objects, by name, and those of tables that are joined."""
    own = {item.tables: columns[item.name] for item in spec.objects.values() if item.name in columns}
    return {**(joined or {}), **own}


def joined_tables(spec: MappingSpec, item: ObjectSpec | TableSpec) -> Iterator[TableSpec]:
    """Give every table that an object joins, also those that its prepared tables join."""
    for step in item.rows:
        if isinstance(step, Join):
            table = spec.table(step.tables)
            yield table
            yield from joined_tables(spec, table)


def beside_objects(spec: MappingSpec) -> Iterator[TableSpec]:
    """Give every table that is no object's own: the prepared ones, and those that are joined."""
    yield from spec.prepared.values()
    for table in spec.prepared.values():
        yield from joined_tables(spec, table)
    for item in spec.objects.values():
        yield from joined_tables(spec, item)


def follow(spec: MappingSpec, item: ObjectSpec | TableSpec, headers: Headers) -> tuple[list[Shaped], Columns | None]:
    """Follow the columns through all steps; gives what each step sees, and the columns at the end."""
    columns = headers.get(item.tables)
    shaped = []
    for step in item.rows:
        right = follow(spec, spec.table(step.tables), headers)[1] if isinstance(step, Join) else ()
        shaped.append(Shaped(step, columns, right))
        columns = None if columns is None or right is None else columns_after(step, columns, right)
    return shaped, columns


def columns_after(step: RowStep, before: Columns, right: Columns) -> Columns:
    """Give the columns after a step; a name that would stand twice stands once."""
    match step:
        case SetColumns():
            after = (*before, *(name for name, _value in step.columns))
        case Rename():
            after = tuple(dict(step.names).get(name, name) for name in before)
        case Join():
            after = (*before, *(step.prefix + name for name in step.taken(right)))
        case SplitRows() if step.index:
            after = (*before, step.index)
        case Unpivot():
            after = (*_kept(step, before), step.kind, step.value)
        case Group():
            after = (*step.by, *(take.column for take in step.take))
        case _:
            after = before
    return tuple(dict.fromkeys(after))


def earlier_name(step: RowStep, name: str) -> str:
    """Give the name that a column or path had before a step; empty where the step made or changed the column."""
    head = re.split(r"[.\[]", name, maxsplit=1)[0]
    match step:
        case Rename():
            return {new: old for old, new in step.names}.get(head, head) + name[len(head) :]
        case SplitRows() if head in (step.column, step.index):
            return ""
        case Unpivot() if head in (step.kind, step.value):
            return ""
        case FillDown() if head in step.columns:
            return ""
        case Group() if name not in step.by:
            return ""
        case SetColumns() if head in dict(step.columns):
            return ""
    return name


def claims(step: RowStep, before: Columns, right: Columns) -> Iterator[Claim]:
    """Give the names in a step that must be columns, and those that must not be yet."""
    match step:
        case Distinct() | Sort():
            yield from _listed(step.pointer, step.columns, before, "path")
        case FillDown():
            yield from _listed(step.pointer, step.columns, before, "exact")
        case SetColumns():
            yield from (Claim((*step.pointer, name), name, before, "new") for name, _value in step.columns)
        case Rename():
            yield from _renamed(step, before)
        case Join():
            yield from _joined(step, before, right)
        case SplitRows():
            yield Claim((*step.pointer, "column"), step.column, before, "exact")
            yield from (Claim((*step.pointer, "index"), name, before, "new") for name in {step.index} - {""})
        case Unpivot():
            yield from _unpivoted(step, before)
        case Group():
            yield from _grouped(step, before)


def _kept(step: Unpivot, before: Columns) -> Columns:
    matched = step.matched(before)
    return tuple(name for name in before if name not in matched)


def _listed(pointer: Pointer, names: Columns, among: Columns, kind: str) -> Iterator[Claim]:
    return (Claim((*pointer, n), name, among, kind) for n, name in enumerate(names))


def _renamed(step: Rename, before: Columns) -> Iterator[Claim]:
    others = [name for name in before if name not in dict(step.names)]
    for old, new in step.names:
        yield Claim((*step.pointer, old), old, before, "exact")
        yield Claim((*step.pointer, old), new, tuple(others), "new")
        others.append(new)


def _joined(step: Join, before: Columns, right: Columns) -> Iterator[Claim]:
    for left, other in step.on:
        yield Claim((*step.pointer, "on", left), left, before, "path")
        yield Claim((*step.pointer, "on", left), other, right, "path")
    yield from _listed((*step.pointer, "columns"), step.columns, right, "exact")
    yield from (Claim(step.pointer, step.prefix + name, before, "new") for name in step.taken(right))


def _grouped(step: Group, before: Columns) -> Iterator[Claim]:
    yield from _listed((*step.pointer, "by"), step.by, before, "path")
    for take in step.take:
        pointer = (*step.pointer, "take", take.column)
        yield Claim(pointer, take.column, before, "path")
        yield Claim(pointer, take.column, step.by, "new")


def _unpivoted(step: Unpivot, before: Columns) -> Iterator[Claim]:
    for name in step.columns:
        if not Unpivot(columns=(name,), kind="", value="").matched(before):
            yield Claim((*step.pointer, "columns"), name, before, "exact")
    kept = _kept(step, before)
    yield Claim((*step.pointer, "name"), step.kind, kept, "new")
    yield Claim((*step.pointer, "value"), step.value, (*kept, step.kind), "new")
