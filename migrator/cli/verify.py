"""`migrator verify`: read back from the target what a run wrote, and compare it with the plan."""

import asyncio
import json
from pathlib import Path

import click

from migrator.cli.construct import find_plan, open_ledger, report_folder, spec_of, target_of
from migrator.cli.main import Manner
from migrator.cli.planning import near, rewrite_reports
from migrator.cli.progress import Progress
from migrator.executor.verify import SAMPLE, Verifying, verify_plan
from migrator.reports.verified import verified_json, verified_text, write_findings
from migrator.store.plan import Plan
from migrator.store.readback import Verification

TABLE = "verify.csv"


@click.command("verify")
@click.argument("spelled_plan", metavar="[PLAN|RUN]", default="last")
@click.option("--sample", type=click.IntRange(min=1), help=f"How many records are read back; {SAMPLE} by default.")
@click.option("--all", "reads_all", is_flag=True, help="Read all of them back.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(manner: Manner, spelled_plan: str, sample: int | None, reads_all: bool, is_json: bool) -> int:
    """Read back what a run wrote: EQUAL, NORMALISED, DIFFERENT or MISSING, and what is there twice.

    Nothing is written to the target, and it can be repeated. RUN is a plan file, the number of a run, or 'last'.
    """
    if sample and reads_all:
        raise click.UsageError("either --sample or --all")
    with find_plan(spelled_plan) as plan:
        found = read_back(plan, manner, sample=None if reads_all else sample or SAMPLE)
        rewrite_reports(plan, manner)
        folder = near(report_folder(plan.path))
        if is_json:
            click.echo(json.dumps({"v": 1, "plan": plan.path.name, "verify": verified_json(found)}))
        else:
            click.echo(verified_text(found))
            click.echo(f"Next: open {folder}/{'report.html' if found.is_clean else TABLE}")
    return 0 if found.is_clean else 5


def read_back(plan: Plan, manner: Manner, *, sample: int | None) -> Verification:
    """Read back what a plan wrote, with a table of it beside the report. Raises MigratorError."""
    path = report_folder(plan.path) / TABLE
    with Progress(manner, is_json=False) as progress:
        return write_findings(
            path,
            lambda note: asyncio.run(_verify(plan, Verifying(sample=sample, note=note, tell=progress.tell), manner)),
            shows_values=not manner.masks_values,
        )


async def _verify(plan: Plan, how: Verifying, manner: Manner) -> Verification:
    spec = spec_of(Path(plan.header["mapping"]["path"]), profile=manner.profile)
    with open_ledger(plan) as ledger:
        async with target_of(spec) as target:
            return await verify_plan(plan, target, ledger, how)
