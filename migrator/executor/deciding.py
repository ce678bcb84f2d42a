"""What a person decides about an operation in quarantine (guarantees.md, section 4, T15)."""

from dataclasses import dataclass, field

from migrator.connectors.protocols import Target
from migrator.errors import PlanError, Problem
from migrator.executor.bodies import Waits, fill, needed_operations
from migrator.executor.preflight import check_known, check_target
from migrator.executor.settle import differing
from migrator.ports import Clock, SystemClock
from migrator.records import Action, Canonical
from migrator.store.changes import Change
from migrator.store.endings import Decision, Ending
from migrator.store.journal import Journal
from migrator.store.ledger import Ledger
from migrator.store.plan import Plan
from migrator.store.states import LANDED, OPEN, State

_WORDS = {State.APPLIED: "adopted", State.PLANNED: "to be sent again", State.SKIPPED: "left out"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Deciding:
    """What is said of an operation, by its id or OBJECT:KEY: APPLIED, as the record `adopt`, or PLANNED, or SKIPPED."""

    op: str
    state: State
    who: str
    why: str = ""
    adopt: str = ""
    clock: Clock = field(default_factory=SystemClock)


async def decide_operation(plan: Plan, target: Target | None, ledger: Ledger, how: Deciding) -> Change:
    """Decide an operation in quarantine, and free what it blocked; gives the operation.

    What is adopted is read from the target first, which else is not needed. Raises PlanError, StoreError or
    TargetError; then nothing is decided.
    """
    check_known(plan, ledger)
    journal = Journal(ledger, plan, how.clock)
    change = _waiting(plan, journal, how.op)
    fields: dict[str, Canonical] = {}
    said = f"{_WORDS[how.state]} by {how.who}" + (f": {how.why}" if how.why else "")
    if target is not None:
        await check_target(plan, target)
        fields, others = await _adopted(change, how.adopt, plan, target, journal)
        said += f"; {', '.join(others)}: not as planned" if others else ""
    ending = Ending(state=how.state, target_id=how.adopt or None, fields=fields, reason=said)
    mapping = plan.header["mapping"]["name"]

    def is_free(blocked: Change) -> bool:
        states = map(journal.state_of, needed_operations(blocked, mapping))
        return all(state in OPEN or state in LANDED for state in states)

    journal.resolve(change, Decision(ending=ending, who=how.who, why=how.why), is_free)
    return change


def _waiting(plan: Plan, journal: Journal, op: str) -> Change:
    """Find the operation that is meant; of a record's several the first that waits. Raises PlanError."""
    found = plan.find(op)
    states = {change.id: journal.state_of(change.id) for change in found}
    for change in found:
        if states[change.id] is State.QUARANTINED:
            return change
    fact = (
        f"'{op}' is {', '.join(states.values())}, not in quarantine" if found else f"no operation '{op}' in this plan"
    )
    hint = f"'migrator resolve {plan.path.name}' lists what waits for a decision"
    raise PlanError(Problem(code="E623", place=plan.path.name, fact=fact, hint=hint))


async def _adopted(
    change: Change, target_id: str, plan: Plan, target: Target, journal: Journal
) -> tuple[dict[str, Canonical], list[str]]:
    """Read the record that is to be adopted; gives its fields that are as they were to be, and the names of others."""
    write = fill(change, journal, plan.header["mapping"]["name"])
    parent = None if isinstance(write, Waits) else write.parent
    held = await target.get(change.target, target_id, parent)
    field_name = plan.header["objects"][change.object]["marker"]
    marker = held.fields.get(field_name) if held and field_name else None
    fact = ""
    if held is None:
        fact = f"the target has no {change.target} {target_id}"
    elif change.action is Action.CREATE and marker and marker != change.marker:
        fact = f"{target_id} bears the marker {marker}, not {change.marker}"
    elif change.action is Action.CREATE and (other := journal.holder_of(change.object, held.id)):
        fact = f"{held.id} is the record of {change.object}:{other}"
    elif change.action is not Action.CREATE and not isinstance(write, Waits) and held.id.lower() != write.id.lower():
        fact = f"the operation is about {write.id}, not {held.id}"
    if held is None or fact:
        hint = "name the id of the record that is this row"
        raise PlanError(Problem(code="E624", place=plan.path.name, fact=fact, hint=hint))
    fields = {} if isinstance(write, Waits) else dict(write.fields)
    others = differing(target, change.target, fields, held.fields)
    return {name: value for name, value in fields.items() if name not in others}, others
