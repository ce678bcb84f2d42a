"""What is said of an operation: how it was sent, how it went on, and what a person decided about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from migrator.store.states import State


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One sending of an operation: which it was, and when, on which boot of the machine."""

    number: int
    body_sha256: str
    boot_id: str
    boottime_ns: int
    wall: str


class Ending(NamedTuple):
    """How an operation leaves a state: to which, with what id, evidence and words; `fields` are what it wrote."""

    state: State
    target_id: str | None = None
    fields: Mapping[str, Any] = {}
    status: int | None = None
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a person decided about an operation in quarantine: how it goes on, who said so, and why."""

    ending: Ending
    who: str
    why: str
