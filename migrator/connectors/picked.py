"""Some rows of a source, planned again: those of a mended rejects file, or any that somebody hands over."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from migrator.connectors.protocols import Batch, Cell, Source, SourceFacts, Table
from migrator.errors import Problem, SourceError
from migrator.spelling import did_you_mean

OWN = "_"
NUMBER, OBJECT = "_row", "_object"

Cells = Sequence[Cell]


@dataclass(frozen=True, kw_only=True, slots=True)
class Picked:
    """Rows in the place of a table: its columns, and what walks the rows and then fills the facts."""

    columns: tuple[str, ...]
    batches: Callable[[list[SourceFacts]], AsyncIterator[Batch]]
    blank_values: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class PickedRows:
    """A source in which picked rows stand in the place of some tables; all else is the whole one's."""

    whole: Source
    picked: Mapping[str, Picked]

    @property
    def blank_values(self) -> frozenset[str]:
        """Give the whole cells that count as blank."""
        return self.whole.blank_values

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Read the header only. Raises SourceError."""
        one = self.picked.get(tables[0])
        return one.columns if one else self.whole.columns(tables)

    def changed(self, facts: Mapping[str, str]) -> list[str]:
        """Name the files that are not as they were read, or are gone."""
        return self.whole.changed(facts)

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Read two columns of a small file. Raises SourceError."""
        return self.whole.pairs(file, key, value)

    def content(self, file: str) -> bytes:
        """Read a file that a row names. Raises SourceError."""
        return self.whole.content(file)

    def table(self, tables: tuple[str, ...]) -> Table:
        """Open one table. Raises SourceError, also while it is walked."""
        one = self.picked.get(tables[0])
        if one is None:
            return self.whole.table(tables)
        facts: list[SourceFacts] = []
        return Table(
            columns=one.columns,
            is_text=False,
            batches=one.batches(facts),
            facts=facts,
            blank_values=one.blank_values,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectsFile:
    """A rejects file that somebody mended, for rows of several objects; `objects` are their names and columns.

    `mend` gives a cell as it was typed: of an object and the number of its row in the source, what stood there before
    and what stands there now.
    """

    files: Source
    name: str
    objects: Mapping[str, tuple[str, ...]]
    mend: Callable[[str, str, list[str]], list[Cell]]

    def check(self) -> None:
        """Refuse a file whose columns are not those of the rejects. Raises SourceError, with all."""
        header = self.files.columns((self.name,))
        known = {name for columns in self.objects.values() for name in columns}
        found = [
            self._problem(1, f"no column '{name}' in the source", did_you_mean(name, known))
            for name in header
            if name not in known and not name.startswith(OWN)
        ]
        if OBJECT not in header and len(self.objects) > 1:
            found.append(self._problem(1, f"no column '{OBJECT}'", "it says which object a row belongs to"))
        if found:
            raise SourceError(*found)

    def of(self, name: str) -> Picked:
        """Give the rows of one object."""
        return Picked(columns=self.objects[name], batches=lambda facts: self._batches(name, facts))

    async def _batches(self, name: str, facts: list[SourceFacts]) -> AsyncIterator[Batch]:
        table = self.files.table((self.name,))
        before: tuple[str, ...] = ()
        async for batch in table.batches:
            rows = []
            for number, cells in batch.rows:
                row = dict(zip(table.columns, map(_text, cells), strict=False))
                if self._object(row, number) != name:
                    continue
                told = (row.get(NUMBER, ""), *(row.get(column, "") for column in self.objects[name]))
                if told != before:  # a row that became several records is rejected once for each
                    rows.append((number, self.mend(name, told[0], list(told[1:]))))
                before = told
            yield Batch(file=self.name, rows=rows)
        facts += table.facts

    def _object(self, row: Mapping[str, str], number: int) -> str:
        stated = row.get(OBJECT, "").strip()
        if not stated and len(self.objects) == 1:
            return next(iter(self.objects))
        if stated not in self.objects:
            fact = f"'{stated}' is no object that may be planned again" if stated else f"'{OBJECT}' is blank"
            hint = did_you_mean(stated, self.objects) or f"there are: {', '.join(self.objects)}"
            raise SourceError(self._problem(number, fact, hint))
        return stated

    def _problem(self, row: int, fact: str, hint: str) -> Problem:
        return Problem(
            code="E409", place=f"{self.name}:{row}", fact=fact, hint=hint or "see the rejects file as it was"
        )


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)
