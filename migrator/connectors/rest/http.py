"""The wire: one request, sent once, and what came back. httpx is imported here and nowhere else.

What happened is read off the trace, not off the exception: a connection that broke before the first byte of the request
went out proves that nothing was sent; after it nothing is proved. Secrets join the request at the last moment, inside
this file, and the library's own log lines, which would show them, are switched off.
"""

import asyncio
import fnmatch
import importlib
import ipaddress
import logging
import os
import socket
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from migrator.connectors.protocols import Intend, go_ahead
from migrator.connectors.rest.auth import Session
from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.limiter import Limiter
from migrator.connectors.rest.settings import Connection, is_loopback
from migrator.errors import Problem, SpecError, TargetError

MAX_BODY = 16 * 1024 * 1024
IDLE_SECONDS = 4.0
MAX_URLS = 1_000

_HEADER = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}
_JSON = {"Content-Type": "application/json"}

_LIBRARY = "httpx2" if os.environ.get("MIGRATOR_HTTP") == "httpx2" else "httpx"
sys.modules.setdefault(f"{_LIBRARY}._main", None)  # type: ignore[arg-type]  # its command line brings rich along
httpx = importlib.import_module(_LIBRARY)

for _name in ("httpx", "httpcore", "httpx2", "httpcore2", "aiohttp"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # at INFO they print whole URLs, keys included


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        """Tell whether the server calls it JSON."""
        return "json" in self.headers.get("content-type", "").lower()

    @property
    def charset(self) -> str:
        """Give the declared charset; empty if there is none."""
        return self.headers.get("content-type", "").partition("charset=")[2].partition(";")[0].strip().strip('"')


class NotSentError(Exception):
    """It is proved that nothing of the request left this machine. `is_final`: trying again cannot help."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class NoAnswerError(Exception):
    """The request may have arrived; what became of it is not known. `is_final`: no write is to follow it."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class Http:
    """The connection to one target: paced, with a deadline for each request, never following a redirect.

    Each request under way has a connection of its own, in a transport of its own: a pool that is shared walks over all
    its connections for each request. No cookies are kept.
    """

    def __init__(
        self, connection: Connection, session: Session, limiter: Limiter, *, user_agent: str = "", transport: Any = None
    ) -> None:
        self._connection = connection
        self._session = session
        self._limiter = limiter
        self._header = {**_HEADER, "User-Agent": user_agent or "migrator/0.1"}
        self._verify = tls() if transport is None and connection.base_url.startswith("https") else False
        self._transport = transport
        self._idle: list[Any] = []
        self._urls: dict[str, Any] = {}

    async def close(self) -> None:
        """Close the connections."""
        while self._idle:
            await self._idle.pop().aclose()

    def _open(self) -> Any:
        limits = httpx.Limits(max_connections=None, keepalive_expiry=IDLE_SECONDS)
        return self._transport or httpx.AsyncHTTPTransport(verify=self._verify, trust_env=False, limits=limits)

    async def send(self, request: Request, intend: Intend = go_ahead) -> Answer:
        """Send once, when its turn has come. Raises NotSentError or NoAnswerError; every answer is given back.

        `intend` is awaited just before; what it raises goes through, and nothing was sent then.
        """
        weight = await self._limiter.take(request.method)
        try:
            await intend()
            answer = await self._send(request)
        finally:
            self._limiter.give_back(weight)
        self._limiter.heed(answer.headers)
        return answer

    async def _send(self, request: Request) -> Answer:
        started = False

        async def trace(event: str, _info: Mapping[str, Any]) -> None:
            nonlocal started
            started = started or event.endswith("send_request_headers.started")

        try:
            async with asyncio.timeout(self._connection.timeout_seconds):
                return await self._exchange(request, trace)
        except NoAnswerError as error:
            # without the frames that hold the request and its key
            raise NoAnswerError(str(error), is_final=error.is_final) from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            reason = _reason(error, self._connection.timeout_seconds)
            if started:
                raise NoAnswerError(reason) from None
            raise NotSentError(reason, is_final=_is_certificate(error)) from None

    async def _exchange(self, request: Request, trace: Any) -> Answer:
        built = self._built(request, trace)
        transport = self._idle.pop() if self._idle else self._open()
        try:
            response = await transport.handle_async_request(built)
            try:
                return await _whole(response)
            finally:
                await response.aclose()
        finally:
            self._idle.append(transport)

    def _built(self, request: Request, trace: Any) -> Any:
        session = None if request.is_login else self._session
        query = {**request.query, **(session.query() if session else {})}
        header = {**self._header, **(session.header() if session else {}), **request.header}
        told = {"extensions": {"trace": trace}}  # no timeout: the deadline is over the whole, the library's per read
        if query or not request.body:
            header |= _JSON if request.body else {}
            address = self._address(request)
            return httpx.Request(
                request.method, address, params=query or None, headers=header, **self._content(request), **told
            )
        url = self._urls.get(request.path) or self._urls.setdefault(request.path, httpx.URL(self._address(request)))
        if len(self._urls) > MAX_URLS:
            self._urls.clear()
        header = {"Host": url.netloc.decode("ascii"), **header, **_JSON, "Content-Length": str(len(request.body))}
        return httpx.Request(request.method, url, headers=header, stream=httpx.ByteStream(request.body), **told)

    def _address(self, request: Request) -> str:
        return request.path if "://" in request.path else self._connection.base_url + request.path

    def _content(self, request: Request) -> dict[str, Any]:
        """Give the body as the library wants it, with the fields of the session in each form."""
        if request.body:
            return {"content": request.body}
        own = {} if request.is_login or request.method == "GET" else self._session.form()
        fields = [*own.items(), *request.form]
        if not fields:
            return {}
        if request.is_multipart:
            return {"files": [(name, (None, text)) for name, text in fields]}
        names = dict.fromkeys(name for name, _text in fields)
        return {"data": {name: [text for known, text in fields if known == name] for name in names}}


async def _whole(response: Any) -> Answer:
    """Read an answer to its end. Raises NoAnswerError where it is too large."""
    headers = dict(response.headers.items())
    body = bytearray()
    chunks = response.aiter_bytes() if "content-encoding" in headers else response.stream
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_BODY:
            raise NoAnswerError("the answer is larger than 16 MiB", is_final=True)
    if location := headers.get("location"):
        headers["location"] = location.partition("?")[0]  # it may echo the key
    return Answer(status=response.status_code, headers=headers, body=bytes(body))


def check_address(connection: Connection, name: str, hosts: tuple[str, ...], stated: str = "") -> None:
    """Refuse an address that could send data elsewhere: the base URL, or that of a login.

    Raises SpecError; TargetError if the host does not resolve.
    """
    stated = stated or connection.base_url
    try:
        parts = urlsplit(stated)
        host, port = parts.hostname or "", parts.port or 443
        host.encode("idna")
    except ValueError:
        raise _no_address(name, "the base URL is no address") from None
    if connection.is_loopback_allowed and is_loopback(stated) and parts.scheme in {"http", "https"}:
        return
    if parts.scheme != "https" or parts.username is not None or not host:
        raise _no_address(name, "the base URL is not one that data may go to")
    if hosts and not any(fnmatch.fnmatchcase(host, pattern) for pattern in hosts):
        fact = f"'{host}' is no host of {name}"
        raise SpecError(Problem(code="E019", place=name, fact=fact, hint=f"expected {' or '.join(hosts)}"))
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        hint = "check the base URL and the network"
        raise TargetError(Problem(code="E901", place=name, fact=f"'{host}' does not resolve", hint=hint)) from error
    for *_rest, address in found:
        if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
            fact = f"'{host}' leads to an address inside this network: {address[0]}"
            raise SpecError(Problem(code="E019", place=name, fact=fact, hint="use the vendor's own address"))


def _no_address(name: str, fact: str) -> SpecError:
    hint = "https://… for a real account, http://127.0.0.1:PORT… for a practice server"
    return SpecError(Problem(code="E019", place=name, fact=fact, hint=hint))


def tls() -> ssl.SSLContext:
    """Make what checks certificates, with TLS 1.2 or later."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _is_certificate(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _reason(error: BaseException, timeout_seconds: float) -> str:
    """Say what broke, without the URL: the library's own texts may hold it."""
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_seconds:g} s"
    if _is_certificate(error):
        return "the server's certificate is not valid for it"
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno:
            return os.strerror(seen.errno).lower()  # the error's own text may hold the address
        seen = seen.__cause__ or seen.__context__
    return {"ConnectError": "no connection", "ReadError": "the connection broke"}.get(
        type(error).__name__, "the connection ended before the answer did"
    )
