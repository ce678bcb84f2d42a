"""The sockets: HTTP/1.1 on loopback with keep-alive, a thread for each connection, each answer in one write.

One write and no Nagle, because headers and body in two segments meet delayed acknowledgements: 22 requests a second
instead of thousands.
"""

import os
import socket
import socketserver
import struct
from collections.abc import Iterable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from migrator.emulators.account import Factory, Options, Snapshot
from migrator.emulators.control import CONTROL_PATH, control_answer
from migrator.emulators.exchange import Exchange, head
from migrator.emulators.history import Entry
from migrator.emulators.messages import Answer, Request, message_answer
from migrator.emulators.practice import Practice
from migrator.ports import Rng, new_lock, pause, start_thread

LOOPBACK = "127.0.0.1"
MAX_BODY_BYTES = 4 << 20
MAX_DRAINED_BYTES = 64 << 20

_IDLE_SECONDS = 120
_POLL_SECONDS = 0.02
_GOODBYE_SECONDS = 1.0
_LINGER_ZERO = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class _Listener(socketserver.TCPServer):
    """Accepts connections on loopback and serves each in a thread of its own."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, practice: Practice) -> None:
        self.practice = practice
        self._open: set[socket.socket] = set()
        self._lock = new_lock()
        super().__init__((LOOPBACK, port), _Connection)
        self.port: int = self.server_address[1]
        hosts = [f"{name}:{self.port}" for name in (LOOPBACK, "localhost", "[::1]")]
        self.own_hosts = frozenset(hosts)
        self.own_origins = frozenset(f"http://{host}" for host in hosts)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection beside the others."""
        with self._lock:
            self._open.add(request)
        start_thread(partial(self._serve, request, client_address), name=f"connection-{client_address[1]}")

    def _serve(self, connection: Any, client_address: Any) -> None:
        try:
            self.finish_request(connection, client_address)
        except ConnectionError:
            pass  # the client is gone: it was killed, or it gave up
        except Exception:  # noqa: BLE001 - a defect of the server; shown on stderr, and the client sees a broken connection
            self.handle_error(connection, client_address)
        finally:
            self.shutdown_request(connection)
            with self._lock:
                self._open.discard(connection)

    def hang_up(self) -> None:
        """End all connections and wait a moment for their threads."""
        with self._lock:
            for connection in self._open:
                _shut(connection)
        left = _GOODBYE_SECONDS
        while self._open and left > 0:
            pause(_POLL_SECONDS / 4)
            left -= _POLL_SECONDS / 4


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


class _Connection(BaseHTTPRequestHandler):
    """One connection: reads requests one after another and lets each be exchanged."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: _Listener

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Keep silent: a request line carries the key."""

    def write(self, data: bytes) -> None:
        """Send bytes at once."""
        self.wfile.write(data)

    def close(self) -> None:
        """End the connection in order."""
        self.close_connection = True

    def reset(self) -> None:
        """Break the connection: with no linger, closing sends a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.rfile.close()
        self.connection.close()

    def _exchange(self) -> None:
        try:
            self._answer()
        except OSError:  # the client has gone, or the server is closing
            self.close_connection = True

    def _answer(self) -> None:
        body, refusal = self._read_body()
        if body is None:
            return
        request = self._request(body)
        practice = self.server.practice
        refusal = refusal or self._misplaced(request)
        if refusal is not None:
            Exchange(practice, self, request, practice.turn_away(request).n).send(refusal)
        elif request.path.startswith(CONTROL_PATH):
            answer = control_answer(practice, request, self.server.own_origins)
            self.write(head(answer, practice.now(), f"Content-Length: {len(answer.body)}") + answer.body)
        else:
            self._serve_account(request)

    def _serve_account(self, request: Request) -> None:
        practice = self.server.practice
        entry, fault = practice.receive(request)
        exchange = Exchange(practice, self, request, entry.n)
        if fault is None:
            exchange.send(exchange.commit())
        else:
            fault.kind.act(exchange, fault.argument)

    def _request(self, body: bytes) -> Request:
        path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            target=self.path,
            path=path,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )

    def _misplaced(self, request: Request) -> Answer | None:
        """Refuse a foreign Host, which is how a page in a browser reaches a server on loopback by a name of its own."""
        if request.headers.get("host", "").lower() not in self.server.own_hosts:
            return message_answer(403, "The header Host does not name this server.")
        if request.path.startswith((CONTROL_PATH, f"{self.server.practice.account.base_path}/")):
            return None
        return message_answer(404, "There is nothing here.")

    def _read_body(self) -> tuple[bytes | None, Answer | None]:
        """Read the body; None where the client left before its end. A body that is not read ends the connection."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            return self._unread(message_answer(411, "Send a Content-Length."))
        if not (length.isascii() and length.isdigit()):
            return self._unread(message_answer(400, "The Content-Length is no number."))
        if int(length[:20]) > MAX_BODY_BYTES:
            self._drain(int(length[:20]))
            return self._unread(message_answer(413, f"The body is larger than {MAX_BODY_BYTES} bytes."))
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None, None
        return body, None

    def _unread(self, refusal: Answer) -> tuple[bytes, Answer]:
        self.close_connection = True
        return b"", refusal

    def _drain(self, length: int) -> None:
        """Read on without keeping anything, since an answer to a client that is still sending would be lost."""
        left = min(length, MAX_DRAINED_BYTES)
        while left > 0 and (chunk := self.rfile.read(min(left, 1 << 16))):
            left -= len(chunk)

    # the base class looks for these names
    do_GET = do_POST = do_PUT = do_DELETE = _exchange  # noqa: N815 - see above
    do_HEAD = do_PATCH = do_OPTIONS = _exchange  # noqa: N815 - see above


class Emulator:
    """A running practice server. Its history and snapshot are the evidence; both can be read after it is closed."""

    def __init__(
        self, factory: Factory, *, port: int, seed: int | None, faults: Iterable[str], options: Options
    ) -> None:
        account = factory(_stream(seed, 0), options)
        self._practice = Practice(account, _stream(seed, 1), options, faults)
        self._listener = _Listener(port, self._practice)
        start_thread(partial(self._listener.serve_forever, _POLL_SECONDS), name=f"emulator-{self.port}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, end all connections, and let no late commit happen any more."""
        if self._practice.is_closed:
            return
        self._practice.is_closed = True
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.hang_up()

    @property
    def port(self) -> int:
        """Give the port on 127.0.0.1."""
        return self._listener.port

    @property
    def base_url(self) -> str:
        """Give the URL that stands for the vendor's."""
        return f"http://{LOOPBACK}:{self.port}{self._practice.account.base_path}"

    @property
    def api_key(self) -> str:
        """Give the key that the account accepts now."""
        return self._practice.account.key

    @property
    def secrets(self) -> dict[str, str]:
        """Give all that the account wants to hear: the key as `api_key`, and whatever else by its own name."""
        return self._practice.secrets()

    @property
    def token(self) -> str:
        """Give the token for the control routes."""
        return self._practice.token

    def history(self) -> list[Entry]:
        """List all requests but those to control routes, in order of receipt."""
        return self._practice.history()

    def snapshot(self) -> Snapshot:
        """Copy all records: object → id → the fields that are set."""
        return self._practice.snapshot()

    def seed_records(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Put records there before a rehearsal, and give their ids; nothing of it stands in the history.

        Raises SpecError for an unknown object or field and for what the vendor would refuse; the records before the
        refused one stay.
        """
        return self._practice.seed_records(object_name, records)

    def regenerate_key(self) -> str:
        """Replace the key, as a user of the CRM may at any time; the old one answers 401 from now on."""
        return self._practice.regenerate_key()

    def script(self, *faults: str) -> None:
        """Add scripted faults. Raises SpecError, and adds none, where one text is wrong."""
        self._practice.script(faults)


def _stream(seed: int | None, purpose: int) -> Rng:
    """Give each purpose a chance of its own, so that a fault's draw never shifts the ids of records."""
    return Rng(None if seed is None else 2 * seed + purpose)
