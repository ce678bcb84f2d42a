"""The `files` connector: the tables of a folder."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

from migrator.connectors.files.dialect import MAX_COLUMNS
from migrator.connectors.files.opening import OpenedFile
from migrator.connectors.files.sheets import sheet
from migrator.connectors.files.tables import RawTable, delimited, json_lines
from migrator.connectors.protocols import Batch, SourceFacts, Table
from migrator.errors import Problem, SourceError
from migrator.spelling import did_you_mean

BATCH_ROWS = 1_000

_WHITE = " \t\r\n\v\f\u00a0"
_REFUSED = {".xls": "save it as .xlsx", ".xlsm": "save it as .xlsx, without macros", ".json": "write it as JSON Lines"}


class FileSource:
    """The files of one folder inside one project; `settings` are those of the source block."""

    def __init__(self, *, project: Path, base: Path, settings: Mapping[str, Any]) -> None:
        self._project = project.resolve()
        self._folder = base / str(settings.get("path", "."))
        self._settings = settings
        self.blank_values = frozenset(settings.get("blank_values", ()))

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Read the headers; several files must have the same columns. Raises SourceError."""
        opened = [self._open(name) for name in tables]
        try:
            return self._header_of_all(opened)
        finally:
            for file, raw in opened:
                _close(file, raw)

    def changed(self, facts: Mapping[str, str]) -> list[str]:
        """Name the files that do not have the hash that is given with them any longer."""
        return [name for name, sha256 in facts.items() if self._hash(name) != sha256]

    def _hash(self, name: str) -> str:
        try:
            with self._resolve(name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, SourceError):
            return ""

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Read two columns of a small file as a table of keys and values. Raises SourceError."""
        opened, raw = self._open(file)
        columns = self._header(opened, raw)
        for name in (key, value):
            if name not in columns:
                hint = did_you_mean(name, columns) or f"there are: {', '.join(columns)}"
                raise SourceError(Problem(code="E403", place=f"{file}:1", fact=f"no column '{name}'", hint=hint))
        at, to = columns.index(key), columns.index(value)
        try:
            return {str(cells[at]): str(cells[to]) for _number, cells in raw.rows if len(cells) == len(columns)}
        finally:
            _close(opened, raw)

    def table(self, tables: tuple[str, ...]) -> Table:
        """Open files as one table, in their order. Raises SourceError."""
        opened = [self._open(name) for name in tables]
        columns = self._header_of_all(opened)
        facts: list[SourceFacts] = []
        is_text = all(raw.is_text for _file, raw in opened)
        return Table(columns=columns, is_text=is_text, batches=self._batches(opened, columns, facts), facts=facts)

    def _header_of_all(self, opened: list[tuple[OpenedFile, RawTable]]) -> tuple[str, ...]:
        columns = self._header(*opened[0])
        for file, raw in opened[1:]:
            if set(self._header(file, raw)) != set(columns):
                fact = f"its columns differ from those of {opened[0][0].name}"
                raise SourceError(Problem(code="E403", place=file.name, fact=fact, hint="give it an object of its own"))
        return columns

    async def _batches(
        self, opened: list[tuple[OpenedFile, RawTable]], columns: tuple[str, ...], facts: list[SourceFacts]
    ) -> AsyncIterator[Batch]:
        for file, raw in opened:
            order = [self._header(file, raw).index(name) for name in columns]
            rows = self._rows(raw, len(columns), order if order != list(range(len(columns))) else None)
            count = blank = 0
            batch: list[tuple[int, Any]] = []
            for number, cells in rows:
                if not any(cells) and all(cell is None or cell == "" for cell in cells):
                    blank += 1
                    continue
                count += 1
                batch.append((number, cells))
                if len(batch) == BATCH_ROWS:
                    yield Batch(file=file.name, rows=batch)
                    batch = []
            if batch:
                yield Batch(file=file.name, rows=batch)
            facts.append(_facts(file, raw, count, blank))
            _close(file, raw)

    def _rows(self, raw: RawTable, width: int, order: list[int] | None) -> Iterator[tuple[int, Any]]:
        blank = ("",) if raw.is_text else (None,)
        pads = bool(self._settings.get("pad"))
        for number, read in raw.rows:
            cells = read + blank * (width - len(read)) if pads and read else read
            yield number, tuple(cells[n] for n in order) if order and len(cells) == width else cells

    def _open(self, spelled: str) -> tuple[OpenedFile, RawTable]:
        name, _, sheet_name = spelled.partition("#")
        path = self._resolve(name)
        file = OpenedFile(path, name)
        kind = path.suffix.lower()
        encoding, delimiter = self._settings.get("encoding", ""), self._settings.get("delimiter", "")
        if kind in {".csv", ".txt", ".tsv", ".tab"}:
            known = "\t" if kind in {".tsv", ".tab"} else ""
            return file, delimited(file, encoding=encoding, delimiter=delimiter or known)
        if kind in {".jsonl", ".ndjson"}:
            return file, json_lines(file)
        if kind == ".xlsx":
            return file, sheet(file, name=sheet_name)
        hint = _REFUSED.get(kind, "csv, tsv, jsonl and xlsx can be read")
        raise SourceError(Problem(code="E402", place=name, fact=f"files of the kind '{kind}' are not read", hint=hint))

    def _resolve(self, name: str) -> Path:
        """Find a file below the source's folder; nothing outside the project folder is ever opened."""
        path = (self._folder / name).resolve() if "\0" not in name else Path("/")
        if Path(name).is_absolute() or not path.is_relative_to(self._project):
            hint = "move it in, or put a migrator.yaml into the folder that holds both"
            raise SourceError(
                Problem(code="E401", place=name, fact="the file lies outside the project folder", hint=hint)
            )
        if not path.exists():
            siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
            hint = did_you_mean(path.name, siblings) or f"looked in {self._folder}"
            raise SourceError(Problem(code="E401", place=name, fact="there is no such file", hint=hint))
        return path

    def _header(self, file: OpenedFile, raw: RawTable) -> tuple[str, ...]:
        names = [name.strip(_WHITE) or f"#{n}" for n, name in enumerate(raw.header, start=1)]
        place = f"{file.name}:1"
        if not any(raw.header):
            hint = "the first row names the columns"
            raise SourceError(Problem(code="E403", place=place, fact="the file is empty, without a header", hint=hint))
        if len(names) > MAX_COLUMNS:
            raise SourceError(Problem(code="E403", place=place, fact=f"{len(names)} columns, more than {MAX_COLUMNS}"))
        for name in names:
            if names.count(name) > 1:
                positions = ", ".join(str(n) for n, other in enumerate(names, start=1) if other == name)
                fact = f"the column '{name}' stands {names.count(name)} times: positions {positions}"
                raise SourceError(Problem(code="E403", place=place, fact=fact, hint="rename all but one of them"))
        return tuple(names)


def _close(file: OpenedFile, raw: RawTable) -> None:
    raw.close()
    file.close()


def _facts(file: OpenedFile, raw: RawTable, rows: int, blank: int) -> SourceFacts:
    return SourceFacts(
        file=file.name,
        sha256=file.sha256.hexdigest(),
        size=file.size,
        rows=rows,
        blank_rows=blank,
        notes=raw.notes,
        warnings=("a header and no rows",) if rows == 0 else (),
    )
