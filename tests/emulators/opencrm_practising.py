"""A client for the tests of the practice OpenCRM, with nothing in it that the servers share."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from practising import FixedClock

from migrator.emulators import Emulator, Options, start
from migrator.emulators.opencrm import OpenCrmOptions

AGENT = "practice/1"

_TLS = ssl.create_default_context()


@dataclass(frozen=True, kw_only=True, slots=True)
class Crm:
    """A started server, and a client that speaks to it."""

    server: Emulator
    http: httpx.Client

    def headers(self) -> dict[str, str]:
        """Give the headers with the keys that are good now."""
        return {"KEY1": self.server.secrets["api_key"], "KEY2": self.server.secrets["passkey"]}

    def pair(self, name: str = "apikey") -> dict[str, str]:
        """Give the keys as parameters."""
        return {name: self.server.secrets["api_key"], "passkey": self.server.secrets["passkey"]}

    def send(self, end_point: str, **fields: str) -> httpx.Response:
        """Send a form with the keys in the headers."""
        return self.http.post(f"{self.server.base_url}/{end_point}", data=fields, headers=self.headers())

    def send_bare(self, end_point: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Send a form with these headers only."""
        return self.http.post(f"{self.server.base_url}/{end_point}", data=fields, headers=headers)

    def ask(self, end_point: str, **fields: str) -> Any:
        """Send a form, and give what the answer says."""
        return self.send(end_point, **fields).json()

    def create(self, module: str, **fields: str) -> str:
        """Create a record, and give its id."""
        return str(self.ask(f"edit_{module}", crmid="0", **fields))

    def read(self, module: str, crmid: str, **parameters: str) -> Any:
        """Read a record."""
        return self.ask(f"get_{module}", crmid=crmid, **parameters)

    def control_secrets(self) -> Any:
        """Let a control route replace the keys, and give what it answers."""
        url = f"http://127.0.0.1:{self.server.port}/_emulator/regenerate-key"
        return self.http.post(url, headers={"X-Emulator-Token": self.server.token}).json()

    def held(self, module: str) -> list[dict[str, Any]]:
        """List what the account really holds of a module."""
        return list(self.server.snapshot()[module].values())


@contextmanager
def practice(*faults: str, clock: FixedClock | None = None, **variants: Any) -> Iterator[Crm]:
    """Start an OpenCRM whose clock stands still, and a client for it."""
    options = Options(clock=clock or FixedClock(), vendor=OpenCrmOptions(**variants))
    with (
        start("opencrm", seed=7, faults=faults, options=options) as server,
        httpx.Client(verify=_TLS, trust_env=False, timeout=5, headers={"User-Agent": AGENT}) as http,
    ):
        yield Crm(server=server, http=http)


def told(answer: httpx.Response) -> tuple[int, Any]:
    """Give the status of an answer and what it says."""
    return answer.status_code, answer.json()
