"""Real processes, killed at random moments, some of them again while they go on: judged by each CRM's own records."""

import random
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from signal import SIGKILL
from typing import TYPE_CHECKING

from sim_commands import APPLY, ENDED, OPERATIONS, Case, desk
from sim_workers import spread_waiting
from test_crm_targets import TARGETS

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
TURNS = {"small": (2,), "full": range(7)}
MAX_TRIES = 12
SLOW = "slow@0.9:0.06"


def kill(turns: Sequence[tuple[str, str, int]]) -> list[tuple[int, list[str], int]]:
    """Kill once or twice, go on to the end, and judge: how many kills, what is wrong, where a key stands."""
    return [_kill(*turn) for turn in turns]


def _kill(crm: str, operation: str, turn: int) -> tuple[int, list[str], int]:
    chance = random.Random(f"{crm} {operation} {turn}")  # noqa: S311 - a seed that repeats
    wanted = 2 if turn % 3 == 2 else 1  # every third is killed again
    kills, found, secrets = 0, list[str](), 0
    for _try in range(MAX_TRIES):
        with desk(crm, operation).opened(SLOW, runners=4) as case:
            kills = 0
            while kills < wanted and _is_killed(case, chance.uniform(0.2, 0.8)):
                kills += 1
            if not kills:
                continue  # it was faster than the kill
            codes = case.finish()
            found += [f"{wrong} in {crm} {operation} {turn}" for wrong in case.wrongs()]
            found += [] if codes[-1] in ENDED else [f"exit: {codes} in {crm} {operation} {turn}"]
            secrets += case.secrets()
        if kills == wanted:
            break  # else it ended before the second kill
    return kills, found, secrets


def _is_killed(case: Case, seconds: float) -> bool:
    environ = {**case.environ(), "PATH": "/usr/bin:/bin"}
    running = subprocess.Popen(
        [sys.executable, "-m", "migrator", *APPLY],
        cwd=case.desk.folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, _ = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        running.send_signal(SIGKILL)
        said, _ = running.communicate()
    case.said.append(said)
    return running.returncode == -SIGKILL


def test_real_processes_are_killed(proof: "Proof", size: str) -> None:
    """Nothing twice and nothing lost, at whatever moment the process died."""
    turns = list(product(TARGETS, OPERATIONS, TURNS[size]))
    done = spread_waiting(kill, turns)
    found = [one for _, wrongs, _ in done for one in wrongs]
    twice = sum(kills > 1 for kills, *_ in done)
    proof.count("processes killed twice", size, twice, [])
    proof.count(
        "kills of real processes", size, sum(one for one, _, _ in done), found, secrets=sum(count for *_, count in done)
    )
