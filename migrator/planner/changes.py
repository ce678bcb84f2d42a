"""Staged records → changes in the plan: parents before children, links last, each counted once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.diff import Difference, compare
from migrator.planner.folding import rules_of
from migrator.planner.identities import marker_of
from migrator.planner.lines import PARENT
from migrator.planner.rows import to_json
from migrator.planner.stage import max_marker
from migrator.records import Action
from migrator.store.changes import ChangeWriter, Pointer, Staged, operation_id, remember_skipped, staged_records
from migrator.store.draft import Draft, StagedProblem

BATCH = 1_000


@dataclass(kw_only=True, slots=True)
class Counts:
    """What a plan does about one object; `for_lookups` are creates that have no row."""

    create: int = 0
    update: int = 0
    unchanged: int = 0
    link: int = 0
    conflict: int = 0
    for_lookups: int = 0
    overwrites: dict[str, int] = field(default_factory=dict)


class ChangeMaker:
    """Turns each staged record into its change; cycles are broken by links, which are written last."""

    def __init__(self, compiled: Compiled, draft: Draft) -> None:
        self._compiled = compiled
        self._draft = draft
        self._names = {item.number: item for item in compiled.objects.values()}
        self.writer = ChangeWriter(draft)
        self.counts = {name: Counts() for name in compiled.objects}

    def make_all(self) -> None:
        """Write the changes of all objects, then the links."""
        for name in self._compiled.order.objects:
            self._make_object(self._compiled.objects[name])
        for name in self._compiled.order.objects:
            self._make_links(self._compiled.objects[name])
        self.writer.flush()
        remember_skipped(self._draft)

    def _make_object(self, item: CompiledObject) -> None:
        rules = rules_of(item.item.fields)
        states: list[tuple[int, Action]] = []
        for staged in staged_records(self._draft, item.number):
            planned, parent = self._planned(item, staged)
            if staged.held is None:
                states.append((staged.record, self._create(item, staged, planned, parent)))
            else:
                difference = compare(item.target, rules, planned, staged.held, staged.written)
                states.append((staged.record, self._update(item, staged, difference, parent)))
            if len(states) >= BATCH:
                self._close(states)
        self._close(states)

    def _close(self, states: list[tuple[int, Action]]) -> None:
        for action in {action for _record, action in states}:
            self._draft.set_state(action, [record for record, found in states if found is action])
        states.clear()

    def _planned(self, item: CompiledObject, staged: Staged) -> tuple[dict[str, Any], str | None]:
        """Give the fields with their references filled in, but for those that a link sets; and the parent as JSON."""
        planned, parent = {}, None
        for name, value in staged.fields.items():
            pointer = staged.pointers.get((name, 0))
            if not isinstance(value, dict) or "lookup" not in value:
                planned[name] = value
            elif pointer is None:
                continue  # on_missing: blank
            elif name == PARENT:
                lookup = self._compiled.lookup(item.item.name, PARENT)
                target = (
                    self._compiled.objects[lookup.objects[0]].item.to
                    if lookup.objects[0] in self._compiled.objects
                    else ""
                )
                parent = to_json([target or lookup.objects[0].removeprefix("target/"), self._filled(pointer)])
            elif not self._is_deferred(item, name, pointer):
                planned[name] = self._filled(pointer)
        return planned, parent

    def _is_deferred(self, item: CompiledObject, name: str, pointer: Pointer) -> bool:
        return (item.item.name, name) in self._compiled.order.deferred and pointer.target_id is None

    def _filled(self, pointer: Pointer) -> Any:
        """Give the target id, or the operation that will give it."""
        if pointer.target_id is not None:
            return pointer.target_id
        return {"$op": operation_id(self._compiled.spec.name, self._names[pointer.object].item.name, pointer.key)}

    def _create(self, item: CompiledObject, staged: Staged, planned: Mapping[str, Any], parent: str | None) -> Action:
        counts = self.counts[item.item.name]
        counts.create += staged.is_row
        counts.for_lookups += not staged.is_row
        fields = {name: value for name, value in planned.items() if value is not None}
        marker = self._marker(item, staged.key)
        if marker and not fields.get(item.marker):
            fields[item.marker] = marker
        self._add(item, staged, Action.CREATE, (marker, parent, None, to_json(fields)))
        return Action.CREATE

    def _update(self, item: CompiledObject, staged: Staged, found: Difference, parent: str | None) -> Action:
        counts = self.counts[item.item.name]
        counts.conflict += bool(found.conflicts)
        if found.conflicts:
            self._draft.add_problems([_conflict(item, staged, found)])
        self.writer.add_agreed(staged.record, staged.target_id or "", found.agreed)
        if not found.after:
            counts.unchanged += 1
            return Action.UNCHANGED
        for name in found.overwrites:
            counts.overwrites[name] = counts.overwrites.get(name, 0) + 1
        counts.update += 1
        self._add(item, staged, Action.UPDATE, (None, parent, to_json(found.before), to_json(found.after)))
        return Action.UPDATE

    def _make_links(self, item: CompiledObject) -> None:
        """Set the references that close a cycle, on records that exist by then."""
        name = item.item.name
        if not any(owner == name for owner, _field in self._compiled.order.deferred):
            return
        for staged in staged_records(self._draft, item.number, state=(Action.CREATE, Action.UPDATE, Action.UNCHANGED)):
            fields = {
                field: self._filled(pointer)
                for (field, _item), pointer in staged.pointers.items()
                if self._is_deferred(item, field, pointer)
            }
            if fields:
                self.counts[name].link += 1
                before = {field: (staged.held or {}).get(field) for field in fields}
                self._add(item, staged, Action.LINK, (None, None, to_json(before), to_json(fields)))

    def _add(
        self,
        item: CompiledObject,
        staged: Staged,
        action: Action,
        parts: tuple[str | None, str | None, str | None, str],
    ) -> None:
        suffix = "link" if action is Action.LINK else ""
        change_id = operation_id(self._compiled.spec.name, item.item.name, staged.key, suffix)
        marker, parent, before, after = parts
        row = (change_id, item.number, staged.record, str(action), staged.target_id)
        self.writer.add((*row, marker, parent, before, after))

    def _marker(self, item: CompiledObject, key: str) -> str | None:
        if not item.marker:
            return None
        if item.item.marker.is_bare_key:
            return key
        return marker_of(self._compiled.spec.name, item.item.name, key, max_marker(item))


def _conflict(item: CompiledObject, staged: Staged, found: Difference) -> StagedProblem:
    names = ", ".join(found.conflicts)
    fact = f"conflict: {names} changed in the source and in the target since the last run ({staged.target_id})"
    hint = "nothing is overwritten; state on_conflict: source or target"
    value = json.dumps((staged.held or {}).get(found.conflicts[0]), ensure_ascii=False)
    return StagedProblem(staged.record, item.number, "W210", names, value, fact, hint)
