"""`migrator export`: which target id each source key was given."""

from pathlib import Path

import click

from migrator.cli.construct import find_plan, reader_of
from migrator.reports.tables import write_id_map
from migrator.reports.wording import of
from migrator.store.ledger import unknown_plan


@click.command("export")
@click.argument("spelled_plan", metavar="[PLAN|RUN]", default="last")
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path), default="id_map.csv", help="id_map.csv by default."
)
def command(spelled_plan: str, output: Path) -> None:
    """Write the id map of a run: object, source key, target id, state; a line for each record of its plan.

    RUN is a plan file, the number of a run, or 'last'.
    """
    with find_plan(spelled_plan) as plan:
        reader = reader_of(plan)
        if reader is None:
            raise unknown_plan(plan.path)
        with reader:
            count = write_id_map(plan, reader, output.absolute())
    click.echo(f"{of(count, 'record')} of {plan.path.name} in {output}.")
    click.echo(f"Next: open {output}")
