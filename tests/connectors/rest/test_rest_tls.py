"""Encryption is not negotiable: what is wrong with a certificate ends the run, and nothing is sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from clocks import FakeClock
from connecting import GHOST, Recorder, connection, each_library, entered, recording, reply, wire

from migrator.connectors.rest import http as door
from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.http import NotSentError
from migrator.errors import Problem, TargetError
from migrator.records import Outcome, Verdict, Write

__all__ = ["each_library"]

pytestmark = pytest.mark.usefixtures("each_library")

CERTIFICATES = Path(__file__).parent / "certificates"
INVALID = "the server's certificate is not valid for it"


@asynccontextmanager
async def encrypted(name: str) -> AsyncIterator[Recorder]:
    """Serve with one of the certificates: for `here`, for `elsewhere`, or one that has `expired`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    async with recording(reply(b'{"a": 1}'), ssl=context) as recorder:
        yield recorder


def unreachable(url: str) -> Problem:
    """Say that a server cannot be reached."""
    hint = f"is {url} the right address, and is it up?"
    return Problem(code="E901", place="crelate", fact=f"cannot be reached: {INVALID}", hint=hint)


@pytest.mark.parametrize(
    ("name", "trusted"), [("here", ""), ("elsewhere", "elsewhere"), ("expired", "expired"), ("here", "elsewhere")]
)
def test_wrong_certificate_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, trusted: str) -> None:
    """Signed by nobody known, made for another host, or expired: repeating cannot help."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / f"{trusted}.pem"))

    async def exchange() -> tuple[str, bool, int]:
        async with encrypted(name) as server, wire(connection(f"https://127.0.0.1:{server.port}")) as http:
            with pytest.raises(NotSentError) as caught:
                await http.send(Request(method="GET", path="/contacts"))
            return str(caught.value), caught.value.is_final, len(server.received)

    assert asyncio.run(exchange()) == (INVALID, True, 0)


def test_right_certificate_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate for this host that this machine trusts lets the request through."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "here.pem"))

    async def exchange() -> tuple[int, int]:
        async with encrypted("here") as server, wire(connection(f"https://127.0.0.1:{server.port}")) as http:
            return (await http.send(Request(method="GET", path="/contacts"))).status, len(server.received)

    assert asyncio.run(exchange()) == (200, 1)


def test_old_protocols_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS 1.2 or later, whatever the machine's own settings allow; name and chain are checked."""
    lax = ssl.create_default_context()
    lax.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    monkeypatch.setattr(ssl, "create_default_context", lambda: lax)
    context = door.tls()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_read_is_not_repeated_for_a_wrong_certificate() -> None:
    """A read ends at once, without a wait."""

    async def exchange() -> tuple[str, str, list[float]]:
        async with encrypted("here") as server:
            clock, url = FakeClock(), f"https://127.0.0.1:{server.port}"
            async with entered(connection(url), clock) as target:
                with pytest.raises(TargetError) as caught:
                    await target.get("contacts", GHOST)
            return str(caught.value), str(unreachable(url)), clock.sleeps

    found, expected, sleeps = asyncio.run(exchange())
    assert (found, sleeps) == (expected, [])


def test_write_stops_the_run_for_a_wrong_certificate() -> None:
    """A write was not sent, and no other will be."""

    async def exchange() -> tuple[Outcome, Problem]:
        async with encrypted("here") as server:
            url = f"https://127.0.0.1:{server.port}"
            async with entered(connection(url)) as target:
                return await target.write(Write(object="contacts", fields={"LastName": "King"})), unreachable(url)

    outcome, halt = asyncio.run(exchange())
    assert outcome == Outcome(verdict=Verdict.NOT_SENT, message=INVALID, halt=halt)
