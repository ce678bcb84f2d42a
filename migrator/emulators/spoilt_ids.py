"""Answers whose id is lost or another record's, wherever a vendor puts it.

Most wrap a record, or send it bare, and its id is a member of it. Some answer a create with nothing but the id: as the
whole body, or as `Data`, where a batch has a list of ids in the order of its items.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from migrator.emulators.exact import parse_json, write_json
from migrator.emulators.messages import Answer

_NAMES = frozenset({"id", "record_id", "crmid"})
_BARE = "Data"
_OTHER_ID = "00000000-0000-4000-8000-000000000000"
_OTHER_NUMBER = 1


def without_id(answer: Answer) -> Answer:
    """Leave the id out; of a list of ids the last, so that it is shorter than the batch."""
    value = _value(answer)
    for holder in _holders(value):
        for name in _id_names(holder):
            del holder[name]
    return _with_value(answer, _changed(value, lambda _old: None))


def with_other_id(answer: Answer) -> Answer:
    """Give the id of another record, of the kind that the vendor's ids are; of a list of ids the last."""
    value = _value(answer)
    for holder in _holders(value):
        holder |= {name: _other(holder[name]) for name in _id_names(holder)}
    return _with_value(answer, _changed(value, _other))


def _value(answer: Answer) -> Any:
    return parse_json(answer.body) if answer.body else {}


def _with_value(answer: Answer, value: Any) -> Answer:
    return replace(answer, body=write_json(value).encode())


def _id_names(holder: dict[str, Any]) -> list[str]:
    return [name for name in holder if name.casefold() in _NAMES]


def _holders(value: Any) -> list[dict[str, Any]]:
    """List the objects that hold the id of an answer: itself or, where a vendor wraps records, what it wraps.

    A record may also be alone in a list, as in `{"status": "OK", "content": [{...}]}`; in longer ones none is meant.
    """
    if not isinstance(value, dict):
        return []
    if _id_names(value):
        return [value]
    members = (one[0] if isinstance(one, list) and len(one) == 1 else one for one in value.values())
    return [holder for member in members for holder in _holders(member)]


def _other(old: Any) -> Any:
    if not isinstance(old, str):
        return _OTHER_NUMBER
    return str(_OTHER_NUMBER) if old.isdecimal() else _OTHER_ID


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """Give the value with its bare ids changed; a value without any stays as it is."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return change(value)
    bare = value.get(_BARE) if isinstance(value, dict) else None
    if isinstance(bare, str):
        return {**value, _BARE: change(bare)}
    if isinstance(bare, list) and bare and isinstance(bare[-1], str):
        changed = change(bare[-1])
        return {**value, _BARE: bare[:-1] if changed is None else [*bare[:-1], changed]}
    return value
