"""What records state only after some of their lookups are resolved: match lines with references, lookups in lookups."""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.known import INNER, OTHERWISE, KnownLookup
from migrator.planner.levels import WAVES_PER_LEVEL
from migrator.planner.lines import PARENT
from migrator.planner.stating import asked_identities, match_identities
from migrator.store.children import planned_children
from migrator.store.draft import Draft, StagedIdentity, StagedReference
from migrator.store.references import Late, add_late_identities, add_references, late_records

BATCH = 1_000


def state_late(compiled: Compiled, draft: Draft, item: CompiledObject, level: int, *, first: int) -> None:
    """Let the records of an object from number `first` on state what they can state from this round on."""
    is_matched = 0 < level == item.match_level
    is_asked = 0 < level == item.asked_level
    late = [known for known in compiled.lookups if known.owner == item.item.name and _is_due(compiled, known, level)]
    if not (is_matched or is_asked or late):
        return
    records = _with_children(compiled, draft, item, late_records(draft, item.number, first=first))
    while batch := list(islice(records, BATCH)):
        identities: list[StagedIdentity] = []
        references: list[StagedReference] = []
        for one, values in batch:
            stated = {**one.fields, **_texts(one.texts), **values}
            identities += match_identities(item, one.record, one.key, stated) if is_matched else ()
            identities += asked_identities(item, one.record, stated) if is_asked else ()
            references += [found for known in late for found in _queries(compiled, known, one, level)]
        add_late_identities(draft, identities)
        add_references(draft, references)


def _with_children(
    compiled: Compiled, draft: Draft, item: CompiledObject, records: Iterator[Late]
) -> Iterator[tuple[Late, dict[str, list[str]]]]:
    """Give records with the values that stand in their children."""
    below: dict[str, Callable[[int], list[str]]] = {}
    for part in (part for line in item.lines for part in line.children):
        child, field = part.child or ("", "")
        below[part.name] = _grouped(planned_children(draft, PARENT, field, _numbers(compiled, child)))
    for one in records:
        yield one, {name: values for name, next_of in below.items() if (values := next_of(one.record))}


def _numbers(compiled: Compiled, child: str) -> list[int]:
    return [item.number for item in compiled.objects.values() if item.item.to == child]


def _grouped(rows: Iterator[tuple[int, str]]) -> Callable[[int], list[str]]:
    """Walk values in order of their records beside the records themselves."""
    groups = groupby(rows, key=itemgetter(0))
    upcoming: list[tuple[int, list[str]]] = []

    def next_of(record: int) -> list[str]:
        while not upcoming or upcoming[0][0] < record:
            upcoming.clear()
            holder, group = next(groups, (-1, iter(())))
            if holder < 0:
                return []
            upcoming.append((holder, [value for _holder, value in group if value]))
        return upcoming[0][1] if upcoming[0][0] == record else []

    return next_of


def _is_due(compiled: Compiled, known: KnownLookup, level: int) -> bool:
    waves = compiled.waves[known.number]
    return any(known.is_late(n) and wave // WAVES_PER_LEVEL == level for n, wave in enumerate(waves))


def _texts(found: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    """Give what the references of a record point at as values of its fields: ids alone, but for the parent."""
    texts: dict[str, Any] = {}
    for (slot, _item), text in found.items():
        value = text if slot == PARENT else _id_of(text)
        texts[slot] = [*texts[slot], value] if slot in texts else [value]
    return {slot: values[0] if len(values) == 1 else values for slot, values in texts.items()}


def _id_of(text: str) -> str:
    return text if text.startswith("@") else text.partition("/")[2]


def _queries(compiled: Compiled, known: KnownLookup, one: Late, level: int) -> Iterator[StagedReference]:
    for item, staged in _staged(compiled, known, one.fields, known.slot):
        line = known.line_of(staged)
        if not known.is_late(line) or compiled.waves[known.number][line] // WAVES_PER_LEVEL != level:
            continue
        slots = {name: inner.slot for (number, name), inner in known.inside.items() if number == line}
        inner = {
            name: _id_of(one.texts.get((slot, item), one.texts.get((slot, 0), ""))) for name, slot in slots.items()
        }
        wave = compiled.waves[known.number][line]
        for digest in known.digests(staged, inner):
            yield StagedReference(one.record, known.slot, item, known.number, wave, *digest)


def staged_by(
    compiled: Compiled, known: KnownLookup, fields: Mapping[str, Any], field: str, item: int
) -> dict[str, Any]:
    """Give what one item of a reference staged in a record's fields."""
    found = next((staged for n, staged in _staged(compiled, known, fields, field) if n == item), {})
    return dict(found.get(OTHERWISE, {})) if known.is_fallback else found


def _staged(
    compiled: Compiled, known: KnownLookup, fields: Mapping[str, Any], field: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Find what a record staged for a lookup: in its field, or inside what it staged for the outer lookup."""
    if not field.startswith(INNER):
        value = fields.get(field)
        items = value if isinstance(value, list) else [value]
        yield from ((n, item) for n, item in enumerate(items) if isinstance(item, dict))
        return
    for outer in compiled.lookups:
        for (_line, name), inner in outer.inside.items():
            if inner is known:
                stated = (
                    (n, one.get("fields", {}).get(name)) for n, one in _staged(compiled, outer, fields, outer.slot)
                )
                yield from ((n, value) for n, value in stated if isinstance(value, dict))
