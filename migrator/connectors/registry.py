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


def find_definition(connector: str, *, base: Path, place: str) -> Definition:
    """Read the definition behind a target block: a shipped one, or a file of the user's own. Raises SpecError."""
    if connector in shipped():
        return read_definition(packaged("connectors", "definitions", f"{connector}.yaml"))
    if connector.endswith((".yaml", ".yml")):
        return read_definition(base / connector)
    raise SpecError(_unknown(connector, shipped(), place, "written to"))


def _unknown(connector: str, known: list[str], place: str, what: str) -> Problem:
    if connector in (*LATER, "files", *shipped()):
        hint = f"this version knows: {', '.join(known)}"
        return Problem(code="E090", place=place, fact=f"'{connector}' cannot be {what} yet", hint=hint)
    hint = did_you_mean(connector, known) or f"there are: {', '.join(known)}"
    return Problem(code="E012", place=place, fact=f"unknown connector '{connector}'", hint=hint)
