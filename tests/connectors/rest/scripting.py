"""A small connector made in a test, and a server that answers by a script."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from clocks import FakeClock, HalfRng

from migrator.connectors.rest import http as door
from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.environment import Sources
from migrator.connectors.rest.reading import read_definition
from migrator.connectors.rest.settings import Connection, resolve
from migrator.connectors.rest.target import RestTarget
from migrator.errors import TargetError
from migrator.records import TargetRecord

T = TypeVar("T")

httpx: Any = door.httpx

BASE = "http://127.0.0.1:9/api"
KEY = "K3Y-of-tests"
TINY = """
connector: 1
name: tiny
version: "1"
settings: {base_url: {}, api_key: {secret: true}}
auth: {header: {X-Key: "{api_key}"}}
success: {status: [200, 201]}
actions:
  list: {method: GET, path: "/{object}"}
  get: {method: GET, path: "/{object}/{id}"}
  create: {method: POST, path: "/{object}"}
  update: {method: PATCH, path: "/{object}/{id}"}
  delete: {method: DELETE, path: "/{object}/{id}", id: null}
objects:
  people: {fields: {text: name key}}
"""


def define(folder: Path, text: str = "", **actions: str) -> Definition:
    """Read a tiny connector, with other keys laid over its own; `actions` likewise, one by one."""
    tiny = yaml.safe_load(TINY)
    document = {**tiny, **(yaml.safe_load(text) or {})}
    document["actions"] = {**document["actions"], **{name: yaml.safe_load(one) for name, one in actions.items()}}
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return read_definition(path)


def told(data: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> Any:
    """Answer with JSON; with nothing at all where there are no data."""
    if data is None:
        return httpx.Response(status, headers=headers)
    return httpx.Response(status, json=data, headers=headers)


class Server:
    """Gives its answers one after the other, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[Any] = []

    def __call__(self, request: Any) -> Any:
        """Take a request, and give the answer whose turn it is."""
        self.requests.append(request)
        return self.answers.pop(0)

    @property
    def lines(self) -> list[str]:
        """List what was asked: verb, and path with query below the base URL."""
        return [f"{one.method} {one.url.raw_path.decode().removeprefix('/api')}" for one in self.requests]

    @property
    def bodies(self) -> list[str]:
        """List the bodies that came."""
        return [one.content.decode() for one in self.requests]

    def headers(self, name: str) -> list[str]:
        """List what stood in one header."""
        return [one.headers.get(name, "") for one in self.requests]


def connected(definition: Definition, profile: Mapping[str, Any] | None = None, **settings: str) -> Connection:
    """Resolve the settings of a tiny connector."""
    named = {"base_url": BASE, "api_key": KEY, **settings}
    environ = {f"TINY_{name.upper()}": value for name, value in named.items()}
    return resolve(definition, Sources(prefix="TINY", environ=environ, profile=profile or {}, block={}))


def talk(
    definition: Definition,
    server: Callable[[Any], Any],
    ask: Callable[[RestTarget], Awaitable[T]],
    found: Connection | None = None,
    clock: FakeClock | None = None,
) -> T:
    """Open a target in front of a server, and ask it something."""

    async def exchange() -> T:
        transport = httpx.MockTransport(server)
        ports = {"clock": clock or FakeClock(), "rng": HalfRng(), "transport": transport}
        async with RestTarget(definition, found or connected(definition), **ports) as target:
            return await ask(target)

    return asyncio.run(exchange())


def refusal(
    definition: Definition,
    server: Callable[[Any], Any],
    ask: Callable[[RestTarget], Awaitable[Any]],
    found: Connection | None = None,
) -> str:
    """Ask something that fails, and give why."""
    with pytest.raises(TargetError) as caught:
        talk(definition, server, ask, found)
    return str(caught.value)


async def people(target: RestTarget) -> list[str]:
    """Read all people; give their ids."""
    return [record.id async for page in target.read("people") for record in page]


async def records(target: RestTarget, name: str = "people") -> list[TargetRecord]:
    """Read all records of an object."""
    return [record async for page in target.read(name) for record in page]
