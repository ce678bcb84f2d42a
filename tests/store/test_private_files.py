"""Files of the store: nobody else reads them, settings hold, and every fault of a disk is told with its remedy."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_cases import mode_of

from migrator.errors import StoreError
from migrator.store.sqlite import (
    connect,
    connect_read_only,
    create_private,
    make_private_folder,
    store_error,
    translated,
)

FREE = "(free some space and run the same command again; nothing is lost)"
WRITABLE = "(make the folder writable and run the same command again; nothing is lost)"
RESTORE = "(restore the file from a copy, or make the plan again)"


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let new files be open to all, unless their maker closes them."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_file_is_made_private(tmp_path: Path) -> None:
    """A new file has mode 0600 in a new folder of mode 0700, whatever the umask."""
    path = tmp_path / "state" / "file"
    create_private(path)
    assert (mode_of(path), mode_of(path.parent), path.read_bytes()) == (0o600, 0o700, b"")


@pytest.mark.usefixtures("open_umask")
def test_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    """A folder of the user's own keeps its mode."""
    (tmp_path / "mine").mkdir(mode=0o755)
    make_private_folder(tmp_path / "mine")
    assert mode_of(tmp_path / "mine") == 0o755


def test_file_that_is_there_is_not_taken_over(tmp_path: Path) -> None:
    """A file is made by us or not at all; a symlink in its place is not followed."""
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("link", "link"):
        with pytest.raises(FileExistsError):
            create_private(tmp_path / name)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("database or disk is full", f"E701 the disk is full or fails: database or disk is full {FREE}"),
        ("No space left on device", f"E701 the disk is full or fails: no space left on device {FREE}"),
        ("disk I/O error", f"E701 the disk is full or fails: disk i/o error {FREE}"),
        ("File too large", f"E701 the disk is full or fails: file too large {FREE}"),
        ("Disk quota exceeded", f"E701 the disk is full or fails: disk quota exceeded {FREE}"),
        ("attempt to write a readonly database", f"E702 cannot be written {WRITABLE}"),
        ("unable to open database file", f"E702 cannot be written {WRITABLE}"),
        ("Read-only file system", f"E702 cannot be written {WRITABLE}"),
        ("Permission denied", f"E702 cannot be written {WRITABLE}"),
        ("Operation not permitted", f"E702 cannot be written {WRITABLE}"),
        ("file is not a database", f"E705 not readable as a file of migrator: file is not a database {RESTORE}"),
    ],
)
def test_fault_is_told_with_its_remedy(text: str, problem: str) -> None:
    """Each fault of a disk or file ends in a code and in what a person does; all of them can be resumed."""
    error = store_error(Path("/x/ledger"), text)
    assert (str(error), error.exit_code) == (f"/x/ledger: {problem}", 7)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (sqlite3.OperationalError("database or disk is full"), "E701"),
        (sqlite3.DatabaseError("file is not a database"), "E705"),
        (OSError(28, "No space left on device"), "E701"),
        (PermissionError(13, "Permission denied"), "E702"),
    ],
)
def test_foreign_error_is_translated_at_one_door(error: Exception, code: str) -> None:
    """What SQLite and the system raise comes out as StoreError, chained to its cause."""
    with pytest.raises(StoreError) as caught, translated(Path("/x/ledger")):
        raise error
    assert ([problem.code for problem in caught.value.problems], caught.value.__cause__) == ([code], error)


def test_other_error_is_let_through() -> None:
    """What is neither of the disk nor of SQLite is nobody's to rename."""
    with pytest.raises(ZeroDivisionError), translated(Path("/x/ledger")):
        raise ZeroDivisionError


def test_setting_that_does_not_hold_is_refused() -> None:
    """A setting is read back; where it is not what was set, the file is not used."""
    with pytest.raises(StoreError) as caught:
        connect(Path(":memory:"), {"journal_mode": "wal"})
    fact = "E705 the setting journal_mode is memory, not wal (is this a network drive?)"
    assert str(caught.value) == f":memory:: {fact}"


def test_reading_neither_makes_nor_changes_a_file(tmp_path: Path) -> None:
    """A file that is not there is refused, and one that is there cannot be written through a reader."""
    with pytest.raises(StoreError) as caught:
        connect_read_only(tmp_path / "none", is_sealed=False)
    assert (str(caught.value), list(tmp_path.iterdir())) == (
        f"{tmp_path / 'none'}: E702 cannot be written {WRITABLE}",
        [],
    )
    sqlite3.connect(tmp_path / "x?#%20.db").execute("CREATE TABLE a(b)").connection.close()
    db = connect_read_only(tmp_path / "x?#%20.db", is_sealed=False)
    with pytest.raises(sqlite3.OperationalError, match=r"^attempt to write a readonly database$"):
        db.execute("INSERT INTO a VALUES(1)")
    db.close()
