import os
import signal
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from migrator.errors import PlanError, Problem, SourceError
from migrator.planner.wire import pack, read_back, unpack, written
from migrator.planner.workers import MOST_IN_PIPE, Work, Worker

DIED = "plan: E614 a process that read rows was ended from outside (run it again, or with --engine inline)"
MEGABYTES = "x" * (4 << 20)  # far more than a pipe takes


class Pair(NamedTuple):
    """A row of two cells."""

    first: str
    second: int


def begin(what: str) -> Callable[..., list[str]]:
    """Be ready for work of one kind."""
    if what == "missing":
        raise SourceError(Problem(code="E401", place="people.csv", fact="is not there"))
    return {"double": double, "refuse": refuse, "fail": fail, "die": die, "pause": pause}[what]


def double(text: str) -> list[str]:
    """Give it twice."""
    return [text, text]


def refuse(text: str) -> list[str]:
    """Fail as expected."""
    raise SourceError(Problem(code="E401", place=text, fact="is not there"))


def fail(text: str) -> list[str]:
    """Fail as nobody expects."""
    return [text[0]]


def die(_text: str) -> list[str]:
    """Be ended while working."""
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def pause(_text: str) -> list[str]:
    """Never be done."""
    signal.pause()
    return []


@pytest.fixture(name="start")
def _start() -> Iterator[Callable[[str], Worker]]:
    """Start workers that end with the test."""
    started: list[Worker] = []

    def start(what: str) -> Worker:
        started.append(Worker(begin, (what,)))
        return started[-1]

    yield start
    for worker in started:
        worker.end()


def give(worker: Worker, text: str) -> Work:
    """Give one work."""
    work = Work()
    worker.give(work, text)
    return work


def test_worker_answers_each_work(start: Callable[[str], Worker]) -> None:
    """The answer to one is read before the next is given, so that neither waits for the other for ever."""
    worker = start("double")
    works = [give(worker, f"{n}{MEGABYTES}") for n in range(3)]
    assert [work.made is None for work in works] == [False, False, True]
    assert [work.wait() for work in works] == [[f"{n}{MEGABYTES}"] * 2 for n in range(3)]
    assert worker.is_free


def test_worker_is_free_when_it_has_begun(start: Callable[[str], Worker]) -> None:
    """Who asks before that is not kept waiting."""
    worker = start("double")
    assert not worker.is_free
    worker._answers.poll(None)
    assert worker.is_free


@pytest.mark.parametrize("room", [MOST_IN_PIPE, 0])
def test_worker_is_given_one_work_ahead(start: Callable[[str], Worker], room: int) -> None:
    """Of works that surely fit into the pipe, and where the system makes it wide enough; all are answered."""
    worker = start("double")
    assert worker._room == MOST_IN_PIPE
    worker._room = room
    works = [give(worker, str(n)) for n in range(4)]
    assert [work.made is None for work in works] == [False, False, bool(room), True]
    works += [give(worker, MEGABYTES), give(worker, "5")]
    assert [work.wait()[0][:5] for work in works] == [*"0123", MEGABYTES[:5], "5"]
    assert works[4].wait() == [MEGABYTES] * 2
    assert worker.is_free
    last = give(worker, "")
    assert not room or worker.is_free
    assert last.wait() == ["", ""]


@pytest.mark.parametrize("what", ["refuse", "missing"])
def test_what_fails_in_a_worker_fails_here(start: Callable[[str], Worker], what: str) -> None:
    """As the same error, also where it could not even begin."""
    work = give(start(what), "people.csv")
    with pytest.raises(SourceError) as caught:
        work.wait()
    assert str(caught.value) == "people.csv: E401 is not there"
    assert not hasattr(caught.value, "__notes__")


def test_what_nobody_expected_says_where_it_failed(start: Callable[[str], Worker]) -> None:
    """The place in the worker is in the traceback that is asked for."""
    with pytest.raises(IndexError) as caught:
        give(start("fail"), "").wait()
    assert "in fail\n    return [text[0]]" in caught.value.__notes__[0]


def test_worker_that_is_killed_at_work_is_told(start: Callable[[str], Worker]) -> None:
    """Whoever waits for its answer waits no longer."""
    work = give(start("die"), "")
    with pytest.raises(PlanError) as caught:
        work.wait()
    assert str(caught.value) == DIED


def test_worker_that_was_killed_before_is_told(start: Callable[[str], Worker]) -> None:
    """Who gives it work finds it so."""
    worker = start("double")
    give(worker, "").wait()
    worker._process.kill()
    worker._process.join()
    with pytest.raises(PlanError) as caught:
        give(worker, MEGABYTES)
    assert str(caught.value) == DIED


def test_interrupt_is_no_matter_of_a_worker(start: Callable[[str], Worker]) -> None:
    """Not even before its first line runs: a terminal sends it to all, and the one that gives work decides."""
    worker = start("double")
    os.kill(worker._process.pid or 0, signal.SIGINT)
    assert give(worker, "a").wait() == ["a", "a"]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_worker_is_ended_whatever_it_does(start: Callable[[str], Worker]) -> None:
    """Nobody waits for work that nobody wants any longer."""
    worker = start("pause")
    give(worker, "")
    worker.end()
    assert worker._process.exitcode == -signal.SIGTERM


@pytest.mark.parametrize(
    "rows", [[], [Pair("a", 1), Pair("b", 2)], [Pair("a", 1), ("b", 2)], [("a", 1), ("b", 2)], [("a", 1), ("b",)]]
)
def test_rows_are_the_same_on_the_other_side(rows: list[tuple[object, ...]]) -> None:
    """Named tuples stay what they are, alone and among others."""
    found = unpack(read_back(written(pack(rows))))
    assert (found, list(map(type, found))) == (rows, list(map(type, rows)))


def test_named_tuples_travel_in_columns() -> None:
    """A column is written faster than as many rows."""
    assert pack([Pair("a", 1), Pair("b", 2)]) == (Pair, [("a", "b"), (1, 2)])
