"""A client for the tests of the practice CentralStationCRM."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from header_practising import Crm
from header_practising import practice as _practice
from practising import FixedClock

from migrator.emulators import Options
from migrator.emulators.centralstation import CentralStationOptions

APIKEY = ("X-apikey", "{key}")
NOT_FOUND = {"description": "not found", "error": "not found"}


@contextmanager
def practice(*faults: str, clock: FixedClock | None = None, create_status: int = 0, **variants: Any) -> Iterator[Crm]:
    """Start a CentralStationCRM whose clock stands still, without a limit on requests, and a client for it."""
    vendor = CentralStationOptions(**{"requests_per_window": 0, **variants})
    options = Options(clock=clock or FixedClock(), create_status=create_status, vendor=vendor)
    with _practice("centralstation", APIKEY, *faults, options=options) as crm:
        yield crm


def create(crm: Crm, path: str, **body: Any) -> dict[str, Any]:
    """Create a record from its wrapper and fields, and give it without its wrapper."""
    record: dict[str, Any]
    (record,) = crm.send("POST", path, body).json().values()
    return record


def names(crm: Crm, path: str, **query: Any) -> list[str]:
    """Give the names of the records in a list."""
    return [record["name"] for one in crm.read(path, **query) for record in one.values()]


def error(error_name: str, description: str) -> dict[str, str]:
    """Give the body of an error."""
    return {"description": description, "error": error_name}
