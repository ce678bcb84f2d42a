"""XLSX workbooks as tables, through python-calamine (extra `xlsx`), after the container was checked.

A workbook is a zip archive made by somebody else: its entries, sizes and compression are checked against their real
bytes first. Cells that hold an error, or a formula without a stored result, are found in the XML, since the reader
gives them as blank, and a blank is a value here.
"""

import html
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from migrator.connectors.files.opening import OpenedFile
from migrator.connectors.files.tables import RawTable, first_filled
from migrator.connectors.protocols import BadCell, Cell
from migrator.errors import Problem, SourceError

MAX_ENTRIES = 10_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200
EXACT_DIGITS = 15

_ODD = BadCell("holds an error or a formula without a stored result")
_EARLY = BadCell("holds a date before March 1900, which Excel counts by a day too many")
_CHUNK = 1 << 20
_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_ERROR_CELL = re.compile(rb'<c\b([^>]*\bt="e"[^>]*)>')
_BARE_FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:</c>|<v\s*/>|<v></v>)")
_REFERENCE = re.compile(rb'\br="([A-Z]+[0-9]+)"')
_FIRST_TRUE_DATE = date(1900, 3, 1)


def sheet(file: OpenedFile, *, name: str) -> RawTable:
    """Open a sheet by name, or the only one. Raises SourceError; a cell that Excel could not fill is a BadCell."""
    try:
        return _sheet(file, name)
    # A workbook is somebody else's archive: of broken, encrypted or cut ones zipfile and zlib raise each of these.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, KeyError, IndexError) as error:
        raise _unreadable(file, error) from None


def _sheet(file: OpenedFile, name: str) -> RawTable:
    _check_container(file)
    while file.read(_CHUNK):
        pass  # the library reads it in its own way; this reading is for the hash
    calamine = _library(file)
    try:
        with file.again() as stream:
            workbook = calamine.CalamineWorkbook.from_filelike(stream)
        chosen = _choose(file, workbook.sheet_names, name)
        opened = workbook.get_sheet_by_name(chosen)
        rows = _typed_rows(opened.iter_rows(), (opened.start or (0, 0))[1], frozenset(_odd_cells(file, chosen)))
        header = first_filled(rows)
    except calamine.CalamineError as error:
        raise _unreadable(file, error) from None
    warnings = tuple(_warnings(workbook, opened))
    return RawTable(header=header, rows=rows, is_text=False, notes=(f"sheet '{chosen}'",), warnings=warnings)


def _library(file: OpenedFile) -> Any:
    try:
        import python_calamine  # noqa: PLC0415 - an extra
    except ImportError:
        hint = "pip install 'migrator[xlsx]'"
        raise SourceError(Problem(code="E402", place=file.name, fact="XLSX needs an extra", hint=hint)) from None
    return python_calamine


def _unreadable(file: OpenedFile, error: Exception) -> SourceError:
    return SourceError(Problem(code="E407", place=file.name, fact=f"not a readable workbook: {error}"))


def _warnings(workbook: Any, opened: Any) -> Iterator[tuple[str, str]]:
    """Say what of a workbook is not read: the rest of merged cells, and hidden sheets."""
    if merged := len(opened.merged_cell_ranges or ()):
        yield "W405", f"{merged} merged ranges: their value stands in the first cell of each, the others are blank"
    hidden = [item.name for item in workbook.sheets_metadata if "visible" not in str(item.visible).lower()]
    if hidden:
        yield "W405", f"hidden sheets: {', '.join(hidden)}"


def _choose(file: OpenedFile, names: list[str], wanted: str) -> str:
    if wanted in names:
        return wanted
    if not wanted and len(names) == 1:
        return names[0]
    fact = f"no sheet '{wanted}'" if wanted else "the workbook has several sheets"
    hint = f"write 'from: {file.name}#{names[0]}'; there are: {', '.join(names)}"
    raise SourceError(Problem(code="E407", place=file.name, fact=fact, hint=hint))


def _check_container(file: OpenedFile) -> None:
    """Unpack every entry once, counting: what the archive says of itself may be a lie."""
    with file.again() as stream, zipfile.ZipFile(stream) as archive:
        _check_entries(file, archive)


def _check_entries(file: OpenedFile, archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise SourceError(_bomb(file, f"{len(entries)} entries"))
    unpacked = 0
    for entry in entries:
        unpacked += _unpacked_bytes(file, archive, entry)
        if unpacked > MAX_UNPACKED:
            raise SourceError(_bomb(file, "more than 512 MiB when unpacked"))


def _unpacked_bytes(file: OpenedFile, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    size = 0
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > max(_CHUNK, entry.compress_size * MAX_RATIO):
                raise SourceError(_bomb(file, f"'{entry.filename}' is packed more than {MAX_RATIO} times"))
    return size


def _bomb(file: OpenedFile, fact: str) -> Problem:
    return Problem(
        code="E407", place=file.name, fact=f"refused: {fact}", hint="save it anew from the spreadsheet program"
    )


def _odd_cells(file: OpenedFile, name: str) -> Iterator[str]:
    """Find cells that hold an error, or a formula without a stored result, in the XML of a sheet."""
    with file.again() as raw, zipfile.ZipFile(raw) as archive, archive.open(_sheet_entry(archive, name)) as stream:
        kept = b""
        while chunk := stream.read(_CHUNK):
            text = kept + chunk
            yield from _odd_references(text)
            kept = text[text.rfind(b"<c ") :][-_CHUNK:]


def _odd_references(text: bytes) -> Iterator[str]:
    """Give the references of odd cells; a stored empty text is a result."""
    for found in (*_ERROR_CELL.finditer(text), *_BARE_FORMULA.finditer(text)):
        is_empty_text = b't="str"' in found[1] and not found[0].endswith(b"</c>")
        reference = _REFERENCE.search(found[1])
        if reference and not is_empty_text:
            yield reference[1].decode()


def _sheet_entry(archive: zipfile.ZipFile, name: str) -> str:
    """Find the entry that holds a sheet, through the workbook's list of sheets and its relations."""
    sheets = {item.get("name"): item for item in _elements(archive, "xl/workbook.xml", _SHEET)}
    relations = {item.get("Id"): item for item in _elements(archive, "xl/_rels/workbook.xml.rels", _RELATION)}
    target = relations.get(sheets.get(name, {}).get("r:id"), {}).get("Target", "worksheets/sheet1.xml")
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _elements(archive: zipfile.ZipFile, entry: str, pattern: re.Pattern[str]) -> list[dict[str, str]]:
    text = archive.read(entry).decode("utf-8", errors="replace")
    return [{key: html.unescape(value) for key, value in _ATTRIBUTE.findall(found)} for found in pattern.findall(text)]


def _typed_rows(rows: Any, column: int, odd: frozenset[str]) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Give the rows from the sheet's first on, blank ones too; `column` is the first that holds anything."""
    for number, row in enumerate(rows, start=1):
        if odd:
            names = (f"{_letters(column + n)}{number}" for n in range(len(row)))
            yield number, tuple(_ODD if name in odd else _typed(cell) for name, cell in zip(names, row, strict=True))
        else:
            yield number, tuple(_typed(cell) for cell in row)


def _letters(column: int) -> str:
    """Name a column as spreadsheets do: 0 is A, 26 is AA."""
    head, last = divmod(column, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)


def _typed(cell: Any) -> Cell:
    """Take a cell's value without loss: numbers as int or Decimal, times of day as text, blank as None."""
    match cell:
        case "":
            return None
        case date() if (cell.date() if isinstance(cell, datetime) else cell) < _FIRST_TRUE_DATE:
            return _EARLY
        case bool() | str() | datetime() | date():
            return cell
        case float() if cell.is_integer() and abs(cell) < 10**EXACT_DIGITS:
            return int(cell)
        case float() if abs(cell) < 10**EXACT_DIGITS:
            return Decimal(repr(cell))
        case time() | timedelta():
            return str(cell)
    return BadCell(f"holds a number of more than {EXACT_DIGITS} digits, of which Excel has lost some")
