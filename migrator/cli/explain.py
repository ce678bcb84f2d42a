"""`migrator explain`: the long text behind a code."""

import click

from migrator.codes import all_codes
from migrator.errors import Problem, SpecError
from migrator.spelling import did_you_mean


@click.command("explain")
@click.argument("code")
def command(code: str) -> None:
    """Explain CODE, such as E110: what it means, and what to do. 'all' lists every code."""
    codes = all_codes()
    if code == "all":
        for known in codes.values():
            click.echo(f"{known.code}  {known.title}")
        return
    if code.upper() not in codes:
        hint = did_you_mean(code.upper(), codes) or "all of them: migrator explain all"
        raise SpecError(Problem(code="E012", place="migrator explain", fact=f"unknown code '{code}'", hint=hint))
    item = codes[code.upper()]
    click.echo(f"{item.code}  {item.title}\n\n{item.means}\n\nWhat to do: {item.fix}")
    if item.code == "E012":
        from migrator.planner.transforms.registry import transform_kinds  # noqa: PLC0415 - only here

        click.echo(f"\nAll transforms: {', '.join(sorted(transform_kinds()))}")
