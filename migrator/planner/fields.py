"""A field of a mapping → one function from a row's cells to its canonical value, fastest for the plainest ones."""

from collections.abc import Callable, Sequence
from typing import Any

from migrator.planner.canonical import Coerce, coerce_to
from migrator.planner.forms import Get, Note, Scope, compile_chain, compile_value
from migrator.planner.options import compile_coercion
from migrator.records import TEXT_KINDS, Canonical, Field, Kind, ObjectType
from migrator.spec.values import FieldSpec, From

Cells = Sequence[Any]
Take = Callable[[Cells, list[Note]], Canonical]

_UNLIMITED = 1 << 30


def compile_field(spec: FieldSpec, target: ObjectType, scope: Scope) -> Take:
    """Make the function of a field; None is blank. It raises ValueRefusedError for a value that cannot be used."""
    get, coerce = compile_value(spec.value, scope), compile_coercion(spec, target)

    def take(cells: Cells, notes: list[Note]) -> Canonical:
        value = get(cells, notes)
        if value is not None:
            value = coerce(value, notes)
        return None if value is None or value in ("", []) else value

    field = target.field(spec.name) or Field(name=spec.name, kind=Kind.TEXT)
    position = _only_column(spec, scope)
    if position < 0 or field.kind is Kind.LIST or field.kind is Kind.TAGS or field.options or field.can_append:
        return take
    if spec.value.transforms:
        chain = compile_chain(spec.value, scope)
        return _transformed(position, chain, coerce_to(field), take) if chain else take
    return _copied(position, field.max_length, take) if field.kind in TEXT_KINDS else take


def _only_column(spec: FieldSpec, scope: Scope) -> int:
    """Give the position of the one column that a field is taken from, whatever its row; else -1."""
    form = spec.value.form
    if not isinstance(form, From) or len(form.columns) > 1 or spec.value.default or spec.value.when:
        return -1
    return list(scope.columns).index(form.columns[0]) if form.columns[0] in scope.columns else -1


def _copied(position: int, max_length: int | None, take: Take) -> Take:
    """Make the short way of text that is copied; all else goes the way that it is given."""
    longest = _UNLIMITED if max_length is None else max_length // 2  # UTF-16 takes at most two units for a character

    def copied(cells: Cells, notes: list[Note]) -> Canonical:
        value = cells[position]
        return (value or None) if value.__class__ is str and len(value) <= longest else take(cells, notes)

    return copied


def _transformed(position: int, chain: Get, coerce: Coerce, take: Take) -> Take:
    """Make the short way of text that is transformed; all else goes the way that it is given."""

    def transformed(cells: Cells, notes: list[Note]) -> Canonical:
        value = cells[position]
        if value.__class__ is not str:
            return take(cells, notes)
        found = chain(value, notes) if value else None
        return None if found is None else coerce(found)

    return transformed
