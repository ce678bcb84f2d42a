"""Source names: a column, exactly, or a path into what a column holds."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from migrator.connectors.protocols import BadCell
from migrator.planner.refusal import ValueRefusedError

Getter = Callable[[Sequence[Any]], Any]

_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>[0-9]+)\]|\[(?P<all>)\]|\[(?P<name>[^=\]]+)=(?P<value>[^\]]*)\]")


def make_getter(name: str, columns: Sequence[str]) -> Getter:
    """Make the function from a row's cells to the value of a name; None where there is nothing. Raises KeyError."""
    if name in columns:
        return _column(list(columns).index(name))
    head = re.split(r"[.\[]", name, maxsplit=1)[0]
    position = list(columns).index(head) if head in columns else -1
    steps = _steps(name[len(head) :])
    if position < 0 or not steps:
        raise KeyError(name)

    def get(cells: Sequence[Any]) -> Any:
        value: Any = cells[position]
        for step in steps:
            value = step(value)
            if value is None:
                return None
        return None if value in ("", []) else value

    return get


def _column(position: int) -> Getter:
    def get(cells: Sequence[Any]) -> Any:
        value = cells[position]
        if value.__class__ is BadCell:
            raise ValueRefusedError("E113", value.reason, hint="mend the cell in the workbook and save it")
        return None if value == "" else value

    return get


def _steps(path: str) -> list[Callable[[Any], Any]]:
    """Read the steps of a path; empty if it is none."""
    steps: list[Callable[[Any], Any]] = []
    while path:
        found = _STEP.match(path)
        if found is None:
            return []
        steps.append(_step(found))
        path = path[found.end() :]
    return steps


def _step(found: re.Match[str]) -> Callable[[Any], Any]:
    key, index, name, wanted = found["key"], found["index"], found["name"], found["value"]
    if key:
        return lambda value: _each(value, key)
    if index:
        position = int(index)
        return lambda value: value[position] if isinstance(value, list) and position < len(value) else None
    if name:
        return lambda value: _first(value, name, wanted)
    return lambda value: value if isinstance(value, list) else None


def _each(value: Any, key: str) -> Any:
    """Go into an object, or into every object of a list."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list):
        return [item[key] for item in value if isinstance(item, dict) and item.get(key) is not None]
    return None


def _first(value: Any, name: str, wanted: str) -> Any:
    items = value if isinstance(value, list) else []
    return next((item for item in items if isinstance(item, dict) and str(item.get(name)) == wanted), None)
