"""Ledgers of older formats: brought up when they are opened for writing, and read as they are beside that.

Up to format 3 what belongs to an operation was keyed by the ids of its plan and itself. Format 2 had no `stood`, format
1 nothing that an undo needs.
"""

import sqlite3

from migrator.store.ledger_schema import FORMAT, TABLES, TRIGGERS

OLD_FORMATS = (1, 2, 3)

# The older tables as those of today; `{0}` is what stands before their names.
_PLAN = "SELECT rowid AS number, id, sha256, mapping, path, file, made, serial, started, state FROM {0}plan"
_OP = "{0}plan p CROSS JOIN {0}op o ON o.plan_id=p.id"
_OLD = {
    1: {
        "plan": _PLAN,
        "op": "SELECT p.rowid AS plan, o.seq, o.id, o.object, o.kind, o.marker, o.state, o.target_id, o.sha256,"
        f" o.reason, o.run FROM {_OP}",
        "attempt": "SELECT p.rowid AS plan, o.seq, a.n, a.epoch, a.body_sha256, a.boot_id, a.boottime_ns, a.wall,"
        f" a.outcome, a.status, a.evidence FROM {_OP} CROSS JOIN {{0}}attempt a ON a.plan_id=p.id AND a.op_id=o.id",
        "written": "SELECT s.id AS scope, w.key, w.target_id, w.fields, COALESCE(p.rowid, 0) AS plan FROM scope s"
        " CROSS JOIN {0}written w ON s.mapping=w.mapping AND s.account=w.account AND s.object=w.object"
        " LEFT JOIN {0}plan p ON p.id=w.plan_id",
    },
    2: {
        "image": "SELECT p.rowid AS plan, o.seq, i.key, i.target, i.parent, i.before, i.after"
        f" FROM {_OP} CROSS JOIN {{0}}image i ON i.plan_id=p.id AND i.op_id=o.id",
        "decision": "SELECT p.rowid AS plan, o.seq, d.wall, d.who, d.why, d.state, d.evidence FROM {0}decision d"
        " JOIN {0}op o ON o.plan_id=d.plan_id AND o.id=d.op_id JOIN {0}plan p ON p.id=d.plan_id",
    },
    3: {
        "stood": f"SELECT p.rowid AS plan, o.seq, s.fields FROM {_OP}"
        " CROSS JOIN {0}stood s ON s.plan_id=p.id AND s.op_id=o.id",
    },
}
_ORDER = {
    "plan": "1",
    "op": "1, 2",
    "attempt": "1, 2, 3",
    "written": "1, 2",
    "image": "1, 2",
    "stood": "1, 2",
    "decision": "d.rowid",
}
_SCOPES = "SELECT DISTINCT mapping, account, object FROM {0}written ORDER BY 1, 2, 3"
_SINCE = {"scope": 4, "stood": 3, "image": 2, "decision": 2, "origin": 2, "verification": 2}
_INDEXES = ("op_marker", "op_state", "op_deleted", "written_by_id")


def bring_up(db: sqlite3.Connection) -> bool:
    """Give a ledger of an older format the tables of today with all its rows, or leave it as it is.

    Tells whether no row was left behind: one of an operation that is not there has no place, and nothing is changed.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == FORMAT:
        return True
    db.execute("PRAGMA foreign_keys=0")  # else what is put aside would take with it what refers to it
    db.execute("PRAGMA legacy_alter_table=1")
    db.execute("BEGIN IMMEDIATE")
    try:
        is_whole = _move(db, _selects(version))
        db.execute(f"PRAGMA user_version={FORMAT}")
        db.execute("COMMIT" if is_whole else "ROLLBACK")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    finally:
        db.execute("PRAGMA legacy_alter_table=0")
        db.execute("PRAGMA foreign_keys=1")
    return is_whole


def show_old(db: sqlite3.Connection) -> None:
    """Let a reader see the tables of a ledger of an older format as those of today; nothing is written."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for name, select in _selects(version).items() if version != FORMAT else ():
        if name != "written":  # only a writer looks into the id map
            db.execute(f"CREATE TEMP VIEW {name} AS {select.format('main.')}")


def _selects(version: int) -> dict[str, str]:
    return {name: select for since, each in _OLD.items() if since <= version for name, select in each.items()}


def _move(db: sqlite3.Connection, selects: dict[str, str]) -> bool:
    """Put the older tables aside, fill those of today from them, and drop them."""
    for index in _INDEXES:
        db.execute(f"DROP INDEX IF EXISTS {index}")
    for name in selects:
        db.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    missing = [name for name, since in _SINCE.items() if since > version]
    for name in (*missing, *selects):
        _run(db, TABLES[name])
    db.execute(f"INSERT INTO scope(mapping, account, object) {_SCOPES.format('old_')}")
    is_whole = True
    for name, select in selects.items():
        moved = db.execute(f"INSERT INTO {name} {select.format('old_')} ORDER BY {_ORDER[name]}").rowcount
        is_whole = is_whole and (moved,) == db.execute(f"SELECT COUNT(*) FROM old_{name}").fetchone()
    for name in selects:
        db.execute(f"DROP TABLE old_{name}")
    _run(db, TRIGGERS)
    return is_whole


def _run(db: sqlite3.Connection, script: str) -> None:
    """Run a script inside the open transaction, which `executescript` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
