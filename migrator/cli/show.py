"""`migrator show`: a plan again, or one row of it from its cells to its change."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click

from migrator.cli.construct import find_plan, reader_of, report_folder
from migrator.cli.main import Manner
from migrator.cli.planning import print_plan, summary_of
from migrator.cli.printing import print_problems
from migrator.codes import all_codes
from migrator.errors import PlanError, Problem
from migrator.executor.preflight import doubts_about
from migrator.records import Action
from migrator.reports.html import plan_html
from migrator.reports.text import run_text
from migrator.reports.wording import harmless, spelled
from migrator.reports.writing import write_file
from migrator.store.plan import Plan
from migrator.store.views import ExplainedRow, explain_row, rejected_rows


@click.command("show")
@click.argument("spelled_plan", metavar="PLAN|RUN")
@click.option("--object", "name", default="", help="Only this object.")
@click.option("--row", type=int, help="One row: its cells, its record, its problems, its change.")
@click.option("--rejects", is_flag=True, help="The refused rows.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Render the HTML report into this file."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917 - click hands options over one by one
    manner: Manner,
    spelled_plan: str,
    name: str,
    row: int | None,
    rejects: bool,
    report: Path | None,
    is_json: bool,
) -> None:
    """Show a plan; PLAN|RUN is a plan file, the number of a run, or 'last'. Stale plans are shown too."""
    with find_plan(spelled_plan) as plan:
        reader = reader_of(plan)
        with reader or nullcontext():
            print_problems(doubts_about(plan, reader))
        shows = manner.shows(is_terminal=sys.stdout.isatty())
        if row is not None:
            _print_row(plan, row, name, shows=shows)
            return
        if rejects:
            _print_rejects(plan, name, shows=shows)
            return
        summary = summary_of(plan)
        if report is not None:
            page = plan_html(summary, shows_values=not manner.masks_values)
            write_file(report.absolute(), lambda file: file.write(page))
        print_plan(summary, report_folder(plan.path), manner, is_json=is_json)
        if summary.run is not None and not is_json:
            click.echo(run_text(summary))


def _print_row(plan: Plan, row: int, name: str, *, shows: bool) -> None:
    found = explain_row(plan, row, name=name)
    if not found:
        hint = "rows are counted as a spreadsheet does: the header is row 1; a row that a step left out has no record"
        raise PlanError(Problem(code="E603", place=plan.path.name, fact=f"no row {row} in this plan", hint=hint))
    for item in found:
        click.echo("\n".join(row_lines(item, shows=shows)))


def row_lines(item: ExplainedRow, *, shows: bool, field: str = "") -> Iterator[str]:
    """Tell of a row what the plan knows: cells, record, problems and changes; or only what it knows of one field."""
    yield f"{item.place}  {item.object}  key {harmless(item.key)}: {item.state}"
    for title, values in (("the row", {} if field else item.cells), ("the record", item.fields)):
        named = {name: value for name, value in values.items() if field in {"", name}}
        yield from [f"  {title}"] if named or not field else []
        yield from (f"    {name:<32} {spelled(value) if shows else '…'}" for name, value in named.items())
    for code, fact, hint in item.problems:
        yield f"  {code}  {_told(code, fact, shows=shows)}" + (f" ({hint})" if hint else "")
    for change in item.changes:
        after = {name: value for name, value in change.after.items() if field in {"", name}}
        is_told = after or (change.action is Action.DELETE and not field)
        yield from [f"  {change.action.rune} {change.action} {change.target_id or ''}".rstrip()] if is_told else []
        for name, value in after.items():
            then = f"{spelled(change.before.get(name))} -> {spelled(value)}" if shows else "…"
            yield f"    {name:<32} {then}"


def _told(code: str, fact: str, *, shows: bool) -> str:
    """Say what is wrong; where values are hidden, in the words that hold for every such value."""
    known = all_codes().get(code)
    return harmless(fact) if shows or known is None else f"{known.title}; --show-values tells more"


def _print_rejects(plan: Plan, name: str, *, shows: bool) -> None:
    for row in rejected_rows(plan):
        if name in {"", row.object}:
            facts = "; ".join(
                f"{code} {field} {_told(code, fact, shows=shows)}" for code, field, _, fact, _ in row.problems
            )
            click.echo(f"{row.object} row {row.row}: {facts}")
