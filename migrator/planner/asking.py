"""Lookups of a mapping → functions that say what a row's field points at: which line decides, with which values."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from migrator.planner.canonical import Coerce, coerce_to
from migrator.planner.forms import Get, Note, Scope, compile_value, compile_where
from migrator.planner.identities import ID, KEY, Digest, digest_of, digest_of_fields
from migrator.planner.normal import normal
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.transforms.spec import as_text
from migrator.records import Catalog, Field, Kind, ObjectType
from migrator.spec.values import ByLine, Lookup, Value

Cells = Sequence[Any]

LOOKUP = "lookup"
CREATE = "create"


class Asked(NamedTuple):
    """A reference of one row: how it is staged in the record, and the digest that it looks for."""

    staged: dict[str, Any]
    digest: Digest


Ask = Callable[[Cells, list[Note]], Asked | None]
_Make = Callable[[list[Any]], Asked]


class _Line(NamedTuple):
    """A compiled line: its inputs by name, and how an answer is made of their values."""

    names: tuple[str, ...]
    gets: list[Get]
    make: _Make


def key_text(value: Any) -> str:
    """Write a key as it is compared and kept: trimmed canonical text; the parts of a composite one with `|` between."""
    if isinstance(value, list):
        return "|".join(key_text(part).replace("\\", "\\\\").replace("|", "\\|") for part in value)
    return as_text(value).strip()


def target_of(spelled: str, scope: Scope, catalog: Catalog) -> ObjectType | None:
    """Find the target's object that a lookup's name stands for; None if the check of names refused it."""
    if spelled.startswith("target/"):
        return catalog.objects.get(spelled.removeprefix("target/"))
    item = scope.spec.objects.get(spelled)
    return catalog.objects.get(item.to) if item else None


def compile_reference(value: Value, scope: Scope, catalog: Catalog) -> Ask:
    """Make the function of a field that is a lookup, with its `when`; blank where that is false."""
    if not isinstance(value.form, Lookup):
        raise TypeError(value.form)
    if value.transforms or value.default:
        named = "transform" if value.transforms else "default"
        scope.refuse(
            "E013", value.pointer, f"'{named}' does not go with a lookup", "put it on the inputs of the lookup"
        )
    ask = compile_lookup(value.form, scope, catalog)
    if not value.when:
        return ask
    condition = compile_where(value.when, value.pointer, scope)
    return lambda cells, notes: ask(cells, notes) if condition(cells) else None


def compile_lookup(lookup: Lookup, scope: Scope, catalog: Catalog) -> Ask:
    """Make the function of a lookup: None where every input is blank. It raises ValueRefusedError where some are."""
    target = target_of(lookup.objects[0], scope, catalog)
    if target is None:
        return lambda _cells, _notes: None
    lines = [_compile_line(line, lookup, target, scope) for line in lookup.lines]
    create = [(name, compile_value(value, scope), _coerce(name, target)) for name, value in lookup.create or ()]

    def ask(cells: Cells, notes: list[Note]) -> Asked | None:
        found = [[get(cells, notes) for get in line.gets] for line in lines]
        for line, values in zip(lines, found, strict=True):
            if all(value is not None for value in values):
                asked = line.make(values)
                if create:
                    asked.staged[CREATE] = _created(create, cells, notes)
                return asked
        if any(value is not None for values in found for value in values):
            blank = next(
                name
                for line, values in zip(lines, found, strict=True)
                for name, value in zip(line.names, values, strict=True)
                if value is None
            )
            raise ValueRefusedError("E206", f"no line of the lookup is filled: '{blank}' is blank")
        return None

    return ask


def _created(create: list[tuple[str, Get, Coerce]], cells: Cells, notes: list[Note]) -> dict[str, Any]:
    values = ((name, get(cells, notes), coerce) for name, get, coerce in create)
    return {name: coerce(value) for name, value, coerce in values if value is not None}


def _compile_line(line: ByLine, lookup: Lookup, target: ObjectType, scope: Scope) -> _Line:
    gets = [compile_value(value, scope) for _name, value in line.inputs]
    names = tuple(name for name, _value in line.inputs)
    if line.kind == "key":
        return _Line(names, gets, _by_key(lookup.objects[0]))
    if line.kind == "id":
        return _Line(names, gets, _by_id(lookup.objects[0], target.name))
    return _Line(names, gets, _by_fields(lookup.objects[0], target, names))


def _by_key(name: str) -> _Make:
    def make(values: list[Any]) -> Asked:
        key = key_text(values[0])
        return Asked({LOOKUP: name, "key": key}, digest_of(name, KEY, key))

    return make


def _by_id(name: str, target: str) -> _Make:
    def make(values: list[Any]) -> Asked:
        record_id = key_text(values[0])
        return Asked({LOOKUP: name, "id": record_id}, digest_of(target, ID, record_id.lower()))

    return make


def _by_fields(name: str, target: ObjectType, names: tuple[str, ...]) -> _Make:
    kinds = [(target.field(field) or Field(name=field, kind=Kind.TEXT)).kind for field in names]
    coerces = [_coerce(field, target) for field in names]

    def make(values: list[Any]) -> Asked:
        fields = [coerce(value) for coerce, value in zip(coerces, values, strict=True)]
        texts = [normal(kind, value) for kind, value in zip(kinds, fields, strict=True)]
        staged = {LOOKUP: name, "fields": dict(zip(names, fields, strict=True))}
        return Asked(staged, digest_of_fields(target.name, names, texts))

    return make


def _coerce(name: str, target: ObjectType) -> Coerce:
    return coerce_to(target.field(name) or Field(name=name, kind=Kind.TEXT))


def spell_asked(staged: dict[str, Any]) -> str:
    """Write what was looked for, for people."""
    if "fields" in staged:
        return ", ".join(str(value) for value in staged["fields"].values())
    return str(staged.get("key") or staged.get("id"))
