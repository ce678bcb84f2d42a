"""A change of the plan → the write that is sent: ids in the place of operations that gave them."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from migrator.json_text import to_json
from migrator.records import Action, Write
from migrator.store.changes import Change, operation_id
from migrator.store.journal import Journal
from migrator.store.states import State


class Waits(NamedTuple):
    """A change that cannot be sent yet, or ever: the operation that it waits for, and where that stands."""

    op_id: str
    state: State


def needed_operations(change: Change, mapping: str) -> list[str]:
    """Name the operations that must have given their ids before; last that of the record itself, where it is new."""
    needed: list[str] = []
    for value in change.after.values():
        if value.__class__ is not str:  # most are, and are asked no more
            needed += _operations(value)
    if change.parent:
        needed += _operations(change.parent[1])
    if change.action is Action.LINK and not change.target_id:
        needed.append(operation_id(mapping, change.object, change.key))
    return needed


def is_last(change: Change, mapping: str) -> bool:
    """Tell whether a change writes what locks its record, and so goes when all else of it has landed."""
    return change.action is Action.LINK and change.id == operation_id(mapping, change.object, change.key, "last")


def fill(change: Change, journal: Journal, mapping: str) -> Write | Waits:
    """Give the write of a change, or what it waits for."""
    is_end = change.action is Action.DELETE or is_last(change, mapping)
    if is_end and (missing := journal.first_missing(change)):
        return Waits(*missing)
    needed = needed_operations(change, mapping)
    target_id = change.target_id or ""
    parent = change.parent and (change.parent[0], str(change.parent[1]))
    if not needed:
        return Write(change.target, change.after, target_id, parent)
    ids: dict[str, str] = {}
    for op_id in needed:
        found = journal.target_of(op_id)
        if found is None:
            return Waits(op_id, journal.state_of(op_id))
        ids[op_id] = found
    if change.action is Action.LINK and not target_id:
        target_id = ids[needed[-1]]
    fields = {name: _filled(value, ids.__getitem__) for name, value in change.after.items()}
    parent = (change.parent[0], str(_filled(change.parent[1], ids.__getitem__))) if change.parent else None
    return Write(object=change.target, fields=fields, id=target_id, parent=parent)


def body_hash(write: Write) -> str:
    """Hash what is sent, so that sending it again can be seen to be the same."""
    parts: list[Any] = [write.object, write.id, list(write.parent) if write.parent else None, dict(write.fields)]
    return hashlib.sha256(to_json(parts).encode()).hexdigest()


def _operations(value: Any) -> list[str]:
    """Name the operations that a value stands for the ids of, if it does, or if those in a list do."""
    return [op_id for one in (value if isinstance(value, list) else [value]) if (op_id := _operation(one))]


def _operation(value: Any) -> str:
    return str(value["$op"]) if isinstance(value, Mapping) and "$op" in value else ""


def _filled(value: Any, id_of: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, id_of) for item in value]
    op_id = _operation(value)
    return id_of(op_id) if op_id else value
