"""What is planned for a record: its values with references filled in, divided by when they are written."""

from typing import Any, NamedTuple

from migrator.json_text import to_json
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.folding import rules_of
from migrator.planner.lines import PARENT
from migrator.spec.values import Lookup
from migrator.store.changes import Pointer, Staged, operation_namer
from migrator.store.pointing import NOTHING, Filled, fill


class Planned(NamedTuple):
    """What is written to one record: at once, by a later link, and in the last pass; and its parent as JSON."""

    fields: dict[str, Any]
    links: dict[str, Any]
    last: dict[str, Any]
    parent: str | None


class Filling:
    """Fills in the references of one object's records.

    `is_plain`: all of a new record is written at once, and what its references find is all that is not in its row.
    """

    def __init__(self, compiled: Compiled, item: CompiledObject) -> None:
        self._item = item
        self._names = {one.number: one for one in compiled.objects.values()}
        mapping = compiled.spec.name
        self._operations = {number: operation_namer(mapping, one.item.name) for number, one in self._names.items()}
        forms = {PARENT: item.item.parent} | {one.name: one.value.form for one in item.item.fields}
        self._kind_fields = {
            name: form.type_field for name, form in forms.items() if isinstance(form, Lookup) and form.type_field
        }
        rules = rules_of(item.item.fields)
        kinds = {to: rules[name] for name, to in self._kind_fields.items() if name in rules}
        self.rules = {**kinds, **rules}
        self.has_last = any(rule.is_last for rule in rules.values())
        is_in_cycle = any(item.item.name in group for group in compiled.order.cycles)
        self.is_plain = not (self.has_last or self._kind_fields or item.item.parent or is_in_cycle)

    def plan(self, staged: Staged) -> Planned:
        """Divide the values of a record; a reference that was left blank, or found nothing, is not written."""
        planned = Planned({}, {}, {}, self._parent(staged))
        found_by: dict[str, list[Pointer]] = {}
        filled: Filled = {}
        for (name, item), pointer in staged.pointers.items():
            found_by.setdefault(name, []).append(pointer)
            filled[name, item] = self._filled(pointer.target_id, pointer.object, pointer.key)
        for name, value in staged.fields.items():
            found = fill(filled, name, value)
            if name == PARENT or found is NOTHING:
                continue
            pointers = found_by.get(name, ())
            rule = self.rules.get(name)
            is_deferred = any(pointer.is_deferred for pointer in pointers)
            into = planned.last if rule and rule.is_last else planned.links if is_deferred else planned.fields
            into[name] = found
            if name in self._kind_fields and pointers:
                into[self._kind_fields[name]] = self._word(name, pointers[0])
        if PARENT in self._kind_fields and (PARENT, 0) in staged.pointers:
            planned.fields[self._kind_fields[PARENT]] = self._word(PARENT, staged.pointers[PARENT, 0])
        return planned

    def _parent(self, staged: Staged) -> str | None:
        pointer = staged.pointers.get((PARENT, 0))
        return to_json([self._kind(pointer), self._filled(*pointer[:3])]) if pointer else None

    def _kind(self, pointer: Pointer) -> str:
        """Name the target's object of what a reference found."""
        return pointer.target or self._names[pointer.object].item.to

    def _word(self, name: str, pointer: Pointer) -> str:
        return self._item.target.kind_word(self._kind_fields[name], self._kind(pointer))

    def _filled(self, target_id: str | None, number: int, key: str) -> Any:
        """Give the target id, or the operation that will give it."""
        return {"$op": self._operations[number](key)} if target_id is None else target_id
