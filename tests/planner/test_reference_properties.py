"""What holds for references of every kind, whatever the rows: written, none lost, totals add up."""

import csv
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import Desk, MemoryCrm, Seen

from migrator.records import Action, Catalog, Field, Kind, ObjectType, TargetRecord, Tier
from migrator.reports.machine import plan_json
from migrator.reports.summary import summarize
from migrator.reports.tables import write_plan_tables
from migrator.reports.text import ending
from migrator.store.plan import Plan

FIELDS = {
    "firms": {"name": "", "over": "firms", "boss": "people"},
    "people": {"name": "", "firm": "firms", "friends": "people"},
    "tasks": {"name": "", "about": "any", "who": "people"},
}
TABLES = {
    "firms": "id,name,over,boss",
    "people": "id,name,firm,firm_name,friends",
    "tasks": "id,name,kind,about,who,where",
}
FINAL = ("create", "update", "unchanged", "skip", "reject")
F = st.sampled_from(["", "", "f1", "f2", "f3", "f9"])
P = st.sampled_from(["", "", "p1", "p2", "p3", "p9"])
FIRMS = st.sampled_from(["", "Acme", "ACME", "Beta", "Gamma"])
NAMES = st.sampled_from(["Ada", "ada", "Bob", "Cyd"])
MISSING = st.sampled_from(["create", "reject", "blank", "skip"])


class World(NamedTuple):
    """Rows of three tables, and the names that the target holds; a person that it holds may work for its first firm."""

    firms: list[tuple[str, ...]]
    people: list[tuple[str, ...]]
    tasks: list[tuple[str, ...]]
    held_firms: list[str]
    held_people: list[tuple[str, bool]]


class Policies(NamedTuple):
    """What the mapping says about matches, about duplicates, about what is missing, and who states its object first."""

    on_match: str
    on_duplicate: str
    by_key: str
    by_name: str
    within: str
    order: list[str]


WORLDS = st.builds(
    World,
    firms=st.lists(st.tuples(st.sampled_from(["f1", "f2", "f3"]), FIRMS, F, P), max_size=4),
    people=st.lists(
        st.tuples(st.sampled_from(["p1", "p2", "p3"]), NAMES, F, FIRMS, st.sampled_from(["", "p1", "p2;p3", "p3;p9"])),
        max_size=4,
    ),
    tasks=st.lists(
        st.tuples(st.sampled_from(["t1", "t2", "t3"]), NAMES, st.sampled_from("PFX"), st.one_of(P, F), NAMES, FIRMS),
        max_size=3,
    ),
    held_firms=st.lists(FIRMS.filter(bool), max_size=2),
    held_people=st.lists(st.tuples(NAMES, st.booleans()), max_size=2),
)
POLICIES = st.builds(
    Policies,
    on_match=st.sampled_from(["update", "fill", "skip"]),
    on_duplicate=st.sampled_from(["reject", "first", "merge"]),
    by_key=MISSING.filter(lambda found: found != "create"),
    by_name=MISSING,
    within=MISSING,
    order=st.permutations(list(TABLES)),
)


def catalog() -> Catalog:
    """Make a CRM in which firms and people point at each other and at their own kind, and tasks at either."""
    objects = {}
    for name, kinds in FIELDS.items():
        fields = {"mark": Field(name="mark", kind=Kind.TEXT)}
        for one, to in kinds.items():
            fields[one] = Field(name=one, kind=Kind.REFERENCE if to else Kind.TEXT, references=to.replace("any", ""))
        objects[name] = ObjectType(name=name, fields=fields, tier=Tier.MARKER, marker="mark", label=("name",))
    return Catalog(connector="small", version="1", objects=objects)


def mapping(policies: Policies) -> str:
    """Write the objects, in the order that is drawn."""
    by_key, by_name, within = (f"on_missing: {one}" for one in (policies.by_key, policies.by_name, policies.within))
    firm = "{name: firm_name}" if policies.by_name == "create" else "{key: firm}, {name: firm_name}"
    inner = f"{{lookup: firms, by: [{{name: where}}], {within}}}"
    fields = {
        "firms": f"over: {{lookup: firms, by: [{{key: over}}], {by_key}}},"
        f" boss: {{lookup: people, by: [{{key: boss}}], {by_key}}}",
        "people": f"firm: {{lookup: firms, by: [{firm}], {by_name}}}, friends:"
        f' {{lookup: people, by: [{{key: {{from: friends, transform: [{{split: ";"}}]}}}}], {by_key}}}',
        "tasks": f"about: {{lookup: {{column: kind, P: people, F: firms}}, by: [{{key: about}}], {by_key}}},"
        f" who: {{lookup: people, by: [{{name: who, firm: {inner}}}, {{name: who}}], {by_name}}}",
    }
    match = {"firms": "match: [[name]], ", "people": "match: [[name, mark], [name]], ", "tasks": ""}
    rules = f"on_match: {policies.on_match}, on_duplicate: {policies.on_duplicate}"
    return "".join(
        f"  {name}: {{from: {name}.csv, to: {name}, key: id, {match[name]}{rules},"
        f" fields: {{name: {{from: name, required: true}}, {fields[name]}}}}}\n"
        for name in policies.order
    )


@dataclass(kw_only=True, slots=True)
class Office:
    """A desk whose plans are applied, each change in its turn."""

    desk: Desk
    policies: Policies
    ids: dict[str, str] = field(default_factory=dict)

    def plan(self) -> Seen:
        """Plan the tables as they are."""
        return self.desk.plan(mapping(self.policies))

    def apply(self, seen: Seen, *, remembers: bool) -> None:
        """Write the changes one after the other: what one points at must be there by then."""
        for change in seen.raw:
            fields = {name: self._filled(value) for name, value in change.after.items()}
            target_id = change.target_id or self.ids.get(f"{change.object}:{change.key}", "")
            held = self.desk.crm.held.setdefault(change.target, [])
            if change.action is Action.CREATE:
                target_id = f"{change.target}-{len(held)}"
                held.append(TargetRecord(id=target_id, fields=fields))
            else:
                (n,) = (n for n, one in enumerate(held) if one.id == target_id)
                held[n] = TargetRecord(id=target_id, fields={**held[n].fields, **fields})
            self.ids[change.id] = self.ids[f"{change.object}:{change.key}"] = target_id
            if remembers:
                whole = next(one.fields for one in held if one.id == target_id)
                self.desk.earlier.append((change.object, change.key, target_id, whole))

    def _filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return self.ids[value["$op"]] if isinstance(value, dict) else value

    def held(self) -> dict[str, list[Any]]:
        """Give what the target holds, each reference as the name, and all in no order; case does not count."""
        named = {one.id: one.fields["name"] for records in self.desk.crm.held.values() for one in records}
        return {
            name: sorted(
                json.dumps(
                    {
                        one: sorted(named[item] for item in value)
                        if isinstance(value, list)
                        else named.get(value, value)
                        for one, value in record.fields.items()
                        if value is not None
                    },
                    sort_keys=True,
                ).casefold()
                for record in records
            )
            for name, records in self.desk.crm.held.items()
            if records
        }


@contextmanager
def opened(world: World, policies: Policies) -> Iterator[Office]:
    """Write the tables of a world, and let the target hold its records."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(folder=Path(folder), crm=MemoryCrm(catalog()))
        for name, header in TABLES.items():
            desk.write(f"{name}.csv", header, *map(",".join, getattr(world, name)))
        for n, name in enumerate(world.held_firms):
            desk.crm.hold("firms", f"F{n}", name=name)
        for n, (name, works) in enumerate(world.held_people):
            desk.crm.hold("people", f"P{n}", name=name, **({"firm": "F0"} if works and world.held_firms else {}))
        yield Office(desk=desk, policies=policies)


@given(WORLDS, POLICIES)
@settings(max_examples=15, deadline=None)
def test_all_views_of_a_plan_count_alike(world: World, policies: Policies) -> None:
    """Each row has one final status; the header, the objects, the text, the JSON and the changes add up to the same."""
    with opened(world, policies) as office:
        seen = office.plan()
        with Plan(seen.path) as plan:
            summary = summarize(plan)
    told, states = plan_json(summary), states_of(seen)
    assert {name: counts.total() for name, counts in states.items()} == {
        name: len(getattr(world, name)) for name in TABLES
    }
    created = Counter(name.split(":")[0] for name, state in seen.created.items() if state == "create")
    for line in summary.objects:
        counts = states[line.name]
        assert [getattr(line, state) for state in FINAL] == [counts[state] for state in FINAL]
        assert (line.for_lookups, line.rows) == (created[line.name], counts.total())
        counts["create"] += created[line.name]
        assert [told["objects"][line.name][state] for state in FINAL] == [counts[state] for state in FINAL]
    totals = sum(states.values(), Counter[str]())
    assert seen.totals("rows", "for_lookups") == [totals.total() - created.total(), created.total()]
    assert seen.totals(*FINAL) == [totals["create"] - created.total(), *(totals[state] for state in FINAL[1:])]
    assert [told["totals"][state] for state in FINAL] == [totals[state] for state in FINAL]
    actions = Counter(str(change.action) for change in seen.raw)
    assert [actions[name] for name in ("create", "update", "link")] == [
        totals["create"],
        totals["update"],
        *seen.totals("link"),
    ]
    links = f", {actions['link']} links" if actions["link"] else ""
    assert ending(summary, report="")[1] == (
        f"Plan: {totals['create']} to create, {totals['update']} to update, {totals['unchanged']} unchanged,"
        f" {totals['skip']} skipped, {totals['reject']} rejected{links}."
    )


def states_of(seen: Seen) -> dict[str, Counter[str]]:
    """Count the rows of each object by their final status; there is no other status."""
    assert set(seen.states.values()) <= set(FINAL)
    return {
        name: Counter(state for place, state in seen.states.items() if place.startswith(f"{name}:")) for name in TABLES
    }


@given(WORLDS, POLICIES)
@settings(max_examples=15, deadline=None)
def test_each_rejected_row_is_told_once_with_its_reasons(world: World, policies: Policies) -> None:
    """rejects.csv has a line for each rejected row and no other, and so have the errors of problems.jsonl."""
    with opened(world, policies) as office:
        seen, folder = office.plan(), office.desk.folder / "acme.report"
        with Plan(seen.path) as plan:
            write_plan_tables(plan, folder)
        refused = Counter(tuple(place.split(":")) for place, state in seen.states.items() if state == "reject")
        with (folder / "rejects.csv").open(encoding="utf-8", newline="") as file:
            assert Counter((row["_object"], row["_row"]) for row in csv.DictReader(file)) == refused
        problems = map(json.loads, (folder / "problems.jsonl").read_text("utf-8").splitlines())
        errors = {(one["object"], str(one["row"])) for one in problems if one["code"][0] == "E" and one["row"]}
        assert errors == refused.keys()


@given(WORLDS, POLICIES, st.booleans())
@settings(max_examples=20, deadline=None)
def test_stated_references_are_in_the_target(
    world: World,
    policies: Policies,
    remembers: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    """Each change finds written what it points at; a key that names a record is never null; a second plan is empty."""
    with opened(world, policies) as office:
        seen = office.plan()
        office.apply(seen, remembers=remembers)
        lasting = records_of(world, office, seen)
        for (name, key), record in lasting.items():
            (cells,) = (row for row in rows_of(world, name) if row["id"] == key)
            for one, column, to in keyed(name, policies):
                stated = {lasting[to, part].id for part in cells[column].split(";") if (to, part) in lasting}
                found = record.fields.get(one) or []
                assert stated <= set(found if isinstance(found, list) else [found])
        again = office.plan()
        assert again.changes == {}


def rows_of(world: World, name: str) -> list[dict[str, str]]:
    """Give the rows of a table by their columns."""
    return [dict(zip(TABLES[name].split(","), row, strict=True)) for row in getattr(world, name)]


def keyed(name: str, policies: Policies) -> list[tuple[str, str, str]]:
    """Give the references of an object that go by key: the field, its column, and the object that is asked."""
    firm = [] if policies.by_name == "create" else [("firm", "firm", "firms")]
    return {
        "firms": [("over", "over", "firms"), ("boss", "boss", "people")],
        "people": [("friends", "friends", "people"), *firm],
        "tasks": [],
    }[name]


def records_of(world: World, office: Office, seen: Seen) -> dict[tuple[str, str], TargetRecord]:
    """Give the records that rows became, by key, where one row alone has the key and it was created."""
    held = {one.id: one for records in office.desk.crm.held.values() for one in records}
    made = {(one.object, one.key): held[office.ids[one.id]] for one in seen.raw if one.action is Action.CREATE}
    keys = Counter((name, row["id"]) for name in TABLES for row in rows_of(world, name))
    return {key: record for key, record in made.items() if keys[key] == 1}


@given(WORLDS, POLICIES, st.randoms(use_true_random=False), st.permutations(list(TABLES)))
@settings(max_examples=20, deadline=None)
def test_order_of_rows_and_objects_is_not_seen_in_the_target(
    world: World, policies: Policies, chance: random.Random, order: list[str]
) -> None:
    """Rows in another order, and objects stated in another order, give the same records with the same references."""
    rows = {name: chance.sample(getattr(world, name), len(getattr(world, name))) for name in TABLES}
    other = world._replace(**rows) if policies.on_duplicate == "reject" else world
    found: list[Mapping[str, Any]] = []
    for one, stated in ((world, policies.order), (other, order)):
        with opened(one, policies._replace(order=stated)) as office:
            office.apply(office.plan(), remembers=False)
            found.append(office.held())
    assert found[0] == found[1]


CALM = Policies("update", "reject", "blank", "create", "skip", list(TABLES))


def calm(**tables: Any) -> World:
    """Make a world of a few rows."""
    return World(**{name: tables.get(name, []) for name in World._fields})


@pytest.mark.parametrize("order", [["firms", "people", "tasks"], ["people", "firms", "tasks"]])
def test_what_points_at_a_row_that_a_reference_left_out_is_refused(order: list[str]) -> None:
    """A row that `on_missing: skip` leaves out is never in the target, so nothing may wait for it."""
    world = calm(firms=[("f1", "Acme", "", "p9")], people=[("p1", "Ada", "f1", "", "")])
    with opened(world, CALM._replace(by_key="skip", by_name="reject", order=order)) as office:
        seen = office.plan()
    assert seen.states == {"firms:2": "skip", "people:2": "reject"}
    fact = "no firms found, its row was left out: 'f1'"
    hint = "add it, correct the value, or state on_missing: create | blank | skip"
    assert list(seen.problems) == [f"people:2 E203 firm: {fact} ({hint})"]


def test_name_of_a_rejected_row_is_found_in_what_another_lookup_creates() -> None:
    """The target will hold that one, so what points at the name does not fall with the row."""
    tasks = [("t1", "Call", "P", "", "Ada", ""), ("t2", "Call", "P", "", "Ada", "Acme")]
    world = calm(people=[("p1", "Ada", "", "", "")] * 2, tasks=tasks)
    with opened(world, CALM._replace(within="create")) as office:
        seen = office.plan()
    (created,) = (name for name, state in seen.created.items() if state == "create" and name.startswith("people:"))
    assert seen.changes["+ tasks:t1"]["who"] == seen.changes["+ tasks:t2"]["who"] == f"@{created}"
    assert seen.states["people:2"] == seen.states["people:3"] == "reject"


def test_row_with_a_problem_is_rejected_though_another_reference_would_skip_it() -> None:
    """A problem that is told and a row that is quietly left out do not go together."""
    world = calm(people=[("p1", "Ada", "f9", "", "p9")])
    with opened(world, CALM._replace(by_key="skip", by_name="reject")) as office:
        seen = office.plan()
    assert (seen.states, [problem[:20] for problem in seen.problems]) == (
        {"people:2": "reject"},
        ["people:2 E203 firm: "],
    )


def test_key_of_what_a_lookup_creates_within_another_record_does_not_hang_on_other_rows() -> None:
    """The same person within the same company has the same marker, whatever else stands in the files."""
    markers = set()
    for more in ([], [("f0", "Beta", "", "")]):
        world = calm(firms=[*more, ("f1", "Acme", "", "")], tasks=[("t1", "Call", "P", "", "Bob", "Acme")])
        with opened(world, CALM) as office:
            markers |= {change.marker for change in office.plan().raw if change.object == "people"}
    assert len(markers) == 1


def test_keys_that_differ_by_case_are_two_records_within_which_to_look() -> None:
    """`F1` is another company than `f1`, also where a person is looked for within it."""
    world = calm(
        firms=[("f1", "Acme", "", ""), ("F1", "Beta", "", "")],
        people=[("p1", "Bob", "F1", "", ""), ("p2", "Cyd", "f1", "", "")],
        tasks=[("t1", "Call", "P", "", "Bob", "Acme"), ("t2", "Call", "P", "", "Bob", "Beta")],
    )
    with opened(world, CALM._replace(by_name="blank")) as office:
        seen = office.plan()
    assert [seen.changes[f"+ tasks:{key}"].get("who") for key in ("t1", "t2")] == [None, "@people:p1"]
