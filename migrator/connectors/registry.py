"""Every connector by name, and what opens it."""

from pathlib import Path

from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.reading import read_definition, shipped
from migrator.errors import Problem, SpecError
from migrator.resources import packaged
from migrator.spelling import did_you_mean

FILES = "files"
SQL = "sql"
READ_ONLY = (FILES, SQL)


def find_definition(connector: str, *, project: Path, base: Path, place: str) -> Definition:
    """Read the definition behind a block: a shipped one, or a file of the user's project. Raises SpecError."""
    if connector in shipped():
        return read_definition(packaged("connectors", "definitions", f"{connector}.yaml"))
    if connector.endswith((".yaml", ".yml")):
        path = (base / connector).resolve()
        if not path.is_relative_to(project.resolve()):
            hint = "move it in, or put a migrator.yaml into the folder that holds both"
            fact = f"'{connector}' lies outside the project folder"
            raise SpecError(Problem(code="E017", place=place, fact=fact, hint=hint))
        return read_definition(path)
    raise SpecError(_unknown(connector, place))


def _unknown(connector: str, place: str) -> Problem:
    if connector in READ_ONLY:
        hint = f"this version knows: {', '.join(shipped())}"
        return Problem(code="E090", place=place, fact=f"'{connector}' cannot be written to yet", hint=hint)
    hint = did_you_mean(connector, [*shipped(), *READ_ONLY]) or f"there are: {', '.join(shipped())}"
    return Problem(code="E012", place=place, fact=f"unknown connector '{connector}'", hint=hint)
