"""Reads files through the connector as a plan does, for tests."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrator.connectors.files.source import FileSource
from migrator.connectors.protocols import SourceFacts
from migrator.errors import SourceError

DATA = Path(__file__).parents[2] / "data"
DECLARE = "state the file's 'encoding' in the source block"
TRY_CP1252 = f"{DECLARE}, 'encoding: cp1252' if these lines read right as shown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Walked:
    """A table that was walked to its end: its columns, its numbered rows, and the facts about each file."""

    columns: tuple[str, ...]
    is_text: bool
    numbered: list[tuple[int, Any]]
    files: list[str]
    facts: list[SourceFacts]

    @property
    def rows(self) -> list[Any]:
        """Give the rows without their numbers."""
        return [cells for _number, cells in self.numbered]

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell how the one file was understood."""
        (only,) = self.facts
        return only.notes


def source_of(folder: Path, **settings: Any) -> FileSource:
    """Take a folder as a project, its mapping and its source at once."""
    return FileSource(project=folder, base=folder, settings=settings)


def walk(folder: Path, *names: str, **settings: Any) -> Walked:
    """Read files as one table, to the end."""
    table = source_of(folder, **settings).table(names)
    numbered: list[tuple[int, Any]] = []
    files: list[str] = []

    async def go() -> None:
        async for batch in table.batches:
            numbered.extend(batch.rows)
            files.extend([batch.file] * len(batch.rows))

    asyncio.run(go())
    return Walked(columns=table.columns, is_text=table.is_text, numbered=numbered, files=files, facts=table.facts)


def read(folder: Path, content: str | bytes, name: str = "a.csv", **settings: Any) -> Walked:
    """Write one file, and read it."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return walk(folder, name, **settings)


def refusal(folder: Path, *names: str, **settings: Any) -> list[str]:
    """Give the problems for which files are refused, when they are opened or while they are walked."""
    with pytest.raises(SourceError) as caught:
        walk(folder, *names, **settings)
    return [str(problem) for problem in caught.value.problems]


def refused(folder: Path, content: str | bytes, name: str = "a.csv", **settings: Any) -> list[str]:
    """Write one file, and give the problems for which it is refused."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return refusal(folder, name, **settings)


def refused_header(folder: Path, content: str | bytes) -> list[str]:
    """Write one file, and give the problems for which its header alone is refused."""
    (folder / "a.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SourceError) as caught:
        source_of(folder).columns(("a.csv",))
    return [str(problem) for problem in caught.value.problems]
