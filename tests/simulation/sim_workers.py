"""Work spread over all cores: forked, so that what was made ready before is shared."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeVar

from sim_cases import workshop

Given = TypeVar("Given")
Found = TypeVar("Found")


def spread(work: Callable[[Sequence[Given]], list[Found]], cases: Sequence[Given], *, size: int = 25) -> list[Found]:
    """Do the work for all cases, a few at a time in each process, and give what was found in the order of the cases."""
    workshop()  # made here, so that this process clears it away
    parts = [cases[start : start + size] for start in range(0, len(cases), size)]
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        found = list(chain.from_iterable(pool.imap(work, parts)))
        pool.close()
        pool.join()
    return found
