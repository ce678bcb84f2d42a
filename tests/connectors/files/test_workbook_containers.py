"""The archive that a workbook is: checked against its real bytes before anything reads it."""

import sys
import zipfile
from pathlib import Path

import pytest
import python_calamine
from file_reading import refusal, refused, source_of, walk
from workbooks import NAME, add_entries, declare_size, write_cells

from migrator.connectors.files import sheets
from migrator.errors import SourceError

ANEW = "(save it anew from the spreadsheet program)"
SHEET = "xl/worksheets/sheet1.xml"
MEBIBYTE = 1024 * 1024


def small_book(folder: Path) -> Path:
    """Write a workbook that is whole."""
    return write_cells(folder, ["a", "b"], ["x", 5])


@pytest.mark.parametrize("content", [b"", b"x", b"a,b\n1,2\n", b"PK\x03\x04" + b"x" * 100], ids=repr)
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    """Another file under the name of a workbook is named as what it is not."""
    problem = f"{NAME}: E407 not a readable workbook: File is not a zip file"
    assert refused(tmp_path, content, NAME) == [problem]


def test_cut_archive_is_refused(tmp_path: Path) -> None:
    """A download that broke off is no workbook."""
    path = small_book(tmp_path)
    content = path.read_bytes()[:-100]
    assert refused(tmp_path, content, NAME) == [f"{NAME}: E407 not a readable workbook: File is not a zip file"]


def test_entry_that_is_packed_too_tightly_is_refused(tmp_path: Path) -> None:
    """What unpacks to more than two hundred times its size is a bomb; small entries may be tight."""
    path = small_book(tmp_path)
    add_entries(path, **{"xl/media/small.bin": b"\0" * MEBIBYTE})
    assert walk(tmp_path, NAME).rows == [("x", 5)]
    add_entries(path, **{"xl/media/bomb.bin": b"\0" * 3 * MEBIBYTE})
    fact = "refused: 'xl/media/bomb.bin' is packed more than 200 times"
    assert refusal(tmp_path, NAME) == [f"{NAME}: E407 {fact} {ANEW}"]


def test_archive_of_too_many_entries_is_refused(tmp_path: Path) -> None:
    """Ten thousand entries are enough for any workbook."""
    path = small_book(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        own = len(archive.namelist())
        for n in range(10_001 - own):
            archive.writestr(f"x/{n}", b"")
    assert refusal(tmp_path, NAME) == [f"{NAME}: E407 refused: 10001 entries {ANEW}"]


def test_sum_of_all_entries_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that are each small enough may not be too much together."""
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 20_000)
    path = small_book(tmp_path)
    assert walk(tmp_path, NAME).rows == [("x", 5)]
    add_entries(path, **{f"xl/media/{n}.txt": b"some text " * 500 for n in range(4)})
    assert refusal(tmp_path, NAME) == [f"{NAME}: E407 refused: more than 512 MiB when unpacked {ANEW}"]


def test_size_that_lies_is_found_out(tmp_path: Path) -> None:
    """The bytes are counted, not believed."""
    path = small_book(tmp_path)
    declare_size(path, SHEET, 100)
    problem = f"{NAME}: E407 not a readable workbook: Bad CRC-32 for file '{SHEET}'"
    assert refusal(tmp_path, NAME) == [problem]


def test_entry_that_climbs_out_is_never_written(tmp_path: Path) -> None:
    """Nothing is unpacked to disk, so a name with dots leads nowhere."""
    folder = tmp_path / "deep" / "project"
    folder.mkdir(parents=True)
    add_entries(small_book(folder), **{"../../evil.txt": b"x", "/evil.txt": b"x"})
    assert walk(folder, NAME).rows == [("x", 5)]
    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "project", NAME]


def test_archive_without_a_workbook_is_refused(tmp_path: Path) -> None:
    """An archive of something else has no sheets; the reason is the reader's own, which differs by version."""
    with zipfile.ZipFile(tmp_path / NAME, "w") as archive:
        archive.writestr("readme.txt", b"x")
    with (tmp_path / NAME).open("rb") as file, pytest.raises(python_calamine.CalamineError) as caught:
        python_calamine.CalamineWorkbook.from_filelike(file)
    assert refusal(tmp_path, NAME) == [f"{NAME}: E407 not a readable workbook: {caught.value}"]


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reader of workbooks is not installed, the message says how it gets there."""
    small_book(tmp_path)
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(SourceError) as caught:
        source_of(tmp_path).columns((NAME,))
    hint = "pip install 'migrator[xlsx]'"
    assert [str(problem) for problem in caught.value.problems] == [f"{NAME}: E402 XLSX needs an extra ({hint})"]


@pytest.mark.parametrize(
    ("name", "kind", "hint"),
    [
        ("a.xls", ".xls", "save it as .xlsx"),
        ("a.XLS", ".xls", "save it as .xlsx"),
        ("a.xlsm", ".xlsm", "save it as .xlsx, without macros"),
        ("a.json", ".json", "write it as JSON Lines"),
        ("a.ods", ".ods", "csv, tsv, jsonl and xlsx can be read"),
        ("a.csv.gz", ".gz", "csv, tsv, jsonl and xlsx can be read"),
        ("a", "", "csv, tsv, jsonl and xlsx can be read"),
    ],
)
def test_other_kinds_of_files_are_refused(name: str, kind: str, hint: str, tmp_path: Path) -> None:
    """A kind of file that is not read is refused with what to do instead; what is in it is not looked at."""
    problem = f"{name}: E402 files of the kind '{kind}' are not read ({hint})"
    assert refused(tmp_path, "a,b\n1,2\n", name) == [problem]
