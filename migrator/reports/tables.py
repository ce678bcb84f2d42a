"""The files beside a report: rejects to correct and feed back, duplicates, missing parents, proposals, results.

All are private, complete or not there at all, and every CSV cell that a spreadsheet could take for a formula carries a
`'` in front, which reading it back takes away again.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, count, islice
from pathlib import Path
from typing import TextIO

from migrator.reports.writing import write_file
from migrator.spelling import similarity
from migrator.store.history import id_map
from migrator.store.ledger import LedgerReader
from migrator.store.likeness import NearNames
from migrator.store.options import plan_options
from migrator.store.plan import Plan
from migrator.store.sqlite import make_private_folder
from migrator.store.views import (
    PROBLEM_NAMES,
    MissingParent,
    created_for_lookups,
    duplicate_rows,
    gone_keys,
    key_of,
    keys_of,
    landed_operations,
    missing_parents,
    problem_rows,
    proposed_matches,
    reject_columns,
    rejected_rows,
    troubled_operations,
)

REJECT_COLUMNS = ("_row", "_object", "_code", "_field", "_value", "_problem", "_fix")

ID_MAP = ("object", "source_key", "target_id", "state")

NEAR = 0.6
ROWS_TOGETHER = 500

_DUPLICATE_CODES = frozenset({"E301", "E302", "E303"})
_TRIGGER = re.compile(r"[\s\x00\u00a0]*['=+\-@\t\r\n\x00＝＋－＠]")  # noqa: RUF001 - full-width signs act as well
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` would make one for each value
_QUOTE = json.encoder.encode_basestring  # what it does to text
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*", re.ASCII)


def safe_cell(text: str) -> str:
    """Guard a cell against being taken for a formula; plain numbers are none, nor what begins with a letter."""
    if text[:1].isalnum():
        return text
    return f"'{text}" if _TRIGGER.match(text) and not _NUMBER.fullmatch(text) else text


def unsafe_cell(text: str) -> str:
    """Undo `safe_cell`."""
    return text.removeprefix("'")


def write_plan_tables(plan: Plan, folder: Path) -> list[str]:
    """Write what stands beside the report of a plan; gives the names of the files. Raises StoreError."""
    make_private_folder(folder)
    tables = {
        "rejects": _rejects,
        "duplicates": _duplicates,
        "missing_parents": _missing_parents,
        "created": _created,
        "proposals": _proposals,
        "gone": _gone,
        "options": _options,
    }
    for name, rows in tables.items():
        _write_table(folder / f"{name}.csv", rows(plan))
    write_file(folder / "problems.jsonl", lambda file: _write_lines(file, plan))
    return [*(f"{name}.csv" for name in tables), "problems.jsonl"]


def write_results(plan: Plan, reader: LedgerReader, folder: Path) -> Path:
    """Write what became of each operation. Raises StoreError."""
    make_private_folder(folder)
    path = folder / "results.csv"
    write_file(path, lambda file: file.writelines(csv_lines(_results(plan, reader))))
    return path


def write_id_map(plan: Plan, reader: LedgerReader, path: Path) -> int:
    """Write which target id each source key was given; gives how many. Raises StoreError."""
    counter = count()
    rows = (row for row, _n in zip(id_map(plan, reader), counter, strict=False))
    write_file(path, lambda file: file.writelines(csv_lines(chain([ID_MAP], rows))))
    return next(counter)


def _write_table(path: Path, rows: Iterable[Sequence[object]]) -> None:
    write_file(path, lambda file: file.writelines(csv_lines(rows)))


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Write rows of one width as CSV, each cell guarded and in quotes; many at once, by columns."""
    given = iter(rows)
    while batch := list(islice(given, ROWS_TOGETHER)):
        columns = zip(*map(_csv_column, zip(*batch, strict=True)), strict=True)
        yield from (f'"{line}"\r\n' for line in map('","'.join, columns))


def _csv_column(cells: Sequence[object]) -> Iterable[str]:
    """Guard the cells of a column, and double their quotes; if all begin with letters or digits, none needs a guard."""
    texts = [*map(_text_of, cells)] if {*map(type, cells)} - {str} else [*map(str, cells)]
    begun = "".join({text[:1] for text in texts})
    if begun and not begun.isalnum():
        texts = [*map(safe_cell, texts)]
    return [text.replace('"', '""') for text in texts] if '"' in "".join(texts) else texts


def _text_of(cell: object) -> str:
    return "" if cell is None else str(cell)


def _write_lines(file: TextIO, plan: Plan) -> None:
    """Write each problem as JSON, many at once; all of them have the same keys."""
    line = f"""{{"v": 1, {", ".join(f'"{name}": %s' for name in PROBLEM_NAMES)}}}\n"""
    rows = problem_rows(plan)
    while batch := list(islice(rows, ROWS_TOGETHER)):
        file.writelines(map(line.__mod__, zip(*map(_json_column, zip(*batch, strict=True)), strict=True)))


def _json_column(values: Sequence[object]) -> list[str]:
    is_text = {*map(type, values)} == {str}
    return [*map(_QUOTE, map(str, values))] if is_text else [*map(_ENCODE, values)]


def _rejects(plan: Plan) -> Iterator[list[object]]:
    """Give the original columns of all objects with the original text, then what is wrong; a line for each row."""
    columns = tuple(dict.fromkeys(name for row in reject_columns(plan) for name in row))
    yield [*columns, *REJECT_COLUMNS]
    for row in rejected_rows(plan):
        cells = row.cells
        if row.columns != columns or len(cells) != len(columns):
            named = dict(zip(row.columns, cells, strict=False))
            cells = [named.get(name) for name in columns]
        if {*map(type, cells)} != {str}:
            cells = [*map(original_cell, cells)]
        told = row.problems[0] if len(row.problems) == 1 else _joined(row.problems)
        yield [*cells, row.row, row.object, *told]


def _joined(problems: Sequence[tuple[str, ...]]) -> Iterator[str]:
    return ("; ".join(filter(None, part)) for part in zip(*problems, strict=True))


def original_cell(cell: object) -> str:
    """Write a cell of a source as a rejects file holds it, but for the guard."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _duplicates(plan: Plan) -> Iterator[tuple[object, ...]]:
    yield ("object", "file", "row", "key", "code", "problem")
    yield from duplicate_rows(plan)


def _proposals(plan: Plan) -> Iterator[tuple[object, ...]]:
    yield ("object", "file", "row", "key", "label", "candidate", "target_id", "score")
    yield from ((*row, f"{score:.2f}") for *row, score in proposed_matches(plan))


def _missing_parents(plan: Plan) -> Iterator[tuple[object, ...]]:
    yield (
        "child_object",
        "child_row",
        "field",
        "parent_object",
        "parent_key",
        "children_waiting",
        "nearest_existing_key",
        "similarity",
        "why",
    )
    with ExitStack() as stack:
        keys: dict[str, NearNames] = {}
        for item in missing_parents(plan):
            parent = plan.header["objects"][item.object]["lookups"].get(item.field, "")
            if parent not in keys:
                keys[parent] = _keys(plan, parent, stack)
            near, likeness = _nearest(keys[parent], item.value)
            shown = (key_of(plan, near), f"{likeness:.2f}") if near else ("", "")
            yield (item.object, item.first_row, item.field, parent, item.value, item.waiting, *shown, _why(item))


def _keys(plan: Plan, parent: str, stack: ExitStack) -> NearNames:
    """File all keys of the objects that a lookup names."""
    names = stack.enter_context(NearNames())
    names.add((record, key.casefold()) for record, key in keys_of(plan, tuple(parent.split(", "))))
    names.sort()
    return names


def _nearest(names: NearNames, key: str) -> tuple[int, float]:
    """Give number and likeness of the record with the nearest key, the first of several; 0 if none is near."""
    folded = key.casefold()
    scored = ((similarity(folded, other), -n, record) for n, (record, other) in enumerate(names.near(folded)))
    likeness, _n, near = max(scored, default=(0.0, 0, 0))
    return (near, likeness) if likeness >= NEAR else (0, 0.0)


def _why(item: MissingParent) -> str:
    """Say why what was looked for is not there, without the value, which stands beside it."""
    code, fact = item.cause
    if code in _DUPLICATE_CODES:
        return f"duplicate key: {fact}"
    if code:
        return f"rejected itself: {code} {fact}"
    fact = item.fact.removesuffix(f": '{item.value}'")
    if item.code == "E205":
        return f"ambiguous: {fact}"
    return fact.partition(" found, ")[2] or fact


def _created(plan: Plan) -> Iterator[tuple[object, ...]]:
    yield ("object", "key", "values", "rows_waiting")
    yield from created_for_lookups(plan)


def _gone(plan: Plan) -> Iterator[tuple[object, ...]]:
    yield ("object", "key", "target_id")
    yield from gone_keys(plan)


def _options(plan: Plan) -> Iterator[tuple[object, ...]]:
    yield ("object", "field", "value", "options", "rows")
    for item in plan_options(plan):
        yield (item.object, item.field, item.value, item.policy, item.rows)


def _results(plan: Plan, reader: LedgerReader) -> Iterator[tuple[object, ...]]:
    yield ("object", "source", "key", "action", "state", "target_id", "time", "reason")
    for change, state, target_id, wall in landed_operations(reader, plan):
        yield (change.object, change.place, change.key, change.action, state, target_id, wall, "")
    for change, state, reason, found in troubled_operations(reader, plan):
        yield (change.object, change.place, change.key, change.action, state, found, "", reason)
