"""A plan while it is made: rows staged, files numbered, firsts of a value kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_cases import edit

from migrator.errors import StoreError
from migrator.records import Action
from migrator.store.draft import Draft, StagedIdentity, StagedProblem, StagedRecord, StagedReference
from migrator.store.tallies import left_by_object, set_facts


@pytest.fixture
def draft(tmp_path: Path) -> Iterator[Draft]:
    """Begin a plan."""
    with Draft(tmp_path / "acme.plan") as opened:
        opened.add_object((1, "companies", "companies", "A", "[]"))
        yield opened


def record(number: int, row: int | None = 2, *, name: int = 1) -> StagedRecord:
    """Give a source row."""
    return StagedRecord(number, name, None if row is None else 1, row, str(number), "[]", "{}")


def test_files_are_numbered_once(draft: Draft) -> None:
    """A name keeps its number."""
    assert [draft.file_number(name) for name in ("a.csv", "b.csv", "a.csv")] == [1, 2, 1]
    assert draft.run("SELECT id, name FROM file").fetchall() == [(1, "a.csv"), (2, "b.csv")]


def test_rows_are_staged_with_all_that_they_state(draft: Draft) -> None:
    """Record, identity, reference and problem lie in tables of their own."""
    identity = StagedIdentity(11, 12, 1, 0)
    reference = StagedReference(1, "company", 0, 3, 1, 21, 22)
    problem = StagedProblem(1, 1, "E110", "born", "x", "'born' is not a date", "")
    draft.add_rows([record(1)], [identity], [reference], [problem])
    assert draft.run("SELECT * FROM record").fetchall() == [(1, 1, 1, 2, "1", "[]", "{}", "create", None, None)]
    assert draft.run("SELECT * FROM scratch.identity").fetchall() == [(11, 12, 1, 0, 0)]
    assert draft.run("SELECT * FROM asking.reference").fetchall() == [(1, "company", 0, 3, 1, 21, 22)]
    assert draft.run("SELECT * FROM problem").fetchall() == [(1, *problem)]


@pytest.mark.parametrize("is_shared", [False, True])
def test_rows_are_sorted_once_all_are_staged(draft: Draft, *, is_shared: bool) -> None:
    """What is sorted beside this thread is there for it, and what is staged later has its place."""
    draft.add_rows([record(1)], [StagedIdentity(11, 12, 1, 0)], [StagedReference(1, "a", 0, 3, 1, 21, 22)], [])
    draft.index_rows(is_shared=is_shared)
    draft.add_rows([record(2)], [StagedIdentity(5, 6, 2, 0)], [StagedReference(2, "a", 0, 3, 1, 7, 8)], [])
    by_value = "SELECT record FROM {} INDEXED BY {} ORDER BY digest"
    sorted_by = {"scratch.identity": "identity_by_digest", "asking.reference": "reference_by_value"}
    assert [draft.run(by_value.format(*one)).fetchall() for one in sorted_by.items()] == [[(2,), (1,)]] * 2


def test_fault_of_what_is_sorted_beside_is_told(draft: Draft, tmp_path: Path) -> None:
    """A file that somebody takes away is no reason for silence, nor for a traceback."""
    (tmp_path / ".acme.plan.asking").unlink()
    with pytest.raises(StoreError, match="E705 not readable as a file of migrator: no such table"):
        draft.index_rows(is_shared=True)


def test_first_of_a_value_stands_for_the_others(draft: Draft) -> None:
    """Within a batch and over batches the earliest record is kept; another step has firsts of its own."""
    assert draft.keep_first(0, [(1, "a"), (2, "b"), (3, "a")]) == {1: 1, 2: 2, 3: 1}
    assert draft.keep_first(0, [(4, "b"), (5, "c")]) == {4: 2, 5: 5}
    assert draft.keep_first(1, [(6, "a")]) == {6: 6}


def test_rows_that_are_left_out_are_counted_by_state(draft: Draft) -> None:
    """Rows that stay are not counted, nor is a record that only a lookup asks for: it has no row."""
    draft.add_rows([record(1), record(2, 3), record(3, 4), record(4, None), record(5, 6)], [], [], [])
    draft.set_state(Action.REJECT, [1, 3, 4])
    draft.set_state(Action.SKIP, [5])
    assert left_by_object(draft) == {1: {"reject": 2, "skip": 1}}


def test_facts_stand_with_their_object(draft: Draft) -> None:
    """What is known of an object is kept as JSON."""
    set_facts(draft, 1, '{"rows": 3}')
    assert draft.run("SELECT facts FROM object").fetchall() == [('{"rows": 3}',)]


def test_fault_of_a_draft_is_told_with_its_place(draft: Draft) -> None:
    """SQL that fails comes out as StoreError of the plan that is made."""
    with pytest.raises(StoreError) as caught:
        draft.run("SELECT * FROM nowhere")
    fact = "E705 not readable as a file of migrator: no such table: nowhere"
    assert str(caught.value) == f"{draft.path}: {fact} (restore the file from a copy, or make the plan again)"


def test_draft_does_not_touch_a_foreign_plan(tmp_path: Path) -> None:
    """Only files of its own names are replaced before the seal."""
    edit(tmp_path / "acme.plan", "CREATE TABLE a(b)")
    before = (tmp_path / "acme.plan").read_bytes()
    with Draft(tmp_path / "acme.plan"):
        assert (tmp_path / "acme.plan").read_bytes() == before
