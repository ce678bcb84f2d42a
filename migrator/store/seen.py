"""Ids that were seen, however many there are: kept on disk, in a file without a name that ends with the process."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from migrator.store.sqlite import translated

_TABLE = """
PRAGMA temp_store=1; PRAGMA journal_mode=off; PRAGMA synchronous=0; PRAGMA cache_size=-8192;
CREATE TABLE seen(id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
BEGIN;
"""


class Seen:
    """Tells for each id whether it comes for the first time; `path` is the file that it is done for, named in errors.

    Use it as a context.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.count = 0
        with translated(path):
            self._db = sqlite3.connect("", isolation_level=None)  # a file without a name: SQLite unlinks it at once
            self._db.executescript(_TABLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._db.close()

    def fresh(self, ids: Iterable[str]) -> list[str]:
        """Give those that come for the first time, in their order. Raises StoreError."""
        with translated(self._path):
            insert = "INSERT OR IGNORE INTO seen VALUES(?)"
            found = [one for one in ids if self._db.execute(insert, (one,)).rowcount]
        self.count += len(found)
        return found
