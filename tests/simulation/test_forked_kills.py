"""Death by signal 9 at every point of failure, at each time it is passed, on every CRM; then the same command again."""

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from sim_commands import APPLY, ENDED, OPERATIONS, desk
from sim_mutants import MUTANTS
from sim_workers import spread_waiting
from test_crm_targets import TARGETS

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
WHEN = ("before", "after")
POINTS = [
    *(f"{when}-commit-{what}@{hit}" for what in ("intent", "outcome") for when in WHEN for hit in (1, 2, 3)),
    *(f"{point}@{hit}" for point in ("intended", "answered") for hit in (1, 2, 3)),
    *(f"{when}-commit-{what}@1" for what in ("begin", "end") for when in WHEN),
]  # fmt: skip
TWICE = ("crelate", "spotler", "opencrm")  # where the run that goes on dies too
STEP = {"small": 37, "full": 1}


class Kill(NamedTuple):
    """A death, and where the run after it dies too; empty where it does not."""

    crm: str
    operation: str
    point: str
    again: str


def die(kills: Sequence[Kill]) -> list[tuple[int, list[str]]]:
    """Kill, go on, and judge: how many deaths there were, and what is wrong."""
    return [_die(kill) for kill in kills]


def _die(kill: Kill) -> tuple[int, list[str]]:
    points = [point.replace("@", "=kill9@") for point in (kill.point, kill.again) if point]
    with desk(kill.crm, kill.operation).opened(runners=len(points) + 2) as case:
        codes = [case.run(*APPLY, MIGRATOR_FAILPOINTS=point) for point in points]
        ends = case.finish() if not {*codes} & ENDED else codes
        found = [f"{wrong} in {kill}" for wrong in case.wrongs()]
        found += [f"exit: {codes} {ends} in {kill}"] if not {*codes} <= {-9, *ENDED} or ends[-1] not in ENDED else []
        return codes.count(-9), found


def test_killed_at_every_point(proof: "Proof", size: str) -> None:
    """Nothing twice and nothing lost, wherever the process died, and where it died again."""
    every = [Kill(*one) for one in product(TARGETS, OPERATIONS, POINTS, [""])]
    twice = [Kill(*one) for one in product(TWICE, OPERATIONS, POINTS, ["intended@1"])]
    kills = [*every, *twice][:: STEP[size]]
    done = spread_waiting(die, kills)
    proof.count(
        "kills of forked processes", size, sum(count for count, _ in done), [one for _, found in done for one in found]
    )


def test_judge_of_commands_sees_mistakes_and_keys() -> None:
    """An intent that is forgotten makes a record twice, and is found out; so is a key that somebody printed."""
    with MUTANTS["an intent without an end is planned again"].planted():
        _deaths, found = _die(Kill("crelate", "create", "answered@1", ""))
    assert [text.partition(" in ")[0] for text in found] == ["duplicate: L0 stands there 2 times (APPLIED)"]
    with desk("crelate", "create").opened(runners=1) as case:
        case.run(*APPLY)
        assert case.secrets() == 0
        case.said.append(f"asked with {case.server.api_key}")
        assert case.secrets() == 1
