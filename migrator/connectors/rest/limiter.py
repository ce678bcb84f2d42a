"""Pace: no window of the vendor's is ever exceeded, and nobody is asked again before the time it named."""

import asyncio
from collections import deque
from collections.abc import Mapping

from migrator.connectors.rest.definition import Limits, Window
from migrator.ports import Clock

MAX_RESET_SECONDS = 900.0


class Limiter:
    """Lets requests go, one after the other, so that each window holds at most its number of them.

    A request counts from the moment it goes until its window has passed since its answer came: what the server counts,
    whenever it counts it, lies in between.
    """

    def __init__(self, windows: tuple[Window, ...], clock: Clock, limits: Limits | None = None) -> None:
        self._windows = windows
        self._limits = limits or Limits()
        self._clock = clock
        self._answered: deque[float] = deque()
        self._under_way = 0
        self._not_before = 0.0
        self._turn = asyncio.Lock()

    async def take(self, method: str = "GET") -> int:
        """Wait for leave to send one request; gives what it weighs, for `give_back` when it is answered."""
        weight = self._limits.weights.get(method, 1)
        if not self._windows and self._not_before <= self._clock.monotonic():
            return weight
        async with self._turn:
            while (wait := self._wait_seconds(weight)) > 0:
                await self._clock.sleep(wait)
            self._under_way += weight if self._windows else 0
        return weight

    def give_back(self, weight: int = 1) -> None:
        """Note that the request was answered, or is over."""
        if not self._windows:
            return
        self._under_way -= weight
        self._answered.extend([self._clock.monotonic()] * weight)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Send nothing until the reset that the server tells, where it tells that nothing remains."""
        remaining = headers.get(self._limits.remaining.lower(), "") if self._limits.remaining else ""
        reset = headers.get(self._limits.reset.lower(), "")
        if remaining.strip() == "0" and reset.isdigit():
            self.hold(min(float(reset), MAX_RESET_SECONDS))

    def hold(self, seconds: float) -> None:
        """Send nothing for so long, as the server asked."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    def _wait_seconds(self, weight: int) -> float:
        now = self._clock.monotonic()
        longest = max((window.seconds for window in self._windows), default=0.0)
        while self._answered and self._answered[0] <= now - longest:
            self._answered.popleft()
        return max(self._not_before - now, *(self._window_wait(window, now, weight) for window in self._windows), 0.0)

    def _window_wait(self, window: Window, now: float, weight: int) -> float:
        room = window.requests - self._under_way - min(weight, window.requests) + 1
        if room <= 0:
            return window.seconds / 100  # those under way fill the window: look again soon
        recent = [moment for moment in self._answered if moment > now - window.seconds]
        return recent[-room] + window.seconds - now if len(recent) >= room else 0.0
