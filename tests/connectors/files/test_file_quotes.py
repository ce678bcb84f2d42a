"""Quotes and line ends: read strictly, kept byte for byte, and refused with the line where the record begins."""

from pathlib import Path

import pytest
from file_reading import read, refused

OPEN_QUOTE = "a quoted cell opens in this record and never closes (close the quote, or double a quote in text)"
AFTER_QUOTE = "not well-formed: ',' expected after '\"' (inside quotes, a quote is written twice: \"\")"
TOO_LARGE = "a cell is larger than 10 MiB (is a quote left open?)"
TEN_MEBIBYTES = 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('a,b\n1," x "\n', [("1", " x ")]),
        ('a,b\n1,"2"""\n', [("1", '2"')]),
        ('a,b\n"","""x"""\n', [("", '"x"')]),
        ('a,b\n1,x"y\n', [("1", 'x"y')]),
        ('a,b\n1, "x"\n', [("1", ' "x"')]),
        ('a,b\n1,"x,\ny"\n2,3\n', [("1", "x,\ny"), ("2", "3")]),
        ("a,b\n1,2", [("1", "2")]),
        ("a,b\n1,'x'\n", [("1", "'x'")]),
        ("a,b\n1,x\\ny\n", [("1", "x\\ny")]),
        ("a,b\n=1,-x\n", [("=1", "-x")]),
    ],
)
def test_quotes_are_read(content: str, rows: list[tuple[str, ...]], tmp_path: Path) -> None:
    """A quote that opens a cell holds it together; one inside of plain text is a character like any other."""
    assert read(tmp_path, content).rows == rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r", "\n\r\n", "\u2028", "\x0b", "\x85"])
def test_line_ends_in_cells_are_kept(end: str, inside: str, tmp_path: Path) -> None:
    """Whatever ends the lines of the file, what stands inside of quotes stays as it is."""
    content = f'a,b{end}1,"x{inside}y"{end}2,3{end}'
    assert read(tmp_path, content).numbered == [(2, ("1", f"x{inside}y")), (3, ("2", "3"))]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('"a,b\n1,2\n', 1),
        ('a,b\n"1,2\n', 2),
        ('a,b\n1,2\n"3\n4,5\n6,7\n', 3),
        ('a,b\n"p\nq",r\n1,"2\n', 4),
        ('a,b\r"p\rq",r\r1,"2\r', 4),
        ('a,b\n"1"",2\n', 2),
        ('a,b\n1,2\n"', 3),
    ],
)
def test_unclosed_quote_is_refused_where_its_record_begins(content: str, line: int, tmp_path: Path) -> None:
    """An unclosed quote would swallow the rest of the file as one cell."""
    assert refused(tmp_path, content) == [f"a.csv:{line}: E406 {OPEN_QUOTE}"]


@pytest.mark.parametrize(
    ("content", "line"),
    [('"a"b,c\n', 1), ('a,b\n"x"y,2\n', 2), ('a,b\n1,2\n"p\nq",r\n3,"x" \n', 5), ('a,b\n1,"2" \n', 2)],
)
def test_text_after_a_quote_is_refused(content: str, line: int, tmp_path: Path) -> None:
    """`"x"y` means nothing, and is not read as if it did."""
    assert refused(tmp_path, content) == [f"a.csv:{line}: E406 {AFTER_QUOTE}"]


def test_text_after_a_quote_names_the_delimiter(tmp_path: Path) -> None:
    """The message knows what separates the columns of this file."""
    problem = AFTER_QUOTE.replace("','", "';'")
    assert refused(tmp_path, 'a;b\n"x"y;2\n') == [f"a.csv:2: E406 {problem}"]


def test_malformed_record_is_found_in_a_wide_encoding(tmp_path: Path) -> None:
    """Lines are counted in characters, not in bytes."""
    content = 'ä,b\n1,2\n"3\n'.encode("utf-16")
    assert refused(tmp_path, content) == [f"a.csv:3: E406 {OPEN_QUOTE}"]


def test_malformed_record_far_down_is_found(tmp_path: Path) -> None:
    """The walk finds what the look at the beginning did not see."""
    content = "a,b\n" + "x,y\n" * 100_000 + '"z,1\n' + "x,y\n" * 10
    assert refused(tmp_path, content) == [f"a.csv:100002: E406 {OPEN_QUOTE}"]


def test_cell_of_ten_mebibytes_is_read(tmp_path: Path) -> None:
    """Large cells are read: a note may be long."""
    (row,) = read(tmp_path, f'a,b\n1,"{"x" * TEN_MEBIBYTES}"\n').rows
    assert (row[0], len(row[1])) == ("1", TEN_MEBIBYTES)


@pytest.mark.parametrize("quote", ["", '"'])
def test_larger_cell_is_refused(quote: str, tmp_path: Path) -> None:
    """One character more is refused, in quotes and without."""
    content = f"a,b\n1,2\n3,{quote}{'x' * (TEN_MEBIBYTES + 1)}{quote}\n"
    assert refused(tmp_path, content) == [f"a.csv:3: E406 {TOO_LARGE}"]
