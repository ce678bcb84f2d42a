"""The rejects file: refused rows with their original text and what is wrong with each, to correct and feed back."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice

from migrator.reports.guarded import ROWS_TOGETHER, csv_lines, quoted_columns, quoted_lines, quoted_packed
from migrator.store.cells import MARK
from migrator.store.plan import Plan
from migrator.store.views import RejectedRow, reject_columns, rejected_rows

REJECT_COLUMNS = ("_row", "_object", "_code", "_field", "_value", "_problem", "_fix")


def reject_lines(plan: Plan) -> Iterator[str]:
    """Give the original columns of all objects with the original text, then what is wrong; a line for each row."""
    columns = tuple(dict.fromkeys(name for row in reject_columns(plan) for name in row))
    yield from csv_lines([[*columns, *REJECT_COLUMNS]])
    rows = rejected_rows(plan)
    while batch := list(islice(rows, ROWS_TOGETHER)):
        told = quoted_columns(zip(*map(_told, batch), strict=True))
        whole = quoted_packed([row.packed for row in batch]) if _are_plain(batch, columns) else None
        cells = quoted_columns(zip(*(_cells(row, columns) for row in batch), strict=True)) if whole is None else [whole]
        yield from quoted_lines([*cells, *told])


def original_cell(cell: object) -> str:
    """Write a cell of a source as a rejects file holds it, but for the guard."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _are_plain(rows: Sequence[RejectedRow], columns: tuple[str, ...]) -> bool:
    """Tell whether rows hold text alone, which is packed with a mark before each cell, in just these columns."""
    return {(row.columns, row.packed.count(MARK)) for row in rows} == {(columns, len(columns))}


def _cells(row: RejectedRow, columns: tuple[str, ...]) -> Sequence[str]:
    cells = row.cells
    if row.columns != columns or len(cells) != len(columns):
        named = dict(zip(row.columns, cells, strict=False))
        cells = [named.get(name) for name in columns]
    return [*map(original_cell, cells)]


def _told(row: RejectedRow) -> tuple[object, ...]:
    problems = row.problems
    joined = ("; ".join(filter(None, part)) for part in zip(*problems, strict=True))
    return (row.row, row.object, *(problems[0] if len(problems) == 1 else joined))
