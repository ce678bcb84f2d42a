"""Which fields of the target's records a plan needs to know; no others are read out of an answer."""

import re
from collections.abc import Iterable, Iterator

from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.lines import Line
from migrator.planner.recognising import asked_lines
from migrator.records import ObjectType
from migrator.spec.values import Lookup

_ROOT = re.compile(r"[^.\[]+")


def needed_fields(compiled: Compiled, target: ObjectType) -> tuple[str, ...]:
    """Name the fields by which records of an object are matched, found, named or told apart, and what is written.

    A part of a field (`phones[0].no`, `Tags.Skills`) stands for the whole of it.
    """
    names = {*target.label, *target.parent_ids.values(), *target.kind_words}
    for line in asked_lines(compiled.spec, target, compiled.catalog):
        names |= set(_compared(line))
    for item in compiled.objects.values():
        if item.target.name == target.name:
            names |= {item.marker, *_written(item)}
            names |= {name for line in item.lines for name in _compared(line)}
        children = (part.child for line in item.lines for part in line.children if part.child)
        names |= {field for child, field in children if child == target.name}
    keys = {target.key(name) for name in names}
    return tuple(sorted(keys | {found[0] for key in keys if (found := _ROOT.match(key))}))


def _compared(line: Line) -> Iterator[str]:
    yield from (path for part in line.parts for path, _key, _kind in part.paths)


def _written(item: CompiledObject) -> Iterable[str]:
    forms = [item.item.parent, *(one.value.form for one in item.item.fields)]
    yield from (one.name for one in item.item.fields)
    yield from (form.type_field for form in forms if isinstance(form, Lookup) and form.type_field)
