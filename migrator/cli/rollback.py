"""`migrator rollback`: the plan that undoes a run."""

import asyncio
from contextlib import suppress
from pathlib import Path

import click

from migrator.cli.accounts import account_of
from migrator.cli.construct import report_folder, spec_of, target_of
from migrator.cli.main import Manner
from migrator.cli.planning import print_plan, write_reports
from migrator.connectors.rest.discovery import is_discoverable
from migrator.errors import PlanError, Problem
from migrator.planner.making import Planning
from migrator.planner.undo import Undo, known_run, roll_back
from migrator.ports import Rng, SystemClock
from migrator.reports.summary import summarize
from migrator.spec.project import find_project
from migrator.spec.read import LEDGER
from migrator.store.ledger import Ledger, LedgerReader
from migrator.store.plan import Plan
from migrator.store.undo import newest_run


@click.command("rollback")
@click.argument("spelled_run", metavar="RUN")
@click.option(
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("undo.plan"),
    help="The plan file; undo.plan by default.",
)
@click.option("--only", default="", metavar="OBJECT", help="Undo only what was written for this object.")
@click.option("--row", "key", default="", metavar="KEY", help="Undo only the row with this source key.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(manner: Manner, spelled_run: str, output: Path, only: str, key: str, is_json: bool) -> None:  # noqa: PLR0913, PLR0917
    """Plan the undo of a run: 'show' and 'apply' it like any other plan. RUN is a number, 'last', or the plan's file.

    It deletes what the run created, unless somebody changed it or linked to it since, and gives fields their old values
    where they still hold what was written. The ledger is enough: the plan's file may be gone.
    """
    ledger, number = _find(spelled_run)
    with asyncio.run(_make(ledger, output, Undo(run=number, only=only, key=key), manner)) as plan:
        summary = summarize(plan)
        folder = report_folder(output)
        write_reports(plan, summary, folder, manner)
        print_plan(summary, folder, manner, is_json=is_json)


def _find(spelled: str) -> tuple[Path, int]:
    """Find a run by its number, as `last`, or by the file of its plan; gives its ledger too. Raises PlanError."""
    path, ledger, plan_id = Path(spelled), find_project(Path.cwd() / "any").folder / LEDGER, ""
    with suppress(PlanError), Plan(path) as plan:
        ledger, plan_id = Path(plan.header["ledger"]["path"]), plan.id
    is_number = spelled.isdigit() and not plan_id
    is_file_gone = not (plan_id or is_number or spelled == "last")
    with LedgerReader(ledger) as reader:
        number = newest_run(reader, plan_id=plan_id, path=str(path.absolute()) if is_file_gone else "")
    if number is None:
        hint = "RUN is a number, 'last', or the file of a plan that was applied; see 'migrator status'"
        raise PlanError(Problem(code="E603", place=str(ledger), fact=f"no run of '{spelled}'", hint=hint))
    return ledger, int(spelled) if is_number else number


async def _make(path: Path, output: Path, what: Undo, manner: Manner) -> Plan:
    """Plan the undo with the mapping that the run's plan was made from, as it is now."""
    with Ledger(path, clock=SystemClock(), rng=Rng()) as ledger:
        mapping = Path(known_run(ledger, what.run).origin["mapping"]["path"])
        spec = spec_of(mapping, profile=manner.profile)
        account = account_of(spec, spec.target)
        if is_discoverable(account.definition):
            await account.learn(item.to for item in spec.objects.values())
        async with target_of(spec) as target:
            return await roll_back(spec, target, ledger, Planning(path=output), what)
