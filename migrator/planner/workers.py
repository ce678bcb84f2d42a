"""A process of our own beside this one, which is given work through one pipe, and answers through another.

Each end of a pipe waits until the other has read what is larger than the pipe. So neither sends while the other may:
a worker reads its work to the end before it answers, and is given no more before its answer is read, but for one work
that surely fits into the pipe: so it has something to do before we look again. Then it takes no thread here, which
would hold up this process at each turn. The pipes end with either process, however that ends.
"""

import gc
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context, resource_tracker
from typing import TYPE_CHECKING, Any, NoReturn

from migrator.errors import MigratorError, PlanError, Problem
from migrator.planner.wire import Buffer, read_back, written

if sys.platform == "linux":
    import fcntl

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    Pipes = tuple[Connection[Any, Any], Connection[Any, Any]]

MOST_IN_PIPE = 1 << 20  # what Linux gives to anybody; an answer for 500 rows takes half of it

AHEAD = 1

Do = Callable[..., list[Any]]
Begin = Callable[..., Do]
Handed = tuple[Any, ...]


class Work:
    """What is made of one work: None until it is there."""

    def __init__(self) -> None:
        self.made: list[Any] | None = None
        self.worker: Worker | None = None

    def wait(self) -> list[Any]:
        """Wait until it is there. Raises PlanError if the worker died, or what failed there."""
        if self.worker and self.made is None:
            self.worker.finish()
        return self.made or []


class Worker:
    """A process that begins with `begin`, and calls what that gave for each work; all goes to and fro as copies."""

    def __init__(self, begin: Begin, handed: Handed) -> None:
        context = get_context("spawn")
        its_works, self._works = context.Pipe(duplex=False)
        self._answers, its_answers = context.Pipe(duplex=False)
        self._room = _widen(self._works)
        _widen(its_answers)
        given = ((its_works, its_answers), gc.get_threshold(), begin, handed)
        self._process = context.Process(target=_answer_all, args=given, daemon=True)
        self._owed = deque([Work()])  # it says so when it has begun
        self._has_begun = False
        with its_works, its_answers, _interrupts_held_back():
            self._process.start()

    @property
    def is_free(self) -> bool:
        """Tell whether it can take work without making anybody wait."""
        ahead = AHEAD if self._has_begun and self._room else 0
        return len(self._owed) <= ahead or self._answers.poll()

    def give(self, work: Work, *given: object) -> None:
        """Give work, as soon as there is room for it. Raises PlanError if it died, or what failed there."""
        data, work.worker = written(given), self
        ahead = AHEAD if 2 * len(data) <= self._room else 0
        answered = [(self._owed.popleft(), self._receive()) for _ in range(len(self._owed) - ahead)]
        try:
            self._works.send_bytes(data)
        except OSError:
            _say_died()
        self._owed.append(work)
        for one, answer in answered:
            one.made, self._has_begun = _result(answer), True

    def finish(self) -> None:
        """Wait until all that was given is answered. Raises PlanError if it died, or what failed there."""
        while self._owed:
            self._owed.popleft().made = _result(self._receive())

    def end(self) -> None:
        """End the process, whatever it does."""
        self._works.close()
        self._answers.close()
        self._process.terminate()
        self._process.join()

    def _receive(self) -> bytes:
        try:
            return self._answers.recv_bytes()
        except (EOFError, OSError):
            _say_died()


def _widen(pipe: "Connection[Any, Any]") -> int:
    """Let a pipe take a whole work or answer before anybody reads it; gives the bytes, 0 where that is not known."""
    if sys.platform == "linux":
        with suppress(OSError):  # beyond what this user may have
            return fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, MOST_IN_PIPE)
    return 0


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Hold back interrupts here and, for as long as it lives, in what is begun: a terminal sends them to all."""
    resource_tracker.ensure_running()  # else it is begun along with the first worker, and lets them through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _say_died() -> NoReturn:
    hint = "run it again, or with --engine inline"
    fact = "a process that read rows was ended from outside"
    raise PlanError(Problem(code="E614", place="plan", fact=fact, hint=hint)) from None


def _result(answer: bytes) -> list[Any]:
    made, error = read_back(answer)
    if error:
        raise error
    return list(made)


def _answer_all(pipes: "Pipes", collected_after: tuple[int, int, int], begin: Begin, handed: Handed) -> None:
    """Be a worker: answer until nobody is there any longer who reads it."""
    works, answers = pipes
    gc.set_threshold(*collected_after)
    do = _begun(begin, handed)
    with suppress(EOFError, OSError):
        answers.send_bytes(written(([], None)))
        while True:
            answers.send_bytes(_answer(do, read_back(works.recv_bytes())))


def _begun(begin: Begin, handed: Handed) -> Do:
    """Begin; if that fails, all work fails for the same reason."""
    try:
        return begin(*handed)
    except Exception as error:  # noqa: BLE001 - it is raised where the work comes from
        return partial(_fail, error)


def _fail(error: Exception, *_given: object) -> NoReturn:
    raise error


def _answer(do: Do, given: Handed) -> Buffer:
    try:
        return written((do(*given), None))
    except Exception as error:  # noqa: BLE001 - it is raised where the work comes from
        if not isinstance(error, MigratorError):
            error.add_note("".join(traceback.format_exception(error)))
        return written((None, error))
