from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.store.cells import is_printable, pack_cells, unpack_cells

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", "[", "[]", "\x1f", "a\x1fb"]
)


@given(cells=st.lists(texts, max_size=5))
def test_cells_of_text_come_back(cells: list[str]) -> None:
    """Whatever text stands in them, the separator and brackets too."""
    assert unpack_cells(pack_cells(cells)) == cells


@pytest.mark.parametrize("cells", [[1, "a", None, True], [["x"], {"no": "1"}], [10**30], []])
def test_typed_cells_come_back(cells: list[Any]) -> None:
    """What JSON knows keeps its type."""
    assert unpack_cells(pack_cells(cells)) == cells


def test_no_cells_are_none() -> None:
    """A record that no row made has none."""
    assert unpack_cells(None) == unpack_cells("") == []


@pytest.mark.parametrize("cells", [["a", "b c"], ["ä", "字"], ["", ""], [1, "a"]])
def test_plain_cells_are_printable(cells: list[Any]) -> None:
    """Letters of all scripts, digits and blanks do no harm."""
    assert is_printable(pack_cells(cells))


@pytest.mark.parametrize("cell", ["a\x00", "\x07", "\x1f", "\x7f", "\b", "\f"])
@pytest.mark.parametrize("other", ["x", 1])
def test_control_characters_are_seen(cell: str, other: Any) -> None:
    """In cells of text and in typed ones alike."""
    assert not is_printable(pack_cells([cell, other]))
