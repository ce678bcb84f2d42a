"""The limit on requests: so many within so many seconds, in whatever window one looks (vendor)."""

import math
from collections import deque

from migrator.ports import Clock


class Limiter:
    """Lets requests through and remembers when; one that is turned away does not count (inferred)."""

    def __init__(self, clock: Clock, most: int, seconds: float) -> None:
        self._clock = clock
        self._most = most
        self._seconds = seconds
        self._passed: deque[float] = deque()

    def turn_away(self) -> int:
        """Let a request through and give 0, or give the whole seconds after which the next one may come."""
        if not self._most:
            return 0
        now = self._clock.monotonic()
        while self._passed and now - self._passed[0] >= self._seconds:
            self._passed.popleft()
        if len(self._passed) < self._most:
            self._passed.append(now)
            return 0
        return max(1, math.ceil(self._passed[0] + self._seconds - now))
