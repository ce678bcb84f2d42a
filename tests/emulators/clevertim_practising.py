"""A client for the tests of the practice Clevertim."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from header_practising import Crm
from header_practising import practice as _practice
from practising import FixedClock

from migrator.emulators import Options
from migrator.emulators.clevertim import ClevertimOptions

BASIC = ("Authorization", "Basic {basic}")


@contextmanager
def practice(*faults: str, clock: FixedClock | None = None, **variants: Any) -> Iterator[Crm]:
    """Start a Clevertim whose clock stands still, and a client for it."""
    options = Options(clock=clock or FixedClock(), vendor=ClevertimOptions(**variants))
    with _practice("clevertim", BASIC, *faults, options=options) as crm:
        yield crm


def create(crm: Crm, path: str, **fields: Any) -> Any:
    """Create a record, and give its id."""
    return crm.send("POST", path, fields).json()["content"][0]["id"]


def one(crm: Crm, path: str) -> dict[str, Any]:
    """Read the one record at a path."""
    record: dict[str, Any]
    (record,) = crm.read(path)["content"]
    return record


def error(message: str) -> dict[str, str]:
    """Give the body of an error."""
    return {"status": "ERROR", "error": message}


def basic(user: str, password: str = "") -> str:
    """Encode a user and a password as they stand in the header."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()
