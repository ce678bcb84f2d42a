"""Picklists of an account: what one holds, and values added to it, never one that it has already."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from migrator.connectors.protocols import Intend
from migrator.connectors.rest.bodies import Request, request_for
from migrator.connectors.rest.definition import Action, Options
from migrator.connectors.rest.substitution import at_path
from migrator.records import Outcome, Verdict, Write


class Account(Protocol):
    """What is asked of an account here."""

    async def ask(self, path: str, name: str = "") -> Any:
        """Read what is at a path."""

    async def send(self, action: Action, request: Request, change: Write, intend: Intend) -> Outcome:
        """Send a request once."""


async def read_options(options: Options, target: Account, name: str, field_name: str) -> tuple[str, ...]:
    """Read the values of one picklist: a list of texts or objects, at the path or right away. Raises TargetError."""
    return await _listed(options, target, name, field_name) or ()


async def _listed(options: Options, target: Account, name: str, field_name: str) -> tuple[str, ...] | None:
    """Read the values of one picklist; None where the answer holds no list."""
    path = request_for(Action(method="GET", path=options.path), {"object": name, "field": field_name}).path
    data = await target.ask(path, name)
    found = at_path(data, options.items) if options.items and isinstance(data, Mapping) else data
    if not isinstance(found, list):
        return None
    values = (at_path(item, options.value) if isinstance(item, Mapping) else item for item in found)
    return tuple(str(value) for value in values if value not in (None, ""))


async def append_options(
    options: Options, target: Account, where: tuple[str, str], values: Sequence[str], intend: Intend
) -> Outcome:
    """Add values to the list of a field (object, name), but for those that it has; the list bears the field's name.

    It is read first, also where an earlier call is in doubt, so that asking again adds nothing twice.
    Raises TargetError.
    """
    name, field_name = where
    if options.append is None or field_name not in options.fields.get(name, ()):
        message = f"the connector has no way to add options to '{field_name}' of {name}"
        return Outcome(verdict=Verdict.REFUSED, message=message)
    listed = await _listed(options, target, name, field_name)
    if listed is None:
        return Outcome(verdict=Verdict.REFUSED, message="its list cannot be read, so nothing is added blindly")
    known = {value.casefold() for value in listed}
    new = [value for value in dict.fromkeys(values) if value.casefold() not in known]
    if not new:
        return Outcome(verdict=Verdict.APPLIED, target_id=field_name)
    holes = {"object": name, "field": field_name, "list": field_name, "values": new}
    change = Write(object=name, fields={}, id=field_name)  # what an append is known by (guarantees.md, P3)
    return await target.send(options.append, request_for(options.append, holes, {}), change, intend)
