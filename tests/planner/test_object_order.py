"""The order in which objects are written, and which of them stand in a cycle."""

import itertools
from pathlib import Path

import pytest
from planning_cases import CRELATE, Desk

from migrator.planner.order import Order, order_objects
from migrator.records import Catalog, Field, Kind, ObjectType


def catalog(*demanded: str) -> Catalog:
    """Make a catalog of four objects that may point at each other; the references named are demanded at creation."""
    names = ("a", "b", "c", "d")
    objects = {}
    for name in names:
        links = [
            Field(name=f"to_{other}", kind=Kind.REFERENCE, references=other, required=f"{name}.to_{other}" in demanded)
            for other in names
        ]
        fields = {field.name: field for field in [Field(name="title", kind=Kind.TEXT), *links]}
        objects[name] = ObjectType(name=name, fields=fields, parents=names)
    return Catalog(connector="test", version="1", objects=objects)


def ordered(folder: Path, *edges: str, demanded: tuple[str, ...] = (), names: str = "abcd") -> Order:
    """Order objects with these references, written `a>b`; `a^b` is a parent."""
    text = ""
    for name in names:
        to = [edge[2] for edge in edges if edge.startswith(f"{name}>")]
        parent = [edge[2] for edge in edges if edge.startswith(f"{name}^")]
        fields = ", ".join(["title: t", *(f"to_{other}: {{lookup: {other}, by: [{{key: k}}]}}" for other in to)])
        under = f"parent: {{lookup: {parent[0]}, by: [{{key: p}}]}}, " if parent else ""
        text += f"  {name}: {{from: t.csv, to: {name}, key: id, {under}fields: {{{fields}}}}}\n"
    return order_objects(Desk(folder=folder).spec(text).objects, catalog(*demanded))


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ((), "abcd"),
        (("a>b",), "bacd"),
        (("a>d",), "bcda"),
        (("a>b", "b>c", "c>d"), "dcba"),
        (("a>c", "b>c"), "cabd"),
        (("a^d",), "bcda"),
        (("d>a", "c>b"), "abcd"),
        (("a>b", "a>c", "b>d", "c>d"), "dbca"),
    ],
)
def test_what_is_pointed_at_comes_first(tmp_path: Path, edges: tuple[str, ...], expected: str) -> None:
    """Parents come before what points at them, and no records need an order of their own."""
    found = ordered(tmp_path, *edges)
    assert ("".join(sorted(found.objects)), found.cycles) == ("abcd", frozenset())
    assert all(found.objects.index(edge[2]) < found.objects.index(edge[0]) for edge in edges)
    assert "".join(found.objects) == expected


def test_objects_without_references_stay_in_the_order_of_the_mapping(tmp_path: Path) -> None:
    """Where nothing decides, the mapping does."""
    for names in itertools.permutations("abc"):
        assert ordered(tmp_path, names="".join(names)).objects == names


def late(found: Order) -> set[tuple[str, str]]:
    """Give the references that close a cycle of objects."""
    return {(name, field) for name, fields in found.late.items() for field in fields}


def test_reason_is_said(tmp_path: Path) -> None:
    """For each object the plan says what it comes after, what decides record by record, and what is linked later."""
    found = ordered(tmp_path, "a>b", "a>c", "b>c", "b^d", "c>b")
    assert (found.groups, found.cycles) == ((("d",), ("b", "c"), ("a",)), frozenset({("b", "c")}))
    assert {name: found.because(name) for name in "abcd"} == {
        "a": "b (to_b), c (to_c)",
        "b": "d (parent); to_c record by record",
        "c": "b (to_b)",
        "d": "no parents",
    }
    assert found.because("b", {"to_c": 3}) == "d (parent); to_c linked afterwards"


def test_own_kind_is_a_cycle(tmp_path: Path) -> None:
    """An object that points at itself is a group of one, and its records are ordered."""
    found = ordered(tmp_path, "a>a", "a>b")
    assert (found.objects, found.cycles) == (("b", "a", "c", "d"), frozenset({("a",)}))
    assert found.because("a") == "b (to_b); to_a record by record"


def test_groups_stand_together(tmp_path: Path) -> None:
    """What belongs to no cycle comes before or behind it, never within."""
    assert ordered(tmp_path, "a>c", "c>a", "c>b", "d>a").groups == (("b",), ("a", "c"), ("d",))
    assert ordered(tmp_path, "b>d", "d>b", "d>a").groups == (("a",), ("b", "d"), ("c",))


@pytest.mark.parametrize("edges", [("a>b", "b>a"), ("a>b", "b>c", "c>a"), ("a>b", "b>c", "c>d", "d>a")])
def test_cycle_has_one_late_reference(tmp_path: Path, edges: tuple[str, ...]) -> None:
    """Of the references of a cycle one is late, and the others order the objects."""
    found = ordered(tmp_path, *edges)
    assert len(late(found)) == 1
    kept = [edge for edge in edges if (edge[0], f"to_{edge[2]}") not in late(found)]
    assert len(kept) == len(edges) - 1
    assert all(found.objects.index(edge[2]) < found.objects.index(edge[0]) for edge in kept)


@pytest.mark.parametrize(
    ("edges", "demanded", "gives_way"),
    [
        (("a>b", "b>a"), "a.to_b", ("b", "to_a")),
        (("a>b", "b>a"), "b.to_a", ("a", "to_b")),
        (("a>b", "b>c", "c>a"), "b.to_c", None),
        (("a^b", "b>a"), "", ("b", "to_a")),
        (("a>b", "b^a"), "", ("a", "to_b")),
    ],
)
def test_demanded_reference_orders_the_objects(
    tmp_path: Path, edges: tuple[str, ...], demanded: str, gives_way: tuple[str, str] | None
) -> None:
    """What the target demands at creation, a parent too, goes before another reference; no record can be endless."""
    found = ordered(tmp_path, *edges, demanded=(demanded,))
    assert len(late(found)) == 1
    assert gives_way is None or late(found) == {gives_way}
    owner, field = demanded.split(".") if demanded else ("", "")
    assert (owner, field) not in late(found)
    assert (len(found.cycles), found.endless) == (1, frozenset())


def test_cycle_of_demanded_references_is_left_to_the_records(tmp_path: Path) -> None:
    """Where objects need each other, their records may still have an order; whether they have is looked at."""
    found = ordered(tmp_path, "a>b", "b>a", demanded=("a.to_b", "b.to_a"))
    assert found.endless == {("a", "b")} == found.cycles
    assert ordered(tmp_path, "a>a", demanded=("a.to_a",)).endless == {("a",)}


def test_lookup_in_the_target_alone_orders_nothing(tmp_path: Path) -> None:
    """Records that this mapping does not migrate are there already."""
    company = "CurrentPosition_Company_Id: {lookup: target/companies, by: [{Name: c}]}"
    text = f"""
  contacts: {{from: p.csv, to: contacts, key: id, fields: {{{company}}}}}
  companies: {{from: c.csv, to: companies, key: id, fields: {{Name: n}}}}
"""
    found = order_objects(Desk(folder=tmp_path).spec(text).objects, CRELATE)
    assert (found.objects, found.because("contacts")) == (("contacts", "companies"), "no parents")


@pytest.mark.parametrize(
    "field",
    [
        "to_a: {list: [k, {lookup: b, by: [{key: k}]}]}",
        "to_a: {from: k, default: {lookup: b, by: [{key: k}]}}",
        "to_a: {from: k, default: {list: [{lookup: b, by: [{key: k}]}]}}",
        "to_c: {lookup: c, by: [{to_b: {lookup: b, by: [{key: k}]}}], on_missing: create}",
        "to_c: {lookup: c, by: [{title: k}], on_blank: {to_b: {lookup: b, by: [{key: k}]}, create: true}}",
        "to_c: {lookup: c, by: [{title: k}], on_missing: create, create: {to_b: {lookup: b, by: [{key: k}]}}}",
    ],
)
def test_reference_orders_wherever_it_stands(tmp_path: Path, field: str) -> None:
    """In a list, in a default, and in the records that a lookup creates."""
    text = f"  a: {{from: t.csv, to: a, key: id, fields: {{title: t, {field}}}}}\n"
    text += "".join(f"  {name}: {{from: t.csv, to: {name}, key: id, fields: {{title: t}}}}\n" for name in "cb")
    found = order_objects(Desk(folder=tmp_path).spec(text).objects, catalog())
    assert found.objects == (("c", "b", "a") if field.startswith("to_a") else ("b", "c", "a"))
