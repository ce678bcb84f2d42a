"""What the language has and this version does not build yet, refused with one code: E090.

The schema knows all of it, so that a mapping written today is checked as it will be.
"""

from collections.abc import Iterator
from typing import Any

from migrator.errors import Problem
from migrator.located import Located, Pointer

_KEYS = {
    "sources": "several sources",
    "tables": "prepared tables",
    "type_field": "references of several kinds",
    "unless_similar": "the guard against typing errors",
    "on_blank": "a record to fall back to",
    "write": "writing in the last pass",
}
_CHOICES = {
    ("on_ambiguous", "ask"): "asking",
    ("on_duplicate", "merge"): "merging duplicates",
    ("options", "append"): "appending options",
    ("options", "blank"): "checking options",
    ("options", "send"): "checking options",
}
_ROW_STEPS = ("reject", "set", "rename", "join", "split_rows", "unpivot", "group", "fill_down", "sort")


def later_problems(document: Located) -> Iterator[Problem]:
    """Find every use of what is not built yet, in the order of the text."""
    for pointer in document.positions:
        feature = _feature(pointer, _value_at(document.data, pointer))
        if feature:
            place = document.place(pointer, key=True)
            yield Problem(code="E090", place=place, fact=f"{feature}: not built yet", hint="take it out for now")


def _feature(pointer: Pointer, value: Any) -> str:
    """Name the feature that stands at this place of the mapping, if it is a later one."""
    if _is_own_name(pointer):
        return ""
    key = pointer[-1] if pointer else ""
    if key in _KEYS and (len(pointer) == 1 or key not in {"sources", "tables"}):
        return _KEYS[str(key)]
    if key == "lookup" and {"by", "create", "default", "list"}.intersection(pointer):
        return "a lookup inside another form"
    if isinstance(value, str):
        return _CHOICES.get((str(key), value), "")
    if key == "lookup":
        return "references of several kinds"
    if key == "on_missing" or (key == "file" and "fields" in pointer):
        return "a record to fall back to" if key == "on_missing" else "content of files"
    return _nested_feature(pointer, key, value)


def _nested_feature(pointer: Pointer, key: str | int, value: Any) -> str:
    parent = pointer[-2] if len(pointer) > 1 else ""
    if parent == "rows" and isinstance(value, dict):
        step = next(iter(value))
        return f"the row step '{step}'" if step in _ROW_STEPS else ""
    if parent == "by" and isinstance(value, dict) and "row" in value:
        return "looking a row up by its columns"
    if key == "any" and "match" in pointer:
        return "match on any of several fields"
    if key == "query":
        return "queries"
    return ""


def _is_own_name(pointer: Pointer) -> bool:
    """Tell whether the last part is a name that the author chose: of an object, a constant, a field or a column."""
    chosen = ("objects", "vars", "fields", "create", "row", "record", "map", "transforms")
    return pointer[-2:-1] in [(name,) for name in chosen] or not {"examples", "vars"}.isdisjoint(pointer)


def _value_at(data: Any, pointer: Pointer) -> Any:
    for part in pointer:
        data = data[part]
    return data
