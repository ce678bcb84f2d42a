"""How the cells of a table are cleaned before anything is read from them: trimmed, and emptied what counts as blank."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from migrator.connectors.protocols import Source, Table
from migrator.planner.transforms.text import WHITE

Cleaner = Callable[[Sequence[Any]], list[Any]]


class Cleaning(NamedTuple):
    """What is done to the cells of a table; `blank_values` are whole cells that count as blank."""

    is_text: bool
    is_trimmed: bool
    blank_values: frozenset[str]


def cleaning_of(table: Table, source: Source, *, is_trimmed: bool) -> Cleaning:
    """Tell how a table of a source is cleaned."""
    return Cleaning(table.is_text, is_trimmed, source.blank_values | table.blank_values)


@lru_cache
def cleaner(cleaning: Cleaning) -> Cleaner:
    """Make the function that trims a row's text and empties what counts as blank."""
    is_text, is_trimmed, blank_values = cleaning
    if is_text and is_trimmed and not blank_values:
        return lambda cells: [cell.strip(WHITE) for cell in cells]

    def clean(cells: Sequence[Any]) -> list[Any]:
        trimmed = [cell.strip(WHITE) if is_trimmed and isinstance(cell, str) else cell for cell in cells]
        return ["" if isinstance(cell, str) and cell in blank_values else cell for cell in trimmed]

    return clean
