"""Files that other tools are tested with: each reads as Python's own reader has it, or gives its exact error."""

import csv
import hashlib

import pytest
from file_reading import DATA, TRY_CP1252, refusal, walk

DATALOADER = DATA / "salesforce_dataloader"
OPENREFINE = DATA / "openrefine_encodings"
BY_MARK = "byte order mark"

# name, encoding, how it is known, columns, rows
DATALOADER_FILES = [
    ("accountsForInsert.csv", "utf-8", "the default", 4, 4),
    ("bulkV2MultipleJobsCsvTemplate.csv", "utf-8", "the default", 7, 100),
    ("constantMappingInCsv.csv", "utf-8", "the default", 2, 2),
    ("constantMappingInCsvClashing.csv", "utf-8", "the default", 3, 2),
    ("csvEscapedQuotes.csv", "utf-8", "the default", 2, 2),
    ("csvSeparator.csv", "utf-8", "the default", 3, 2),
    ("csvtext.csv", "utf-8", "the default", 3, 2),
    ("csvtext_BOM_UTF16BE.csv", "utf-16", BY_MARK, 3, 2),
    ("csvtext_BOM_UTF16LE.csv", "utf-16", BY_MARK, 3, 2),
    ("csvtext_BOM_UTF8.csv", "utf-8", BY_MARK, 3, 2),
    ("dateEndingInZ.csv", "utf-8", "the default", 9, 1),
    ("dateOnlyWithTimeZone.csv", "utf-8", "the default", 8, 2),
    ("dateUsingDefaultTimeZone.csv", "utf-8", "the default", 9, 1),
    ("dateWithTimeZone.csv", "utf-8", "the default", 9, 2),
    ("deleteAccountCsvTemplate.csv", "utf-8", "the default", 1, 100),
    ("emptyFirstRowFieldValueInCsvTemplate.csv", "utf-8", "the default", 3, 2),
    ("insertAccountCsv.csv", "utf-8", "the default", 7, 100),
    ("insertAccountWithMultipleBatchesCSV.csv", "utf-8", "the default", 3, 3),
    ("insertTaskWithContactAsWhoCsv.csv", "utf-8", "the default", 2, 1),
    ("oneToManySforceFieldsMappingInCsv.csv", "utf-8", "the default", 3, 2),
    ("timeZoneFormatTesting.csv", "utf-8", "the default", 2, 12),
    ("timeZoneFormatTestingWithErrors.csv", "utf-8", "the default", 2, 6),
    ("updateAccountCsvTemplate.csv", "utf-8", "the default", 5, 100),
    ("updateAccountWithExternalIdCsvTemplate.csv", "utf-8", "the default", 6, 5),
    ("upsertAccountCsvTemplate.csv", "utf-8", "the default", 7, 100),
    ("upsertAccountSmallTemplate.csv", "utf-8", "the default", 7, 10),
    ("upsertFkAccountNewFormatCsvTemplate.csv", "utf-8", "the default", 8, 5),
    ("upsertFkAccountOldFormatCsvTemplate.csv", "utf-8", "the default", 8, 50),
    ("upsertWithRowOffsetTemplate.csv", "utf-8", "the default", 7, 10),
]
FULL_OF_NUL = "it is full of NUL characters: it looks like UTF-16 or UTF-32"
DISASTERS = ("Start", "End", "Country", "Location", "Type", "Sub_Type", "Name", "Killed", "Cost", "Affected", "Id")
FLOOD = (
    "02042003", "05042003", "Algeria", "Tizi Ouzou, Béjaïa, (Kaby ...", "Flood", "General flood", "", "15", "50", "",
    "2003-0160", "",
)  # fmt: skip


def test_every_file_is_looked_at() -> None:
    """No file of the folder is left out of this table."""
    names = {name for name, *_rest in DATALOADER_FILES} | {f"csvtext_BOM_UTF32{end}E.csv" for end in "BL"}
    assert {path.name for path in DATALOADER.iterdir()} == names


@pytest.mark.parametrize(
    ("name", "encoding", "known", "columns", "rows"), DATALOADER_FILES, ids=[name for name, *_rest in DATALOADER_FILES]
)
def test_dataloader_file_reads_as_it_is(name: str, encoding: str, known: str, columns: int, rows: int) -> None:
    """Every cell is what the standard library reads under the right encoding; the notes say how it was found."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    with (DATALOADER / name).open(encoding=codec, newline="") as file:
        header, *expected = map(tuple, csv.reader(file))
    table = walk(DATALOADER, name)
    assert (table.columns, table.rows) == (header, expected)
    assert (len(table.columns), len(table.rows), table.is_text) == (columns, rows, True)
    assert table.notes == (f"{encoding} ({known})", "columns separated by a comma (found)")


@pytest.mark.parametrize("name", ["csvtext_BOM_UTF32BE.csv", "csvtext_BOM_UTF32LE.csv"])
def test_utf32_under_the_mark_of_utf16_is_refused(name: str) -> None:
    """Two files whose mark lies: an error, not rows full of garbage."""
    hint = "(save the file as UTF-8, or state its 'encoding' in the source block)"
    assert refusal(DATALOADER, name) == [f"{name}: E404 read as UTF-16 {FULL_OF_NUL} {hint}"]


def test_escaped_quotes_are_text() -> None:
    """A quote that is written twice is one."""
    assert walk(DATALOADER, "csvEscapedQuotes.csv").rows == [
        ('"The Best" Account', "bla"),
        ('The "Best" Account', "bla"),
    ]


def test_odd_white_space_is_kept() -> None:
    """What is trimmed is the reader's business: ideographic spaces stand in the cell as they do in the file."""
    (row,) = walk(DATALOADER, "insertTaskWithContactAsWhoCsv.csv").rows
    assert row == ("testPolymorphicLookup", " contactFor@PolymorphicMappingOfTask.com\u3000 \u3000")


@pytest.mark.parametrize(
    ("name", "settings", "note"),
    [
        ("example-utf8.tsv", {}, "utf-8 (the default)"),
        ("example-utf16le-bom.tsv", {}, "utf-16 (byte order mark)"),
        ("example-utf16be-bom.tsv", {}, "utf-16 (byte order mark)"),
        ("example-latin1.tsv", {"encoding": "cp1252"}, "cp1252 (declared)"),
        ("example-latin1.tsv", {"encoding": "latin-1"}, "latin-1 (declared)"),
        ("example-utf16le-bom.tsv", {"encoding": "cp1252"}, "utf-16 (byte order mark)"),
    ],
)
def test_one_table_in_four_encodings(name: str, settings: dict[str, str], note: str) -> None:
    """The table is the same in each encoding; its rows are one cell too long and are passed on as they are."""
    table = walk(OPENREFINE, name, **settings)
    assert (table.columns, [len(row) for row in table.rows], table.rows[0]) == (DISASTERS, [12, 12], FLOOD)
    assert table.notes[0] == note


def test_undeclared_latin1_is_refused() -> None:
    """Bytes that are no UTF-8 are shown as they would read, and nothing is guessed."""
    lines = [
        "line 2: byte 0xe9 in 'lgeria\tTizi Ouzou, Béjaïa, (Kaby ...\tFloo'",
        "line 3: byte 0xe9 in '22002\tAlgeria\tNear Béjaïa, Tizi Ouzou ( .'",
    ]
    problem = f"example-latin1.tsv:2: E404 not UTF-8: {'; '.join(lines)} ({TRY_CP1252})"
    assert refusal(OPENREFINE, "example-latin1.tsv") == [problem]


def test_mark_before_a_quoted_header_is_dropped() -> None:
    """The mark is no part of the first column's name, though a quote follows it."""
    table = walk(OPENREFINE, "csv-with-bom.csv")
    assert (table.columns, table.rows) == (("ColA", "ColB"), [("A1", "B1"), ("A2", "B2")])


def test_line_breaks_in_cells_are_kept() -> None:
    """A cell of several lines is one cell, and its row one row."""
    table = walk(OPENREFINE, "example-linebreaks-in-cells.csv")
    assert [number for number, _row in table.numbered] == [2, 3]
    assert table.rows[0] == (
        "Mary II", "Mary II was Queen regnant of England, Scotland, and Ireland from \n1689 until her death.", " 1662"
    )  # fmt: skip
    assert (table.rows[1][0], table.rows[1][1].count("\n"), table.rows[1][2]) == ("Napoleon Bonaparte", 3, "1769")


def test_two_files_are_one_table() -> None:
    """Files of one shape follow each other, each with its own row numbers; an empty column is blank."""
    table = walk(OPENREFINE, "persons.csv", "persons_with_empty_column.csv")
    assert table.columns == ("Name", "Age", "Gender")
    assert list(zip(table.files, table.numbered, strict=True)) == [
        ("persons.csv", (2, ("Person1", "21", "M"))),
        ("persons.csv", (3, ("Person2", "19", "F"))),
        ("persons.csv", (4, ("Person3", "23", "M"))),
        ("persons_with_empty_column.csv", (2, ("Person4", "24", ""))),
        ("persons_with_empty_column.csv", (3, ("Person5", "78", ""))),
        ("persons_with_empty_column.csv", (4, ("Person6", "54", ""))),
    ]


def test_declared_cp1252_is_read() -> None:
    """A real export in cp1252: every cell as the standard library has it, and the hash of the file's bytes."""
    path = DATA / "accountData.csv"
    with path.open(encoding="cp1252", newline="") as file:
        header, *expected = map(tuple, csv.reader(file))
    table = walk(DATA, "accountData.csv", encoding="cp1252")
    assert (table.columns, table.rows, len(table.rows)) == (header, expected, 423)
    (facts,) = table.facts
    assert (facts.size, facts.sha256) == (144283, hashlib.sha256(path.read_bytes()).hexdigest())
