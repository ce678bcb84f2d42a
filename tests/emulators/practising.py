"""A client for the tests of the practice servers, with nothing in it that the servers share."""

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from migrator.emulators import Emulator, Options, start
from migrator.ports import SystemClock

GHOST = "11111111-2222-4333-8444-555555555555"

_TLS = ssl.create_default_context()


class FixedClock(SystemClock):
    """A wall clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.moment = datetime(2024, 5, 6, 7, 8, 9, 120000, UTC)

    def now(self) -> datetime:
        """Give the moment at which the clock stands."""
        return self.moment

    def go_on(self, **how_long: float) -> None:
        """Put the clock forward."""
        self.moment += timedelta(**how_long)


@dataclass(frozen=True, kw_only=True, slots=True)
class Crm:
    """A started server, and a client that speaks to it."""

    server: Emulator
    http: httpx.Client

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """Send a request with the key."""
        params = {"api_key": self.server.api_key, **query}
        return self.http.request(method, self.server.base_url + path, json=body, params=params)

    def send_text(self, method: str, path: str, body: str, content_type: str = "application/json") -> httpx.Response:
        """Send a body as it is."""
        params = {"api_key": self.server.api_key}
        headers = {"Content-Type": content_type}
        return self.http.request(
            method, self.server.base_url + path, content=body.encode(), params=params, headers=headers
        )

    def control(self, method: str, route: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a control request with the token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.server.port}/_emulator/{route}"
        return self.http.request(method, url, json=body, headers={"X-Emulator-Token": self.server.token} | named)

    def create(self, path: str, **fields: Any) -> str:
        """Create a record, and give its id."""
        return str(self.send("POST", path, fields).json()["Id"])

    def read(self, path: str) -> Any:
        """Read what is at a path."""
        return self.send("GET", path).json()

    def held(self, object_name: str) -> list[dict[str, Any]]:
        """List what the account really holds of an object."""
        return list(self.server.snapshot()[object_name].values())

    def count(self) -> int:
        """Count everything that the account holds."""
        return sum(len(table) for table in self.server.snapshot().values())


@contextmanager
def practice(*faults: str, seed: int | None = 7, options: Options | None = None) -> Iterator[Crm]:
    """Start a Crelate server and a client for it."""
    with (
        start("crelate", seed=seed, faults=faults, options=options) as server,
        httpx.Client(verify=_TLS, trust_env=False, timeout=5) as http,
    ):
        yield Crm(server=server, http=http)


def raw_exchange(crm: Crm, body: Any = None, **headers: str) -> tuple[bytes, str]:
    """Send one request byte for byte; give all bytes that came back, and how it ended: closed, reset or silent."""
    fields = {"Host": f"127.0.0.1:{crm.server.port}", "Connection": "close", "Content-Type": "application/json"}
    content = json.dumps(body).encode()
    fields |= {"Content-Length": str(len(content))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    target = f"/api/pub/v1/contacts?api_key={crm.server.api_key}"
    with socket.create_connection(("127.0.0.1", crm.server.port), timeout=3) as connection:
        connection.sendall(f"POST {target} HTTP/1.1\r\n{lines}\r\n".encode() + content)
        return _read_to_end(connection)


def _read_to_end(connection: socket.socket) -> tuple[bytes, str]:
    received = b""
    try:
        while chunk := connection.recv(1 << 16):
            received += chunk
    except ConnectionResetError:
        return received, "reset"
    except TimeoutError:
        return received, "silent"
    return received, "closed"


def eventually(is_so: Callable[[], bool]) -> bool:
    """Wait, but not for long, until something is so."""
    deadline = time.monotonic() + 2
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)
    return is_so()
