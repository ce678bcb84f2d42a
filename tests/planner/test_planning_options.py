"""Values that a picklist of the target lacks: left blank, sent as they are, or added, and said in the plan."""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planning_cases import CRELATE, Desk, MemoryCrm, Seen, firms

from migrator.errors import SpecError
from migrator.records import Catalog, Kind

COLUMNS = "id,name,kind,areas"
FIELDS = (
    "Name: name, Description: {{from: kind, options: {0}}},"
    " RecordType: {{from: areas, transform: [{{split: ';'}}], options: {0}}}"
)


def with_lists(options: Sequence[str] = ("Agent", "Broker"), *, can_append: bool = True) -> Catalog:
    """Let two fields of companies be picklists, one of them of several items."""
    companies = CRELATE.objects["companies"]
    lists = {
        name: replace(companies.fields[name], kind=kind, options=tuple(options), can_append=can_append)
        for name, kind in (("Description", Kind.TEXT), ("RecordType", Kind.LIST))
    }
    found = replace(companies, fields={**companies.fields, **lists})
    return replace(CRELATE, objects={**CRELATE.objects, "companies": found})


def desk_of(folder: Path, *rows: str, catalog: Catalog | None = None) -> Desk:
    """Make a project of these companies."""
    desk = Desk(folder=folder, crm=MemoryCrm(catalog or with_lists()))
    desk.write("firms.csv", COLUMNS, *rows)
    return desk


def planned(desk: Desk, policy: str, *settings: str) -> Seen:
    """Plan with one rule for both lists."""
    return desk.plan(firms(*settings, fields=FIELDS.format(policy)))


def options_of(seen: Seen) -> list[tuple[Any, ...]]:
    """Give what the plan says of values that lists lack: field, value, code, rows."""
    with closing(sqlite3.connect(seen.path)) as db:
        return db.execute("SELECT field, value, code, rows FROM option ORDER BY id").fetchall()


def test_unknown_item_of_a_list_is_refused(tmp_path: Path) -> None:
    """A field of several items is held against its list item by item."""
    seen = planned(desk_of(tmp_path, "1,Acme,Agent,Agent;Brokr", "2,Best,,Agent;Broker"), "reject")
    assert seen.states == {"companies:2": "reject", "companies:3": "create"}
    hint = "(did you mean 'Broker'?; put {map: …} behind it)"
    assert list(seen.problems) == [f"companies:2 E116 RecordType: is no option of the target: 'Brokr' {hint}"]


def test_unknown_value_is_left_blank(tmp_path: Path) -> None:
    """The rest of the row is written, and the plan says which value it was and in how many rows."""
    desk = desk_of(tmp_path, "1,Acme,Other,Agent;Other", "2,Best,Other,", "3,Cord,Agent,None;Other", ",,Other,")
    seen = planned(desk, "blank")
    assert seen.changes == {
        "+ companies:1": {"Name": "Acme", "RecordType": ["Agent"]},
        "+ companies:2": {"Name": "Best"},
        "+ companies:3": {"Name": "Cord", "Description": "Agent"},
    }
    assert options_of(seen) == [
        ("Description", "Other", "W116", 2),
        ("RecordType", "Other", "W116", 2),
        ("RecordType", "None", "W116", 1),
    ]
    assert seen.problems[0] == "companies:2 W116 Description: left blank: is no option of the target: 'Other'"


def test_unknown_value_of_a_required_field_left_blank_refuses_the_row(tmp_path: Path) -> None:
    """Blank is blank, however it came to be."""
    field = "Name: name, Description: {from: kind, options: blank, required: true}"
    seen = desk_of(tmp_path, "1,Acme,Other,").plan(firms(fields=field))
    assert (seen.states, options_of(seen)) == ({"companies:2": "reject"}, [])


def test_unknown_value_is_sent_as_it_is(tmp_path: Path) -> None:
    """The plan says so, each spelling by itself."""
    seen = planned(desk_of(tmp_path, "1,Acme,Other,Agent;x", "2,Best,OTHER,"), "send")
    assert seen.changes == {
        "+ companies:1": {"Name": "Acme", "Description": "Other", "RecordType": ["Agent", "x"]},
        "+ companies:2": {"Name": "Best", "Description": "OTHER"},
    }
    assert options_of(seen) == [
        ("Description", "Other", "W117", 1),
        ("Description", "OTHER", "W117", 1),
        ("RecordType", "x", "W117", 1),
    ]
    assert (seen.header["options"], seen.header["operations"]) == ({"blank": 0, "send": 3, "append": 0}, 2)


def test_unknown_value_becomes_an_action_of_its_own(tmp_path: Path) -> None:
    """One for each value whatever its case, in the spelling of the first row, which all rows take over."""
    rows = ["1,Acme,Other,agent;New one", "2,Best,OTHER ,NEW  ONE;new one;Broker", "3,Cord,aGENT,"]
    seen = planned(desk_of(tmp_path, *rows), "append")
    assert seen.changes == {
        "+ companies:1": {"Name": "Acme", "Description": "Other", "RecordType": ["Agent", "New one"]},
        "+ companies:2": {"Name": "Best", "Description": "Other", "RecordType": ["New one", "Broker"]},
        "+ companies:3": {"Name": "Cord", "Description": "Agent"},
        "> companies:Description: Other": {"Description": "Other"},
        "> companies:RecordType: New one": {"RecordType": "New one"},
    }
    assert options_of(seen) == [("Description", "Other", "W118", 2), ("RecordType", "New one", "W118", 2)]
    assert (seen.header["options"], seen.header["operations"]) == ({"blank": 0, "send": 0, "append": 2}, 5)
    assert seen.header["calls"] == {
        "objects": {"companies": 3}, "options": 4, "total": 7, "per_second": 2.0, "seconds": 3.5,
    }  # fmt: skip


def test_option_is_wanted_by_what_is_written_only(tmp_path: Path) -> None:
    """A row that is refused wants none, nor one whose field is kept, nor one that agrees with the target already."""
    desk = desk_of(tmp_path, "1,Acme,Refused,", "1,Also,Refused,", "2,Best,Kept,", "3,Cord,Held,", "4,Dash,New,")
    desk.crm.hold("companies", "k2", Name="Best", Description="Agent")
    desk.crm.hold("companies", "k3", Name="Cord", Description="Held")
    desk.crm.hold("companies", "k4", Name="Dash", Description="Agent")
    field = "Name: name, Description: {from: kind, options: append, overwrite: if_blank}"
    assert options_of(desk.plan(firms(fields=field))) == []
    seen = desk.plan(firms(fields=field.replace("if_blank", "always")))
    assert options_of(seen) == [("Description", "Kept", "W118", 1), ("Description", "New", "W118", 1)]


def test_option_that_a_merged_row_gave_is_wanted_by_the_one_that_was_kept(tmp_path: Path) -> None:
    """The value is written with the other row's record, and so its option is added."""
    field = "Name: name, Description: {from: kind, options: append}"
    seen = desk_of(tmp_path, "1,Acme,,", "1,Acme,New,").plan(firms("on_duplicate: merge", fields=field))
    assert seen.changes["+ companies:1"] == {"Name": "Acme", "Description": "New"}
    assert options_of(seen) == [("Description", "New", "W118", 1)]


def test_two_objects_want_one_option(tmp_path: Path) -> None:
    """What two objects of the mapping write to one list is added once."""
    desk = desk_of(tmp_path, "1,Acme,New,")
    desk.write("others.csv", COLUMNS, "2,Best,new,")
    fields = "Name: name, Description: {from: kind, options: append}"
    others = firms("from: others.csv", fields=fields).replace("  companies:\n", "  others:\n", 1)
    seen = desk.plan(firms(fields=fields) + others)
    assert options_of(seen) == [("Description", "New", "W118", 2)]
    assert seen.changes["+ others:2"] == {"Name": "Best", "Description": "New"}


def test_list_that_is_empty_grows(tmp_path: Path) -> None:
    """Where no option is known, each value is one that the list lacks."""
    desk = desk_of(tmp_path, "1,Acme,New,", catalog=with_lists(()))
    assert options_of(planned(desk, "append")) == [("Description", "New", "W118", 1)]


def test_list_that_cannot_grow_is_a_fault_of_the_mapping(tmp_path: Path) -> None:
    """It is told before anything is asked, at its place."""
    desk = desk_of(tmp_path, "1,Acme,New,", catalog=with_lists(can_append=False))
    with pytest.raises(SpecError) as refused:
        planned(desk, "append")
    fact = "E026 crelate has no way to add options to 'Description' of companies"
    hint = "(state options: reject, blank or send, or put {map: …} behind it)"
    assert re.sub(r"^.*acme.yaml:\d+:\d+: ", "", str(refused.value).splitlines()[0]) == f"{fact} {hint}"
    assert desk.crm.asked == []
