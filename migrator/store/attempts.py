"""The attempts to send operations: each a row of its own, which its answer closes."""

import sqlite3
from collections.abc import Sequence

from migrator.store.changes import Change
from migrator.store.endings import Attempt, Ending

_ANSWER = "UPDATE attempt SET outcome=?, status=?, evidence=? WHERE plan=? AND outcome IS NULL AND seq"
_CLOSE = f"{_ANSWER}=?"
_CLOSE_ALL = f"{_ANSWER} BETWEEN ? AND ?"


def answer(db: sqlite3.Connection, number: int, endings: Sequence[tuple[Change, Ending]]) -> None:
    """Close the open attempts of operations with what came of them; in one go where a call has one answer for all."""
    numbers = [change.seq for change, _ending in endings]
    first, last = min(numbers), max(numbers)
    told = {ending[3:] for _change, ending in endings}
    if len(told) == 1 and last - first + 1 == len(numbers):
        rows = [(*_told(endings[0][1]), number, first, last)] if endings[0][1].outcome else []
        db.executemany(_CLOSE_ALL, rows)
        return
    db.executemany(_CLOSE, [(*_told(ending), number, change.seq) for change, ending in endings if ending.outcome])


def _told(ending: Ending) -> tuple[str, int | None, str]:
    return ending.outcome, ending.status, ending.reason


def unsettled_attempts(db: sqlite3.Connection, number: int) -> list[tuple[int, Attempt]]:
    """Give the operations of which nobody knows whether they arrived, by number, each with its last attempt.

    They are few, and found by their state: sorted by an expression, since else all are looked through in their order.
    """
    rows = db.execute(
        "SELECT o.seq, a.n, a.body_sha256, a.boot_id, a.boottime_ns, a.wall FROM op o JOIN attempt a"
        " ON a.plan=o.plan AND a.seq=o.seq WHERE o.plan=? AND o.state IN ('INTENT','IN_DOUBT')"
        " AND a.n=(SELECT MAX(n) FROM attempt WHERE plan=o.plan AND seq=o.seq) ORDER BY +o.seq",
        (number,),
    ).fetchall()
    return [
        (seq, Attempt(number=n, body_sha256=sha256, boot_id=boot_id, boottime_ns=boottime_ns, wall=wall))
        for seq, n, sha256, boot_id, boottime_ns, wall in rows
    ]


def count_doubts(db: sqlite3.Connection, number: int, seq: int) -> int:
    """Count how often an operation was sent and nobody knew the end of it: what did not arrive is no doubt."""
    (count,) = db.execute(
        "SELECT COUNT(*) FROM attempt WHERE plan=? AND seq=?"
        " AND (outcome IS NULL OR outcome NOT IN ('not applied', 'not sent', 'refused together'))",
        (number, seq),
    ).fetchone()
    return int(count)
