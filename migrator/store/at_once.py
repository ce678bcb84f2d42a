"""Many rows written by one statement.

A statement whose triggers may refuse it keeps the pages that it changes as they were, until it ends: for each row anew,
that took as long as writing them. `{}` in a statement stands for its rows.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

AT_ONCE = 100


def write_all(db: sqlite3.Connection, statement: str, row: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement over rows, each with the marks of one row in their order; all of them or none is written."""
    for begin in range(0, len(rows), AT_ONCE):
        some = rows[begin : begin + AT_ONCE]
        db.execute(_whole(statement, row, len(some)), list(chain.from_iterable(some)))


@lru_cache(maxsize=4 * AT_ONCE)
def _whole(statement: str, row: str, count: int) -> str:
    return statement.format(",".join([row] * count))
