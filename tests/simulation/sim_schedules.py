"""The lists of schedules: every fault at every death, pairs of both, and what seeds draw."""

from collections.abc import Iterator
from itertools import cycle, islice, product

from sim_cases import CASES, OPERATIONS
from sim_faults import EDITS, FAULTS
from sim_world import Schedule

POINTS: tuple[tuple[str, int] | None, ...] = (
    None,
    ("before-commit-begin", 1), ("after-commit-begin", 1),
    ("before-commit-intent", 1), ("before-commit-intent", 2), ("after-commit-intent", 2),
    ("intended", 1), ("intended", 2), ("answered", 1), ("answered", 2),
    ("before-commit-outcome", 1), ("before-commit-outcome", 2), ("before-commit-outcome", 3),
    ("before-commit-outcome", 4), ("after-commit-outcome", 2), ("after-commit-outcome", 4),
    ("before-commit-decision", 1), ("after-commit-decision", 1),
    ("sleeping", 1), ("sleeping", 9), ("sleeping", 21), ("reading", 1), ("reading", 2), ("reading", 4),
    ("before-commit-end", 1), ("after-commit-end", 1),
)  # fmt: skip
PAIRED = (
    "refused-connection", "401", "422", "429", "500-refusal", "500-before", "reset-after", "late-commit",
    "late-to-the-last", "no-id", "dies-late", "shifted-read", "hiding-read", "lost-failing-read",
)  # fmt: skip
PAIRED_DEATHS: tuple[tuple[tuple[str, int] | None, tuple[str, int] | None], ...] = (
    (None, None),
    (("intended", 1), ("intended", 1)), (("answered", 1), ("reading", 1)), (("answered", 2), ("sleeping", 1)),
    (("intended", 2), ("before-commit-outcome", 1)), (("before-commit-outcome", 1), ("after-commit-outcome", 1)),
    (("after-commit-intent", 2), ("sleeping", 5)), (("reading", 1), ("reading", 2)),
    (("after-commit-begin", 1), ("before-commit-end", 1)),
)  # fmt: skip


def exhaustive() -> Iterator[Schedule]:
    """Give every fault at the first and the second write of every kind of operation, with every point of death.

    People's work stands in the place of a fault where there is something to work on.
    """
    for case, fault, death in product(OPERATIONS, FAULTS, POINTS):
        position = 1 if death is None or death[1] % 2 else 2
        yield Schedule(case=case, faults=((position, fault),), deaths=(death,))
    for case, edit, death in product(OPERATIONS, EDITS, POINTS):
        if CASES[case].edited:
            faults = ((1, "429"),) if edit == "edited-waiting" else ()
            yield Schedule(case=case, faults=faults, edit=edit, deaths=(death,))


def pairs() -> Iterator[Schedule]:
    """Give pairs of faults, at the first two writes, with pairs of deaths, in the first two runs."""
    for case, first, second, deaths in product(OPERATIONS, PAIRED, PAIRED, PAIRED_DEATHS):
        yield Schedule(case=case, faults=((1, first), (2, second)), deaths=deaths)


def seeds(number: int) -> Iterator[Schedule]:
    """Give so many schedules that are drawn from a seed, over all kinds of operation in turn."""
    for seed, case in zip(range(number), cycle(CASES), strict=False):
        yield seeded(seed, case)


def seeded(seed: int, case: str = "") -> Schedule:
    """Give the schedule of one seed."""
    return Schedule(case=case or list(CASES)[seed % len(CASES)], seed=seed)


def thinned(schedules: Iterator[Schedule], step: int) -> list[Schedule]:
    """Give every so-many-th of them; an odd step that is no factor of the lists meets every member of each."""
    return list(islice(schedules, 0, None, step))
