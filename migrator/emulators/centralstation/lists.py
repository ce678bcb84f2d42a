"""What a list has, in which order, and which page of it is read."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from migrator.emulators.centralstation.models import Model, Type
from migrator.emulators.centralstation.refusals import refused
from migrator.emulators.centralstation.tables import Row, Tables
from migrator.emulators.centralstation.values import Wrong, moment
from migrator.emulators.messages import Request
from migrator.emulators.refusal import Refusal

MAX_PERPAGE = 250

Listed = tuple[Model, Row]
Test = Callable[[Listed], bool]

_FILTER = re.compile(r"filter\[(?P<field>\w+)\]\[(?P<modifier>\w+)\]")
_ORDER = re.compile(r"(?P<key>abc|new|update|activity|id)-(?P<way>asc|desc)")
_NUMBER = re.compile(r"[0-9]{1,9}")
_PAIR = 2
_MODIFIERS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "equal": lambda held, given: bool(held == given[0]),
    "smaller_than": lambda held, given: bool(held < given[0]),
    "larger_than": lambda held, given: bool(held > given[0]),
    "between": lambda held, given: bool(given[0] <= held <= given[1]),
    "in": lambda held, given: held in given,
}
_LISTS_OF_PROTOCOL = {
    "person_id": "person_ids",
    "company_id": "company_ids",
    "deal_id": "deal_ids",
    "project_id": "project_ids",
}


def page(rows: list[Listed], request: Request, default_perpage: int) -> list[Listed]:
    """Cut a page out: at most 250 (vendor), counted from 1 (client); a senseless number is as none (inferred)."""
    size = min(_number(request, "perpage") or default_perpage, MAX_PERPAGE)
    start = (max(_number(request, "page"), 1) - 1) * size
    return rows[start : start + size]


def _number(request: Request, name: str) -> int:
    text = request.parameter(name) or ""
    return int(text) if _NUMBER.fullmatch(text) else 0


def ordered(rows: list[Listed], text: str) -> list[Listed]:
    """Sort as `order` says; without it records stand in the order in which they were made (inferred)."""
    if not text:
        return rows
    found = _ORDER.fullmatch(text)
    if found is None:
        raise refused(400, f"unknown order: {text}")
    return sorted(rows, key=partial(_ORDER_KEYS[found["key"]]), reverse=found["way"] == "desc")


_ORDER_KEYS: dict[str, Callable[[Listed], Any]] = {
    "abc": lambda one: (str(one[1].get("name", "")).casefold(), str(one[1].get("first_name", "")).casefold()),
    "new": lambda one: one[1].get("created_at", ""),
    "update": lambda one: one[1].get("updated_at", ""),
    "activity": lambda one: one[1].get("updated_at", ""),
    "id": lambda one: one[1]["id"],
}


def selected(tables: Tables, rows: list[Listed], models: Iterable[Model], request: Request) -> list[Listed]:
    """Keep the records that all filters of a request are true of. Raises Refusal for a filter that is none."""
    tests = [test for name, text in request.query for test in _tests(tables, tuple(models), name, text)]
    return [row for row in rows if all(test(row) for test in tests)]


def _tests(tables: Tables, models: tuple[Model, ...], name: str, text: str) -> list[Test]:
    found = _FILTER.fullmatch(name)
    if found is not None:
        return [_filter(models, found["field"], found["modifier"], text)]
    if name.startswith("filter["):
        raise refused(400, f"unknown filter: {name}")
    if models[0].name == "protocols" and name in _LISTS_OF_PROTOCOL:
        return [lambda one: text in map(str, one[1].get(_LISTS_OF_PROTOCOL[name], ()))]
    special = _SPECIAL.get((models[0].name, name)) or _SPECIAL.get(("", name))
    return [partial(special, tables, text)] if special else []


def _filter(models: tuple[Model, ...], field_name: str, modifier: str, text: str) -> Test:
    """Read a filter such as `filter[name][equal]=X`; two values or more stand with commas between them (client)."""
    given = text.split(",") if modifier in {"between", "in"} else [text]
    if modifier not in _MODIFIERS or not any(field_name in model.shown for model in models):
        raise refused(400, f"unknown filter: {field_name} {modifier}")
    if modifier == "between" and len(given) != _PAIR:
        raise refused(400, f"between takes two values: {text}")

    def test(one: Listed) -> bool:
        held = one[1].get(field_name)
        if held is None:
            return modifier == "equal" and not text
        numbers = [_decimal(value) for value in (str(held), *given)] if _is_number(one[0], field_name) else [None]
        if None not in numbers:
            return _MODIFIERS[modifier](numbers[0], numbers[1:])
        return _MODIFIERS[modifier](_text(held), given)

    return test


def _is_number(model: Model, field_name: str) -> bool:
    field = model.fields.get(field_name)
    return field_name == "id" or (field is not None and field.type in {Type.INTEGER, Type.DECIMAL})


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(text: str) -> Any:
    try:
        return moment(text)
    except Wrong as wrong:
        raise _bad_day(text) from wrong


def _bad_day(text: str) -> Refusal:
    return refused(400, f"no date: {text}")


def _is_updated_before(_tables: Tables, text: str, one: Listed) -> bool:
    return bool(_moment(one[1]["updated_at"]) < _moment(text))


def _is_updated_after(_tables: Tables, text: str, one: Listed) -> bool:
    return bool(_moment(one[1]["updated_at"]) > _moment(text))


def _has_tag(key: str) -> Callable[[Tables, str, Listed], bool]:
    def test(tables: Tables, text: str, one: Listed) -> bool:
        return any(str(tag[key]) == text for tag in tables.below((one[0].name, one[1]["id"]), "tags"))

    return test


def _has_state(_tables: Tables, text: str, one: Listed) -> bool:
    return bool(one[1].get("finished", False)) is (text == "closed")


def _is_due_before(_tables: Tables, text: str, one: Listed) -> bool:
    return str(one[1].get("precise_time", "9999"))[:10] < text


def _is_due_after(_tables: Tables, text: str, one: Listed) -> bool:
    return str(one[1].get("precise_time", ""))[:10] > text


def _is_users(_tables: Tables, text: str, one: Listed) -> bool:
    return str(one[1].get("user_id")) == text


def _is_active(_tables: Tables, text: str, one: Listed) -> bool:
    return bool(one[1].get("active", True)) is (text == "true")


# object, empty for any, and parameter → the test (client)
_SPECIAL: dict[tuple[str, str], Callable[[Tables, str, Listed], bool]] = {
    ("", "tag_id"): _has_tag("id"),
    ("", "tag_name"): _has_tag("name"),
    ("", "stream_updated_at_before"): _is_updated_before,
    ("", "stream_updated_at_after"): _is_updated_after,
    ("tasks", "state"): _has_state,
    ("tasks", "before"): _is_due_before,
    ("tasks", "after"): _is_due_after,
    ("tasks", "user_id"): _is_users,
    ("users", "active"): _is_active,
}
