"""The `files` connector: the tables of a folder."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from migrator.connectors.files.opened import WHITE, OpenedTable
from migrator.connectors.files.opening import OpenedFile
from migrator.connectors.protocols import Batch, Cell, SourceFacts, Table
from migrator.errors import Problem, SourceError
from migrator.spelling import did_you_mean

BATCH_ROWS = 500
MAX_CONTENT_BYTES = 1 << 20  # no text field of these CRMs takes more, and whoever reads holds many rows at once


class FileSource:
    """The files of one folder inside one project; `settings` are those of the source block."""

    def __init__(self, *, project: Path, base: Path, settings: Mapping[str, Any]) -> None:
        self._project = project.resolve()
        self._folder = base / str(settings.get("path", "."))
        self._settings = settings
        self.blank_values = frozenset(settings.get("blank_values", ()))

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Read the headers; several files must have the same columns. Raises SourceError."""
        opened = self._open_all(tables)
        for item in opened:
            item.close()
        return opened[0].columns

    def changed(self, facts: Mapping[str, str]) -> list[str]:
        """Name the files that do not have the hash that is given with them any longer."""
        return [name for name, sha256 in facts.items() if self._hash(name) != sha256]

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Read two columns of a small file as a table of keys and values, trimmed. Raises SourceError."""
        with closing(self._open(file)) as opened:
            for name in (key, value):
                if name not in opened.columns:
                    hint = did_you_mean(name, opened.columns) or f"there are: {', '.join(opened.columns)}"
                    raise SourceError(Problem(code="E403", place=f"{file}:1", fact=f"no column '{name}'", hint=hint))
            found: dict[str, str] = {}
            for number, cells in opened.rows((key, value, *(set(opened.columns) - {key, value}))):
                _add_pair(found, cells, len(opened.columns), f"{file}:{number}")
            return found

    def content(self, file: str) -> bytes:
        """Read a whole file below the source's folder, wherever its links lead. Raises SourceError."""
        path = self._resolve(file)
        if not path.is_relative_to(self._folder.resolve()):
            raise SourceError(Problem(code="E401", place=file, fact="lies outside the folder of the source"))
        with closing(OpenedFile(path, file)) as opened, opened.open() as data:
            found = data.read(MAX_CONTENT_BYTES + 1)
        if len(found) > MAX_CONTENT_BYTES:
            fact = f"is larger than {MAX_CONTENT_BYTES:,} bytes"
            raise SourceError(Problem(code="E401", place=file, fact=fact, hint="shorten it, or filter the row out"))
        return found

    def table(self, tables: tuple[str, ...]) -> Table:
        """Open files as one table, in their order. Raises SourceError."""
        opened = self._open_all(tables)
        facts: list[SourceFacts] = []
        batches = _batches(opened, facts)
        return Table(
            columns=opened[0].columns, is_text=all(item.is_text for item in opened), batches=batches, facts=facts
        )

    def _open_all(self, tables: tuple[str, ...]) -> list[OpenedTable]:
        """Open files of one shape: all, or, where one cannot be used, none."""
        opened: list[OpenedTable] = []
        try:
            for name in tables:
                opened.append(self._open(name))
                _check_shape(opened[0], opened[-1])
        except SourceError:
            for item in opened:
                item.close()
            raise
        return opened

    def _open(self, spelled: str) -> OpenedTable:
        name, sheet_name = _parts(spelled)
        return OpenedTable(self._resolve(name), name, sheet_name, self._settings)

    def _resolve(self, name: str) -> Path:
        """Find a file below the source's folder; nothing outside the project folder is ever opened."""
        try:
            path = (self._folder / name).resolve()
            is_inside = not Path(name).is_absolute() and path.is_relative_to(self._project)
            is_there = is_inside and path.exists()
        except (OSError, RuntimeError, ValueError) as error:
            fact = f"this is no path of a file: {error}"
            raise SourceError(Problem(code="E401", place=name[:80], fact=fact, hint="check the path")) from None
        if not is_inside:
            hint = "move it in, or put a migrator.yaml into the folder that holds both"
            raise SourceError(
                Problem(code="E401", place=name, fact="the file lies outside the project folder", hint=hint)
            )
        if not is_there:
            siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
            hint = did_you_mean(path.name, siblings) or f"looked in {self._folder}"
            raise SourceError(Problem(code="E401", place=name, fact="there is no such file", hint=hint))
        return path

    def _hash(self, name: str) -> str:
        try:
            with self._resolve(name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, SourceError):
            return ""


async def _batches(opened: list[OpenedTable], facts: list[SourceFacts]) -> AsyncIterator[Batch]:
    for item in opened:
        with closing(item):
            for rows in item.batches(opened[0].columns, BATCH_ROWS):
                yield Batch(file=item.name, rows=rows)
            facts.append(item.facts())


def _check_shape(first: OpenedTable, other: OpenedTable) -> None:
    if set(other.columns) != set(first.columns):
        fact = f"its columns differ from those of {first.name}"
        raise SourceError(Problem(code="E403", place=other.name, fact=fact, hint="give it an object of its own"))


def _parts(spelled: str) -> tuple[str, str]:
    """Take `book.xlsx#Sheet1` apart; elsewhere a # belongs to the name."""
    book, mark, sheet_name = spelled.rpartition("#")
    return (book, sheet_name) if mark and book.lower().endswith(".xlsx") else (spelled, "")


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip(WHITE)


def _add_pair(found: dict[str, str], cells: Sequence[Cell], width: int, place: str) -> None:
    """Add the pair of the first two cells; a blank key is passed over, one with two values is an error."""
    if len(cells) != width:
        fact = f"the row has {len(cells)} cells, the header {width}"
        raise SourceError(Problem(code="E403", place=place, fact=fact))
    key, value = _text(cells[0]), _text(cells[1])
    if key and found.setdefault(key, value) != value:
        fact = f"'{key}' stands for '{found[key]}' and for '{value}'"
        raise SourceError(Problem(code="E403", place=place, fact=fact, hint="keep one of them"))
