"""How many different numbers there were: eight bytes for each, where a set takes a hundred."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from heapq import merge

MOST_FRESH = 20_000


class Distinct:
    """Counts numbers of 64 bits, each once: few in a set, the others sorted, each run twice as long as the next."""

    def __init__(self) -> None:
        self._fresh: set[int] = set()
        self._runs: list[array[int]] = []

    def __len__(self) -> int:
        return len(self._fresh) + sum(map(len, self._runs))

    def update(self, numbers: Iterable[int]) -> None:
        """Take numbers in."""
        self._fresh.update(number for number in numbers if not self._has(number))
        if len(self._fresh) >= MOST_FRESH:
            self._sort()

    def _has(self, number: int) -> bool:
        for run in self._runs:
            at = bisect_left(run, number)
            if at < len(run) and run[at] == number:
                return True
        return False

    def _sort(self) -> None:
        run = array("Q", sorted(self._fresh))
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = array("Q", merge(self._runs.pop(), run))
        self._runs.append(run)
        self._fresh = set()
