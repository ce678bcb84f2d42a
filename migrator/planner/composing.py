"""Staged records → their changes, many at once: it needs nothing but the records, so any process can do it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from migrator.json_text import to_json
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.diff import Difference, compare
from migrator.planner.filling import Filling, Planned
from migrator.planner.stating import Stating
from migrator.records import Action
from migrator.store.changes import (
    AgreedRow,
    ChangeRow,
    Staged,
    Turn,
    hashed,
    operation_id,
    operation_namer,
    staged_of,
)
from migrator.store.draft import StagedProblem

Create = Callable[[int, str, dict[str, Any], str | None], ChangeRow]


@dataclass(kw_only=True, slots=True)
class Counts:
    """What a plan does about one object; `for_lookups` are creates that have no row.

    `linked` and `last` count, by field, what links set and what the last pass writes; `link` counts both together.
    """

    create: int = 0
    update: int = 0
    unchanged: int = 0
    link: int = 0
    conflict: int = 0
    for_lookups: int = 0
    overwrites: dict[str, int] = field(default_factory=dict)
    linked: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Counts") -> None:
        """Add what another one counted."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, dict):
                mine |= {name: mine.get(name, 0) + count for name, count in theirs.items()}
            else:
                setattr(self, one.name, mine + theirs)


@dataclass(kw_only=True, slots=True)
class Composed:
    """What becomes of some records: changes, what the target has already, findings, and counts by object's number.

    `states` are those of records that are no creates.
    """

    changes: list[ChangeRow] = field(default_factory=list)
    agreed: list[AgreedRow] = field(default_factory=list)
    problems: list[StagedProblem] = field(default_factory=list)
    states: list[tuple[int, Action]] = field(default_factory=list)
    counts: dict[int, Counts] = field(default_factory=dict)

    def count(self, number: int) -> Counts:
        """Give the counts of an object."""
        return self.counts.get(number) or self.counts.setdefault(number, Counts())


class Composer:
    """Composes the changes of records, whatever their object."""

    def __init__(self, compiled: Compiled) -> None:
        self._mapping = compiled.spec.name
        self._objects = {item.number: item for item in compiled.objects.values()}
        self.fillings = {number: Filling(compiled, item) for number, item in self._objects.items()}
        self._names = {n: operation_namer(self._mapping, one.item.name) for n, one in self._objects.items()}
        self._creates = {number: _creator(self._mapping, item) for number, item in self._objects.items()}

    def write(self, records: Iterable[Turn]) -> Composed:
        """Compose creates and updates."""
        made = Composed()
        for turn in records:
            staged = staged_of(turn)
            planned = self.fillings[staged.object].plan(staged)
            if staged.held is not None:
                self._update(staged, planned, made)
                continue
            counts = made.count(staged.object)
            counts.create += staged.is_row
            counts.for_lookups += not staged.is_row
            made.changes.append(self._creates[staged.object](staged.record, staged.key, planned.fields, planned.parent))
        return made

    def link(self, records: Iterable[Staged]) -> Composed:
        """Compose the links that set what closes a cycle, on records that exist by then."""
        made = Composed()
        for staged in records:
            planned = self.fillings[staged.object].plan(staged)
            _tally(made.count(staged.object).linked, planned.links)
            self._link(staged, planned, (dict.fromkeys(planned.links), planned.links), "link", made)
        return made

    def finish(self, records: Iterable[Staged]) -> Composed:
        """Compose what locks a record, when all else is written; of a new one nobody knows what then stands there."""
        made = Composed()
        for staged in records:
            planned = self.fillings[staged.object].plan(staged)
            found = Difference(after={name: value for name, value in planned.last.items() if value is not None})
            if staged.held is not None:
                found = self._compared(staged, planned)
            before, after = (
                {k: v for k, v in side.items() if k in planned.last} for side in (found.before, found.after)
            )
            if after:
                _tally(made.count(staged.object).last, after)
                self._link(staged, planned, (before, after), "last", made)
        return made

    def _update(self, staged: Staged, planned: Planned, made: Composed) -> None:
        number, counts = staged.object, made.count(staged.object)
        found = self._compared(staged, planned)
        if found.conflicts:
            counts.conflict += 1
            made.problems.append(_conflict(number, staged, found))
        made.agreed.append((staged.record, staged.target_id or "", to_json(found.agreed)))
        _tally(counts.overwrites, found.overwrites)
        before, after = (
            {k: v for k, v in side.items() if k not in planned.last} for side in (found.before, found.after)
        )
        if not after:
            counts.unchanged += 1
            made.states.append((staged.record, Action.UNCHANGED))
            return
        counts.update += 1
        made.states.append((staged.record, Action.UPDATE))
        name = self._names[number](staged.key)
        texts = (None, planned.parent, to_json(before), to_json(after))
        made.changes.append(hashed((name, number, staged.record, "update", staged.target_id, *texts)))

    def _compared(self, staged: Staged, planned: Planned) -> Difference:
        ours = planned.fields | planned.last
        target, rules = self._objects[staged.object].target, self.fillings[staged.object].rules
        return compare(target, rules, ours, staged.held or {}, staged.written)

    def _link(
        self,
        staged: Staged,
        planned: Planned,
        sides: tuple[Mapping[str, Any], Mapping[str, Any]],
        suffix: str,
        made: Composed,
    ) -> None:
        made.count(staged.object).link += 1
        before, after = map(to_json, sides)
        name = operation_id(self._mapping, self._objects[staged.object].item.name, staged.key, suffix)
        texts = (None, planned.parent, before, after)
        made.changes.append(hashed((name, staged.object, staged.record, "link", staged.target_id, *texts)))


def _tally(into: dict[str, int], names: Iterable[str]) -> None:
    for name in names:
        into[name] = into.get(name, 0) + 1


def _creator(mapping: str, item: CompiledObject) -> Create:
    """Make what composes the create of a record: of its number, key, values and parent."""
    name_operation, number, field = operation_namer(mapping, item.item.name), item.number, item.marker
    markers = Stating(item, mapping).markers

    def create(record: int, key: str, values: dict[str, Any], parent: str | None) -> ChangeRow:
        if None in values.values():
            values = {name: value for name, value in values.items() if value is not None}
        marker = markers([key])[0] if field else None
        if marker:
            values[field] = values.get(field) or marker
        return hashed((name_operation(key), number, record, "create", None, marker, parent, None, to_json(values)))

    return create


def _conflict(number: int, staged: Staged, found: Difference) -> StagedProblem:
    names = ", ".join(found.conflicts)
    fact = f"conflict: {names} changed in the source and in the target since the last run ({staged.target_id})"
    hint = "nothing is overwritten; state on_conflict: source or target"
    value = json.dumps((staged.held or {}).get(found.conflicts[0]), ensure_ascii=False)
    return StagedProblem(staged.record, number, "W210", names, value, fact, hint)
