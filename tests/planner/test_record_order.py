"""Records in the order of what they need: few links where they point at each other, and none where an order helps."""

import itertools
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import Desk, MemoryCrm, Seen

from migrator.records import Action, Catalog, Field, Kind, ObjectType

NAMES = "abcde"


def catalog(*demanded: str) -> Catalog:
    """Make a catalog of objects that may point at each other; the references named are demanded at creation."""
    objects = {}
    for name in NAMES:
        links = [
            Field(name=f"to_{to}", kind=Kind.REFERENCE, references=to, required=f"{name}.to_{to}" in demanded)
            for to in NAMES
        ]
        fields = {field.name: field for field in [Field(name="title", kind=Kind.TEXT), *links]}
        objects[name] = ObjectType(name=name, fields=fields, parents=(name,))
    return Catalog(connector="crelate", version="1", objects=objects)


def planned(
    folder: Path, tables: Mapping[str, Mapping[str, str]], *demanded: str, held: Sequence[str] = (), parent: str = ""
) -> Seen:
    """Plan tables of rows that point at others: `{"a": {"1": "b2 a3"}}` has one row of a, pointing at b 2 and a 3.

    Rows in `held` are in the target already; an object's own kind is its parent where it is the `parent`.
    """
    desk = Desk(folder=folder, crm=MemoryCrm(catalog(*demanded)))
    text = ""
    for name, rows in tables.items():
        desk.write(f"{name}.csv", f"id,{','.join(NAMES)}", *(_row(key, to) for key, to in rows.items()))
        used = sorted({to[0] for row in rows.values() for to in row.split()})
        fields = [f"to_{to}: {{lookup: {to}, by: [{{key: {to}}}]}}" for to in used if (name, to) != (parent, name)]
        under = f"parent: {{lookup: {name}, by: [{{key: {name}}}], on_missing: skip}}, " if name == parent else ""
        text += f"  {name}: {{from: {name}.csv, to: {name}, key: id, match: [[title]], {under}"
        text += f"fields: {{title: id, {', '.join(fields)}}}}}\n"
        for key in rows.keys() & {one[1:] for one in held if one[0] == name}:
            desk.crm.hold(name, f"{name}-{key}", title=key)
    return desk.plan(text)


def _row(key: str, to: str) -> str:
    cells = {one[0]: one[1:] for one in to.split()}
    return ",".join([key, *(cells.get(name, "") for name in NAMES)])


def links(seen: Seen) -> list[str]:
    """Give the records that are linked afterwards."""
    return [f"{change.object}{change.key}" for change in seen.raw if change.action is Action.LINK]


def order(seen: Seen) -> list[str]:
    """Give the records in the order in which they are created or updated."""
    return [f"{change.object}{change.key}" for change in seen.raw if change.action is not Action.LINK]


def test_levels_of_one_object_need_no_link(tmp_path: Path) -> None:
    """A company whose parent stands further down in the file is created after it."""
    seen = planned(tmp_path, {"a": {"1": "a2", "2": "a3", "3": "", "4": "a2"}})
    assert (order(seen), links(seen)) == (["a3", "a2", "a1", "a4"], [])
    assert seen.changes["+ a:1"] == {"title": "1", "to_a": "@a:2"}
    assert seen.header["objects"]["a"]["because"] == "no parents; to_a record by record"
    assert seen.header["order"] == [{"objects": ["a"], "layers": 3, "linked": {}, "samples": []}]


@pytest.mark.parametrize("how", ["a.to_a", "parent"])
def test_what_is_demanded_at_creation_stays_there(tmp_path: Path, how: str) -> None:
    """A reference to the own kind that must stand at creation, or a parent of it, orders the records."""
    rows = {"1": "a2", "2": "a3 b1", "3": "a4", "4": "a4"}
    seen = planned(tmp_path, {"a": rows, "b": {"1": "a1"}}, how, held=["a4"], parent="a" if how == "parent" else "")
    assert ([one for one in order(seen) if one != "a4"], links(seen)) == (["a3", "a2", "a1", "b1"], ["a2"])
    field = "^parent" if how == "parent" else "to_a"
    assert [seen.changes[f"+ a:{n}"][field] for n in (1, 2, 3)] == ["@a:2", "@a:3", "a-4"]


def test_two_that_point_at_each_other_need_one_link(tmp_path: Path) -> None:
    """Of a cycle in one object one reference waits, and the plan names the cycle."""
    seen = planned(tmp_path, {"a": {"1": "a2", "2": "a1", "3": "a3", "4": "a1"}})
    assert (order(seen), links(seen)) == (["a1", "a3", "a2", "a4"], ["a1", "a3"])
    assert (seen.totals("create", "link"), seen.header["objects"]["a"]["link"]) == ([4, 2], 2)
    assert seen.header["objects"]["a"]["because"] == "no parents; to_a linked afterwards"
    assert seen.header["order"] == [
        {"objects": ["a"], "layers": 2, "linked": {"a": {"to_a": 2}}, "samples": ["a 1 -> a 2 -> a 1", "a 3 -> a 3"]}
    ]


def test_pairs_of_two_objects_need_a_link_each(tmp_path: Path) -> None:
    """A contact and its company: as many links as pairs, all in one object, and two layers."""
    people = {str(n): f"b{n}" for n in range(1, 51)}
    firms = {str(n): f"a{n}" for n in reversed(range(1, 51))}
    seen = planned(tmp_path, {"a": people, "b": firms})
    assert len(links(seen)) == 50 == sum(name.startswith("a") for name in links(seen))
    assert seen.header["order"][0]["layers"] == 2
    assert [len(list(group)) for _name, group in itertools.groupby(order(seen), key=lambda one: one[0])] == [50, 50]


def test_ring_of_five_objects_needs_a_link_a_round(tmp_path: Path) -> None:
    """Five objects, each pointing at the next: one link for every ring of records."""
    tables = {name: {str(n): f"{to}{n}" for n in range(1, 21)} for name, to in zip(NAMES, "bcdea", strict=True)}
    assert len(links(planned(tmp_path, tables))) == 20


def test_cycle_is_cut_where_most_go_through(tmp_path: Path) -> None:
    """A company that points at several of its people is linked, once, and they are not."""
    seen = planned(tmp_path, {"a": {"1": "b1", "2": "b1"}, "b": {"1": "a1 c1"}, "c": {"1": "b1"}})
    assert links(seen) == ["b1"]
    assert seen.changes["& b:1"] == {"to_a": "@a:1", "to_c": "@c:1"}


def test_update_comes_after_what_it_points_at(tmp_path: Path) -> None:
    """What the target has already is on no cycle: it is updated once, when the new record is there."""
    seen = planned(tmp_path, {"a": {"1": "b1"}, "b": {"1": "a1"}}, held=["a1"])
    assert seen.changes == {"+ b:1": {"title": "1", "to_a": "a-1"}, "~ a:1": {"to_b": "@b:1"}}


def test_long_chain_needs_no_link(tmp_path: Path) -> None:
    """3,000 records in any order, each below another one: every one is created after what it points at."""
    keys = [str(n) for n in range(3_000)]
    random.Random(1).shuffle(keys)  # noqa: S311 - the same rows in every run
    seen = planned(tmp_path, {"a": {key: f"a{int(key) - 1}" if key != "0" else "" for key in keys}})
    assert (order(seen), links(seen)) == ([f"a{n}" for n in range(3_000)], [])


HINT = "(leave the reference of one of them blank, and set it in a second mapping)"


def test_cycle_of_demanded_references_is_refused_record_by_record(tmp_path: Path) -> None:
    """Each record of the cycle is rejected with the whole of it; what points at it follows, and nothing else."""
    tables = {"a": {"1": "b1", "2": "b2", "3": "b1"}, "b": {"1": "a1", "2": "a4"}, "c": {"1": "a3", "2": "a2"}}
    tables["a"]["4"] = "b3"
    tables["b"]["3"] = ""
    seen = planned(tmp_path, tables, "a.to_b", "b.to_a", held=["b3"])
    assert seen.problems == [
        f"a:2 E207 to_b: can only be created after itself: a 1 -> b 1 -> a 1 {HINT}",
        f"b:2 E207 to_a: can only be created after itself: b 1 -> a 1 -> b 1 {HINT}",
        "a:4 E204 to_b: points at b.csv:2, which is rejected itself (E207) (correct that row first)",
        "c:2 E204 to_a: points at a.csv:4, which is rejected itself (E204) (correct that row first)",
    ]
    assert (order(seen), links(seen)) == (["a4", "b2", "a2", "c2"], [])
    assert seen.totals("create", "unchanged", "reject", "rows") == [4, 1, 4, 9]


def test_demanded_reference_to_itself_is_refused(tmp_path: Path) -> None:
    """A record that must exist before itself cannot be created; those below another one can."""
    seen = planned(
        tmp_path,
        {"a": {"1": "a1", "2": "a3", "3": "a4", "4": "a2", "5": "a6", "6": "a7", "7": ""}},
        "a.to_a",
        held=["a7"],
    )
    assert seen.problems[0] == f"a:2 E207 to_a: can only be created after itself: a 1 -> a 1 {HINT}"
    assert [problem.split(" (")[0].rpartition(": ")[2] for problem in seen.problems[1:4]] == [
        "a 2 -> a 3 -> a 4 -> a 2",
        "a 3 -> a 4 -> a 2 -> a 3",
        "a 4 -> a 2 -> a 3 -> a 4",
    ]


def test_long_cycle_of_demanded_references_is_told_in_short(tmp_path: Path) -> None:
    """Of 600 records that all must come after each other, each is rejected with the first of them and their number."""
    tables = {"a": {str(n): f"b{n}" for n in range(1, 301)}, "b": {str(n): f"a{n % 300 + 1}" for n in range(1, 301)}}
    seen = planned(tmp_path, tables, "a.to_b", "b.to_a")
    cycle = "a 1 -> b 1 -> a 2 -> b 2 -> a 3 -> b 3 -> a 4 -> b 4 -> 592 more -> a 1"
    assert seen.problems[-1] == f"b:301 E207 to_a: can only be created after itself: {cycle} {HINT}"
    assert (len(seen.problems), seen.raw) == (600, [])


GRAPHS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sets(st.integers(0, 4), max_size=2), st.booleans()), min_size=1, max_size=5
)


@settings(max_examples=40, deadline=None)
@given(GRAPHS)
def test_any_graph_is_written_once_in_order_with_few_links(drawn: list[tuple[str, set[int], bool]]) -> None:
    """Each record is created once; what a create points at comes before; no order of the rows does with fewer links."""
    names = [f"{name}{n}" for n, (name, _to, _held) in enumerate(drawn)]
    needs = {names[n]: {names[m] for m in to if m < len(names)} for n, (_name, to, _held) in enumerate(drawn)}
    needs = {one: set({to[0]: to for to in sorted(pointed)}.values()) for one, pointed in needs.items()}
    held = [one for one, (_name, _to, is_held) in zip(names, drawn, strict=True) if is_held]
    tables = {name: {one[1:]: " ".join(needs[one]) for one in names if one[0] == name} for name in "ab"}
    with tempfile.TemporaryDirectory() as folder:
        seen = planned(Path(folder), tables, held=held)
    place = {one: n for n, one in enumerate(order(seen))}
    assert (len(place), seen.problems) == (len(order(seen)), [])
    assert {one for one in names if one not in held} <= place.keys()
    for change in seen.raw:
        own, pointed = (
            f"{change.object}{change.key}",
            seen.changes[f"{change.action.rune} {change.object}:{change.key}"],
        )
        for holder in (str(value)[1:].replace(":", "") for value in pointed.values() if str(value).startswith("@")):
            assert place[holder] < (len(place) if change.action is Action.LINK else place[own])
    assert len(links(seen)) <= fewest(needs, held)


def fewest(needs: Mapping[str, set[str]], held: Sequence[str]) -> int:
    """Count, for the best order of the new records, those that point at one that is not there yet."""
    new = [one for one in needs if one not in held]
    orders = itertools.permutations(new)
    return min(sum(bool(needs[one] & set(way[n:])) for n, one in enumerate(way)) for way in orders)
