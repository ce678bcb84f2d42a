"""Values that a picklist of the target lacks: refused, left blank, sent as they are, or added to the list first."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from migrator.json_text import to_json
from migrator.planner.canonical import coerce_to
from migrator.planner.forms import Note
from migrator.planner.normal import normal_text
from migrator.records import Action, Canonical, Field, Kind, ObjectType
from migrator.spec.values import FieldSpec
from migrator.store.changes import ChangeWriter, hashed, operation_id
from migrator.store.draft import Draft
from migrator.store.options import ADDED, BLANKED, SENT, added_options, gather_options

CoerceNoting = Callable[[Any, list[Note]], Canonical]

_VERDICTS = {
    "blank": (BLANKED, "left blank: is no option of the target"),
    "send": (SENT, "sent as it is: is no option of the target"),
    "append": (ADDED, "is no option of the target yet: it is added to the list first"),
}


def compile_coercion(spec: FieldSpec, target: ObjectType) -> CoerceNoting:
    """Make the function from a typed value that is not blank to the field's canonical one, as `options` says."""
    field = target.field(spec.name) or Field(name=spec.name, kind=Kind.TEXT)
    policy = spec.unknown_option
    if policy == "reject" or not (field.options or field.can_append):
        strict = coerce_to(field)
        return lambda value, _notes: strict(value)
    coerce, choose = coerce_to(replace(field, options=())), _chooser(field.options, policy)

    def coerce_noting(value: Any, notes: list[Note]) -> Canonical:
        found = coerce(value)
        if not isinstance(found, list):
            return choose(found, notes)
        chosen = (choose(item, notes) for item in found)
        return list(dict.fromkeys(item for item in chosen if item is not None))

    return coerce_noting


def _chooser(options: tuple[str, ...], policy: str) -> Callable[[Canonical, list[Note]], Canonical]:
    """Make the function that takes one item; what is to be added is one option whatever its case."""
    code, fact = _VERDICTS[policy]
    known = {normal_text(option): option for option in options} if policy == "append" else {}

    def choose(item: Canonical, notes: list[Note]) -> Canonical:
        if item in options:
            return item
        if spelled := known.get(normal_text(item)):
            return spelled
        notes.append(Note(code, f"{fact}: '{item}'", item))
        return None if policy == "blank" else item

    return choose


def plan_appends(mapping: str, draft: Draft, writer: ChangeWriter) -> None:
    """Gather the values that lists lack, and make a change of each option that is to be added; `apply` begins there."""
    gather_options(draft)
    for number, option in added_options(draft):
        change_id = operation_id(mapping, option.target, f"{option.field}: {option.value}", "append")
        after = to_json({option.field: option.value})
        writer.add([hashed((change_id, number, 0, str(Action.APPEND), None, None, None, None, after))])
