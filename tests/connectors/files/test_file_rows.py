"""Rows: numbered as a spreadsheet numbers them, blank ones counted, ragged ones passed on; several files as one."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from file_reading import read, source_of, walk

from migrator.connectors.files.source import BATCH_ROWS
from migrator.connectors.protocols import SourceFacts
from migrator.errors import SourceError


def test_rows_are_numbered_like_a_spreadsheet(tmp_path: Path) -> None:
    """The header is row 1, a cell of several lines is in one row, and blank rows count."""
    table = read(tmp_path, 'a,b\n1,"x\ny"\n\n2,z\n,\n3,\n')
    assert table.numbered == [(2, ("1", "x\ny")), (4, ("2", "z")), (6, ("3", ""))]
    assert (table.facts[0].rows, table.facts[0].blank_rows) == (3, 2)


@pytest.mark.parametrize(
    ("content", "rows", "blank"),
    [
        ("a,b\n\n\n1,2\n", 1, 2),
        ("a,b\n,\n1,2\n,,,\n", 1, 2),
        ("a,b\n1,2\n\n", 1, 1),
        ('a\n\n1\n""\n', 1, 2),
        ("a,b\n0,\n", 1, 0),
    ],
)
def test_blank_rows_are_skipped_and_counted(content: str, rows: int, blank: int, tmp_path: Path) -> None:
    """A row in which nothing stands is no row, but is not lost from the count."""
    table = read(tmp_path, content)
    assert (len(table.rows), table.facts[0].rows, table.facts[0].blank_rows) == (rows, rows, blank)


def test_ragged_rows_are_passed_on(tmp_path: Path) -> None:
    """A row that is too short or too long comes as it is, for the reader to refuse."""
    table = read(tmp_path, "a,b,c\n1\n1,2,3,4\n1,2,3\n")
    assert table.rows == [("1",), ("1", "2", "3", "4"), ("1", "2", "3")]


def test_short_rows_are_padded_where_asked(tmp_path: Path) -> None:
    """With `pad` a short row is filled with blank cells; a long one stays too long, a blank one blank."""
    table = read(tmp_path, "a,b,c\n1\n1,2,3,4\n\n5,6\n", pad=True)
    assert table.rows == [("1", "", ""), ("1", "2", "3", "4"), ("5", "6", "")]
    assert table.facts[0].blank_rows == 1


def test_cells_are_not_changed(tmp_path: Path) -> None:
    """A file gives text: nothing is trimmed, counted, or taken for a number here."""
    content = 'a,b,c\n 1 ,007,1e3\nNO,"\u00a0x\u200b",é\n'
    assert read(tmp_path, content).rows == [(" 1 ", "007", "1e3"), ("NO", "\u00a0x\u200b", "é")]


def test_rows_come_in_batches(tmp_path: Path) -> None:
    """A long file is given in pieces, and none of its rows is lost between them."""
    count = 2 * BATCH_ROWS + 7
    table = read(tmp_path, "a,b\n" + "".join(f"{n},x\n" for n in range(count)))
    assert table.numbered == [(n + 2, (str(n), "x")) for n in range(count)]
    assert table.facts[0].rows == count


def test_facts_name_what_was_read(tmp_path: Path) -> None:
    """Hash and size are those of the whole file, its mark and blank lines too."""
    content = b"\xef\xbb\xbfa;b\r\n1;2\r\n\r\n"
    assert read(tmp_path, content).facts == [
        SourceFacts(
            file="a.csv",
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            rows=1,
            blank_rows=1,
            notes=("utf-8 (byte order mark)", "columns separated by a semicolon (found)"),
            warnings=(),
        )
    ]


def test_hash_is_over_a_long_file(tmp_path: Path) -> None:
    """What is hashed is all that was read, whatever the size of the buffers."""
    content = b"a,b\n" + b"x,y\n" * 300_000
    (facts,) = read(tmp_path, content).facts
    assert (facts.sha256, facts.size) == (hashlib.sha256(content).hexdigest(), 1_200_004)


def write(folder: Path, **files: str) -> tuple[str, ...]:
    """Write CSV files; give their names."""
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return tuple(f"{name}.csv" for name in files)


def test_files_of_one_shape_are_one_table(tmp_path: Path) -> None:
    """The first file says the order of the columns; the others are put in order by name, each with its own facts."""
    names = write(tmp_path, one="a,b,c\n1,2,3\n", other="c;a;b\n6;4;5\n\n", third="a,b,c\n")
    table = walk(tmp_path, *names)
    assert (table.columns, table.rows) == (("a", "b", "c"), [("1", "2", "3"), ("4", "5", "6")])
    assert table.files == ["one.csv", "other.csv"]
    assert [(one.file, one.rows, one.blank_rows, one.warnings) for one in table.facts] == [
        ("one.csv", 1, 0, ()),
        ("other.csv", 1, 1, ()),
        ("third.csv", 0, 0, (("W402", "a header and no rows: there is nothing to do"),)),
    ]


def test_ragged_row_is_not_put_in_order(tmp_path: Path) -> None:
    """A row that is too short has no known columns, and comes as it is; padded, it has."""
    names = write(tmp_path, one="a,b\n", other="b,a\n1\n1,2,3\n")
    assert walk(tmp_path, *names).rows == [("1",), ("1", "2", "3")]
    assert walk(tmp_path, *names, pad=True).rows == [("", "1"), ("1", "2", "3")]


@pytest.mark.parametrize("header", ["a", "a,b,c", "a,B", "a,c"])
def test_files_of_different_columns_are_refused(header: str, tmp_path: Path) -> None:
    """Files with other columns are no one table."""
    names = write(tmp_path, one="a,b\n1,2\n", other=f"{header}\n1\n")
    problem = "other.csv: E403 its columns differ from those of one.csv (give it an object of its own)"
    with pytest.raises(SourceError) as caught:
        source_of(tmp_path).columns(names)
    assert [str(one) for one in caught.value.problems] == [problem]


def test_text_and_typed_files_are_one_table(tmp_path: Path) -> None:
    """A table in which one file has types is not all text."""
    (tmp_path / "two.jsonl").write_text('{"b": 2, "a": null}\n', encoding="utf-8")
    table = walk(tmp_path, *write(tmp_path, one="a,b\n1,2\n"), "two.jsonl")
    assert (table.rows, table.is_text) == ([("1", "2"), (None, 2)], False)


def test_blank_values_are_those_of_the_settings(tmp_path: Path) -> None:
    """Words that count as blank are handed on; the cells stay as they are."""
    assert source_of(tmp_path, blank_values=["N/A", "-"]).blank_values == {"N/A", "-"}
    assert source_of(tmp_path).blank_values == frozenset()
    assert read(tmp_path, "a,b\nN/A,-\n", blank_values=["N/A", "-"]).rows == [("N/A", "-")]


def test_two_columns_are_read_as_pairs(tmp_path: Path) -> None:
    """A small file gives a table of keys and values, whatever else stands in it."""
    write(tmp_path, owners="Id,Name,E-mail\n1,Ada,a@x.org\n\n2,Bob,\n")
    assert source_of(tmp_path).pairs("owners.csv", "Name", "Id") == {"Ada": "1", "Bob": "2"}
    assert source_of(tmp_path).pairs("owners.csv", "Id", "E-mail") == {"1": "a@x.org", "2": ""}


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("Nme", "Id", "no column 'Nme' (did you mean 'Name'?)"),
        ("Id", "zzz", "no column 'zzz' (there are: Id, Name)"),
    ],
)
def test_pairs_of_an_unknown_column_are_refused(key: str, value: str, problem: str, tmp_path: Path) -> None:
    """A column that the file does not have is named with the nearest one."""
    (tmp_path / "owners.jsonl").write_text('{"Id": "1", "Name": "Ada"}\n', encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        source_of(tmp_path).pairs("owners.jsonl", key, value)
    assert [str(one) for one in caught.value.problems] == [f"owners.jsonl:1: E403 {problem}"]


WALK = """
import asyncio, sys
from pathlib import Path
from migrator.connectors.files.source import FileSource

async def go():
    source = FileSource(project=Path(sys.argv[1]), base=Path(sys.argv[1]), settings={})
    print(sum([len(batch.rows) async for batch in source.table(("big.csv",)).batches]), flush=True)

asyncio.run(go())
"""
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // (1024 if sys.platform == "linux" else 1024 * 1024))
"""


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Fifty megabytes are walked in no more memory than the program itself takes."""
    line = f'1234567,"{"x" * 480}",Ünï\n'.encode()
    (tmp_path / "big.csv").write_bytes(b"a,b,c\n" + line * 100_000)
    inner = [sys.executable, "-c", WALK, str(tmp_path)]
    ended = subprocess.run([sys.executable, "-c", MEASURE, *inner], capture_output=True, text=True, check=True)
    rows, mebibytes = map(int, ended.stdout.split())
    assert (rows, (tmp_path / "big.csv").stat().st_size > 49_000_000) == (100_000, True)
    assert mebibytes <= 80
