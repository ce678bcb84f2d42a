"""`migrator report`: the report as one HTML page."""

from pathlib import Path

import click

from migrator.cli.construct import find_plan
from migrator.cli.main import Manner
from migrator.cli.planning import summary_of
from migrator.reports.html import plan_html
from migrator.reports.writing import write_file


@click.command("report")
@click.argument("spelled_plan", metavar="PLAN|RUN")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The page to write.")
@click.pass_obj
def command(manner: Manner, spelled_plan: str, output: Path) -> None:
    """Render a plan, and what became of it, as one self-contained page."""
    with find_plan(spelled_plan) as plan:
        page = plan_html(summary_of(plan), shows_values=not manner.masks_values)
    write_file(output.absolute(), lambda file: file.write(page))
    click.echo(f"Report: {output}")
    click.echo(f"Next: open {output}")
