"""A whole mapping, compiled and checked: every problem of it at once, or functions that are ready for rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrator.errors import SpecError
from migrator.planner.forms import ReadMap, Scope
from migrator.planner.labels import with_keys
from migrator.planner.order import Order, order_objects
from migrator.planner.rows import RowFunction
from migrator.planner.shaping.steps import CompiledStep, compile_steps
from migrator.records import Catalog, Field, Kind, ObjectType, Tier
from migrator.spec.names import name_problems
from migrator.spec.shapes import Headers, all_headers
from migrator.spec.values import Lookup, MappingSpec, ObjectSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Fields of a target's object by which a record is recognised, in order of their names, each with its kind.

    `keyed` are those that the mapping does not write: they are compared with the bare source key.
    """

    number: int
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    keyed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledObject:
    """One object, ready for rows. `lines` are the match lines, `asked` the fields by which lookups may ask for it.

    `columns` are those after all steps; `is_asked` tells whether some lookup asks for its rows.
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
    is_asked: bool = False

    @property
    def tier(self) -> Tier:
        """Give the promise that holds for creates of this object."""
        return self.target.tier if self.marker or self.target.tier is not Tier.MARKER else Tier.BLIND


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """A whole mapping, ready for rows, with the order in which its objects are written."""

    spec: MappingSpec
    catalog: Catalog
    objects: Mapping[str, CompiledObject]
    order: Order

    def by_number(self, number: int) -> CompiledObject:
        """Find an object by its number."""
        return next(item for item in self.objects.values() if item.number == number)

    def lookup(self, name: str, field: str) -> Lookup:
        """Find the lookup of a field; the parent's under its own name."""
        item = self.objects[name].item
        found = next((known.value.form for known in item.fields if known.name == field), item.parent)
        if not isinstance(found, Lookup):
            raise KeyError(field)
        return found


def compile_mapping(
    spec: MappingSpec,
    catalog: Catalog,
    columns: Mapping[str, tuple[str, ...]],
    read_map: ReadMap,
    joined: Headers | None = None,
) -> Compiled:
    """Compile all objects; `columns` holds the header of each, `joined` those of tables that are joined.

    Raises SpecError with all that is wrong.
    """
    problems = name_problems(spec, catalog, columns, joined)
    headers = all_headers(spec, columns, joined)
    spec = with_keys(spec, catalog)
    for table in spec.prepared.values():
        scope = Scope(spec=spec, columns=(), read_map=read_map)
        compile_steps(table, headers, scope)
        problems += scope.problems
    objects: dict[str, CompiledObject] = {}
    for number, item in enumerate(spec.objects.values(), start=1):
        if item.to in catalog.objects:
            scope = Scope(spec=spec, columns=(), read_map=read_map)
            steps, after = compile_steps(item, headers, scope)
            scope = replace(scope, columns=after)
            objects[item.name] = _compile_object(number, item, scope, catalog, steps)
            problems += scope.problems
    if problems:
        unique = {str(problem): problem for problem in problems}
        raise SpecError(*sorted(unique.values(), key=_place_order))
    return Compiled(spec=spec, catalog=catalog, objects=objects, order=order_objects(spec.objects, catalog))


def _place_order(problem: Any) -> tuple[int, int]:
    parts = problem.place.rsplit(":", 2)
    return (int(parts[1]), int(parts[2])) if len(parts) > 2 else (0, 0)  # noqa: PLR2004 - file, line, column


def _compile_object(
    number: int, item: ObjectSpec, scope: Scope, catalog: Catalog, steps: tuple[CompiledStep, ...]
) -> CompiledObject:
    target = catalog.objects[item.to]
    written = {field.name for field in item.fields}
    lines = [_line(n, line.fields, target, written) for n, line in enumerate(item.match)]
    matched = {line.names for line in lines}
    asked = [line for line in asked_lines(scope.spec, target) if line.names not in matched]
    return CompiledObject(
        number=number,
        item=item,
        target=target,
        read=RowFunction(item, target, scope, catalog),
        columns=scope.columns,
        steps=steps,
        lines=tuple(lines),
        asked=tuple(asked),
        marker=_marker(item, target, written),
        is_asked=_is_asked(item.name, scope.spec),
    )


def _is_asked(name: str, spec: MappingSpec) -> bool:
    """Tell whether some lookup asks for rows of an object."""
    lines = (line for lookup in all_lookups(spec) if name in lookup.objects for line in lookup.lines)
    return any(line.kind in {"key", "row"} for line in lines)


def _marker(item: ObjectSpec, target: ObjectType, written: set[str]) -> str:
    """Name the field that keeps our marker; none if the mapping itself writes that field, with values of its own."""
    field = item.marker.field or target.marker
    return "" if field in written else field


def _line(number: int, names: tuple[str, ...], target: ObjectType, written: set[str]) -> Line:
    ordered = tuple(sorted(names))
    kinds = tuple((target.field(name) or Field(name=name, kind=Kind.TEXT)).kind for name in ordered)
    keyed = tuple(name for name in ordered if name not in written)
    return Line(number=number, names=ordered, kinds=kinds, keyed=keyed)


def asked_lines(spec: MappingSpec, target: ObjectType) -> list[Line]:
    """Find every set of fields by which some lookup of the mapping asks for records of a target's object."""
    found: dict[tuple[str, ...], Line] = {}
    for lookup in all_lookups(spec):
        for line in lookup.lines:
            if line.fields and spec.asked_object(lookup.objects[0]) == target.name:
                found[line.fields] = _line(0, line.fields, target, set(line.fields))
    return list(found.values())


def all_lookups(spec: MappingSpec) -> list[Lookup]:
    """Give every lookup of a mapping."""
    found = [field.value.form for item in spec.objects.values() for field in item.fields]
    found += [item.parent for item in spec.objects.values() if item.parent]
    return [form for form in found if isinstance(form, Lookup)]
