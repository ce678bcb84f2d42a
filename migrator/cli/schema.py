"""`migrator schema`: the JSON Schemas that travel with the program."""

import click

from migrator.errors import Problem, SpecError
from migrator.resources import bundled
from migrator.spelling import did_you_mean

SUFFIX = ".schema.json"


@click.group("schema")
def command() -> None:
    """Show the JSON Schemas: of mappings, for editors, and of connector files."""


@command.command("list")
def list_schemas() -> None:
    """List them."""
    for name in _names():
        click.echo(name)


@command.command("print")
@click.argument("name")
def print_schema(name: str) -> None:
    """Print one."""
    click.echo((bundled("schemas") / (_checked(name) + SUFFIX)).read_text(encoding="utf-8"), nl=False)


@command.command("path")
@click.argument("name")
def print_path(name: str) -> None:
    """Print where one lies, for an editor's settings."""
    click.echo(str(bundled("schemas") / (_checked(name) + SUFFIX)))


def _names() -> list[str]:
    return sorted(path.name.removesuffix(SUFFIX) for path in bundled("schemas").glob(f"*{SUFFIX}"))


def _checked(name: str) -> str:
    if name not in _names():
        hint = did_you_mean(name, _names()) or f"there are: {', '.join(_names())}"
        raise SpecError(Problem(code="E012", place="migrator schema", fact=f"unknown schema '{name}'", hint=hint))
    return name
