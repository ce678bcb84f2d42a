"""What the planner and the executor may ask of the world outside."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from migrator.records import Catalog, Identity, Outcome, TargetRecord, Write

Cell = Any  # text in a file without types; else text, int, Decimal, bool, date, datetime, list, dict or None


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell whose value its own program could not give: it refuses the row that uses it, not the file."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Rows of one file, each with the number a spreadsheet gives it: the header is row 1, and blank rows count."""

    file: str
    rows: Sequence[tuple[int, Sequence[Cell]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFacts:
    """What was read, for the plan: how the file was understood, its hash and size, and how many rows it gave.

    A warning is (code, fact).
    """

    file: str
    sha256: str
    size: int
    rows: int
    blank_rows: int = 0
    notes: tuple[str, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """An opened table. `is_text`: every cell is text. `batches` may be walked once, and fills `facts` as it ends."""

    columns: tuple[str, ...]
    is_text: bool
    batches: AsyncIterator[Batch]
    facts: list[SourceFacts] = field(default_factory=list)


class Source(Protocol):
    """Where rows come from."""

    blank_values: frozenset[str]

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Read the header only. Raises SourceError."""

    def changed(self, facts: Mapping[str, str]) -> list[str]:
        """Name the files, of those given with their hashes, that are not as they were read, or are gone."""

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Read two columns of a small file as a table of keys and values. Raises SourceError."""

    def table(self, tables: tuple[str, ...]) -> Table:
        """Open one table, or several of one shape as one. Raises SourceError, also while it is walked."""


class Target(Protocol):
    """A CRM that is read and written. Reading raises TargetError; a write always ends in an Outcome."""

    catalog: Catalog
    concurrency: int
    settle_seconds: float
    lag_seconds: float
    requests_per_second: float | None

    async def identify(self) -> Identity:
        """Tell which account of which server this is."""

    def read(self, name: str, *, minutes: int | None = None) -> AsyncIterator[list[TargetRecord]]:
        """Read all records of an object in pages, or those changed in the last minutes."""

    async def get(self, name: str, record_id: str) -> TargetRecord | None:
        """Read one record afresh; None if the target does not have it."""

    async def write(self, change: Write) -> Outcome:
        """Send one change, once."""

    def write_calls(self, name: str, *, is_update: bool) -> int:
        """Tell how many requests one write of this object takes, for the estimate in the plan."""
