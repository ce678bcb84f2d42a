"""What a field may hold: the check for each type, one wrong value at a time."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from migrator.emulators.clevertim.models import CUSTOM_FIELD, PHONE_TYPES, SOCIAL_TYPES, Model, Type
from migrator.emulators.clevertim.refusals import wrong
from migrator.emulators.clevertim.tables import Row, Tables, as_list

_DAY, _TIME = ("y", "mo", "d"), ("h", "mi")
_POINTING = {"contact", "company", "case", "opportunity", "user"}  # kinds that are named like what they point at


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_typed(value: Any, types: frozenset[str], member: str) -> bool:
    """Tell whether a value is a list of objects with one of these types and a text that is not empty."""
    return isinstance(value, list) and all(
        isinstance(item, dict) and item.get("type") in types and isinstance(item.get(member), str) and item[member]
        for item in value
    )


def _is_moment(value: Any) -> bool:
    """Tell whether a value is a real day, `{"y", "mo", "d", "h", "mi"}` (vendor); the time may be missing (client)."""
    if not isinstance(value, dict) or not set(_DAY) <= set(value) <= {*_DAY, *_TIME}:
        return False
    parts = [value.get(name, 0) for name in (*_DAY, *_TIME)]
    if not all(_is_number(part) for part in parts):
        return False
    try:
        datetime(*parts)  # noqa: DTZ001 - only to see whether there is such a day
    except (ValueError, OverflowError):
        return False
    return True


def _is_values(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str | None) or _is_texts(one) for one in value.values())


_CHECKS: dict[Type, Callable[[Any], bool]] = {
    Type.TEXT: lambda value: isinstance(value, str),
    Type.FLAG: lambda value: isinstance(value, bool),
    Type.NUMBER: _is_number,
    Type.TEXTS: _is_texts,
    Type.PHONES: lambda value: _are_typed(value, PHONE_TYPES, "no"),
    Type.SOCIAL_IDS: lambda value: _are_typed(value, SOCIAL_TYPES, "smid"),
    Type.MOMENT: _is_moment,
    Type.VALUES: _is_values,
    Type.OBJECT: lambda value: isinstance(value, dict),
    Type.ID: lambda value: _is_number(value) or isinstance(value, str),
    Type.IDS: lambda value: all(_is_number(one) for one in as_list(value)),
}


def check_value(tables: Tables, model: Model, name: str, value: Any) -> None:
    """Hold the value of a field against its type, its choices and what there is to point at. Raises Refusal."""
    kind = model.types[name]
    if not _CHECKS[kind](value):
        raise wrong(name, kind)
    choices = model.choices.get(name)
    if choices and not set(as_list(value)) <= choices:
        raise wrong(name, f"one of {', '.join(sorted(choices))}")
    for record_id in as_list(value) if name in model.targets else ():
        if not any(tables.holds(target, record_id) for target in model.targets[name]):
            raise wrong(name, f"the id of a {' or '.join(model.targets[name])}")


def check_custom_values(tables: Tables, model: Model, values: Row, before: Row) -> Row:
    """Give the custom values that are not empty, each held against its field. Raises Refusal.

    "List of custom fields in the form { id : value }" (vendor); the values are texts, or lists of texts where the field
    is multiple (client). What a record has already may be sent back, even if the field is gone.
    """
    kept = {key: value for key, value in values.items() if value not in (None, "", [])}
    for key, value in kept.items():
        if before.get(key) != value:
            _check_custom_value(tables, model, key, value)
    return kept


def _check_custom_value(tables: Tables, model: Model, key: str, value: str | list[str]) -> None:
    definition = tables.tables[CUSTOM_FIELD].get(key)
    if definition is None or model.scope not in definition["modelType"]:
        raise wrong("cf", f"the ids of custom fields for {model.scope}, got '{key}'")
    if isinstance(value, list) is not definition.get("multiple", False):
        raise wrong(f"cf.{key}", "a list of texts" if definition.get("multiple") else "a text")
    for text in as_list(value):
        _check_custom_text(tables, definition, f"cf.{key}", text)


def _check_custom_text(tables: Tables, definition: Row, place: str, text: str) -> None:
    kind = definition["elemType"]
    if kind == "select" and text not in definition["values"]:
        raise wrong(place, f"one of {', '.join(definition['values'])}")
    if kind == "date" and not _is_day(text):
        raise wrong(place, "a date such as 2012-11-22")
    if kind in _POINTING and text not in tables.tables[kind]:
        raise wrong(place, f"the id of a {kind} as a text")


def _is_day(text: str) -> bool:
    """Tell whether a text is a date like the vendor's sample "2012-11-22" (vendor)."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").strftime("%Y-%m-%d") == text  # noqa: DTZ007 - a day, no moment
    except ValueError:
        return False
