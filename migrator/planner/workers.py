"""A process of our own beside this one, which is given one work at a time through a pipe, and answers it.

Each end of a pipe waits until the other has read what is larger than the pipe. So neither sends while the other may:
a worker reads its work to the end before it answers, and is given no more before its answer is read. Then it takes no
thread here, which would hold up this process at each turn. The pipe ends with either process, however that ends.
"""

import gc
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context, resource_tracker
from typing import TYPE_CHECKING, Any, NoReturn

from migrator.errors import MigratorError, PlanError, Problem
from migrator.planner.wire import Buffer, read_back, written

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

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
        self._pipe, its_end = context.Pipe()
        given = (its_end, gc.get_threshold(), begin, handed)
        self._process = context.Process(target=_answer_all, args=given, daemon=True)
        self._owed: Work | None = Work()  # it says so when it has begun
        with its_end, _interrupts_held_back():
            self._process.start()

    @property
    def is_free(self) -> bool:
        """Tell whether it can take work without making anybody wait."""
        return self._owed is None or self._pipe.poll()

    def give(self, work: Work, *given: object) -> None:
        """Give work, as soon as that before is answered. Raises PlanError if it died, or what failed there."""
        data, work.worker = written(given), self
        answered, answer = self._owed, self._receive() if self._owed else None
        try:
            self._pipe.send_bytes(data)
        except OSError:
            _say_died()
        self._owed = work
        if answered and answer:
            answered.made = _result(answer)

    def finish(self) -> None:
        """Wait until all that was given is answered. Raises PlanError if it died, or what failed there."""
        if self._owed:
            self._owed.made, self._owed = _result(self._receive()), None

    def end(self) -> None:
        """End the process, whatever it does."""
        self._pipe.close()
        self._process.terminate()
        self._process.join()

    def _receive(self) -> bytes:
        try:
            return self._pipe.recv_bytes()
        except (EOFError, OSError):
            _say_died()


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


def _answer_all(
    pipe: "Connection[Any, Any]", collected_after: tuple[int, int, int], begin: Begin, handed: Handed
) -> None:
    """Be a worker: answer until nobody is there any longer who reads it."""
    gc.set_threshold(*collected_after)
    do = _begun(begin, handed)
    with suppress(EOFError, OSError):
        pipe.send_bytes(written(([], None)))
        while True:
            pipe.send_bytes(_answer(do, read_back(pipe.recv_bytes())))


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
