"""A key that can be recognised, and every fault there is: it comes out nowhere."""

import asyncio
import base64
import logging
import traceback
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from connecting import GHOST, KEY, each_library, entered, practice, to_server

from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator
from migrator.emulators.fault_kinds import KINDS
from migrator.errors import TargetError
from migrator.records import Write

__all__ = ["each_library"]

pytestmark = pytest.mark.usefixtures("each_library")

HANGING = {"hang-before", "hang-after", "stalled-chunk", "drip", "slow"}
ARGUMENTS = {"gzip-bomb": f":{17 << 20}", "huge-body": f":{17 << 20}"}


def spellings(key: str) -> set[str]:
    """Give the ways in which a key could be written: raw, in a URL, as base64 at any offset, as an escaped text."""
    encoded = {base64.b64encode(b"\0" * offset + key.encode()).decode()[4:-4] for offset in range(3)}
    return encoded | {key, quote(key), quote(key, safe=""), quote_plus(key), repr(key)[1:-1], key[2:-2]}


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """Serve one practice account whose key can be recognised."""
    with practice() as server:
        server._practice.account.key = KEY
        yield server


async def used(target: RestTarget) -> Iterator[str]:
    """Read, create and change something; give all that comes of it, as text."""
    shown: list[str] = []
    for ask in (target.identify(), target.get("contacts", GHOST), anext(aiter(target.read("contacts")), None)):
        try:
            shown.append(f"{await ask!r}")
        except TargetError as error:
            shown += [str(error), repr(error), repr(error.args)]
            shown += traceback.format_exception(error)
    for change in (Write(object="contacts", fields={}), Write(object="contacts", fields={}, id=GHOST)):
        outcome = await target.write(change)
        shown += [repr(outcome), str(outcome.halt), repr(target), repr(vars(target))]
    return iter(shown)


@pytest.mark.parametrize("kind", ["", *KINDS])
def test_key_comes_out_nowhere(server: Emulator, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    """No log record at DEBUG, no message, no exception and no value holds the key, however it is spelled."""
    caplog.set_level(logging.DEBUG)
    methods = ("GET", "POST", "PUT") if kind else ()
    server.script(*(f"{kind}@{method}#1{ARGUMENTS.get(kind, '')}" for method in methods))

    async def exchange() -> Iterator[str]:
        found = to_server(server, timeout_seconds=0.1 if kind in HANGING else 5)
        async with entered(found) as target:
            return await used(target)

    shown = "\n".join([*asyncio.run(exchange()), caplog.text, *(repr(vars(record)) for record in caplog.records)])
    assert [spelled for spelled in spellings(KEY) if spelled in shown] == []
    assert kind or "Verdict.APPLIED" in shown
