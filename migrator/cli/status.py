"""`migrator status`: how a run stands."""

import click

from migrator.cli.construct import find_plan
from migrator.cli.planning import summary_of
from migrator.ports import pause
from migrator.reports.machine import run_json
from migrator.reports.text import run_text
from migrator.store.plan import Plan

WATCH_SECONDS = 2.0


@click.command("status")
@click.argument("spelled_plan", metavar="[RUN]", default="last")
@click.option("--watch", is_flag=True, help="Look again every two seconds, until the run has ended.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
def command(spelled_plan: str, watch: bool, is_json: bool) -> None:
    """Say how a run stands, also while it is running. RUN is a plan file, the number of a run, or 'last'."""
    with find_plan(spelled_plan) as plan:
        while True:
            is_running = _print(plan, is_json=is_json)
            if not (watch and is_running):
                return
            pause(WATCH_SECONDS)


def _print(plan: Plan, *, is_json: bool) -> bool:
    summary = summary_of(plan)
    if is_json:
        import json  # noqa: PLC0415 - only here

        click.echo(json.dumps({"v": 1, "plan": summary.plan, "run": run_json(summary.run)}))
    else:
        click.echo(run_text(summary))
        is_open = summary.run is None or summary.run.state in {"HALTED", "INTERRUPTED", "KILLED"}
        step = f"migrator apply {summary.plan}" if is_open else f"migrator report {summary.plan} -o report.html"
        click.echo(f"Next: {step}")
    return summary.run is not None and summary.run.ended is None
