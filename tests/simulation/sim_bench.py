"""The bench of a simulation: the plan is read once in a process, and the ledger lies in memory and outlives its runs.

The journal and the ledger's statements, triggers and checks are the real ones; only the file beneath them is none. What
disks do to a ledger, and that another process sees each intent before its request, is proved with real files: by
test_ledger_faults and test_order, and by those that kill.
"""

import asyncio
import atexit
import os
import sqlite3
from bisect import bisect_right
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from apply_cases import Bench
from practice_target import PracticeTarget
from sim_cases import Made, workshop

from migrator.executor.apply import apply_plan
from migrator.executor.result import Applying, RunResult
from migrator.ports import Rng
from migrator.store import ledger as ledger_file
from migrator.store.changes import Change
from migrator.store.plan import Plan


class _Kept(sqlite3.Connection):
    """A ledger that is there for the next run, as a file would be: who closes it loses what was not committed."""

    def close(self) -> None:
        """Take back what the process had not committed when it ended or died."""
        if self.in_transaction:
            self.rollback()


class _Known(Plan):
    """A sealed plan whose changes were read, and held against their hashes, once."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._all = list(super().changes())
        self._numbers = [change.seq for change in self._all]

    def changes(self, *, after: int = 0, limit: int = -1) -> Iterator[Change]:
        """Give the changes in their order."""
        start = bisect_right(self._numbers, after)
        return islice(self._all, start, None if limit < 0 else start + limit)


@dataclass(kw_only=True, slots=True)
class SimBench(Bench):
    """A bench over a plan that was made before, with a ledger of its own."""

    folder: Path = field(init=False)
    made: Made
    db: _Kept = field(init=False)

    def __post_init__(self) -> None:
        self.folder = _folder(os.getpid())
        self.target = PracticeTarget(self.clock)
        self.db = sqlite3.connect(":memory:", isolation_level=None, factory=_Kept)
        self.db.deserialize(self.made.ledger)

    @property
    def ledger(self) -> Path:
        """Give the place at which the ledger would lie, and its lock does."""
        return self.folder / "ledger.sqlite"

    @property
    def known(self) -> Plan:
        """Give the plan; it stays open."""
        return _known(self.made.path, os.getpid())

    def apply(self, name: str = "", **how: Any) -> RunResult:
        """Apply the plan, or go on with it; it has no other name."""
        assert not name
        applying = Applying(**{"clock": self.clock, "rng": Rng(7), "tell": self.told.append, **how})
        with self._connected(), self.opened() as ledger:
            return _run(apply_plan(self.known, self.target, ledger, applying))

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Let the ledger open this one."""
        kept = vars(ledger_file)["connect"]
        vars(ledger_file)["connect"] = lambda _path, _pragmas: self.db
        try:
            yield
        finally:
            vars(ledger_file)["connect"] = kept

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is committed: all of it, as long as no transaction is under way."""
        assert not self.db.in_transaction
        yield self.db

    def leave(self) -> None:
        """Forget the ledger."""
        sqlite3.Connection.close(self.db)


@cache
def _known(path: Path, _pid: int) -> Plan:
    return _Known(path)


def _run(work: Coroutine[Any, Any, RunResult]) -> RunResult:
    """Do what `asyncio.run` does in the one loop of this process: to make one takes as long as a run."""
    loop = _loop(os.getpid())
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        vars(loop)["_asyncgens_shutdown_called"] = False


@cache
def _loop(_pid: int) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


@cache
def _folder(pid: int) -> Path:
    """Make the folder of this process, where the lock lies; the ledger seems to be there."""
    folder = workshop() / f"bench-{pid}"
    folder.mkdir()
    (folder / "ledger.sqlite").touch()
    return folder
