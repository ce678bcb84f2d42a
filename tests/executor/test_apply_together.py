"""Creates that go in one call: one intent each, split where the whole is refused, all in doubt where nobody knows."""

from pathlib import Path

import pytest
from apply_cases import Bench, companies
from practice_target import DONE, LOST, REFUSED, THROTTLED, UNANSWERED, UNSENT, Act

from migrator.records import Write


def together(folder: Path, count: int, *, bulk: int = 100, bad: str = "") -> Bench:
    """Make a project of so many companies for a CRM that takes several in a call, but none of a bad name."""
    bench = companies(folder, count)
    bench.target.bulk = bulk

    def judge(change: Write) -> Act:
        return REFUSED if change.fields["Name"] == bad else DONE

    bench.target.otherwise = judge
    return bench


def held(bench: Bench) -> list[str]:
    """Give the names that the CRM holds, each as often as it does."""
    return sorted(str(one["Name"]) for one in bench.target.held("companies").values())


@pytest.mark.parametrize(
    ("count", "bulk", "calls"), [(5, 100, [5]), (5, 2, [2, 2]), (4, 2, [2, 2]), (250, 100, [100, 100, 50])]
)
def test_creates_go_together(tmp_path: Path, count: int, bulk: int, calls: list[int]) -> None:
    """As many as a call takes, and the last one alone is a plain create; each has its intent before the call."""
    bench = together(tmp_path, count, bulk=bulk)
    assert bench.apply().state == "DONE"
    assert len(held(bench)) == count == bench.checked
    assert sorted(bench.target.seen("*")) == sorted(f"* companies/{size}" for size in calls)


def test_refused_call_is_split_until_the_bad_record_is_alone(tmp_path: Path) -> None:
    """Seven of eight arrive once, and the eighth is rejected with what the CRM says about it."""
    bench = together(tmp_path, 8, bad="C6")
    result = bench.apply()
    assert (result.state, result.written) == ("DONE_WITH_FINDINGS", 7)
    assert held(bench) == [f"C{n}" for n in (1, 2, 3, 4, 5, 7, 8)]
    assert [state for state in bench.states().values() if state != "APPLIED"] == ["REJECTED"]
    assert bench.target.seen("*+") == [
        "* companies/8", "* companies/4", "* companies/4", "* companies/2", "+ companies/5", "+ companies/6",
        "* companies/2",
    ]  # fmt: skip


def test_unanswered_call_is_settled_by_one_read(tmp_path: Path) -> None:
    """All were made, and each is found by its marker: nothing is sent again."""
    bench = together(tmp_path, 3)
    bench.target.script = [UNANSWERED]
    assert bench.apply().state == "DONE"
    assert held(bench) == ["C1", "C2", "C3"]
    assert bench.target.seen("*+") == ["* companies/3"]


def test_lost_call_is_sent_again_one_by_one(tmp_path: Path) -> None:
    """What two reads do not show goes again, each record alone, so that one cannot take the others along."""
    bench = together(tmp_path, 3)
    bench.target.script = [LOST]
    result = bench.apply()
    assert result.state == "DONE", result
    assert held(bench) == ["C1", "C2", "C3"]
    assert bench.target.seen("*+") == ["* companies/3", "+ companies/1", "+ companies/2", "+ companies/3"]


@pytest.mark.parametrize("act", [THROTTLED, UNSENT])
def test_call_that_was_not_taken_goes_again_whole(tmp_path: Path, act: Act) -> None:
    """Too many requests, or none that left: the same call again."""
    bench = together(tmp_path, 3)
    bench.target.script = [act]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("*+") == ["* companies/3", "* companies/3"]


def test_death_within_a_call_leaves_nothing_twice(tmp_path: Path) -> None:
    """Killed when the first of three was made: the next run reads, adopts it, and makes the others."""
    bench = together(tmp_path, 3)
    bench.target.script = [Act(dies=True)]
    bench.apply_and_die()
    assert bench.apply().state == "DONE"
    assert held(bench) == ["C1", "C2", "C3"]


def test_limit_holds_for_calls_too(tmp_path: Path) -> None:
    """A run that may write two records sends a call of two."""
    bench = together(tmp_path, 5)
    assert bench.apply(limit=2).written == 2
    assert bench.target.seen("*+") == ["* companies/2"]
