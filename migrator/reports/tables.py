"""The files beside a report: rejects to correct and feed back, duplicates, missing parents, proposals, results.

All are private, complete or not there at all, and every CSV cell that a spreadsheet could take for a formula carries a
`'` in front, which reading it back takes away again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, TextIO

from migrator.reports.guarded import ROWS_TOGETHER, csv_lines, each_once
from migrator.reports.rejects import reject_lines
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
    troubled_operations,
)

ID_MAP = ("object", "source_key", "target_id", "state")

NEAR = 0.6

_DUPLICATE_CODES = frozenset({"E301", "E302", "E303"})
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` would make one for each value
_WRITES: Mapping[tuple[type, ...], Callable[[Any], str]] = {(str,): json.encoder.encode_basestring, (int,): str}


def write_plan_tables(plan: Plan, folder: Path) -> list[str]:
    """Write what stands beside the report of a plan; gives the names of the files. Raises StoreError."""
    make_private_folder(folder)
    tables = {
        "duplicates": _duplicates,
        "missing_parents": _missing_parents,
        "created": _created,
        "proposals": _proposals,
        "gone": _gone,
        "options": _options,
    }
    write_file(folder / "rejects.csv", lambda file: file.writelines(reject_lines(plan)))
    for name, rows in tables.items():
        _write_table(folder / f"{name}.csv", rows(plan))
    write_file(folder / "problems.jsonl", lambda file: _write_lines(file, plan))
    return ["rejects.csv", *(f"{name}.csv" for name in tables), "problems.jsonl"]


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


def _write_lines(file: TextIO, plan: Plan) -> None:
    """Write each problem as JSON, many at once; all of them have the same keys."""
    line = f"""{{"v": 1, {", ".join(f'"{name}": %s' for name in PROBLEM_NAMES)}}}\n"""
    rows = problem_rows(plan)
    while batch := list(islice(rows, ROWS_TOGETHER)):
        columns = (each_once(_json_column, values) for values in zip(*batch, strict=True))
        file.writelines(map(line.__mod__, zip(*columns, strict=True)))


def _json_column(values: Sequence[object]) -> list[str]:
    write = _WRITES.get(tuple({*map(type, values)}), _ENCODE)
    return [*map(write, values)]


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
