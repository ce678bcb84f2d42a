"""What references point at: by id, by key, by fields over the plan and the target together."""

from pathlib import Path

import pytest
from planning_cases import Desk, firms, people

HINT = "(add it, correct the value, or state on_missing: create | blank | skip)"
CRELATE = "not in the source, nor in crelate"
NOTES = """\
  notes:
    from: notes.csv
    to: notes
    key: id
    parent: {lookup: contacts, by: [{key: person}]%s}
    fields: {Body: text}
"""


def pointing(lookup: str) -> str:
    """Write contacts that point at companies."""
    return people(fields=f"LastName: last, EmailAddress_Work: email, CurrentPosition_Company_Id: {{{lookup}}}")


def test_key_finds_a_row_of_this_plan(tmp_path: Path) -> None:
    """A record that is still to be created is pointed at by its operation; its object comes first."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "17,Acme,")
    desk.write("people.csv", "id,last,email,firm", "1,King,, 17 ", "2,Ross,,")
    seen = desk.plan(pointing("lookup: companies, by: [{key: firm}]") + firms())
    assert list(seen.changes) == ["+ companies:17", "+ contacts:1", "+ contacts:2"]
    assert seen.changes["+ contacts:1"] == {"CurrentPosition_Company_Id": "@companies:17", "LastName": "King"}
    assert seen.changes["+ contacts:2"] == {"LastName": "Ross"}


@pytest.mark.parametrize("extra", ["", "on_match: skip", "on_match: fill"])
def test_key_finds_the_record_that_a_row_matched(tmp_path: Path, extra: str) -> None:
    """A row that is in the target already gives the id it has there, also where it is left out."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "C-9", Name="ACME")
    desk.write("firms.csv", "id,name,site", "17,Acme,")
    desk.write("people.csv", "id,last,email,firm", "1,King,,17")
    seen = desk.plan(firms(extra or "on_match: update") + pointing("lookup: companies, by: [{key: firm}]"))
    assert seen.changes["+ contacts:1"]["CurrentPosition_Company_Id"] == "C-9"


def test_key_that_nobody_has_refuses_the_row(tmp_path: Path) -> None:
    """A reference to nothing is not lost in silence."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "17,Acme,")
    desk.write("people.csv", "id,last,email,firm", "1,King,,018", "2,Ross,,17")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{key: firm}]"))
    fact = f"no companies found, {CRELATE}: '018'"
    assert list(seen.problems) == [f"contacts:2 E203 CurrentPosition_Company_Id: {fact} {HINT}"]
    assert seen.states == {"companies:2": "create", "contacts:2": "reject", "contacts:3": "create"}


@pytest.mark.parametrize(
    ("policy", "changes", "state"),
    [
        ("blank", {"+ contacts:1": {"LastName": "King"}}, "create"),
        ("skip", {}, "skip"),
        ("reject", {}, "reject"),
    ],
)
def test_on_missing_says_what_happens(tmp_path: Path, policy: str, changes: dict[str, object], state: str) -> None:
    """A reference that finds nothing leaves the field blank, or the row out, or refuses it."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,last,email,firm", "1,King,,Acme")
    seen = desk.plan(pointing(f"lookup: companies, by: [{{Name: firm}}], on_missing: {policy}") + _no_firms(desk))
    assert (seen.changes, seen.states) == (changes, {"contacts:2": state})
    fact = f"contacts:2 E203 CurrentPosition_Company_Id: no companies found, {CRELATE}: 'Acme' {HINT}"
    assert list(seen.problems) == ([fact] if policy == "reject" else [])


def _no_firms(desk: Desk) -> str:
    desk.write("firms.csv", "id,name,site")
    return firms()


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("g-1", "+ contacts:1"),
        (" G-1 ", "+ contacts:1"),
        ("g-2", f"no target/companies found, {CRELATE}: 'g-2' {HINT}"),
        ("g", f"no target/companies found, {CRELATE}: 'g' {HINT}"),
    ],
)
def test_id_is_checked_to_exist(tmp_path: Path, spelled: str, expected: str) -> None:
    """An id of the target is attached as the target spells it, if it is there."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "G-1", Name="Acme")
    desk.write("people.csv", "id,last,email,firm", f"1,King,,{spelled}")
    seen = desk.plan(pointing("lookup: target/companies, by: [{id: firm}]"))
    if expected.startswith("+"):
        assert seen.changes == {"+ contacts:1": {"CurrentPosition_Company_Id": "G-1", "LastName": "King"}}
    else:
        assert list(seen.problems) == [f"contacts:2 E203 CurrentPosition_Company_Id: {expected}"]


def test_fields_are_looked_for_in_plan_and_target_together(tmp_path: Path) -> None:
    """A record is found wherever it is, in the normal form of its fields."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "c1", Name="Beta  Ltd")
    desk.write("firms.csv", "id,name,site", "17,Acme,", "18,Cafe\u0301,")
    desk.write("people.csv", "id,last,email,firm", "1,A,,ACME", "2,B,,beta ltd", "3,C,,Café", "4,D,,Gamma")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{Name: firm}]"))
    found = [change.get("CurrentPosition_Company_Id") for name, change in seen.changes.items() if "contacts" in name]
    assert found == ["@companies:17", "c1", "@companies:18"]
    assert seen.states["contacts:5"] == "reject"


def test_row_and_the_record_it_matched_are_one_candidate(tmp_path: Path) -> None:
    """A source row that is in the target already does not make a reference ambiguous."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "c1", Name="Acme", Website_Business="https://acme.example")
    desk.write("firms.csv", "id,name,site", "17,Acme,https://acme.example")
    desk.write("people.csv", "id,last,email,firm", "1,King,,acme")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{Name: firm}]"))
    assert seen.changes == {"+ contacts:1": {"CurrentPosition_Company_Id": "c1", "LastName": "King"}}


def test_record_that_two_pages_show_is_one_answer(tmp_path: Path) -> None:
    """Lists shift while others write: a record that was read before does not make a reference ambiguous."""
    desk = Desk(folder=tmp_path)
    desk.crm.page = 1
    for _page in range(2):
        desk.crm.hold("companies", "c1", Name="Acme")
    desk.write("people.csv", "id,last,email,firm", "1,King,,acme")
    seen = desk.plan(pointing("lookup: target/companies, by: [{Name: firm}]"))
    assert seen.changes == {"+ contacts:1": {"CurrentPosition_Company_Id": "c1", "LastName": "King"}}


def test_all_fields_of_a_line_must_agree(tmp_path: Path) -> None:
    """Two offices of one name are told apart by their city."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site,city", "17,Acme,a.example,Rome", "18,Acme,b.example,Oslo")
    desk.write("people.csv", "id,last,email,firm,city", "1,A,,acme,OSLO", "2,B,,acme,Rome", "3,C,,acme,Paris")
    fields = "Name: name, Website_Business: site, Address_Business_City: city"
    lookup = "lookup: companies, by: [{Name: firm, Address_Business_City: city}]"
    seen = desk.plan(firms(fields=fields) + pointing(lookup))
    found = [change.get("CurrentPosition_Company_Id") for name, change in seen.changes.items() if "contacts" in name]
    assert found == ["@companies:18", "@companies:17"]
    fact = f"no companies found, {CRELATE}: 'Paris, acme' {HINT}"
    assert list(seen.problems) == [f"contacts:4 E203 CurrentPosition_Company_Id: {fact}"]


def test_line_that_decides_is_the_only_one(tmp_path: Path) -> None:
    """A filled key that finds nothing is not helped by a name that would."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "17,Acme,")
    desk.write("people.csv", "id,last,email,key,firm", "1,A,,99,Acme", "2,B,,,Acme", "3,C,,17,Other")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{key: key}, {Name: firm}]"))
    assert seen.states["contacts:2"] == "reject"
    assert seen.changes["+ contacts:2"]["CurrentPosition_Company_Id"] == "@companies:17"
    assert seen.changes["+ contacts:3"]["CurrentPosition_Company_Id"] == "@companies:17"


def test_several_answers_refuse_the_row_and_are_named(tmp_path: Path) -> None:
    """Taking any of them would be a guess."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "17,Acme,a.example", "18,ACME,b.example")
    desk.write("people.csv", "id,last,email,firm", "1,King,,acme")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{Name: firm}]"))
    fact = "2 records answer: 17 (firms.csv:2); 18 (firms.csv:3): 'acme' (look it up by key or id, or by more fields)"
    assert list(seen.problems) == [f"contacts:2 E205 CurrentPosition_Company_Id: {fact}"]
    assert seen.states["contacts:2"] == "reject"


def test_answer_of_the_target_is_named_by_its_label(tmp_path: Path) -> None:
    """A record of the target has no row, so it is named by what people know it by."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "c1", Name="Acme", Website_Business="old.example")
    desk.write("firms.csv", "id,name,site", "17,acme,new.example")
    desk.write("people.csv", "id,last,email,firm", "1,King,,ACME")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{Name: firm}]"))
    (problem,) = seen.problems
    assert "2 records answer: " in problem
    assert "Acme (in the target)" in problem
    assert "17 (firms.csv:2)" in problem


def test_row_that_is_rejected_rejects_what_points_at_it(tmp_path: Path) -> None:
    """A refusal goes on to everything below, each with its cause."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "17,,", "18,Acme,")
    desk.write("people.csv", "id,last,email,firm", "1,King,,17", "2,Ross,,18")
    desk.write("notes.csv", "id,person,text", "11,1,one", "12,2,two")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{key: firm}]") + NOTES % "")
    assert list(seen.changes) == ["+ companies:18", "+ contacts:2", "+ notes:12"]
    hint = "(correct that row first)"
    assert list(seen.problems) == [
        "companies:2 E120 Name: Name is required and blank (fill it, or give the field a default)",
        f"contacts:2 E204 CurrentPosition_Company_Id: points at firms.csv:2, which is rejected itself (E120) {hint}",
        f"notes:2 E204 parent: points at people.csv:2, which is rejected itself (E204) {hint}",
    ]


def test_rejected_row_is_no_candidate(tmp_path: Path) -> None:
    """Where another record answers too, the rejected one does not make it ambiguous."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site,n", "17,Acme,a.example,x", "18,Acme,b.example,1")
    desk.write("people.csv", "id,last,email,firm", "1,King,,acme")
    fields = "Name: name, Website_Business: site, Description: {from: n, transform: [integer]}"
    seen = desk.plan(firms(fields=fields) + pointing("lookup: companies, by: [{Name: firm}]"))
    assert seen.changes["+ contacts:1"]["CurrentPosition_Company_Id"] == "@companies:18"


def test_child_lives_under_its_parent(tmp_path: Path) -> None:
    """A child is written after its parent, which is a record of the plan or of the target."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", LastName="Ross", EmailAddress_Work="r@x.org")
    desk.write("people.csv", "id,last,email", "1,King,", "2,Ross,r@x.org")
    desk.write("notes.csv", "id,person,text", "11,1,one", "12,2,two")
    seen = desk.plan(NOTES % "" + people(fields="LastName: last, EmailAddress_Work: email"))
    assert seen.changes == {
        "+ contacts:1": {"LastName": "King"},
        "+ notes:11": {"Body": "one", "^parent": "@contacts:1"},
        "+ notes:12": {"Body": "two", "^parent": "c1"},
    }
    assert {change.parent[0] for change in seen.raw if change.parent} == {"contacts"}
    assert seen.header["objects"]["notes"]["because"] == "contacts (parent)"


def test_child_without_a_parent_is_refused(tmp_path: Path) -> None:
    """A parent that is blank or not there refuses the child."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,last,email", "1,King,")
    desk.write("notes.csv", "id,person,text", "11,,one", "12,9,two")
    seen = desk.plan(people(fields="LastName: last") + NOTES % "")
    assert list(seen.problems) == [
        "notes:2 E120 parent: the parent is blank (fill it, or filter the row out)",
        f"notes:3 E203 parent: no contacts found, {CRELATE}: '9' {HINT}",
    ]
    assert desk.plan(people(fields="LastName: last") + NOTES % ", on_missing: skip").states["notes:3"] == "skip"


def test_child_of_a_record_that_only_the_target_has(tmp_path: Path) -> None:
    """The parent may be looked for in the target alone."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", EmailAddress_Work="Ada@x.org")
    desk.write("notes.csv", "id,person,text", "11,ada@X.ORG,one")
    parent = "{lookup: target/contacts, by: [{EmailAddress_Work: person}]}"
    seen = desk.plan(NOTES.replace("{lookup: contacts, by: [{key: person}]%s}", parent))
    assert seen.changes == {"+ notes:11": {"Body": "one", "^parent": "c1"}}
    assert seen.raw[0].parent == ("contacts", "c1")


def test_objects_that_point_at_each_other_are_linked_afterwards(tmp_path: Path) -> None:
    """One side is created with its reference, the other is linked when all is there."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c8", LastName="Ross", EmailAddress_Work="r@x.org")
    desk.write("firms.csv", "id,name,pays", "17,Acme,1", "18,Beta,2", "19,Gamma,")
    desk.write("people.csv", "id,last,email,firm", "1,King,,17", "2,Ross,r@x.org,")
    fields = "Name: name, AdditionalContact_Billing_Id: {lookup: contacts, by: [{key: pays}]}"
    seen = desk.plan(firms("match: none", fields=fields) + pointing("lookup: companies, by: [{key: firm}]"))
    assert seen.changes == {
        "+ companies:17": {"Name": "Acme"},
        "+ companies:18": {"AdditionalContact_Billing_Id": "c8", "Name": "Beta"},
        "+ companies:19": {"Name": "Gamma"},
        "+ contacts:1": {"CurrentPosition_Company_Id": "@companies:17", "LastName": "King"},
        "& companies:17": {"AdditionalContact_Billing_Id": "@contacts:1"},
    }
    assert list(seen.changes)[-1] == "& companies:17"
    assert seen.totals("create", "link", "unchanged", "rows") == [4, 1, 1, 5]
    assert (
        seen.header["objects"]["companies"]["because"] == "no parents; AdditionalContact_Billing_Id linked afterwards"
    )


def test_records_of_one_kind_are_linked_where_they_point_at_each_other(tmp_path: Path) -> None:
    """Of two that point at each other one is linked, and so is one that points at itself."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,over", "1,A,2", "2,B,1", "3,C,3", "4,D,")
    fields = "Name: name, ParentAccount_Id: {lookup: companies, by: [{key: over}]}"
    seen = desk.plan(firms("match: none", fields=fields))
    assert seen.changes == {
        **{f"+ companies:{n}": {"Name": name} for n, name in ((1, "A"), (3, "C"), (4, "D"))},
        "+ companies:2": {"Name": "B", "ParentAccount_Id": "@companies:1"},
        "& companies:1": {"ParentAccount_Id": "@companies:2"},
        "& companies:3": {"ParentAccount_Id": "@companies:3"},
    }
    links = [change for change in seen.raw if change.action == "link"]
    assert len({change.id for change in seen.raw}) == len(seen.raw)
    assert [change.before for change in links] == [{"ParentAccount_Id": None}] * 2


def test_matched_record_is_updated_after_what_it_points_at(tmp_path: Path) -> None:
    """What the target has already needs no link to point at a new record, only to come after it."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "c1", Name="A", ParentAccount_Id="c7")
    desk.write("firms.csv", "id,name,over", "1,A,2", "2,B,")
    fields = "Name: name, ParentAccount_Id: {lookup: companies, by: [{key: over}]}"
    seen = desk.plan(firms("match: [[Name]]", fields=fields))
    assert seen.changes == {"+ companies:2": {"Name": "B"}, "~ companies:1": {"ParentAccount_Id": "@companies:2"}}
    assert (seen.raw[1].target_id, seen.raw[1].before) == ("c1", {"ParentAccount_Id": "c7"})


def test_rejected_row_of_one_kind_takes_the_others_with_it(tmp_path: Path) -> None:
    """A chain of references falls as a whole, each link with its own cause."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,over", "1,A,2", "2,B,3", "3,,", "4,D,")
    fields = "Name: {from: name, required: true}, ParentAccount_Id: {lookup: companies, by: [{key: over}]}"
    seen = desk.plan(firms("match: none", fields=fields))
    assert list(seen.changes) == ["+ companies:4"]
    where = [problem.split(" (")[0] for problem in seen.problems]
    assert where == [
        "companies:4 E120 Name: Name is required and blank",
        "companies:3 E204 ParentAccount_Id: points at firms.csv:4, which is rejected itself",
        "companies:2 E204 ParentAccount_Id: points at firms.csv:3, which is rejected itself",
    ]
