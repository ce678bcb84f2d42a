"""What the tests of the REST engine share: Crelate's definition, connections to practice servers, and clocks."""

import asyncio
import heapq
import itertools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from clocks import FakeClock, HalfRng

from migrator.connectors.aiohttp_wire import AiohttpWire
from migrator.connectors.rest.auth import Session
from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.environment import Sources
from migrator.connectors.rest.http import Http
from migrator.connectors.rest.limiter import Limiter
from migrator.connectors.rest.reading import read_definition
from migrator.connectors.rest.settings import Connection, resolve
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options, start
from migrator.errors import TargetError
from migrator.records import TargetRecord
from migrator.resources import packaged

T = TypeVar("T")

CRELATE: Definition = read_definition(packaged("connectors", "definitions", "crelate.yaml"))
GHOST = "11111111-2222-4333-8444-555555555555"
KEY = "S3CR3T-9f/4+7Q=&z"

_BASE_PATH = "/api/pub/v1"
_LIBRARIES: dict[str, Callable[[], AiohttpWire | None]] = {"httpx": lambda: None, "aiohttp": AiohttpWire}

open_transport: Callable[[], AiohttpWire | None] = _LIBRARIES["httpx"]


@pytest.fixture(params=_LIBRARIES)
def each_library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test speak over each library."""
    monkeypatch.setattr(sys.modules[__name__], "open_transport", _LIBRARIES[request.param])


class Timeline(FakeClock):
    """A clock for many who sleep side by side: time goes on to the next waking when nobody has anything to do."""

    def __init__(self) -> None:
        super().__init__()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    async def sleep(self, seconds: float) -> None:
        """Wait until the others have made the time pass."""
        self.sleeps.append(seconds)
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.moment + seconds, next(self._order), waking))
        await waking

    async def run(self, *works: Coroutine[Any, Any, object]) -> None:
        """Do all works at once, in the time that they take together."""
        tasks = [asyncio.ensure_future(work) for work in works]
        while not all(task.done() for task in tasks):
            for _ in range(6):
                await asyncio.sleep(0)
            if self._sleepers:
                moment, _, waking = heapq.heappop(self._sleepers)
                if not waking.done():  # else whoever slept was cancelled
                    self.moment = moment
                    waking.set_result(None)
        await asyncio.gather(*tasks)


def connection(url: str = "https://app.crelate.com/api/pub/v1", key: str = KEY, **settings: object) -> Connection:
    """Resolve settings from an environment."""
    named = {"base_url": url, "api_key": key, **settings}
    environ = {f"CRELATE_{name.upper()}": str(value) for name, value in named.items()}
    return resolve(CRELATE, Sources(prefix="CRELATE", environ=environ, profile={}, block={}))


def to_server(server: Emulator, **settings: object) -> Connection:
    """Connect to a practice server, as fast as it goes."""
    return connection(server.base_url, server.api_key, **{"rate": "none", "timeout_seconds": 5, **settings})


@contextmanager
def practice(*faults: str, seed: int = 7, port: int = 0, options: Options | None = None) -> Iterator[Emulator]:
    """Start a practice Crelate."""
    with start("crelate", seed=seed, port=port, faults=faults, options=options) as server:
        yield server


@asynccontextmanager
async def entered(connection: Connection, clock: FakeClock | None = None) -> AsyncIterator[RestTarget]:
    """Open a target whose waits take no time."""
    transport, clock = open_transport(), clock or FakeClock()
    async with RestTarget(CRELATE, connection, clock=clock, rng=HalfRng(), transport=transport) as target:
        yield target


def asked(
    server: Emulator, ask: Callable[[RestTarget], Awaitable[T]], clock: FakeClock | None = None, **settings: object
) -> T:
    """Open a target, and ask it something."""

    async def exchange() -> T:
        async with entered(to_server(server, **settings), clock) as target:
            return await ask(target)

    return asyncio.run(exchange())


def failure(server: Emulator, ask: Callable[[RestTarget], Awaitable[Any]], clock: FakeClock | None = None) -> str:
    """Ask something that fails, and give why."""
    with pytest.raises(TargetError) as caught:
        asked(server, ask, clock)
    return str(caught.value)


async def all_pages(target: RestTarget, name: str = "contacts", minutes: int | None = None) -> list[list[TargetRecord]]:
    """Read all pages of an object."""
    return [page async for page in target.read(name, minutes=minutes)]


def calls(server: Emulator) -> list[str]:
    """List what the server was asked, without the base of the path."""
    return [f"{entry.method} {entry.path.removeprefix(_BASE_PATH)}" for entry in server.history()]


def http_to(connection: Connection, limiter: Limiter, definition: Definition = CRELATE) -> Http:
    """Make the lowest layer alone."""
    return Http(connection, Session(definition, connection), limiter, transport=open_transport())


@asynccontextmanager
async def wire(connection: Connection) -> AsyncIterator[Http]:
    """Open the lowest layer alone."""
    http = http_to(connection, Limiter((), FakeClock()))
    try:
        yield http
    finally:
        await http.close()


@dataclass(kw_only=True, slots=True)
class Recorder:
    """A server that answers everything alike, and keeps all bytes that it gets; `reply` may be nothing at all."""

    reply: bytes
    port: int = 0
    connections: int = 0
    received: list[bytes] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _open: list[tuple[asyncio.StreamWriter, asyncio.Task[None]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Give the base URL of a practice server there."""
        return f"http://127.0.0.1:{self.port}{_BASE_PATH}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer request after request on one connection."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.append((writer, task))
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.received.append(head + await reader.readexactly(_length(head)))
                self.arrived.set()
                writer.write(self.reply)
        except (asyncio.IncompleteReadError, OSError):
            writer.transport.abort()

    async def hang_up(self) -> None:
        """End all connections, and wait until they are over."""
        for writer, task in self._open:
            writer.transport.abort()
            await task


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[16:]) for line in lines if line.startswith(b"content-length: ")), 0)


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Write an answer as it travels."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def recording(answer: bytes, **how: Any) -> AsyncIterator[Recorder]:
    """Start a recorder in this very loop."""
    recorder = Recorder(reply=answer)
    server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0, **how)
    recorder.port = server.sockets[0].getsockname()[1]
    async with server:
        yield recorder
        await recorder.hang_up()
