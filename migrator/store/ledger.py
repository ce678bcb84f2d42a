"""The ledger: what all runs did, and which target id belongs to which source key."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from migrator.errors import Locked, PlanError, Problem, StoreError
from migrator.ports import Clock, Rng, failpoint
from migrator.store.ledger_schema import APPLICATION_ID, FORMAT, OF_SCOPE
from migrator.store.ledger_upgrade import OLD_FORMATS, bring_up, make_ledger, show_old
from migrator.store.lock import Lock
from migrator.store.sqlite import connect, connect_read_only, translated

FINISHED = "DONE"

_PRAGMAS: dict[str, str | int] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: NORMAL may lose the last commits, and with them an intent, at a loss of power
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "mmap_size": 0,
    "cache_size": -32_768,  # the id map is in the order of its keys, which may be any
    "temp_store": 2,
    "secure_delete": 1,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanEntry:
    """What the ledger holds of a plan: hash and file facts at its making, the serial it was made at, its state."""

    id: str
    sha256: str
    mapping: str
    path: str
    file: str
    made: str
    serial: int
    started: int | None
    state: str


class Ledger:
    """The one writer. Use it as a context; while it is open, no other process can write.

    Each opening takes a new epoch, and every transaction checks that it is still the newest, so that a process that
    wakes up after its lock was taken away stops before it sends.
    """

    def __init__(self, path: Path, *, clock: Clock, rng: Rng, unlock: str = "") -> None:
        self.path = path
        self._lock = Lock(path, clock, rng, unlock)
        try:
            self.db = _open(path, rng)
            self.epoch = self._next_epoch()
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            with translated(self.path):
                self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self.db.execute("PRAGMA journal_mode=delete")
        except StoreError:
            pass  # the file stays readable with its log beside it; the next opening folds it in
        finally:
            self.db.close()
            self._lock.release()

    @property
    def lineage(self) -> str:
        """Name this ledger; a plan made with another one is not applied with it."""
        return _meta(self.db, "lineage")

    @property
    def serial(self) -> int:
        """Count the plans that were begun; a plan made at an older count is stale."""
        return int(_meta(self.db, "serial"))

    @contextmanager
    def transaction(self, point: str = "") -> Iterator[sqlite3.Connection]:
        """Write all or nothing, durably. Raises StoreError; then nothing was written."""
        with translated(self.path):
            self.begin()
            try:
                yield self.db
                failpoint(f"before-commit-{point}")
                self.db.execute("COMMIT")
                failpoint(f"after-commit-{point}")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def begin(self) -> None:
        """Begin a transaction, as the newest writer only. Raises StoreError; then none is open."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            self._check_epoch()
        except BaseException:
            self.db.execute("ROLLBACK")
            raise

    def register(self, entry: PlanEntry) -> None:
        """Take a sealed plan in; only a registered plan is ever applied."""
        with self.transaction("register") as db:
            db.execute(
                "INSERT INTO plan VALUES(NULL,?,?,?,?,?,?,?,NULL,'MADE')",
                (entry.id, entry.sha256, entry.mapping, entry.path, entry.file, entry.made, entry.serial),
            )

    def known(self, mapping: str, account: str, name: str) -> Iterator[tuple[str, str, str]]:
        """Give what earlier runs wrote for an object of a mapping to an account: key, target id, values as JSON."""
        with translated(self.path):
            yield from self.db.execute(
                f"SELECT key, target_id, fields FROM written WHERE {OF_SCOPE}",
                (mapping, account, name),
            )

    def plan(self, plan_id: str) -> PlanEntry | None:
        """Find a registered plan."""
        return find_plan(self.db, plan_id)

    def unfinished_at(self, path: Path) -> bool:
        """Tell whether a plan at this path was begun and did not end; overwriting it would make it unfinishable."""
        found = self.db.execute(
            "SELECT 1 FROM plan WHERE path=? AND started IS NOT NULL AND state<>?", (str(path), FINISHED)
        )
        return found.fetchone() is not None

    def doubtful_plans(self, mapping: str, *, but: str) -> list[str]:
        """List the plans of a mapping, but one, with writes of which nobody knows whether they arrived."""
        found = self.db.execute(
            "SELECT DISTINCT p.path FROM plan p JOIN op o ON o.plan=p.number"
            " WHERE p.mapping=? AND p.id<>? AND o.state IN ('INTENT','IN_DOUBT')",
            (mapping, but),
        )
        return [path for (path,) in found]

    def _check_epoch(self) -> None:
        if int(_meta(self.db, "epoch")) != self.epoch:
            hint = "another process took the ledger over; see 'migrator status'"
            raise StoreError(Problem(code="E802", place=str(self.path), fact="this run was ousted", hint=hint))

    def _next_epoch(self) -> int:
        with translated(self.path):
            self.db.execute("UPDATE meta SET value=CAST(value AS INTEGER)+1 WHERE name='epoch'")
        return int(_meta(self.db, "epoch"))


class LedgerReader:
    """Reads beside a running writer, and never writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            hint = "it is made by the first plan"
            raise StoreError(Problem(code="E702", place=str(path), fact="there is no ledger here", hint=hint))
        self.db = connect_read_only(path, is_sealed=False)
        _check_format(self.db, path)
        with translated(path):
            show_old(self.db)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.db.close()

    @property
    def lineage(self) -> str:
        """Name this ledger."""
        return _meta(self.db, "lineage")

    @property
    def serial(self) -> int:
        """Count the plans that were begun."""
        return int(_meta(self.db, "serial"))

    def plan(self, plan_id: str) -> PlanEntry | None:
        """Find a registered plan."""
        return find_plan(self.db, plan_id)


def _meta(db: sqlite3.Connection, name: str) -> str:
    (value,) = db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
    return str(value)


def number_of(db: sqlite3.Connection, plan_id: str) -> int:
    """Give the number by which a ledger knows a plan; 0 for one that it did not take in."""
    row = db.execute("SELECT number FROM plan WHERE id=?", (plan_id,)).fetchone()
    return int(row[0]) if row else 0


def find_plan(db: sqlite3.Connection, plan_id: str) -> PlanEntry | None:
    """Find a plan in an open ledger."""
    row = db.execute(
        "SELECT id, sha256, mapping, path, file, made, serial, started, state FROM plan WHERE id=?", (plan_id,)
    ).fetchone()
    names = ("id", "sha256", "mapping", "path", "file", "made", "serial", "started", "state")
    return PlanEntry(**dict(zip(names, row, strict=True))) if row else None


def file_facts(path: Path) -> str:
    """Give what a file system says of an untouched file: inode, size, and times of change, as JSON."""
    facts = path.stat()
    return json.dumps([facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns])


def hash_file(path: Path) -> str:
    """Hash a whole file. Raises StoreError."""
    with translated(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(path: Path, rng: Rng) -> sqlite3.Connection:
    if not path.exists():
        _create(path, rng)
    db = connect(path, _PRAGMAS)
    try:
        is_old = _check_format(db, path) != FORMAT
        _check_health(db, path)
        if is_old:
            _bring_up(db, path)
            db.close()
            db = connect(path, _PRAGMAS)
    except BaseException:
        db.close()
        raise
    return db


def _create(path: Path, rng: Rng) -> None:
    facts = [("lineage", rng.token()), ("serial", "0"), ("epoch", "0")]

    def fill(db: sqlite3.Connection) -> bool:
        db.executemany("INSERT INTO meta VALUES(?,?)", facts)
        return True

    with translated(path):
        make_ledger(path, fill)


def _check_format(db: sqlite3.Connection, path: Path) -> int:
    with translated(path):
        (kind,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    if kind != APPLICATION_ID or version not in {*OLD_FORMATS, FORMAT}:
        fact = f"not a ledger of this version (format {version}, expected {FORMAT})"
        hint = "use the version of migrator that wrote it"
        raise StoreError(Problem(code="E705", place=str(path), fact=fact, hint=hint))
    return int(version)


def _bring_up(db: sqlite3.Connection, path: Path) -> None:
    """Have a ledger of an older format written anew, when nobody reads it. Raises StoreError; it is as it was then."""
    with translated(path):
        try:
            db.execute("PRAGMA journal_mode=delete")  # a log that stays would be taken for that of the new file
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            fact = "the ledger is of an older version, and cannot be brought up while somebody reads it"
            hint = "end what reads it, and run the same command again"
            raise Locked(Problem(code="E801", place=str(path), fact=fact, hint=hint)) from None
        is_whole = bring_up(path, db)
    if not is_whole:
        hint = "restore it from a copy; see 'migrator explain E705'"
        fact = "the ledger is damaged: it has rows of operations that it does not have"
        raise StoreError(Problem(code="E705", place=str(path), fact=fact, hint=hint))


def _check_health(db: sqlite3.Connection, path: Path) -> None:
    """Look the file over where the last run did not end of its own accord."""
    with translated(path):
        unclean = db.execute("SELECT 1 FROM run WHERE ended IS NULL LIMIT 1").fetchone()
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0] if unclean else "ok"
    if found != "ok":
        hint = "restore it from a copy; see 'migrator explain E705'"
        raise StoreError(Problem(code="E705", place=str(path), fact=f"the ledger is damaged: {found}", hint=hint))


def unknown_plan(path: Path) -> PlanError:
    """Give the error for a plan that this ledger never took in."""
    hint = "plan again here; a plan is applied with the ledger that it was made with"
    return PlanError(Problem(code="E604", place=str(path), fact="the ledger does not know this plan", hint=hint))
