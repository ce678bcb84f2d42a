"""Transforms by a table: values of the mapping, or of a file beside it."""

from collections.abc import Mapping
from typing import Any

from migrator.planner.normal import normal_text
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.transforms.spec import Apply, Making, TransformKind, as_text
from migrator.spelling import hints_among


def _by_table(table: Mapping[str, Any], otherwise: Any) -> Apply:
    """Look up exactly, then by the normal form; a value that the table lacks goes by `else`."""
    folded = {normal_text(key): value for key, value in table.items()}
    is_value = isinstance(otherwise, dict)
    hint_of = hints_among(table)

    def apply(value: Any) -> Any:
        text = as_text(value)
        if text in table:
            return table[text]
        key = normal_text(text)
        if key in folded:
            return folded[key]
        if otherwise == "reject":
            hint = hint_of(text) or "add it to the map, or state 'else'"
            raise ValueRefusedError("E115", "is not in the map", value=value, hint=hint)
        return otherwise["value"] if is_value else value if otherwise == "keep" else None

    return apply


def _map(making: Making) -> Apply:
    if not isinstance(making.argument, dict):
        raise TypeError("it takes a table, as in {map: {A: B}}")
    return _by_table(making.argument, making.otherwise)


def _map_from(making: Making) -> Apply:
    if not isinstance(making.argument, dict) or making.read_map is None:
        raise TypeError("it takes {file, key, value}")
    return _by_table(making.read_map(making.argument), making.otherwise)


KINDS: dict[str, TransformKind] = {"map": TransformKind(make=_map), "map_from": TransformKind(make=_map_from)}
