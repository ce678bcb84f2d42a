"""CSV for spreadsheets: nothing in it acts as a formula, and all of it comes back to the letter."""

import csv
import io
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.reports.guarded import (
    csv_lines,
    each_once,
    quoted_columns,
    quoted_lines,
    quoted_packed,
    safe_cell,
    unsafe_cell,
)
from migrator.store.cells import MARK, pack_cells

TRIGGER = re.compile(r"[\s\x00\u00a0]*[=+\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"[+-]?[0-9.,]+", re.ASCII)
SIGNS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("=+-@'\t\r\n\x00 \u00a0\uff1d\uff0b\uff0d\uff20129.,"))
)
CELLS = st.one_of(SIGNS.filter(lambda text: "\x00" not in text), st.integers(), st.none())
ROWS = st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=4))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("", ""),
        ("Ada", "Ada"),
        ("a=b", "a=b"),
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("\t=1", "'\t=1"),
        ("\ttext", "'\ttext"),
        ("\rtext", "'\rtext"),
        ("\ntext", "'\ntext"),
        ("\x00text", "'\x00text"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\u2003@x", "'\u2003@x"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff20x", "'\uff20x"),
        (" \uff1d1", "' \uff1d1"),
        ("'quoted", "''quoted"),
        ("''twice", "'''twice"),
        (" 'quoted", "' 'quoted"),
        ("-5", "-5"),
        ("-1,234.50", "-1,234.50"),
        ("-", "'-"),
        ("--1", "'--1"),
        ("-1-1", "'-1-1"),
        ("-٣", "'-٣"),
        ("  text", "  text"),
        ("1=1", "1=1"),
    ],
)
def test_cell_that_acts_as_a_formula_is_guarded(text: str, safe: str) -> None:
    """What a spreadsheet could take for a formula gets a mark in front, and gives it back; plain numbers are none."""
    assert (safe_cell(text), unsafe_cell(safe)) == (safe, text)


@settings(deadline=None)
@given(SIGNS)
def test_guard_is_undone_without_loss(text: str) -> None:
    """Whatever text it is, it comes back, and no guarded cell begins as a formula does."""
    safe = safe_cell(text)
    assert unsafe_cell(safe) == text
    assert not TRIGGER.match(safe) or NUMBER.fullmatch(safe)


@settings(deadline=None)
@given(ROWS)
def test_rows_are_csv_as_the_standard_library_writes_it(rows: list[list[str | int | None]]) -> None:
    """Every cell stands in quotes, guarded, and quotes, line ends and delimiters in it survive the way back."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([map(safe_cell, row) for row in texts])
    assert "".join(csv_lines(rows)) == written.getvalue()
    back = csv.reader(io.StringIO(written.getvalue(), newline=""), strict=True)
    assert [[unsafe_cell(cell) for cell in row] for row in back] == texts


@settings(deadline=None)
@given(ROWS)
def test_packed_rows_are_quoted_as_their_cells_are(rows: list[list[str | int | None]]) -> None:
    """As a whole where no cell needs a guard, and not at all where one does: a number with a sign needs none."""
    texts = [["" if cell is None else str(cell).replace(MARK, "") for cell in row] for row in rows]
    whole = quoted_packed([*map(pack_cells, texts)])
    if any(safe_cell(cell) != cell for row in texts for cell in row):
        assert whole is None
    else:
        assert whole is not None
        assert list(quoted_lines([whole])) == list(csv_lines(texts))


@pytest.mark.parametrize(("cells", "needs"), [(["", "+1415555"], False), (["", "+1a"], True), (["x", " =1"], True)])
def test_cells_that_need_a_guard_are_found_among_packed_ones(cells: list[str], *, needs: bool) -> None:
    """Behind an empty cell, too."""
    assert (quoted_packed([pack_cells(["plain", "a-b"]), pack_cells(cells)]) is None) is needs


@pytest.mark.parametrize("values", [["a"] * 8, ["a", "b"] * 4, ["a", 'b"', "=c", None, 5], [], ["=x", None] * 8])
def test_what_recurs_is_quoted_once(values: list[str | None]) -> None:
    """A column reads the same whether its values were written one by one or each only once."""
    (column,) = quoted_columns([values])
    assert [f'"{cell}"\r\n' for cell in column] == list(csv_lines([[value] for value in values]))
    written: list[object] = []

    def write(cells: Sequence[object]) -> list[str]:
        written.extend(cells)
        return [*map(str, cells)]

    assert each_once(write, values) == [*map(str, values)]
    assert len(written) == (len({*values}) if len({*values}) * 4 <= len(values) else len(values))
