"""A client for the tests of the practice Spotler."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from header_practising import Crm
from header_practising import practice as _practice
from practising import FixedClock

from migrator.emulators import Options
from migrator.emulators.spotler import SpotlerOptions

BEARER = ("Authorization", "Bearer {key}")


@contextmanager
def practice(*faults: str, clock: FixedClock | None = None, create_status: int = 0, **variants: Any) -> Iterator[Crm]:
    """Start a Spotler whose clock stands still, and a client for it."""
    options = Options(clock=clock or FixedClock(), create_status=create_status, vendor=SpotlerOptions(**variants))
    with _practice("spotler", BEARER, *faults, options=options) as crm:
        yield crm


def create(crm: Crm, path: str, **fields: Any) -> dict[str, Any]:
    """Create a record, and give it."""
    record: dict[str, Any] = crm.send("POST", path, fields).json()["record"]
    return record


def numbers(crm: Crm, path: str, **query: Any) -> list[Any]:
    """Give the last word of the name of each record in a list."""
    return [one["record"]["name"].split()[-1] for one in crm.read(path, **query)["list"]]


def error(status: int, message: str) -> dict[str, Any]:
    """Give the body of an error."""
    return {"type": "Invalid Request error", "code": status, "message": message}


def bad(fact: str) -> dict[str, Any]:
    """Give the body of a 400."""
    return error(400, f"Bad request, please check the url and data submitted: {fact}")


def invalid(**rules: str) -> dict[str, Any]:
    """Give the body of a validation error."""
    return {
        "type": "Validation error",
        "code": 422,
        "message": "The given data was invalid.",
        "validation": {name: [{rule: []}] for name, rule in rules.items()},
    }
