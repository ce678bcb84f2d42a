"""Applying a plan: signals, progress, results, as `apply` and the demo do."""

import asyncio
import signal
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import click

from migrator.cli.construct import open_ledger, report_folder, spec_of, target_of
from migrator.cli.main import Manner, unbroken
from migrator.cli.opening import source_of
from migrator.cli.planning import rewrite_reports
from migrator.cli.printing import print_problems
from migrator.cli.progress import Progress
from migrator.connectors.protocols import Source
from migrator.errors import PlanError, Problem, StoreError
from migrator.executor.apply import apply_plan
from migrator.executor.result import Applying, RunResult
from migrator.ports import SystemClock
from migrator.reports.text import run_text
from migrator.store.ledger import hash_file
from migrator.store.plan import Plan
from migrator.store.states import State

MAX_AGE = timedelta(hours=24)
CONTENTS = 1_000
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def check_source(plan: Plan, manner: Manner, *, is_strict: bool) -> None:
    """Say where the plan is older than its source, or than a day. Raises PlanError for the first, if strict."""
    problems = [] if "undo" in plan.header else _changed_sources(plan, manner)
    if problems and is_strict:
        hint = "plan again, or apply without --strict-source"
        raise PlanError(*(replace(problem, code="E615", hint=hint) for problem in problems))
    age = SystemClock().now() - datetime.fromisoformat(plan.header["made"])
    if age > MAX_AGE:
        hint = "what changed in the target since is found record by record"
        fact = f"the plan is {age.total_seconds() / 3600:.0f} hours old"
        problems.append(Problem(code="W601", place=plan.path.name, fact=fact, hint=hint))
    with unbroken():
        print_problems(problems)


def _changed_sources(plan: Plan, manner: Manner) -> list[Problem]:
    """Say which files of the source are not as they were read."""
    stated = {file["file"]: file["sha256"] for file in plan.header["source"]["files"]}
    source = source_of(spec_of(Path(plan.header["mapping"]["path"]), profile=manner.profile))
    again = plan.header["source"].get("retry")
    changed = [again["file"]] if again and _hash(Path(again["path"])) != stated.pop(again["file"], "") else []
    named = _changed_contents(plan, source)
    hint = "the rows are applied as they were planned"
    return [
        Problem(code="W403", place=name, fact=f"changed after planning{more}", hint=hint)
        for name, more in [*((name, "") for name in [*changed, *source.changed(stated)]), *named]
    ]


def _changed_contents(plan: Plan, source: Source) -> list[tuple[str, str]]:
    """Name the first of the files that rows name and that changed, with how many more did."""
    contents, changed = plan.contents(), []
    while part := dict(islice(contents, CONTENTS)):
        changed += source.changed(part)
    more = f", and {len(changed) - 1:,} more of the files that rows name" if len(changed) > 1 else ""
    return [(name, more) for name in changed[:1]]


def _hash(path: Path) -> str:
    try:
        return hash_file(path)
    except StoreError:
        return ""


def run_plan(plan: Plan, how: Applying, manner: Manner, *, is_json: bool, unlock: str = "") -> RunResult:
    """Apply a plan, or go on with it, and write its results beside it. Raises MigratorError before the first write."""
    with Progress(manner, is_json=is_json) as progress:
        result = asyncio.run(_run(plan, replace(how, tell=progress.tell), manner, unlock))
    if not is_json:
        with unbroken():
            _finish(plan, result, manner)
    return result


async def _run(plan: Plan, how: Applying, manner: Manner, unlock: str) -> RunResult:
    """Open ledger and target as the plan's mapping says now, and let signals end the run in order."""
    spec = spec_of(Path(plan.header["mapping"]["path"]), profile=manner.profile)
    with open_ledger(plan, clock=how.clock, rng=how.rng, unlock=unlock) as ledger:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, how.stop.ask)
        try:
            async with target_of(spec) as target:
                return await apply_plan(plan, target, ledger, how)
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)


def _finish(plan: Plan, result: RunResult, manner: Manner) -> None:
    """Say what became of the plan."""
    click.echo(run_text(rewrite_reports(plan, manner)))
    click.echo(f"Next: {_next(plan, result, report_folder(plan.path))}")


def _next(plan: Plan, result: RunResult, folder: Path) -> str:
    if result.state in {"HALTED", "INTERRUPTED"}:
        return f"migrator apply {plan.path.name}   (goes on where it stopped; nothing is sent twice)"
    if result.counts.get(State.QUARANTINED):
        return f"migrator resolve {plan.path.name}   (report: {folder.name}/report.html)"
    if result.state == "DONE_WITH_FINDINGS":
        return f"open {folder.name}/results.csv, then   migrator retry {plan.path.name}"
    return f"migrator verify {plan.path.name}   (report: {folder.name}/report.html)"
