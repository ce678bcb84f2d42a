"""Options that the plan adds to picklists of the target: all of them, before the first record is written.

An option is journalled like a record. One that nobody knows the end of halts the run; the next one reads the list.
"""

from itertools import groupby, islice

from migrator.connectors.protocols import Target
from migrator.errors import Problem
from migrator.executor.result import Applying
from migrator.ports import failpoint
from migrator.records import Outcome, Verdict
from migrator.store.changes import Change
from migrator.store.endings import Ending
from migrator.store.journal import Journal
from migrator.store.plan import Plan
from migrator.store.states import State

MAX_VALUES = 100
MAX_SENT = 3

_STATES = {Verdict.APPLIED: State.APPLIED, Verdict.IN_DOUBT: State.IN_DOUBT}


async def add_options(plan: Plan, journal: Journal, target: Target, how: Applying) -> Problem | None:
    """Add what is not added yet, list by list, where one object is written to its lists only.

    Gives what stands in the way, or None.

    Raises TargetError where a list cannot be read, StoreError where nothing can be journalled.
    """
    if not plan.header["totals"]["append"]:
        return None  # without a look through all changes
    only = plan.header["objects"][how.only]["target"] if how.only else ""
    wanted = (change for change in plan.appends() if only in {"", change.target})
    for _list, changes in groupby(wanted, key=lambda change: (change.target, *change.after)):
        waiting = (change for change in changes if journal.state_of(change.id) is State.PLANNED)
        while batch := list(islice(waiting, MAX_VALUES)):
            if how.stop.is_asked:
                return None
            if problem := await _add(batch, journal, target, how):
                return problem
    return None


async def _add(batch: list[Change], journal: Journal, target: Target, how: Applying) -> Problem | None:
    """Add options to one list; what is proved not to have arrived is sent again, a few times."""
    name, (field_name,) = batch[0].target, batch[0].after
    outcome = Outcome(verdict=Verdict.NOT_SENT)
    for _attempt in range(MAX_SENT):
        outcome = await _send(batch, journal, target)
        if outcome.verdict is Verdict.APPLIED:
            return None
        if outcome.halt or outcome.verdict not in {Verdict.NOT_SENT, Verdict.NOT_APPLIED}:
            break
        await how.clock.sleep(outcome.wait_seconds)  # before the intent: the settle time is counted from there
    listed = ", ".join(repr(change.after[field_name]) for change in batch[:3])
    fact = f"{listed}: not added to the options of '{field_name}' of {name}: {outcome.message[:200]}"
    hint = "no record was written; add it in the target, or see to the cause, and apply again"
    return outcome.halt or Problem(code="E710", fact=fact, hint=hint)


async def _send(batch: list[Change], journal: Journal, target: Target) -> Outcome:
    """Send once, between the durable intent and the journalled answer; nothing where the list has all of it."""
    is_intended = False

    async def intend() -> None:
        nonlocal is_intended
        if is_intended:  # the session had ended, so that request was not applied
            _close(batch, journal, Outcome(verdict=Verdict.NOT_APPLIED))
        journal.intend([(change, change.sha256) for change in batch])
        await journal.durable()
        is_intended = True
        failpoint("intended")

    (field_name,) = batch[0].after
    values = [change.after[field_name] for change in batch]
    outcome = await target.append_options(batch[0].target, field_name, values, intend)
    failpoint("answered")
    if is_intended:
        _close(batch, journal, outcome)
    elif outcome.verdict is Verdict.APPLIED:
        for change in batch:
            journal.decide(change, Ending(state=State.NOOP, target_id=change.key, reason="found in its list"))
    return outcome


def _close(batch: list[Change], journal: Journal, outcome: Outcome) -> None:
    """Journal the answer; what is refused stays planned, since a person may add it by hand and go on."""
    endings = (
        Ending(
            state=State.IN_DOUBT if outcome.confirm else _STATES.get(outcome.verdict, State.PLANNED),
            target_id=change.key if outcome.verdict is Verdict.APPLIED else None,
            status=outcome.status,
            outcome=str(outcome.verdict),
            reason=outcome.message,
        )
        for change in batch
    )
    journal.close_all(list(zip(batch, endings, strict=True)))
