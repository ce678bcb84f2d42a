"""A summary: what a plan says and what became of it, in numbers that add up."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_cases import NOW, Sizes, make, reader, run, summary

from migrator.records import Action
from migrator.reports.summary import closing_line, summarize
from migrator.store.endings import Ending
from migrator.store.plan import Plan
from migrator.store.states import State
from migrator.store.views import RunView

COLUMNS = ("create", "update", "unchanged", "skip", "reject")
APPLIED = Ending(state=State.APPLIED, target_id="c9", outcome="applied")
QUARANTINED = Ending(state=State.QUARANTINED, outcome="duplicate", reason="duplicate: c1, c2")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a plan of every kind."""
    return make(tmp_path_factory.mktemp("plan"))


def test_plan_is_gathered_in_whole(path: Path) -> None:
    """Names, source, target and files as the plan holds them."""
    with Plan(path) as plan:
        found = summarize(plan)
    assert (found.plan, found.plan_id, found.made, found.mapping) == ("acme.plan", plan.id, NOW, "acme")
    assert found.mapping_path == str(path.parent / "acme.yaml")
    assert (found.source, found.target) == ("2 files, 12 rows", "crelate at https://crm.example")
    assert [file["file"] for file in found.files] == ["companies.csv", "people.csv"]
    assert [change.action for change in found.samples] == [Action.UPDATE, Action.CREATE, Action.CREATE, Action.LINK]
    assert [(group.code, group.rows) for group in found.groups] == [
        ("E120", 1), ("E120", 1), ("E203", 3), ("E204", 1), ("W305", 1)
    ]  # fmt: skip
    assert (found.run, found.troubles, found.guards, found.rejects) == (None, (), (), 6)


def test_rows_are_the_sum_of_their_columns(path: Path) -> None:
    """Of each object and of all; and all rows that were read are among them."""
    with Plan(path) as plan:
        found = summarize(plan)
    for line in found.objects:
        assert line.rows == sum(getattr(line, name) for name in COLUMNS)
        assert line.rows == line.read - sum(line.dropped.values()) + sum(line.multiplied.values())
    assert found.totals["rows"] == sum(found.totals[name] for name in COLUMNS) == 12
    for name in (*COLUMNS, "link", "conflict", "for_lookups", "rows"):
        assert found.totals[name] == sum(getattr(line, name) for line in found.objects)


def test_operations_are_what_will_be_written(path: Path) -> None:
    """Creates, updates and links: one operation each."""
    with Plan(path) as plan:
        found = summarize(plan)
        assert len(list(plan.changes())) == found.header["operations"]
    totals = found.totals
    assert found.header["operations"] == sum(totals[name] for name in ("create", "update", "link", "for_lookups"))


def test_source_of_one_file_is_said_in_the_singular(tmp_path: Path) -> None:
    """One file, so many rows."""
    mapping = "mapping: 1\nname: acme\nsource: {connector: files}\ntarget: {connector: crelate}\nobjects:\n"
    mapping += "  companies: {from: a.csv, to: companies, key: id, fields: {Name: name}}\n"
    with Plan(make(tmp_path, mapping, {"a.csv": "id,name\n1,One\n2,Two\n"})) as plan:
        assert summarize(plan).source == "1 file, 2 rows"


def test_sample_of_creates_is_there_where_only_lookups_create(tmp_path: Path) -> None:
    """The row is one of the target's, and names a parent that is not there yet."""
    mapping = "mapping: 1\nname: acme\nsource: {connector: files}\ntarget: {connector: crelate}\nobjects:\n"
    mapping += "  companies:\n    {from: a.csv, to: companies, key: id, match: [[Name]], fields: {Name: name,"
    mapping += " ParentAccount_Id: {lookup: companies, by: [{Name: parent}], on_missing: create}}}\n"
    with Plan(make(tmp_path, mapping, {"a.csv": "id,name,parent\n2,Two,Acme\n"})) as plan:
        found = summarize(plan)
    assert (found.totals["create"], found.totals["for_lookups"]) == (0, 1)
    assert [one.after["Name"] for one in found.samples if one.action is Action.CREATE] == ["Acme"]


def test_what_became_of_a_plan_is_gathered_from_its_ledger(tmp_path: Path) -> None:
    """The last run, and each operation that did not land, with the id that it has or would have changed."""
    path = make(tmp_path)
    endings = {"+ companies/1": APPLIED, "~ companies/2": QUARANTINED, "+ contacts/1": QUARANTINED}
    run(path, endings, "HALTED", "why")
    with Plan(path) as plan, reader(path) as ledger:
        found = summarize(plan, ledger)
    assert found.run is not None
    assert (found.run.state, found.run.reason, found.verdict) == ("HALTED", "why", "stopped")
    assert found.run.counts == {State.APPLIED: 1, State.QUARANTINED: 2, State.PLANNED: 3}
    assert [(item.change.key, item.target_id, item.reason) for item in found.troubles] == [
        ("2", "k2", "duplicate: c1, c2"), ("1", "", "duplicate: c1, c2")
    ]  # fmt: skip


RUN = RunView("DONE", NOW, NOW, "", 1, {}, {})


@pytest.mark.parametrize(
    ("sizes", "totals", "run_state", "verdict"),
    [
        (Sizes(), {"reject": 0}, "", "ready"),
        (Sizes(), {"reject": 1}, "", "rejects"),
        (Sizes(guards=1), {"reject": 1}, "", "blocked"),
        (Sizes(is_offline=True), {"reject": 0}, "", "blocked"),
        (Sizes(guards=1), {"reject": 0}, "DONE", "applied"),
        (Sizes(), {"reject": 1}, "DONE_WITH_FINDINGS", "findings"),
        (Sizes(), {"reject": 0}, "HALTED", "stopped"),
        (Sizes(), {"reject": 0}, "INTERRUPTED", "stopped"),
        (Sizes(), {"reject": 0}, "KILLED", "stopped"),
        (Sizes(), {"reject": 0}, "RUNNING", "stopped"),
    ],
)
def test_verdict_says_what_the_plan_is(sizes: Sizes, totals: dict[str, int], run_state: str, verdict: str) -> None:
    """What became of it goes before everything; a guard goes before rejects."""
    view = RUN._replace(state=run_state) if run_state else None
    assert replace(summary(sizes), totals=totals, run=view).verdict == verdict


def test_plan_without_operations_has_nothing_to_do() -> None:
    """Also where rows were refused: there is nothing to apply."""
    made = summary()
    header: dict[str, Any] = {**made.header, "operations": 0}
    assert replace(made, header=header).verdict == "nothing"


@pytest.mark.parametrize(
    ("totals", "line"),
    [
        ({}, "Plan: 0 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected."),
        (
            {"create": 110_511, "update": 7_805, "unchanged": 1_992, "skip": 51, "reject": 72},
            "Plan: 110,511 to create, 7,805 to update, 1,992 unchanged, 51 skipped, 72 rejected.",
        ),
        (
            {"create": 2, "for_lookups": 1_000},
            "Plan: 1,002 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected.",
        ),
        ({"conflict": 1}, "Plan: 0 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected, 1 conflicts."),
        ({"link": 1_234}, "Plan: 0 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected, 1,234 links."),
        (
            {"conflict": 2, "link": 3},
            "Plan: 0 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected, 2 conflicts, 3 links.",
        ),
    ],
)
def test_closing_line_is_exact(totals: dict[str, int], line: str) -> None:
    """Scripts rely on it: thousands separators, conflicts and links only where there are any."""
    zeros = dict.fromkeys((*COLUMNS, "link", "conflict"), 0)
    assert closing_line({**zeros, **totals}) == line
