"""Text files as tables: delimited ones streamed through petl, which is imported here and nowhere else, and JSON Lines.

A row is given as it stands; whether it is too short is the business of whoever reads it.
"""

import csv
import io
import json
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from migrator.connectors.files.dialect import MAX_CELL, Dialect, find_dialect, undecodable
from migrator.connectors.files.opening import OpenedFile
from migrator.connectors.protocols import Cell
from migrator.errors import Problem, SourceError


@dataclass(frozen=True, kw_only=True, slots=True)
class RawTable:
    """Header and numbered rows of one file, and how it was understood; `close` ends a walk that is not finished.

    A blank row is given as it stands, as nothing or as blank cells; `warnings` are (code, fact).
    """

    header: tuple[str, ...]
    rows: Iterator[tuple[int, tuple[Cell, ...]]]
    is_text: bool
    notes: tuple[str, ...]
    warnings: tuple[tuple[str, str], ...] = ()
    close: Callable[[], None] = lambda: None


def delimited(file: OpenedFile, *, encoding: str, delimiter: str, why: str = "declared") -> RawTable:
    """Open a CSV or TSV file. Raises SourceError, also while its rows are walked."""
    import petl  # noqa: PLC0415 - a plan that is applied reads no file

    dialect = find_dialect(file, encoding=encoding, delimiter=delimiter, why=why)
    csv.field_size_limit(MAX_CELL)
    table = petl.fromcsv(file, dialect.encoding, errors="strict", delimiter=dialect.delimiter, strict=True)
    walk = _guarded(iter(table), file, dialect)
    rows = enumerate(walk, start=1)
    header = _first_line(rows)
    return RawTable(header=header, rows=rows, is_text=True, notes=dialect.notes, close=walk.close)


def first_filled(rows: Iterator[tuple[int, tuple[Cell, ...]]]) -> tuple[str, ...]:
    """Take the header: the first row that is not blank; empty where there is none."""
    for _number, row in rows:
        if any(cell is not None and str(cell).strip() for cell in row):
            return tuple("" if cell is None else str(cell) for cell in row)
    return ()


def _first_line(rows: Iterator[tuple[int, tuple[str, ...]]]) -> tuple[str, ...]:
    """Take the header of a text file: the first line that is not blank, even if nothing but separators stands on it."""
    return next((row for _number, row in rows if len(row) > 1 or any(cell.strip() for cell in row)), ())


def _guarded(
    rows: Iterator[tuple[str, ...]], file: OpenedFile, dialect: Dialect
) -> Generator[tuple[str, ...], None, None]:
    try:
        yield from rows
    except UnicodeError:
        raise undecodable(file, dialect.encoding) from None
    except csv.Error as error:
        raise _malformed(file, dialect, error) from None


def _malformed(file: OpenedFile, dialect: Dialect, error: csv.Error) -> SourceError:
    """Find the line on which the malformed record begins."""
    line = 1
    with file.again() as raw, io.TextIOWrapper(raw, dialect.encoding, errors="replace", newline="") as lines:
        reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
        with suppress(csv.Error):
            for _row in reader:
                line = reader.line_num + 1
    if "unexpected end of data" in str(error):
        fact, hint = "a quoted cell opens in this record and never closes", "close the quote, or double a quote in text"
    elif "field larger" in str(error):
        fact, hint = "a cell is larger than 10 MiB", "is a quote left open?"
    else:
        fact, hint = f"not well-formed: {error}", 'inside quotes, a quote is written twice: ""'
    return SourceError(Problem(code="E406", place=f"{file.name}:{line}", fact=fact, hint=hint))


def json_lines(file: OpenedFile, *, encoding: str) -> RawTable:
    """Open a JSON Lines file: its header is every key of every line. Raises SourceError, also while it is walked."""
    chosen = encoding or "utf-8"
    keys: dict[str, None] = {}
    with file.again() as lines:
        for _number, record in _records(file, lines, chosen):
            keys.update(dict.fromkeys(record))
    header = tuple(keys)
    records = _records(file, io.BufferedReader(file), chosen)
    notes = (f"{chosen.lower()} ({'declared' if encoding else 'the default'}), JSON Lines",)
    return RawTable(header=header, rows=_in_columns(records, header), is_text=False, notes=notes)


def _in_columns(
    records: Iterable[tuple[int, dict[str, Any]]], header: tuple[str, ...]
) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    for number, record in records:
        yield number, tuple(record.get(name) for name in header)


def _records(file: OpenedFile, lines: Iterable[bytes], encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        place = f"{file.name}:{number}"
        if len(line) > MAX_CELL:
            raise SourceError(Problem(code="E406", place=place, fact="a line is larger than 10 MiB"))
        try:
            text = line.decode(encoding).removeprefix("\ufeff" if number == 1 else "")
        except UnicodeDecodeError:
            raise undecodable(file, encoding) from None
        except (LookupError, UnicodeError):
            raise SourceError(Problem(code="E404", place=file.name, fact=f"unknown encoding '{encoding}'")) from None
        yield number, _record(text, place) if text.strip() else {}


def _record(text: str, place: str) -> dict[str, Any]:
    try:
        record = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise SourceError(Problem(code="E406", place=place, fact=f"not one JSON object: {error}")) from None
    if not isinstance(record, dict):
        raise SourceError(Problem(code="E406", place=place, fact="a line must be a JSON object"))
    if "\\ud" in text.lower():
        _refuse_surrogates(text, record, place)
    return record


def _refuse_surrogates(text: str, record: dict[str, Any], place: str) -> None:
    try:
        json.dumps(record, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        fact = f"half of a surrogate pair is no character: {text.strip()[:60]}"
        raise SourceError(Problem(code="E406", place=place, fact=fact)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key '{twice}' stands twice")
    return record
