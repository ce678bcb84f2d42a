"""Many rows in one statement: all of them, in their order, or none."""

import sqlite3

import pytest

from migrator.store.at_once import AT_ONCE, write_all

STATEMENT = "INSERT INTO t VALUES {} ON CONFLICT(a) DO UPDATE SET b=excluded.b"


def table() -> sqlite3.Connection:
    """Make a table that refuses negative numbers."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c TEXT CHECK(a>=0))")
    return db


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE - 1])
def test_rows_are_written_whatever_their_number(count: int) -> None:
    """Each with what belongs to it; what is alike in all stands in the statement."""
    db = table()
    write_all(db, STATEMENT, "(?,?,'c')", [(n, f"b{n}") for n in range(count)])
    assert db.execute("SELECT * FROM t ORDER BY a").fetchall() == [(n, f"b{n}", "c") for n in range(count)]


def test_rows_that_are_there_are_changed() -> None:
    """The end of the statement holds for each row."""
    db = table()
    for text in ("old", "new"):
        write_all(db, STATEMENT, "(?,?,NULL)", [(1, text), (2, text)])
    assert db.execute("SELECT a, b FROM t ORDER BY a").fetchall() == [(1, "new"), (2, "new")]


def test_row_that_is_refused_leaves_none() -> None:
    """One bad row is enough."""
    db = table()
    with pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed"):
        write_all(db, STATEMENT, "(?,?,NULL)", [(1, "a"), (-1, "b")])
    assert db.execute("SELECT * FROM t").fetchall() == []
