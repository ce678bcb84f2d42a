"""Signals at any phase of a run, on every CRM: it ends in order, says so, and goes on; a second one cuts it short.

A run that is stopped and woken goes on; one whose ledger is taken away meanwhile sends nothing more; one that nobody
listens to any longer goes on to its end.
"""

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from signal import SIGCONT, SIGHUP, SIGINT, SIGSTOP, SIGTERM
from typing import TYPE_CHECKING, NamedTuple

from sim_commands import ALONE, APPLY, ENDED, PATIENT, STOPPED, Case, Manner, Runner, desk
from sim_workers import spread_waiting
from test_crm_targets import TARGETS

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
BROKEN_PIPE, TAKEN_OVER = "broken pipe", "stopped, taken over, woken"
KINDS = {  # what is sent, each so many seconds after the one before
    "INT": ((SIGINT,), 0.03),
    "INT twice": ((SIGINT, SIGINT), 0.03),
    "TERM": ((SIGTERM,), 0.03),
    "HUP": ((SIGHUP,), 0.03),
    "STOP and CONT": ((SIGSTOP, SIGCONT), 0.3),
    TAKEN_OVER: ((SIGCONT,), 0.0),
    BROKEN_PIPE: ((), 0.0),
}
PHASES = {  # what the server does, and after how many writes the signal is sent
    "slow": ("slow@0.99:0.2", 1),
    "last": ("slow@0.99:0.2", 3),
    "silent": ("hang-after@POST#2:1", 2),
    "settling": ("reset-after@POST#3", 3),
    "throttled": ("429@POST#2:1", 2),
}
POSITIONS = list(product(enumerate(KINDS), enumerate(PHASES), enumerate(TARGETS)))
STEP = {"small": 19, "full": 1}


class Told(NamedTuple):
    """What happens to a run, at a phase."""

    kind: str
    phase: str
    crm: str


def told() -> list[Told]:
    """Give every kind at every phase, on four of the six CRMs in turn."""
    return [Told(kind, phase, crm) for (k, kind), (p, phase), (c, crm) in POSITIONS if (k + p + c) % 3]


def tell(cases: Sequence[Told]) -> list[tuple[list[str], int]]:
    """Let it happen, go on, and judge."""
    return [_tell(one) for one in cases]


def _tell(one: Told) -> tuple[list[str], int]:
    fault, writes = PHASES[one.phase]
    if one.crm == "crelate3":  # which takes all in one call
        fault, writes = re.sub(r"#\d", "#1", fault), 1
    with desk(one.crm, "create").opened(fault, runners=6) as case:
        case.how = PATIENT
        with _listened_to(case, one.kind) as how:
            running = case.begin(*APPLY, *(ALONE if one.kind == TAKEN_OVER else ()), how=how)
            case.await_writes(writes)
        found = _take_over(case, running, writes) if one.kind == TAKEN_OVER else []
        code, more = _happens(case, one.kind, running)
        found += more
        found += case.wrongs(is_ended=code in ENDED)
        codes = [code] if code in ENDED else case.finish()
        found += [*case.wrongs(), *([] if codes[-1] in ENDED else [f"exit: {codes}"])]
        return [f"{wrong} in {one}" for wrong in found], case.secrets()


@contextmanager
def _listened_to(case: Case, kind: str) -> Iterator[Manner]:
    """Take the output of a run; of one whose pipe breaks nobody reads on from the end of this."""
    if kind != BROKEN_PIPE:
        yield PATIENT
        return
    pipe = case.desk.folder / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield replace(PATIENT, output=str(pipe))
    finally:
        os.close(reading)
        pipe.unlink()


def _happens(case: Case, kind: str, running: Runner) -> tuple[int, list[str]]:
    """Give the exit code of the run to which it happens, and what is wrong with its end."""
    found: list[str] = []
    writes = case.writes()
    numbers, seconds = KINDS[kind]
    for number in numbers:
        running.kill(number)
        time.sleep(seconds)
    code = case.end(running)
    is_quiet = kind == BROKEN_PIPE or case.said[-1]
    if code not in {STOPPED, *ENDED} or not is_quiet or (kind == BROKEN_PIPE and code not in ENDED):
        found.append(f"exit: {code} {case.said[-1][-300:]}")
    if kind == TAKEN_OVER and case.writes() > writes:
        found.append(f"ousted: {case.writes() - writes} writes were sent after the ledger was taken away")
    return code, found


def _take_over(case: Case, running: Runner, writes: int) -> list[str]:
    """Stop a run, and let another one take the ledger from it and end the plan."""
    case.stop_while_it_waits(running, writes)
    lock = case.lock_held()
    code = case.run(*APPLY, "--force-unlock", lock) if lock else 0
    return [] if code in ENDED else [f"exit: {code} {case.said[-1][-300:]}"]


def test_signals(proof: "Proof", size: str) -> None:
    """Nothing twice and nothing lost, and the words say how to go on."""
    cases = told()[:: STEP[size]]
    done = spread_waiting(tell, cases)
    found = [one for wrongs, _ in done for one in wrongs]
    proof.count("signals", size, len(done), found, secrets=sum(count for _, count in done))
