"""Making a plan and writing its report files, as `plan`, `apply MAPPING` and the demo do."""

import asyncio
import json
import sys
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import click

from migrator.cli.accounts import learn_for
from migrator.cli.construct import ledger_of, reader_of, report_folder, spec_of, target_of
from migrator.cli.main import Manner
from migrator.cli.opening import source_of
from migrator.connectors.protocols import Source
from migrator.errors import StoreError
from migrator.planner.columns import compile_for
from migrator.planner.making import INLINE, Planning, Retry, make_plan
from migrator.reports.html import plan_html
from migrator.reports.machine import plan_json
from migrator.reports.summary import Summary, summarize
from migrator.reports.tables import write_plan_tables, write_results
from migrator.reports.text import ending, plan_text
from migrator.reports.writing import write_file
from migrator.spec.decisions import DECISIONS, Decisions, merged, read_decisions
from migrator.spec.values import Limit, MappingSpec
from migrator.store.plan import Plan
from migrator.store.questions import questions_of


class Again(Protocol):
    """Rows of an earlier plan that are planned again, in the place of what the mapping reads."""

    @property
    def told(self) -> Retry:
        """Say which they are."""

    def pick(self, spec: MappingSpec, source: Source) -> tuple[MappingSpec, Source]:
        """Give mapping and source with these rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What the options of `plan` ask for; `again` are rows of an earlier plan, in the place of all."""

    mapping: Path
    output: Path
    folder: Path | None = None
    rejects: Limit | None = None
    is_offline: bool = False
    engine: str = INLINE
    again: Again | None = None


def plan_and_report(wish: Wish, manner: Manner) -> Summary:
    """Make a plan, write its report files, and give its summary. Raises MigratorError."""
    spec = spec_of(wish.mapping, profile=manner.profile)
    with asyncio.run(_make(spec, wish)) as plan:
        summary = summarize(plan)
        write_reports(plan, summary, wish.folder or report_folder(wish.output), manner)
        write_questions(plan, spec)
        return summary


async def _make(spec: MappingSpec, wish: Wish) -> Plan:
    if not wish.is_offline:
        await learn_for(spec)
    source, target = source_of(spec), target_of(spec)
    if wish.again:
        spec, source = wish.again.pick(spec, source)
    compile_for(spec, source, target.catalog)  # the mapping's own faults come before those of ledger and network
    answers = decisions_of(spec.project).answers
    with ledger_of(spec) as ledger:
        how = Planning(
            path=wish.output,
            rejects=wish.rejects,
            is_offline=wish.is_offline,
            engine=wish.engine,
            answers=answers,
            retry=wish.again.told if wish.again else None,
        )
        async with nullcontext(target) if wish.is_offline else target as opened:
            return await make_plan(spec, source, opened, ledger, how)


def decisions_of(project: Path) -> Decisions:
    """Read what was asked and answered in a project. Raises SpecError."""
    return read_decisions(project / DECISIONS, name=near(project / DECISIONS))


def write_questions(plan: Plan, spec: MappingSpec) -> None:
    """Bring decisions.yaml up to date with what a plan asks; it is read again, since planning takes its time.

    A plan that was made offline, or of some rows only, does not ask all: what it leaves out stays open. Raises
    SpecError, StoreError.
    """
    decisions = decisions_of(spec.project)
    is_partial = plan.header["is_offline"] or "retry" in plan.header["source"]
    before = decisions.document.text if decisions.document else ""
    text = merged(decisions, questions_of(plan), () if is_partial else spec.objects)
    if text != before:
        write_file(spec.project / DECISIONS, lambda file: file.write(text))


def write_reports(plan: Plan, summary: Summary, folder: Path, manner: Manner) -> None:
    """Write the HTML report and the tables of a plan. Raises StoreError."""
    write_plan_tables(plan, folder)
    page = plan_html(summary, shows_values=not manner.masks_values)
    write_file(folder / "report.html", lambda file: file.write(page))


def print_plan(summary: Summary, folder: Path, manner: Manner, *, is_json: bool) -> None:
    """Print a plan: as text with its closing lines, or as one JSON object."""
    if is_json:
        click.echo(json.dumps(plan_json(summary), ensure_ascii=False))
        return
    shown = replace(summary, mapping_path=near(Path(summary.mapping_path)))
    if not manner.is_quiet:
        shows = manner.shows(is_terminal=sys.stdout.isatty())
        click.echo(plan_text(shown, folder=near(folder), shows_values=shows))
    for line in ending(shown, report=f"{near(folder)}/report.html"):
        click.echo(line)


def summary_of(plan: Plan) -> Summary:
    """Give the summary of a plan with what became of it."""
    reader = reader_of(plan)
    if reader is None:
        return summarize(plan)
    with reader:
        return summarize(plan, reader)


def rewrite_reports(plan: Plan, manner: Manner) -> Summary:
    """Write results and report of a plan anew; a report that cannot be written changes nothing of what was done."""
    summary = summary_of(plan)
    folder = report_folder(plan.path)
    try:
        reader = reader_of(plan)
        if reader is not None:
            with reader:
                write_results(plan, reader, folder)
        write_reports(plan, summary, folder, manner)
    except StoreError as error:
        click.echo(f"{error}\nThe run itself is journalled; see 'migrator status {plan.path.name}'.", err=True)
    return summary


def near(path: Path) -> str:
    """Spell a path as seen from here where that is shorter."""
    absolute = path.absolute()
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)
