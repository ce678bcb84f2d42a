"""The questions that reports put to a plan and to the ledger, with their whole answers."""

from dataclasses import replace
from pathlib import Path

import pytest
from store_cases import ONE, ROWS, Row, desk, edit, ledger_at, register, seal_plan

from migrator.errors import PlanError
from migrator.records import Action
from migrator.store.cells import pack_cells
from migrator.store.endings import Ending
from migrator.store.ledger import LedgerReader
from migrator.store.plan import Plan
from migrator.store.states import State
from migrator.store.views import (
    MissingParent,
    ProblemGroup,
    RejectedRow,
    all_problems,
    duplicate_rows,
    explain_row,
    keys_of,
    landed_operations,
    missing_parents,
    newest_plan,
    plan_of_run,
    problem_groups,
    reject_columns,
    rejected_rows,
    run_view,
    sample_changes,
    troubled_operations,
)

ODD = ("E110", "id", "3", "3 is odd", "")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Seal a small plan."""
    seal_plan(tmp_path / "acme.plan")
    return tmp_path / "acme.plan"


def test_problems_are_grouped_by_code_object_and_field(path: Path) -> None:
    """Each group with its count, its first places and facts, in the order of codes."""
    with Plan(path) as plan:
        assert problem_groups(plan) == [
            ProblemGroup("E110", "companies", "id", 1, ["companies.csv:4"], ["3 is odd"], ""),
            ProblemGroup("E120", "companies", "Name", 1, ["companies.csv:4"], ["Name is required"], "fill it"),
            ProblemGroup(
                "E203", "contacts", "company", 3, ["people.csv:4", "people.csv:5", "people.csv:6"],
                ["no 77", "no 78", "no 78"], "",
            ),
            ProblemGroup("W305", "contacts", "LastName", 1, ["people.csv:3"], ["as row 2"], ""),
        ]  # fmt: skip


def test_largest_group_of_a_code_is_first_and_shows_five(tmp_path: Path) -> None:
    """However many there are, five places stand for them; a problem of a whole object has no place."""
    few = [Row("companies", n, f"c{n}", state="reject", problems=[ODD]) for n in range(2, 4)]
    many = [Row("contacts", n, f"p{n}", state="reject", problems=[ODD]) for n in range(2, 9)]
    seal_plan(tmp_path / "x.plan", [*few, *many])
    edit(tmp_path / "x.plan", "INSERT INTO problem VALUES(NULL,0,0,'W402','','','no rows','')")
    with Plan(tmp_path / "x.plan") as plan:
        found = [(group.object, group.rows, group.places) for group in problem_groups(plan)]
    assert found == [
        ("contacts", 7, [f"people.csv:{n}" for n in range(2, 7)]),
        ("companies", 2, ["companies.csv:2", "companies.csv:3"]),
        ("", 1, [""]),
    ]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(0, []), (1, [1]), (2, [1, 100]), (3, [1, 50, 100]), (5, [1, 25, 50, 75, 100]), (200, list(range(1, 101)))],
)
def test_samples_are_spread_from_first_to_last(tmp_path: Path, limit: int, expected: list[int]) -> None:
    """Some changes stand for all: not the first ones, but from all over the plan."""
    rows = [Row("companies", n + 1, str(n), changes=[{"after": {"Name": str(n)}}]) for n in range(1, 101)]
    seal_plan(tmp_path / "x.plan", rows)
    with Plan(tmp_path / "x.plan") as plan:
        assert [change.seq for change in sample_changes(plan, Action.CREATE, limit)] == expected
        assert sample_changes(plan, Action.UPDATE, limit) == []


def test_samples_of_an_action_pass_over_the_others(path: Path) -> None:
    """Between two creates of a plan lies an update; it is no sample of creates, and none is given twice."""
    with Plan(path) as plan:
        assert [change.seq for change in sample_changes(plan, Action.CREATE, 5)] == [1, 3, 4]
        assert [change.seq for change in sample_changes(plan, Action.UPDATE, 3)] == [2]
        assert [change.seq for change in sample_changes(plan, Action.LINK, 1)] == [5]


def test_rejected_rows_come_in_the_order_of_the_source(path: Path) -> None:
    """Each once, with its original cells and all that stands against it."""
    lost = ("id", "last", "company")
    with Plan(path) as plan:
        found = list(rejected_rows(plan))
        assert reject_columns(plan) == [("id", "name"), lost]
    assert found == [
        RejectedRow("companies", ("id", "name"), pack_cells(["3", None]), 4,
                    [("E120", "Name", "", "Name is required", "fill it"), ODD]),
        RejectedRow("contacts", lost, pack_cells(["3", "Cyd", "77"]), 4, [("E203", "company", "77", "no 77", "")]),
        RejectedRow("contacts", lost, pack_cells(["5", "Eve", "78"]), 5, [("E203", "company", "78", "no 78", "")]),
        RejectedRow("contacts", lost, pack_cells(["6", "Fay", "78"]), 6, [("E203", "company", "78", "no 78", "")]),
    ]  # fmt: skip


def test_missing_parents_are_counted_by_value(path: Path) -> None:
    """The value that most rows wait for is first, with the first row that asked for it."""
    with Plan(path) as plan:
        assert list(missing_parents(plan)) == [
            MissingParent("contacts", "company", "78", 2, 5, "E203", "no 78", ("", "")),
            MissingParent("contacts", "company", "77", 1, 4, "E203", "no 77", ("", "")),
        ]


def test_missing_parent_has_its_own_cause(tmp_path: Path) -> None:
    """Where a list points at several rejected records, each value is told what stands against its own."""
    rows = [
        Row("companies", 2, "1", state="reject", problems=[("E120", "Name", "", "one", "")]),
        Row("companies", 3, "2", state="reject", problems=[("E110", "Name", "", "two", ""), ("E120", "", "", "x", "")]),
        Row("contacts", 2, "1", state="reject", problems=[("E204", "company", "2", "points", "")]),
    ]
    seal_plan(tmp_path / "x.plan", rows)
    edit(tmp_path / "x.plan", "INSERT INTO cause VALUES(3,'company',1)")
    edit(tmp_path / "x.plan", "INSERT INTO cause VALUES(3,'company',2)")
    with Plan(tmp_path / "x.plan") as plan:
        assert [item.cause for item in missing_parents(plan)] == [("E110", "two")]


def test_keys_are_those_that_may_have_been_meant(path: Path) -> None:
    """A rejected record is nobody's parent, so its key is not proposed."""
    with Plan(path) as plan:
        assert list(keys_of(plan, ("companies",))) == [(1, "1"), (2, "2"), (4, "4"), (5, "?new")]
        assert len(list(keys_of(plan, ("companies", "contacts")))) == 6
        assert list(keys_of(plan, ("nothing",))) == []


def test_duplicates_are_listed_with_their_rows(path: Path) -> None:
    """Rows that share something with others, and no other problems."""
    with Plan(path) as plan:
        assert list(duplicate_rows(plan)) == [("contacts", "people.csv", 3, "2", "W305", "as row 2")]


def test_problems_are_given_to_machines_one_by_one(path: Path) -> None:
    """Each with its version, in the order in which they were found."""
    with Plan(path) as plan:
        found = list(all_problems(plan))
    assert [(one["code"], one["row"]) for one in found] == [
        ("E120", 4), ("E110", 4), ("W305", 3), ("E203", 4), ("E203", 5), ("E203", 6)
    ]  # fmt: skip
    assert found[1] == {
        "v": 1, "code": "E110", "object": "companies", "file": "companies.csv", "row": 4, "key": "3",
        "field": "id", "value": "3", "fact": "3 is odd", "hint": "",
    }  # fmt: skip


def test_row_is_explained_from_its_cells_to_its_change(path: Path) -> None:
    """Cells under their columns, record, problems and changes; for each object that has a row of that number."""
    with Plan(path) as plan:
        company, contact = explain_row(plan, 2)
        changes = list(plan.changes())
    assert company == ("companies", "companies.csv:2", "1", "create", {"id": "1", "name": "One"}, {"Name": "One"}, [],
                       [changes[0]])  # fmt: skip
    assert contact.cells == {"id": "1", "last": "Ada", "company": "1"}
    assert contact.changes == [changes[3], changes[4]]


def test_row_of_one_object_is_explained_alone(path: Path) -> None:
    """A name narrows the answer; a row that is not there has none."""
    with Plan(path) as plan:
        (rejected,) = explain_row(plan, 4, name="companies")
        assert (rejected.cells, rejected.changes) == ({"id": "3", "name": None}, [])
        assert rejected.problems == [("E120", "Name is required", "fill it"), ("E110", "3 is odd", "")]
        assert explain_row(plan, 99) == []


def test_edited_change_is_not_explained(path: Path) -> None:
    """A view shows only what was sealed."""
    edit(path, "UPDATE change SET after='{}' WHERE seq=1")
    with Plan(path) as plan:
        with pytest.raises(PlanError) as caught:
            explain_row(plan, 2)
        with pytest.raises(PlanError):
            sample_changes(plan, Action.CREATE, 1)
    assert caught.value.problems[0].code == "E602"


def test_run_is_seen_with_its_counts(tmp_path: Path) -> None:
    """The last run of a plan, and how many operations stand where, by object and in all."""
    with desk(tmp_path) as opened, LedgerReader(opened.ledger.path) as reader:
        journal = opened.journal
        journal.intend([(opened.change("+ companies/1"), ""), (opened.change("+ contacts/1"), "")])
        ending = Ending(state=State.APPLIED, target_id="c1", outcome="applied")
        journal.close(opened.change("+ companies/1"), ending)
        journal.decide(opened.change("& contacts/1"), Ending(state=State.BLOCKED, reason="its own create"))
        journal.end("HALTED", "the reason")
        view = run_view(reader, opened.plan)
    assert view is not None
    assert view[:5] == ("HALTED", "2024-05-06T07:08:09+00:00", "2024-05-06T07:08:09+00:00", "the reason", 1)
    assert view.counts == {State.APPLIED: 1, State.INTENT: 1, State.BLOCKED: 1, State.PLANNED: 2}
    assert view.by_object == {"companies": {State.APPLIED: 1}, "contacts": {State.INTENT: 1, State.BLOCKED: 1}}


def test_run_that_nobody_runs_any_more_was_killed(tmp_path: Path) -> None:
    """A run without an end is running while its process lives, and killed after that."""
    with desk(tmp_path) as opened, LedgerReader(opened.ledger.path) as reader:
        view = run_view(reader, opened.plan)
    assert view is not None
    assert (view.state, view.ended) == ("RUNNING", None)
    with LedgerReader(opened.ledger.path) as reader, Plan(tmp_path / "acme.plan") as plan:
        assert run_view(reader, plan) == view._replace(state="KILLED")


def test_plan_that_never_ran_has_no_run(tmp_path: Path, path: Path) -> None:
    """Before the first apply there is nothing to see."""
    with ledger_at(tmp_path) as ledger, Plan(path) as plan, LedgerReader(ledger.path) as reader:
        register(ledger, path)
        assert run_view(reader, plan) is None


def test_operations_are_listed_as_landed_or_in_trouble(tmp_path: Path) -> None:
    """What landed with its id and time, what did not with its reason; what was never sent is in neither list."""
    with desk(tmp_path) as opened, LedgerReader(opened.ledger.path) as reader:
        one, two, new, contact, _link = opened.plan.changes()
        for change in (one, new, contact):
            opened.journal.intend([(change, "")])
        opened.journal.close(one, Ending(state=State.APPLIED, target_id="c1", outcome="applied"))
        opened.journal.close(new, Ending(state=State.REJECTED, outcome="refused", reason="too long"))
        opened.journal.decide(two, Ending(state=State.QUARANTINED, target_id="k2", reason="drift: Name"))
        assert list(troubled_operations(reader, opened.plan)) == [
            (two, State.QUARANTINED, "drift: Name", "k2"),
            (new, State.REJECTED, "too long", None),
            (contact, State.INTENT, "", None),
        ]
        landed = list(landed_operations(reader, opened.plan))
        assert landed == [(one, State.APPLIED, "c1", "2024-05-06T07:08:09+00:00")]


def test_newest_plan_is_that_of_the_newest_run(tmp_path: Path, path: Path) -> None:
    """Where none ran, the newest plan; where one ran, its plan, although others were made since."""
    with ledger_at(tmp_path) as ledger, LedgerReader(ledger.path) as reader:
        assert newest_plan(reader) is None
        for name, made in (("a", "2024-01-01"), ("b", "2024-01-03"), ("c", "2024-01-02")):
            register(ledger, path, plan_id=name)
            ledger.db.execute("UPDATE plan SET made=? WHERE id=?", (made, name))
        newest = newest_plan(reader)
        assert newest is not None
        assert newest.id == "b"
        for epoch, name in ((7, "c"), (8, "a")):
            ledger.db.execute(
                "INSERT INTO run(plan_id,epoch,state,began,host,pid,boot_id,sqlite,tool)"
                " VALUES(?,?,'RUNNING','','',1,'','','')",
                (name, epoch),
            )
        assert newest_plan(reader) == replace(newest, id="a", made="2024-01-01")
        assert [getattr(plan_of_run(reader, run), "id", None) for run in (1, 2, 3)] == ["c", "a", None]


def test_rows_of_the_case_are_what_the_views_say(path: Path) -> None:
    """The operation that the contact points at is that of the first company."""
    with Plan(path) as plan:
        assert next(plan.changes()).id == ONE
        assert len(list(rejected_rows(plan))) == sum(row.state == "reject" for row in ROWS)
