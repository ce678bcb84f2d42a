"""Writes to the ledger that are ready together, made durable by one commit (guarantees.md, section 5).

Whoever writes joins the open transaction; it is committed at the next turn of the event loop, when all that were ready
have joined. No intent is acted on before `durable` returns. A commit that fails fails all that are in it, for good:
nothing more is written by it, since nobody knows what the disk holds.
"""

import sqlite3
import sys
from typing import Any

from migrator.errors import StoreError
from migrator.ports import failpoint
from migrator.store.ledger import Ledger
from migrator.store.sqlite import store_error, translated


class Together:
    """The shared transaction of one ledger. Without an event loop, each write is committed at once.

    `is_shared` says that there are several writers; a single one has nobody to wait for.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.is_shared = False
        self._ledger = ledger
        self._points: list[str] = []
        self._error: BaseException | None = None

    def join(self, point: str, times: int = 1) -> "Together":
        """Join the shared transaction, as a context that gives the connection; `times` is for how many writers.

        Raises StoreError; then nothing of it was written, nor will be.
        """
        self._check()
        try:
            if not self._points:
                self._begin()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        self._points += [point] * times
        return self

    def __enter__(self) -> sqlite3.Connection:
        return self._ledger.db

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise self._failed(error) from error
        if error is not None:
            self._fail(error)
        elif not _loop():
            self.commit()

    async def durable(self) -> None:
        """Wait until all that was written so far is on the disk. Raises StoreError."""
        if self._points and self.is_shared:
            import asyncio  # noqa: PLC0415 - a loop runs, so it is there; whoever has none is spared it

            await asyncio.sleep(0)  # those who are ready as well join in; the commit is due before this goes on
        self.commit()

    def commit(self) -> None:
        """Commit what is written, now. Raises StoreError."""
        if self._points and self._error is None:
            try:
                self._commit()
            except BaseException as error:
                self._fail(error)
                raise
        self._check()

    def finish(self) -> None:
        """Commit what is written, unless a commit failed: that was told already. Raises StoreError."""
        if self._error is None:
            self.commit()

    def _begin(self) -> None:
        self._ledger.begin()
        if loop := _loop():
            loop.call_soon(self._commit_soon)

    def _commit_soon(self) -> None:
        """Commit at the end of a turn of the loop; whoever writes next is told of what went wrong."""
        if self._points and self._error is None:
            try:
                self._commit()
            except BaseException as error:  # noqa: BLE001 - it is raised again by the next who joins or waits
                self._fail(error)

    def _commit(self) -> None:
        with translated(self._ledger.path):
            points, self._points = self._points, []
            for point in points:
                failpoint(f"before-commit-{point}")
            self._ledger.db.execute("COMMIT")
            for point in points:
                failpoint(f"after-commit-{point}")

    def _failed(self, error: sqlite3.Error) -> StoreError:
        found = store_error(self._ledger.path, str(error))
        self._fail(found)
        return found

    def _fail(self, error: BaseException) -> None:
        self._error = error if _loop() else None
        self._points = []
        if self._ledger.db.in_transaction:
            with translated(self._ledger.path):
                self._ledger.db.execute("ROLLBACK")

    def _check(self) -> None:
        if self._error is not None:
            raise self._error


def _loop() -> Any:
    """Give the event loop that runs here; where nobody imported the library none does."""
    library = sys.modules.get("asyncio")
    try:
        return library.get_running_loop() if library else None
    except RuntimeError:
        return None
