"""The steps of `rows:`, as values, and how they are read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from migrator.located import Pointer
from migrator.spec.forms import Scope, as_names, read_value
from migrator.spec.tables import read_tables
from migrator.spec.values import RowStep, Value

Columns = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Keeps the rows for which an expression is true."""

    name: ClassVar[str] = "where"
    expression: str
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """Refuses the rows for which an expression is true; `because` is text or a template."""

    name: ClassVar[str] = "reject"
    when: str
    because: str
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SetColumns:
    """Adds columns, each of which sees the columns before the step."""

    name: ClassVar[str] = "set"
    columns: tuple[tuple[str, Value], ...]
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rename:
    """Gives columns, each by its old name, a new one."""

    name: ClassVar[str] = "rename"
    names: tuple[tuple[str, str], ...]
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Distinct:
    """Keeps the first row of each value; the keys of the others stand for it."""

    name: ClassVar[str] = "distinct"
    columns: Columns
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Join:
    """Adds the columns of a partner row; `on` holds pairs of a left and a right column. Empty `several`: an error."""

    name: ClassVar[str] = "join"
    tables: Columns
    on: tuple[tuple[str, str], ...]
    columns: Columns = ()
    prefix: str = ""
    unmatched: str = "keep"
    several: str = ""
    pointer: Pointer = ()

    def taken(self, right: Columns) -> Columns:
        """Name the columns of the other table that are added: those stated, or all but those it is joined on."""
        asked = {name for _left, name in self.on}
        return self.columns or tuple(name for name in right if name not in asked)


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitRows:
    """Makes a row of each part of a text, or of each item of a list; `index` names a column with the position."""

    name: ClassVar[str] = "split_rows"
    column: str
    by: str = ""
    index: str = ""
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpivot:
    """Makes a row of each of several columns that is not blank; a name may be a pattern with `*`."""

    name: ClassVar[str] = "unpivot"
    columns: Columns
    kind: str
    value: str
    pointer: Pointer = ()

    def matched(self, columns: Columns) -> Columns:
        """Name the columns that are turned into rows, in the order of the table."""
        patterns = [re.escape(name).replace(r"\*", ".*") for name in self.columns]
        return tuple(name for name in columns if any(re.fullmatch(pattern, name, re.DOTALL) for pattern in patterns))


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """What a group makes of one column: `first`, `last`, `sum`, `min`, `max`, `list`, or `join` with a separator."""

    column: str
    kind: str
    separator: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Makes one row of all that agree in some columns."""

    name: ClassVar[str] = "group"
    by: Columns
    take: tuple[Take, ...]
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FillDown:
    """Fills blank cells with the value above."""

    name: ClassVar[str] = "fill_down"
    columns: Columns
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sort:
    """Puts the rows in order: numbers by value, else by text, blanks last."""

    name: ClassVar[str] = "sort"
    columns: Columns
    pointer: Pointer = ()


_Read = Callable[[Any, Pointer, Scope], RowStep]


def read_steps(raw: list[Mapping[str, Any]], pointer: Pointer, scope: Scope) -> tuple[RowStep, ...]:
    """Read `rows:`."""
    named = [(n, *next(iter(step.items()))) for n, step in enumerate(raw)]
    return tuple(_READERS[name](argument, (*pointer, n, name), scope) for n, name, argument in named)


def _read_set(raw: Any, pointer: Pointer, scope: Scope) -> RowStep:
    columns = tuple((name, read_value(form, (*pointer, name), scope)) for name, form in raw.items())
    return SetColumns(columns=columns, pointer=pointer)


def _read_join(raw: Any, pointer: Pointer, scope: Scope) -> RowStep:
    return Join(
        tables=read_tables(raw["with"], (*pointer, "with"), scope),
        on=tuple(raw["on"].items()),
        columns=tuple(dict.fromkeys(raw.get("columns", ()))),
        prefix=raw.get("prefix", ""),
        unmatched=raw.get("unmatched", "keep"),
        several=raw.get("several", ""),
        pointer=pointer,
    )


def _read_unpivot(raw: Any, pointer: Pointer, _scope: Scope) -> RowStep:
    return Unpivot(columns=as_names(raw["columns"]), kind=raw["name"], value=raw["value"], pointer=pointer)


def _read_group(raw: Any, pointer: Pointer, _scope: Scope) -> RowStep:
    take = (
        Take(column=column, kind=how)
        if isinstance(how, str)
        else Take(column=column, kind="join", separator=how["join"])
        for column, how in raw["take"].items()
    )
    return Group(by=tuple(dict.fromkeys(raw["by"])), take=tuple(take), pointer=pointer)


_READERS: Mapping[str, _Read] = {
    "where": lambda raw, pointer, _scope: Where(expression=raw, pointer=pointer),
    "reject": lambda raw, pointer, _scope: Reject(when=raw["when"], because=raw["because"], pointer=pointer),
    "set": _read_set,
    "rename": lambda raw, pointer, _scope: Rename(names=tuple(raw.items()), pointer=pointer),
    "distinct": lambda raw, pointer, _scope: Distinct(columns=tuple(raw), pointer=pointer),
    "join": _read_join,
    "split_rows": lambda raw, pointer, _scope: SplitRows(**raw, pointer=pointer),
    "unpivot": _read_unpivot,
    "group": _read_group,
    "fill_down": lambda raw, pointer, _scope: FillDown(columns=tuple(raw), pointer=pointer),
    "sort": lambda raw, pointer, _scope: Sort(columns=tuple(raw), pointer=pointer),
}
