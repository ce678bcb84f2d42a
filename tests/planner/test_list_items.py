"""Parts of items (`phones[0].no`) gathered into one list, custom fields by their labels, and options of a target."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planning_cases import CRELATE, Desk, MemoryCrm

from migrator.planner.folding import Folding, rules_of, whole_of
from migrator.records import Catalog, Field, Kind, same_value
from migrator.spec.values import Constant, FieldSpec, From, Value

KIND_OF_PHONE = Field(name="type", kind=Kind.TEXT, options=("Work", "Home"))
PHONES = Field(name="phones", kind=Kind.ITEMS, items={"no": Field(name="no", kind=Kind.PHONE), "type": KIND_OF_PHONE})
MAPPING = """\
  contacts:
    from: people.csv
    to: contacts
    key: id
    match: [[LastName]]
    fields:
      LastName: last
      phones[0].no: first phone
      phones[0].type: {value: Work}
      phones[1].no: second phone
      phones[1].type: kind
"""


def catalog_with(*fields: Field, **more: Any) -> Catalog:
    """Give Crelate with further fields of contacts."""
    contacts = CRELATE.objects["contacts"]
    known = {**contacts.fields, **{one.name: one for one in fields}}
    return replace(CRELATE, objects={**CRELATE.objects, "contacts": replace(contacts, fields=known, **more)})


def desk_with(folder: Path, catalog: Catalog, *rows: str) -> Desk:
    """Make a project of people with two phones."""
    desk = Desk(folder=folder, crm=MemoryCrm(catalog))
    desk.write("people.csv", "id,last,first phone,second phone,kind", *rows)
    return desk


def stated(name: str, *, is_constant: bool = False) -> FieldSpec:
    """Give a field of a mapping."""
    form = Constant(value="Work") if is_constant else From(columns=("a",))
    return FieldSpec(name=name, value=Value(form=form), overwrite="always", on_conflict="ask")


def test_items_stand_in_the_order_of_their_positions() -> None:
    """Whatever the order in which the fields come, and other fields stay."""
    folding = Folding([stated("phones[1].no"), stated("phones[0].no"), stated("fn")])
    folded = folding.fold({"fn": "Ada", "phones[1].no": "2", "phones[0].no": "1"})
    assert folded == {"fn": "Ada", "phones": [{"no": "1"}, {"no": "2"}]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"phones[0].no": "1", "phones[0].type": "Work"}, {"phones": [{"no": "1", "type": "Work"}]}),
        ({"phones[0].type": "Work"}, {}),
        ({}, {}),
    ],
)
def test_constant_alone_keeps_no_item_alive(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    """An item needs a value that comes from the row."""
    folding = Folding([stated("phones[0].no"), stated("phones[0].type", is_constant=True)])
    assert folding.fold(fields) == expected


def test_first_part_speaks_for_the_list() -> None:
    """The rules of a list are those of its first part."""
    rules = rules_of([replace(stated("phones[0].no"), replaces_list=True), stated("phones[0].type"), stated("fn")])
    assert {name: rule.replaces_list for name, rule in rules.items()} == {"fn": False, "phones": True}
    assert (whole_of("phones[3].no"), whole_of("Tags.Default"), whole_of("fn")) == ("phones", "Tags.Default", "fn")


def test_items_are_planned_as_the_target_holds_them(tmp_path: Path) -> None:
    """One list of objects for a new record."""
    seen = desk_with(tmp_path, catalog_with(PHONES), "1,Hopper,555-1,555-2,Home").plan(MAPPING)
    expected = [{"no": "555-1", "type": "Work"}, {"no": "555-2", "type": "Home"}]
    assert seen.changes == {"+ contacts:1": {"LastName": "Hopper", "phones": expected}}


@pytest.mark.parametrize(
    ("theirs", "changes"),
    [
        ([{"type": "Work", "no": "555-1"}], {}),
        ([{"no": "555-9"}], {"~ contacts:1": {"phones": [{"no": "555-9"}, {"no": "555-1", "type": "Work"}]}}),
    ],
)
def test_items_join_those_of_the_target(tmp_path: Path, theirs: list[Any], changes: dict[str, Any]) -> None:
    """A list is a set: ours are added and theirs stay; the order of parts makes no difference."""
    desk = desk_with(tmp_path, catalog_with(PHONES), "1,Hopper,555-1,,")
    desk.crm.hold("contacts", "c1", LastName="Hopper", phones=theirs)
    assert desk.plan(MAPPING).changes == changes


def test_value_that_is_no_option_rejects_the_row(tmp_path: Path) -> None:
    """The nearest option is named."""
    seen = desk_with(tmp_path, catalog_with(PHONES), "1,Hopper,1,2,Wrk").plan(MAPPING)
    fact = "is no option of the target: 'Wrk' (did you mean 'Work'?; put {map: …} behind it)"
    assert seen.states == {"contacts:2": "reject"}
    assert any(fact in problem for problem in seen.problems), seen.problems


@pytest.mark.parametrize("label", ["Legacy ID", "Legacy Id"])
def test_custom_field_is_written_by_its_key(tmp_path: Path, label: str) -> None:
    """By the label that the account told, or by a key that is the label without blanks."""
    custom = Field(name="cf_7" if label == "Legacy ID" else "legacyid", kind=Kind.TEXT)
    catalog = catalog_with(custom, labels={"Legacy ID": "cf_7"} if label == "Legacy ID" else {})
    desk = desk_with(tmp_path, catalog, "1,Hopper,,,")
    fields = f"    fields:\n      LastName: last\n      custom.{label}: id\n"
    seen = desk.plan(MAPPING[: MAPPING.index("    fields:")] + fields)
    assert seen.changes == {"+ contacts:1": {"LastName": "Hopper", custom.name: "1"}}


@pytest.mark.parametrize(
    ("how", "mine", "theirs", "is_same"),
    [
        ("lower", "Ada@X.org", "ada@x.org", True),
        ("digits", "(234) 567-8901", "+12345678901", True),
        ("digits", "1", "+12345678901", False),
        ("trim", " a ", "a", True),
        ("html", "R&D", "R&amp;D", True),
        ("", "a", "A", False),
    ],
)
def test_what_a_target_does_to_a_value_is_no_difference(how: str, mine: str, theirs: str, *, is_same: bool) -> None:
    """Only what its connector says that it does."""
    assert same_value(Kind.TEXT, mine, theirs, how) is is_same
