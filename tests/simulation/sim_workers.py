"""Work spread over all cores: forked, so that what was made ready before is shared."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeVar

from sim_cases import workshop

_CORES = os.cpu_count() or 1
_PER_CORE, _TURNS, _MIN_SIZE = 2, 8, 4
Given = TypeVar("Given")
Found = TypeVar("Found")


def spread(work: Callable[[Sequence[Given]], list[Found]], cases: Sequence[Given], *, size: int = 25) -> list[Found]:
    """Do the work for all cases, `size` at a time in each process; gives what was found in the order of the cases."""
    return _spread(work, cases, size, _CORES)


def spread_waiting(work: Callable[[Sequence[Given]], list[Found]], cases: Sequence[Given]) -> list[Found]:
    """Do work that mostly waits: in more processes than cores, and neighbours in one, for they share a desk."""
    processes = _PER_CORE * _CORES
    return _spread(work, cases, max(_MIN_SIZE, len(cases) // (_TURNS * processes)), processes)


def _spread(
    work: Callable[[Sequence[Given]], list[Found]], cases: Sequence[Given], size: int, processes: int
) -> list[Found]:
    workshop()  # made here, so that this process clears it away
    parts = [cases[start : start + size] for start in range(0, len(cases), size)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        found = list(chain.from_iterable(pool.imap(work, parts)))
        pool.close()
        pool.join()
    return found
