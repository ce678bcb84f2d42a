"""One request, sent once: what leaves this machine, what never does, and what is known when no answer comes."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import pytest
from clocks import FakeClock
from connecting import (
    CRELATE,
    KEY,
    Recorder,
    connection,
    each_library,
    http_to,
    practice,
    recording,
    reply,
    to_server,
    wire,
)

from migrator.connectors.rest import http as door
from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.definition import Auth, Window
from migrator.connectors.rest.http import Answer, NoAnswerError, NotSentError
from migrator.connectors.rest.limiter import Limiter
from migrator.connectors.rest.settings import Connection
from migrator.errors import Problem, StoreError

__all__ = ["each_library"]

pytestmark = pytest.mark.usefixtures("each_library")

POST = Request(method="POST", path="/contacts", body=b'{"LastName": "King"}')
GET = Request(method="GET", path="/contacts/recent", query={"take": "5"})
PATIENCE_SECONDS = 5
HASTE_SECONDS = 0.1


async def sent(connection: Connection, request: Request) -> Answer | tuple[type[Exception], str]:
    """Send one request; give its answer, or how it failed."""
    async with wire(connection) as http:
        try:
            return await http.send(request)
        except (NotSentError, NoAnswerError) as error:
            return type(error), str(error)


def to(recorder: Recorder) -> Connection:
    """Connect to a recorder."""
    return connection(recorder.url, timeout_seconds=PATIENCE_SECONDS)


def exchanged(answer: bytes, *requests: Request) -> tuple[list[bytes], Answer | tuple[type[Exception], str]]:
    """Send requests to a recorder; give all that it got, and the last answer."""

    async def exchange() -> tuple[list[bytes], Any]:
        async with recording(answer) as recorder:
            answers = [await sent(to(recorder), request) for request in requests]
            return recorder.received, answers[-1]

    return asyncio.run(exchange())


def test_request_travels_as_it_was_made() -> None:
    """Verb, path, query with the key at its end, own User-Agent, the body byte for byte."""
    (received,), answer = exchanged(reply(b"{}", "X-More: yes"), replace(POST, query={"take": "5"}))
    head, _, body = received.decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "POST /api/pub/v1/contacts?take=5&api_key=S3CR3T-9f%2F4%2B7Q%3D%26z HTTP/1.1"
    assert {"User-Agent: migrator/0.1", "Accept: application/json", "Content-Type: application/json"} <= set(lines)
    assert body == '{"LastName": "King"}'
    headers = {"content-type": "application/json", "content-length": "2", "x-more": "yes"}
    assert answer == Answer(status=200, headers=headers, body=b"{}")


def test_request_without_a_body_declares_none() -> None:
    """A read has no Content-Type, since some firewalls refuse it."""
    (received,), _answer = exchanged(reply(b"{}"), GET)
    assert b"content-type" not in received.lower()
    assert received.endswith(b"\r\n\r\n")


def test_key_travels_in_a_header_where_the_connector_says_so() -> None:
    """A header of the connector's is filled in at the last moment; the address stays clean."""

    async def exchange() -> bytes:
        async with recording(reply(b"{}")) as recorder:
            found = to(recorder)
            definition = replace(CRELATE, auth=Auth(header={"X-Key": "key {api_key}"}))
            client = http_to(found, Limiter((), FakeClock()), definition)
            await client.send(GET)
            await client.close()
            return recorder.received[0]

    received = asyncio.run(exchange())
    assert received.startswith(b"GET /api/pub/v1/contacts/recent?take=5 HTTP/1.1\r\n")
    assert f"X-Key: key {KEY}\r\n".encode() in received


@pytest.mark.parametrize("status", range(200, 600, 7))
def test_answer_is_given_back_whatever_its_status(status: int) -> None:
    """No status is an exception: what it means is decided elsewhere."""
    (_received,), answer = exchanged(reply(b'{"a": 1}', status=f"{status} Odd"), GET)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (status, b'{"a": 1}' if status not in {204, 304} else b"")


@pytest.mark.parametrize(
    ("content_type", "is_json", "charset"),
    [
        ("application/json", True, ""),
        ("application/json; charset=utf-8", True, "utf-8"),
        ("application/problem+json;charset=ISO-8859-1", True, "ISO-8859-1"),
        ('text/json; charset="utf-8"; odd=1', True, "utf-8"),
        ("APPLICATION/JSON", True, ""),
        ("text/html; charset=utf-8", False, "utf-8"),
        ("", False, ""),
    ],
)
def test_answer_says_what_it_is(content_type: str, charset: str, *, is_json: bool) -> None:
    """Content type and charset are read off the header."""
    answer = Answer(status=200, headers={"content-type": content_type}, body=b"")
    assert (answer.is_json, answer.charset) == (is_json, charset)


def test_answer_without_a_content_type_says_nothing() -> None:
    """What a server does not declare is not guessed."""
    answer = Answer(status=200, headers={}, body=b"")
    assert (answer.is_json, answer.charset) == (False, "")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
def test_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A proxy variable could lead keys and data anywhere: nobody connects to it."""
    with socket.create_server(("127.0.0.1", 0)) as sink, practice() as server:
        monkeypatch.setenv(name, f"http://127.0.0.1:{sink.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        answer = asyncio.run(sent(to_server(server, timeout_seconds=1), POST))
        sink.settimeout(0)
        with pytest.raises(BlockingIOError):
            sink.accept()
    assert isinstance(answer, Answer)
    assert answer.status == 200


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
@pytest.mark.parametrize("request_", [GET, POST, replace(POST, method="PUT")], ids=lambda request: request.method)
def test_redirect_is_never_followed(status: str, request_: Request) -> None:
    """The new address gets nothing: no key, no body, not even a connection; its query, an echo of ours, is cut off."""

    async def exchange() -> tuple[Any, Recorder, Recorder]:
        async with recording(reply(b"{}")) as other:
            location = f"Location: {other.url}/contacts?api_key={KEY}"
            async with recording(reply(b"", location, status=f"{status} Moved")) as first:
                return await sent(to(first), request_), first, other

    answer, first, other = asyncio.run(exchange())
    assert (answer.status, len(first.received)) == (int(status), 1)
    assert (other.received, other.connections) == ([], 0)
    headers = {"content-type": "application/json", "content-length": "0", "location": f"{other.url}/contacts"}
    assert answer == Answer(status=int(status), headers=headers, body=b"")


@pytest.mark.parametrize("fault", ["hang-before@1", "hang-after@1", "stalled-chunk@1", "drip@1:0.03", "slow@1:9"])
def test_deadline_is_over_the_whole_request(fault: str) -> None:
    """A server that hangs, stalls or drips byte by byte is left after the deadline, and nothing is known."""
    with practice(fault) as server:
        found = asyncio.run(sent(to_server(server, timeout_seconds=HASTE_SECONDS), POST))
        assert found == (NoAnswerError, "no answer within 0.1 s")
        assert len(server.history()) == 1


def test_body_larger_than_the_cap_is_not_read_to_its_end() -> None:
    """32 MiB are refused after 16, and 17 MiB that were squeezed into a few KiB as well."""
    for fault in ("huge-body@1", f"gzip-bomb@1:{17 << 20}"):
        with practice(fault) as server:
            found = asyncio.run(sent(to_server(server), POST))
        assert found == (NoAnswerError, "the answer is larger than 16 MiB")


def test_body_up_to_the_cap_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last byte that is allowed is one; the next is one too many."""
    monkeypatch.setattr(door, "MAX_BODY", 1000)
    (_, answer), (_, refused) = exchanged(reply(b"x" * 1000), GET), exchanged(reply(b"x" * 1001), GET)
    assert isinstance(answer, Answer)
    assert (len(answer.body), refused) == (1000, (NoAnswerError, "the answer is larger than 16 MiB"))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("reset-before@1", "connection reset by peer"),
        ("reset-after@1", "connection reset by peer"),
        ("reset-headers@1", "connection reset by peer"),
        ("close-before@1", "the connection ended before the answer did"),
        ("close-after@1", "the connection ended before the answer did"),
        ("late-commit@1:0", "the connection ended before the answer did"),
        ("short-length@1", "the connection ended before the answer did"),
        ("garbage-status@1", "the connection ended before the answer did"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_broken_answer_proves_nothing(fault: str, reason: str, method: str) -> None:
    """Once the first byte of a request went out, a broken connection says neither yes nor no; it is not sent again."""
    with practice(fault) as server:
        found = asyncio.run(sent(to_server(server), replace(POST, method=method)))
        assert (found, len(server.history())) == ((NoAnswerError, reason), 1)


def test_answer_that_breaks_in_its_body_proves_nothing() -> None:
    """One library tells why it broke, the other does not."""
    with practice("reset-body@1") as server:
        kind, reason = cast("tuple[type[Exception], str]", asyncio.run(sent(to_server(server), POST)))
        assert (kind, len(server.history())) == (NoAnswerError, 1)
    assert reason in {"connection reset by peer", "the connection ended before the answer did"}


def test_connection_that_was_kept_and_breaks_proves_nothing() -> None:
    """A connection that is used again is there already, so that bytes leave at once."""
    with practice("reset-after@POST#2") as server:

        async def exchange() -> int:
            async with wire(to_server(server)) as http:
                await http.send(POST)
                with pytest.raises(NoAnswerError, match=r"^connection reset by peer$"):
                    await http.send(POST)
                return len(server.history())

        assert asyncio.run(exchange()) == 2


def test_cookie_is_not_kept() -> None:
    """What a server wants to be told again is not told."""

    async def exchange() -> list[bytes]:
        async with recording(reply(b"{}", "Set-Cookie: session=1; Path=/")) as recorder:
            async with wire(replace(to(recorder), base_url=f"http://localhost:{recorder.port}")) as http:
                await http.send(GET)
                await http.send(GET)
            return recorder.received

    assert [b"cookie" in received.lower() for received in asyncio.run(exchange())] == [False, False]


def test_long_header_is_read() -> None:
    """Some send long lists of links."""
    (_received,), answer = exchanged(reply(b"{}", f"Link: {'x' * 20_000}"), GET)
    assert isinstance(answer, Answer)
    assert len(answer.headers["link"]) == 20_000


def test_key_that_fits_no_header_is_not_sent() -> None:
    """A line break in it would begin another header."""

    async def exchange() -> list[bytes]:
        async with recording(reply(b"{}")) as recorder:
            definition = replace(CRELATE, auth=Auth(header={"X-Key": "a\r\nX-More: {api_key}"}))
            client = http_to(to(recorder), Limiter((), FakeClock()), definition)
            with pytest.raises((NoAnswerError, NotSentError)):
                await client.send(GET)
            await client.close()
            return recorder.received

    assert asyncio.run(exchange()) == []


def test_refused_port_proves_that_nothing_was_sent() -> None:
    """No connection, no request."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert asyncio.run(sent(connection(f"http://127.0.0.1:{port}", rate="none"), POST)) == (
        NotSentError,
        "connection refused",
    )


@pytest.mark.parametrize("url", ["http://127.0.0.1:port", "ftp://127.0.0.1", "127.0.0.1", "http://"])
def test_address_that_is_none_proves_that_nothing_was_sent(url: str) -> None:
    """What the library cannot read as an address is not asked."""
    found = asyncio.run(sent(connection(url), POST))
    assert isinstance(found, tuple)
    assert found[0] is NotSentError


def test_connection_that_never_comes_proves_that_nothing_was_sent() -> None:
    """A machine that does not answer at all is left after the deadline, before a byte of the request was sent."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, ExitStack() as waiting:
        address = deaf.getsockname()
        for _ in range(3):  # nobody accepts: these fill the queue, and the next one has to wait
            filler = waiting.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(address)
        found = connection(f"http://127.0.0.1:{address[1]}", timeout_seconds=HASTE_SECONDS)
        assert asyncio.run(sent(found, POST)) == (NotSentError, "no answer within 0.1 s")


@pytest.mark.parametrize(("idle_seconds", "connections"), [(door.IDLE_SECONDS, 1), (0.0, 3)])
def test_idle_connection_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch, idle_seconds: float, connections: int
) -> None:
    """A connection is kept for the next request, but not for longer than it is sure to live."""
    monkeypatch.setattr(door, "IDLE_SECONDS", idle_seconds)

    async def exchange() -> int:
        async with recording(reply(b"{}")) as recorder, wire(to(recorder)) as client:
            for _ in range(3):
                await client.send(GET)
            return recorder.connections

    assert (door.IDLE_SECONDS <= 4, asyncio.run(exchange())) == (True, connections)


@pytest.mark.parametrize("fault", ["", "reset-before@1", "429@1", "garbage-status@1"])
def test_turn_is_given_back_however_it_ends(fault: str) -> None:
    """A request that fails counts for the pace like any other, and does not keep its turn."""
    clock = FakeClock()
    with practice(*filter(None, [fault])) as server:

        async def exchange() -> None:
            found = to_server(server)
            limiter = Limiter((Window(requests=1, seconds=10),), clock)
            client = http_to(found, limiter)
            for _ in range(3):
                await attempted(client.send(POST))
            await client.close()

        asyncio.run(exchange())
    assert clock.sleeps == [10.0, 10.0]


async def paced(recorder: Recorder, clock: FakeClock, intend: Callable[[int], None], times: int) -> Limiter:
    """Send so many requests, one each ten seconds; each intent sees how many came in before."""
    found = to(recorder)
    limiter = Limiter((Window(requests=1, seconds=10),), clock)
    client = http_to(found, limiter)

    async def made() -> None:
        intend(len(recorder.received))

    try:
        for _ in range(times):
            await client.send(POST, made)
    finally:
        await client.close()
    return limiter


def test_intent_comes_after_the_turn_and_before_the_request() -> None:
    """Whatever is waited for is over when the intent is made."""
    clock = FakeClock()
    seen: list[tuple[int, int]] = []

    async def exchange() -> None:
        async with recording(reply(b"{}")) as recorder:
            await paced(recorder, clock, lambda count: seen.append((len(clock.sleeps), count)), 3)

    asyncio.run(exchange())
    assert seen == [(0, 0), (1, 1), (2, 2)]


def test_request_whose_intent_fails_is_not_sent() -> None:
    """The disk is full: no byte leaves, and the turn is given back."""
    clock = FakeClock()

    def fail(_count: int) -> None:
        raise StoreError(Problem(code="E701", fact="full"))

    async def exchange() -> None:
        async with recording(reply(b"{}")) as recorder:
            with pytest.raises(StoreError):
                await paced(recorder, clock, fail, 1)
            assert recorder.received == []
            found = to(recorder)
            limiter = Limiter((Window(requests=1, seconds=10),), clock)
            client = http_to(found, limiter)
            with pytest.raises(NotSentError):
                await client.send(POST, refuse)
            await limiter.take()
            await client.close()

    asyncio.run(exchange())
    assert clock.sleeps == [10.0]


async def refuse() -> None:
    """Send nothing."""
    raise NotSentError("no")


async def attempted(sending: Awaitable[Answer]) -> None:
    """Wait for an answer, or for none."""
    try:
        await sending
    except NoAnswerError:
        return


def test_abandoned_request_gives_its_turn_back() -> None:
    """A run that is interrupted leaves no request under way behind."""
    clock = FakeClock()

    async def exchange() -> None:
        async with recording(b"") as recorder:
            found = to(recorder)
            limiter = Limiter((Window(requests=1, seconds=10),), clock)
            client = http_to(found, limiter)
            sending = asyncio.ensure_future(client.send(GET))
            await recorder.arrived.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await limiter.take()
            await client.close()

    asyncio.run(exchange())
    assert clock.sleeps == [10.0]


@asynccontextmanager
async def turned_away() -> AsyncIterator[int]:
    """Listen, and reset each connection as soon as it is made."""

    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def test_connection_that_breaks_at_once_is_told_apart_by_the_trace() -> None:
    """The same broken connection is in doubt after the first byte of the request, and not sent before it."""

    async def exchange() -> list[Any]:
        async with turned_away() as port:
            plain = await sent(connection(f"http://127.0.0.1:{port}", rate="none"), POST)
            safe = await sent(connection(f"https://127.0.0.1:{port}", rate="none"), POST)
            return [plain, safe]

    plain, safe = asyncio.run(exchange())
    assert (plain[0], safe[0]) == (NoAnswerError, NotSentError)
