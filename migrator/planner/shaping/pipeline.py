"""Steps at work, one behind the other, and the tables that they join, read and put aside before the first row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice, repeat
from typing import Any, Protocol

from migrator.connectors.protocols import Batch, Source, SourceFacts, Table
from migrator.errors import Problem, SourceError
from migrator.planner.cleaning import Cleaner, cleaner, cleaning_of
from migrator.planner.rows import Finding, ragged
from migrator.planner.shaping.bench import Bench, Row, Step
from migrator.planner.shaping.joining import joined_text
from migrator.planner.shaping.packing import pack
from migrator.planner.shaping.steps import CompiledStep, CompiledTable
from migrator.store.cells import pack_rows
from migrator.store.draft import Draft
from migrator.store.spill import Partners

MAX_PROBLEMS = 20
_MAKE_ROW: Callable[[tuple[Any, ...]], Row] = partial(tuple.__new__, Row)  # what Row._make does, without its frame


class Outlet(Protocol):
    """Where rows go that do not come through a step."""

    def refuse(self, step: CompiledStep | None, row: Row, finding: Finding) -> None:
        """Take a row that is refused, before the first step where there is none."""

    def leave_out(self, step: CompiledStep, row: Row) -> None:
        """Take a row that is left out."""

    def stand_for(self, step: CompiledStep, row: Row, kept: int) -> None:
        """Take a row that another one stands for."""


@dataclass(kw_only=True, slots=True)
class Pipeline:
    """Steps at work; rows go through all of them."""

    steps: list[Step]
    benches: list[Bench]

    def take(self, rows: list[Row], first: int = 0) -> Iterator[list[Row]]:
        """Send rows through the steps from `first` on."""
        if first == len(self.steps):
            yield rows
            return
        for made in self.steps[first].take(rows):
            yield from self.take(made, first + 1)

    def rest(self) -> Iterator[list[Row]]:
        """Let the steps give what they kept back, one after the other."""
        for n, step in enumerate(self.steps, start=1):
            for made in step.rest():
                yield from self.take(made, n)


@dataclass(kw_only=True, slots=True)
class Workshop:
    """Sets up pipelines on one draft; `facts` gathers those of the tables that were joined."""

    draft: Draft
    tokens: Iterator[int] = field(default_factory=lambda: count(1))
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    facts: list[SourceFacts] = field(default_factory=list)

    async def open(self, steps: tuple[CompiledStep, ...], source: Source, outlet: Outlet) -> Pipeline:
        """Set up the steps, and read what they join. Raises SourceError."""
        benches = [self._bench(step, outlet) for step in steps]
        for step, bench in zip(steps, benches, strict=True):
            if step.table:
                bench.partners = await self._partners(step.table, source)
        made = [step.make(bench) for step, bench in zip(steps, benches, strict=True)]
        return Pipeline(steps=made, benches=benches)

    def _bench(self, step: CompiledStep, outlet: Outlet) -> Bench:
        return Bench(
            draft=self.draft,
            number=next(self.numbers),
            name=step.name,
            tokens=self.tokens,
            refuse_row=lambda row, finding: outlet.refuse(step, row, finding),
            leave_out=lambda row: outlet.leave_out(step, row),
            stand_for=lambda row, kept: outlet.stand_for(step, row, kept),
        )

    async def _partners(self, joined: CompiledTable, source: Source) -> Partners:
        """Read a table to its end, shape it, and put its rows aside by what they are found by."""
        outlet = _Refusing(self.draft)
        pipeline = await self.open(joined.steps, source, outlet)
        table = source.table(joined.tables)
        clean = cleaner(cleaning_of(table, source, is_trimmed=joined.is_trimmed))
        partners = Partners(self.draft, next(self.numbers))
        async for batch in table.batches:
            for rows in pipeline.take(self.rows_of(batch, table, clean, outlet)):
                self._put(partners, joined, rows)
        for rows in pipeline.rest():
            self._put(partners, joined, rows)
        if outlet.problems:
            raise SourceError(*outlet.problems)
        self.facts += table.facts
        partners.index()
        return partners

    def _put(self, partners: Partners, joined: CompiledTable, rows: list[Row]) -> None:
        texts = ((row, joined_text([get(row.clean) for get in joined.on])) for row in rows)
        partners.add(
            [
                (text, f"{self.draft.file_name(row.file)}:{row.number}", pack([get(row.clean) for get in joined.taken]))
                for row, text in texts
                if text is not None
            ]
        )

    def rows_of(self, batch: Batch, table: Table, clean: Cleaner | None, outlet: Outlet) -> list[Row]:
        """Give the rows of a batch, cleaned unless that is done later; those that do not fit the header are refused."""
        if not batch.rows:
            return []
        file, width = self.draft.file_number(batch.file), len(table.columns)
        numbers, cells = zip(*batch.rows, strict=True)
        tokens, cleaned = islice(self.tokens, len(cells)), map(clean, cells) if clean else cells
        made = zip(tokens, repeat(file), numbers, pack_rows(cells), cleaned, repeat(()), strict=False)
        rows = list(map(_MAKE_ROW, made))
        if {*map(len, cells)} == {width}:
            return rows
        for row in rows:
            if len(row.clean) != width:
                outlet.refuse(None, row, ragged(len(row.clean), width))
        return [row for row in rows if len(row.clean) == width]


class _Refusing:
    """The outlet of a table that is joined: a row of it that is refused could be a partner, so it stops the plan."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.problems: list[Problem] = []

    def refuse(self, _step: CompiledStep | None, row: Row, finding: Finding) -> None:
        """Keep the first problems."""
        place = f"{self._draft.file_name(row.file)}:{row.number}"
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(code=finding.code, place=place, fact=finding.fact, hint=finding.hint))

    def leave_out(self, _step: CompiledStep, _row: Row) -> None:
        """Leave it out."""

    def stand_for(self, _step: CompiledStep, _row: Row, _kept: int) -> None:
        """Have no keys."""
