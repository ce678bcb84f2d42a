"""The `sql` connector: tables and queries of a database, which is read and never written to.

An SQLite file is read by Python's own library; other databases need the extra `sql`. This is the second place, beside
store/, in which SQL is written.
"""

import hashlib
import math
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from migrator.connectors.protocols import BadCell, Batch, Cell, Source, SourceFacts, Table
from migrator.connectors.registry import SQL
from migrator.errors import Problem, SourceError
from migrator.records import Query
from migrator.spelling import did_you_mean

BATCH_ROWS = 1_000

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_QUESTION = re.compile(r"\s*(select|with)\b", re.IGNORECASE)


class Database(Protocol):
    """An open database. Its methods raise what its library raises, of the kinds that `faults` names."""

    faults: tuple[type[Exception], ...]

    def names(self) -> list[str]:
        """Name its tables and views."""

    def quoted(self, name: str) -> str:
        """Write a name as it stands in a statement."""

    def walk(self, statement: str) -> tuple[tuple[str, ...], Iterator[Sequence[Any]]]:
        """Give the columns and the rows of a statement, without holding all of them."""

    def close(self) -> None:
        """Close it."""


class SqliteDatabase:
    """An SQLite file, opened so that it cannot be written to, nor another one reached."""

    faults: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        self._db.set_authorizer(lambda action, *_of: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY)

    def names(self) -> list[str]:
        """Name its tables and views."""
        found = self._db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
        return [name for (name,) in found]

    def quoted(self, name: str) -> str:
        """Write a name as it stands in a statement."""
        return '"' + name.replace('"', '""') + '"'

    def walk(self, statement: str) -> tuple[tuple[str, ...], Iterator[Sequence[Any]]]:
        """Give the columns and the rows of a statement."""
        cursor = self._db.execute(statement)
        return tuple(column[0] for column in cursor.description or ()), iter(cursor)

    def close(self) -> None:
        """Close it."""
        self._db.close()


class OtherDatabase:
    """Any database that SQLAlchemy knows, by its address; nothing is ever committed."""

    def __init__(self, url: str) -> None:
        try:
            import sqlalchemy  # noqa: PLC0415 - an extra
        except ModuleNotFoundError:
            fact = "databases other than SQLite files need an extra"
            raise SourceError(Problem(code="E408", place=SQL, fact=fact, hint="pip install 'migrator[sql]'")) from None
        self.faults: tuple[type[Exception], ...] = (sqlalchemy.exc.SQLAlchemyError, ImportError)
        self._text = sqlalchemy.text
        with _told(self.faults, SQL):
            self._engine = sqlalchemy.create_engine(url)
            self._inspect: Callable[[Any], Any] = sqlalchemy.inspect
            self._db = self._engine.connect().execution_options(stream_results=True)

    def names(self) -> list[str]:
        """Name its tables and views."""
        found = self._inspect(self._engine)
        return [*found.get_table_names(), *found.get_view_names()]

    def quoted(self, name: str) -> str:
        """Write a name as it stands in a statement, one with a schema in two parts."""
        preparer = self._engine.dialect.identifier_preparer
        return ".".join(str(preparer.quote_identifier(part)) for part in name.split("."))

    def walk(self, statement: str) -> tuple[tuple[str, ...], Iterator[Sequence[Any]]]:
        """Give the columns and the rows of a statement."""
        found = self._db.execute(self._text(statement))
        return tuple(found.keys()), iter(found)

    def close(self) -> None:
        """Close it."""
        self._db.close()
        self._engine.dispose()


@dataclass(frozen=True, kw_only=True, slots=True)
class SqlSource:
    """Reads tables and queries of one database. `file` is that of SQLite, `name` says in a plan which database it is.

    `files` reads the tables of `map_from`, which lie beside the mapping.
    """

    connect: Callable[[], Database]
    name: str
    files: Source
    file: Path | None = None
    blank_values: frozenset[str] = field(default_factory=frozenset)

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Ask for the columns only. Raises SourceError."""
        with self._opened(tables) as (_database, columns, _rows):
            return columns

    def changed(self, facts: Mapping[str, str]) -> list[str]:
        """Name the tables whose SQLite file is not as it was; a database that goes on is nothing unusual."""
        now = self._file_hash()
        return [name for name, sha256 in facts.items() if self.file and sha256 != now]

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Read two columns of a small file. Raises SourceError."""
        return self.files.pairs(file, key, value)

    def content(self, file: str) -> bytes:
        """Read a file that a row names, from the folder of the mapping. Raises SourceError."""
        return self.files.content(file)

    def table(self, tables: tuple[str, ...]) -> Table:
        """Open one table or query. Raises SourceError, also while it is walked."""
        facts: list[SourceFacts] = []
        return Table(columns=self.columns(tables), is_text=False, batches=self._batches(tables, facts), facts=facts)

    async def _batches(self, tables: tuple[str, ...], facts: list[SourceFacts]) -> AsyncIterator[Batch]:
        place, count, digest = self._place(tables), 0, hashlib.sha256()
        with self._opened(tables) as (database, _columns, rows):
            while True:
                with _told(database.faults, place):
                    batch = [[_typed(cell) for cell in row] for row in islice(rows, BATCH_ROWS)]
                if not batch:
                    break
                digest.update(repr(batch).encode())
                yield Batch(file=place, rows=list(enumerate(batch, start=count + 1)))
                count += len(batch)
        sha256 = self._file_hash() if self.file else digest.hexdigest()
        size = self.file.stat().st_size if self.file else 0
        facts.append(SourceFacts(file=place, sha256=sha256, size=size, rows=count, notes=("read by SQL",)))

    @contextmanager
    def _opened(self, tables: tuple[str, ...]) -> Iterator[tuple[Database, tuple[str, ...], Iterator[Sequence[Any]]]]:
        """Open the database, and begin to walk a table or a query."""
        place = self._place(tables)
        if self.file and not self.file.is_file():
            raise SourceError(Problem(code="E401", place=self.name, fact="there is no such file", hint="check 'path'"))
        with closing(self._connect(place)) as database:
            with _told(database.faults, place):
                columns, rows = database.walk(self._statement(tables, database))
            if twice := [name for name in columns if columns.count(name) > 1]:
                fact = f"the column '{twice[0]}' stands {columns.count(twice[0])} times"
                raise SourceError(Problem(code="E403", place=place, fact=fact, hint="name them with AS in a query"))
            yield database, columns, rows

    def _connect(self, place: str) -> Database:
        with _told((sqlite3.Error,), place):
            return self.connect()

    def _statement(self, tables: tuple[str, ...], database: Database) -> str:
        place, table = self._place(tables), tables[0]
        if isinstance(table, Query):
            if not _QUESTION.match(table):
                raise SourceError(
                    Problem(code="E408", place=place, fact="this is no query", hint="it begins with SELECT")
                )
            return table
        known = database.names()
        if len(tables) > 1 or (table not in known and "." not in table):
            fact = "several tables are no one table" if len(tables) > 1 else f"there is no table '{table}'"
            hint = (
                "join them in a query"
                if len(tables) > 1
                else did_you_mean(table, known) or f"there are: {', '.join(known)}"
            )
            raise SourceError(Problem(code="E401", place=self.name, fact=fact, hint=hint))
        return f"SELECT * FROM {database.quoted(table)}"  # noqa: S608 - the name is one of the database's, and quoted

    def _place(self, tables: tuple[str, ...]) -> str:
        return f"{self.name}#{'query' if isinstance(tables[0], Query) else tables[0]}"

    def _file_hash(self) -> str:
        try:
            with (self.file or Path()).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ""


@contextmanager
def _told(faults: tuple[type[Exception], ...], place: str) -> Iterator[None]:
    """Turn what a database's library raises into a problem; its first line says it, the others repeat the statement."""
    try:
        yield
    except faults as error:
        fact = f"the database refuses: {str(error).splitlines()[0][:200]}"
        raise SourceError(Problem(code="E408", place=place, fact=fact)) from error


def _typed(value: Any) -> Cell:
    """Take a value without loss: numbers as int or Decimal, blank as None."""
    match value:
        case None | bool() | int() | str() | Decimal() | date():
            return value
        case float() if math.isfinite(value):
            return Decimal(repr(value))
        case bytes() | memoryview():
            return BadCell("holds binary data")
    return str(value)
