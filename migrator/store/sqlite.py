"""Private SQLite files: made with mode 0600 in a 0700 folder, settings read back, errors translated at one door."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from migrator.errors import Problem, StoreError

SQLITE_VERSION = sqlite3.sqlite_version
READ_TIMEOUT_SECONDS = 5.0
WRITE_TIMEOUT_SECONDS = 30.0

_FULL = ("disk is full", "no space left", "disk i/o error", "file too large", "disk quota exceeded")
_READ_ONLY = ("readonly", "read-only", "unable to open", "permission denied", "not permitted")
_REMEDY_FULL = "free some space and run the same command again; nothing is lost"
_REMEDY_READ_ONLY = "make the folder writable and run the same command again; nothing is lost"


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite and of the file system into StoreError, with the place and the remedy."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(path, str(error)) from error
    except OSError as error:
        raise store_error(path, error.strerror or str(error)) from error


def store_error(path: Path, text: str) -> StoreError:
    """Give the error for a fault of the disk or of a file of ours."""
    place = str(path)
    said = text.lower()
    if any(sign in said for sign in _FULL):
        fact = f"the disk is full or fails: {said}"
        return StoreError(Problem(code="E701", place=place, fact=fact, hint=_REMEDY_FULL))
    if any(sign in said for sign in _READ_ONLY):
        return StoreError(Problem(code="E702", place=place, fact="cannot be written", hint=_REMEDY_READ_ONLY))
    hint = "restore the file from a copy, or make the plan again"
    return StoreError(Problem(code="E705", place=place, fact=f"not readable as a file of migrator: {text}", hint=hint))


def make_private_folder(folder: Path) -> None:
    """Make a folder that nobody else can look into; leaves one that is there as it is."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def create_private(path: Path) -> None:
    """Make an empty file of mode 0600; what SQLite puts beside it takes over the mode. Raises FileExistsError."""
    make_private_folder(path.parent)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    os.close(descriptor)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def connect(path: Path, pragmas: Mapping[str, str | int]) -> sqlite3.Connection:
    """Open a file for writing and set what must hold; each setting is read back. Raises StoreError."""
    with translated(path):
        db = sqlite3.connect(path, isolation_level=None, timeout=WRITE_TIMEOUT_SECONDS)
        for name, value in pragmas.items():
            db.execute(f"PRAGMA {name}={value}")
            found = db.execute(f"PRAGMA {name}").fetchone()
            if found is not None and str(found[0]).lower() != str(value).lower():
                db.close()
                fact = f"the setting {name} is {found[0]}, not {value}"
                raise StoreError(Problem(code="E705", place=str(path), fact=fact, hint="is this a network drive?"))
    return db


def connect_read_only(path: Path, *, is_sealed: bool) -> sqlite3.Connection:
    """Open a file that is only read; a sealed one takes no locks and is never touched. Raises StoreError."""
    suffix = "&immutable=1" if is_sealed else ""
    with translated(path):
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{suffix}",
            uri=True,
            isolation_level=None,
            timeout=READ_TIMEOUT_SECONDS,
        )
        db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    return db
