"""A run: check, settle what an earlier run left in doubt, send what is planned, settle again, and say how it ended."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator

from migrator.connectors.protocols import Target
from migrator.errors import MigratorError, Problem
from migrator.executor.bodies import needed_operations
from migrator.executor.dispatch import MAX_AGE_SECONDS, Dispatcher
from migrator.executor.options import add_options
from migrator.executor.preflight import check_plan, check_space
from migrator.executor.result import Applying, Event, Phase, RunResult
from migrator.executor.settle import Settler
from migrator.records import Action, Tier
from migrator.resources import VERSION
from migrator.store.changes import Change, operation_id
from migrator.store.journal import Journal
from migrator.store.ledger import Ledger
from migrator.store.plan import Plan
from migrator.store.sqlite import SQLITE_VERSION
from migrator.store.states import OPEN, State

BATCH = 200
CALLS = 16
MAX_CONCURRENCY = {"A": 16, "B": 4, "C": 1}


async def apply_plan(plan: Plan, target: Target, ledger: Ledger, how: Applying | None = None) -> RunResult:
    """Apply a plan, or go on with it: running it again resumes, and sends nothing that may have arrived.

    Raises PlanError, StoreError or TargetError before the first write; later trouble is told by the result. Whatever
    happens, the journal says what was sent.
    """
    how = how or Applying()
    await check_plan(plan, target, ledger, how)
    journal = Journal(ledger, plan, how.clock)
    journal.begin(_facts(how))
    run = _Run(plan, target, ledger, journal, how)
    try:
        await run.go()
    except MigratorError as error:
        run.breaker.halt = error.problems[0]
    finally:
        run.dispatcher.close()
    result = run.result()
    journal.end(result.state, str(result.problem or ""))
    how.tell(Event(phase=Phase.FINISHED, text=result.state))
    return result


def _facts(how: Applying) -> dict[str, str | int]:
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "boot_id": how.clock.boot_id(),
        "sqlite": SQLITE_VERSION,
        "tool": VERSION,
    }


class _Run:
    """One run over one plan."""

    def __init__(self, plan: Plan, target: Target, ledger: Ledger, journal: Journal, how: Applying) -> None:
        self._plan = plan
        self._target = target
        self._ledger = ledger
        self._journal = journal
        self._how = how
        self._settler = Settler(plan, journal, target, how)
        self._mapping: str = plan.header["mapping"]["name"]
        self._targets = {str(facts["target"]) for facts in plan.header["objects"].values()}
        self._done = 0
        self._under_way = 0
        self._object = ""
        self._concurrency = how.concurrency or target.concurrency
        self.dispatcher = Dispatcher(plan, journal, target, how)
        self.breaker = self.dispatcher.breaker

    async def go(self) -> None:
        """Settle, send, settle, until nothing moves any more."""
        self._done = int(self._plan.header["operations"]) - self._open_count()
        await self._settle()
        if not self.dispatcher.is_over:
            self.breaker.halt = await add_options(self._plan, self._journal, self._target, self._how)
        before = (-1, -1)
        while not self.dispatcher.is_over and (now := self._standing()) != before and now[0]:
            before = now
            await self._pass()
            await self._settle()

    def result(self) -> RunResult:
        """Say how it ended."""
        counts = self._journal.counts()
        problem, is_asked = self.breaker.halt, self._how.stop.is_asked
        is_open = any(counts.get(state) for state in OPEN)
        bad = any(counts.get(state) for state in (State.REJECTED, State.QUARANTINED, State.BLOCKED))
        if problem is None and not is_asked and is_open:
            problem = Problem(code="E709", fact=f"stopped after {self.breaker.written} writes, as asked")
        state = (
            "HALTED" if problem else "INTERRUPTED" if is_asked and is_open else "DONE_WITH_FINDINGS" if bad else "DONE"
        )
        return RunResult(
            run=self._journal.run,
            state=state,
            counts=counts,
            written=self.breaker.written,
            problem=problem,
        )

    def _standing(self) -> tuple[int, int]:
        """Tell how far the run is: when neither number moves in a pass, what is open waits for what never comes."""
        return self._open_count(), self.breaker.sent

    def _open_count(self) -> int:
        counts = self._journal.counts()
        return sum(counts.get(state, 0) for state in OPEN)

    async def _settle(self) -> None:
        """Decide what is in doubt, unless the run is to stop: then the next one begins with it."""
        if self._how.stop.is_asked or self.breaker.halt:
            return
        confirm, self.dispatcher.to_confirm = self.dispatcher.to_confirm, {}
        if confirm:
            await self._settler.confirm(confirm)
        if doubts := self._journal.unsettled():
            await self._settler.settle(doubts)

    async def _pass(self) -> None:
        """Go once through what is planned, in its order; what does not wait for each other, `concurrency` at a time."""
        after, self._object = 0, ""
        size = max(BATCH, CALLS * max(map(self._target.bulk_size, self._targets)))
        while not self.dispatcher.is_over and (batch := self._journal.pending(after=after, limit=size)):
            after = batch[-1].seq
            check_space(self._ledger.path, len(batch))
            wanted = [one for one in batch if one.object == self._how.only] if self._how.only else batch
            for together in self._runs(wanted):
                await self._send(together[0].object, together)
            self._journal.checkpoint()

    def _runs(self, batch: list[Change]) -> Iterator[list[Change]]:
        """Cut a batch where object or pass changes, and before what needs an id that an earlier one is to give."""
        together: list[Change] = []
        ids: set[str] = set()
        last = None
        for change in batch:
            step = self._step(change)
            needed = needed_operations(change, self._mapping)
            if together and (step != last or (needed and not ids.isdisjoint(needed))):
                yield together
                together, ids = [], set()
            together.append(change)
            ids.add(change.id)
            last = step
        if together:
            yield together

    def _step(self, change: Change) -> tuple[str, bool, bool, int]:
        """Tell changes apart that never go side by side: of other objects; links; what is written last; each delete.

        The undo of a link has its id, too: two writes to one record never go side by side.
        """
        if change.action is Action.CREATE:
            return change.object, False, False, 0
        link, last = (operation_id(self._mapping, change.object, change.key, one) for one in ("link", "last"))
        is_delete = change.action is Action.DELETE
        return change.object, change.id in {link, last}, change.id == last, change.seq if is_delete else 0

    def _calls(self, tier: str, changes: list[Change]) -> Iterator[list[Change]]:
        """Put changes together that go in one call: creates that one read by marker can settle, sent the first time."""
        size = self._target.bulk_size(changes[0].target) if tier == Tier.MARKER else 1
        touched = self._journal.touched(changes) if size > 1 else set()
        together: list[Change] = []
        for change in changes:
            if (
                size == 1
                or change.action is not Action.CREATE
                or (change.seq in touched and self._journal.attempts_of(change))
            ):
                yield [change]
                continue
            together.append(change)
            if len(together) >= min(size, self._room() or 1):
                yield together
                together = []
        if together:
            yield together

    def _room(self) -> int:
        """Give how many more may be sent under the limit of this run, if all that is under way succeeds."""
        limit = self._how.limit
        return sys.maxsize if limit is None else max(0, limit - self.breaker.written - self._under_way)

    def _paced(self) -> int:
        """Give how many may go side by side so that none waits for its turn until what it read has grown old.

        Each read and each write takes a turn; with more, a slow limit would let them read again and again.
        """
        rate = self._target.requests_per_second
        return sys.maxsize if rate is None else max(1, int(rate * MAX_AGE_SECONDS / 2))

    async def _send(self, name: str, changes: list[Change]) -> None:
        total = int(self._plan.header["operations"])
        if name != self._object:
            self._object = name
            self._how.tell(Event(phase=Phase.OBJECT, object=name, done=self._done, total=total))
        tier = str(self._plan.header["objects"][name]["tier"])
        waiting = iter(self._calls(tier, changes))

        async def work() -> None:
            while not self.dispatcher.is_over and self._room() and (call := next(waiting, None)):
                self._under_way += len(call)
                try:
                    if len(call) > 1:
                        await self.dispatcher.perform_together(call)
                    else:
                        await self.dispatcher.perform(call[0])
                except MigratorError as error:
                    self.breaker.halt = self.breaker.halt or error.problems[0]
                    return
                finally:
                    self._under_way -= len(call)
                self._done += len(call)
                self._how.tell(Event(phase=Phase.PROGRESS, object=name, done=self._done, total=total))

        workers = min(self._concurrency, MAX_CONCURRENCY[tier], len(changes), self._paced())
        self._journal.is_shared = workers > 1
        async with asyncio.TaskGroup() as group:
            for _worker in range(workers):
                self._how.stop.watch(group.create_task(work()))
        self._journal.commit()
