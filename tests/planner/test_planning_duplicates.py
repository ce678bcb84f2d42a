"""Rows that claim the same thing: one key, one match value, or one record of the target."""

from pathlib import Path

import pytest
from planning_cases import Desk, firms, people

ROW = "id,first,last,email"
HINT = "(correct the rows, or state 'on_duplicate: first' or 'last')"
KEPT = "(that row was kept)"
NOTES = """\
  notes:
    from: notes.csv
    to: notes
    key: id
    parent: {lookup: contacts, by: [{key: person}]}
    fields: {Body: text}
"""


def test_rows_of_one_key_are_all_refused(tmp_path: Path) -> None:
    """Which of them is right cannot be told; each names the others."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "7,Ada,King,", "8,Bob,Ross,", " 7 ,Eve,Moss,", "7,Flo,Nash,")
    seen = desk.plan(people())
    assert seen.states == {
        "contacts:2": "reject",
        "contacts:3": "create",
        "contacts:4": "reject",
        "contacts:5": "reject",
    }
    assert list(seen.problems) == [
        f"contacts:2 E301 shares the key '7' with people.csv:4, people.csv:5 {HINT}",
        f"contacts:4 E301 shares the key '7' with people.csv:2, people.csv:5 {HINT}",
        f"contacts:5 E301 shares the key '7' with people.csv:2, people.csv:4 {HINT}",
    ]


@pytest.mark.parametrize("keys", [("7", "007"), ("a", "A"), ("7", "7.0"), ("Strauß", "Strauss"), ("é", "e\u0301")])
def test_keys_differ_to_the_letter(tmp_path: Path, keys: tuple[str, str]) -> None:
    """A key is trimmed and nothing else."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, *(f"{key},,," for key in keys))
    assert list(desk.plan(people()).states.values()) == ["create", "create"]


def test_rows_of_one_match_value_are_all_refused(tmp_path: Path) -> None:
    """Each row is judged by its first filled match line, in its normal form."""
    desk = Desk(folder=tmp_path)
    rows = [
        "1,Ada,King,ada@x.org",
        "2,Bob,Ross,ADA@x.ORG",
        "3,Ada,King,",
        "4,ADA ,king,",
        "5,Ada,King,other@x.org",
        "6,,,",
    ]
    desk.write("people.csv", ROW, *rows)
    seen = desk.plan(people())
    assert list(seen.changes) == ["+ contacts:5", "+ contacts:6"]
    assert sorted(seen.problems) == [
        f"contacts:2 E302 shares a match value with people.csv:3 {HINT}",
        f"contacts:3 E302 shares a match value with people.csv:2 {HINT}",
        f"contacts:4 E302 shares a match value with people.csv:5 {HINT}",
        f"contacts:5 E302 shares a match value with people.csv:4 {HINT}",
    ]


def test_rows_that_match_one_record_are_all_refused(tmp_path: Path) -> None:
    """Two rows may find the same record by different lines."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King", EmailAddress_Work="ada@x.org")
    desk.write("people.csv", ROW, "1,Ada,King,", "2,Augusta,Byron,ada@x.org", "3,Bob,Ross,")
    seen = desk.plan(people())
    assert list(seen.changes) == ["+ contacts:3"]
    assert list(seen.problems) == [
        f"contacts:2 E303 shares the same record of the target with people.csv:3 {HINT}",
        f"contacts:3 E303 shares the same record of the target with people.csv:2 {HINT}",
    ]


@pytest.mark.parametrize(
    ("policy", "changes", "states"),
    [
        ("first", {"+ contacts:7": {"FirstName": "Ada"}}, ["create", "skip", "skip"]),
        ("last", {"+ contacts:7": {"FirstName": "Eve"}}, ["skip", "skip", "create"]),
    ],
)
def test_one_row_of_a_key_is_kept(
    tmp_path: Path, policy: str, changes: dict[str, dict[str, str]], states: list[str]
) -> None:
    """`first` and `last` keep one row, the others are skipped and listed."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "7,Ada,,", "7,Bob,,", "7,Eve,,")
    seen = desk.plan(people(f"on_duplicate: {policy}"))
    assert (seen.changes, list(seen.states.values())) == (changes, states)
    kept, dropped = (2, (3, 4)) if policy == "first" else (4, (2, 3))
    fact = f"W305 duplicate of people.csv:{kept} by the key '7' {KEPT}"
    assert list(seen.problems) == [f"contacts:{row} {fact}" for row in dropped]
    assert seen.totals("create", "skip", "reject", "rows") == [1, 2, 0, 3]


@pytest.mark.parametrize(("policy", "kept", "key"), [("first", 2, "1"), ("last", 4, "3")])
def test_keys_of_skipped_rows_stand_for_the_one_that_was_kept(tmp_path: Path, policy: str, kept: int, key: str) -> None:
    """What points at a skipped duplicate points at the record that was kept."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,a@x.org", "2,A.,King,A@x.org", "3,Augusta,King,a@X.org", "4,Bob,Ross,")
    desk.write("notes.csv", "id,person,text", "11,1,one", "12,2,two", "13,3,three", "14,4,four")
    seen = desk.plan(people(f"on_duplicate: {policy}") + NOTES)
    parents = {name: change["^parent"] for name, change in seen.changes.items() if "notes" in name}
    three = dict.fromkeys(("+ notes:11", "+ notes:12", "+ notes:13"), f"@contacts:{key}")
    assert parents == {**three, "+ notes:14": "@contacts:4"}
    assert all(f"W305 duplicate of people.csv:{kept} by a match value {KEPT}" in text for text in seen.problems)
    assert len(seen.problems) == 2


@pytest.mark.parametrize(("policy", "key"), [("first", "1"), ("last", "2")])
def test_keys_stand_for_the_record_of_the_target_that_both_rows_matched(tmp_path: Path, policy: str, key: str) -> None:
    """Two rows that are one record of the target are one, and so are their keys."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King", EmailAddress_Work="ada@x.org")
    desk.write("people.csv", ROW, "1,Ada,King,", "2,Augusta,Byron,ada@x.org")
    desk.write("notes.csv", "id,person,text", "11,1,one", "12,2,two")
    seen = desk.plan(people(f"on_duplicate: {policy}", "on_match: fill") + NOTES)
    assert seen.changes == {
        "+ notes:11": {"Body": "one", "^parent": "c1"},
        "+ notes:12": {"Body": "two", "^parent": "c1"},
    }
    row, other = (2, 3) if key == "1" else (3, 2)
    fact = f"W305 duplicate of people.csv:{row} by the same record of the target {KEPT}"
    assert list(seen.problems) == [f"contacts:{other} {fact}"]


def test_duplicates_are_judged_across_all_objects_of_one_target(tmp_path: Path) -> None:
    """Two objects that become contacts must not make one person twice."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,ada@x.org", "2,Bob,Ross,")
    desk.write("leads.csv", ROW, "1,Augusta,King,ADA@X.ORG", "3,Bob,Moss,")
    leads = people("from: leads.csv").replace("  contacts:\n", "  leads:\n", 1)
    seen = desk.plan(people() + leads)
    assert list(seen.changes) == ["+ contacts:2", "+ leads:3"]
    assert list(seen.problems) == [
        f"contacts:2 E302 shares a match value with leads.csv:2 {HINT}",
        f"leads:2 E302 shares a match value with people.csv:2 {HINT}",
    ]


def test_children_of_two_parents_are_no_duplicates(tmp_path: Path) -> None:
    """A match value counts below one parent only."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,", "2,Bob,Ross,")
    desk.write("notes.csv", "id,person,text", "11,1,one", "12,2,One", "13,2,one")
    seen = desk.plan(people() + NOTES.replace("    key: id\n", "    key: id\n    match: [[Body]]\n"))
    assert list(seen.states.values())[2:] == ["create", "reject", "reject"]
    assert seen.problems[0] == f"notes:3 E302 shares a match value with notes.csv:4 {HINT}"


def test_one_key_in_two_objects_is_no_duplicate(tmp_path: Path) -> None:
    """Keys belong to the object of the mapping."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,")
    desk.write("firms.csv", "id,name,site", "1,Acme,")
    assert list(desk.plan(people() + firms()).changes) == ["+ contacts:1", "+ companies:1"]


def test_refused_row_claims_no_match_value(tmp_path: Path) -> None:
    """A row that is rejected for something else does not stand in the way of a good one."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", f"{ROW},born", "1,Ada,King,ada@x.org,never", "2,Ada,King,ada@x.org,1815-12-10")
    seen = desk.plan(people(fields="LastName: last, EmailAddress_Work: email, KeyDate_Birthday: born"))
    assert seen.states == {"contacts:2": "reject", "contacts:3": "create"}


def test_message_names_five_rows_and_counts_the_rest(tmp_path: Path) -> None:
    """A message does not grow without end."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, *["7,,,"] * 8)
    seen = desk.plan(people())
    listed = ", ".join(f"people.csv:{row}" for row in range(3, 8))
    assert seen.problems[0] == f"contacts:2 E301 shares the key '7' with {listed} and 2 more {HINT}"
    listed = ", ".join(f"people.csv:{row}" for row in range(2, 7))
    assert seen.problems[-1] == f"contacts:9 E301 shares the key '7' with {listed} and 2 more {HINT}"
