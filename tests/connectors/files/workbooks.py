"""Makes workbooks for tests, and breaks them."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter

NAME = "b.xlsx"


def write_book(folder: Path, fill: Callable[[Any], None], **options: Any) -> Path:
    """Write a workbook that `fill` fills."""
    path = folder / NAME
    book = xlsxwriter.Workbook(str(path), options)
    fill(book)
    book.close()
    return path


def write_cells(folder: Path, *rows: list[Any], sheet: str = "S", at: tuple[int, int] = (0, 0)) -> Path:
    """Write a workbook of one sheet that holds these rows."""

    def fill(book: Any) -> None:
        page = book.add_worksheet(sheet)
        for n, row in enumerate(rows):
            page.write_row(at[0] + n, at[1], row)

    return write_book(folder, fill)


def edit_entry(path: Path, entry: str, old: str, new: str) -> None:
    """Replace text in one entry of a workbook."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in entries[entry]
    entries[entry] = entries[entry].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def add_entries(path: Path, **entries: bytes) -> None:
    """Pack more entries into a workbook."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def declare_size(path: Path, entry: str, size: int) -> None:
    """Let the archive's directory lie about the size of an entry."""
    raw = bytearray(path.read_bytes())
    header = raw.rfind(entry.encode()) - 46  # the name ends the entry of the directory, which has 46 bytes before it
    assert raw[header : header + 4] == b"PK\x01\x02"
    raw[header + 24 : header + 28] = size.to_bytes(4, "little")
    path.write_bytes(raw)
