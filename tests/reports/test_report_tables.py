"""The files beside a report: private, complete or not there, and safe in a spreadsheet without loss."""

import csv
import json
from pathlib import Path
from typing import TextIO

import pytest
from report_cases import MAPPING, NOW, TABLES, make, reader, run

from migrator.errors import StoreError
from migrator.reports.guarded import unsafe_cell
from migrator.reports.rejects import REJECT_COLUMNS
from migrator.reports.tables import write_plan_tables, write_results
from migrator.reports.writing import write_file
from migrator.store.endings import Ending
from migrator.store.plan import Plan
from migrator.store.states import State

FILES = [
    "created.csv",
    "duplicates.csv",
    "gone.csv",
    "missing_parents.csv",
    "options.csv",
    "problems.jsonl",
    "proposals.csv",
    "rejects.csv",
]
NAMES = ["id", "name", "about", "last", "company", "employer", "friend"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a plan of every kind, and the files beside its report."""
    path = make(tmp_path_factory.mktemp("plan"))
    with Plan(path) as plan:
        assert sorted(write_plan_tables(plan, path.parent / "out")) == FILES
    return path.parent / "out"


def read(path: Path) -> list[list[str]]:
    """Read a table as a spreadsheet does, and undo what guards its cells."""
    with path.open(encoding="utf-8", newline="") as file:
        return [[unsafe_cell(cell) for cell in row] for row in csv.reader(file, strict=True)]


def records(path: Path) -> list[dict[str, str]]:
    """Read a table by its columns."""
    names, *rows = read(path)
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_rejects_hold_the_union_of_all_columns(made: Path) -> None:
    """Original columns of both sources first, then what is wrong; each name once."""
    assert read(made / "rejects.csv")[0] == [*NAMES, *REJECT_COLUMNS]


def test_rejects_hold_each_refused_row_once(made: Path) -> None:
    """With its own number, in the order of the source, original text as it was, foreign columns blank."""
    rows = records(made / "rejects.csv")
    assert [(row["_object"], row["_row"], row["_code"]) for row in rows] == [
        ("companies", "5", "E120"), ("contacts", "4", "E203"), ("contacts", "5", "E203"), ("contacts", "6", "E203"),
        ("contacts", "7", "E120"), ("contacts", "8", "E204"),
    ]  # fmt: skip
    assert rows[0] == {
        **dict.fromkeys(NAMES, ""), "id": "4", "about": "=1+1", "_row": "5", "_object": "companies", "_code": "E120",
        "_field": "Name", "_value": "", "_problem": "Name is required and blank",
        "_fix": "fill it, or give the field a default",
    }  # fmt: skip


def test_rejects_are_all_quoted_and_guarded(made: Path) -> None:
    """The raw file holds no cell that a spreadsheet would run."""
    lines = (made / "rejects.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith('"4","","\'=1+1","","","","","5","companies","E120","Name",')
    assert all(line.startswith('"') and line.endswith('"') for line in lines)


AWKWARD = {
    "formula": '=HYPERLINK("https://evil.example","x")',
    "quote": 'she said "no"',
    "lines": "one\r\ntwo\nthree\rfour",
    "comma": "a,b;c\td",
    "emoji": "Zoë 山田 🎉",
    "decomposed": "e\u0301",
    "apostrophe": "'tis",
    "minus": "-5",
    "phone": "+49 30 1234",
    "spaces": "  both  ",
}


@pytest.mark.parametrize("name", AWKWARD)
def test_rejected_cell_comes_back_to_the_letter(tmp_path: Path, name: str) -> None:
    """What stood in the source stands in rejects.csv, once a spreadsheet's guard is undone."""
    cell = '"' + AWKWARD[name].replace('"', '""') + '"'
    people = f"id,last,company,employer,friend\n1,,{cell},,\n"
    with Plan(make(tmp_path, tables={**TABLES, "people.csv": people})) as plan:
        write_plan_tables(plan, tmp_path / "out")
    (row,) = [row for row in records(tmp_path / "out" / "rejects.csv") if row["_object"] == "contacts"]
    assert (row["company"], row["last"], row["id"]) == (AWKWARD[name], "", "1")


@pytest.mark.parametrize(
    ("companies", "contacts", "expected"),
    [
        ('3,,"say ""hi"""\n', "", [["3", "", 'say "hi"']]),
        ("2\n3,,old\n", "", [["2", "", ""], ["3", "", "old"]]),
        ("3,,old\n", "new,,7\n", [["3", "", "old"], ["7", "", "new"]]),
    ],
)
def test_rejected_cells_stand_under_their_columns(
    tmp_path: Path, companies: str, contacts: str, expected: list[list[str]]
) -> None:
    """Whatever order the columns of an object have, and however many cells a row; quotes and all."""
    mapping = "mapping: 1\nname: acme\nsource: {connector: files}\ntarget: {connector: crelate}\nobjects:\n"
    mapping += "  companies: {from: a.csv, to: companies, key: id, fields: {Name: {from: name, required: true}}}\n"
    mapping += "  contacts: {from: b.csv, to: contacts, key: id, fields: {LastName: {from: name, required: true}}}\n"
    tables = {"a.csv": f"id,name,about\n{companies}", "b.csv": f"about,name,id\n{contacts}"}
    with Plan(make(tmp_path, mapping, tables)) as plan:
        write_plan_tables(plan, tmp_path / "out")
    assert [row[:3] for row in read(tmp_path / "out" / "rejects.csv")] == [["id", "name", "about"], *expected]


def test_several_problems_of_a_row_share_its_line(tmp_path: Path) -> None:
    """One line for each row; codes, fields and facts stand beside each other."""
    people = "id,last,company,employer,friend\n1,,77,,\n"
    with Plan(make(tmp_path, tables={**TABLES, "people.csv": people})) as plan:
        write_plan_tables(plan, tmp_path / "out")
    (row,) = [row for row in records(tmp_path / "out" / "rejects.csv") if row["_object"] == "contacts"]
    codes = row["_code"].split("; ")
    assert "E120" in codes
    assert len(codes) == len(row["_problem"].split("; ")) == len(set(codes))


def test_duplicates_name_the_row_that_was_kept(made: Path) -> None:
    """Rows that were left out, each with the one it is a duplicate of."""
    assert read(made / "duplicates.csv") == [
        ["object", "file", "row", "key", "code", "problem"],
        ["companies", "companies.csv", "6", "5", "W305", "duplicate of companies.csv:2 by a match value"],
    ]


def test_missing_parents_are_sorted_by_who_waits(made: Path) -> None:
    """The most wanted first, each once, with the row that asked for it first."""
    assert [list(row.values())[:6] for row in records(made / "missing_parents.csv")] == [
        ["contacts", "5", "CurrentPosition_Company_Id", "companies", "78", "2"],
        ["contacts", "8", "CurrentPosition_Company_Id", "companies", "4", "1"],
        ["contacts", "4", "CurrentPosition_Company_Id", "companies", "77", "1"],
    ]


WHY_MAPPING = """\
mapping: 1
name: acme
source: {connector: files}
target: {connector: crelate}
objects:
  companies:
    from: companies.csv
    to: companies
    key: id
    match: [[Name]]
    on_match: skip
    fields: {Name: {from: name, required: true}}
  contacts:
    from: people.csv
    to: contacts
    key: id
    fields: {LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{key: company}, {Name: name}]}}
  notes: {from: notes.csv, to: notes, key: id, parent: {lookup: contacts, by: [{key: person}]}, fields: {Body: body}}
"""
WHY_TABLES = {
    "companies.csv": "id,name\n1,One\n2,\n3,Dup A\n3,Dup B\n4,Same\n5,Same Inc\n",
    "people.csv": "id,last,company,name\n1,Ada,2,\n2,Bob,3,\n3,Cyd,99,\n4,Dan,3,\n5,Eve,,Nobody\n",
    "notes.csv": "id,person,body\n1,1,x\n2,1,y\n3,1,z\n",
}


def test_missing_parents_say_why(tmp_path: Path) -> None:
    """Not there at all, refused itself with its own problem, or one key for two; the most wanted first."""
    with Plan(make(tmp_path, WHY_MAPPING, WHY_TABLES)) as plan:
        write_plan_tables(plan, tmp_path / "out")
    cause = "points at companies.csv:3, which is rejected itself (E120)"
    assert [(row["parent_key"], row["why"]) for row in records(tmp_path / "out" / "missing_parents.csv")] == [
        ("1", f"rejected itself: E204 {cause}"),
        ("3", "duplicate key: shares the key '3' with companies.csv:5"),
        ("2", "rejected itself: E120 Name is required and blank"),
        ("99", "not in the source, nor in crelate"),
        ("Nobody", "not in the source, nor in crelate"),
    ]


def test_ambiguous_parent_names_who_answers(tmp_path: Path) -> None:
    """Each record that answers to the value, with its place."""
    tables = {
        **WHY_TABLES,
        "companies.csv": "id,name\n4,Same\n5,same\n",
        "people.csv": "id,last,company,name\n1,A,,Same\n",
    }
    mapping = WHY_MAPPING.replace("    match: [[Name]]\n", "")
    with Plan(make(tmp_path, mapping, tables)) as plan:
        write_plan_tables(plan, tmp_path / "out")
    rows = {row["parent_key"]: row["why"] for row in records(tmp_path / "out" / "missing_parents.csv")}
    assert rows["Same"] == "ambiguous: 2 records answer: 4 (companies.csv:2); 5 (companies.csv:3)"


def test_every_key_is_held_against_a_missing_one(tmp_path: Path) -> None:
    """The last of many thousand keys is found as the first is."""
    many = "".join(f"{n:08x}-{n * 7919 % 65537:05},N{n}\n" for n in range(21_000))
    tables = {**WHY_TABLES, "companies.csv": f"id,name\n{many}zebra-4711,Z\n", "notes.csv": "id,person,body\n"}
    with Plan(make(tmp_path, WHY_MAPPING, tables | {"people.csv": "id,last,company,name\n1,A,ZEBRA4711,\n"})) as plan:
        write_plan_tables(plan, tmp_path / "out")
    (row,) = records(tmp_path / "out" / "missing_parents.csv")
    assert (row["nearest_existing_key"], row["similarity"]) == ("zebra-4711", "0.95")


def test_missing_parent_is_held_against_the_keys_that_are_there(tmp_path: Path) -> None:
    """A key that is nearly one of the source is named with its likeness; one that is like none has none."""
    tables = {
        "companies.csv": "id,name,about\nC-1001,One,x\n",
        "people.csv": "id,last,company,employer,friend\n1,Ada,C1001,,\n2,Bob,zzz,,\n3,Cyd,more-of-1001,,\n",
    }
    with Plan(make(tmp_path, tables=tables)) as plan:
        write_plan_tables(plan, tmp_path / "out")
    near = {row["parent_key"]: row for row in records(tmp_path / "out" / "missing_parents.csv")}
    assert (near["C1001"]["nearest_existing_key"], near["C1001"]["similarity"]) == ("C-1001", "0.91")
    for key in ("zzz", "more-of-1001"):
        assert (near[key]["nearest_existing_key"], near[key]["similarity"]) == ("", "")


def test_proposals_name_row_and_candidate(tmp_path: Path) -> None:
    """What a row may be, the nearest first, with the id of the record and the likeness."""
    pytest.importorskip("rapidfuzz")
    tables = {"companies.csv": "id,name,about\n1,Threes,x\n2,Thre,x\n3,Four,x\n", "people.csv": TABLES["people.csv"]}
    with Plan(make(tmp_path, tables=tables)) as plan:
        write_plan_tables(plan, tmp_path / "out")
    assert read(tmp_path / "out" / "proposals.csv") == [
        ["object", "file", "row", "key", "label", "candidate", "target_id", "score"],
        ["companies", "companies.csv", "2", "1", "Threes", "Three", "k3", "0.91"],
        ["companies", "companies.csv", "3", "2", "Thre", "Three", "k3", "0.89"],
    ]


def test_problems_are_one_object_a_line(made: Path) -> None:
    """For machines: every finding with its version, as many as there are."""
    found = [json.loads(line) for line in (made / "problems.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["v"], one["code"]) for one in found] == [
        (1, code) for code in ("E120", "E120", "W305", "E203", "E203", "E203", "E204")
    ]
    assert found[0] == {
        "v": 1, "code": "E120", "object": "companies", "file": "companies.csv", "row": 5, "key": "4", "field": "Name",
        "value": "", "fact": "Name is required and blank", "hint": "fill it, or give the field a default",
    }  # fmt: skip


def test_results_tell_what_became_of_each_operation(tmp_path: Path) -> None:
    """What landed with id and time, then what did not with its reason; what was never sent is not there."""
    path = make(tmp_path)
    applied = Ending(state=State.APPLIED, target_id="c9", outcome="applied")
    endings = {
        "+ companies/1": applied,
        "~ companies/2": Ending(state=State.NOOP, target_id="k2"),
        "+ contacts/1": Ending(state=State.REJECTED, outcome="refused", reason="=too long"),
        "+ contacts/2": Ending(state=State.QUARANTINED, outcome="duplicate", reason="duplicate"),
        "& contacts/1": Ending(state=State.BLOCKED, reason="its record"),
    }
    run(path, endings, "HALTED")
    with Plan(path) as plan, reader(path) as ledger:
        assert write_results(plan, ledger, tmp_path / "out") == tmp_path / "out" / "results.csv"
    assert read(tmp_path / "out" / "results.csv") == [
        ["object", "source", "key", "action", "state", "target_id", "time", "reason"],
        ["companies", "companies.csv:2", "1", "create", "APPLIED", "c9", NOW, ""],
        ["companies", "companies.csv:3", "2", "update", "NOOP", "k2", "", ""],
        ["contacts", "people.csv:2", "1", "create", "REJECTED", "", "", "=too long"],
        ["contacts", "people.csv:3", "2", "create", "QUARANTINED", "", "", "duplicate"],
        ["contacts", "people.csv:2", "1", "link", "BLOCKED", "", "", "its record"],
    ]


def test_files_are_private_in_a_private_folder(made: Path) -> None:
    """Values of records stand in them: mode 0600 in 0700, and nothing else is left there."""
    assert sorted(path.name for path in made.iterdir()) == FILES
    assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o600}
    assert made.stat().st_mode & 0o777 == 0o700


def fail(file: TextIO) -> None:
    """Run out of space in the middle of a file."""
    file.write("half")
    raise OSError(28, "No space left on device")


def test_file_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    """A full disk is told with its remedy, the old file stays whole, and the next time works."""
    path = tmp_path / "rejects.csv"
    write_file(path, lambda file: file.write("old"))
    with pytest.raises(StoreError) as caught:
        write_file(path, fail)
    fact = "E701 the disk is full or fails: no space left on device"
    hint = "free some space and run the same command again; nothing is lost"
    assert str(caught.value) == f"{path}: {fact} ({hint})"
    assert path.read_text(encoding="utf-8") == "old"
    write_file(path, lambda file: file.write("new"))
    assert [(one.name, one.read_text(encoding="utf-8")) for one in tmp_path.iterdir()] == [("rejects.csv", "new")]


def test_file_that_cannot_be_finished_is_not_there(tmp_path: Path) -> None:
    """Where there was none, there is none."""
    with pytest.raises(StoreError):
        write_file(tmp_path / "rejects.csv", fail)
    assert not (tmp_path / "rejects.csv").exists()


def test_planted_link_is_not_followed(tmp_path: Path) -> None:
    """Neither a link in the file's place nor one under its passing name leads the writer elsewhere."""
    (tmp_path / "precious").write_text("precious", encoding="utf-8")
    for name in ("rejects.csv", ".rejects.csv.new"):
        (tmp_path / name).symlink_to(tmp_path / "precious")
    write_file(tmp_path / "rejects.csv", lambda file: file.write("mine"))
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "precious"
    assert (tmp_path / "rejects.csv").is_symlink() is False


def test_plan_without_problems_has_files_all_the_same(tmp_path: Path) -> None:
    """Each file is there with its header, so that a script finds what it looks for."""
    tables = {
        "companies.csv": "id,name,about\n1,One,x\n",
        "people.csv": "id,last,company,employer,friend\n1,Ada,1,,\n",
    }
    with Plan(make(tmp_path, tables=tables)) as plan:
        write_plan_tables(plan, tmp_path / "out")
    assert read(tmp_path / "out" / "rejects.csv") == [list(REJECT_COLUMNS)]
    assert [len(read(tmp_path / "out" / name)) for name in ("duplicates.csv", "missing_parents.csv")] == [1, 1]
    assert (tmp_path / "out" / "problems.jsonl").read_bytes() == b""


def test_created_records_are_listed_by_the_rows_that_wait(tmp_path: Path) -> None:
    """What only lookups ask for has no row: its values, and how many rows wait on it, most first."""
    tables = {
        "companies.csv": "id,name,about\n1,One,x\n",
        "people.csv": "id,last,company,employer,friend\n1,Ada,,Acme,\n2,Bob,,=Beta,\n3,Cyd,,=beta,\n4,Dan,,One,\n",
    }
    mapping = MAPPING.replace("on_missing: reject", "on_missing: create")
    with Plan(make(tmp_path, tables=tables, mapping=mapping)) as plan:
        write_plan_tables(plan, tmp_path / "out")
    assert [row[:1] + row[2:] for row in read(tmp_path / "out" / "created.csv")] == [
        ["object", "values", "rows_waiting"],
        ["companies", "=Beta", "2"],
        ["companies", "Acme", "1"],
    ]
