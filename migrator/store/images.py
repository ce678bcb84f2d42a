"""What the ledger keeps of each write, so that it can be undone without the plan file: what it found, what it left."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from migrator.json_text import to_json
from migrator.store.at_once import write_all
from migrator.store.changes import Change
from migrator.store.ledger import Ledger
from migrator.store.ledger_schema import OF_PLAN

_KEEP = (
    "INSERT INTO image VALUES {} ON CONFLICT(plan, seq) DO UPDATE SET"
    " parent=excluded.parent, before=excluded.before, after=excluded.after"
)
_ORIGIN = ("mapping", "connector", "target", "objects", "undo")


def keep_origin(db: sqlite3.Connection, plan_id: str, header: Mapping[str, Any]) -> None:
    """Keep what a plan was made for: mapping, account, objects; an undo is told by what it undoes."""
    kept = {name: header[name] for name in _ORIGIN if name in header}
    db.execute("INSERT OR REPLACE INTO origin VALUES(?,?)", (plan_id, to_json(kept)))


Image = tuple[Change, tuple[str, str] | None, str]


def keep_images(db: sqlite3.Connection, number: int, images: Iterable[Image]) -> None:
    """Keep what writes found and what they left (JSON), each with its parent; what one in quarantine left is blank."""
    rows = [
        (
            number,
            change.seq,
            change.key,
            change.target,
            to_json(list(parent)) if parent else None,
            to_json(dict(change.before)) if change.before else "{}",
            after,
        )
        for change, parent, after in images
    ]
    write_all(db, _KEEP, "(?,?,?,?,?,?,?)", rows)


def purge(ledger: Ledger, plans: Iterable[str]) -> None:
    """Take the images of plans out of the ledger: what they wrote cannot be undone any more. Raises StoreError."""
    with ledger.transaction("purge") as db:
        for plan_id in plans:
            for table in ("image", "stood"):
                db.execute(f"DELETE FROM {table} WHERE {OF_PLAN}", (plan_id,))
            db.execute("DELETE FROM origin WHERE plan_id=?", (plan_id,))
