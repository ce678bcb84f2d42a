"""Ledgers of older formats: written anew when they are opened for writing, and read as they are beside that.

Up to format 3 what belongs to an operation was keyed by the ids of its plan and itself. Format 2 had no `stood`, format
1 nothing that an undo needs.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from migrator.store.ledger_schema import APPLICATION_ID, FORMAT, TABLES, TRIGGERS
from migrator.store.sqlite import create_private, sync_folder

OLD_FORMATS = (1, 2, 3)

# The older tables as those of today, by the format that had them first.
_OP = "main.plan p CROSS JOIN main.op o ON o.plan_id=p.id"
_SAME = {1: ("meta", "run"), 2: ("origin", "verification"), 3: ()}
_KEYED = {
    1: {
        "plan": "SELECT rowid AS number, id, sha256, mapping, path, file, made, serial, started, state FROM main.plan",
        "op": "SELECT p.rowid AS plan, o.seq, o.id, o.object, o.kind, o.marker, o.state, o.target_id, o.sha256,"
        f" o.reason, o.run FROM {_OP}",
        "attempt": "SELECT p.rowid AS plan, o.seq, a.n, a.epoch, a.body_sha256, a.boot_id, a.boottime_ns, a.wall,"
        f" a.outcome, a.status, a.evidence FROM {_OP} CROSS JOIN main.attempt a ON a.plan_id=p.id AND a.op_id=o.id",
        "written": "SELECT s.id AS scope, w.key, w.target_id, w.fields, COALESCE(p.rowid, 0) AS plan FROM new.scope s"
        " CROSS JOIN main.written w ON s.mapping=w.mapping AND s.account=w.account AND s.object=w.object"
        " LEFT JOIN main.plan p ON p.id=w.plan_id",
    },
    2: {
        "image": "SELECT p.rowid AS plan, o.seq, i.key, i.target, i.parent, i.before, i.after"
        f" FROM {_OP} CROSS JOIN main.image i ON i.plan_id=p.id AND i.op_id=o.id",
        "decision": "SELECT p.rowid AS plan, o.seq, d.wall, d.who, d.why, d.state, d.evidence FROM main.decision d"
        " JOIN main.op o ON o.plan_id=d.plan_id AND o.id=d.op_id JOIN main.plan p ON p.id=d.plan_id",
    },
    3: {
        "stood": f"SELECT p.rowid AS plan, o.seq, s.fields FROM {_OP}"
        " CROSS JOIN main.stood s ON s.plan_id=p.id AND s.op_id=o.id",
    },
}
_SCOPES = "SELECT NULL, mapping, account, object FROM main.written GROUP BY 2, 3, 4"
# So rows are appended, and nothing has to be sorted.
_ORDER = {"plan": "1", "op": "1, 2", "attempt": "1, 2, 3", "written": "1, 2", "image": "1, 2", "stood": "1, 2"}


def make_ledger(path: Path, fill: Callable[[sqlite3.Connection], bool]) -> bool:
    """Make a ledger of today under another name, filled, and then give it its own: it is there whole or not at all.

    `fill` is given the empty tables, and tells whether the ledger may take its place. Raises sqlite3.Error, OSError.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    create_private(fresh)
    with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={FORMAT}")
        db.executescript("".join(TABLES.values()))
        is_right = fill(db)
        db.executescript(TRIGGERS)
    if is_right:
        os.replace(fresh, path)  # noqa: PTH105 - the same, said plainly
        sync_folder(path.parent)
    else:
        fresh.unlink()
    return is_right


def bring_up(path: Path, old: sqlite3.Connection) -> bool:
    """Put a ledger of today with the same rows in the place of one of an older format, of which nobody reads.

    Tells whether no row was left behind: one of an operation that is not there has no place; nothing is changed then.
    """
    (version,) = old.execute("PRAGMA user_version").fetchone()
    fresh = path.with_name(f".{path.name}.new")

    def fill(_db: sqlite3.Connection) -> bool:
        old.execute("ATTACH ? AS new", (str(fresh),))
        try:
            return _copy(old, version)
        finally:
            old.execute("DETACH new")

    return make_ledger(path, fill)


def show_old(db: sqlite3.Connection) -> None:
    """Let a reader see the tables of a ledger of an older format as those of today; nothing is written."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for name, select in _selects(version).items() if version != FORMAT else ():
        if name != "written":  # only a writer looks into the id map
            db.execute(f"CREATE TEMP VIEW {name} AS {select}")


def _selects(version: int) -> dict[str, str]:
    return {name: select for since, each in _KEYED.items() if since <= version for name, select in each.items()}


def _copy(old: sqlite3.Connection, version: int) -> bool:
    same = [name for since, names in _SAME.items() if since <= version for name in names]
    selects = {**{name: f"SELECT * FROM main.{name}" for name in same}, **_selects(version)}
    is_whole = True
    old.execute("BEGIN")
    old.execute(f"INSERT INTO new.scope {_SCOPES}")
    for name in sorted(selects, key=[*TABLES].index):
        order = f" ORDER BY {_ORDER[name]}" if name in _ORDER else ""
        moved = old.execute(f"INSERT INTO new.{name} {selects[name]}{order}").rowcount
        is_whole = is_whole and (moved,) == old.execute(f"SELECT COUNT(*) FROM main.{name}").fetchone()
    old.execute("COMMIT" if is_whole else "ROLLBACK")
    return is_whole
