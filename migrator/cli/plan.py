"""`migrator plan`: the dry run."""

from decimal import Decimal
from pathlib import Path

import click

from migrator.cli.construct import report_folder
from migrator.cli.main import Manner
from migrator.cli.planning import Wish, plan_and_report, print_plan
from migrator.planner.making import ENGINES, INLINE
from migrator.spec.values import Limit


def _as_limit(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> Limit | None:
    if text is None:
        return None
    number = text.removesuffix("%")
    if not number.replace(".", "", 1).isdigit() or (number == text and not text.isdigit()):
        raise click.BadParameter("a number or a share, such as 100 or 1%")
    return Limit(percent=Decimal(number)) if number != text else Limit(number=int(number))


@click.command("plan")
@click.argument("mapping", type=click.Path(path_type=Path))
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="The plan file; NAME.plan by default."
)
@click.option(
    "--report", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder of the report files."
)
@click.option("--offline", is_flag=True, help="Do not ask the target; such a plan is not applied.")
@click.option("--max-rejects", callback=_as_limit, help="At most so many rejected rows, such as 100 or 1%.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=INLINE,
    help="Who reads the rows: this process, or several.",
)
@click.option("--exit-code", is_flag=True, help="End with 10 where there is something to do.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917 - click hands options over one by one
    manner: Manner,
    mapping: Path,
    output: Path | None,
    folder: Path | None,
    offline: bool,
    max_rejects: Limit | None,
    engine: str,
    exit_code: bool,
    is_json: bool,
) -> int:
    """Make a plan of MAPPING: read the source and the target, decide every row, and write nothing to the target."""
    path = output or Path(f"{mapping.stem}.plan")
    wish = Wish(mapping=mapping, output=path, folder=folder, rejects=max_rejects, is_offline=offline, engine=engine)
    summary = plan_and_report(wish, manner)
    print_plan(summary, folder or report_folder(path), manner, is_json=is_json)
    if any(guard["guard"] == "rejects" for guard in summary.header["guards"]):
        return 4
    return 10 if exit_code and summary.header["operations"] else 0
