"""Who reads rows and composes changes: this process, or others beside it. All do the same, in the same order."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, Self

from migrator.connectors.protocols import Source
from migrator.planner.cleaning import Cleaning
from migrator.planner.columns import compile_for
from migrator.planner.compiling import Compiled
from migrator.planner.composing import Composed, Composer
from migrator.planner.contents import Contents
from migrator.planner.reading import Refused, RowReader, Sheaf
from migrator.planner.shaping.bench import Row
from migrator.planner.wire import Packed, pack, unpack
from migrator.planner.workers import Work, Worker
from migrator.records import Catalog
from migrator.spec.values import MappingSpec
from migrator.store.cells import are_texts, unpack_cells
from migrator.store.changes import Turn

Given = Sequence[Row | Refused]
Handed = tuple[MappingSpec, Source, Catalog]

PAYS_FROM_ROWS = 10_000
MOST_WORKERS = 8
MOST_KEPT = 64
MOST_WAITING = 4
FEW = 100  # so few that a worker hardly waits for them
COMPOSING = ""  # no name of an object: records are to be composed
_WRITTEN, _CLEAN = map(Row._fields.index, ("written", "clean"))


class Engine(AbstractContextManager["Engine"], Protocol):
    """Reads rows of an object into records that are numbered from `first` on; what is read comes in order."""

    @property
    def is_shared(self) -> bool:
        """Tell whether others work beside this thread, and may as well do so for whoever asks."""

    def read(self, name: str, rows: Given, first: int, cleaning: Cleaning | None) -> Iterator[Sheaf]:
        """Take rows, whose cells are to be cleaned so, and give what is read by now, perhaps of earlier ones."""

    def rest(self) -> Iterator[Sheaf]:
        """Give what is read and not given yet."""

    def compose(self, records: list[Turn]) -> Iterator[Composed]:
        """Take records whose turn it is, and give what is composed by now, perhaps of earlier ones."""

    def composed(self) -> Iterator[Composed]:
        """Give what is composed and not given yet."""


class Inline:
    """This process."""

    is_shared = False

    def __init__(self, compiled: Compiled, contents: Contents) -> None:
        self._readers = {name: RowReader(compiled, name, contents) for name in compiled.objects}
        self._composer = Composer(compiled)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def read(self, name: str, rows: Given, first: int, cleaning: Cleaning | None) -> Iterator[Sheaf]:
        """Read at once."""
        return self._readers[name].read(rows, first, cleaning)

    def rest(self) -> Iterator[Sheaf]:
        """Have nothing left."""
        return iter(())

    def compose(self, records: list[Turn]) -> Iterator[Composed]:
        """Compose at once."""
        yield self._composer.write(records)

    def composed(self) -> Iterator[Composed]:
        """Have nothing left."""
        return iter(())


class _Part(NamedTuple):
    """Rows that wait for a worker, and what will be made of them."""

    work: Work
    name: str
    rows: Sequence[Any]
    first: int
    cleaning: Cleaning | None


class Workers:
    """Other processes, one for each further core, begun where there are many rows; this one helps if they fall behind.

    What is made while an earlier part is owed is kept until that is there, so that all comes in order.
    """

    def __init__(self, handed: Handed, inline: Inline) -> None:
        self._inline = inline
        self._handed = handed
        self._workers: list[Worker] = []
        self._parts: deque[Work] = deque()
        self._waiting: deque[_Part] = deque()

    @property
    def is_shared(self) -> bool:
        """Tell whether there are enough rows to begin other processes."""
        return bool(self._workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for worker in self._workers:
            worker.end()

    def read(self, name: str, rows: Given, first: int, cleaning: Cleaning | None) -> Iterator[Sheaf]:
        """Share rows with the workers, as soon as they have begun. Raises PlanError if one died."""
        if first > PAYS_FROM_ROWS and not self._workers:
            for _ in range(min(max((os.cpu_count() or 1) - 1, 1), MOST_WORKERS)):
                self._workers.append(Worker(_begin, self._handed))
        if not self._workers:
            return self._inline.read(name, rows, first, cleaning)
        return self._share(_Part(Work(), name, rows, first, cleaning))

    def rest(self) -> Iterator[Sheaf]:
        """Wait for all that was shared. Raises PlanError if a worker died."""
        return self._owed()

    def compose(self, records: list[Turn]) -> Iterator[Composed]:
        """Share records, where there were many rows. Raises PlanError if a worker died."""
        if not self._workers:
            return self._inline.compose(records)
        return self._share(_Part(Work(), COMPOSING, records, 0, None))

    def composed(self) -> Iterator[Composed]:
        """Wait for all that was shared. Raises PlanError if a worker died."""
        return self._owed()

    def _share(self, part: _Part) -> Iterator[Any]:
        """Let rows wait for a worker, and give what is made by now, in order."""
        self._parts.append(part.work)
        self._waiting.append(part)
        self._hand_out(MOST_WAITING)
        while self._parts and self._parts[0].made is not None:
            yield from self._parts.popleft().wait()

    def _hand_out(self, most: int) -> None:
        """Give workers that are free what waits, the oldest first; do here what goes beyond so much, the newest."""
        self._feed()
        while len(self._waiting) > most:
            part, made = self._waiting.pop(), list[Any]()
            for n in range(0, len(part.rows), FEW):
                made += _made(self._inline, part._replace(rows=part.rows[n : n + FEW], first=part.first + n))
                self._feed()
            part.work.made = made

    def _feed(self) -> None:
        while self._waiting and (worker := self._free()):
            part = self._waiting.popleft()
            worker.give(part.work, part.name, _packed(part), part.first, part.cleaning)

    def _free(self) -> Worker | None:
        """Find a worker that is free; where much is kept already, the one that was given work first will be."""
        is_full = len(self._parts) >= MOST_KEPT
        for worker in self._workers:
            if is_full or worker.is_free:
                self._workers.remove(worker)
                self._workers.append(worker)
                return worker
        return None

    def _owed(self) -> Iterator[Any]:
        self._hand_out(0)
        while self._parts:
            yield from self._parts.popleft().wait()


def _made(inline: Inline, part: _Part) -> list[Any]:
    _work, name, rows, first, cleaning = part
    return list(inline.compose(list(rows)) if name == COMPOSING else inline.read(name, rows, first, cleaning))


def _packed(part: _Part) -> Packed:
    """Pack rows for a worker; without their cells where these stand in their original text as they are."""
    kind, columns = pack(part.rows)
    if part.cleaning and kind is Row and are_texts(columns[_WRITTEN]):
        columns[_CLEAN] = None
    return kind, columns


def _unpacked(packed: Packed) -> list[Any]:
    kind, columns = packed
    if kind is Row and columns[_CLEAN] is None:
        columns[_CLEAN] = map(unpack_cells, columns[_WRITTEN])
    return unpack(packed)


def _begin(spec: MappingSpec, source: Source, catalog: Catalog) -> Callable[..., list[Any]]:
    """Compile the mapping in a process of its own."""
    contents = Contents(source)
    inline = Inline(compile_for(spec, source, catalog, contents), contents)
    return lambda name, packed, first, cleaning: _made(inline, _Part(Work(), name, _unpacked(packed), first, cleaning))
