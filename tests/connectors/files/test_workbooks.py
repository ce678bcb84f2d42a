"""XLSX: the values of cells without loss, sheets by name, and cells that Excel itself could not fill."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from file_reading import refusal, source_of, walk
from workbooks import NAME, edit_entry, write_book, write_cells

from migrator.connectors.files import sheets
from migrator.connectors.protocols import BadCell

ODD = BadCell("holds an error or a formula without a stored result")
LOST = BadCell("holds a number of more than 15 digits, of which Excel has lost some")
SHEET = "xl/worksheets/sheet1.xml"


def cell(folder: Path, write: Callable[[Any, dict[str, Any]], None]) -> Any:
    """Write cell B2 as `write` does, and read it; formats for dates are at hand."""

    def fill(book: Any) -> None:
        page = book.add_worksheet("S")
        page.write_row(0, 0, ["Id", "a"])
        page.write(1, 0, "x")
        forms = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm", "money": "#,##0.00"}
        write(page, {name: book.add_format({"num_format": form}) for name, form in forms.items()})

    write_book(folder, fill)
    ((_id, value),) = walk(folder, NAME).rows
    return value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (5, 5),
        (0, 0),
        (-7, -7),
        (1.5, Decimal("1.5")),
        (0.1, Decimal("0.1")),
        (-0.1, Decimal("-0.1")),
        (1234.56, Decimal("1234.56")),
        (999999999999999, 999999999999999),
        (-999999999999999, -999999999999999),
        (True, True),
        (False, False),
        ("x", "x"),
        (" x ", " x "),
        ("ünï😀", "ünï😀"),
        ("a\nb", "a\nb"),
        ("<&>", "<&>"),
    ],
)
def test_plain_cell_keeps_its_value(written: object, expected: object, tmp_path: Path) -> None:
    """Whole numbers are int, others Decimal as Excel shows them; text and truth are themselves."""
    value = cell(tmp_path, lambda page, _forms: page.write(1, 1, written))
    assert (type(value), value) == (type(expected), expected)


@pytest.mark.parametrize("text", ["007", "1e3", "2024-01-02", "TRUE", "#N/A", "=1+1", "1234567890123456789"])
def test_text_cell_stays_text(text: str, tmp_path: Path) -> None:
    """What is text in Excel is text, whatever it looks like."""
    assert cell(tmp_path, lambda page, _forms: page.write_string(1, 1, text)) == text


@pytest.mark.parametrize(
    ("written", "form", "expected"),
    [
        (datetime(2024, 1, 2), "date", date(2024, 1, 2)),  # noqa: DTZ001 - a workbook has no zones
        (datetime(2024, 1, 2), "moment", date(2024, 1, 2)),  # noqa: DTZ001
        (datetime(2024, 1, 2, 3, 4, 5), "moment", datetime(2024, 1, 2, 3, 4, 5)),  # noqa: DTZ001
        (datetime(2024, 1, 2, 3, 4, 5), "date", datetime(2024, 1, 2, 3, 4, 5)),  # noqa: DTZ001
        (datetime(9999, 12, 31), "date", date(9999, 12, 31)),  # noqa: DTZ001
        (time(12, 30), "time", "12:30:00"),
    ],
)
def test_date_cell_is_a_date(written: Any, form: str, expected: object, tmp_path: Path) -> None:
    """A number in the format of a date is one, with its time where it has any; a time of day is text."""
    value = cell(tmp_path, lambda page, forms: page.write_datetime(1, 1, written, forms[form]))
    assert (type(value), value) == (type(expected), expected)


def test_number_in_the_format_of_money_is_a_number(tmp_path: Path) -> None:
    """Only formats of dates make dates."""
    value = cell(tmp_path, lambda page, forms: page.write_number(1, 1, 45293.5, forms["money"]))
    assert (type(value), value) == (Decimal, Decimal("45293.5"))


def test_dates_of_a_workbook_from_1904_are_right(tmp_path: Path) -> None:
    """A workbook says from when it counts days."""

    def fill(book: Any) -> None:
        page = book.add_worksheet("S")
        page.write(0, 0, "d")
        page.write_datetime(1, 0, datetime(2024, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001

    write_book(tmp_path, fill, date_1904=True)
    assert walk(tmp_path, NAME).rows == [(date(2024, 1, 2),)]


@pytest.mark.parametrize("number", [10**15, 1234567890123456789, -(10**15), 1e15 + 0.5, 1e300])
def test_number_of_more_than_15_digits_is_a_bad_cell(number: float, tmp_path: Path) -> None:
    """Excel keeps 15 digits: a longer number is not what somebody typed."""
    assert cell(tmp_path, lambda page, _forms: page.write_number(1, 1, number)) == LOST


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#REF!", "#NAME?", "#VALUE!", "#NUM!", "#NULL!"])
def test_error_is_a_bad_cell(error: str, tmp_path: Path) -> None:
    """A cell that shows an error is no blank cell."""
    assert cell(tmp_path, lambda page, _forms: page.write_formula(1, 1, "=1/0", None, error)) == ODD


@pytest.mark.parametrize(
    ("result", "expected"), [(2, 2), (1.5, Decimal("1.5")), ("text", "text"), (True, True), ("12", "12")]
)
def test_formula_is_its_stored_result(result: object, expected: object, tmp_path: Path) -> None:
    """The value that Excel stored with a formula is taken."""
    assert cell(tmp_path, lambda page, _forms: page.write_formula(1, 1, "=A1", None, result)) == expected


@pytest.mark.parametrize(
    "formula",
    ["<f>1+1</f>", "<f>1+1</f><v></v>", "<f>1+1</f><v/>", '<f t="shared" si="0"/>', '<f t="shared" si="0"></f>'],
)
def test_formula_without_a_result_is_a_bad_cell(formula: str, tmp_path: Path) -> None:
    """A formula that some program wrote and Excel never worked out has no value."""
    write_cells(tmp_path, ["Id", "a"], ["x", 5])
    edit_entry(tmp_path / NAME, SHEET, "<v>5</v>", formula)
    assert walk(tmp_path, NAME).rows == [("x", ODD)]


def test_bad_cell_spoils_no_other(tmp_path: Path) -> None:
    """Only the cell itself is bad: blank ones beside it are blank, and columns beyond Z are counted right."""

    def fill(book: Any) -> None:
        page = book.add_worksheet("S")
        page.write_row(0, 0, [f"c{n}" for n in range(30)])
        page.write_formula(1, 27, "=1/0", None, "#DIV/0!")
        page.write_row(2, 0, ["x"] * 30)

    write_book(tmp_path, fill)
    assert walk(tmp_path, NAME).rows == [(None,) * 27 + (ODD,) + (None,) * 2, ("x",) * 30]


def test_bad_cells_of_a_large_sheet_are_all_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet is looked through piece by piece, and no cell falls between two of them."""

    def fill(book: Any) -> None:
        page = book.add_worksheet("S")
        page.write_row(0, 0, ["n", "bad"])
        for n in range(1, 1001):
            page.write(n, 0, n)
            page.write_formula(n, 1, "=1/0", None, "#DIV/0!")

    monkeypatch.setattr(sheets, "_CHUNK", 997)
    write_book(tmp_path, fill)
    assert walk(tmp_path, NAME).rows == [(n, ODD) for n in range(1, 1001)]


def test_rows_are_numbered_as_in_the_sheet(tmp_path: Path) -> None:
    """Blank rows are counted and keep the numbers right; a cell of blanks is text."""
    write_cells(tmp_path, ["a", "b"], ["x", None], [], [], [None, 1], [" "])
    table = walk(tmp_path, NAME)
    assert table.numbered == [(2, ("x", None)), (5, (None, 1)), (6, (" ", None))]
    assert (table.is_text, table.facts[0].rows, table.facts[0].blank_rows) == (False, 3, 2)


def test_table_may_begin_in_another_column(tmp_path: Path) -> None:
    """Empty columns at the left are no columns, and a bad cell is found where it is."""

    def fill(book: Any) -> None:
        page = book.add_worksheet("S")
        page.write_row(0, 2, ["a", "b"])
        page.write_row(1, 2, ["x", "y"])
        page.write_formula(2, 3, "=1/0", None, "#DIV/0!")

    write_book(tmp_path, fill)
    table = walk(tmp_path, NAME)
    assert (table.columns, table.numbered) == (("a", "b"), [(2, ("x", "y")), (3, (None, ODD))])


@pytest.mark.parametrize(
    ("header", "columns"),
    [(["a", "b"], ("a", "b")), (["a", None, "c"], ("a", "#2", "c")), ([1, 1.5, True], ("1", "1.5", "True"))],
)
def test_header_names_the_columns(header: list[Any], columns: tuple[str, ...], tmp_path: Path) -> None:
    """The first row names the columns, numbers in it by their text."""
    write_cells(tmp_path, header, ["x", "y", "z"])
    assert source_of(tmp_path).columns((NAME,))[: len(columns)] == columns


def test_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """The same rules hold as for any other header."""
    write_cells(tmp_path, ["a", "b", "a"])
    fact = "the column 'a' stands 2 times: positions 1, 3 (rename all but one of them)"
    assert refusal(tmp_path, NAME) == [f"{NAME}:1: E403 {fact}"]


def test_empty_sheet_is_refused(tmp_path: Path) -> None:
    """A sheet without anything has no header."""
    write_cells(tmp_path)
    fact = "the file is empty, without a header (the first row names the columns)"
    assert refusal(tmp_path, NAME) == [f"{NAME}:1: E403 {fact}"]


def write_three(folder: Path) -> None:
    """Write a workbook of three sheets, each with its own name in it."""

    def fill(book: Any) -> None:
        for name in ("One", "Two & <3>", "Drei ä"):
            page = book.add_worksheet(name)
            page.write_column(0, 0, ["a", name])
        for page in book.worksheets()[1:]:
            page.write_formula(2, 0, "=1/0", None, "#DIV/0!")

    write_book(folder, fill)


@pytest.mark.parametrize(
    ("sheet", "rows"), [("One", [("One",)]), ("Two & <3>", [("Two & <3>",), (ODD,)]), ("Drei ä", [("Drei ä",), (ODD,)])]
)
def test_sheet_is_chosen_by_name(sheet: str, rows: list[Any], tmp_path: Path) -> None:
    """`book.xlsx#Sheet` names one of several, and its bad cells are those of this sheet."""
    write_three(tmp_path)
    table = walk(tmp_path, f"{NAME}#{sheet}")
    assert (table.rows, table.notes, table.facts[0].file) == (rows, (f"sheet '{sheet}'",), NAME)


@pytest.mark.parametrize(
    ("asked", "fact"),
    [(NAME, "the workbook has several sheets"), (f"{NAME}#", "the workbook has several sheets"),
     (f"{NAME}#Zwei", "no sheet 'Zwei'"), (f"{NAME}#one", "no sheet 'one'")],
)  # fmt: skip
def test_sheet_that_is_not_clear_is_asked_for(asked: str, fact: str, tmp_path: Path) -> None:
    """Of several sheets one must be named, exactly; those that there are are listed."""
    write_three(tmp_path)
    hint = "write 'from: b.xlsx#One'; there are: One, Two & <3>, Drei ä"
    assert refusal(tmp_path, asked) == [f"{NAME}: E407 {fact} ({hint})"]


@pytest.mark.parametrize("asked", [NAME, f"{NAME}#S"])
def test_only_sheet_need_not_be_named(asked: str, tmp_path: Path) -> None:
    """A workbook of one sheet is that sheet."""
    write_cells(tmp_path, ["a"], ["x"])
    assert walk(tmp_path, asked).rows == [("x",)]


def test_facts_are_those_of_the_workbook(tmp_path: Path) -> None:
    """Hash and size are those of the file."""
    path = write_cells(tmp_path, ["a"], ["x"])
    (facts,) = walk(tmp_path, NAME).facts
    assert (facts.sha256, facts.size) == (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
    assert (facts.rows, facts.blank_rows, facts.warnings) == (1, 0, ())


def test_values_of_a_workbook_are_given_as_pairs(tmp_path: Path) -> None:
    """Keys and values are text, numbers as they are written."""
    write_cells(tmp_path, ["Id", "Name"], [1, "Ada"], ["x", 1.5])
    assert source_of(tmp_path).pairs(NAME, "Id", "Name") == {"1": "Ada", "x": "1.5"}


def test_bad_cells_are_told_apart_by_their_reason() -> None:
    """A bad cell is a value that says why, and is no exception."""
    assert BadCell("one") == BadCell("one")
    assert BadCell("one") != BadCell("other")
    assert str(LOST) == "holds a number of more than 15 digits, of which Excel has lost some"
