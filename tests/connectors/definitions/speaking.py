"""What the tests of connector files share: a target that speaks to a practice server, and what the two said."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from clocks import FakeClock, HalfRng

from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.environment import Sources
from migrator.connectors.rest.reading import read_definition
from migrator.connectors.rest.settings import Connection, resolve
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator
from migrator.errors import TargetError
from migrator.records import Outcome, TargetRecord, Write
from migrator.resources import packaged

T = TypeVar("T")
Ask = Callable[[RestTarget], Awaitable[T]]
Parent = tuple[str, str]


def definition_of(name: str) -> Definition:
    """Read a shipped connector file."""
    return read_definition(packaged("connectors", "definitions", f"{name}.yaml"))


def connection_to(definition: Definition, server: Emulator, **settings: object) -> Connection:
    """Connect to a practice server, as fast as it goes; a setting of None is left out."""
    names = [name for name, setting in definition.settings.items() if setting.is_secret]
    secrets = dict(zip(names, server.secrets.values(), strict=True))
    named = {"base_url": server.base_url, "rate": "none", "timeout_seconds": 5, **secrets, **settings}
    environ = {f"X_{name.upper()}": str(value) for name, value in named.items() if value is not None}
    return resolve(definition, Sources(prefix="X", environ=environ, profile={}, block={}))


def speak(
    definition: Definition, server: Emulator, ask: Ask[T], clock: FakeClock | None = None, **settings: object
) -> T:
    """Open a target whose waits take no time, and ask it something."""

    async def exchange() -> T:
        connection = connection_to(definition, server, **settings)
        async with RestTarget(definition, connection, clock=clock or FakeClock(), rng=HalfRng()) as target:
            return await ask(target)

    return asyncio.run(exchange())


def failure(
    definition: Definition, server: Emulator, ask: Ask[Any], clock: FakeClock | None = None, **settings: object
) -> str:
    """Ask something that fails, and give why."""
    with pytest.raises(TargetError) as caught:
        speak(definition, server, ask, clock, **settings)
    return str(caught.value)


def reading(name: str) -> Ask[list[TargetRecord]]:
    """Read all records of an object."""

    async def ask(target: RestTarget) -> list[TargetRecord]:
        return [record async for page in target.read(name) for record in page]

    return ask


def getting(name: str, record_id: str, parent: Parent | None = None) -> Ask[TargetRecord | None]:
    """Read one record."""

    async def ask(target: RestTarget) -> TargetRecord | None:
        return await target.get(name, record_id, parent)

    return ask


def creating(name: str, fields: Mapping[str, Any], parent: Parent | None = None) -> Ask[Outcome]:
    """Create one record."""

    async def ask(target: RestTarget) -> Outcome:
        return await target.write(Write(object=name, fields=fields, parent=parent))

    return ask


def updating(name: str, record_id: str, fields: Mapping[str, Any], parent: Parent | None = None) -> Ask[Outcome]:
    """Read one record afresh, and change some of its fields."""

    async def ask(target: RestTarget) -> Outcome:
        before = await target.get(name, record_id, parent)
        return await target.write(Write(object=name, fields=fields, id=record_id, parent=parent, before=before))

    return ask


def deleting(name: str, record_id: str, parent: Parent | None = None) -> Ask[Outcome]:
    """Delete one record."""

    async def ask(target: RestTarget) -> Outcome:
        return await target.delete(Write(object=name, fields={}, id=record_id, parent=parent))

    return ask


def kept(record: TargetRecord | None, names: Mapping[str, Any]) -> dict[str, Any]:
    """Give those fields of a record that were asked for, as it holds them."""
    assert record is not None
    return {name: record.fields.get(name) for name in names}


def calls(server: Emulator) -> list[str]:
    """List what the server was asked, without the base of the path."""
    base = urlsplit(server.base_url).path
    return [f"{entry.method} {entry.path.removeprefix(base)}" for entry in server.history()]
