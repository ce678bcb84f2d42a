"""A plan and a run for scripts: fixed keys, totals that add up, and no value of any record."""

import json
from pathlib import Path

import pytest
from report_cases import NOW, Sizes, make, reader, run, summary

from migrator.reports.machine import plan_json, run_json
from migrator.reports.summary import summarize
from migrator.store.endings import Ending
from migrator.store.plan import Plan
from migrator.store.states import State
from migrator.store.views import RunView

TOTALS = ["create", "update", "link", "unchanged", "skip", "reject", "conflict", "rows"]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a plan of every kind."""
    return make(tmp_path_factory.mktemp("plan"))


def test_plan_has_the_keys_that_scripts_rely_on(path: Path) -> None:
    """One object with its version; the same counts for all and for each object."""
    with Plan(path) as plan:
        found = plan_json(summarize(plan))
    assert list(found) == ["v", "plan", "totals", "objects", "problems", "options", "calls", "reads", "run", "verify"]
    assert (found["v"], list(found["totals"]), found["run"], found["verify"]) == (1, TOTALS, None, None)
    assert list(found["objects"]) == ["companies", "contacts"]
    assert all(set(TOTALS) <= set(counts) for counts in found["objects"].values())
    assert json.loads(json.dumps(found)) == found


def test_totals_are_those_of_the_objects(path: Path) -> None:
    """Each total is the sum over the objects; rows are the sum of what became of them."""
    with Plan(path) as plan:
        found = plan_json(summarize(plan))
    assert found["totals"] == {
        "create": 3, "update": 1, "link": 2, "unchanged": 1, "skip": 1, "reject": 6, "conflict": 0, "rows": 12
    }  # fmt: skip
    for name in TOTALS:
        assert found["totals"][name] == sum(counts[name] for counts in found["objects"].values())


def test_records_for_lookups_are_creates() -> None:
    """They are counted among the creates, and told apart as well."""
    found = plan_json(summary(Sizes(objects=2)))
    assert found["totals"]["create"] == 2_018
    assert (
        found["objects"]["contacts0"] | {"tier": "A", "target": "people", "create": 1_009, "for_lookups": 9}
        == (found["objects"]["contacts0"])
    )


def test_plan_is_named_in_full(path: Path) -> None:
    """What it is, of which mapping and files, for which account."""
    with Plan(path) as plan:
        found = plan_json(summarize(plan))["plan"]
        header = plan.header
    assert found == {
        "id": header["plan"],
        "name": "acme.plan",
        "made": NOW,
        "mapping": "acme",
        "sha256": header["mapping"]["sha256"],
        "target": {"origin": "https://crm.example", "fingerprint": "f" * 64},
        "verdict": "rejects",
        "guards": [],
        "operations": 6,
        "proposals": 0,
        "questions": 0,
        "contents": {"files": 0, "bytes": 0},
        "files": [
            {key: file[key] for key in ("file", "sha256", "rows", "blank_rows")} for file in header["source"]["files"]
        ],
    }


def test_problems_are_given_in_groups_with_their_rows(path: Path) -> None:
    """Code, count, object, field and the first places; as many in all as there are findings."""
    with Plan(path) as plan:
        found = plan_json(summarize(plan))
    assert found["problems"][2] == {
        "code": "E203",
        "count": 3,
        "object": "contacts",
        "field": "CurrentPosition_Company_Id",
        "rows": ["people.csv:4", "people.csv:5", "people.csv:6"],
    }
    assert sum(group["count"] for group in found["problems"]) == 7
    calls = {"objects": {"companies": 3, "contacts": 6}, "options": 0}
    assert found["calls"] == calls | {"total": 9, "per_second": 2.0, "seconds": 4.5}


@pytest.mark.parametrize("name", ["before", "after", "fact", "reason", "key", "target_id"])
def test_no_value_of_a_record_is_given(name: str) -> None:
    """Events and JSON go to logs: they hold counts and places."""
    made = summary(Sizes(samples=3, troubles=3, has_run=True), **{name: "Lovelace"})
    assert "Lovelace" not in json.dumps(plan_json(made))


def test_run_is_given_with_its_operations(tmp_path: Path) -> None:
    """State, times, reason, and how many operations stand where."""
    path = make(tmp_path)
    run(path, {"+ companies/1": Ending(state=State.APPLIED, target_id="c9", outcome="applied")}, "HALTED", "why")
    with Plan(path) as plan, reader(path) as ledger:
        found = plan_json(summarize(plan, ledger))["run"]
    assert found == {
        "run": 1,
        "state": "HALTED",
        "began": NOW,
        "ended": NOW,
        "reason": "why",
        "operations": {"APPLIED": 1, "PLANNED": 5},
    }


def test_run_that_goes_on_has_no_end() -> None:
    """Where there is no run, there is nothing; where it did not end, its end is null."""
    assert run_json(None) is None
    found = run_json(RunView("RUNNING", NOW, None, "", 2, {State.INTENT: 1}, {}))
    assert found is not None
    assert (found["ended"], found["operations"]) == (None, {"INTENT": 1})
