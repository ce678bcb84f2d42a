"""One row through the compiled row function: its key, its fields, its references, and what is said about it."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from planning_cases import CRELATE, Desk

from migrator.connectors.protocols import BadCell
from migrator.errors import SpecError
from migrator.planner.asking import key_text
from migrator.planner.cleaning import Cleaning, cleaner
from migrator.planner.compiling import Compiled, compile_mapping
from migrator.planner.forms import ReadFiles
from migrator.planner.rows import Finding, Reading
from migrator.store.cells import pack_cells

COLUMNS = ("id", "sub", "last", "born", "salary", "tags", "company", "city")
BLANK = "fill it, or give the field a default"


def compiled(folder: Path, fields: str, *, key: str = "id", more: str = "") -> Compiled:
    """Compile a mapping of people with these fields."""
    people = f"  contacts: {{from: people.csv, to: contacts, key: {key}, {more} fields: {{{fields}}}}}\n"
    firms = "  companies: {from: firms.csv, to: companies, key: id, fields: {Name: {from: last, required: true}}}\n"
    columns = {"contacts": COLUMNS, "companies": COLUMNS}
    return compile_mapping(Desk(folder=folder).spec(people + firms), CRELATE, columns, ReadFiles(lambda _stated: {}))


def read(folder: Path, fields: str, *, key: str = "id", **row: Any) -> Reading:
    """Read one row; columns that are not named are blank."""
    cells = [row.get(name, "") for name in COLUMNS]
    return compiled(folder, fields, key=key).objects["contacts"].read.read(cells, pack_cells(cells))


def said(findings: Sequence[Finding]) -> list[str]:
    """Write findings as people see them."""
    return [f"{item.code} {item.field}: {item.fact}" + (f" ({item.hint})" if item.hint else "") for item in findings]


def test_row_gives_key_and_fields(tmp_path: Path) -> None:
    """Fields come in canonical values; a blank one is not there."""
    born = "KeyDate_Birthday: {from: born, transform: [{date: '%d.%m.%Y'}]}"
    fields = f"LastName: last, {born}, Salary: salary, NickName: city"
    found = read(tmp_path, fields, id="7", last="King", born="10.12.1815", salary="12.50")
    assert found.key == "7"
    assert found.fields == {"KeyDate_Birthday": "1815-12-10T00:00:00Z", "LastName": "King", "Salary": "12.5"}
    assert list(found.fields) == sorted(found.fields)
    assert (found.references, found.findings) == ([], [])


def test_row_function_is_pure(tmp_path: Path) -> None:
    """The same cells give the same reading, and are left as they were."""
    cells = ["7", "", "King", "x", "1", "a;b", "", ""]
    tags = "Tags.Default: {from: tags, transform: [{split: ';'}]}"
    fields = f"LastName: last, {tags}, KeyDate_Other: {{from: born, transform: [date]}}"
    row = compiled(tmp_path, fields).objects["contacts"].read
    before = list(cells)
    assert row.read(cells, pack_cells(cells)) == row.read(cells, pack_cells(cells))
    assert cells == before


@pytest.mark.parametrize(("count", "width"), [(7, "7 cells"), (9, "9 cells"), (1, "1 cells")])
def test_ragged_row_is_refused(tmp_path: Path, count: int, width: str) -> None:
    """A row with too few or too many cells says nothing, not even its key."""
    found = compiled(tmp_path, "LastName: last").objects["contacts"].read.read(["x"] * count, "[]")
    hint = "correct the row, or state 'pad: true' in the source block"
    assert said(found.findings) == [f"E130 : the row has {width}, the header 8 ({hint})"]
    assert (found.key, found.fields, found.references) == ("", {}, [])


@pytest.mark.parametrize(
    ("key", "row", "expected"),
    [
        ("id", {"id": "7"}, "7"),
        ("id", {"id": 7}, "7"),
        ("id", {"id": True}, "true"),
        ("id", {"id": "007"}, "007"),
        ("id", {"id": " 7 "}, "7"),
        ("id", {"id": "a|b"}, "a|b"),
        ("[id, sub]", {"id": "7", "sub": "1"}, "7|1"),
        ("[id, sub]", {"id": "7|1", "sub": "2"}, "7\\|1|2"),
        ("[id, sub]", {"id": "7", "sub": "1|2"}, "7|1\\|2"),
        ("[id, sub]", {"id": "7\\", "sub": "1"}, "7\\\\|1"),
        ("[id, sub]", {"id": "7", "sub": "\\|"}, "7|\\\\\\|"),
        ("[sub, id]", {"id": "7", "sub": "1"}, "1|7"),
    ],
)
def test_key_is_trimmed_canonical_text(tmp_path: Path, key: str, row: dict[str, Any], expected: str) -> None:
    """The parts of a composite key are held apart, whatever stands in them."""
    found = read(tmp_path, "LastName: last", key=key, **row)
    assert (found.key, found.findings) == (expected, [])


def test_composite_keys_do_not_collide() -> None:
    """No two lists of parts have one key; typed parts are written as text."""
    assert key_text([1, True, " x "]) == "1|true|x"
    parts = ["", "a", "|", "\\", "a|", "|a", "\\|", "a\\"]
    keys = {key_text([one, other]) for one in parts for other in parts}
    assert len(keys) == len(parts) ** 2


@pytest.mark.parametrize(
    ("key", "row", "names"),
    [
        ("id", {}, "id"),
        ("id", {"id": None}, "id"),
        ("[id, sub]", {"id": "7"}, "id, sub"),
        ("[id, sub]", {"sub": "1"}, "id, sub"),
    ],
)
def test_blank_key_refuses_the_row(tmp_path: Path, key: str, row: dict[str, Any], names: str) -> None:
    """Every part of a key must be there; the rest of the row is read all the same."""
    found = read(tmp_path, "LastName: last", key=key, last="King", **row)
    assert said(found.findings) == [f"E121 {names}: the key is blank (every row needs its own key)"]
    assert (found.key, found.fields) == ("", {"LastName": "King"})


def test_required_field_refuses_the_row(tmp_path: Path) -> None:
    """Each required field that is blank is told."""
    fields = "LastName: {from: last, required: true}, NickName: {from: city, required: true, transform: [upper]}"
    found = read(tmp_path, fields, id="7")
    assert said(found.findings) == [
        f"E120 LastName: LastName is required and blank ({BLANK})",
        f"E120 NickName: NickName is required and blank ({BLANK})",
    ]
    assert read(tmp_path, fields, id="7", last="x", city="y").findings == []


def test_all_problems_of_a_row_are_told(tmp_path: Path) -> None:
    """One bad cell does not hide another."""
    fields = "KeyDate_Birthday: {from: born, transform: [date]}, Salary: salary, LastName: {from: last, required: true}"
    found = read(tmp_path, fields, id="7", born="31.02.1990", salary="a lot")
    assert said(found.findings) == [
        "E110 KeyDate_Birthday: is not a date: '31.02.1990' (expected %Y-%m-%d)",
        f"E120 LastName: LastName is required and blank ({BLANK})",
        "E110 Salary: is not a number: 'a lot' (put 'number' behind it, with the separators it has)",
    ]
    assert all(item.rejects for item in found.findings)


def test_clear_gives_a_blank_to_write(tmp_path: Path) -> None:
    """A blank value is not there, but for a field that the mapping clears."""
    found = read(tmp_path, "LastName: {from: last, clear: true}, NickName: city", id="7")
    assert found.fields == {"LastName": None}
    assert read(tmp_path, "LastName: {from: last, clear: true}", id="7", last="x").fields == {"LastName": "x"}


@pytest.mark.parametrize(
    ("row", "name", "code"),
    [
        ({"last": "a\x00b"}, "LastName", "U+0000"),
        ({"last": "a\x07b"}, "LastName", "U+0007"),
        ({"last": "a\x08b"}, "LastName", "U+0008"),
        ({"last": "a\x0cb"}, "LastName", "U+000C"),
        ({"last": "a\x1bb\x00"}, "LastName", "U+001B"),
        ({"last": "a\x7fb"}, "LastName", "U+007F"),
        ({"tags": "a;b\x01"}, "Tags.Default", "U+0001"),
    ],
)
def test_control_character_refuses_the_row(tmp_path: Path, row: dict[str, str], name: str, code: str) -> None:
    """What is not printed and breaks programs is refused, also in a list."""
    fields = "LastName: last, Tags.Default: {from: tags, transform: [{split: ';'}]}"
    hint = "take it out of the source, or put 'strip_nul' behind it"
    assert said(read(tmp_path, fields, id="7", **row).findings) == [
        f"E112 {name}: holds the control character {code} ({hint})"
    ]


@pytest.mark.parametrize("row", [{"last": "a\tb\nc\rd"}, {"city": "not used \x00"}, {"last": "\\u0000"}])
def test_tab_and_line_breaks_are_text(tmp_path: Path, row: dict[str, str]) -> None:
    """Tab and line breaks may be written, and a column that nobody reads is nobody's business."""
    assert read(tmp_path, "LastName: last", id="7", **row).findings == []


def test_nul_may_be_stripped(tmp_path: Path) -> None:
    """What the mapping takes out is no problem."""
    found = read(tmp_path, "LastName: {from: last, transform: [strip_nul]}", id="7", last="a\x00b")
    assert (found.fields, found.findings) == ({"LastName": "ab"}, [])


LOST = (
    "W103 : holds U+FFFD: a character was lost before this file was written (export the file again in its own encoding)"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Caf\ufffd", [LOST]),
        ("Caf\u00c3\u00a9", ["W104 : 'Ã©' looks like text that was decoded wrongly (check the file's encoding)"]),
        (
            "M\u00c3\u00bcller \ufffd",
            [LOST, "W104 : 'Ã¼' looks like text that was decoded wrongly (check the file's encoding)"],
        ),
        (
            "it\u00e2\u20ac\u2122s",
            ["W104 : 'â€™' looks like text that was decoded wrongly (check the file's encoding)"],
        ),
        ("5\u00c2\u00a0EUR", ["W104 : 'Â\u00a0' looks like text that was decoded wrongly (check the file's encoding)"]),
        ("S\u00c3O PAULO", []),
        ("Café Ünlü 東京 \U0001f600", []),
    ],
)
def test_text_that_lost_its_encoding_is_warned_of(tmp_path: Path, text: str, expected: list[str]) -> None:
    """A lost character and text that was decoded wrongly are said, and the row goes on."""
    found = read(tmp_path, "LastName: last", id="7", last=text)
    assert said(found.findings) == expected
    assert not any(item.rejects for item in found.findings)
    assert found.fields == {"LastName": text}


@pytest.mark.parametrize(
    ("settings", "cells", "expected"),
    [
        ({"is_text": True, "is_trimmed": True}, [" a ", "\u00a0b\t", "\u200bc"], ["a", "b", "\u200bc"]),
        ({"is_text": True, "is_trimmed": False}, [" a ", " "], [" a ", " "]),
        (
            {"is_text": False, "is_trimmed": True},
            [" a ", 5, None, Decimal("1.50"), [" x "]],
            ["a", 5, None, Decimal("1.50"), [" x "]],
        ),
        (
            {"is_text": True, "is_trimmed": True, "blank": ["N/A", "-"]},
            [" N/A ", "-", "a-b", "n/a"],
            ["", "", "a-b", "n/a"],
        ),
        ({"is_text": True, "is_trimmed": False, "blank": ["-"]}, ["-", " - "], ["", " - "]),
        ({"is_text": False, "is_trimmed": True, "blank": ["0"]}, ["0", 0, "00"], ["", 0, "00"]),
    ],
)
def test_cells_are_trimmed_and_emptied(settings: dict[str, Any], cells: list[Any], expected: list[Any]) -> None:
    """Text is trimmed unless the mapping says no; a whole cell of the blank values is blank; other types stay."""
    blank_values = frozenset(settings.pop("blank", ()))
    assert cleaner(Cleaning(**settings, blank_values=blank_values))(cells) == expected


def test_reference_says_what_it_looks_for(tmp_path: Path) -> None:
    """The first line whose inputs are all filled decides, and later ones are ignored."""
    by = "[{id: sub}, {key: born}, {Name: company, Address_Business_City: city}]"
    fields = f"CurrentPosition_Company_Id: {{lookup: companies, by: {by}}}"
    named = {"company": "Acme", "city": "Rome"}
    rows = [{"sub": "G-1", "born": "17", **named}, {"born": " 17 ", **named}, named]
    found = [read(tmp_path, fields, id="7", **row).fields["CurrentPosition_Company_Id"] for row in rows]
    assert found == [
        {"lookup": "companies", "id": "G-1"},
        {"lookup": "companies", "key": "17"},
        {"lookup": "companies", "fields": {"Address_Business_City": "Rome", "Name": "Acme"}},
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, []),
        ({"company": "Acme"}, ["E206 CurrentPosition_Company_Id: no line of the lookup is filled: 'key' is blank"]),
        ({"city": "Rome", "born": "17"}, []),
    ],
)
def test_reference_filled_in_part_is_a_problem(tmp_path: Path, row: dict[str, str], expected: list[str]) -> None:
    """A reference is blank if every input is; a line filled in part is passed over, a problem if no other decides."""
    by = "[{key: born}, {Name: company, Address_Business_City: city}]"
    fields = f"CurrentPosition_Company_Id: {{lookup: companies, by: {by}}}"
    assert said(read(tmp_path, fields, id="7", **row).findings) == expected


def test_required_reference_refuses_the_row(tmp_path: Path) -> None:
    """A reference may be required like any field."""
    fields = "CurrentPosition_Company_Id: {lookup: companies, by: [{key: company}], required: true}"
    found = read(tmp_path, fields, id="7")
    fact = "CurrentPosition_Company_Id is required and blank"
    assert said(found.findings) == [f"E120 CurrentPosition_Company_Id: {fact} ({BLANK})"]


def test_references_to_one_value_have_one_digest(tmp_path: Path) -> None:
    """What is compared is the normal form, whichever way it is spelled and whatever form gives it."""
    by = "{Name: {from: company, transform: [trim]}, Address_Business_City: '{{ city }}'}"
    fields = f"CurrentPosition_Company_Id: {{lookup: companies, by: [{by}]}}"
    spelled = [("Acme", "Rome"), (" ACME ", "ROME"), ("acme", "rome\u00a0")]
    digests = {read(tmp_path, fields, id="7", company=name, city=city).references[0].digest for name, city in spelled}
    assert len(digests) == 1
    other = read(tmp_path, fields, id="7", company="Rome", city="Acme").references[0]
    assert other.digest not in digests


def test_refusal_of_a_cell_of_a_lookup_names_the_field(tmp_path: Path) -> None:
    """An input of a lookup is a field form like any other, and so is its refusal."""
    fields = "CurrentPosition_Company_Id: {lookup: companies, by: [{key: {from: company, transform: [integer]}}]}"
    found = read(tmp_path, fields, id="7", company="x")
    expected = "E110 CurrentPosition_Company_Id: is not a number: 'x' (expected such as 1234.5)"
    assert said(found.findings) == [expected]


def test_broken_cell_by_which_lookups_ask_refuses_its_row(tmp_path: Path) -> None:
    """Nobody could find the row by it; other rows are not harmed."""
    fields = "LastName: last, RelatedContact_ReferredBy_Id: {lookup: contacts, by: [{row: {city: sub}}]}"
    found = read(tmp_path, fields, id="7", last="King", city=BadCell("#REF!"))
    assert said(found.findings) == ["E113 : #REF! (mend the cell in the workbook and save it)"]
    assert (found.fields, found.rows) == ({"LastName": "King"}, [])


def test_problems_of_a_mapping_come_all_at_once(tmp_path: Path) -> None:
    """Unknown columns, fields, transforms and templates are told together, in the order of the text."""
    fields = "\nLastNam: last,\nLastName: lst,\nNickName: {from: last, transform: [shuot]},\nFirstName: '{{ frist }}'"
    with pytest.raises(SpecError) as refused:
        compiled(tmp_path, fields.replace("\n", "\n    "))
    hints = ("all of them: migrator explain E012", 'a column that is no identifier is row["Its Name"]')
    where = "objects.contacts.fields"
    assert str(refused.value).replace(f"{tmp_path}/acme.yaml:", "").splitlines() == [
        "7:5: E016 crelate has no field 'LastNam' in contacts (did you mean 'LastName'?)",
        "8:15: E015 no column 'lst' in people.csv (did you mean 'last'?)",
        f"9:40: E012 unknown transform 'shuot' in {where}.NickName.transform[0] ({hints[0]})",
        f"10:16: E017 no column 'frist' in {where}.FirstName ({hints[1]})",
    ]
