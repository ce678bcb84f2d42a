"""Several sources as one: each question goes to the source that is named."""

import asyncio
from pathlib import Path

import pytest

from migrator.connectors.files.source import FileSource
from migrator.connectors.protocols import Batch
from migrator.connectors.several import SeveralSources
from migrator.errors import SourceError


@pytest.fixture
def source(tmp_path: Path) -> SeveralSources:
    """Make two folders of files, with blank values of their own, and a file beside them."""
    for name, lines in {"a/p.csv": "id,n\n1,A\n", "b/p.csv": "id,m\n2,B\n", "map.csv": "k,v\nx,X\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(lines, encoding="utf-8")
    folders: dict[str, dict[str, object]] = {"old": {"path": "a", "blank_values": ["-"]}, "new": {"path": "b"}}
    made = {name: FileSource(project=tmp_path, base=tmp_path, settings=settings) for name, settings in folders.items()}
    return SeveralSources(sources=made, own=FileSource(project=tmp_path, base=tmp_path, settings={}))


def test_table_is_that_of_its_source(source: SeveralSources) -> None:
    """Header, rows, facts and blank values are those of the source, and its name stands before the file's."""

    async def walk() -> list[Batch]:
        return [batch async for batch in table.batches]

    assert source.columns(("new/p.csv",)) == ("id", "m")
    table = source.table(("old/p.csv",))
    batches = asyncio.run(walk())
    assert [(batch.file, list(batch.rows)) for batch in batches] == [("old/p.csv", [(2, ("1", "A"))])]
    assert [facts.file for facts in table.facts] == ["old/p.csv"]
    assert (table.blank_values, source.table(("new/p.csv",)).blank_values) == (frozenset("-"), frozenset())


def test_problem_is_told_with_the_name_of_its_source(source: SeveralSources) -> None:
    """The same file may be in both."""
    with pytest.raises(SourceError) as caught:
        source.columns(("new/q.csv",))
    assert str(caught.value) == "new/q.csv: E401 there is no such file (did you mean 'p.csv'?)"


def test_change_of_a_file_is_found_in_its_source(source: SeveralSources, tmp_path: Path) -> None:
    """Only the file that changed is named."""
    facts: dict[str, str] = {}
    for name in ("old", "new"):
        table = source.table((f"{name}/p.csv",))

        async def walk() -> None:
            async for _batch in table.batches:  # noqa: B023 - it is run at once
                pass

        asyncio.run(walk())
        facts |= {one.file: one.sha256 for one in table.facts}
    assert source.changed(facts) == []
    (tmp_path / "b" / "p.csv").write_text("id,m\n2,C\n", encoding="utf-8")
    assert source.changed(facts) == ["new/p.csv"]


def test_small_files_lie_beside_the_mapping_or_in_a_source(source: SeveralSources) -> None:
    """A name without a source is beside the mapping."""
    assert source.pairs("map.csv", "k", "v") == {"x": "X"}
    assert source.pairs("old/p.csv", "id", "n") == {"1": "A"}
