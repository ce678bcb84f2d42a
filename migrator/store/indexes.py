"""Indexes of the ledger that only some plans need: keyed by hashes and ids, they cost each operation a page."""

import sqlite3

from migrator.store.ledger import Ledger
from migrator.store.plan import Plan

_BY_ID = "CREATE INDEX IF NOT EXISTS op_by_id ON op(plan, id)"
_UNDO = (
    "CREATE INDEX IF NOT EXISTS written_by_id ON written(target_id)",
    "CREATE INDEX IF NOT EXISTS op_deleted ON op(target_id) WHERE kind='delete'",
)


def index_ids(ledger: Ledger) -> None:
    """Make what finds operations by their ids, if it is not there; in the open transaction, where there is one."""
    if ledger.db.execute("SELECT 1 FROM sqlite_master WHERE name='op_by_id'").fetchone():
        return
    if ledger.db.in_transaction:
        ledger.db.execute(_BY_ID)
    else:
        with ledger.transaction("index") as db:
            db.execute(_BY_ID)


def index_for(db: sqlite3.Connection, plan: Plan) -> None:
    """Make what a plan will ask for while its rows are few: sorted at once, those of a million take as much memory."""
    is_undo = "undo" in plan.header  # it looks for keys by their ids
    for statement in _UNDO if is_undo else ():
        db.execute(statement)
    if is_undo or plan.header.get("refers_to_own", True):
        db.execute(_BY_ID)
