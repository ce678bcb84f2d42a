"""Staged records → changes in the plan: parents before children, links later, what locks a record last."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator.json_text import to_json
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.diff import Difference, compare
from migrator.planner.filling import Filling, Planned
from migrator.planner.identities import marker_of
from migrator.planner.sequence import Cycle, Sequence
from migrator.planner.stating import max_marker
from migrator.records import Action
from migrator.store.changes import ChangeWriter, Staged, operation_id, operation_namer, remember_skipped, staged_records
from migrator.store.draft import Draft, StagedProblem
from migrator.store.graph import WRITTEN, close_turn, take_deferred, take_layers, take_object

BATCH = 1_000


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


class ChangeMaker:
    """Turns each staged record into its changes; cycles are broken by links, and what locks a record comes last."""

    def __init__(self, compiled: Compiled, draft: Draft) -> None:
        self._compiled = compiled
        self._draft = draft
        self._objects = {item.number: item for item in compiled.objects.values()}
        self._fillings = {number: Filling(compiled, item) for number, item in self._objects.items()}
        self._longest = {number: max_marker(item) for number, item in self._objects.items()}
        mapping = compiled.spec.name
        self._operations = {number: operation_namer(mapping, one.item.name) for number, one in self._objects.items()}
        self.writer = ChangeWriter(draft)
        self.counts = {name: Counts() for name in compiled.objects}
        self.cycles: list[Cycle] = []

    def make_all(self) -> None:
        """Write the creates and updates in the order of what they need, then the links, then the last pass."""
        sequence = Sequence(self._compiled, self._draft)
        sequence.refuse_endless()
        for group in self._compiled.order.groups:
            if group in self._compiled.order.cycles:
                self.cycles.append(sequence.order(group))
                take_layers(self._draft)
            else:
                take_object(self._draft, self._compiled.objects[group[0]].number)
            self._make()
        numbers = [self._compiled.objects[name].number for name in self._compiled.order.objects]
        for number in numbers:
            take_deferred(self._draft, number)
            self._make_links()
        for number in numbers:
            if self._fillings[number].has_last:
                take_object(self._draft, number, states=WRITTEN)
                self._make_last()
        self.writer.flush()
        remember_skipped(self._draft)

    def _make(self) -> None:
        states: list[tuple[int, Action]] = []
        for staged in staged_records(self._draft):
            planned = self._fillings[staged.object].plan(staged)
            if staged.held is None:
                self._create(self._objects[staged.object], staged, planned)
                continue
            states.append((staged.record, self._update(self._objects[staged.object], staged, planned)))
            if len(states) >= BATCH:
                self._close(states)
        self._close(states)
        close_turn(self._draft)

    def _close(self, states: list[tuple[int, Action]]) -> None:
        for action in {action for _record, action in states}:
            self._draft.set_state(action, [record for record, found in states if found is action])
        states.clear()

    def _create(self, item: CompiledObject, staged: Staged, planned: Planned) -> None:
        counts = self.counts[item.item.name]
        counts.create += staged.is_row
        counts.for_lookups += not staged.is_row
        fields = {name: value for name, value in planned.fields.items() if value is not None}
        marker = self._marker(item, staged.key)
        if marker and not fields.get(item.marker):
            fields[item.marker] = marker
        self._add(staged, Action.CREATE, (marker, planned.parent, None, to_json(fields)))

    def _update(self, item: CompiledObject, staged: Staged, planned: Planned) -> Action:
        counts = self.counts[item.item.name]
        found = self._compared(item, staged, planned)
        counts.conflict += bool(found.conflicts)
        if found.conflicts:
            self._draft.add_problems([_conflict(item, staged, found)])
        self.writer.add_agreed(staged.record, staged.target_id or "", found.agreed)
        for name in found.overwrites:
            counts.overwrites[name] = counts.overwrites.get(name, 0) + 1
        before, after = (
            {k: v for k, v in side.items() if k not in planned.last} for side in (found.before, found.after)
        )
        if not after:
            counts.unchanged += 1
            return Action.UNCHANGED
        counts.update += 1
        self._add(staged, Action.UPDATE, (None, planned.parent, to_json(before), to_json(after)))
        return Action.UPDATE

    def _compared(self, item: CompiledObject, staged: Staged, planned: Planned) -> Difference:
        ours = planned.fields | planned.last
        return compare(item.target, self._fillings[item.number].rules, ours, staged.held or {}, staged.written)

    def _make_links(self) -> None:
        """Set the references that close a cycle, on records that exist by then."""
        for staged in staged_records(self._draft):
            planned = self._fillings[staged.object].plan(staged)
            self._link(staged, planned, dict.fromkeys(planned.links), planned.links)

    def _make_last(self) -> None:
        """Write what locks a record, when all else is written; of a new record nobody knows what then stands there."""
        for staged in staged_records(self._draft):
            item, planned = self._objects[staged.object], self._fillings[staged.object].plan(staged)
            found = Difference(after={name: value for name, value in planned.last.items() if value is not None})
            if staged.held is not None:
                found = self._compared(item, staged, planned)
            before, after = (
                {k: v for k, v in side.items() if k in planned.last} for side in (found.before, found.after)
            )
            if after:
                self._link(staged, planned, before, after, suffix="last")

    def _link(
        self,
        staged: Staged,
        planned: Planned,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        *,
        suffix: str = "link",
    ) -> None:
        counts = self.counts[self._objects[staged.object].item.name]
        counts.link += 1
        by_field = counts.last if suffix == "last" else counts.linked
        for name in after:
            by_field[name] = by_field.get(name, 0) + 1
        self._add(staged, Action.LINK, (None, planned.parent, to_json(before), to_json(after)), suffix)

    def _add(
        self, staged: Staged, action: Action, parts: tuple[str | None, str | None, str | None, str], suffix: str = ""
    ) -> None:
        if suffix:
            name = self._objects[staged.object].item.name
            change_id = operation_id(self._compiled.spec.name, name, staged.key, suffix)
        else:
            change_id = self._operations[staged.object](staged.key)
        marker, parent, before, after = parts
        row = (change_id, staged.object, staged.record, str(action), staged.target_id)
        self.writer.add((*row, marker, parent, before, after))

    def _marker(self, item: CompiledObject, key: str) -> str | None:
        if not item.marker:
            return None
        if item.item.marker.is_bare_key:
            return key
        return marker_of(self._compiled.spec.name, item.item.name, key, self._longest[item.number])


def _conflict(item: CompiledObject, staged: Staged, found: Difference) -> StagedProblem:
    names = ", ".join(found.conflicts)
    fact = f"conflict: {names} changed in the source and in the target since the last run ({staged.target_id})"
    hint = "nothing is overwritten; state on_conflict: source or target"
    value = json.dumps((staged.held or {}).get(found.conflicts[0]), ensure_ascii=False)
    return StagedProblem(staged.record, item.number, "W210", names, value, fact, hint)
