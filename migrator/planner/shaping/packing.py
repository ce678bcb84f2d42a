"""Rows as text, to be put aside on disk, and back: every cell keeps its type."""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from migrator.connectors.protocols import BadCell
from migrator.planner.rows import Finding
from migrator.planner.shaping.bench import Row

_TYPE = "\x00"
_READ: dict[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bad": BadCell,
}


def _typed(value: Any) -> dict[str, list[str]]:
    match value:
        case Decimal():
            return {_TYPE: ["decimal", str(value)]}
        case datetime():
            return {_TYPE: ["datetime", value.isoformat()]}
        case date():
            return {_TYPE: ["date", value.isoformat()]}
        case BadCell():
            return {_TYPE: ["bad", value.reason]}
    raise TypeError(value)


def _untyped(item: dict[str, Any]) -> Any:
    if _TYPE not in item:
        return item
    kind, text = item[_TYPE]
    return _READ[kind](text)


pack: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_typed).encode
unpack: Callable[[str], Any] = json.JSONDecoder(object_hook=_untyped).decode


def unpack_row(text: str) -> Row:
    """Give back a row that was packed whole."""
    *known, notes = unpack(text)
    return Row._make([*known, tuple(Finding(*note) for note in notes)])
