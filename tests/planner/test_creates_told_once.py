"""A create is stored once, as the record that it creates: what is read back is what was planned."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from planning_cases import MAPPING, Desk, firms, people

from migrator.errors import PlanError
from migrator.records import Action
from migrator.store.changes import operation_id
from migrator.store.plan import Plan

FIRM = "CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}], on_missing: blank}"
FRIEND = "RelatedContact_ReferredBy_Id: {lookup: target/contacts, by: [{LastName: friend}], on_missing: blank}"
PEOPLE = people(fields=f"LastName: last, NickName: nick, EmailAddress_Work: email, {FIRM}, {FRIEND}")
TOLD = "SELECT r.key FROM change c JOIN record r ON r.id=c.record"
HEADER = "id,last,nick,email,firm,friend"


def stored(path: Path, query: str) -> list[tuple[object, ...]]:
    """Ask a plan file."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def edit(path: Path, statement: str) -> None:
    """Change a plan behind its back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        assert db.execute(statement).rowcount == 1


def desk_of(folder: Path) -> Desk:
    """Make a desk with a firm, somebody whom the target knows, and three new people between two that it has."""
    desk = Desk(folder=folder)
    desk.crm.hold("contacts", "c1", LastName="Friend")
    desk.crm.hold("contacts", "c2", LastName="Old", EmailAddress_Work="two@x.org")
    desk.crm.hold("contacts", "c4", LastName="Four", EmailAddress_Work="four@x.org")
    desk.write("firms.csv", "id,name,site", "17,Acme,")
    desk.write(
        "people.csv",
        HEADER,
        "1,One,Uno,,17,Friend",
        "2,Two,,two@x.org,,",
        "3,Three,,,99,Nobody",
        "4,Four,,four@x.org,,",
        "5,Five,,,17,",
    )
    return desk


def test_references_are_filled_in_when_a_create_is_read(tmp_path: Path) -> None:
    """An id of the target, or the operation that will give one; nothing where nothing was found; and the marker."""
    seen = desk_of(tmp_path).plan(firms() + PEOPLE)
    with Plan(seen.path) as plan:
        found = {change.key: change.after for change in plan.changes() if change.object == "contacts"}
    firm = {"$op": operation_id(MAPPING, "companies", "17")}
    known = {"NickName": "Uno", "CurrentPosition_Company_Id": firm, "RelatedContact_ReferredBy_Id": "c1"}
    assert found["1"] == {"LastName": "One", "ExternalPrimaryKey": "acme/contacts/1", **known}
    assert found["3"] == {"LastName": "Three", "ExternalPrimaryKey": "acme/contacts/3"}
    assert list(found["1"]) == sorted(found["1"])


def test_create_is_found_by_its_id_and_by_its_key(tmp_path: Path) -> None:
    """Though the id stands nowhere in the plan: it follows from object and key, as those of all plans of a mapping."""
    seen = desk_of(tmp_path).plan(firms() + PEOPLE)
    with Plan(seen.path) as plan:
        (firm,), (person,) = (
            plan.find(operation_id(MAPPING, *one)) for one in [("companies", "17"), ("contacts", "1")]
        )
        assert (firm.object, firm.key, person.object, person.key) == ("companies", "17", "contacts", "1")
        assert plan.find("contacts:1") == [person]
        assert plan.find(operation_id(MAPPING, "contacts", "17")) == []


@pytest.mark.parametrize("few", [0, 1, 2, 50])
def test_rows_that_the_target_has_keep_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """New rows and known ones are written in the order of the file, however many are composed together."""
    monkeypatch.setattr("migrator.store.changes.FEW", few)
    seen = desk_of(tmp_path).plan(firms() + PEOPLE)
    assert list(seen.changes) == ["+ companies:17", "+ contacts:1", "~ contacts:2", "+ contacts:3", "+ contacts:5"]
    assert [change.seq for change in seen.raw] == [1, 2, 3, 4, 5]
    assert seen.header["objects"]["contacts"]["create"] == 3
    assert seen.header["objects"]["contacts"]["unchanged"] == 1
    told = [key for (key,) in stored(seen.path, f"{TOLD} WHERE r.object=2 AND after IS NULL ORDER BY seq")]
    assert told == {0: ["1", "3", "5"], 1: ["1", "3", "5"], 2: ["1", "5"], 50: ["5"]}[few]
    with Plan(seen.path) as plan:
        assert plan.first_edited() == ""


def test_what_lookups_ask_for_is_counted_apart(tmp_path: Path) -> None:
    """A company that only a lookup wants has no row."""
    desk = desk_of(tmp_path)
    asked = PEOPLE.replace("[{key: firm}], on_missing: blank", "[{key: firm}, {Name: firm}], on_missing: create")
    facts = desk.plan(firms() + asked).header["objects"]["companies"]
    assert (facts["create"], facts["for_lookups"]) == (1, 1)


def test_edited_record_of_a_create_is_found(tmp_path: Path) -> None:
    """What the record holds is what would be written, so its change is named."""
    path = desk_of(tmp_path).plan(firms() + PEOPLE).path
    edit(path, """UPDATE record SET fields=replace(fields, 'Five', 'Else') WHERE key='5'""")
    with Plan(path) as plan:
        assert plan.first_edited() == "operation 5 (create contacts 5)"
        with pytest.raises(PlanError) as refused:
            list(plan.changes())
    fact = "operation 5 (create contacts 5) was edited after the plan was sealed (plan again; a plan is never edited)"
    assert str(refused.value) == f"{path}: E602 {fact}"


def test_value_that_a_merge_fills_in_is_written(tmp_path: Path) -> None:
    """A record that other rows fill up is hashed anew."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,last,nick", "1,One,", "1,One,Uno")
    seen = desk.plan(people("match: none", "on_duplicate: merge", fields="LastName: last, NickName: nick"))
    (change,) = seen.raw
    assert (change.action, change.after["NickName"]) == (Action.CREATE, "Uno")
