"""A client for the tests of the practice api3 of Crelate."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from header_practising import Crm
from header_practising import practice as _practice
from practising import FixedClock

from migrator.emulators import Options
from migrator.emulators.crelate3 import Crelate3Options

HEADER = ("X-Api-Key", "{key}")
DEFAULT_CATEGORY = "00000000-0000-0000-0000-000000000000"


@contextmanager
def practice(*faults: str, clock: FixedClock | None = None, create_status: int = 0, **variants: Any) -> Iterator[Crm]:
    """Start a tenant whose clock stands still, and a client for it."""
    options = Options(clock=clock or FixedClock(), create_status=create_status, vendor=Crelate3Options(**variants))
    with _practice("crelate3", HEADER, *faults, options=options) as crm:
        yield crm


def post(crm: Crm, path: str, **fields: Any) -> httpx.Response:
    """Send an entity."""
    return crm.send("POST", path, {"entity": fields})


def create(crm: Crm, path: str, **fields: Any) -> str:
    """Create a record, and give its id."""
    return str(post(crm, path, **fields).json()["Data"])


def patch(crm: Crm, url: str, **fields: Any) -> httpx.Response:
    """Send some fields of a record."""
    return crm.send("PATCH", url, {"entity": fields})


def data(crm: Crm, path: str, **query: Any) -> Any:
    """Read what is at a path, without its envelope."""
    return crm.read(path, **query)["Data"]


def names(crm: Crm, path: str, **query: Any) -> list[str]:
    """Give the name of each record in a list."""
    return [one["Name"] for one in data(crm, path, **query)]


def told(answer: httpx.Response) -> tuple[int, Any, list[str]]:
    """Give status, data and messages of an answer."""
    body = answer.json()
    return answer.status_code, body["Data"], [one["Message"] for one in body["Errors"]]


def entry(crm: Crm, list_name: str, name: str) -> dict[str, str]:
    """Find an entry of a list, as a lookup to it reads."""
    return next({"Id": one["Id"], "Title": name} for one in data(crm, f"/{list_name}") if one["Name"] == name)
