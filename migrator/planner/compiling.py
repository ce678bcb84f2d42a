"""A whole mapping, compiled and checked: every problem of it at once, or functions that are ready for rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrator.errors import SpecError
from migrator.planner.asking import Asking
from migrator.planner.forms import ReadFiles, Scope
from migrator.planner.known import KnownLookup, LookupBook
from migrator.planner.labels import with_keys
from migrator.planner.levels import Lined, plan_levels
from migrator.planner.lines import Line
from migrator.planner.order import Order, order_objects
from migrator.planner.recognising import asked_lines, match_line
from migrator.planner.rows import RowFunction
from migrator.planner.shaping.steps import CompiledStep, compile_steps
from migrator.records import Catalog, ObjectType, Tier
from migrator.spec.names import name_problems
from migrator.spec.shapes import Headers, all_headers
from migrator.spec.values import Lookup, MappingSpec, ObjectSpec, all_lookups


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledObject:
    """One object, ready for rows.

    `lines` are the match lines, `asked` the fields by which lookups may ask for it. `match_level` and `asked_level`
    count after how many rounds of lookups the two can be stated; 0 for at once. `columns` are those after all steps;
    `is_asked` tells whether some lookup asks for its rows.
    """

    number: int
    item: ObjectSpec
    target: ObjectType
    read: RowFunction
    columns: tuple[str, ...]
    steps: tuple[CompiledStep, ...]
    lines: tuple[Line, ...]
    asked: tuple[Line, ...]
    marker: str
    match_level: int = 0
    asked_level: int = 0
    is_asked: bool = False

    @property
    def tier(self) -> Tier:
        """Give the promise that holds for creates of this object."""
        return self.target.tier if self.marker or self.target.tier is not Tier.MARKER else Tier.BLIND


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """A whole mapping, ready for rows, with the order in which its objects are written.

    `lookups` are all lookups by their numbers, `waves` for each the rounds in which its lines are resolved.
    """

    spec: MappingSpec
    catalog: Catalog
    objects: Mapping[str, CompiledObject]
    order: Order
    lookups: tuple[KnownLookup, ...]
    waves: tuple[tuple[int, ...], ...]

    def by_number(self, number: int) -> CompiledObject:
        """Find an object by its number."""
        return next(item for item in self.objects.values() if item.number == number)

    def lookup(self, name: str, slot: str) -> Lookup:
        """Find a lookup of an object's own fields; the parent's under its own name. Raises KeyError."""
        own = {known.slot: known.lookup for known in reversed(self.lookups) if known.owner == name}
        return own[slot]


def compile_mapping(
    spec: MappingSpec,
    catalog: Catalog,
    columns: Mapping[str, tuple[str, ...]],
    read: ReadFiles,
    joined: Headers | None = None,
) -> Compiled:
    """Compile all objects; `columns` holds the header of each, `joined` those of tables that are joined.

    Raises SpecError with all that is wrong.
    """
    problems = name_problems(spec, catalog, columns, joined)
    headers = all_headers(spec, columns, joined)
    spec = with_keys(spec, catalog)
    scope = Scope(spec=spec, columns=(), read=read, problems=problems)
    for table in spec.prepared.values():
        compile_steps(table, headers, scope)
    objects: dict[str, CompiledObject] = {}
    book = LookupBook(spec=spec, catalog=catalog)
    for number, item in enumerate(spec.objects.values(), start=1):
        if item.to in catalog.objects:
            steps, after = compile_steps(item, headers, scope)
            objects[item.name] = _compile_object(number, item, replace(scope, columns=after), book, steps)
    levels = plan_levels(map(_lined, objects.values()), book)
    problems += levels.problems
    if problems:
        unique = {str(problem): problem for problem in problems}
        raise SpecError(*sorted(unique.values(), key=_place_order))
    return Compiled(
        spec=spec,
        catalog=catalog,
        objects={
            name: replace(item, match_level=levels.match[name], asked_level=levels.asked[name])
            for name, item in objects.items()
        },
        order=order_objects(spec.objects, catalog),
        lookups=tuple(book.all),
        waves=levels.waves,
    )


def _place_order(problem: Any) -> tuple[int, int]:
    parts = problem.place.rsplit(":", 2)
    return (int(parts[1]), int(parts[2])) if len(parts) > 2 else (0, 0)  # noqa: PLR2004 - file, line, column


def _compile_object(
    number: int, item: ObjectSpec, scope: Scope, book: LookupBook, steps: tuple[CompiledStep, ...]
) -> CompiledObject:
    target = book.catalog.objects[item.to]
    lines = tuple(match_line(n, line, item, book.catalog) for n, line in enumerate(item.match))
    matched = {line.names for line in lines}
    asked = (line for line in asked_lines(book.spec, target, book.catalog, item) if line.names not in matched)
    return CompiledObject(
        number=number,
        item=item,
        target=target,
        read=RowFunction(item, target, Asking(owner=item.name, scope=scope, book=book)),
        columns=scope.columns,
        steps=steps,
        lines=lines,
        asked=tuple(asked),
        marker=_marker(item, target),
        is_asked=_is_asked(item.name, scope.spec),
    )


def _lined(item: CompiledObject) -> Lined:
    return Lined(item.item.name, item.item.to, item.lines, item.asked, item.item.pointer)


def _is_asked(name: str, spec: MappingSpec) -> bool:
    """Tell whether some lookup asks for rows of an object."""
    lines = (line for lookup in all_lookups(spec) if name in lookup.objects for line in lookup.lines)
    return any(line.kind in {"key", "row"} for line in lines)


def _marker(item: ObjectSpec, target: ObjectType) -> str:
    """Name the field that keeps our marker; none if the mapping itself writes that field, with values of its own."""
    field = item.marker.field or target.marker
    return "" if field in {one.name for one in item.fields} else field
