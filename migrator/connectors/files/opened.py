"""One file of a source as a table with named columns, whatever its format."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from migrator.connectors.files.dialect import MAX_COLUMNS
from migrator.connectors.files.opening import OpenedFile
from migrator.connectors.files.sheets import sheet
from migrator.connectors.files.tables import RawTable, delimited, json_lines
from migrator.connectors.protocols import Cell, SourceFacts
from migrator.errors import Problem, SourceError

NumberedRow = tuple[int, tuple[Cell, ...]]

WHITE = " \t\r\n\v\f\u00a0\ufeff"

_REFUSED = {".xls": "save it as .xlsx", ".xlsm": "save it as .xlsx, without macros", ".json": "write it as JSON Lines"}
_TABS = frozenset({".tsv", ".tab"})
_LINES = frozenset({".jsonl", ".ndjson"})


class OpenedTable:
    """A file, opened and understood; `columns` are its names. Close it."""

    def __init__(self, path: Path, name: str, sheet_name: str, settings: Mapping[str, Any]) -> None:
        self._file = OpenedFile(path, name)
        self._pads = bool(settings.get("pad"))
        try:
            self._raw = _read(self._file, path.suffix.lower(), sheet_name, settings)
            self.columns = _named(self._file, self._raw)
        except BaseException:
            self.close()
            raise
        self.name = name
        self.is_text = self._raw.is_text
        self._count = self._blank = 0

    def close(self) -> None:
        """Close the file, also in the middle of a walk."""
        with suppress(AttributeError):
            self._raw.close()
        self._file.close()

    def batches(self, columns: tuple[str, ...], size: int) -> Iterator[list[NumberedRow]]:
        """Give the rows that are not blank, up to so many at once, their cells in the order of `columns`.

        A ragged row is given as it stands.
        """
        is_plain = not self._pads and columns == self.columns
        while read := list(islice(self._raw.rows, size)):
            if not is_plain or not all(any(cells) for _number, cells in read):
                read = list(self._put_in_order(read, columns))
            self._count += len(read)
            if read:
                yield read

    def rows(self, columns: tuple[str, ...]) -> Iterator[NumberedRow]:
        """Give the rows that are not blank one by one."""
        for batch in self.batches(columns, 1):
            yield from batch

    def _put_in_order(self, rows: list[NumberedRow], columns: tuple[str, ...]) -> Iterator[NumberedRow]:
        width, order = len(columns), [self.columns.index(name) for name in columns]
        is_other = order != list(range(width))
        blank: tuple[Cell, ...] = ("",) if self.is_text else (None,)
        for number, read in rows:
            if not any(read) and all(cell is None or cell == "" for cell in read):
                self._blank += 1
                continue
            cells = read + blank * (width - len(read)) if self._pads else read
            yield number, tuple(cells[n] for n in order) if is_other and len(cells) == width else cells

    def facts(self) -> SourceFacts:
        """Say what was read, after the walk."""
        empty = (("W402", "a header and no rows: there is nothing to do"),) if self._count == 0 else ()
        return SourceFacts(
            file=self.name,
            sha256=self._file.sha256.hexdigest(),
            size=self._file.size,
            rows=self._count,
            blank_rows=self._blank,
            notes=self._raw.notes,
            warnings=(*empty, *self._raw.warnings, *_alike(self.columns)),
        )


def _read(file: OpenedFile, kind: str, sheet_name: str, settings: Mapping[str, Any]) -> RawTable:
    encoding, delimiter = str(settings.get("encoding", "")), str(settings.get("delimiter", ""))
    if kind in _TABS and not delimiter:
        return delimited(file, encoding=encoding, delimiter="\t", why=f"by its name, {kind}")
    if kind in {".csv", ".txt", *_TABS}:
        return delimited(file, encoding=encoding, delimiter=delimiter)
    if kind in _LINES:
        return json_lines(file, encoding=encoding)
    if kind == ".xlsx":
        return sheet(file, name=sheet_name)
    hint = _REFUSED.get(kind, "csv, tsv, jsonl and xlsx can be read")
    fact = f"files of the kind '{kind}' are not read"
    raise SourceError(Problem(code="E402", place=file.name, fact=fact, hint=hint))


def _named(file: OpenedFile, raw: RawTable) -> tuple[str, ...]:
    """Take the header as the names of the columns; one without a name is called by its position, #3."""
    names = [name.strip(WHITE) or f"#{n}" for n, name in enumerate(raw.header, start=1)]
    place = f"{file.name}:1"
    if not any(name.strip(WHITE) for name in raw.header):
        fact = "the header names no column" if raw.header else "the file is empty, without a header"
        raise SourceError(Problem(code="E403", place=place, fact=fact, hint="the first row names the columns"))
    if len(names) > MAX_COLUMNS:
        raise SourceError(Problem(code="E403", place=place, fact=f"{len(names)} columns, more than {MAX_COLUMNS}"))
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        positions = ", ".join(str(n) for n, other in enumerate(names, start=1) if other == twice[0])
        fact = f"the column '{twice[0]}' stands {names.count(twice[0])} times: positions {positions}"
        raise SourceError(Problem(code="E403", place=place, fact=fact, hint="rename all but one of them"))
    return tuple(names)


def _alike(columns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Find columns whose names differ in case or blanks only."""
    seen: dict[str, str] = {}
    for name in columns:
        other = seen.setdefault("".join(name.split()).casefold(), name)
        if other != name:
            yield "W404", f"the columns '{other}' and '{name}' differ only in case or blanks"
