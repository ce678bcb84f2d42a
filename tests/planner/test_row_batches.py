"""Row steps at work, batch after batch: the size of a batch makes no difference, and what is dropped is noted."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import CRELATE, Desk, TypedSource, firms, people

from migrator.connectors.protocols import Batch, Table
from migrator.planner.compiling import Compiled, compile_mapping
from migrator.planner.contents import Contents
from migrator.planner.engines import Inline
from migrator.planner.forms import ReadFiles
from migrator.planner.identities import KEY, digest_of
from migrator.planner.stage import SHEAF_ROWS, Stage, StageCount
from migrator.store.draft import Draft
from migrator.store.leaving import left_out_of

COLUMNS = ("id", "a", "b", "tags")
CHAINS = (
    "{where: \"{{ a != 'x' }}\"}, {distinct: [b]}",
    "{set: {c: '{{ a }}{{ b }}'}}, {sort: [c, b]}, {distinct: [c]}",
    "{reject: {when: \"{{ b == 'y' }}\", because: no}}, {sort: [b, a]}, {fill_down: [a]}",
    "{group: {by: [a], take: {b: sum, id: first, tags: list}}}, {sort: [b]}",
    "{group: {by: [b], take: {a: min, id: last, tags: {join: '+'}}}}",
    "{split_rows: {column: tags, by: ';', index: n}}, {distinct: [tags]}",
    "{fill_down: [a]}, {unpivot: {columns: [b, tags], name: k, value: v}}, {sort: [v]}",
    "{join: {with: other, on: {a: a}, prefix: o_, several: rows}}, {distinct: [o_id]}",
    "{join: {with: other, on: {a: b}, prefix: o_, unmatched: skip}}",
    "{split_rows: {column: tags, by: ';'}}, {join: {with: other, on: {tags: a}, prefix: o_, several: rows}}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sized(TypedSource):
    """A source whose batches have a given size."""

    rows: Sequence[Sequence[str]]
    size: int
    blank_values: frozenset[str] = frozenset()

    def table(self, tables: tuple[str, ...]) -> Table:
        """Give the rows in batches."""

        async def batches() -> AsyncIterator[Batch]:
            numbered = list(enumerate(self.rows, start=2))
            for start in range(0, len(numbered), self.size):
                yield Batch(file=tables[0], rows=numbered[start : start + self.size])

        return Table(columns=COLUMNS, is_text=True, batches=batches())


def compiled(folder: Path, objects: str) -> Compiled:
    """Compile objects that read, and join, tables with these columns."""
    spec = Desk(folder=folder, top="tables: {other: {from: b.csv, rows: [{where: '{{ a }}'}]}}\n").spec(objects)
    headers = dict.fromkeys(spec.objects, COLUMNS)
    return compile_mapping(spec, CRELATE, headers, ReadFiles(lambda _stated: {}), {("b.csv",): COLUMNS})


def stage_of(draft: Draft, whole: Compiled) -> Stage:
    """Make what stages the rows of a mapping; no row names a file."""
    return Stage(draft, Inline(whole, Contents(Sized([], 1))))


def staged(folder: Path, steps: str, rows: Sequence[Sequence[str]], size: int) -> tuple[Any, ...]:
    """Stage rows in batches of a size: what the draft holds of them, and what was counted."""
    item = compiled(folder, people(f"rows: [{steps}]", "match: none", fields="FirstName: id, LastName: a"))
    with Draft(folder / "acme.plan") as draft:
        count: StageCount = asyncio.run(stage_of(draft, item).add(item.objects["contacts"], Sized(rows, size)))
        found = (
            draft.run("SELECT row, key, cells, fields FROM record WHERE state='create' ORDER BY id").fetchall(),
            draft.run("SELECT row, key, cells, fields FROM record WHERE state='reject' ORDER BY 1, 2").fetchall(),
            draft.run("SELECT code, value, fact FROM problem ORDER BY 1, 2, 3").fetchall(),
            draft.run("SELECT digest, line FROM scratch.identity ORDER BY 1, 2").fetchall(),
        )
        return (*found, count.rows, count.dropped, count.multiplied)


cells = st.sampled_from(["", "x", "y", "z", "1", "2", "1.5", "p;q", "y;;z"])
tables = st.lists(st.tuples(st.sampled_from("123"), cells, cells, cells), max_size=12)


@settings(max_examples=40, deadline=None)
@given(rows=tables, steps=st.sampled_from(CHAINS), size=st.integers(1, 13))
def test_batches_of_any_size_give_the_same_rows(rows: list[tuple[str, ...]], steps: str, size: int) -> None:
    """Whatever was kept back or put aside, the rows come out the same, in the same order, with the same counts."""
    with TemporaryDirectory() as name:
        assert staged(Path(name), steps, rows, size) == staged(Path(name), steps, rows, 100)


@pytest.mark.parametrize(
    ("rows", "key", "expected"),
    [
        ("{where: \"{{ a != 'x' }}\"}", "2", ("firms.csv", 3, "1 where")),
        ("{where: \"{{ a != 'x' }}\"}", "1", None),
        ("{rename: {id: x}}, {set: {id: x}}, {where: \"{{ a != 'x' }}\"}", "2", ("firms.csv", 3, "3 where")),
        ("{where: \"{{ a != 'x' }}\"}, {rename: {id: no, b: id}}", "q", ("firms.csv", 3, "1 where")),
        ("{split_rows: {column: tags, by: ','}}", "1", ("firms.csv", 2, "1 split_rows")),
    ],
)  # fmt: skip
def test_row_that_a_step_removed_is_noted_where_a_lookup_may_ask_for_it(
    tmp_path: Path, rows: str, key: str, expected: tuple[str, int, str] | None
) -> None:
    """Its key tells file, row and step."""
    link = "CurrentPosition_Company_Id: {lookup: companies, by: [{key: a}]}"
    objects = firms(f"rows: [{rows}]", "match: none", fields="Name: a") + people("match: none", fields=link)
    item = compiled(tmp_path, objects)
    with Draft(tmp_path / "acme.plan") as draft:
        asyncio.run(
            stage_of(draft, item).add(item.objects["companies"], Sized([("1", "y", "p", ""), ("2", "x", "q", "t")], 1))
        )
        assert left_out_of(draft, *digest_of("companies", KEY, key)) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{reject: {when: \"{{ a == 'x' }}\", because: no}}", (2_005, 0, 0)),
        ("{where: \"{{ a != 'x' }}\"}", (1, 2_004, 0)),
        ("{distinct: [b]}", (1, 0, 2_004)),
    ],
)
def test_rows_that_come_to_no_end_are_not_gathered_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, expected: tuple[int, int, int]
) -> None:
    """What a step refuses, drops or replaces before all rows are there is put away as it comes."""
    sizes = []

    def read(_stage: Stage, _name: str, rows: Sequence[Any], _cleaning: Any) -> int:
        sizes.append((len(rows), 0, 0))
        return 1

    def put_aside(_stage: Stage, left_out: list[Any], standing: list[Any], _landed: Any) -> None:
        sizes.append((0, len(left_out), len(standing)))

    monkeypatch.setattr(Stage, "read", read)
    monkeypatch.setattr(Stage, "put_aside", put_aside)
    link = "CurrentPosition_Company_Id: {lookup: companies, by: [{key: a}]}"
    rows = firms(f"rows: [{step}, {{sort: [a]}}]", "match: none", fields="Name: a")
    item = compiled(tmp_path, rows + people("match: none", fields=link))
    lines = [("0", "y", "b", ""), *((str(n), "x", "b", "") for n in range(1, 2_005))]
    with Draft(tmp_path / "acme.plan") as draft:
        asyncio.run(stage_of(draft, item).add(item.objects["companies"], Sized(lines, 7)))
    assert max(max(size) for size in sizes) == SHEAF_ROWS
    assert tuple(sum(size) for size in zip(*sizes, strict=True)) == expected


def test_row_that_nobody_asks_for_is_not_noted(tmp_path: Path) -> None:
    """Without a lookup by key or row nothing is kept of what was dropped."""
    item = compiled(tmp_path, people("rows: [{where: '{{ a }}'}]", "match: none", fields="FirstName: a"))
    with Draft(tmp_path / "acme.plan") as draft:
        asyncio.run(stage_of(draft, item).add(item.objects["contacts"], Sized([("1", "", "", "")], 1)))
        assert draft.run("SELECT COUNT(*) FROM scratch.left_out").fetchone() == (0,)
