"""A row on its way through the steps, and what a step at work is given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from migrator.planner.refusal import ValueRefusedError, fact_of
from migrator.planner.rows import Finding
from migrator.store.draft import Draft
from migrator.store.spill import Partners


class Row(NamedTuple):
    """A row: a number of its own, its place, its original cells as text, its cells as they are now, and what was noted.

    Where no step looks at the cells, they are still the original ones, and are cleaned when the row is read. Of the
    rows that a step makes of one, the first keeps its `token`.
    """

    token: int
    file: int
    number: int
    written: str
    clean: list[Any]
    notes: tuple[Finding, ...] = ()


@dataclass(kw_only=True, slots=True)
class Bench:
    """Where one step works: `number` is its own in this draft. It counts the rows that it drops and adds."""

    draft: Draft
    number: int
    name: str
    tokens: Iterator[int]
    refuse_row: Callable[[Row, Finding], None]
    leave_out: Callable[[Row], None]
    stand_for: Callable[[Row, int], None]
    partners: Partners | None = None
    dropped: int = 0
    added: int = 0

    def drop(self, row: Row) -> None:
        """Leave a row out."""
        self.dropped += 1
        self.leave_out(row)

    def refuse(self, row: Row, error: ValueRefusedError) -> None:
        """Refuse a row for a value that cannot be used."""
        self.refuse_row(row, Finding(error.code, self.name, error.value, fact_of(error), error.hint))

    def multiply(self, row: Row, made: list[list[Any]]) -> Iterator[Row]:
        """Make rows of a row: none drops it, and all but the first are additional."""
        if not made:
            self.drop(row)
        self.added += max(len(made) - 1, 0)
        for n, clean in enumerate(made):
            token = next(self.tokens) if n else row.token
            yield Row(token, row.file, row.number, row.written, clean, row.notes)

    def place(self, row: Row) -> str:
        """Name the place of a row."""
        return f"{self.draft.file_name(row.file)}:{row.number}"


class Step(Protocol):
    """A step at work: it takes rows in batches of any size and gives rows, some of them only at the end."""

    def take(self, rows: list[Row]) -> Iterator[list[Row]]:
        """Take rows, and give what they became so far."""

    def rest(self) -> Iterator[list[Row]]:
        """Give what was kept back until the last row was there."""


Make = Callable[[Bench], Step]
