"""What the ledger keeps of each write, so that it can be undone without the plan file: what it found, what it left."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from migrator.store.changes import Change, canonical_json
from migrator.store.ledger import Ledger

_ORIGIN = ("mapping", "connector", "target", "objects", "undo")


def keep_origin(db: sqlite3.Connection, plan_id: str, header: Mapping[str, Any]) -> None:
    """Keep what a plan was made for: mapping, account, objects; an undo is told by what it undoes."""
    kept = {name: header[name] for name in _ORIGIN if name in header}
    db.execute("INSERT OR REPLACE INTO origin VALUES(?,?)", (plan_id, canonical_json(kept)))
    if "undo" in header:  # only who undoes looks for keys by their ids
        db.execute("CREATE INDEX IF NOT EXISTS written_by_id ON written(target_id)")
        db.execute("CREATE INDEX IF NOT EXISTS op_deleted ON op(target_id) WHERE kind='delete'")


def keep_image(
    db: sqlite3.Connection, plan_id: str, change: Change, parent: tuple[str, str] | None, after: Mapping[str, Any]
) -> None:
    """Keep what a write found and what it left; of one in quarantine nobody knows what it left."""
    images = (canonical_json(change.before), canonical_json(after))
    stated = canonical_json(parent) if parent else None
    db.execute(
        "INSERT OR REPLACE INTO image VALUES(?,?,?,?,?,?,?)",
        (plan_id, change.id, change.key, change.target, stated, *images),
    )


def purge(ledger: Ledger, plans: Iterable[str]) -> None:
    """Take the images of plans out of the ledger: what they wrote cannot be undone any more. Raises StoreError."""
    with ledger.transaction("purge") as db:
        for plan_id in plans:
            for table in ("image", "stood", "origin"):
                db.execute(f"DELETE FROM {table} WHERE plan_id=?", (plan_id,))


def forget(db: sqlite3.Connection, migration: tuple[str, str], change: Change) -> None:
    """Take a deleted record out of the id map, under all keys that stand for it: a later plan creates it anew."""
    db.execute(
        "DELETE FROM written WHERE mapping=? AND account=? AND object=? AND target_id=?",
        (*migration, change.object, change.target_id),
    )
