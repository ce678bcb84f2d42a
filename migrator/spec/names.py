"""The names that a mapping uses, checked against the source's columns and the target's catalog."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from migrator.errors import Problem
from migrator.located import Pointer
from migrator.records import CUSTOM, TEXT_KINDS, Catalog, Field, Kind, ObjectType
from migrator.spec.shapes import Headers, Shaped, all_headers, claims, follow
from migrator.spec.steps import Join, SetColumns
from migrator.spec.values import (
    ByLine,
    FileOf,
    From,
    ListOf,
    Lookup,
    MappingSpec,
    ObjectSpec,
    TableSpec,
    Value,
    lines_of,
)
from migrator.spelling import did_you_mean

Columns = tuple[str, ...]

_SHOWN = 8
_CLASH = defaultdict(lambda: "choose another name", join="state a 'prefix', or the 'columns' to add")
_NEEDS_PART = {Kind.TAGS: ("a category", ".Default"), Kind.ITEMS: ("a position and a part", "")}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Names:
    """One mapping, the catalog of its target, and the columns of each of its objects."""

    spec: MappingSpec
    catalog: Catalog
    columns: Mapping[str, Columns]

    def problem(self, code: str, pointer: Pointer, fact: str, hint: str = "") -> Problem:
        return Problem(code=code, place=self.spec.place(pointer), fact=fact, hint=hint)

    def column(self, name: str, item: ObjectSpec | TableSpec, pointer: Pointer) -> Iterator[Problem]:
        """Find a column, exactly or as the head of a path; columns that were not read are not judged."""
        columns = self.columns.get(item.name)
        if columns is None or name in columns or name.replace("[", ".").split(".")[0] in columns:
            return
        yield self.no_column(name, columns, ", ".join(item.tables), pointer)

    def no_column(self, name: str, columns: Columns, where: str, pointer: Pointer) -> Problem:
        """Tell that there is no such column, and which was meant."""
        fact = f"no column '{name}' in {where}"
        head = re.split(r"[.\[]", name, maxsplit=1)[0]
        hint = did_you_mean(name, columns) or did_you_mean(head, columns) or f"there are: {_some(columns)}"
        return self.problem("E015", pointer, fact, hint)

    def target_object(self, spelled: str) -> ObjectType | None:
        """Find the target's object behind the name in a lookup: an object of this mapping, or `target/x`."""
        if spelled.startswith("target/"):
            return self.catalog.objects.get(spelled.removeprefix("target/"))
        item = self.spec.objects.get(spelled)
        return self.catalog.objects.get(item.to) if item else None


def name_problems(
    spec: MappingSpec, catalog: Catalog, columns: Mapping[str, Columns], joined: Headers | None = None
) -> list[Problem]:
    """Check all names at once; `columns` holds the header of each object whose source was read, `joined` others."""
    headers = all_headers(spec, columns, joined)
    followed = {item.name: follow(spec, item, headers) for item in spec.objects.values()}
    after = {name: columns for name, (_steps, columns) in followed.items() if columns is not None}
    names = _Names(spec=spec, catalog=catalog, columns=after)
    found: list[Problem] = []
    for table in spec.prepared.values():
        found += _step_problems(names, table, follow(spec, table, headers)[0])
    for item in spec.objects.values():
        target = catalog.objects.get(item.to)
        found += _step_problems(names, item, followed[item.name][0])
        found += _row_problems(names, item)
        if target is None:
            hint = did_you_mean(item.to, catalog.objects) or f"there are: {_some(catalog.objects)}"
            pointer = (*item.pointer, "to")
            found.append(names.problem("E016", pointer, f"{catalog.connector} has no object '{item.to}'", hint))
        else:
            found += _object_problems(names, item, target)
    return list(dict.fromkeys(found))


def _row_problems(names: _Names, item: ObjectSpec) -> Iterator[Problem]:
    for column in item.key:
        yield from names.column(column, item, (*item.pointer, "key"))
    for field in item.fields:
        yield from _value_columns(names, item, field.value)
    if item.parent:
        yield from _lookup_columns(names, item, item.parent)


def _step_problems(names: _Names, item: ObjectSpec | TableSpec, steps: list[Shaped]) -> Iterator[Problem]:
    """Check the names in each step against the columns before it."""
    for step, before, right in steps:
        if before is None or right is None:
            return
        for pointer, name, among, kind in claims(step, before, right):
            head = name.replace("[", ".").split(".")[0] if kind == "path" else name
            if kind == "new" and name in among:
                yield names.problem("E013", pointer, f"the column '{name}' is there already", _CLASH[step.name])
            elif kind != "new" and name not in among and head not in among:
                tables = step.tables if isinstance(step, Join) and among is right else item.tables
                yield names.no_column(name, among, ", ".join(tables), pointer)
        if isinstance(step, SetColumns):
            seen = replace(names, columns={item.name: before})
            for _name, value in step.columns:
                yield from _value_columns(seen, item, value)


def _value_columns(names: _Names, item: ObjectSpec | TableSpec, value: Value) -> Iterator[Problem]:
    match value.form:
        case From(columns=columns):
            for column in columns:
                yield from names.column(column, item, value.pointer)
        case ListOf(items=items):
            for part in items:
                yield from _value_columns(names, item, part)
        case FileOf(column=column):
            yield from names.column(column, item, value.pointer)
        case Lookup():
            yield from _lookup_columns(names, item, value.form)
    if value.default:
        yield from _value_columns(names, item, value.default)


def _lookup_columns(names: _Names, item: ObjectSpec | TableSpec, lookup: Lookup) -> Iterator[Problem]:
    if lookup.column:
        yield from names.column(lookup.column, item, item.pointer)
    inputs = [pair for line in lines_of(lookup) for pair in line.inputs] + list(lookup.create or ())
    for _field, value in inputs:
        yield from _value_columns(names, item, value)


def _object_problems(names: _Names, item: ObjectSpec, target: ObjectType) -> Iterator[Problem]:
    stated = {field.name for field in item.fields}
    if not target.is_written:
        fact = f"{names.catalog.connector} does not write {target.name}, it only reads them"
        yield names.problem("E025", (*item.pointer, "to"), fact, "choose another object")
    for field in item.fields:
        yield from _field_problems(names, field.name, target, field.pointer)
        yield from _lookup_problems(names, field.value, target.field(field.name))
        if field.is_last and field.name in target.fields and target.fields[field.name].required:
            fact = f"'{field.name}' cannot wait: {names.catalog.connector} demands it when {target.name} are created"
            yield names.problem("E023", (*field.pointer, "write"), fact, "take 'write: last' out")
        if field.unknown_option == "append" and (known := target.field(field.name)) and not known.can_append:
            fact = f"{names.catalog.connector} has no way to add options to '{field.name}' of {target.name}"
            hint = "state options: reject, blank or send, or put {map: …} behind it"
            yield names.problem("E026", (*field.pointer, "options"), fact, hint)
    for line in item.match:
        for name in (name for part in line.parts for name in part):
            yield from _match_problems(names, name, target, line.pointer)
    if item.on_no_match == "create":
        for needed in _missing_required(target, stated):
            fact = f"{names.catalog.connector} demands '{needed}' of {target.name}, and no field gives it"
            yield names.problem("E023", (*item.pointer, "fields"), fact, f"add '{needed}'")
    if item.marker.field:
        yield from _field_problems(names, item.marker.field, target, item.marker.pointer)
    yield from _parent_problems(names, item, target)


def _field_problems(names: _Names, name: str, target: ObjectType, pointer: Pointer) -> Iterator[Problem]:
    field = target.field(name)
    if field is None:
        fact = f"{names.catalog.connector} has no field '{name}' in {target.name}"
        hint = did_you_mean(name, [*target.fields, *_customs(target)]) or _tag_hint(name, target) or _custom_hint(name)
        yield Problem(code="E016", place=names.spec.place(pointer, key=True), fact=fact, hint=hint)
    elif field.refused:
        place = names.spec.place(pointer, key=True)
        yield Problem(code="E021", place=place, fact=f"'{name}' may not be written", hint=field.refused)
    elif field.kind in _NEEDS_PART and name in target.fields:
        place = names.spec.place(pointer, key=True)
        what, part = _NEEDS_PART[field.kind]
        example = f"such as '{name}{part or f'[0].{next(iter(field.items))}'}'"
        yield Problem(code="E016", place=place, fact=f"'{name}' needs {what}", hint=example)


def _match_problems(names: _Names, name: str, target: ObjectType, pointer: Pointer) -> Iterator[Problem]:
    child = names.catalog.objects.get(name.partition(".")[0])
    is_below = child is not None and target.name in child.parent_ids and child.field(name.partition(".")[2]) is not None
    if is_below and all(item.to != name.partition(".")[0] for item in names.spec.objects.values()):
        hint = f"migrate '{name.partition('.')[0]}' in this mapping too"
        yield names.problem("E022", pointer, f"no object of this mapping gives '{name}'", hint)
    elif not is_below and target.field(name) is None and target.field(name.removesuffix("[]")) is None:
        hint = did_you_mean(name, target.fields)
        yield names.problem("E016", pointer, f"{names.catalog.connector} has no field '{name}' in {target.name}", hint)


def _lookup_problems(names: _Names, value: Value, field: Field | None) -> Iterator[Problem]:
    """Check the lookups of a field form; `field` is what they fill, None for a parent."""
    match value.form:
        case Lookup():
            yield from _reference_problems(names, value.form, field, value.pointer)
        case ListOf(items=items):
            for item in items:
                yield from _lookup_problems(names, item, field)
    if value.default:
        yield from _lookup_problems(names, value.default, field)


def _reference_problems(names: _Names, lookup: Lookup, field: Field | None, pointer: Pointer) -> Iterator[Problem]:
    for stated in lookup.objects:
        target = names.target_object(stated)
        if target is not None:
            yield from _kind_problems(names, field, target, pointer)
            yield from _line_problems(names, lookup, (stated, target), pointer)
        elif stated not in names.spec.objects:  # else its own object was told to be unknown
            known = [*names.spec.objects, *(f"target/{name}" for name in names.catalog.objects)]
            hint = did_you_mean(stated, known) or f"there are: {_some(known)}"
            yield names.problem("E012", (*pointer, "lookup"), f"unknown object '{stated}'", hint)


def _kind_problems(names: _Names, field: Field | None, target: ObjectType, pointer: Pointer) -> Iterator[Problem]:
    if field and field.kind is Kind.REFERENCE and field.references not in {"", target.name}:
        fact = f"'{field.name}' points at {field.references}, not at {target.name}"
        yield names.problem("E022", (*pointer, "lookup"), fact)
    elif field and field.kind not in {Kind.REFERENCE, *TEXT_KINDS}:
        yield names.problem("E022", pointer, f"'{field.name}' is no reference, it holds {field.kind}")


def _line_problems(names: _Names, lookup: Lookup, asked: tuple[str, ObjectType], pointer: Pointer) -> Iterator[Problem]:
    """Check what the lines of a lookup can do: find by key only what the mapping has, create only what can exist."""
    stated, target = asked
    outside = stated.startswith("target/")
    for line in lines_of(lookup):
        if line.kind in {"key", "row"} and outside:
            fact = f"'{stated}' is no object of this mapping and has no {line.kind}s"
            yield names.problem("E022", line.pointer, fact, "look it up by 'id' or by its fields")
        if line.fields and not target.is_listed:
            fact = f"{target.name} cannot be listed, so no field finds one"
            yield names.problem("E022", line.pointer, fact, "use key")
        for name, value in line.inputs if line.kind == "fields" else ():
            if target.field(name) is None:
                fact = f"{names.catalog.connector} has no field '{name}' in {target.name}"
                yield names.problem("E016", (*line.pointer, name), fact, did_you_mean(name, target.fields))
            yield from _lookup_problems(names, value, target.field(name))
        if line.kind == "row":
            yield from _row_line_problems(names, line, stated)
    creates = lookup.on_missing == "create" or any(
        other.creates for other in (lookup.fallback, lookup.on_blank) if other
    )
    if stated == lookup.objects[0] and (creates or lookup.create):
        yield from _create_problems(names, lookup, asked, pointer)


def _row_line_problems(names: _Names, line: ByLine, stated: str) -> Iterator[Problem]:
    if stated in names.spec.objects:
        for name, _value in line.inputs:
            yield from names.column(name, names.spec.objects[stated], (*line.pointer, "row", name))


def _create_problems(
    names: _Names, lookup: Lookup, asked: tuple[str, ObjectType], pointer: Pointer
) -> Iterator[Problem]:
    stated, target = asked
    for name, value in lookup.create or ():
        yield from _field_problems(names, name, target, value.pointer)
        yield from _lookup_problems(names, value, target.field(name))
    if stated.startswith("target/"):
        fact = f"'{stated}' is not migrated here, so nothing is created in it"
        yield names.problem("E022", (*pointer, "on_missing"), fact, "make it an object of this mapping")
        return
    given = []
    if lookup.on_missing == "create":
        given = (
            [{name for name, _ in lookup.create}]
            if lookup.create
            else [set(line.fields) for line in lookup.lines if line.fields] or [set()]
        )
    given += [set(other.line.fields) for other in (lookup.fallback, lookup.on_blank) if other and other.creates]
    for fields in given:
        for needed in _missing_required(target, fields):
            fact = f"a new record of {target.name} would lack '{needed}'"
            yield names.problem("E023", (*pointer, "on_missing"), fact, "state it under 'create'")


def _parent_problems(names: _Names, item: ObjectSpec, target: ObjectType) -> Iterator[Problem]:
    if item.parent is None:
        return
    pointer = (*item.pointer, "parent")
    for parent in filter(None, map(names.target_object, item.parent.objects)):
        if parent.name not in target.parents:
            hint = f"it lives under: {', '.join(target.parents)}" if target.parents else "take 'parent' out"
            yield names.problem("E022", pointer, f"{target.name} do not live under {parent.name}", hint)
    yield from _reference_problems(names, item.parent, None, pointer)


def _missing_required(target: ObjectType, given: set[str]) -> list[str]:
    return [field.name for field in target.fields.values() if field.required and field.name not in given]


def _customs(target: ObjectType) -> list[str]:
    return [CUSTOM + label for label in target.labels]


def _tag_hint(name: str, target: ObjectType) -> str:
    whole = name.partition(".")[0]
    return f"'{whole}' holds no parts" if whole in target.fields else ""


def _custom_hint(name: str) -> str:
    return "ask the account for its own fields: 'check --online', or 'discover'" if name.startswith(CUSTOM) else ""


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
