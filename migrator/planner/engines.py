"""Who reads rows and composes changes: this process, or others beside it. All do the same, in the same order."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing import get_context, parent_process
from typing import Protocol, Self, TypeVar

from migrator.connectors.protocols import Source
from migrator.errors import PlanError, Problem
from migrator.planner.columns import compile_for
from migrator.planner.compiling import Compiled
from migrator.planner.composing import Composed, Composer
from migrator.planner.contents import Contents
from migrator.planner.reading import Refused, RowReader, Sheaf
from migrator.planner.shaping.bench import Row
from migrator.ports import start_thread
from migrator.records import Catalog
from migrator.spec.values import MappingSpec
from migrator.store.changes import Turn

Given = Sequence[Row | Refused]
Made = TypeVar("Made")
Handed = tuple[MappingSpec, Source, Catalog]

PAYS_FROM_ROWS = 20_000
MOST_WORKERS = 8
AHEAD = 4


class Engine(AbstractContextManager["Engine"], Protocol):
    """Reads rows of an object into records that are numbered from `first` on; what is read comes in order."""

    def read(self, name: str, rows: Given, first: int) -> Iterator[Sheaf]:
        """Take rows, and give what is read by now, perhaps of earlier ones."""

    def rest(self) -> Iterator[Sheaf]:
        """Give what is read and not given yet."""

    def compose(self, records: list[Turn]) -> Iterator[Composed]:
        """Take records whose turn it is, and give what is composed by now, perhaps of earlier ones."""

    def composed(self) -> Iterator[Composed]:
        """Give what is composed and not given yet."""


class Inline:
    """This process."""

    def __init__(self, compiled: Compiled, contents: Contents) -> None:
        self._readers = {name: RowReader(compiled, name, contents) for name in compiled.objects}
        self._composer = Composer(compiled)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def read(self, name: str, rows: Given, first: int) -> Iterator[Sheaf]:
        """Read at once."""
        return self._readers[name].read(rows, first)

    def rest(self) -> Iterator[Sheaf]:
        """Have nothing left."""
        return iter(())

    def compose(self, records: list[Turn]) -> Iterator[Composed]:
        """Compose at once."""
        yield self._composer.write(records)

    def composed(self) -> Iterator[Composed]:
        """Have nothing left."""
        return iter(())


class Workers:
    """Other processes, one for each further core; the first rows are read here, since a process takes time to begin."""

    def __init__(self, handed: Handed, inline: Inline) -> None:
        self._inline = inline
        self._count = min(max((os.cpu_count() or 1) - 1, 1), MOST_WORKERS)
        self._read: deque[Future[list[Sheaf]]] = deque()
        self._composed: deque[Future[list[Composed]]] = deque()
        self._has_begun = False
        self._pool = ProcessPoolExecutor(self._count, get_context("spawn"), initializer=_begin, initargs=handed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, name: str, rows: Given, first: int) -> Iterator[Sheaf]:
        """Hand rows over; wait only for what was handed over long before. Raises PlanError if a process died."""
        if first < PAYS_FROM_ROWS:
            yield from self._inline.read(name, rows, first)
            return
        self._has_begun = True
        self._read.append(self._submit(_read, name, rows, first))
        yield from _ended(self._read, self._count * AHEAD)

    def rest(self) -> Iterator[Sheaf]:
        """Wait for all that was handed over. Raises PlanError if a process died."""
        return _ended(self._read, 0)

    def compose(self, records: list[Turn]) -> Iterator[Composed]:
        """Hand records over, where there were many rows. Raises PlanError if a process died."""
        if not self._has_begun:
            yield from self._inline.compose(records)
            return
        self._composed.append(self._submit(_compose, records))
        yield from _ended(self._composed, self._count * AHEAD)

    def composed(self) -> Iterator[Composed]:
        """Wait for all that was handed over. Raises PlanError if a process died."""
        return _ended(self._composed, 0)

    def _submit(self, work: Callable[..., list[Made]], *given: object) -> Future[list[Made]]:
        try:
            return self._pool.submit(work, *given)
        except BrokenProcessPool:
            raise _died() from None


def _ended(pending: deque[Future[list[Made]]], most: int) -> Iterator[Made]:
    """Give what came of the earliest, until no more than so many are pending."""
    while len(pending) > most:
        try:
            yield from pending.popleft().result()
        except BrokenProcessPool:
            raise _died() from None


def _died() -> PlanError:
    hint = "run it again, or with --engine inline"
    fact = "a process that read rows was ended from outside"
    return PlanError(Problem(code="E614", place="plan", fact=fact, hint=hint))


_workshop: list[Inline] = []


def _begin(spec: MappingSpec, source: Source, catalog: Catalog) -> None:
    """Compile the mapping in a process of its own, which is ended by the one that hands rows over, or ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the one that hands rows over decides
    start_thread(_end_with_parent, name="end-with-parent")
    contents = Contents(source)
    _workshop.append(Inline(compile_for(spec, source, catalog, contents), contents))


def _end_with_parent() -> None:
    """Leave nothing behind: the pool itself would wait for ever for rows of one that was killed."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _read(name: str, rows: Given, first: int) -> list[Sheaf]:
    return list(_workshop[0].read(name, rows, first))


def _compose(records: list[Turn]) -> list[Composed]:
    return list(_workshop[0].compose(records))
