"""A whole mapping, compiled and checked: every problem of it at once, or functions that are ready for rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrator.errors import SpecError
from migrator.planner.asking import Asking, is_reference
from migrator.planner.folding import whole_of
from migrator.planner.forms import ReadFile, ReadMap, Scope, compile_where, no_files
from migrator.planner.known import KnownLookup, LookupBook
from migrator.planner.labels import with_keys
from migrator.planner.levels import Lined, plan_levels
from migrator.planner.lines import PARENT, Line, Part, make_part
from migrator.planner.order import Order, order_objects
from migrator.planner.paths import Getter, make_getter
from migrator.planner.rows import RowFunction
from migrator.records import Catalog, ObjectType, Tier
from migrator.spec.names import name_problems
from migrator.spec.values import Lookup, MappingSpec, MatchLine, ObjectSpec, all_lookups, lines_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A compiled row step: a condition for `where`, or the getters of `distinct`."""

    number: int
    name: str
    condition: Any = None
    getters: tuple[Getter, ...] = ()
    says_key: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledObject:
    """One object, ready for rows.

    `lines` are the match lines, `asked` the fields by which lookups may ask for it. `match_level` and `asked_level`
    count after how many rounds of lookups the two can be stated; 0 for at once.
    """

    number: int
    item: ObjectSpec
    target: ObjectType
    read: RowFunction
    columns: tuple[str, ...]
    steps: tuple[Step, ...]
    lines: tuple[Line, ...]
    asked: tuple[Line, ...]
    marker: str
    match_level: int = 0
    asked_level: int = 0

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
    read_map: ReadMap,
    read_file: ReadFile = no_files,
) -> Compiled:
    """Compile all objects; `columns` holds the header of each. Raises SpecError with all that is wrong."""
    problems = name_problems(spec, catalog, columns)
    spec = with_keys(spec, catalog)
    objects: dict[str, CompiledObject] = {}
    book = LookupBook(spec=spec, catalog=catalog)
    for number, item in enumerate(spec.objects.values(), start=1):
        if item.to in catalog.objects:
            scope = Scope(spec=spec, columns=columns.get(item.name, ()), read_map=read_map, read_file=read_file)
            objects[item.name] = _compile_object(number, item, scope, book)
            problems += scope.problems
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


def _compile_object(number: int, item: ObjectSpec, scope: Scope, book: LookupBook) -> CompiledObject:
    target = book.catalog.objects[item.to]
    written = {field.name for field in item.fields}
    lines = tuple(_match_line(n, line, item, book.catalog) for n, line in enumerate(item.match))
    matched = {line.names for line in lines}
    asked = (line for line in asked_lines(book.spec, target, book.catalog, item) if line.names not in matched)
    return CompiledObject(
        number=number,
        item=item,
        target=target,
        read=RowFunction(item, target, Asking(owner=item.name, scope=scope, book=book)),
        columns=scope.columns,
        steps=tuple(_compile_steps(item, scope)),
        lines=lines,
        asked=tuple(asked),
        marker=_marker(item, target, written),
    )


def _lined(item: CompiledObject) -> Lined:
    return Lined(item.item.name, item.item.to, item.lines, item.asked, item.item.pointer)


def _marker(item: ObjectSpec, target: ObjectType, written: set[str]) -> str:
    """Name the field that keeps our marker; none if the mapping itself writes that field, with values of its own."""
    field = item.marker.field or target.marker
    return "" if field in written else field


def _match_line(number: int, line: MatchLine, item: ObjectSpec, catalog: Catalog) -> Line:
    """Compile a match line; a child record is looked for among the children of its own parent."""
    target = catalog.objects[item.to]
    is_child = item.parent is not None and bool(target.parent_ids)
    parts = [make_part(names, target, catalog) for names in (*line.parts, *([(PARENT,)] if is_child else []))]
    parts.sort(key=lambda part: part.name)
    written = {whole_of(field.name) for field in item.fields} | {PARENT}
    keyed = (part.name for part in parts if not part.is_many and part.name not in written)
    return Line(number, tuple(parts), tuple(keyed), _references(parts, item))


def _references(parts: Iterable[Part], item: ObjectSpec) -> tuple[str, ...]:
    late = {field.name for field in item.fields if is_reference(field.value)} | {PARENT}
    return tuple(part.name for part in parts if part.name in late or part.child)


def asked_lines(spec: MappingSpec, target: ObjectType, catalog: Catalog, item: ObjectSpec | None = None) -> list[Line]:
    """Find every set of fields by which some lookup of the mapping asks for records of a target's object."""
    found: dict[tuple[str, ...], Line] = {}
    for lookup in all_lookups(spec):
        if all(spec.asked_object(name) != target.name for name in lookup.objects):
            continue
        for line in lines_of(lookup):
            if line.fields:
                parts = tuple(make_part((name,), target, catalog) for name in line.fields)
                found[line.fields] = Line(0, parts, (), _references(parts, item) if item else ())
    return list(found.values())


def _compile_steps(item: ObjectSpec, scope: Scope) -> list[Step]:
    steps = []
    for number, step in enumerate(item.rows, start=1):
        if step.name == "where":
            condition = compile_where(step.argument, step.pointer, scope)
            steps.append(Step(number=number, name=step.name, condition=condition))
            continue
        known = [name for name in step.argument if name in scope.columns]
        getters = tuple(make_getter(name, scope.columns) for name in known)
        says_key = set(item.key) <= set(step.argument)
        steps.append(Step(number=number, name=step.name, getters=getters, says_key=says_key))
    return steps
