"""Time, chance, threads and points of failure: everything that a test replaces.

Nothing else in the package reads a clock, draws a number or starts a thread, so that one seed is one execution.
"""

import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from migrator.errors import Problem, StoreError


class Clock(Protocol):
    """Wall time for people, monotonic time for waiting, boot time for waits that survive a restart."""

    def now(self) -> datetime:
        """Give the wall time in UTC; never used for waiting."""

    def monotonic(self) -> float:
        """Give seconds that never go back."""

    def boottime_ns(self) -> int:
        """Give nanoseconds since boot, counting sleep of the machine."""

    def boot_id(self) -> str:
        """Name this boot of this machine; boot times of two boots cannot be compared."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Give the wall time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that never go back."""
        return time.monotonic()

    def boottime_ns(self) -> int:
        """Give nanoseconds since boot; where the platform has no such clock, monotonic time stands in."""
        clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        return time.clock_gettime_ns(clock)

    def boot_id(self) -> str:
        """Name this boot; empty where the platform does not say, which counts as another boot."""
        path = Path("/proc/sys/kernel/random/boot_id")
        return path.read_text(encoding="ascii").strip() if path.is_file() else ""

    async def sleep(self, seconds: float) -> None:
        """Wait without holding up other requests."""
        import asyncio  # noqa: PLC0415 - who never waits does not import it

        await asyncio.sleep(seconds)


class Rng:
    """Chance that a seed repeats; without a seed it is the machine's."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - no secret

    def fraction(self) -> float:
        """Draw from 0 up to, not including, 1."""
        return self._random.random()

    def guid(self) -> str:
        """Draw a GUID in lower case with dashes."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def token(self) -> str:
        """Draw 128 bits as 32 hexadecimal digits."""
        return f"{self._random.getrandbits(128):032x}"


def start_thread(work: Callable[[], None], *, name: str) -> threading.Thread:
    """Run `work` beside the caller; the thread does not keep the process alive."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def new_lock() -> threading.Lock:
    """Make the lock that guards state shared between a server's threads."""
    return threading.Lock()


def pause(seconds: float) -> None:
    """Hold up this thread: for a server's threads and a waiting command only; the engine sleeps through its `Clock`."""
    time.sleep(seconds)


def _raise_no_space() -> None:
    raise OSError(28, "no space left on device (failpoint)")


_ACTIONS: dict[str, Callable[[], None]] = {
    "kill9": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "interrupt": lambda: os.kill(os.getpid(), signal.SIGINT),
    "enospc": _raise_no_space,
}

_armed: dict[str, tuple[str, int]] = {}


def arm_failpoints(text: str) -> None:
    """Set the points at which this process fails on purpose: `name=action[@n],...`, where n is the hit that fails.

    Raises StoreError for an unknown action; an empty text disarms all.
    """
    _armed.clear()
    for part in filter(None, text.split(",")):
        name, _, what = part.partition("=")
        action, _, hit = what.partition("@")
        if action not in _ACTIONS:
            hint = f"one of {', '.join(_ACTIONS)}"
            raise StoreError(Problem(code="E799", fact=f"unknown failpoint action '{action}'", hint=hint))
        if hit and not hit.isdigit():
            raise StoreError(Problem(code="E799", fact=f"'{hit}' is no number of a hit", hint="such as kill9@3"))
        _armed[name] = (action, int(hit or 1))


def failpoint(name: str) -> None:
    """Fail here if a test or the demo asked for it; otherwise do nothing."""
    if name not in _armed:
        return
    action, hits = _armed[name]
    if hits > 1:
        _armed[name] = (action, hits - 1)
        return
    del _armed[name]
    _ACTIONS[action]()
