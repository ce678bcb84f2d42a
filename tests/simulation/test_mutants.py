"""The judge is no blind one: each planted mistake of the protocol is found by the schedules."""

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import pytest
from sim_cases import CASES, OPERATIONS, made
from sim_faults import EDITS
from sim_mutants import MUTANTS
from sim_runs import run_all
from sim_schedules import PAIRED
from sim_workers import spread
from sim_world import Schedule

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
DEATHS = (None, ("answered", 1), ("intended", 2))
FAULTS = (*PAIRED, "404", "altered", "doubled", "500-refusal-after")


def telling() -> list[Schedule]:
    """Give the schedules that tell mistakes: a few faults and deaths of each operation, and what needs more of them."""
    return [
        *(Schedule(case="create", faults=((1, "429"), (2, fault))) for fault in ("late-to-the-last", "500-before")),
        *(Schedule(case=case, edit=edit, faults=((1, "429"),)) for case in ("update", "delete") for edit in EDITS),
        *(Schedule(case=case, faults=((3, "late-lagging-read"), (4, "422"))) for case in ("update", "delete")),
        *(Schedule(case="undo", faults=((n, fault),)) for n in (3, 4, 5) for fault in ("422", "reset-before")),
        Schedule(case="many", faults=tuple((n, "500-before") for n in range(1, 9))),
        Schedule(case="create", faults=tuple((n, "500-before") for n in (1, 4, 5, 6, 7))),
        *(Schedule(case=case, faults=((1, "reset-after"), (2, "late-commit"))) for case in OPERATIONS),
        *(
            Schedule(case=case, faults=((1, fault),), deaths=(death,))
            for death, fault, case in product(DEATHS, FAULTS, OPERATIONS)
        ),
    ]


def tell(names: Sequence[str]) -> list[tuple[str, str]]:
    """Give each mistake with the first wrong that a schedule tells of it; empty where it survives them all."""
    return [(name, first_wrong(name)) for name in names]


def first_wrong(name: str) -> str:
    """Run the schedules with a mistake until one tells it; a run that breaks down does so too."""
    with MUTANTS[name].planted():
        for schedule in telling():
            try:
                (verdict,) = run_all([schedule])
            except Exception as error:  # noqa: BLE001 - whatever it breaks with
                return f"broke down: {type(error).__name__}: {error}"
            if verdict.wrongs:
                return verdict.wrongs[0]
    return ""


@pytest.fixture(autouse=True, scope="module")
def _plans() -> None:
    """Make all plans before the work is spread, so that each is made once."""
    for name in CASES:
        made(name)


def test_schedules_that_tell_mistakes_find_none_without() -> None:
    """What kills the mutants lets the protocol itself live."""
    assert [verdict for verdict in spread(run_all, telling()) if verdict.wrongs] == []


def test_every_mutant_is_killed(proof: "Proof", size: str) -> None:
    """A mistake that the schedules do not tell fails the run."""
    told = spread(tell, list(MUTANTS), size=1)
    for name, wrong in told:
        proof.note(f"mutant {'killed' if wrong else 'SURVIVED'}: {name:<50} {wrong}")
    lived = [name for name, wrong in told if not wrong]
    proof.count("mutants killed", size, len(MUTANTS) - len(lived), [f"survived: {name}" for name in lived])
