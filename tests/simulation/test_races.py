"""Two processes on one plan: one applies it, the other is told so; also where a lock is stale, or taken by force."""

from collections.abc import Sequence
from itertools import product
from signal import SIGCONT
from typing import TYPE_CHECKING, NamedTuple

from sim_commands import ALONE, APPLY, ENDED, LOCKED, OPERATIONS, PATIENT, STOPPED, Case, Runner, desk
from sim_workers import spread_waiting
from test_crm_targets import TARGETS

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
SLOW = "slow@0.99:0.2"
APPLIED_BEFORE = 6
STEP = {"small": 7, "full": 1}


class Race(NamedTuple):
    """Who began before the two: nobody, one that was killed, or one that is stopped and has its lock taken by both."""

    kind: str
    crm: str
    operation: str


RACES = [
    *(Race(*one) for one in product(("fresh", "stale"), TARGETS, OPERATIONS)),
    *(Race("forced", crm, "create") for crm in TARGETS),
]


def race(races: Sequence[Race]) -> list[tuple[list[str], int]]:
    """Let two run at once, and judge."""
    return [_race(one) for one in races]


def _race(one: Race) -> tuple[list[str], int]:
    with desk(one.crm, one.operation).opened(SLOW, runners=6) as case:
        case.how = PATIENT
        first = case.begin(*APPLY, *ALONE) if one.kind == "forced" else None
        force = _stop(case, first) if first else ()
        if one.kind == "stale":
            case.run(*APPLY, MIGRATOR_FAILPOINTS="answered=kill9@1")
        both = [case.begin(*APPLY, *ALONE, *force) for _runner in range(2)]
        codes = sorted(case.end(runner) for runner in both)
        found = [] if _is_one_alone(codes, one.kind) else [f"exit: {codes} {case.said}"]
        found += _wake(case, first) if first else []
        writes = case.writes()
        again = case.run(*APPLY)
        if (again, case.writes()) != (APPLIED_BEFORE, writes):
            found.append(f"again: {again}, {case.writes() - writes} writes")
        return [f"{wrong} in {one}" for wrong in (*found, *case.wrongs())], case.secrets()


def _is_one_alone(codes: list[int], kind: str) -> bool:
    """Tell whether one came to the end and the other did nothing, or, where it had the ledger first, was ousted."""
    others = {LOCKED, STOPPED} if kind == "forced" else {LOCKED}
    return codes[0] in ENDED - {APPLIED_BEFORE} and codes[1] in others


def _stop(case: Case, running: Runner) -> tuple[str, str]:
    case.stop_while_it_waits(running, 1)
    return "--force-unlock", case.lock_held()


def _wake(case: Case, running: Runner) -> list[str]:
    """Let the one that was stopped find out that it has no ledger any more."""
    writes = case.writes()
    running.kill(SIGCONT)
    code = case.end(running)
    is_ousted = code == STOPPED and "E802" in case.said[-1] and case.writes() == writes
    return [] if is_ousted else [f"ousted: {code}, {case.writes() - writes} writes, {case.said[-1]}"]


def test_two_processes_on_one_plan(proof: "Proof", size: str) -> None:
    """Exactly one applies the plan, and a third that comes later has nothing to do."""
    done = spread_waiting(race, RACES[:: STEP[size]])
    found = [one for wrongs, _ in done for one in wrongs]
    proof.count("races of two processes", size, len(done), found, secrets=sum(count for _, count in done))
