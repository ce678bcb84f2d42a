"""Who reads rows into records: this process, or others beside it. All read the same, in the same order."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing import get_context
from typing import Protocol, Self

from migrator.connectors.protocols import Source
from migrator.errors import PlanError, Problem
from migrator.planner.columns import compile_for
from migrator.planner.compiling import Compiled
from migrator.planner.contents import Contents
from migrator.planner.reading import Refused, RowReader, Sheaf
from migrator.planner.shaping.bench import Row
from migrator.records import Catalog
from migrator.spec.values import MappingSpec

Given = Sequence[Row | Refused]
Handed = tuple[MappingSpec, Source, Catalog]

PAYS_FROM_ROWS = 20_000
MOST_WORKERS = 8
AHEAD = 4


class Engine(AbstractContextManager["Engine"], Protocol):
    """Reads rows of an object into records that are numbered from `first` on; what is read comes in order."""

    def read(self, name: str, rows: Given, first: int) -> Iterator[Sheaf]:
        """Take rows, and give what is read by now, perhaps of earlier ones."""

    def rest(self) -> Iterator[Sheaf]:
        """Give what is not given yet."""


class Inline:
    """This process."""

    def __init__(self, compiled: Compiled, contents: Contents) -> None:
        self._readers = {name: RowReader(compiled, name, contents) for name in compiled.objects}

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


class Workers:
    """Other processes, one for each further core; the first rows are read here, since a process takes time to begin."""

    def __init__(self, handed: Handed, inline: Inline) -> None:
        self._inline = inline
        self._count = min(max((os.cpu_count() or 1) - 1, 1), MOST_WORKERS)
        self._pending: deque[Future[list[Sheaf]]] = deque()
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
        self._pending.append(self._pool.submit(_read, name, rows, first))
        while len(self._pending) > self._count * AHEAD:
            yield from self._next()

    def rest(self) -> Iterator[Sheaf]:
        """Wait for all that was handed over. Raises PlanError if a process died."""
        while self._pending:
            yield from self._next()

    def _next(self) -> list[Sheaf]:
        try:
            return self._pending.popleft().result()
        except BrokenProcessPool:
            hint = "run it again, or with --engine inline"
            fact = "a process that read rows was ended from outside"
            raise PlanError(Problem(code="E614", place="plan", fact=fact, hint=hint)) from None


_workshop: list[Inline] = []


def _begin(spec: MappingSpec, source: Source, catalog: Catalog) -> None:
    """Compile the mapping in a process of its own."""
    contents = Contents(source)
    _workshop.append(Inline(compile_for(spec, source, catalog, contents), contents))


def _read(name: str, rows: Given, first: int) -> list[Sheaf]:
    return list(_workshop[0].read(name, rows, first))
