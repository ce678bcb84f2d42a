"""Time, chance, threads and points of failure."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC

import pytest

from migrator.errors import StoreError
from migrator.ports import Rng, SystemClock, arm_failpoints, failpoint, new_lock, pause, start_thread

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NO_SPACE = "no space left on device (failpoint)"


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    """Leave no failpoint armed behind."""
    yield
    arm_failpoints("")


def draws(rng: Rng) -> list[object]:
    """Draw some of each kind."""
    return [value for _round in range(5) for value in (rng.fraction(), rng.guid(), rng.token())]


def test_seed_repeats_what_is_drawn() -> None:
    """One seed gives the same numbers, ids and tokens in the same order; no two of them are one."""
    assert draws(Rng(7)) == draws(Rng(7))
    assert len(set(draws(Rng(7)))) == 15


@pytest.mark.parametrize(("one", "other"), [(7, 8), (7, None), (None, None)])
def test_other_seed_draws_others(one: int | None, other: int | None) -> None:
    """Another seed, or the machine's own chance, shares nothing with the first."""
    assert set(draws(Rng(one))).isdisjoint(draws(Rng(other)))


@pytest.mark.parametrize("seed", [7, None])
def test_draws_have_their_form(seed: int | None) -> None:
    """A fraction is below one, a GUID is of version 4 in lower case, a token has 32 hexadecimal digits."""
    rng = Rng(seed)
    assert all(0 <= rng.fraction() < 1 for _draw in range(100))
    assert all(GUID.fullmatch(rng.guid()) for _draw in range(100))
    assert all(re.fullmatch(r"[0-9a-f]{32}", rng.token()) for _draw in range(100))


def test_clock_runs_on() -> None:
    """Wall time is in UTC, the clocks for waiting never go back, and the boot has one name."""
    clock = SystemClock()
    asyncio.run(clock.sleep(0))
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
    assert 0 < clock.boottime_ns() <= clock.boottime_ns()
    assert clock.boot_id() == SystemClock().boot_id()


def test_thread_runs_beside_and_dies_with_the_process() -> None:
    """A thread has its name, does its work, and keeps no process alive."""
    done: list[str] = []
    with new_lock():
        thread = start_thread(lambda: done.append("done"), name="beside")
    thread.join(timeout=5)
    pause(0)
    assert (done, thread.name, thread.daemon) == (["done"], "beside", True)


@pytest.mark.parametrize(("text", "hit"), [("here=enospc", 1), ("here=enospc@1", 1), ("here=enospc@3", 3)])
def test_failpoint_fails_at_its_hit(text: str, hit: int) -> None:
    """A failpoint fails when it is reached for the n-th time, and never again."""
    arm_failpoints(text)
    for _hit in range(hit - 1):
        failpoint("here")
    with pytest.raises(OSError, match=re.escape(NO_SPACE)):
        failpoint("here")
    failpoint("here")


def test_failpoints_count_for_themselves() -> None:
    """Several points are armed at once; reaching one does not count for another."""
    arm_failpoints("one=enospc@2,other=enospc")
    failpoint("one")
    failpoint("elsewhere")
    for name in ("other", "one"):
        with pytest.raises(OSError, match=re.escape(NO_SPACE)):
            failpoint(name)


@pytest.mark.parametrize("text", ["", "other=enospc"])
def test_failpoints_are_armed_anew(text: str) -> None:
    """What is armed replaces what was armed before; nothing disarms all."""
    arm_failpoints("here=enospc")
    arm_failpoints(text)
    failpoint("here")


@pytest.mark.parametrize(
    ("text", "action"), [("here=explode", "explode"), ("here", ""), ("here=@2", ""), ("a=kill9,b=nap@2", "nap")]
)
def test_unknown_action_is_refused(text: str, action: str) -> None:
    """A failpoint that would do nothing that is known is refused with what there is."""
    with pytest.raises(StoreError) as caught:
        arm_failpoints(text)
    hint = "one of kill9, interrupt, enospc"
    assert [str(problem) for problem in caught.value.problems] == [
        f"E799 unknown failpoint action '{action}' ({hint})"
    ]  # fmt: skip


@pytest.mark.parametrize(("action", "ended_by"), [("kill9", signal.SIGKILL), ("interrupt", signal.SIGINT)])
def test_failpoint_ends_the_process(action: str, ended_by: signal.Signals) -> None:
    """A process is killed, or interrupted, exactly at the point."""
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"  # it may be ignored here
    program += "; from migrator.ports import *; arm_failpoints(sys.argv[1]); print('before', flush=True)"
    program += "; failpoint('here'); print('after')"
    ended = subprocess.run([sys.executable, "-c", program, f"here={action}"], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (-ended_by, b"before\n")
