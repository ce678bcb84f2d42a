"""What row steps put aside: in order, or to be found by a value; and rows that did not come through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.store.draft import Draft
from migrator.store.leaving import LeftOut, StandsFor, add_left_out, add_standing, left_out_of, settle_standing
from migrator.store.spill import Partners, Spill


@pytest.fixture
def draft(tmp_path: Path) -> Iterator[Draft]:
    """Begin a plan."""
    with Draft(tmp_path / "acme.plan") as opened:
        yield opened


def test_rows_come_back_in_the_order_of_their_keys(draft: Draft) -> None:
    """By one key or another; what is equal comes as it was added."""
    spill = Spill(draft, 1, 2)
    spill.add([(b"b", 1, "one"), (b"a", 2, "two"), (b"b", 0, "three"), (b"a", 2, "four")])
    assert list(spill.in_order([0])) == ["two", "four", "one", "three"]
    assert list(spill.in_order([1, 0])) == ["three", "one", "two", "four"]
    assert list(spill.with_first_key())[:2] == [(b"a", "two"), (b"a", "four")]


def test_steps_do_not_meet(draft: Draft) -> None:
    """Each has rows of its own."""
    one, other = Spill(draft, 1, 1), Spill(draft, 2, 1)
    one.add([(1, "a")])
    other.add([(2, "b")])
    assert (list(one.in_order([0])), list(other.in_order([0]))) == (["a"], ["b"])


def test_partners_are_found_by_value(draft: Draft) -> None:
    """How many there are, the first of them, all of them, and where they stand."""
    partners = Partners(draft, 1)
    partners.add([("x", "t:2", "one"), ("y", "t:3", "two"), ("x", "t:4", "three")])
    partners.index()
    asked = [(0, "y"), (1, "x"), (2, "z"), (3, "x")]
    assert partners.first(asked) == {0: (1, "two"), 1: (2, "one"), 3: (2, "one")}
    assert list(partners.all(asked)) == [(0, "two"), (1, "one"), (1, "three"), (3, "one"), (3, "three")]
    assert (partners.places("x", 1), partners.places("x", 9)) == (["t:2"], ["t:2", "t:4"])


def test_row_that_was_left_out_is_found_by_its_key(draft: Draft) -> None:
    """The first one with this key, with its file, row and step."""
    file = draft.file_number("a.csv")
    add_left_out(draft, [LeftOut(1, 2, 1, file, 7, "1 where"), LeftOut(1, 2, 1, file, 8, "2 where")])
    draft.index_left_out()
    assert left_out_of(draft, 1, 2) == ("a.csv", 7, "1 where")
    assert left_out_of(draft, 1, 3) is None


def test_keys_are_stated_for_the_record_at_the_end_of_the_chain(draft: Draft) -> None:
    """A row may stand for one that stood for another; of several records of one row the first counts."""
    standing = [StandsFor(5, 4, 51, 52), StandsFor(4, 2, None, None), StandsFor(6, 3, 61, 62)]
    add_standing(draft, standing, [(2, 10), (2, 11)])
    settle_standing(draft, -1, 2)
    assert draft.run("SELECT * FROM scratch.identity").fetchall() == [(51, 52, 10, -1, 0)]
    assert draft.run("SELECT (SELECT COUNT(*) FROM scratch.standing), COUNT(*) FROM scratch.landed").fetchone() == (
        0,
        0,
    )
