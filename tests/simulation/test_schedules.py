"""The protocol in staged time: every fault at every death, pairs of both, seeds; judged by what the CRM saw itself."""

from typing import TYPE_CHECKING

import pytest
from sim_cases import CASES, made
from sim_runs import run_all
from sim_schedules import exhaustive, pairs, seeds, thinned
from sim_workers import spread
from sim_world import Schedule

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
STEPS = {"small": 13, "full": 1}
SEEDS = {"small": 300, "full": 25_000}
REPLAYED = {"small": 10, "full": 50}


@pytest.fixture(autouse=True, scope="module")
def _plans() -> None:
    """Make all plans before the work is spread, so that each is made once."""
    for name in CASES:
        made(name)


def judge(proof: "Proof", kind: str, size: str, schedules: list[Schedule]) -> None:
    """Run schedules on all cores; every wrong is told with the schedule that shows it."""
    verdicts = spread(run_all, schedules)
    found = [f"{wrong} in {verdict.schedule}" for verdict in verdicts for wrong in verdict.wrongs]
    proof.count(kind, size, len(verdicts), found)


def test_every_fault_at_every_death(proof: "Proof", size: str) -> None:
    """One fault and one death each: nothing twice, lost or overwritten, and nothing claimed that is not so."""
    judge(proof, "schedules: one fault, one death", size, thinned(exhaustive(), STEPS[size]))


def test_pairs_of_faults_and_of_deaths(proof: "Proof", size: str) -> None:
    """Two faults and two deaths each."""
    judge(proof, "schedules: two faults, two deaths", size, thinned(pairs(), 3 * STEPS[size] if size == "small" else 1))


def test_seeds(proof: "Proof", size: str) -> None:
    """Faults, deaths, lists that lie, new boots, requests side by side: whatever a seed draws."""
    judge(proof, "schedules: drawn from seeds", size, list(seeds(SEEDS[size])))


def test_seed_is_replayed_byte_for_byte(proof: "Proof", size: str) -> None:
    """The same seed in another process: the same requests, answers, events and rows of the ledger; another, others."""
    once, again = (spread(run_all, list(seeds(REPLAYED[size])), size=part) for part in (5, 3))
    found = [f"differs: {one.schedule}" for one, two in zip(once, again, strict=True) if one.digest != two.digest]
    assert len({one.digest for one in once}) == len(once)
    proof.count("seeds replayed byte for byte", size, len(once), found)


def test_seeds_meet_everything() -> None:
    """The schedules are no calm sea: every point of failure is passed, every state and outcome comes up."""
    rare = [Schedule(case="create", faults=((1, fault),)) for fault in ("altered", "doubled")]
    verdicts = spread(run_all, [*seeds(200), *rare])
    seen = frozenset[str]().union(*(verdict.seen for verdict in verdicts))
    commits = {
        f"{when}-commit-{what}" for when in ("before", "after") for what in ("begin", "intent", "outcome", "end")
    }
    assert {*commits, "intended", "answered", "sleeping", "reading"} <= seen
    assert {"APPLIED", "REJECTED", "QUARANTINED", "BLOCKED", "KILLED", "HALTED", "DONE"} <= seen
    assert {"adopted", "absent", "not sent", "not applied", "in doubt", "duplicate", "drift"} <= seen
    assert sum(verdict.deaths for verdict in verdicts) > 100
    assert max(verdict.runs for verdict in verdicts) > 5


def test_time_that_the_target_named_is_no_settle_time() -> None:
    """A 429, then a write that lands late: the settle time begins when the second one is sent, not while it waits."""
    for case in ("create", "append"):
        (verdict,) = run_all([Schedule(case=case, faults=((1, "429"), (2, "late-to-the-last")))])
        assert verdict.wrongs == ()


@pytest.mark.parametrize("case", ["update", "delete"])
def test_write_that_lands_late_is_waited_for_until_reads_show_it(case: str) -> None:
    """It lands just within the settle time and can be read later still: it is not sent again, and then refused."""
    (verdict,) = run_all([Schedule(case=case, faults=((3, "late-lagging-read"), (4, "422")))])
    assert verdict.wrongs == ()
    assert "REJECTED" not in verdict.seen


def test_record_that_a_person_edits_during_a_wait_is_not_overwritten() -> None:
    """A 429 makes an update wait: what it changes is read once more before it is sent."""
    (verdict,) = run_all([Schedule(case="update", faults=((1, "429"),), edit="edited-waiting")])
    assert verdict.wrongs == ()


@pytest.mark.parametrize("fault", ["500-refusal-after", "409-after"])
def test_refused_update_is_read_before_it_is_called_rejected(fault: str) -> None:
    """A status that may be a fault as well: the record is read, and shows that the update took effect."""
    (verdict,) = run_all([Schedule(case="update", faults=((1, fault),))])
    assert verdict.wrongs == ()
    assert "REJECTED" not in verdict.seen
