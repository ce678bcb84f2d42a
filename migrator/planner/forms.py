"""Field forms → functions of a row's cells, compiled once: nothing is interpreted per cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from migrator.contracts import dotted
from migrator.errors import Problem
from migrator.located import Pointer
from migrator.planner.naming import Names, TemplateRefusedError
from migrator.planner.paths import Getter, make_getter
from migrator.planner.refusal import Noted, ValueRefusedError
from migrator.planner.transforms.registry import transform_kinds
from migrator.planner.transforms.spec import Apply, Making, as_text
from migrator.spec.values import Constant, FileOf, From, Lines, ListOf, MappingSpec, Template, Transform, Value
from migrator.spelling import did_you_mean

Cells = Sequence[Any]


class Note(NamedTuple):
    """Something that was done to a value and that the plan must say; the value itself where the plan counts it."""

    code: str
    fact: str
    value: str = ""


Get = Callable[[Cells, list[Note]], Any]
ReadFile = Callable[[str], str]


def no_files(name: str) -> str:
    """Refuse: whoever compiles without a source has none."""
    raise ValueRefusedError("E117", "there are no files here", value=name)


class ReadFiles(NamedTuple):
    """What reads files of the source: small ones as tables of keys and values, and others as text."""

    pairs: Callable[[Mapping[str, str]], dict[str, str]]
    text: ReadFile = no_files


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What forms of one object may name, and where their problems go."""

    spec: MappingSpec
    columns: tuple[str, ...]
    read: ReadFiles
    problems: list[Problem] = field(default_factory=list)

    def names(self) -> Names:
        """Give what a template may name."""
        return Names(columns=self.columns, getter=lambda name: make_getter(name, self.columns), vars=self.spec.vars)

    def refuse(self, code: str, pointer: Pointer, fact: str, hint: str = "") -> None:
        """Note a problem of the mapping."""
        place = self.spec.place(pointer)
        self.problems.append(Problem(code=code, place=place, fact=f"{fact} in {dotted(pointer)}", hint=hint))


def compile_value(value: Value, scope: Scope) -> Get:
    """Make the function of a field form with all that stands beside it but `required`; None is blank.

    The function raises ValueRefusedError. What the mapping has wrong goes to the scope's problems.
    """
    base = _compile_form(value, scope)
    chain = compile_chain(value, scope)
    default = compile_value(value.default, scope) if value.default else None
    condition = _compile_condition(value.when, value.pointer, scope) if value.when else None
    if condition is None and default is None:
        return base if chain is None else _chained(base, chain)

    def get(cells: Cells, notes: list[Note]) -> Any:
        found = None
        if condition is None or condition(cells):
            found = base(cells, notes)
            if found is not None and chain is not None:
                found = chain(found, notes)
        return default(cells, notes) if found is None and default is not None else found

    return get


def _chained(base: Get, chain: Get) -> Get:
    def get(cells: Cells, notes: list[Note]) -> Any:
        found = base(cells, notes)
        return None if found is None else chain(found, notes)

    return get


def _compile_form(value: Value, scope: Scope) -> Get:
    match value.form:
        case From(columns=columns):
            return _first_of([getter_of(name, scope) for name in columns])
        case Template(text=text):
            return _template(text, value.pointer, scope)
        case Constant(value=constant):
            return lambda _cells, _notes: constant
        case ListOf(items=items):
            return _list_of(items, scope)
        case Lines(templates=templates, separator=separator):
            return _lines(templates, separator, value.pointer, scope)
        case FileOf(column=column):
            return _content_of(getter_of(column, scope), scope.read.text)
    return _blank


def _blank(_cells: Cells, _notes: list[Note]) -> None:
    return None


def getter_of(name: str, scope: Scope) -> Getter:
    """Find a source name; one that there is not was told by the check of names already."""
    try:
        return make_getter(name, scope.columns)
    except KeyError:
        return lambda _cells: None


def _first_of(getters: list[Getter]) -> Get:
    if len(getters) == 1:
        get = getters[0]
        return lambda cells, _notes: get(cells)
    return lambda cells, _notes: next((found for get in getters if (found := get(cells)) is not None), None)


def _compile_text(text: str, scope: Scope) -> tuple[Getter, frozenset[str]]:
    """Make the function of a template. Raises TemplateRefusedError."""
    from migrator.planner.templates import compile_text  # noqa: PLC0415 - Jinja2 is for mappings that have a template

    return compile_text(text, scope.names())


def _template(text: str, pointer: Pointer, scope: Scope) -> Get:
    try:
        render, _used = _compile_text(text, scope)
    except TemplateRefusedError as error:
        scope.refuse("E017", pointer, error.fact, error.hint)
        return _blank
    return lambda cells, _notes: render(cells)


def _compile_condition(text: str, pointer: Pointer, scope: Scope) -> Callable[[Cells], bool] | None:
    from migrator.planner.templates import compile_condition  # noqa: PLC0415 - the same

    try:
        return compile_condition(text, scope.names())[0]
    except TemplateRefusedError as error:
        scope.refuse("E017", pointer, error.fact, error.hint)
        return None


def compile_where(text: str, pointer: Pointer, scope: Scope) -> Callable[[Cells], bool]:
    """Make the function of a condition that stands for itself."""
    return _compile_condition(text, pointer, scope) or (lambda _cells: True)


def _list_of(items: tuple[Value, ...], scope: Scope) -> Get:
    """Gather values in one list, flat, without blanks and repeats; constants alone keep nothing alive."""
    gets = [(compile_value(item, scope), isinstance(item.form, Constant)) for item in items]
    has_rows = not all(is_constant for _get, is_constant in gets)

    def get(cells: Cells, notes: list[Note]) -> Any:
        found: list[Any] = []
        is_alive = not has_rows
        for part, is_constant in gets:
            value = part(cells, notes)
            if value is None:
                continue
            is_alive = is_alive or not is_constant
            found += value if isinstance(value, list) else [value]
        unique = [item for n, item in enumerate(found) if item not in found[:n]]
        return unique if is_alive and unique else None

    return get


def _lines(templates: tuple[str, ...], separator: str, pointer: Pointer, scope: Scope) -> Get:
    parts: list[tuple[Getter, list[Getter]]] = []
    for n, text in enumerate(templates):
        try:
            render, used = _compile_text(text, scope)
        except TemplateRefusedError as error:
            scope.refuse("E017", (*pointer, "lines", n), error.fact, error.hint)
            continue
        parts.append((render, [getter_of(name, scope) for name in sorted(used)]))

    def get(cells: Cells, _notes: list[Note]) -> str | None:
        kept = [
            line
            for render, columns in parts
            if (not columns or any(column(cells) is not None for column in columns)) and (line := render(cells))
        ]
        return separator.join(kept) or None

    return get


def _content_of(get_name: Getter, read: ReadFile) -> Get:
    def get(cells: Cells, _notes: list[Note]) -> str | None:
        name = get_name(cells)
        return None if name is None else read(as_text(name)) or None

    return get


def compile_chain(value: Value, scope: Scope) -> Get | None:
    """Make the function of a value's transforms, with what `on_error` says; None where there are none."""
    steps = [step for transform in value.transforms if (step := _compile_transform(transform, scope))]
    if not steps:
        return None
    run = _runner(steps)
    on_error = value.on_error
    if on_error == "reject":
        return run

    def apply(given: Any, notes: list[Note]) -> Any:
        try:
            return run(given, notes)
        except ValueRefusedError as error:
            verb = "left blank" if on_error == "blank" else "kept as it is"
            notes.append(Note("W110", f"{verb}: {error.fact}: '{error.value}'"))
            return None if on_error == "blank" else given

    return apply


def _runner(steps: list[tuple[Apply, bool]]) -> Get:
    """Make the function that puts a value through all steps; an item of a list at a time where a step takes no list."""

    def run(given: Any, notes: list[Note]) -> Any:
        value = given
        for apply, takes_list in steps:
            if value.__class__ is list and not takes_list:
                made = [_noted(apply(item), notes) for item in value]
                value = [part for item in made for part in (item if isinstance(item, list) else [item])]
                value = [item for item in value if item is not None and item != ""]
            else:
                value = apply(value)
                if value.__class__ is Noted:
                    value = _noted(value, notes)
            if value is None or value in ("", []):
                return None
        return value

    return run


def _noted(value: Any, notes: list[Note]) -> Any:
    if value.__class__ is not Noted:
        return value
    notes.append(Note(value.code, value.fact))
    return value.value


def _compile_transform(transform: Transform, scope: Scope) -> tuple[Apply, bool] | None:
    kinds = transform_kinds()
    if transform.name not in kinds:
        hint = did_you_mean(transform.name, kinds) or "all of them: migrator explain E012"
        scope.refuse("E012", transform.pointer, f"unknown transform '{transform.name}'", hint)
        return None
    kind = kinds[transform.name]
    making = Making(argument=transform.argument, otherwise=transform.otherwise, read_map=scope.read.pairs)
    try:
        return kind.make(making), kind.takes_list
    except (ValueError, TypeError, KeyError) as error:
        scope.refuse("E013", transform.pointer, f"transform '{transform.name}': {error}")
        return None
