"""What a run is asked to do, what it tells on its way, and how it ends."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrator.errors import Problem
from migrator.ports import Clock, Rng, SystemClock
from migrator.store.states import State


class Phase(StrEnum):
    """What a run is doing."""

    OBJECT = "object_started"
    PROGRESS = "batch_done"
    THROTTLED = "throttled"
    REJECTED = "reject"
    SETTLING = "settling"
    FINISHED = "finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened: to which object, how many of how many, and in words where numbers do not say it."""

    phase: Phase
    object: str = ""
    done: int = 0
    total: int = 0
    text: str = ""


class Stop:
    """Asks a run to end: once to let what is under way finish, twice to cut it."""

    def __init__(self) -> None:
        self.is_asked = False
        self._under_way: set[asyncio.Task[None]] = set()

    def ask(self) -> None:
        """Ask once more; the second time cuts what is under way."""
        if self.is_asked:
            for task in self._under_way:
                task.cancel()
        self.is_asked = True

    def watch(self, task: asyncio.Task[None]) -> None:
        """Take note of a task that the second asking cuts."""
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


@dataclass(frozen=True, kw_only=True, slots=True)
class Applying:
    """How a plan is applied. `limit` stops after so many writes, `max_failures` after so many refusals.

    `only` names the one object that is written; what it waits for must be there already.
    """

    keeps_plan: bool = False
    limit: int | None = None
    only: str = ""
    max_failures: int | None = None
    concurrency: int | None = None
    stop: Stop = field(default_factory=Stop)
    tell: Callable[[Event], None] = lambda _event: None
    clock: Clock = field(default_factory=SystemClock)
    rng: Rng = field(default_factory=Rng)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """How a run ended, DONE, DONE_WITH_FINDINGS, HALTED or INTERRUPTED; how many operations stand where; and why."""

    run: int
    state: str
    counts: Mapping[State, int]
    written: int
    problem: Problem | None = None

    @property
    def exit_code(self) -> int:
        """Give the exit code of a command that ends with this run."""
        if self.state == "HALTED":
            return 9 if self.problem and self.problem.code in {"E901", "E902"} else 7
        return {"DONE": 0, "DONE_WITH_FINDINGS": 5}.get(self.state, 7)
