"""Delimiters: declared, known by the kind of file, or found once; where several could be, nobody guesses."""

from pathlib import Path

import pytest
from file_reading import read, refused

STATE_IT = "(state 'delimiter' in the source block)"


@pytest.mark.parametrize(("mark", "spelled"), [(",", "a comma"), (";", "a semicolon"), ("\t", "a tab"), ("|", "a bar")])
@pytest.mark.parametrize("suffix", ["csv", "txt", "CSV"])
def test_delimiter_is_found(suffix: str, mark: str, spelled: str, tmp_path: Path) -> None:
    """The one under which header and rows have the same number of columns is taken, and said."""
    table = read(tmp_path, f"a{mark}b\n1{mark}2\n", f"a.{suffix}")
    assert (table.columns, table.rows) == (("a", "b"), [("1", "2")])
    assert table.notes == ("utf-8 (the default)", f"columns separated by {spelled} (found)")


@pytest.mark.parametrize(
    ("content", "columns", "row"),
    [
        ("a;b\n1,5;2\n3,5;4\n", ("a", "b"), ("1,5", "2")),
        ('"a,b";c\n"1,2";3\n', ("a,b", "c"), ("1,2", "3")),
        ('"a;b",c\n1,2\n', ("a;b", "c"), ("1", "2")),
        ("a,b\n1;2,3;4\n", ("a", "b"), ("1;2", "3;4")),
        ("a,b;c\n1,2\n3;,4\n", ("a", "b;c"), ("1", "2")),
        ("a,b\n1,2,3\n4,5\n", ("a", "b"), ("1", "2", "3")),
    ],
)
def test_other_marks_in_cells_do_not_mislead(
    content: str, columns: tuple[str, ...], row: tuple[str, ...], tmp_path: Path
) -> None:
    """Decimal commas, marks in quotes and rows that are too long leave one mark that fits best."""
    table = read(tmp_path, content)
    assert (table.columns, table.rows[0]) == (columns, row)


@pytest.mark.parametrize("content", ["a\n1\n", "a:b\n1:2\n", "a b\n1\n", '"a,b"\n"1,2"\n'])
def test_one_column_needs_no_delimiter(content: str, tmp_path: Path) -> None:
    """Where nothing separates there is one column."""
    assert len(read(tmp_path, content).columns) == 1


@pytest.mark.parametrize(
    ("content", "spelled"),
    [
        ("a;b,c\n1;2,3\n4;5,6\n", "a comma or a semicolon"),
        ("a;b|c\n", "a semicolon or a bar"),
        ("a\tb,c\n1\t2,3\n", "a comma or a tab"),
        ("a,b;c\n1\n2\n", "a comma or a semicolon"),
        ("a,b;c|d\n1,2;3|4\n", "a comma or a semicolon or a bar"),
    ],
)
def test_several_delimiters_are_a_question(content: str, spelled: str, tmp_path: Path) -> None:
    """Where several marks agree with the rows, or none of several does, the mapping must say."""
    problem = f"a.csv:1: E405 the columns could be separated by {spelled} {STATE_IT}"
    assert refused(tmp_path, content) == [problem]


@pytest.mark.parametrize(
    ("content", "name", "delimiter", "columns"),
    [
        ("a;b,c\n1;2,3\n", "a.csv", ";", ("a", "b,c")),
        ("a;b,c\n1;2,3\n", "a.csv", ",", ("a;b", "c")),
        ("a:b\n1:2\n", "a.csv", ":", ("a", "b")),
        ("a b\n1 2\n", "a.txt", " ", ("a", "b")),
        ("a;b\n1;2\n", "a.csv", ",", ("a;b",)),
        ("a;b\tc\n1;2\t3\n", "a.tsv", ";", ("a", "b\tc")),
    ],
)
def test_declared_delimiter_is_taken(
    content: str, name: str, delimiter: str, columns: tuple[str, ...], tmp_path: Path
) -> None:
    """What the mapping says is not questioned."""
    table = read(tmp_path, content, name, delimiter=delimiter)
    assert table.columns == columns


@pytest.mark.parametrize("name", ["a.tsv", "a.tab", "A.TSV"])
def test_kind_of_file_says_tab(name: str, tmp_path: Path) -> None:
    """A file that is called tab-separated is."""
    table = read(tmp_path, "a\tb,c;d\n1\t2,3;4\n", name)
    assert (table.columns, table.rows) == (("a", "b,c;d"), [("1", "2,3;4")])


def test_delimiter_is_found_in_a_wide_encoding(tmp_path: Path) -> None:
    """The look is at the decoded text."""
    table = read(tmp_path, "a;b\nö;2\n".encode("utf-16"))
    assert (table.columns, table.rows) == (("a", "b"), [("ö", "2")])


def test_row_that_is_cut_by_the_sample_does_not_mislead(tmp_path: Path) -> None:
    """The look ends with the last whole line of the sample, inside quotes or not."""
    rows = [("x" * 9_000, str(n)) for n in range(40)]
    table = read(tmp_path, "a;b,c\n" + "".join(f"{cell};{n}\n" for cell, n in rows))
    assert (table.columns, table.rows) == (("a", "b,c"), rows)
    long_cell = "x,y\n" * 100_000
    table = read(tmp_path, f'a;b,c\n1;2\n3;"{long_cell}"\n')
    assert (table.columns, table.rows) == (("a", "b,c"), [("1", "2"), ("3", long_cell)])
