"""Time and chance that the tests of targets hold in their hands."""

import asyncio
from datetime import UTC, datetime, timedelta

from migrator.ports import Rng


class FakeClock:
    """A clock that passes only while somebody sleeps, at once, and remembers each sleep."""

    def __init__(self) -> None:
        self.moment = 1000.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        """Give a wall time that goes with the rest."""
        return datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC) + timedelta(seconds=self.moment - 1000)

    def monotonic(self) -> float:
        """Give the seconds that were slept."""
        return self.moment

    def boottime_ns(self) -> int:
        """Give the same as nanoseconds."""
        return round(self.moment * 10**9)

    def boot_id(self) -> str:
        """Name a boot."""
        return "one"

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.sleeps.append(seconds)
        self.moment += seconds
        await asyncio.sleep(0)


class HalfRng(Rng):
    """Chance that always draws one half."""

    def fraction(self) -> float:
        """Draw one half."""
        return 0.5
