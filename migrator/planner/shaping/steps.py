"""The steps of an object or a prepared table, compiled: each makes rows of rows, and tells the keys that they have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrator.planner.asking import key_text
from migrator.planner.forms import Scope, getter_of
from migrator.planner.paths import Getter
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.shaping.bench import Make
from migrator.planner.shaping.distinct import make_distinct
from migrator.planner.shaping.each import (
    make_fill_down,
    make_reject,
    make_rename,
    make_set,
    make_split_rows,
    make_unpivot,
    make_where,
)
from migrator.planner.shaping.grouping import make_group
from migrator.planner.shaping.joining import make_join
from migrator.planner.shaping.sorting import make_sort
from migrator.spec.shapes import Headers, Shaped, earlier_name, follow
from migrator.spec.steps import (
    Columns,
    Distinct,
    FillDown,
    Group,
    Join,
    Reject,
    Rename,
    SetColumns,
    Sort,
    SplitRows,
    Unpivot,
    Where,
)
from migrator.spec.values import ObjectSpec, TableSpec

KeyOf = Callable[[Sequence[Any]], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledTable:
    """A table to be joined, ready for rows: by what its rows are found, and what is taken of them."""

    tables: tuple[str, ...]
    is_trimmed: bool
    steps: "tuple[CompiledStep, ...]"
    on: tuple[Getter, ...]
    taken: tuple[Getter, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledStep:
    """A step ready for rows. `key` tells the key that a row before it would have; empty where a later step makes it.

    `says_key`: rows that agree in it have one key.
    """

    number: int
    name: str
    make: Make
    key: KeyOf
    says_key: bool = True
    table: CompiledTable | None = None


def compile_steps(
    item: ObjectSpec | TableSpec, headers: Headers, scope: Scope
) -> tuple[tuple[CompiledStep, ...], Columns]:
    """Compile all steps of an object or a table; gives with them the columns after the last."""
    shaped, after = follow(scope.spec, item, headers)
    names: tuple[str, ...] = item.key if isinstance(item, ObjectSpec) else ()
    steps: list[CompiledStep] = []
    for number, one in reversed(list(enumerate(shaped, start=1))):
        names = tuple(earlier_name(one.step, name) for name in names)
        before = replace(scope, columns=one.before or ())
        steps.append(_compile(number, one, names, (before, headers)))
    return tuple(reversed(steps)), after or ()


def _compile(number: int, one: Shaped, key: tuple[str, ...], known: tuple[Scope, Headers]) -> CompiledStep:
    step, (scope, headers) = one.step, known
    return CompiledStep(
        number=number,
        name=step.name,
        make=_make(one, scope),
        key=_key_of(key, scope),
        says_key=not isinstance(step, Distinct) or set(key) <= set(step.columns),
        table=_compile_table(step, headers, scope) if isinstance(step, Join) else None,
    )


def _make(one: Shaped, scope: Scope) -> Make:
    if isinstance(one.step, Join):
        return make_join(one.step, scope, one.right or ())
    return _MAKERS[type(one.step)](one.step, scope)


_MAKERS: dict[type, Callable[[Any, Scope], Make]] = {
    Where: make_where,
    Reject: make_reject,
    SetColumns: make_set,
    Rename: make_rename,
    Distinct: make_distinct,
    SplitRows: make_split_rows,
    Unpivot: make_unpivot,
    Group: make_group,
    FillDown: make_fill_down,
    Sort: make_sort,
}


def _compile_table(step: Join, headers: Headers, scope: Scope) -> CompiledTable:
    table = scope.spec.table(step.tables)
    steps, after = compile_steps(table, headers, scope)
    right = replace(scope, columns=after)
    return CompiledTable(
        tables=table.tables,
        is_trimmed=table.is_trimmed,
        steps=steps,
        on=tuple(getter_of(name, right) for _left, name in step.on),
        taken=tuple(_cell(name, right) for name in step.taken(after)),
    )


def _cell(name: str, scope: Scope) -> Getter:
    """Take a cell as it is, also one whose value cannot be had: that is told where it is used."""
    position = scope.columns.index(name) if name in scope.columns else 0
    return lambda cells: cells[position]


def _key_of(names: tuple[str, ...], scope: Scope) -> KeyOf:
    """Make the function from a row's cells to its key; empty where it is not known."""
    if not names or not all(names):
        return lambda _cells: ""
    gets = [getter_of(name, scope) for name in names]

    def key(cells: Sequence[Any]) -> str:
        try:
            parts = [get(cells) for get in gets]
        except ValueRefusedError:
            return ""
        if any(part is None for part in parts):
            return ""
        return key_text(parts[0]) if len(parts) == 1 else key_text(parts)

    return key
