"""Several sources as one: `old/people.csv` is the table `people.csv` of the source `old`."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from migrator.connectors.protocols import Batch, Source, SourceFacts, Table
from migrator.errors import SourceError


@dataclass(frozen=True, kw_only=True, slots=True)
class SeveralSources:
    """Sends each question to the source that its table names; `own` reads small files beside the mapping.

    Names of files, also in problems, begin with that of their source.
    """

    sources: Mapping[str, Source]
    own: Source
    blank_values: frozenset[str] = frozenset()

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Read the header only. Raises SourceError."""
        name, rest = _picked(tables)
        with _named(name):
            return self.sources[name].columns(rest)

    def changed(self, facts: Mapping[str, str]) -> list[str]:
        """Name the files that are not as they were read, or are gone."""
        found = []
        for name, source in self.sources.items():
            own = {file.removeprefix(f"{name}/"): sha for file, sha in facts.items() if file.startswith(f"{name}/")}
            found += [f"{name}/{file}" for file in (source.changed(own) if own else [])]
        return found

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Read two columns of a small file, of a source that it names or beside the mapping. Raises SourceError."""
        name, _, rest = file.partition("/")
        if name not in self.sources:
            return self.own.pairs(file, key, value)
        with _named(name):
            return self.sources[name].pairs(rest, key, value)

    def content(self, file: str) -> bytes:
        """Read a whole file of a source that it names, or beside the mapping. Raises SourceError."""
        name, _, rest = file.partition("/")
        if name not in self.sources:
            return self.own.content(file)
        with _named(name):
            return self.sources[name].content(rest)

    def table(self, tables: tuple[str, ...]) -> Table:
        """Open one table, or several of one shape as one. Raises SourceError, also while it is walked."""
        name, rest = _picked(tables)
        source = self.sources[name]
        with _named(name):
            table = source.table(rest)
        facts: list[SourceFacts] = []
        blank_values = source.blank_values | table.blank_values
        return replace(table, batches=_batches(name, table, facts), facts=facts, blank_values=blank_values)


def _picked(tables: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Take the name of the source off the names of its tables; a query stays one."""
    return tables[0].partition("/")[0], tuple(type(table)(table.partition("/")[2]) for table in tables)


async def _batches(name: str, table: Table, facts: list[SourceFacts]) -> AsyncIterator[Batch]:
    with _named(name):
        async for batch in table.batches:
            yield replace(batch, file=f"{name}/{batch.file}")
    facts += [replace(one, file=f"{name}/{one.file}") for one in table.facts]


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Tell the problems of a source with its name."""
    try:
        yield
    except SourceError as error:
        problems = (replace(problem, place=f"{name}/{problem.place}") for problem in error.problems)
        raise SourceError(*problems) from error
