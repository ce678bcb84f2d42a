"""Fields that are written last, and references of several kinds: what a create, a link and the last pass hold."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planning_cases import MAPPING, Desk, firms, people

from migrator.planner.compiling import Compiled, compile_mapping
from migrator.planner.filling import Filling, Planned
from migrator.planner.forms import ReadFiles
from migrator.records import Catalog, Field, Kind, ObjectType
from migrator.spec.values import Lookup, Value
from migrator.store.changes import Pointer, Staged, operation_id

LAST = "Name: name, Description: {from: about, write: last}"


def test_field_is_written_when_all_else_is(tmp_path: Path) -> None:
    """The create lacks the field, and one change of its own writes it behind all links; blank ones are none."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,about,over", "1,A,x,2", "2,B,,1")
    fields = f"{LAST}, ParentAccount_Id: {{lookup: companies, by: [{{key: over}}]}}"
    seen = desk.plan(firms("match: none", fields=fields))
    assert [(change.action.rune, change.key, dict(change.before)) for change in seen.raw] == [
        ("+", "1", {}), ("+", "2", {}), ("&", "1", {"ParentAccount_Id": None}), ("&", "1", {}),
    ]  # fmt: skip
    assert "Description" not in seen.raw[0].after
    assert (seen.raw[3].after, seen.raw[3].id) == (
        {"Description": "x"},
        operation_id(MAPPING, "companies", "1", "last"),
    )
    assert seen.totals("create", "update", "link", "rows") == [2, 0, 2, 2]
    assert seen.header["operations"] == 4


def test_field_of_a_matched_record_is_written_last_where_it_differs(tmp_path: Path) -> None:
    """Beside an update of the rest it has its own change; where the target agrees there is none."""
    desk = Desk(folder=tmp_path)
    for n, about in enumerate(("old", "new", "old"), start=1):
        desk.crm.hold("companies", f"c{n}", Name=f"F{n}", Description=about, Website_Business="https://old.example")
    sites = ["https://new.example", "https://old.example", "https://old.example"]
    desk.write("firms.csv", "id,name,about,site", *(f"{n},F{n},new,{site}" for n, site in enumerate(sites, start=1)))
    seen = desk.plan(firms("match: [[Name]]", fields=f"{LAST}, Website_Business: site"))
    assert [(change.action.rune, change.key, dict(change.before), dict(change.after)) for change in seen.raw] == [
        ("~", "1", {"Website_Business": "https://old.example"}, {"Website_Business": "https://new.example"}),
        ("&", "1", {"Description": "old"}, {"Description": "new"}),
        ("&", "3", {"Description": "old"}, {"Description": "new"}),
    ]
    assert [change.target_id for change in seen.raw] == ["c1", "c1", "c3"]
    assert seen.totals("update", "unchanged", "link", "rows") == [1, 2, 2, 3]
    assert seen.header["objects"]["companies"]["overwrites"] == {"Description": 2, "Website_Business": 1}


def test_conflict_in_a_last_field_is_told_once(tmp_path: Path) -> None:
    """What somebody changed since is not overwritten in the last pass either."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "c1", Name="A", Description="theirs")
    desk.remember("companies", "1", "c1", Name="A", Description="ours")
    desk.write("firms.csv", "id,name,about", "1,A,new")
    seen = desk.plan(firms("match: none", fields=LAST))
    assert (seen.changes, seen.totals("conflict", "unchanged"), len(seen.problems)) == ({}, [1, 1], 1)


def test_reference_that_is_written_last_orders_nothing(tmp_path: Path) -> None:
    """Records that point at each other by it need no link: the last pass finds them all."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,over", "1,A,2", "2,B,1")
    seen = desk.plan(
        firms("match: none", fields="Name: name, ParentAccount_Id: {lookup: companies, by: [{key: over}], write: last}")
    )
    assert seen.header["order"] == []
    assert seen.changes == {
        "+ companies:1": {"Name": "A"},
        "+ companies:2": {"Name": "B"},
        "& companies:1": {"ParentAccount_Id": "@companies:2"},
        "& companies:2": {"ParentAccount_Id": "@companies:1"},
    }


def test_reference_that_is_written_last_closes_no_cycle(tmp_path: Path) -> None:
    """Where other references order the records, it does not count."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,last,other,client", "1,A,,2", "2,B,1,")
    fields = "RelatedContact_Client_Id: {lookup: contacts, by: [{key: client}], write: last}"
    fields += ", RelatedContact_Other_Id: {lookup: contacts, by: [{key: other}]}"
    seen = desk.plan(people("match: none", fields=f"LastName: last, {fields}"))
    assert seen.changes["& contacts:1"] == {"RelatedContact_Client_Id": "@contacts:2"}
    assert (len(seen.raw), seen.header["order"][0]["linked"]) == (3, {})


TASKS = """
  people: {from: t.csv, to: people, key: id, fields: {title: t}}
  firms: {from: t.csv, to: firms, key: id, fields: {title: t}}
  tasks:
    from: t.csv
    to: tasks
    key: id
    parent: {lookup: firms, by: [{key: p}]}
    fields:
      about_id: {lookup: people, by: [{key: k}]}
      owners: {lookup: people, by: [{key: k}]}
      end_id: {lookup: firms, by: [{key: k}], write: last}
"""
ONE = {"lookup": "people", "key": "1"}


def compiled(folder: Path) -> Compiled:
    """Compile tasks that point at people or firms."""
    fields = {name: Field(name=name, kind=Kind.TEXT) for name in ("title", "about_id", "owners", "end_id", "kind")}
    objects = {name: ObjectType(name=name, fields=fields) for name in ("people", "firms")}
    words = {"kind": {"people": "Person", "firms": "Firm"}}
    objects["tasks"] = ObjectType(name="tasks", fields=fields, parents=("people", "firms"), kind_words=words)
    catalog = Catalog(connector="crelate", version="1", objects=objects)
    columns = dict.fromkeys(("people", "firms", "tasks"), ("id", "t", "k", "p"))
    return compile_mapping(Desk(folder=folder).spec(TASKS), catalog, columns, ReadFiles(lambda _stated: {}))


def filled(folder: Path, fields: dict[str, Any], pointers: dict[tuple[str, int], Pointer], **kinds: str) -> Planned:
    """Fill in the references of a task; `kinds` are fields, the parent too, that tell of what kind the other is."""
    whole = compiled(folder)
    tasks = whole.objects["tasks"]
    told = [replace(one, value=_telling(one.value, kinds.get(one.name, ""))) for one in tasks.item.fields]
    assert tasks.item.parent
    parent = replace(tasks.item.parent, type_field=kinds.get("parent", ""))
    filling = Filling(whole, replace(tasks, item=replace(tasks.item, fields=tuple(told), parent=parent)))
    return filling.plan(Staged(9, 3, "9", True, fields, None, None, None, pointers))  # noqa: FBT003 - a row


def _telling(value: Value, to: str) -> Value:
    return replace(value, form=replace(value.form, type_field=to)) if isinstance(value.form, Lookup) else value


def op(name: str, key: str) -> dict[str, str]:
    """Give what stands for the id of a record that is to be created."""
    return {"$op": operation_id(MAPPING, name, key)}


def test_new_record_is_told_by_its_row_unless_more_is_written_than_that(tmp_path: Path) -> None:
    """It is not where a field names the kind of what a reference finds, where it has a parent, or is written last."""
    whole = compiled(tmp_path)
    tasks = whole.objects["tasks"]
    fields = {one.name: one for one in tasks.item.fields}
    about, owners, end = (fields[name] for name in ("about_id", "owners", "end_id"))
    stated = {"plain": (about, owners), "kinds": (replace(about, value=_telling(about.value, "kind")),), "last": (end,)}
    told = {name: replace(tasks, item=replace(tasks.item, fields=own, parent=None)) for name, own in stated.items()}
    told["parent"] = replace(tasks, item=replace(tasks.item, fields=(about,)))
    plain = {name: Filling(whole, item).is_plain for name, item in told.items()}
    assert plain == {"plain": True, "kinds": False, "last": False, "parent": False}


def test_list_of_references_holds_what_was_found(tmp_path: Path) -> None:
    """Ids and operations in the order of the row; what was not found is left out, and so is a list of nothing."""
    found = {("owners", 0): Pointer("p7", 1, "7"), ("owners", 2): Pointer(None, 1, "3")}
    planned = filled(tmp_path, {"owners": [ONE, ONE, ONE], "about_id": [ONE], "title": ["x", "y"]}, found)
    assert planned == ({"owners": ["p7", op("people", "3")], "title": ["x", "y"]}, {}, {}, None)


@pytest.mark.parametrize(
    ("pointer", "word", "value"),
    [
        (Pointer("f7", 0, "", "firms"), "Firm", "f7"),
        (Pointer(None, 2, "3"), "Firm", op("firms", "3")),
        (Pointer("p7", 1, "7", "people"), "Person", "p7"),
        (Pointer("u7", 0, "", "users"), "users", "u7"),
    ],
)
def test_kind_of_what_was_found_is_told_beside_it(tmp_path: Path, pointer: Pointer, word: str, value: Any) -> None:
    """The word goes by what the reference found, not by what the mapping asks first."""
    planned = filled(tmp_path, {"about_id": ONE}, {("about_id", 0): pointer}, about_id="kind")
    assert planned.fields == {"about_id": value, "kind": word}


def test_kind_goes_where_its_reference_goes(tmp_path: Path) -> None:
    """Into the link, or into the last pass; a reference that found nothing has no kind."""
    waiting = Pointer(None, 2, "3", is_deferred=True)
    deferred = filled(tmp_path, {"about_id": ONE}, {("about_id", 0): waiting}, about_id="kind")
    assert (deferred.fields, deferred.links) == ({}, {"about_id": op("firms", "3"), "kind": "Firm"})
    last = filled(tmp_path, {"end_id": ONE}, {("end_id", 0): Pointer("f7", 0, "", "firms")}, end_id="kind")
    assert (last.fields, last.last) == ({}, {"end_id": "f7", "kind": "Firm"})
    assert filled(tmp_path, {"about_id": ONE}, {}, about_id="kind") == ({}, {}, {}, None)


def test_parent_is_of_the_kind_that_was_found(tmp_path: Path) -> None:
    """A parent is told by the target's object that it is in, and a field may tell it too."""
    planned = filled(tmp_path, {"^parent": ONE}, {("^parent", 0): Pointer("p7", 1, "7", "people")}, parent="kind")
    assert (planned.parent, planned.fields) == ('["people","p7"]', {"kind": "Person"})
