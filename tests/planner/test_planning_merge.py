"""Rows that are one record and are merged: the first one's values, its blanks filled from the others."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import Desk, Seen, firms, people

MERGE = "on_duplicate: merge"
NOTES = """\
  notes:
    from: notes.csv
    to: notes
    key: id
    parent: {lookup: contacts, by: [{key: person}]}
    fields: {Body: text}
"""
FIELDS = (
    "FirstName: first, LastName: last, EmailAddress_Work: email, Tags.Default: {from: tags, transform: [{split: ';'}]},"
    " CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}]}"
)
HINT = "(its blanks were filled)"
ROW = "id,first,last,email,tags,firm"


def planned(folder: Path, rows: Sequence[str], *settings: str, fields: str = FIELDS, more: str = "") -> Seen:
    """Plan these people, with two companies beside them."""
    desk = Desk(folder=folder)
    desk.write("people.csv", ROW, *rows)
    desk.write("firms.csv", "id,name,site", "1,Acme,", "2,Best,")
    return desk.plan(people(MERGE, *settings, fields=fields) + firms() + more)


def test_blanks_are_filled_in_the_order_of_the_rows(tmp_path: Path) -> None:
    """Lists are joined, a reference comes along, and the rows that gave are skipped."""
    seen = planned(tmp_path, ["7,Ada,,,a;B,", "8,Bob,Ross,,,", "7,ada,King,,b;c,2", "7,,Queen,a@x.org,,"])
    assert seen.changes["+ contacts:7"] == {
        "FirstName": "Ada",
        "LastName": "King",
        "EmailAddress_Work": "a@x.org",
        "Tags.Default": ["a", "B", "c"],
        "CurrentPosition_Company_Id": "@companies:2",
    }
    assert list(seen.states.values())[:4] == ["create", "create", "skip", "skip"]
    fact = "W305 merged into people.csv:2 by the key '7'"
    differs = "LastName: differs between rows that are one: 'King' in people.csv:4, 'Queen' in people.csv:5"
    assert list(seen.problems) == [
        f"contacts:4 {fact} {HINT}",
        f"contacts:5 {fact} {HINT}",
        f"contacts:2 W307 {differs} (the first is kept)",
    ]


def test_keys_of_merged_rows_stand_for_the_one_that_was_kept(tmp_path: Path) -> None:
    """What points at one of them points at the record that they became."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,,a@x.org,,", "2,,King,A@x.org,,")
    desk.write("notes.csv", "id,person,text", "11,1,one", "12,2,two")
    fields = "FirstName: first, LastName: last, EmailAddress_Work: email"
    seen = desk.plan(people(MERGE, "match: [[EmailAddress_Work]]", fields=fields) + NOTES)
    assert seen.changes["+ contacts:1"] == {"FirstName": "Ada", "LastName": "King", "EmailAddress_Work": "a@x.org"}
    assert [seen.changes[name]["^parent"] for name in ("+ notes:11", "+ notes:12")] == ["@contacts:1"] * 2


def test_what_was_filled_in_is_matched_again(tmp_path: Path) -> None:
    """In the target, and among the rows: two rows of one key give the value by which a third one is theirs."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Old", LastName="King", EmailAddress_Work="ada@x.org")
    desk.write("people.csv", ROW, "7,Ada,,,,", "7,,,ada@x.org,,", "9,,,ADA@x.org,Gold,")
    seen = desk.plan(people(MERGE, fields=FIELDS.partition(", Current")[0]))
    assert seen.changes == {"~ contacts:7": {"FirstName": "Ada", "Tags.Default": ["Gold"]}}
    assert list(seen.states.values()) == ["update", "skip", "skip"]


def test_value_that_was_filled_in_first_makes_one_of_two_records(tmp_path: Path) -> None:
    """A merge by one line may fill an earlier one, by which yet another row is the same."""
    rows = ["1,Ada,,a@x.org,,", "2,,King,a@x.org,,", "3,ada,king,,Gold,"]
    seen = planned(tmp_path, rows, "match: [[FirstName, LastName], [EmailAddress_Work]]")
    assert [name for name in seen.changes if "contacts" in name] == ["+ contacts:1"]
    assert seen.changes["+ contacts:1"]["Tags.Default"] == ["Gold"]


def test_rows_that_match_one_record_are_merged(tmp_path: Path) -> None:
    """Two rows that find one record by different lines."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King", EmailAddress_Work="ada@x.org")
    desk.write("people.csv", ROW, "1,Ada,King,,Gold,", "2,,,ada@x.org,New,")
    seen = desk.plan(people(MERGE, fields=FIELDS.partition(", Current")[0]))
    assert seen.changes == {"~ contacts:1": {"Tags.Default": ["Gold", "New"]}}
    assert seen.problems[0] == f"contacts:3 W305 merged into people.csv:2 by the same record of the target {HINT}"


def test_refused_row_is_no_part_of_a_merge(tmp_path: Path) -> None:
    """It stays refused, and the good rows of its key are put together."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,last,email,born", "7,,,never", "7,King,,", "7,,a@x.org,")
    seen = desk.plan(people(MERGE, fields="LastName: last, EmailAddress_Work: email, KeyDate_Birthday: born"))
    assert list(seen.states.values()) == ["reject", "create", "skip"]
    assert seen.changes == {"+ contacts:7": {"LastName": "King", "EmailAddress_Work": "a@x.org"}}


@pytest.mark.parametrize("policy", ["first", "last"])
def test_refused_row_is_not_the_one_that_is_kept(tmp_path: Path, policy: str) -> None:
    """Of the rows of one key a good one is kept."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,last,born", "7,Bad,never", "7,Good,", "7,Worse,never")
    seen = desk.plan(people(f"on_duplicate: {policy}", "match: none", fields="LastName: last, KeyDate_Birthday: born"))
    assert seen.changes == {"+ contacts:7": {"LastName": "Good"}}
    assert list(seen.states.values()) == ["reject", "create", "reject"]


def test_reference_is_taken_only_by_an_object_that_looks_for_the_same(tmp_path: Path) -> None:
    """Rows of two objects may be one record; what the kept one's object cannot look up is left out."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,a@x.org,,")
    desk.write("leads.csv", ROW, "2,,,A@x.org,Gold,2")
    desk.write("firms.csv", "id,name,site", "2,Best,")
    leads = people("from: leads.csv", MERGE, fields=FIELDS).replace("  contacts:\n", "  leads:\n", 1)
    whole = FIELDS.partition(", Current")[0]
    seen = desk.plan(people(MERGE, fields=whole) + leads + firms())
    assert seen.changes["+ contacts:1"]["Tags.Default"] == ["Gold"]
    assert "CurrentPosition_Company_Id" not in seen.changes["+ contacts:1"]
    seen = desk.plan(people(MERGE, fields=FIELDS) + leads + firms())
    assert seen.changes["+ contacts:1"]["CurrentPosition_Company_Id"] == "@companies:2"


PARTS = {"first": "Ada", "last": "King", "email": "a@x.org", "tags": "Gold", "firm": "2"}


@settings(max_examples=25, deadline=None)
@given(held=st.lists(st.sets(st.sampled_from(sorted(PARTS))), min_size=2, max_size=3))
def test_merge_does_not_depend_on_the_order_of_rows(held: list[set[str]]) -> None:
    """Rows that do not contradict each other become the same record, whichever comes first."""
    rows = [",".join(["7", *(PARTS[name] if name in one else "" for name in PARTS)]) for one in held]
    found = []
    for turned in (rows, rows[::-1]):
        with tempfile.TemporaryDirectory() as folder:
            found.append(planned(Path(folder), turned).changes.get("+ contacts:7"))
    assert found[0] == found[1]
    assert found[0] is not None
    assert set(found[0]) == {
        {"first": "FirstName", "last": "LastName", "email": "EmailAddress_Work", "tags": "Tags.Default",
         "firm": "CurrentPosition_Company_Id"}[name] for name in set().union(*held)
    }  # fmt: skip
