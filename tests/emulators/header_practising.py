"""Clients for the practice servers whose secret travels in a header, with nothing in them that the servers share."""

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from practising import FixedClock

from migrator.emulators import Emulator, Options, start

_TLS = ssl.create_default_context()


class SteadyClock(FixedClock):
    """A clock of which also the time for waiting stands still."""

    def monotonic(self) -> float:
        """Give the moment at which the clock stands, in seconds."""
        return self.moment.timestamp()


@dataclass(frozen=True, kw_only=True, slots=True)
class Crm:
    """A started server, and a client that speaks to it; `header` is the secret's, with `{key}` or `{basic}` in it."""

    server: Emulator
    http: httpx.Client
    header: tuple[str, str]

    def headers(self) -> dict[str, str]:
        """Give the header with the key that is good now."""
        key = self.server.api_key
        return {self.header[0]: self.header[1].format(key=key, basic=base64.b64encode(f"{key}:X".encode()).decode())}

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """Send a request with the key."""
        url = self.server.base_url + path
        return self.http.request(method, url, json=body, params=query or None, headers=self.headers())

    def send_text(self, method: str, path: str, body: str, content_type: str = "application/json") -> httpx.Response:
        """Send a body as it is."""
        headers = self.headers() | {"Content-Type": content_type}
        return self.http.request(method, self.server.base_url + path, content=body.encode(), headers=headers)

    def send_bare(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request with these headers only; underscores stand for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, self.server.base_url + path, json=body, headers=named)

    def control(self, route: str) -> httpx.Response:
        """Read a control route."""
        url = f"http://127.0.0.1:{self.server.port}/_emulator/{route}"
        return self.http.get(url, headers={"X-Emulator-Token": self.server.token})

    def read(self, path: str, **query: Any) -> Any:
        """Read what is at a path."""
        return self.send("GET", path, **query).json()

    def held(self, object_name: str) -> list[dict[str, Any]]:
        """List what the account really holds of an object."""
        return list(self.server.snapshot()[object_name].values())


@contextmanager
def practice(
    name: str, header: tuple[str, str], *faults: str, seed: int | None = 7, options: Options | None = None
) -> Iterator[Crm]:
    """Start a server of this name, and a client for it."""
    with (
        start(name, seed=seed, faults=faults, options=options) as server,
        httpx.Client(verify=_TLS, trust_env=False, timeout=5) as http,
    ):
        yield Crm(server=server, http=http, header=header)
