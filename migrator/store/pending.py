"""Which changes of a plan are still to be sent: found from where the ledger has gaps, not by asking for each change."""

import sqlite3
from collections.abc import Iterator

from migrator.store.changes import Change
from migrator.store.plan import Plan

WINDOW = 1_000


def pending(db: sqlite3.Connection, plan: Plan, number: int, *, after: int, limit: int) -> list[Change]:
    """Give the next changes that are planned, in their order, from behind one; `number` is that of the plan."""
    found: list[Change] = []
    for first, last in _open_ranges(db, number, after, int(plan.header["operations"])):
        found += plan.changes(after=first - 1, limit=min(last - first + 1, limit - len(found)))
        if len(found) == limit:
            break
    return found


def _open_ranges(db: sqlite3.Connection, number: int, after: int, total: int) -> Iterator[tuple[int, int]]:
    """Give, from behind a number, the first and the last number of changes next to each other that are planned."""
    while after < total:
        begin = min(_first_untouched(db, number, after), _first_planned(db, number, after, total))
        if begin > total:
            return
        end = min(begin + WINDOW - 1, total)
        rows = db.execute(
            "SELECT seq FROM op WHERE plan=? AND seq BETWEEN ? AND ? AND state<>'PLANNED' ORDER BY seq",
            (number, begin, end),
        ).fetchall()
        for (seq,) in [*rows, (end + 1,)]:
            if begin < seq:
                yield begin, seq - 1
            begin = seq + 1
        after = end


def _first_planned(db: sqlite3.Connection, number: int, after: int, total: int) -> int:
    """Give the number of the first change that was touched and is planned again; one beyond all if there is none."""
    (seq,) = db.execute(
        "SELECT MIN(seq) FROM op INDEXED BY op_state WHERE plan=? AND state='PLANNED' AND seq>?", (number, after)
    ).fetchone()
    return total + 1 if seq is None else int(seq)


def _first_untouched(db: sqlite3.Connection, number: int, after: int) -> int:
    """Give the number of the first change without a row: mostly behind the last one that has one, else by halves."""
    last: int = db.execute("SELECT COALESCE(MAX(seq), 0) FROM op WHERE plan=?", (number,)).fetchone()[0]
    if last <= after:
        return after + 1
    query = "SELECT COUNT(*) FROM op WHERE plan=? AND seq>? AND seq<=?"
    for high in (min(after + WINDOW, last), last):
        (count,) = db.execute(query, (number, after, high)).fetchone()
        if count < high - after:
            break
    else:
        return last + 1  # changes are numbered without gaps
    low = after
    while high - low > 1:
        middle = (low + high) // 2
        (count,) = db.execute(query, (number, low, middle)).fetchone()
        low, high = (middle, high) if count == middle - low else (low, middle)
    return high
