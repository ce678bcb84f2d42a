"""What holds for every plan, whatever the rows: one status each, references to what is there, nothing by order."""

import random
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import Desk, MemoryCrm, Seen, firms, people

from migrator.json_text import to_json
from migrator.planner.identities import digest_of, digest_of_fields, digester_of

FINAL = {"create", "update", "unchanged", "skip", "reject"}
COUNTED = ("create", "update", "unchanged", "skip", "reject")
KEYS = st.sampled_from(["1", "2", "3", "4", ""])
NAMES = st.sampled_from(["Acme", "ACME ", "Beta", "beta", "Gamma", ""])
MAILS = st.sampled_from(["a@x.org", "A@X.org", "b@x.org", "", "", "bad"])
LASTS = st.sampled_from(["King", "king", "Ross", "Moss", ""])


class World(NamedTuple):
    """Rows of people and of companies, and what the target holds."""

    people: list[tuple[str, str, str, str, str]]
    firms: list[tuple[str, str]]
    held_people: list[tuple[str, str]]
    held_firms: list[str]


class Policies(NamedTuple):
    """What the mapping says about matches, duplicates and what is missing."""

    on_match: str = "update"
    on_duplicate: str = "reject"
    on_missing: str = "create"


WORLDS = st.builds(
    World,
    people=st.lists(st.tuples(KEYS, LASTS, MAILS, KEYS, NAMES), max_size=6),
    firms=st.lists(st.tuples(KEYS, NAMES), max_size=4),
    held_people=st.lists(st.tuples(LASTS, MAILS), max_size=3),
    held_firms=st.lists(NAMES.filter(bool), max_size=3),
)
POLICIES = st.builds(
    Policies,
    on_match=st.sampled_from(["update", "fill", "skip"]),
    on_duplicate=st.sampled_from(["reject", "first", "last", "merge"]),
    on_missing=st.sampled_from(["create", "reject", "blank"]),
)


def planned(world: World, policies: Policies, *, turned: bool = False) -> Seen:
    """Make the plan of a world; `turned` states the objects the other way round."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(folder=Path(folder), crm=_held(world))
        desk.write("people.csv", "id,last,email,key,firm", *map(",".join, world.people))
        desk.write("firms.csv", "id,name", *map(",".join, world.firms))
        rules = (f"on_match: {policies.on_match}", f"on_duplicate: {policies.on_duplicate}")
        line = "{key: key}, {Name: firm}" if policies.on_missing != "create" else "{Name: firm}"
        lookup = f"CurrentPosition_Company_Id: {{lookup: companies, by: [{line}], on_missing: {policies.on_missing}}}"
        mail = "EmailAddress_Work: {from: email, transform: [email]}"
        objects = [
            firms("match: [[Name]]", *rules, fields="Name: {from: name, required: true}"),
            people("match: [[EmailAddress_Work], [LastName]]", *rules, fields=f"LastName: last, {mail}, {lookup}"),
        ]
        return desk.plan("".join(objects[::-1] if turned else objects))


def _held(world: World) -> MemoryCrm:
    crm = MemoryCrm()
    for n, (last, mail) in enumerate(world.held_people):
        fields = {"LastName": last, "EmailAddress_Work": mail}
        crm.hold("contacts", f"c{n}", **{name: value for name, value in fields.items() if value})
    for n, name in enumerate(world.held_firms):
        crm.hold("companies", f"f{n}", Name=name.strip())
    return crm


@given(WORLDS, POLICIES)
@settings(max_examples=60, deadline=None)
def test_every_row_has_one_final_status_and_totals_add_up(world: World, policies: Policies) -> None:
    """No row is lost, none is counted twice, and a refusal always has its reason."""
    seen = planned(world, policies)
    assert set(seen.states.values()) <= FINAL
    assert len(seen.states) == sum(1 for row in (*world.people, *world.firms) if any(row))
    assert seen.totals(*COUNTED) == [Counter(seen.states.values())[state] for state in COUNTED]
    assert sum(seen.totals(*COUNTED)) == seen.totals("rows")[0]
    created = Counter(seen.created.values())["create"]
    actions = Counter(change.action.value for change in seen.raw)
    assert seen.totals("for_lookups") == [created]
    assert [actions["create"], actions["update"]] == [seen.totals("create")[0] + created, seen.totals("update")[0]]
    told = {problem.split()[0] for problem in seen.problems if problem.split()[1].startswith("E")}
    assert {place for place, state in seen.states.items() if state == "reject"} <= told


@given(WORLDS, POLICIES.filter(lambda found: "reject" in (found.on_duplicate, found.on_missing)))
@settings(max_examples=60, deadline=None)
def test_every_reference_points_at_what_is_there_by_then(world: World, policies: Policies) -> None:
    """A planned record that is pointed at is created earlier in the same plan; an id is one that the target has."""
    seen = planned(world, policies)
    made = {change.id: change.seq for change in seen.raw if change.action == "create"}
    ids = {f"f{n}" for n in range(len(world.held_firms))}
    for change in seen.raw:
        value = change.after.get("CurrentPosition_Company_Id")
        if isinstance(value, dict):
            assert made[value["$op"]] < change.seq
        else:
            assert value is None or value in ids


@given(WORLDS, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=40, deadline=None)
def test_order_of_rows_and_objects_changes_nothing_that_is_created(
    world: World,
    chance: random.Random,
    turned: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    """The same rows in another order, and the objects stated the other way round, give the same records."""
    rows, listed = chance.sample(world.people, len(world.people)), chance.sample(world.firms, len(world.firms))
    other = world._replace(people=rows, firms=listed)
    assert _essence(planned(world, Policies())) == _essence(planned(other, Policies(), turned=turned))


def _essence(seen: Seen) -> Mapping[str, Any]:
    """Give what does not depend on places: the changes without regard to spelling, and the states by object."""
    changes = {name: to_json(change).casefold().replace(' "', '"') for name, change in seen.changes.items()}
    states = Counter((place.split(":")[0], state) for place, state in seen.states.items())
    return {"changes": changes, "states": states, "totals": seen.header["totals"]}


@given(WORLDS, POLICIES)
@settings(max_examples=20, deadline=None)
def test_planning_again_gives_the_same_plan(world: World, policies: Policies) -> None:
    """The same rows and the same target give the same changes, ids and chain of hashes."""
    one, other = planned(world, policies), planned(world, policies)
    assert one.raw == other.raw
    assert one.header["chain"] == other.header["chain"]
    assert (one.states, one.problems) == (other.states, other.problems)


def test_chain_depends_on_every_change(tmp_path: Path) -> None:
    """One other character in one row is another chain, and so is a row less; the mapping's name is in every id."""
    desk = Desk(folder=tmp_path)
    chains = []
    for rows in (["1,King", "2,Ross"], ["1,King", "2,Rosz"], ["1,King"], ["2,Ross", "1,King"]):
        desk.write("people.csv", "id,last", *rows)
        chains.append(desk.plan(people("match: none", fields="LastName: last")).header["chain"])
    assert len(set(chains)) == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("a", "", "b"), ("a", "b", "")),
        (("a", "b"), ("b", "a")),
        (("a",), ("a", "")),
    ],
)
def test_digests_hold_parts_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Parts that run into each other are not the same parts."""
    assert digest_of(*one) != digest_of(*other)
    assert digest_of(*one) == digest_of(*one) == digester_of(*one[:-1])(one[-1])


def test_digests_of_fields_tell_objects_fields_and_values_apart() -> None:
    """Equal values of other fields or other objects are no equal records."""
    made = {
        digest_of_fields("contacts", ("A", "B"), ("x", "y")),
        digest_of_fields("companies", ("A", "B"), ("x", "y")),
        digest_of_fields("contacts", ("A", "C"), ("x", "y")),
        digest_of_fields("contacts", ("A", "B"), ("y", "x")),
        digest_of_fields("contacts", ("A",), ("x",)),
    }
    assert len(made) == 5
    assert all(-(2**63) <= part < 2**63 for digest in made for part in digest)


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=5), st.integers(), st.booleans()), max_size=5))
def test_json_that_is_hashed_does_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    """What is hashed has one form, without blanks and without escapes."""
    turned = dict(reversed(value.items()))
    assert to_json(value) == to_json(turned)
