"""The unit tests that a mapping carries: rows that must become records, or be refused, without data and network."""

from collections.abc import Iterator
from typing import Any

from migrator.errors import Problem
from migrator.json_text import to_json
from migrator.planner.canonical import coerce_to
from migrator.planner.cleaning import Cleaning, cleaner
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.known import CREATE, OTHERWISE
from migrator.planner.lines import PARENT
from migrator.planner.refusal import ValueRefusedError
from migrator.records import Canonical, same_value
from migrator.spec.values import Example
from migrator.store.cells import pack_cells


def example_problems(compiled: Compiled) -> Iterator[Problem]:
    """Run the examples of all objects; gives a problem for each that does not come out as stated."""
    for item in compiled.objects.values():
        for example in item.item.examples:
            for fact in _failures(item, example):
                place = compiled.spec.place(example.pointer)
                yield Problem(code="E024", place=place, fact=fact, hint="correct the fields or the example")


def _failures(item: CompiledObject, example: Example) -> Iterator[str]:
    if unknown := [name for name in example.row if name not in item.columns]:
        yield f"the source has no column '{unknown[0]}'"
        return
    cells = [example.row.get(name, "") for name in item.columns]
    clean = cleaner(Cleaning(is_text=False, is_trimmed=item.item.is_trimmed, blank_values=frozenset()))
    reading = item.read.read(clean(cells), pack_cells(cells))
    refusals = [finding for finding in reading.findings if finding.rejects]
    codes = {finding.code for finding in refusals}
    if example.reject:
        if example.reject not in codes:
            got = f"refused with {', '.join(sorted(codes))}" if codes else "accepted"
            yield f"the row must be refused with {example.reject}, it is {got}"
        return
    for finding in refusals:
        yield f"the row is refused: {finding.code} {finding.field} {finding.fact}"
    if not refusals:
        yield from _differences(item, example, {name: _shown(value) for name, value in reading.fields.items()})


def _differences(item: CompiledObject, example: Example, found: dict[str, Canonical]) -> Iterator[str]:
    found = {("parent" if name == PARENT else name): value for name, value in found.items()}
    stated = dict(example.record or {})
    for name in sorted(stated.keys() | found.keys()):
        field = item.target.field(name)
        expected = stated.get(name)
        if field is not None and expected is not None and not isinstance(expected, dict):
            try:
                expected = coerce_to(field)(expected)
            except ValueRefusedError as error:
                yield f"{name}: the stated value {error.fact}"
                continue
        is_same = same_value(field.kind, expected, found.get(name)) if field else expected == found.get(name)
        if not is_same:
            yield f"{name}: expected {_spell(expected)}, got {_spell(found.get(name))}"


def _shown(value: Any) -> Any:
    """Show a reference as a mapping states it, without what would be created or stand in."""
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {key: _shown(part) for key, part in value.items() if key not in {CREATE, OTHERWISE}}
    return value


def _spell(value: Any) -> str:
    return "nothing" if value is None else to_json(value)
