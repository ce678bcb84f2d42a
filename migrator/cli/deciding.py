"""Operations in quarantine: listed, and decided one by one, as `resolve PLAN` does."""

import asyncio
import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path

import click

from migrator.cli.construct import find_plan, open_ledger, reader_of, spec_of, target_of
from migrator.cli.main import Manner
from migrator.cli.planning import near, rewrite_reports
from migrator.executor.deciding import Deciding, decide_operation
from migrator.reports.wording import harmless, of
from migrator.store.changes import Change
from migrator.store.ledger import FINISHED
from migrator.store.plan import Plan
from migrator.store.states import State
from migrator.store.views import troubled_operations


def somebody() -> str:
    """Name who is at the keyboard: user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def list_waiting(spelled: str) -> int:
    """Print what waits for a decision; gives the exit code."""
    with find_plan(spelled) as plan:
        count = 0
        for change, reason, target_id in _waiting(plan):
            count += 1
            click.echo(harmless(f"{change.object}:{change.key}  {change.place}  {target_id}  {reason}"))
            click.echo(f"  operation {change.id}")
        name = plan.path.name
    click.echo(f"{of(count, 'operation')} in quarantine.")
    click.echo(f"Next: migrator resolve {name} OBJECT:KEY --adopt ID | --not-applied | --skip" if count else
               f"Next: migrator status {name}")  # fmt: skip
    return 5 if count else 0


def _waiting(plan: Plan) -> Iterator[tuple[Change, str, str]]:
    reader = reader_of(plan)
    with reader or nullcontext():
        for change, state, reason, target_id in troubled_operations(reader, plan) if reader else ():
            if state is State.QUARANTINED:
                yield change, reason, target_id or change.target_id or ""


def decide(spelled: str, how: Deciding, manner: Manner) -> int:
    """Decide one operation, and say what comes next; gives the exit code. Raises MigratorError."""
    with find_plan(spelled) as plan:
        change = asyncio.run(_decide(plan, how, manner))
        summary = rewrite_reports(plan, manner)
        left = sum(1 for _one in _waiting(plan))
        click.echo(harmless(f"{change.object}:{change.key} is {how.state} now, decided by {how.who}."))
        click.echo(f"{of(left, 'operation')} in quarantine.")
        is_open = bool(summary.run and summary.run.counts.get(State.PLANNED))
        step = "apply" if is_open else "resolve" if left else "verify"
        if is_open and _is_used(plan):  # another plan was applied since
            click.echo(f"Next: migrator plan {near(Path(plan.header['mapping']['path']))}")
        else:
            click.echo(f"Next: migrator {step} {plan.path.name}")
    return 5 if left else 0


def _is_used(plan: Plan) -> bool:
    reader = reader_of(plan)
    with reader or nullcontext():
        entry = reader.plan(plan.id) if reader else None
    return entry is not None and entry.state == FINISHED


async def _decide(plan: Plan, how: Deciding, manner: Manner) -> Change:
    """Open the ledger, and the target where a record of it is to be read."""
    async with AsyncExitStack() as stack:
        ledger = stack.enter_context(open_ledger(plan))
        target = None
        if how.adopt:
            spec = spec_of(Path(plan.header["mapping"]["path"]), profile=manner.profile)
            target = await stack.enter_async_context(target_of(spec))
        return await decide_operation(plan, target, ledger, how)
