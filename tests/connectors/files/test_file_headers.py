"""The header of a file: every column has one name, or the file is refused."""

from pathlib import Path

import pytest
from file_reading import read, refused_header, source_of

NO_HEADER = "a.csv:1: E403 the file is empty, without a header (the first row names the columns)"
NO_NAMES = "a.csv:1: E403 the header names no column (the first row names the columns)"


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("a,b", ("a", "b")),
        (" a ,\u00a0b\u00a0", ("a", "b")),
        ('"a b","c\nd"', ("a b", "c\nd")),
        ("A,a", ("A", "a")),
        ("ä,a\u0308", ("ä", "a\u0308")),
        ("a,", ("a", "#2")),
        (",b", ("#1", "b")),
        ("a,, ", ("a", "#2", "#3")),
        ("#1,", ("#1", "#2")),
        ("1,true", ("1", "true")),
    ],
)
def test_header_names_the_columns(header: str, columns: tuple[str, ...], tmp_path: Path) -> None:
    """White space around a name goes, case and accents stay; a column without a name is called by its position."""
    assert read(tmp_path, f"{header}\n").columns == columns


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("a,b,a", "the column 'a' stands 2 times: positions 1, 3"),
        ("a,b,a,c,a", "the column 'a' stands 3 times: positions 1, 3, 5"),
        ("b, a,a ", "the column 'a' stands 2 times: positions 2, 3"),
        ("#2,", "the column '#2' stands 2 times: positions 1, 2"),
    ],
)
def test_column_that_stands_twice_is_refused_header(header: str, fact: str, tmp_path: Path) -> None:
    """Most readers keep the last one in silence: here the positions are named."""
    assert refused_header(tmp_path, f"{header}\n1,2,3\n") == [f"a.csv:1: E403 {fact} (rename all but one of them)"]


@pytest.mark.parametrize("content", ["", "\n", "\n\n", " \n\u00a0\n", b"\xef\xbb\xbf"])
def test_file_without_a_header_is_refused_header(content: str | bytes, tmp_path: Path) -> None:
    """A file in which nothing stands has no columns."""
    assert refused_header(tmp_path, content) == [NO_HEADER]


@pytest.mark.parametrize("content", [",,", ",,\n1,2,3\n", " ,\u00a0\n1,2\n", '"",""\n1,2\n', "\n;\n1;2\n"])
def test_header_that_names_nothing_is_refused_header(content: str, tmp_path: Path) -> None:
    """A first row of separators is a header without a name: no row of data is taken for the header instead."""
    assert refused_header(tmp_path, content) == [NO_NAMES]


@pytest.mark.parametrize("blank", ["\n", "\r\n\r\n", "  \n\n"])
def test_blank_lines_above_the_header_are_passed_over(blank: str, tmp_path: Path) -> None:
    """The header is the first line on which anything stands; the rows keep the numbers of their lines."""
    table = read(tmp_path, f"{blank}a,b\n1,2\n")
    assert (table.columns, table.numbered) == (("a", "b"), [(blank.count("\n") + 2, ("1", "2"))])


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "a,b\r\n", "a,b\n\n\n", "a,b\n,\n"])
def test_header_alone_gives_no_rows(content: str, tmp_path: Path) -> None:
    """A header without rows is read, and said to have none."""
    table = read(tmp_path, content)
    warning = ("W402", "a header and no rows: there is nothing to do")
    assert (table.columns, table.rows, table.facts[0].warnings) == (("a", "b"), [], (warning,))


def test_number_of_columns_is_limited(tmp_path: Path) -> None:
    """Two thousand columns are read, and one more is refused."""
    names = [f"c{n}" for n in range(2001)]
    (tmp_path / "wide.csv").write_text(",".join(names[1:]), encoding="utf-8")
    assert source_of(tmp_path).columns(("wide.csv",)) == tuple(names[1:])
    assert refused_header(tmp_path, ",".join(names)) == ["a.csv:1: E403 2001 columns, more than 2000"]


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "a,b\n1,2\n"), ("a.tsv", "a\tb\n"), ("a.jsonl", '{"a": 1}\n{"b": 2}\n')]
)
def test_columns_are_read_without_the_rows(name: str, content: str, tmp_path: Path) -> None:
    """The header can be had alone, as often as one likes."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    source = source_of(tmp_path)
    assert [source.columns((name,)) for _time in range(2)] == [("a", "b")] * 2


def test_columns_are_read_before_what_is_malformed(tmp_path: Path) -> None:
    """A bad row does not keep the header from being read."""
    (tmp_path / "a.csv").write_text('a,b\n1,2\n"x"y,2\n', encoding="utf-8")
    assert source_of(tmp_path).columns(("a.csv",)) == ("a", "b")
