"""One operation: read afresh what it changes, make the intent durable, send once, journal what the answer proves."""

from collections.abc import Callable, Sequence
from itertools import compress

from migrator.connectors.protocols import Target
from migrator.executor.bodies import Waits, fill, is_last
from migrator.executor.breaker import Breaker
from migrator.executor.linked import Links
from migrator.executor.result import Applying, Event, Phase
from migrator.executor.sending import NotNowError, Ready, Sending
from migrator.executor.settle import STEP_SECONDS, differing
from migrator.pointers import filled
from migrator.ports import failpoint
from migrator.records import Action, Outcome, TargetRecord, Verdict, Write
from migrator.store.changes import Change
from migrator.store.endings import Ending
from migrator.store.journal import Journal
from migrator.store.plan import Plan
from migrator.store.states import LANDED, OPEN, State

BACKOFF_SECONDS = 0.5
BACKOFF_CAP_SECONDS = 60.0
MAX_AGE_SECONDS = 60.0

_READ_FIRST = frozenset({Action.UPDATE, Action.LINK, Action.DELETE})
_UNSENT = frozenset({Verdict.NOT_SENT, Verdict.NOT_APPLIED})
_APPLIED, _LANDED = Verdict.APPLIED, State.APPLIED  # looking a member of an enum up takes a while, record by record
_TOLD = str(_APPLIED)


class Dispatcher:
    """Sends the operations of one run; nothing is sent after its breaker halts."""

    def __init__(self, plan: Plan, journal: Journal, target: Target, how: Applying) -> None:
        self._journal = journal
        self._target = target
        self._how = how
        self._mapping: str = plan.header["mapping"]["name"]
        self.breaker = Breaker(operations=int(plan.header["operations"]), max_failures=how.max_failures)
        self.to_confirm: dict[str, tuple[Change, str]] = {}
        self._links = Links(plan, journal, target, how.clock)
        self._not_before = 0.0

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more is to be sent."""
        limit, breaker = self._how.limit, self.breaker
        return breaker.halt is not None or self._how.stop.is_asked or (limit is not None and breaker.written >= limit)

    def close(self) -> None:
        """Let go of what the run needed, at its end."""
        self._links.close()

    async def perform(self, change: Change) -> None:
        """Bring one operation as far as it can be brought now. Raises TargetError, StoreError; the journal is true."""
        write = fill(change, self._journal, self._mapping)
        if isinstance(write, Waits):
            self._hold_back(change, write)
            return
        await self._send([(change, write)])

    async def perform_together(self, changes: Sequence[Change]) -> None:
        """Bring several creates of one object as far as they can be brought, in one call."""
        ready: list[Ready] = []
        for change in changes:
            write = fill(change, self._journal, self._mapping)
            if isinstance(write, Waits):
                self._hold_back(change, write)
            else:
                ready.append((change, write))
        if ready:
            await self._send(ready)

    def _hold_back(self, change: Change, waits: Waits) -> None:
        """Leave an operation for later while its parent may still land; block it where the parent never will."""
        if waits.state not in OPEN and waits.state not in LANDED:
            which = "what points at it" if change.action is Action.DELETE else "the record it points at"
            if is_last(change, self._mapping):
                which = "what comes before it"
            reason = f"{which} is {waits.state} ({waits.op_id})"
            self._journal.decide(change, Ending(state=State.BLOCKED, reason=reason))

    def _drift(self, change: Change, write: Write, held: TargetRecord | None) -> Ending | None:
        """Compare with what the plan saw: a difference is put in quarantine, never overwritten."""
        if held is None and change.action is Action.DELETE:
            return Ending(state=State.NOOP, target_id=write.id, reason="gone from the target already")
        if held is None:
            self.breaker.count_drift()
            return Ending(state=State.QUARANTINED, reason=f"drift: the target no longer has {write.id}")
        if write.fields and not differing(self._target, change.target, write.fields, held.fields):
            return Ending(state=State.NOOP, target_id=write.id, fields=write.fields)
        if names := [*differing(self._target, change.target, change.before, held.fields), *self._added(change, held)]:
            self.breaker.count_drift()
            reason = f"drift: {', '.join(names)} changed in the target after planning"
            return Ending(state=State.QUARANTINED, reason=reason)
        return None

    def _added(self, change: Change, held: TargetRecord) -> list[str]:
        """Name the fields that hold something by now, of a record that is to be deleted with all that was in it."""
        if change.action is not Action.DELETE:
            return []
        return [
            name
            for name in filled(self._target.catalog.objects[change.target], held.fields)
            if name not in change.before
        ]

    async def _send(self, ready: list[Ready]) -> None:
        """Send until an answer decides; what is proved not to have arrived may be sent again, within the budget."""
        attempt = 0
        while True:
            if attempt and not self.is_over:
                await self._how.clock.sleep(self._backoff(attempt))
            await self._wait()
            if self.is_over or not (ready := await self._afresh(ready)):
                return
            try:
                outcomes = await Sending(self._journal, self._target, ready, self._leave(ready)).send()
            except NotNowError:
                continue
            attempt += 1
            self.breaker.sent += 1
            failpoint("answered")
            if len(ready) > 1 and all(one.verdict is Verdict.REFUSED and not one.confirm for one in outcomes):
                await self._send_halves(ready, outcomes[0])
                return
            self.breaker.count_call(outcomes)
            answered = list(zip(ready, outcomes, strict=True))
            self._journal.close_all([(change, self._ending(change, write, one)) for (change, write), one in answered])
            self._tell_refused(answered)
            self.breaker.count_all(outcomes)
            unsent = [one.verdict in _UNSENT for one in outcomes]
            if not any(unsent):
                return
            self._repeat(outcomes[unsent.index(True)])
            ready = list(compress(ready, unsent))

    async def _afresh(self, ready: list[Ready]) -> list[Ready]:
        """Read what is to change just before each sending; empty where the read decides that nothing is sent."""
        change, write = ready[0]
        if change.action not in _READ_FIRST:
            return ready
        before = await self._target.get(change.target, write.id, write.parent)
        if ending := self._drift(change, write, before):
            self._journal.decide(change, ending)
            return []
        if pointer := await self._links.find(change):
            reason = f"linked: {pointer} points at it"
            self._journal.decide(change, Ending(state=State.QUARANTINED, reason=reason))
            return []
        return [(change, write._replace(before=before))]

    def _leave(self, ready: list[Ready]) -> Callable[[], bool]:
        """Give what says, when the turn has come, whether it may be sent: not long after a read that allowed it.

        Where the limit lets two requests go more than a minute apart, the one after the read comes no sooner.
        """
        clock, is_read = self._how.clock, ready[0][0].action in _READ_FIRST
        rate = self._target.requests_per_second
        until = clock.monotonic() + max(MAX_AGE_SECONDS, 2 / rate if rate else 0.0)
        return lambda: not self.is_over and (not is_read or clock.monotonic() <= until)

    async def _wait(self) -> None:
        """Let the time pass that the target named, before the read that is to be fresh."""
        clock = self._how.clock
        while not self.is_over and (left := self._not_before - clock.monotonic()) > 0:
            await clock.sleep(min(STEP_SECONDS, left))

    async def _send_halves(self, ready: list[Ready], refused: Outcome) -> None:
        """Split what was refused as a whole, until the record that is to blame is alone (guarantees.md, P11)."""
        ending = Ending(state=State.PLANNED, outcome="refused together", reason=refused.message)
        self._journal.close_all([(change, ending) for change, _write in ready])
        half = (len(ready) + 1) // 2
        await self._send(ready[:half])
        await self._send(ready[half:])

    def _ending(self, change: Change, write: Write, outcome: Outcome) -> Ending:
        if outcome.verdict is _APPLIED:  # as most are
            return Ending(_LANDED, outcome.target_id or None, write.fields, outcome.status, _TOLD, outcome.message)
        state = {
            Verdict.REFUSED: State.IN_DOUBT if outcome.confirm else State.REJECTED,
            Verdict.NOT_APPLIED: State.PLANNED,
            Verdict.NOT_SENT: State.PLANNED,
            Verdict.GONE: State.QUARANTINED,
            Verdict.IN_DOUBT: State.IN_DOUBT,
        }[outcome.verdict]
        if change.action is Action.DELETE and outcome.verdict is Verdict.GONE:
            state = State.IN_DOUBT  # that it is gone is what was wanted, once a read says so
        if outcome.confirm:
            self.to_confirm[change.id] = (change, outcome.message)
        return Ending(
            state=state,
            target_id=outcome.target_id or None,
            status=outcome.status,
            outcome=str(outcome.verdict),
            reason=outcome.message,
        )

    def _tell_refused(self, answered: Sequence[tuple[Ready, Outcome]]) -> None:
        for (change, _write), outcome in answered:
            if outcome.verdict is Verdict.REFUSED:
                text = f"{change.place} {outcome.message}"
                self._how.tell(Event(phase=Phase.REJECTED, object=change.object, text=text))

    def _repeat(self, outcome: Outcome) -> None:
        if outcome.wait_seconds:
            self._not_before = max(self._not_before, self._how.clock.monotonic() + outcome.wait_seconds)
            text = f"waiting {outcome.wait_seconds:g} s: {outcome.status} from the target"
            self._how.tell(Event(phase=Phase.THROTTLED, text=text))
        self.breaker.count_repeat(outcome)

    def _backoff(self, attempt: int) -> float:
        return float(min(BACKOFF_CAP_SECONDS, BACKOFF_SECONDS * 2**attempt) * self._how.rng.fraction())
