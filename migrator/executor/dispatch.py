"""One operation: read afresh what it changes, make the intent durable, send once, journal what the answer proves."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from migrator.connectors.protocols import Target
from migrator.errors import Problem
from migrator.executor.bodies import Waits, body_hash, fill
from migrator.executor.result import Applying, Event, Phase
from migrator.executor.settle import differing
from migrator.ports import failpoint
from migrator.records import Action, Outcome, TargetRecord, Verdict, Write
from migrator.store.changes import Change
from migrator.store.journal import LANDED, OPEN, Ending, Journal, State

BACKOFF_SECONDS = 0.5
BACKOFF_CAP_SECONDS = 60.0
MAX_NOT_SENT = 5
MAX_IN_DOUBT = 5
MAX_IN_DOUBT_IN_A_ROW = 3
FIRST_REFUSALS = 50
REFUSED_SHARE = 0.2
FIRST_DRIFTS = 100
MIN_DRIFTS = 5
DRIFT_SHARE = 0.05
BUDGET_SHARE = 0.1
MIN_BUDGET = 10


Ready = tuple[Change, Write]


@dataclass(kw_only=True, slots=True)
class Tally:
    """What this run saw so far: the numbers by which a sick target or a wrong mapping is told."""

    sent: int = 0
    written: int = 0
    answered: int = 0
    refused: int = 0
    drifted: int = 0
    in_doubt: int = 0
    in_doubt_in_a_row: int = 0
    not_sent_in_a_row: int = 0
    repeated: int = 0


class Dispatcher:
    """Sends the operations of one run; `halt` is set where the run must stop, and nothing is sent after it."""

    def __init__(self, journal: Journal, target: Target, how: Applying, *, mapping: str, operations: int) -> None:
        self._journal = journal
        self._target = target
        self._how = how
        self._mapping = mapping
        self._budget = MIN_BUDGET + int(operations * BUDGET_SHARE)
        self.tally = Tally()
        self.halt: Problem | None = None
        self.to_confirm: dict[str, tuple[Change, str]] = {}

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more is to be sent."""
        limit = self._how.limit
        return self.halt is not None or self._how.stop.is_asked or (limit is not None and self.tally.written >= limit)

    async def perform(self, change: Change) -> None:
        """Bring one operation as far as it can be brought now. Raises TargetError, StoreError; the journal is true."""
        write = fill(change, self._journal, self._mapping)
        if isinstance(write, Waits):
            self._hold_back(change, write)
            return
        before: TargetRecord | None = None
        if change.action in {Action.UPDATE, Action.LINK}:
            before = await self._target.get(change.target, write.id, write.parent)
            if ending := self._drift(change, write, before):
                self._journal.decide(change, ending)
                return
        await self._send([(change, _with_before(write, before))])

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
            reason = f"the record it points at is {waits.state} ({waits.op_id})"
            self._journal.decide(change, Ending(state=State.BLOCKED, reason=reason))

    def _drift(self, change: Change, write: Write, held: TargetRecord | None) -> Ending | None:
        """Compare with what the plan saw: a difference is put in quarantine, never overwritten."""
        if held is None:
            self._note_drift()
            return Ending(state=State.QUARANTINED, reason=f"drift: the target no longer has {write.id}")
        if not differing(self._target, change.target, write.fields, held.fields):
            return Ending(state=State.NOOP, target_id=write.id, fields=write.fields)
        if names := differing(self._target, change.target, change.before, held.fields):
            self._note_drift()
            reason = f"drift: {', '.join(names)} changed in the target after planning"
            return Ending(state=State.QUARANTINED, reason=reason)
        return None

    def _note_drift(self) -> None:
        self.tally.drifted += 1
        seen = max(self.tally.written + self.tally.drifted, 1)
        if seen <= FIRST_DRIFTS and self.tally.drifted >= MIN_DRIFTS and self.tally.drifted / seen > DRIFT_SHARE:
            fact = f"{self.tally.drifted} of the first {seen} records changed in the target after planning"
            self.halt = Problem(code="E708", fact=fact, hint="plan again")

    async def _send(self, ready: list[Ready]) -> None:
        """Send until an answer decides; what is proved not to have arrived may be sent again, within the budget."""
        for attempt in range(self._budget + 1):
            if self.is_over:
                return
            if attempt:
                await self._how.clock.sleep(self._backoff(attempt))
            self._journal.intend([(change, body_hash(write)) for change, write in ready])
            self.tally.sent += 1
            failpoint("intended")
            outcomes = await self._write(ready)
            failpoint("answered")
            if len(ready) > 1 and all(one.verdict is Verdict.REFUSED and not one.confirm for one in outcomes):
                await self._send_halves(ready, outcomes[0])
                return
            self._count_call(outcomes)
            for (change, write), outcome in zip(ready, outcomes, strict=True):
                self._journal.close(change, self._ending(change, write, outcome))
                self._count(change, outcome)
            unsent = [one.verdict in {Verdict.NOT_SENT, Verdict.NOT_APPLIED} for one in outcomes]
            if not any(unsent):
                return
            self._repeat(outcomes[unsent.index(True)])
            ready = list(compress(ready, unsent))

    async def _write(self, ready: list[Ready]) -> list[Outcome]:
        try:
            if len(ready) == 1:
                return [await self._target.write(ready[0][1])]
            return await self._target.write_many([write for _change, write in ready])
        except asyncio.CancelledError:
            for change, _write in ready:
                self._journal.close(change, Ending(state=State.IN_DOUBT, outcome="cut", reason="the run was cut"))
            raise

    async def _send_halves(self, ready: list[Ready], refused: Outcome) -> None:
        """Split what was refused as a whole, until the record that is to blame is alone (guarantees.md, P11)."""
        for change, _write in ready:
            ending = Ending(state=State.PLANNED, outcome="refused together", reason=refused.message)
            self._journal.close(change, ending)
        half = (len(ready) + 1) // 2
        await self._send(ready[:half])
        await self._send(ready[half:])

    def _ending(self, change: Change, write: Write, outcome: Outcome) -> Ending:
        state = {
            Verdict.APPLIED: State.APPLIED,
            Verdict.REFUSED: State.IN_DOUBT if outcome.confirm else State.REJECTED,
            Verdict.NOT_APPLIED: State.PLANNED,
            Verdict.NOT_SENT: State.PLANNED,
            Verdict.GONE: State.QUARANTINED,
            Verdict.IN_DOUBT: State.IN_DOUBT,
        }[outcome.verdict]
        if outcome.confirm:
            self.to_confirm[change.id] = (change, outcome.message)
        return Ending(
            state=state,
            target_id=outcome.target_id or None,
            fields=write.fields if state is State.APPLIED else {},
            status=outcome.status,
            outcome=str(outcome.verdict),
            reason=outcome.message,
        )

    def _count(self, change: Change, outcome: Outcome) -> None:
        """Keep the tally, and stop the run where it says that the target is ill or the mapping wrong."""
        tally = self.tally
        tally.answered += outcome.status is not None
        tally.written += outcome.verdict is Verdict.APPLIED
        if outcome.verdict is Verdict.REFUSED:
            tally.refused += 1
            self._how.tell(Event(phase=Phase.REJECTED, object=change.object, text=f"{change.place} {outcome.message}"))
        self.halt = self.halt or outcome.halt or self._breaker(outcome)

    def _count_call(self, outcomes: list[Outcome]) -> None:
        """Count a call that nobody knows the end of, or that did not leave, once, however many records it held."""
        tally = self.tally
        is_doubt = any(one.verdict is Verdict.IN_DOUBT for one in outcomes)
        is_unsent = all(one.verdict is Verdict.NOT_SENT for one in outcomes)
        tally.in_doubt += is_doubt
        tally.in_doubt_in_a_row = tally.in_doubt_in_a_row + 1 if is_doubt else 0
        tally.not_sent_in_a_row = tally.not_sent_in_a_row + 1 if is_unsent else 0

    def _breaker(self, outcome: Outcome) -> Problem | None:
        tally = self.tally
        if tally.in_doubt >= MAX_IN_DOUBT or tally.in_doubt_in_a_row >= MAX_IN_DOUBT_IN_A_ROW:
            fact = f"{tally.in_doubt} writes stayed without a clear answer: {outcome.message[:200]}"
            return Problem(code="E706", fact=fact, hint="see to the target, then apply again: it reads before it sends")
        if tally.not_sent_in_a_row >= MAX_NOT_SENT:
            return Problem(code="E901", fact=f"the target cannot be reached: {outcome.message}", hint="is it up?")
        if (
            tally.answered >= FIRST_REFUSALS
            and tally.refused > tally.answered * REFUSED_SHARE
            and tally.answered == FIRST_REFUSALS
        ):
            fact = f"{tally.refused} of the first {tally.answered} records were refused: {outcome.message[:200]}"
            return Problem(code="E707", fact=fact, hint="the mapping is probably wrong: mend it and plan again")
        limit = self._how.max_failures
        if limit is not None and tally.refused >= limit:
            return Problem(
                code="E707", fact=f"{tally.refused} records were refused", hint="the limit is --max-failures"
            )
        return None

    def _repeat(self, outcome: Outcome) -> None:
        self.tally.repeated += 1
        if outcome.wait_seconds:
            text = f"waiting {outcome.wait_seconds:g} s: {outcome.status} from the target"
            self._how.tell(Event(phase=Phase.THROTTLED, text=text))
        if self.tally.repeated > self._budget and not self.halt:
            fact = f"{self.tally.repeated} writes had to be repeated, more than this run may: {outcome.message[:200]}"
            self.halt = Problem(code="E706", fact=fact, hint="see to the target, then apply again")

    def _backoff(self, attempt: int) -> float:
        return float(min(BACKOFF_CAP_SECONDS, BACKOFF_SECONDS * 2**attempt) * self._how.rng.fraction())


def _with_before(write: Write, before: TargetRecord | None) -> Write:
    return Write(object=write.object, fields=write.fields, id=write.id, parent=write.parent, before=before)
