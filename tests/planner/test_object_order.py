"""The order in which objects are written, and which references wait for a link."""

import itertools
from pathlib import Path

import pytest
from planning_cases import CRELATE, Desk

from migrator.errors import PlanError
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
    """Parents come before what points at them, and nothing waits for a link."""
    found = ordered(tmp_path, *edges)
    assert ("".join(sorted(found.objects)), found.deferred) == ("abcd", frozenset())
    assert all(found.objects.index(edge[2]) < found.objects.index(edge[0]) for edge in edges)
    assert "".join(found.objects) == expected


def test_objects_without_references_stay_in_the_order_of_the_mapping(tmp_path: Path) -> None:
    """Where nothing decides, the mapping does."""
    for names in itertools.permutations("abc"):
        assert ordered(tmp_path, names="".join(names)).objects == names


def test_reason_is_said(tmp_path: Path) -> None:
    """For each object the plan says what it comes after, and what is linked later."""
    found = ordered(tmp_path, "a>b", "a>c", "b>c", "b^d", "c>b")
    assert (found.objects, found.deferred) == (("d", "b", "c", "a"), frozenset({("b", "to_c")}))
    assert found.because == {
        "a": "b (to_b), c (to_c)",
        "b": "d (parent); to_c linked afterwards",
        "c": "b (to_b)",
        "d": "no parents",
    }


def test_own_kind_is_linked_afterwards(tmp_path: Path) -> None:
    """A record that points at its own kind is created first and linked later."""
    found = ordered(tmp_path, "a>a", "a>b")
    assert (found.objects, found.deferred) == (("b", "a", "c", "d"), frozenset({("a", "to_a")}))
    assert found.because["a"] == "b (to_b); to_a linked afterwards"


@pytest.mark.parametrize("edges", [("a>b", "b>a"), ("a>b", "b>c", "c>a"), ("a>b", "b>c", "c>d", "d>a")])
def test_cycle_is_broken_by_one_link(tmp_path: Path, edges: tuple[str, ...]) -> None:
    """Of the references of a cycle one is deferred, and the others stand at creation."""
    found = ordered(tmp_path, *edges)
    assert len(found.deferred) == 1
    kept = [edge for edge in edges if (edge[0], f"to_{edge[2]}") not in found.deferred]
    assert len(kept) == len(edges) - 1
    assert all(found.objects.index(edge[2]) < found.objects.index(edge[0]) for edge in kept)


@pytest.mark.parametrize(
    ("edges", "demanded", "deferred"),
    [
        (("a>b", "b>a"), "a.to_b", ("b", "to_a")),
        (("a>b", "b>a"), "b.to_a", ("a", "to_b")),
        (("a>b", "b>c", "c>a"), "b.to_c", None),
        (("a^b", "b>a"), "", ("b", "to_a")),
        (("a>b", "b^a"), "", ("a", "to_b")),
    ],
)
def test_demanded_reference_stays_in_the_create(
    tmp_path: Path, edges: tuple[str, ...], demanded: str, deferred: tuple[str, str] | None
) -> None:
    """What the target demands at creation, a parent too, is never put off; another reference gives way."""
    found = ordered(tmp_path, *edges, demanded=(demanded,))
    assert len(found.deferred) == 1
    assert deferred is None or found.deferred == {deferred}
    owner, field = demanded.split(".") if demanded else ("", "")
    assert (owner, field) not in found.deferred


def test_cycle_of_demanded_references_is_refused(tmp_path: Path) -> None:
    """Where each needs the other to be created, neither can be first."""
    with pytest.raises(PlanError) as refused:
        ordered(tmp_path, "a>b", "b>a", demanded=("a.to_b", "b.to_a"))
    fact = "a need b to be created, and b need a: neither can be first"
    assert str(refused.value) == f"a: E614 {fact} (take 'to_b' out of a)"


def test_lookup_in_the_target_alone_orders_nothing(tmp_path: Path) -> None:
    """Records that this mapping does not migrate are there already."""
    company = "CurrentPosition_Company_Id: {lookup: target/companies, by: [{Name: c}]}"
    text = f"""
  contacts: {{from: p.csv, to: contacts, key: id, fields: {{{company}}}}}
  companies: {{from: c.csv, to: companies, key: id, fields: {{Name: n}}}}
"""
    found = order_objects(Desk(folder=tmp_path).spec(text).objects, CRELATE)
    assert (found.objects, found.because["contacts"]) == (("contacts", "companies"), "no parents")
