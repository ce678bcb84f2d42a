"""Databases as sources: an SQLite file through Python's own library, and the same file through SQLAlchemy."""

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from migrator.connectors.files.source import FileSource
from migrator.connectors.protocols import BadCell, Table
from migrator.connectors.sql import BATCH_ROWS, OtherDatabase, SqliteDatabase, SqlSource
from migrator.errors import SourceError
from migrator.records import Query


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Make a database with a table of each type and a view."""
    path = tmp_path / "crm.sqlite"
    with sqlite3.connect(path) as db:
        db.execute('CREATE TABLE "my people"(id INTEGER, name TEXT, rate REAL, photo BLOB)')
        db.executemany('INSERT INTO "my people" VALUES(?,?,?,?)', [(7, "Ada", 0.1, None), (8, None, None, b"x")])
        db.execute('CREATE VIEW names AS SELECT name FROM "my people"')
    db.close()
    return path


@pytest.fixture(params=["sqlite3", "sqlalchemy"])
def source(request: pytest.FixtureRequest, file: Path) -> SqlSource:
    """Open it in one of two ways."""
    if request.param == "sqlalchemy":
        pytest.importorskip("sqlalchemy")
    is_file = request.param == "sqlite3"
    beside = FileSource(project=file.parent, base=file.parent, settings={})
    return SqlSource(
        connect=lambda: SqliteDatabase(file) if is_file else OtherDatabase(f"sqlite:///{file}"),
        name="crm.sqlite",
        files=beside,
        file=file if is_file else None,
    )


def walked(table: Table) -> list[tuple[int, list[object]]]:
    """Walk a table to its end."""

    async def walk() -> list[tuple[int, list[object]]]:
        return [(number, list(cells)) async for batch in table.batches for number, cells in batch.rows]

    return asyncio.run(walk())


def refusal(source: SqlSource, table: str) -> str:
    """Tell why a table cannot be had."""
    with pytest.raises(SourceError) as caught:
        walked(source.table((table,)))
    return str(caught.value)


def test_table_gives_typed_rows(source: SqlSource) -> None:
    """Numbers are exact, what is no text and no number refuses the row that uses it, and rows count from 1."""
    table = source.table(("my people",))
    assert (table.columns, table.is_text) == (("id", "name", "rate", "photo"), False)
    bad = BadCell("holds binary data")
    assert walked(table) == [(1, [7, "Ada", Decimal("0.1"), None]), (2, [8, None, None, bad])]
    assert [(facts.file, facts.rows) for facts in table.facts] == [("crm.sqlite#my people", 2)]


def test_view_and_query_are_tables(source: SqlSource) -> None:
    """A query names its own columns."""
    assert walked(source.table(("names",))) == [(1, ["Ada"]), (2, [None])]
    query = Query('select id * 2 as twice from "my people" order by id desc')
    assert (source.columns((query,)), walked(source.table((query,)))) == (("twice",), [(1, [16]), (2, [14])])


def test_unknown_table_is_told_with_the_nearest(source: SqlSource) -> None:
    """Before anything is read."""
    assert refusal(source, "name") == "crm.sqlite: E401 there is no table 'name' (did you mean 'names'?)"
    assert refusal(source, "x") == "crm.sqlite: E401 there is no table 'x' (there are: my people, names)"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('delete from "my people"', "crm.sqlite#query: E408 this is no query (it begins with SELECT)"),
        ("select id, id from names", "crm.sqlite#query: E408 the database refuses: "),
        ('select id, id from "my people"', "crm.sqlite#query: E403 the column 'id' stands 2 times (name them with AS"),
        ("select 1 as a; select 2", "crm.sqlite#query: E408 the database refuses: "),
    ],
)
def test_query_that_cannot_be_used_is_told(source: SqlSource, query: str, message: str) -> None:
    """It must be one question, with columns of different names."""
    assert refusal(source, Query(query)).startswith(message)


def test_query_cannot_write_or_reach_another_file(file: Path, tmp_path: Path) -> None:
    """Neither by a statement that begins like a question, nor by attaching a file."""
    database = SqliteDatabase(file)
    for statement in (
        'WITH a AS (SELECT 1) DELETE FROM "my people"',
        f"ATTACH '{tmp_path}/other.sqlite' AS other",
        "PRAGMA writable_schema=1",
    ):
        with pytest.raises(sqlite3.DatabaseError):
            database.walk(statement)
    database.close()
    assert not (tmp_path / "other.sqlite").exists()


def test_change_of_the_file_is_found(file: Path) -> None:
    """A plan that was made before says so."""
    beside = FileSource(project=file.parent, base=file.parent, settings={})
    source = SqlSource(connect=lambda: SqliteDatabase(file), name="crm.sqlite", files=beside, file=file)
    table = source.table(("names",))
    walked(table)
    facts = {one.file: one.sha256 for one in table.facts}
    assert source.changed(facts) == []
    with sqlite3.connect(file) as db:
        db.execute('DELETE FROM "my people"')
    db.close()
    assert source.changed(facts) == ["crm.sqlite#names"]


def test_many_rows_come_in_batches(tmp_path: Path) -> None:
    """Numbers go on from batch to batch."""
    with sqlite3.connect(tmp_path / "a.sqlite") as db:
        db.execute("CREATE TABLE t(n)")
        db.executemany("INSERT INTO t VALUES(?)", [(n,) for n in range(BATCH_ROWS + 2)])
    db.close()
    beside = FileSource(project=tmp_path, base=tmp_path, settings={})
    path = tmp_path / "a.sqlite"
    source = SqlSource(connect=lambda: SqliteDatabase(path), name="a.sqlite", files=beside, file=path)
    assert walked(source.table(("t",)))[-2:] == [(BATCH_ROWS + 1, [BATCH_ROWS]), (BATCH_ROWS + 2, [BATCH_ROWS + 1])]


def test_file_that_is_not_there_or_no_database_is_told(tmp_path: Path) -> None:
    """It is not made."""
    beside = FileSource(project=tmp_path, base=tmp_path, settings={})
    path = tmp_path / "a.sqlite"
    source = SqlSource(connect=lambda: SqliteDatabase(path), name="a.sqlite", files=beside, file=path)
    assert refusal(source, "t") == "a.sqlite: E401 there is no such file (check 'path')"
    path.write_text("no database at all, but long enough to look at\n" * 9, encoding="utf-8")
    assert refusal(source, "t") == "a.sqlite#t: E408 the database refuses: file is not a database"
