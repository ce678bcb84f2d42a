"""One call to the target: its turn, then the intent as the last thing before the first byte, then the request, once."""

import asyncio
from collections.abc import Callable, Sequence

from migrator.connectors.protocols import Target
from migrator.executor.bodies import body_hash
from migrator.ports import failpoint
from migrator.records import Action, Outcome, Verdict, Write
from migrator.store.changes import Change
from migrator.store.endings import Ending
from migrator.store.journal import Journal
from migrator.store.states import State

Ready = tuple[Change, Write]


class NotNowError(Exception):
    """Nothing was sent: while the call waited for its turn the run ended, or what was read before it grew old."""


class Sending:
    """The one sending of some writes that go in one call; `may_go` is asked when their turn has come."""

    def __init__(self, journal: Journal, target: Target, ready: Sequence[Ready], may_go: Callable[[], bool]) -> None:
        self._journal = journal
        self._target = target
        self._ready = ready
        self._may_go = may_go
        self._is_intended = False

    async def send(self) -> list[Outcome]:
        """Send, and give the outcome of each. Raises NotNowError, StoreError; nothing was sent then."""
        writes = [write for _change, write in self._ready]
        try:
            if len(writes) > 1:
                return await self._target.write_many(writes, self._intend)
            is_delete = self._ready[0][0].action is Action.DELETE
            send = self._target.delete if is_delete else self._target.write
            return [await send(writes[0], self._intend)]
        except asyncio.CancelledError:
            if self._is_intended:
                self._close(Ending(state=State.IN_DOUBT, outcome="cut", reason="the run was cut"))
            raise

    async def _intend(self) -> None:
        """Make the intent durable; the settle time is counted from here, so nothing is waited for afterwards.

        A second time where the answer said that the session had ended: that request was not applied.
        """
        if self._is_intended:
            self._close(Ending(state=State.PLANNED, outcome=str(Verdict.NOT_APPLIED), reason="the session had ended"))
            self._is_intended = False
        if not self._may_go():
            raise NotNowError
        self._journal.intend([(change, body_hash(write)) for change, write in self._ready])
        try:
            await self._journal.durable()
        except asyncio.CancelledError:
            self._close(Ending(state=State.PLANNED, outcome=str(Verdict.NOT_SENT), reason="the run was cut before"))
            raise
        self._is_intended = True
        failpoint("intended")

    def _close(self, ending: Ending) -> None:
        self._journal.close_all([(change, ending) for change, _write in self._ready])
