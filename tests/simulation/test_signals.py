"""Signals at any phase of a run, on every CRM: it ends in order, says so, and goes on; a second one cuts it short."""

import time
from collections.abc import Sequence
from itertools import product
from signal import SIGHUP, SIGINT, SIGTERM, Signals
from typing import TYPE_CHECKING, NamedTuple

from sim_commands import APPLY, ENDED, Case, desk
from sim_workers import spread_waiting
from test_crm_targets import TARGETS

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
SIGNALS = ((SIGINT,), (SIGINT, SIGINT), (SIGTERM,), (SIGHUP,))
PHASES = {  # what the server does, and after how many writes the signal is sent
    "slow": ("slow@0.99:0.1", 1),
    "last": ("slow@0.99:0.1", 3),
    "silent": ("hang-after@POST#2:1", 2),
    "settling": ("reset-after@POST#3", 3),
    "throttled": ("429@POST#2:1", 2),
}
STEP = {"small": 17, "full": 1}


class Told(NamedTuple):
    """Signals at a phase."""

    crm: str
    numbers: tuple[Signals, ...]
    phase: str


def tell(cases: Sequence[Told]) -> list[tuple[list[str], int]]:
    """Send the signals, go on, and judge."""
    return [_tell(one) for one in cases]


def _tell(one: Told) -> tuple[list[str], int]:
    fault, writes = PHASES[one.phase]
    with desk(one.crm, "create").opened(fault, runners=4) as case:
        code = _signalled(case, one, writes)
        found = [] if code in {7, *ENDED} and case.said[0] else [f"exit: {code} {case.said[0][-300:]} in {one}"]
        found += [f"{wrong} in {one}" for wrong in case.wrongs(is_ended=code in ENDED)]
        codes = [code] if code in ENDED else case.finish()
        found += [f"{wrong} in {one}" for wrong in case.wrongs()]
        return found + ([] if codes[-1] in ENDED else [f"exit: {codes} in {one}"]), case.secrets()


def _signalled(case: Case, one: Told, writes: int) -> int:
    patient = {f"{one.crm}_TIMEOUT_SECONDS".upper(): "2"}
    running = case.begin(*APPLY, max_bytes=0, **patient)
    until = time.monotonic() + 5
    while case.writes() < writes and time.monotonic() < until:
        time.sleep(0.002)
    for number in one.numbers:
        running.kill(number)
        time.sleep(0.03)
    return case.end(running)


def test_signals(proof: "Proof", size: str) -> None:
    """Nothing twice and nothing lost, and the words say how to go on."""
    cases = [Told(*one) for one in product(TARGETS, SIGNALS, PHASES)][:: STEP[size]]
    done = spread_waiting(tell, cases)
    found = [one for wrongs, _ in done for one in wrongs]
    proof.count("signals", size, len(done), found, secrets=sum(count for _, count in done))
