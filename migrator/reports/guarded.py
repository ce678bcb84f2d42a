"""CSV that no spreadsheet takes for formulas: all cells in quotes, and a `'` before what would act as one."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from migrator.store.cells import MARK

ROWS_TOGETHER = 500

_TRIGGERS = r"'=+\-@\t\r\n\x00＝＋－＠"  # noqa: RUF001 - full-width signs act as well
_DIGITS = r"[+-]?[0-9]+(?:[.,][0-9]+)*"
_TRIGGER = re.compile(rf"[\s\x00\u00a0]*[{_TRIGGERS}]")
_NUMBER = re.compile(_DIGITS)
_TRIGGER_IN_PACKED = re.compile(rf"{MARK}(?!{_DIGITS}{MARK})(?:[^\S{MARK}]|[\x00\u00a0])*[{_TRIGGERS}]")


def safe_cell(text: str) -> str:
    """Guard a cell against being taken for a formula; plain numbers are none, nor what begins with a letter."""
    if text[:1].isalnum():
        return text
    return f"'{text}" if _TRIGGER.match(text) and not _NUMBER.fullmatch(text) else text


def unsafe_cell(text: str) -> str:
    """Undo `safe_cell`."""
    return text.removeprefix("'")


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Write rows of one width as CSV, each cell guarded and in quotes; many at once, by columns."""
    given = iter(rows)
    while batch := list(islice(given, ROWS_TOGETHER)):
        yield from quoted_lines(quoted_columns(zip(*batch, strict=True)))


def quoted_lines(parts: Iterable[Iterable[str]]) -> Iterator[str]:
    """Write lines out of columns of quoted cells, or of several such cells in a row."""
    return (f'"{line}"\r\n' for line in map('","'.join, zip(*parts, strict=True)))


def quoted_columns(columns: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    """Guard the cells of each column, and double their quotes."""
    return (each_once(_quoted, cells) for cells in columns)


def quoted_packed(rows: Sequence[str]) -> list[str] | None:
    """Quote rows of text as `pack_cells` wrote them, each as a whole; None where a cell of one needs a guard."""
    whole = "".join(rows)
    if _TRIGGER_IN_PACKED.search(whole + MARK):
        return None
    texts = [row.replace('"', '""') for row in rows] if '"' in whole else rows
    return [text[1:].replace(MARK, '","') for text in texts]


def each_once(write: Callable[[Sequence[object]], list[str]], values: Sequence[object]) -> list[str]:
    """Write values; each only once where most of them recur."""
    distinct = [*{*values}]
    if len(distinct) * 4 > len(values):
        return write(values)
    return [*map(dict(zip(distinct, write(distinct), strict=True)).__getitem__, values)]


def _quoted(cells: Sequence[object]) -> list[str]:
    """Guard cells, and double their quotes; if all begin with letters or digits, none needs a guard."""
    texts = [*map(_text_of, cells)] if {*map(type, cells)} - {str} else [*map(str, cells)]
    begun = "".join({text[:1] for text in texts})
    if begun and not begun.isalnum():
        texts = [*map(safe_cell, texts)]
    return [text.replace('"', '""') for text in texts] if '"' in "".join(texts) else texts


def _text_of(cell: object) -> str:
    return "" if cell is None else str(cell)
