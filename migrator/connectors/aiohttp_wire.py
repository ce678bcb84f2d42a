"""The wire over aiohttp (extra `aiohttp`): takes less of the processor than httpx's own engine. aiohttp's one door.

It stands where a transport of httpx would, takes its requests, and keeps what the wire promises: the trace tells before
the first byte of a request may leave, each is sent once, and no redirect is followed, no proxy asked, no cookie kept.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cached_property
from typing import Any, NoReturn

import aiohttp
from yarl import URL

from migrator.connectors.rest import http

_MAX_HEAD = 65_536
_STARTED = "send_request_headers.started"

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]


class AiohttpWire:
    """Connections that are kept for the next request, as many as there are requests under way."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: Any) -> "WireAnswer":
        """Send one request, once. Raises OSError, TimeoutError; the trace among its extensions tells what was sent."""
        sending = _Sending(request.extensions["trace"])
        session = self._session = self._session or _open()
        try:
            answer = await session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[
                    (name.decode("ascii"), text.decode(request.headers.encoding)) for name, text in request.headers.raw
                ],
                data=request.read() or None,
                ssl=self._tls if request.url.scheme == "https" else True,
                allow_redirects=False,
                middlewares=(sending.once,),
                trace_request_ctx=sending,
            )
        except (aiohttp.ClientError, ValueError) as error:
            _fail(error)
        return WireAnswer(answer)

    async def aclose(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return http.tls()


class WireAnswer:
    """An answer whose body is still to be read, with the names that httpx gives to its parts."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.status_code = answer.status
        self.headers = {name.lower(): ", ".join(answer.headers.getall(name)) for name in answer.headers}
        self.stream = self.aiter_bytes()

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Give the body as it comes, unpacked. Raises OSError."""
        try:
            async for chunk in self._answer.content.iter_any():
                yield chunk
        except aiohttp.ClientError as error:
            _fail(error)

    async def aclose(self) -> None:
        """Keep the connection where the answer was read to its end; else close it."""
        self._answer.release()


class _Sending:
    """The one sending of a request: the library would repeat a PUT whose connection broke."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._error: Exception | None = None

    async def once(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """Send; a second try ends as the first did."""
        if self._error is not None:
            raise self._error
        try:
            return await send(request)
        except Exception as error:
            self._error = error
            raise

    async def start(self) -> None:
        """Tell that a connection is there: from now on bytes of the request may leave."""
        await self._trace(_STARTED, {})


async def _start(_session: aiohttp.ClientSession, context: Any, _facts: object) -> None:
    await context.trace_request_ctx.start()


def _open() -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_start)
    trace.on_connection_reuseconn.append(_start)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(keepalive_timeout=http.IDLE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # none: the deadline is over the whole, and stands around this
        max_field_size=_MAX_HEAD,
        trace_configs=[trace],
    )


def _fail(error: Exception) -> NoReturn:
    """Give an error of the library as one of the system, which is its cause where there was one."""
    raise ConnectionError from error
