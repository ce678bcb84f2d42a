"""By what the records of an object are recognised: its match lines, and the fields by which lookups ask for them."""

from collections.abc import Iterable

from migrator.planner.asking import is_reference
from migrator.planner.folding import whole_of
from migrator.planner.lines import PARENT, Line, Part, make_part
from migrator.records import Catalog, ObjectType
from migrator.spec.values import MappingSpec, MatchLine, ObjectSpec, all_lookups, lines_of


def match_line(number: int, line: MatchLine, item: ObjectSpec, catalog: Catalog) -> Line:
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
