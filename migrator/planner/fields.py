"""A field of a mapping → functions from the cells of one row, or of many, to canonical values."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from migrator.planner.bundle import Bundle, Memo
from migrator.planner.canonical import Coerce, coerce_to
from migrator.planner.depending import is_copy, only_column
from migrator.planner.forms import Get, Note, Scope, compile_chain, compile_value
from migrator.planner.options import compile_coercion
from migrator.planner.transforms.registry import transform_kinds
from migrator.planner.transforms.spec import OfText
from migrator.records import TEXT_KINDS, Canonical, Field, Kind, ObjectType
from migrator.spec.values import FieldSpec, Value

Cells = Sequence[Any]
Take = Callable[[Cells, list[Note]], Canonical]
TakeAll = Callable[[Bundle], Sequence[Canonical]]

_UNLIMITED = 1 << 30


class Taking(NamedTuple):
    """The two ways to the values of a field: from one row, and from many, where rows that are not plain are odd."""

    take: Take
    take_all: TakeAll


def compile_field(spec: FieldSpec, target: ObjectType, scope: Scope) -> Taking:
    """Make the functions of a field; blank is None, or empty text where many are taken.

    That of one row raises ValueRefusedError for a value that cannot be used.
    """
    get, coerce = compile_value(spec.value, scope), compile_coercion(spec, target)

    def take(cells: Cells, notes: list[Note]) -> Canonical:
        value = get(cells, notes)
        if value is not None:
            value = coerce(value, notes)
        return None if value is None or value in ("", []) else value

    field = target.field(spec.name) or Field(name=spec.name, kind=Kind.TEXT)
    position = only_column(spec.value, scope)
    if position < 0:
        return Taking(take, lambda bundle: bundle.each(take))
    if not is_copy(spec.value) or field.kind in {Kind.LIST, Kind.TAGS} or field.options or field.can_append:
        return Taking(take, Memo(take, position).of)
    return _short_ways(spec.value, field, position, compile_chain(spec.value, scope), take)


def _short_ways(value: Value, field: Field, position: int, chain: Get | None, take: Take) -> Taking:
    """Make the short ways of a column, copied or transformed; all else goes the way that is given."""
    is_text = field.kind in TEXT_KINDS
    one: Take = take
    if chain:
        one = _transformed(position, chain, coerce_to(field), take)
    elif is_text:
        one = _copied(position, _longest(field), take)
    steps = _of_text(value)
    if steps is None or not is_text:
        return Taking(one, Memo(one, position).of)
    texts = _all_texts(position, steps, _longest(field), one)
    return Taking(one, texts if value.on_error == "reject" else _or_odd(texts))


def _longest(field: Field) -> int:
    """Tell how many characters surely fit: UTF-16, by which targets count, takes at most two units for one."""
    return _UNLIMITED if field.max_length is None else field.max_length // 2


def _of_text(value: Value) -> list[OfText] | None:
    """Give the transforms of a value if all make text of text; else None."""
    kinds = transform_kinds()
    stated = [kinds[step.name].of_text for step in value.transforms if step.name in kinds]
    found = [one for one in stated if one]
    return found if len(found) == len(value.transforms) else None


def _copied(position: int, longest: int, take: Take) -> Take:
    """Make the short way of text that is copied; all else goes the way that it is given."""

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


def _or_odd(take_all: TakeAll) -> TakeAll:
    """Leave rows with values that are refused to the way of one row, which knows what becomes of those."""

    def taken(bundle: Bundle) -> Sequence[Canonical]:
        column = take_all(bundle)
        bundle.odd.update(bundle.take_refused())
        return column

    return taken


def _all_texts(position: int, steps: Sequence[OfText], longest: int, take: Take) -> TakeAll:
    """Make the short way of a column of text; rows whose text may be too long are odd."""

    def take_all(bundle: Bundle) -> Sequence[Canonical]:
        texts = bundle.texts(position)
        if texts is None:
            return bundle.each(take)
        for step in steps:
            texts = bundle.each_text(step, texts)
        if max(map(len, texts)) > longest:
            bundle.odd.update(number for number, text in enumerate(texts) if len(text) > longest)
        return texts

    return take_all
