"""Every connector by name, and what opens it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrator.connectors.files.source import FileSource
from migrator.connectors.protocols import Source
from migrator.connectors.rest.definition import Definition, read_definition, shipped
from migrator.errors import Problem, SpecError
from migrator.resources import packaged
from migrator.spelling import did_you_mean

LATER = ("crelate3", "spotler", "centralstation", "clevertim", "opencrm", "sql")


def open_source(connector: str, *, project: Path, base: Path, settings: Mapping[str, Any], place: str) -> Source:
    """Open the connector of a source block. Raises SpecError at `place` for one that there is not."""
    if connector == "files":
        return FileSource(project=project, base=base, settings=settings)
    raise SpecError(_unknown(connector, ["files"], place, "read from"))


def find_definition(connector: str, *, project: Path, base: Path, place: str) -> Definition:
    """Read the definition behind a target block: a shipped one, or a file of the user's project. Raises SpecError."""
    if connector in shipped():
        return read_definition(packaged("connectors", "definitions", f"{connector}.yaml"))
    if connector.endswith((".yaml", ".yml")):
        path = (base / connector).resolve()
        if not path.is_relative_to(project.resolve()):
            hint = "move it in, or put a migrator.yaml into the folder that holds both"
            fact = f"'{connector}' lies outside the project folder"
            raise SpecError(Problem(code="E017", place=place, fact=fact, hint=hint))
        return read_definition(path)
    raise SpecError(_unknown(connector, shipped(), place, "written to"))


def _unknown(connector: str, known: list[str], place: str, what: str) -> Problem:
    if connector in (*LATER, "files", *shipped()):
        hint = f"this version knows: {', '.join(known)}"
        return Problem(code="E090", place=place, fact=f"'{connector}' cannot be {what} yet", hint=hint)
    hint = did_you_mean(connector, known) or f"there are: {', '.join(known)}"
    return Problem(code="E012", place=place, fact=f"unknown connector '{connector}'", hint=hint)
