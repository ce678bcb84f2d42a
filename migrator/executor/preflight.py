"""Everything that can be known before the first write: a plan that is not exactly the one that was shown is refused."""

import hashlib
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from migrator.connectors.protocols import Target
from migrator.errors import PlanError, Problem, StoreError
from migrator.executor.result import Applying
from migrator.store.ledger import FINISHED, Ledger, LedgerReader, PlanEntry, file_facts, hash_file, unknown_plan
from migrator.store.plan import Plan

MIN_FREE_BYTES = 64 * 1024 * 1024
BYTES_PER_OPERATION = 2_048


async def check_plan(plan: Plan, target: Target, ledger: Ledger, how: Applying) -> PlanEntry:
    """Refuse what must not be applied. Raises PlanError, StoreError or TargetError; nothing was sent then."""
    entry = _check_registered(plan, ledger)
    if not how.keeps_plan:
        check_mapping(plan)
    _check_serial(plan, entry, ledger)
    _check_guards(plan)
    _check_connector(plan, target)
    check_space(ledger.path, int(plan.header["operations"]))
    await check_target(plan, target)
    return entry


def check_known(plan: Plan, ledger: Ledger) -> PlanEntry:
    """Refuse another plan than this ledger took in; it may be used up. Raises PlanError, StoreError."""
    entry = _known(plan, ledger)
    _check_file(plan, entry)
    return entry


def _check_registered(plan: Plan, ledger: Ledger) -> PlanEntry:
    """Refuse a plan that this ledger did not take in, that was edited since, or that is used up. Raises PlanError."""
    entry = _check_ledger(plan, ledger)
    _check_file(plan, entry)
    if entry.state == FINISHED:
        hint = "nothing to do; plan again to see what changed since"
        raise _refused(plan, "E605", "the plan was applied to its end already", hint)
    return entry


def doubts_about(plan: Plan, ledger: LedgerReader | None) -> list[Problem]:
    """Tell why a plan would be refused, as far as files can tell; what only a target knows is not asked."""
    found: list[Problem] = []
    for check in (partial(check_mapping, plan), partial(_check_reader, plan, ledger)):
        try:
            check()
        except PlanError as error:
            hint = f"'migrator apply' would refuse this plan; {error.problems[0].hint}"
            found += [replace(problem, code="W602", hint=hint) for problem in error.problems]
    return found


def _check_reader(plan: Plan, ledger: LedgerReader | None) -> None:
    entry = _known(plan, ledger) if ledger else None
    if ledger is None or entry is None:
        raise unknown_plan(plan.path)
    if file_facts(plan.path) != entry.file:
        _check_file(plan, entry)
    if entry.state != FINISHED:
        _check_serial(plan, entry, ledger)


def check_space(ledger: Path, operations: int) -> None:
    """Refuse to begin what the disk could not journal to its end. Raises StoreError."""
    needed = MIN_FREE_BYTES + operations * BYTES_PER_OPERATION
    free = shutil.disk_usage(ledger.parent).free
    if free < needed:
        fact = f"{free / 1e6:,.0f} MB free, {needed / 1e6:,.0f} MB are needed for the journal"
        hint = "free some space and run the same command again; nothing was sent"
        raise StoreError(Problem(code="E701", place=str(ledger.parent), fact=fact, hint=hint))


def _refused(plan: Plan, code: str, fact: str, hint: str) -> PlanError:
    return PlanError(Problem(code=code, place=plan.path.name, fact=fact, hint=hint))


def _again(plan: Plan) -> str:
    undo, mapping = plan.header.get("undo"), Path(plan.header["mapping"]["path"]).name
    command = f"rollback {undo['run']}" if undo else f"plan {mapping}"
    return f"run 'migrator {command} -o {plan.path.name}' again; 'migrator show {plan.path.name}' still works"


def _known(plan: Plan, ledger: Ledger | LedgerReader) -> PlanEntry:
    if plan.header["ledger"]["lineage"] != ledger.lineage:
        raise _refused(plan, "E612", f"the plan was made with another ledger than {ledger.path}", _again(plan))
    entry = ledger.plan(plan.id)
    if entry is None:
        raise unknown_plan(plan.path)
    return entry


def _check_ledger(plan: Plan, ledger: Ledger) -> PlanEntry:
    entry = _known(plan, ledger)
    if others := ledger.doubtful_plans(entry.mapping, but=plan.id):
        hint = f"settle it first: migrator apply {Path(others[0]).name}"
        fact = f"{Path(others[0]).name} of the same mapping has writes of which nobody knows whether they arrived"
        raise _refused(plan, "E606", fact, hint)
    return entry


def _check_file(plan: Plan, entry: PlanEntry) -> None:
    """Hash the file; a plan that was begun and that the file system shows untouched is not read again."""
    if entry.started is not None and file_facts(plan.path) == entry.file:
        return
    found = hash_file(plan.path)
    if found != entry.sha256:
        where = plan.first_edited()
        fact = f"the plan is not as it was sealed ({entry.sha256[:4]}… -> {found[:4]}…)" + (
            f": {where}" if where else ""
        )
        raise _refused(plan, "E602", fact, f"nothing was written; {_again(plan)}")


def check_mapping(plan: Plan) -> None:
    """Refuse a plan whose mapping changed since. Raises PlanError."""
    stated = plan.header["mapping"]
    path = Path(stated["path"])
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        hint = "bring the mapping back, or apply with --keep-plan"
        raise _refused(plan, "E601", f"the mapping {path.name} is gone or unreadable", hint) from None
    if found != stated["sha256"]:
        fact = f"{path.name} changed after the plan was made ({stated['sha256'][:4]}… -> {found[:4]}…)"
        raise _refused(plan, "E601", fact, f"nothing was written; {_again(plan)}")


def _check_serial(plan: Plan, entry: PlanEntry, ledger: Ledger | LedgerReader) -> None:
    expected = entry.serial if entry.started is None else entry.started
    if ledger.serial != expected:
        raise _refused(
            plan, "E608", "the plan is stale: another one was applied since", f"nothing was written; {_again(plan)}"
        )


def _check_guards(plan: Plan) -> None:
    if plan.header["is_offline"]:
        raise _refused(plan, "E613", "the plan was made offline: what the target holds is not known", _again(plan))
    if guards := plan.header["guards"]:
        facts = "; ".join(guard["fact"] for guard in guards)
        hint = "mend the data, or raise the limit in the mapping, and plan again"
        raise _refused(plan, "E610", f"the plan goes beyond a limit of its mapping: {facts}", hint)


def _check_connector(plan: Plan, target: Target) -> None:
    made, have = plan.header["connector"], target.catalog
    if (made["name"], made["version"]) != (have.connector, have.version):
        now = f"{have.connector} version {have.version}"
        fact = f"the plan was made with {made['name']} version {made['version']}, this is {now}"
        raise _refused(plan, "E611", fact, _again(plan))


async def check_target(plan: Plan, target: Target) -> None:
    """Refuse another account than the plan was made for. Raises PlanError, TargetError."""
    identity = await target.identify()
    made = plan.header["target"]
    if made["fingerprint"] != identity.fingerprint:
        fact = f"the plan was made for {made['origin']} ({made['fingerprint'][:8]}…), this is {identity}"
        raise _refused(plan, "E609", fact, "correct the settings of the target, or plan again for this one")
