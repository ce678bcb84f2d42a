"""Several rows that are one record, put together: the first one's values, its blanks filled from the others."""

from typing import Any

from migrator.json_text import to_json
from migrator.planner.compiling import Compiled
from migrator.planner.known import CREATE, LOOKUP, spell_asked
from migrator.planner.normal import normal
from migrator.planner.refusal import spell
from migrator.planner.stating import Stating
from migrator.records import Canonical, Kind, spelled
from migrator.store.draft import Draft, StagedProblem
from migrator.store.holdings import Claim
from migrator.store.merging import add_taken, put_together
from migrator.store.references import fields_of


def merge(compiled: Compiled, draft: Draft, kept: Claim, others: list[Claim]) -> list[StagedProblem]:
    """Fill the kept row's blanks from the others in their order, join lists, and tell where two values differ."""
    item = compiled.by_number(kept.object)
    before = fields_of(draft, kept.record)
    fields, origin = dict(before), dict.fromkeys(before, kept)
    problems: list[StagedProblem] = []
    for other in others:
        taken: list[str] = []
        for name, theirs in fields_of(draft, other.record).items():
            mine, known = fields.get(name), item.target.field(name)
            if theirs is None or (mine is None and not _can_take(compiled, (kept, other), name, theirs)):
                continue
            if mine is None:
                fields[name], origin[name] = theirs, other
                taken.append(name)
            elif _are_plain_lists(mine, theirs):
                fields[name] = _joined(mine, theirs)
                taken.append(name)
            elif not _is_same(known.kind if known else Kind.TEXT, mine, theirs):
                problems.append(_conflict(kept, name, (origin[name], mine), (other, theirs)))
        add_taken(draft, ((other.record, name, kept.record) for name in taken))
    if fields != before:
        stating = Stating(item, compiled.spec.name)
        old, new = (set(stating.identities(kept.record, kept.key, stated)) for stated in (before, fields))
        put_together(draft, (kept.record, to_json(fields)), old - new, new - old)
    return problems


def _can_take(compiled: Compiled, rows: tuple[Claim, Claim], name: str, value: Canonical) -> bool:
    """Tell whether a reference of another row can be the kept one's: of two objects, both must look for the same."""
    if not _is_reference(value):
        return True
    kept, other = (compiled.by_number(row.object).item.name for row in rows)
    try:
        return compiled.lookup(kept, name).objects == compiled.lookup(other, name).objects
    except KeyError:
        return False


def _is_reference(value: Canonical) -> bool:
    return isinstance(value, dict) and LOOKUP in value


def _are_plain_lists(mine: Canonical, theirs: Canonical) -> bool:
    both = (mine, theirs)
    return all(isinstance(one, list) and not any(map(_is_reference, one)) for one in both)


def _joined(mine: list[Canonical], theirs: list[Canonical]) -> list[Canonical]:
    """Add the items that are not there yet, compared as texts are."""
    have = {normal(Kind.TEXT, spelled(item)) for item in mine}
    return [*mine, *(item for item in theirs if normal(Kind.TEXT, spelled(item)) not in have)]


def _is_same(kind: Kind, mine: Canonical, theirs: Canonical) -> bool:
    if _is_reference(mine) and _is_reference(theirs):
        return {**mine, CREATE: None} == {**theirs, CREATE: None}
    return normal(kind, mine) == normal(kind, theirs)


def _conflict(kept: Claim, name: str, mine: tuple[Claim, Canonical], theirs: tuple[Claim, Canonical]) -> StagedProblem:
    """Say which two rows differ, and in what; a person decides by correcting one of them."""
    first, second = (f"'{_shown(value)}' in {row.file}:{row.row}" for row, value in (mine, theirs))
    fact = f"differs between rows that are one: {first}, {second}"
    return StagedProblem(kept.record, kept.object, "W307", name, _shown(theirs[1]), fact, "the first is kept")


def _shown(value: Any) -> str:
    return spell(spell_asked(value) if _is_reference(value) else value)
