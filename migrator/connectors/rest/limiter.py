"""Pace: no window of the vendor's is ever exceeded, and nobody is asked again before the time it named."""

import asyncio
from collections import deque

from migrator.connectors.rest.definition import Window
from migrator.ports import Clock


class Limiter:
    """Lets requests go, one after the other, so that each window holds at most its number of them.

    A request counts from the moment it goes until its window has passed since its answer came: what the server counts,
    whenever it counts it, lies in between.
    """

    def __init__(self, windows: tuple[Window, ...], clock: Clock) -> None:
        self._windows = windows
        self._clock = clock
        self._answered: deque[float] = deque()
        self._under_way = 0
        self._not_before = 0.0
        self._turn = asyncio.Lock()

    async def take(self) -> None:
        """Wait for leave to send one request; `give_back` must follow when it is answered."""
        async with self._turn:
            while (wait := self._wait_seconds()) > 0:
                await self._clock.sleep(wait)
            self._under_way += 1

    def give_back(self) -> None:
        """Note that the request was answered, or is over."""
        self._under_way -= 1
        self._answered.append(self._clock.monotonic())

    def hold(self, seconds: float) -> None:
        """Send nothing for so long, as the server asked."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    def _wait_seconds(self) -> float:
        now = self._clock.monotonic()
        longest = max((window.seconds for window in self._windows), default=0.0)
        while self._answered and self._answered[0] <= now - longest:
            self._answered.popleft()
        return max(self._not_before - now, *(self._window_wait(window, now) for window in self._windows), 0.0)

    def _window_wait(self, window: Window, now: float) -> float:
        room = window.requests - self._under_way
        if room <= 0:
            return window.seconds / 100  # those under way fill the window: look again soon
        recent = [moment for moment in self._answered if moment > now - window.seconds]
        return recent[-room] + window.seconds - now if len(recent) >= room else 0.0
