"""What the planner and the executor may ask of the world outside."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from migrator.records import Catalog, Identity, Outcome, TargetRecord, Write

Intend = Callable[[], Awaitable[None]]
Pages = AsyncIterator[list[TargetRecord]]
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
    """An opened table. `is_text`: every cell is text. `batches` may be walked once, and fills `facts` as it ends.

    `blank_values` are whole cells that count as blank in this table, beside the source's own.
    """

    columns: tuple[str, ...]
    is_text: bool
    batches: AsyncIterator[Batch]
    facts: list[SourceFacts] = field(default_factory=list)
    blank_values: frozenset[str] = frozenset()


class Source(Protocol):
    """Where rows come from."""

    @property
    def blank_values(self) -> frozenset[str]:
        """Give the whole cells that count as blank."""

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Read the header only. Raises SourceError."""

    def changed(self, facts: Mapping[str, str]) -> list[str]:
        """Name the files, of those given with their hashes, that are not as they were read, or are gone."""

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Read two columns of a small file as a table of keys and values. Raises SourceError."""

    def content(self, file: str) -> bytes:
        """Read a file that a row names, below the source's own folder. Raises SourceError."""

    def table(self, tables: tuple[str, ...]) -> Table:
        """Open one table, or several of one shape as one. Raises SourceError, also while it is walked."""


async def go_ahead() -> None:
    """Intend nothing: for writes that nobody journals."""


class Target(Protocol):
    """A CRM that is read and written. Reading raises TargetError; a write always ends in an Outcome.

    What writes is given `intend`, and awaits it as the last thing before the first byte leaves, when nothing is left to
    wait for: no turn, no login. Once for each request of it; where `intend` raises, nothing is sent.
    """

    catalog: Catalog
    concurrency: int
    settle_seconds: float
    lag_seconds: float
    requests_per_second: float | None

    async def identify(self) -> Identity:
        """Tell which account of which server this is."""

    def read(self, name: str, *, minutes: int | None = None, only: Collection[str] = ()) -> Pages:
        """Read all records of an object in pages, or those changed in the last minutes; of their fields some `only`."""

    def pages_left(self, name: str) -> int | None:
        """Tell how many pages follow the last one that `read` gave of an object; None where the target does not say."""

    def find(self, name: str, field: str, values: Sequence[str]) -> Pages:
        """Read the records whose field has one of the values; whoever asks compares once more."""

    def can_find(self, name: str) -> int:
        """Tell how many values one call of `find` looks for; 0 where the target has no such call."""

    async def get(self, name: str, record_id: str, parent: tuple[str, str] | None = None) -> TargetRecord | None:
        """Read one record afresh; None if the target does not have it."""

    async def write(self, change: Write, intend: Intend = go_ahead) -> Outcome:
        """Send one change, once."""

    def can_delete(self, name: str) -> bool:
        """Tell whether records of an object can be deleted."""

    async def delete(self, change: Write, intend: Intend = go_ahead) -> Outcome:
        """Delete the record of an id, once."""

    async def write_many(self, changes: Sequence[Write], intend: Intend = go_ahead) -> list[Outcome]:
        """Send several creates of one object in one call; an outcome for each."""

    def bulk_size(self, name: str) -> int:
        """Tell how many creates of an object go into one call; 1 where the target has no such call."""

    async def options(self, name: str, field: str) -> tuple[str, ...]:
        """Read the picklist of a field as it stands now."""

    async def append_options(self, name: str, field: str, values: Sequence[str], intend: Intend = go_ahead) -> Outcome:
        """Add values to the picklist of a field, once, but for those that it has: it is read first.

        Raises TargetError where it cannot be read; nothing was sent then.
        """

    def write_calls(self, name: str, *, is_update: bool) -> int:
        """Tell how many requests one write of this object takes, for the estimate in the plan."""
