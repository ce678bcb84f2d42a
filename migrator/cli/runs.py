"""`migrator runs`: what was applied when, and the end of what is kept of it."""

import json
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import click

from migrator.cli.construct import report_folder
from migrator.cli.main import Manner
from migrator.cli.planning import near
from migrator.cli.verify import TABLE
from migrator.errors import MigratorError
from migrator.ports import Rng, SystemClock
from migrator.reports.wording import harmless, moment, of
from migrator.spec.project import find_project
from migrator.spec.read import LEDGER
from migrator.store.history import all_runs, finished_before
from migrator.store.images import purge
from migrator.store.ledger import Ledger, LedgerReader
from migrator.store.plan import Plan
from migrator.store.sqlite import translated

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def _as_age(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,5})([hdw])", text)
    if found is None:
        raise click.BadParameter("hours, days or weeks, such as 12h, 90d or 4w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.command("runs")
@click.option(
    "--purge-older-than", "age", metavar="AGE", callback=_as_age, help="Delete before-images of runs ended before."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(manner: Manner, age: timedelta | None, is_json: bool) -> None:
    """List the runs of this project, the newest first.

    --purge-older-than 90d deletes what is kept of the records as they were: the plan files of runs that ended so long
    ago, what shows values beside them, and what the ledger holds for their undo. Their journal and the id map stay;
    such a run can no longer be rolled back.
    """
    place = find_project(Path.cwd() / "any").folder / LEDGER
    if age is not None:
        _purge(place, age, manner)
        return
    with LedgerReader(place) as reader:
        runs = [run._asdict() for run in all_runs(reader)]
    if is_json:
        click.echo(json.dumps({"v": 1, "runs": runs}))
        return
    for run in runs:
        path = Path(run["plan"])
        name = near(path) if path.exists() else f"{path.name} (no longer there)"
        state = run["state"].lower().replace("_", " ")
        click.echo(harmless(f"{run['run']:>4}  {moment(run['began'])}  {state:<18}  {run['sent']:>9,} sent  {name}"))
    click.echo(f"{of(len(runs), 'run')}.")
    click.echo("Next: migrator show RUN" if runs else "Next: migrator plan MAPPING")


def _purge(place: Path, age: timedelta, manner: Manner) -> None:
    """Delete the plan files of runs that ended long ago, once somebody agreed where there is somebody."""
    before = (SystemClock().now() - age).isoformat(timespec="seconds")
    with LedgerReader(place) as reader:
        old = list(finished_before(reader, before))
    paths = [path for one in old if _is_plan(path := Path(one.path), one.plan)]
    imaged = [one.plan for one in old if one.has_images]
    if (paths or imaged) and manner.asks:
        told = f"{of(len(paths), 'plan file')}, and the images of {of(len(imaged), 'plan')} in the ledger"
        click.confirm(f"Delete {told}? They can no longer be rolled back", abort=True)
    if imaged:
        with Ledger(place, clock=SystemClock(), rng=Rng()) as ledger:
            purge(ledger, imaged)
    for path in paths:
        for file in (path, report_folder(path) / "report.html", report_folder(path) / TABLE):
            with translated(file):
                file.unlink(missing_ok=True)
        click.echo(f"Deleted {near(path)} and what showed its values.")
    told = f"{of(len(paths), 'plan file')} deleted, the images of {of(len(imaged), 'plan')} taken out of the ledger"
    click.echo(f"{told}; the journal and the id map stay.")
    click.echo("Next: migrator runs")


def _is_plan(path: Path, plan_id: str) -> bool:
    """Tell whether the file at a path is still this plan: another one of the same name is none of our business."""
    with suppress(MigratorError), Plan(path) as plan:
        return plan.id == plan_id
    return False
