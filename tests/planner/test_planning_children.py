"""Child records and their parents: looked for among the children of their own parent, and telling who the parent is."""

from pathlib import Path
from typing import Any

import pytest
from planning_cases import Desk, MemoryCrm

from migrator.records import Catalog, Field, Kind, ObjectType, TargetRecord, Tier

PEOPLE = "  people: {from: people.csv, to: people, key: id, match: %s, fields: {name: name}}\n"
EMAILS = """\
  emails:
    from: people.csv
    to: emails
    key: id
    parent: {lookup: people, by: [{key: id}]}
    match: [[name]]
    fields: {name: email, atype: kind}
"""


def catalog() -> Catalog:
    """Make a CRM whose people have their addresses in records of their own."""
    texts = {name: Field(name=name, kind=Kind.TEXT) for name in ("name", "atype")}
    people = ObjectType(name="people", fields=texts, tier=Tier.KEY, label=("name",))
    fields = {**texts, "name": Field(name="name", kind=Kind.EMAIL)}
    below: dict[str, Any] = {"parents": ("people",), "parent_ids": {"people": "person_id"}}
    emails = ObjectType(name="emails", fields=fields, tier=Tier.BLIND, label=("name",), **below)
    return Catalog(connector="small", version="1", objects={"people": people, "emails": emails})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a desk whose CRM holds Ada with two addresses, and Eve with one of them."""
    desk = Desk(folder=tmp_path, crm=MemoryCrm(catalog()))
    desk.crm.hold("people", "P1", name="Ada King")
    desk.crm.hold("people", "P2", name="Eve")
    for number, mail, parent in (("E1", "ada@x.org", "P1"), ("E2", "both@x.org", "P1"), ("E3", "both@x.org", "P2")):
        desk.crm.hold("emails", number, name=mail, atype="office")
        held = desk.crm.held["emails"]
        held[-1] = TargetRecord(id=number, fields=held[-1].fields, parents=(("people", parent),))
    desk.write("people.csv", "id,name,email,kind", "1,Ada King,both@x.org,home", "2,Bob,both@x.org,home")
    return desk


def test_child_is_looked_for_among_its_parents_children(desk: Desk) -> None:
    """One address stands below two people: each is the record below its own."""
    seen = desk.plan(PEOPLE % "[[name]]" + EMAILS)
    assert seen.changes == {
        "+ people:2": {"name": "Bob"},
        "~ emails:1": {"^parent": "P1", "atype": "home"},
        "+ emails:2": {"^parent": "@people:2", "atype": "home", "name": "both@x.org"},
    }
    assert {change.target_id for change in seen.raw if change.object == "emails"} == {"E2", None}


def test_person_is_recognised_by_an_address_below(desk: Desk) -> None:
    """The addresses that rows state for a person are held against those that people have in the target."""
    desk.write("people.csv", "id,name,email,kind", "1,A. King,ada@x.org,office", "2,Bob,bob@x.org,home")
    seen = desk.plan(EMAILS + PEOPLE % "[[emails.name]]")
    assert seen.changes["~ people:1"] == {"name": "A. King"}
    assert [name for name in seen.changes if "emails" in name] == ["+ emails:2"]
    assert seen.states["emails:2"] == "unchanged"


def test_address_of_two_people_recognises_neither(desk: Desk) -> None:
    """What the target has twice is ambiguous, below as anywhere."""
    desk.write("people.csv", "id,name,email,kind", "1,A. King,both@x.org,office")
    seen = desk.plan(EMAILS + PEOPLE % "[[emails.name]]")
    assert seen.states == {"emails:2": "reject", "people:2": "reject"}
    fact = "2 records of the target agree on emails.name: Ada King (P1); Eve (P2)"
    assert any(fact in problem for problem in seen.problems)


def test_address_that_nobody_migrates_recognises_nobody(desk: Desk) -> None:
    """Values of children come from an object of the mapping."""
    with pytest.raises(Exception, match=r"no object of this mapping gives 'emails.name' \(migrate 'emails'"):
        desk.plan(PEOPLE % "[[emails.name]]")


def test_blank_parent_refuses_the_row_or_leaves_it_out(desk: Desk) -> None:
    """A child without a parent is nobody's."""
    desk.write("people.csv", "id,name,email,kind,owner", "1,Ada King,new@x.org,home,")
    objects = PEOPLE % "[[name]]" + EMAILS.replace("{key: id}]", "{key: owner}]")
    assert desk.plan(objects).states["emails:2"] == "reject"
    seen = desk.plan(objects.replace("{key: owner}]", "{key: owner}], on_missing: skip"))
    assert (seen.states["emails:2"], list(seen.problems)) == ("skip", [])
