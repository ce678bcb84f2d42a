"""XLSX workbooks as tables, through python-calamine (extra `xlsx`), after the container was checked.

A workbook is a zip archive made by somebody else: its entries, sizes and compression are checked against their real
bytes first. Cells that hold an error, or a formula without a stored result, are found in the XML, since the reader
gives them as blank, and a blank is a value here.
"""

import html
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from migrator.connectors.files.opening import OpenedFile
from migrator.connectors.files.tables import RawTable
from migrator.connectors.protocols import BadCell, Cell
from migrator.errors import Problem, SourceError

MAX_ENTRIES = 10_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200
EXACT_DIGITS = 15

_ODD = BadCell("holds an error or a formula without a stored result")
_CHUNK = 1 << 20
_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_ODD_CELL = re.compile(
    rb'<c\b[^>]*\br="([A-Z]+[0-9]+)"[^>]*(?:\bt="e"[^>]*>|>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>|</c>))'
)


def sheet(file: OpenedFile, *, name: str) -> RawTable:
    """Open a sheet by name, or the only one. Raises SourceError; a cell that Excel could not fill is a BadCell."""
    _check_container(file)
    while file.read(_CHUNK):
        pass  # the library opens the path itself; this reading is for the hash
    workbook = _workbook(file)
    chosen = _choose(file, workbook.sheet_names, name)
    opened = workbook.get_sheet_by_name(chosen)
    rows = _typed_rows(opened.iter_rows(), opened.start or (0, 0), frozenset(_odd_cells(file, chosen)))
    _number, header = next(rows, (0, ()))
    names = tuple("" if cell is None else str(cell) for cell in header)
    return RawTable(header=names, rows=rows, is_text=False, notes=(f"sheet '{chosen}'",))


def _workbook(file: OpenedFile) -> Any:
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - an extra
    except ImportError:
        hint = "pip install 'migrator[xlsx]'"
        raise SourceError(Problem(code="E402", place=file.name, fact="XLSX needs an extra", hint=hint)) from None
    try:
        return CalamineWorkbook.from_path(str(file.path))
    except CalamineError as error:
        raise SourceError(Problem(code="E407", place=file.name, fact=f"not a readable workbook: {error}")) from None


def _choose(file: OpenedFile, names: list[str], wanted: str) -> str:
    if wanted in names:
        return wanted
    if not wanted and len(names) == 1:
        return names[0]
    fact = f"no sheet '{wanted}'" if wanted else "the workbook has several sheets"
    hint = f"write 'from: {file.path.name}#{names[0]}'; there are: {', '.join(names)}"
    raise SourceError(Problem(code="E407", place=file.name, fact=fact, hint=hint))


def _check_container(file: OpenedFile) -> None:
    """Unpack every entry once, counting: what the archive says of itself may be a lie."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            _check_entries(file, archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise SourceError(Problem(code="E407", place=file.name, fact=f"not a readable workbook: {error}")) from None


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
    with zipfile.ZipFile(file.path) as archive, archive.open(_sheet_entry(archive, name)) as stream:
        kept = b""
        while chunk := stream.read(_CHUNK):
            text = kept + chunk
            for found in _ODD_CELL.finditer(text):
                yield found[1].decode()
            kept = text[text.rfind(b"<c ") :][-_CHUNK:]


def _sheet_entry(archive: zipfile.ZipFile, name: str) -> str:
    """Find the entry that holds a sheet, through the workbook's list of sheets and its relations."""
    sheets = {item.get("name"): item for item in _elements(archive, "xl/workbook.xml", _SHEET)}
    relations = {item.get("Id"): item for item in _elements(archive, "xl/_rels/workbook.xml.rels", _RELATION)}
    target = relations.get(sheets.get(name, {}).get("r:id"), {}).get("Target", "worksheets/sheet1.xml")
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _elements(archive: zipfile.ZipFile, entry: str, pattern: re.Pattern[str]) -> list[dict[str, str]]:
    text = archive.read(entry).decode("utf-8", errors="replace")
    return [{key: html.unescape(value) for key, value in _ATTRIBUTE.findall(found)} for found in pattern.findall(text)]


def _typed_rows(rows: Any, start: tuple[int, int], odd: frozenset[str]) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    for number, row in enumerate(rows, start=start[0] + 1):
        if odd:
            names = (f"{_letters(start[1] + n)}{number}" for n in range(len(row)))
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
        case bool() | str() | datetime() | date():
            return cell
        case float() if cell.is_integer() and abs(cell) < 10**EXACT_DIGITS:
            return int(cell)
        case float() if abs(cell) < 10**EXACT_DIGITS:
            return Decimal(repr(cell))
        case time() | timedelta():
            return str(cell)
    return BadCell(f"holds a number of more than {EXACT_DIGITS} digits, of which Excel has lost some")
