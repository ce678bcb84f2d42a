"""An undo that is applied: deletes are journalled, settled by reading, and never reach what somebody changed."""

import sqlite3
from pathlib import Path

import pytest
from apply_cases import COMPANIES, FRIENDS, Bench, companies, people
from practice_target import DONE, GONE, LIKELY_REFUSED, LOST, REFUSED, THROTTLED, UNANSWERED, Act
from undo_cases import linked, plan_undo

from migrator.errors import PlanError
from migrator.executor import linked as looked_for
from migrator.records import Write
from migrator.store.doomed import Doomed
from migrator.store.plan import Plan

DIED_BEFORE = Act(commits=False, dies=True)
DIED_AFTER = Act(dies=True)
LIKELY_DONE = Act(answer=LIKELY_REFUSED.answer)


def undoing(folder: Path, count: int = 2) -> Bench:
    """Apply a plan of so many companies, and plan its undo."""
    bench = companies(folder, count)
    bench.apply()
    plan_undo(bench)
    return bench


@pytest.mark.parametrize(
    ("act", "sent"),
    [(LOST, 3), (UNANSWERED, 2), (THROTTLED, 3), (Act(commits=False, answer=GONE), 3), (LIKELY_DONE, 2)],
)
def test_delete_in_doubt_is_settled_by_reading(tmp_path: Path, act: Act, sent: int) -> None:
    """Gone is done; what still stands there, as we left it, is sent for again."""
    bench = undoing(tmp_path)
    bench.target.script = [act]
    assert bench.apply("undo.plan").state == "DONE"
    assert (len(bench.target.seen("-")), bench.target.held("companies")) == (sent, {})


@pytest.mark.parametrize("act", [DIED_BEFORE, DIED_AFTER])
def test_death_in_the_middle_is_resumed(tmp_path: Path, act: Act) -> None:
    """The next apply reads what was under way, and ends it."""
    bench = undoing(tmp_path, 3)
    bench.target.script = [DONE, act]
    bench.apply_and_die("undo.plan")
    assert bench.apply("undo.plan").state == "DONE"
    assert bench.target.held("companies") == {}


def test_change_after_planning_puts_the_delete_in_quarantine(tmp_path: Path) -> None:
    """Each record is read afresh before it goes."""
    bench = undoing(tmp_path)
    bench.target.edit("c2", Description="mine")
    assert bench.apply("undo.plan").state == "DONE_WITH_FINDINGS"
    assert bench.states("undo.plan") == {"- companies/2": "QUARANTINED", "- companies/1": "APPLIED"}
    assert bench.reasons() == ["drift: Description changed in the target after planning"]


def test_field_that_was_filled_after_planning_puts_the_delete_in_quarantine(tmp_path: Path) -> None:
    """Nothing of what we wrote changed, and yet somebody worked on the record."""
    bench = undoing(tmp_path)
    bench.target.edit("c2", Website_Blog="mine")
    assert bench.apply("undo.plan").state == "DONE_WITH_FINDINGS"
    assert bench.states("undo.plan") == {"- companies/2": "QUARANTINED", "- companies/1": "APPLIED"}
    assert bench.reasons() == ["drift: Website_Blog changed in the target after planning"]


def test_what_stood_there_when_the_undo_was_planned_may_go(tmp_path: Path) -> None:
    """The target filled a field itself; changed since, it is a person's."""
    bench = companies(tmp_path, 2)
    bench.target.otherwise = lambda _write: Act(stored={"Website_Business": "the default"})
    bench.apply()
    plan_undo(bench)
    bench.target.edit("c2", Website_Business="mine")
    bench.apply("undo.plan")
    assert bench.reasons() == ["drift: Website_Business changed in the target after planning"]
    assert list(bench.target.held("companies")) == ["c2"]


def test_link_that_was_made_after_planning_puts_the_delete_in_quarantine(tmp_path: Path) -> None:
    """A job was put under one of the companies: that one stays, and says for what."""
    bench = undoing(tmp_path)
    bench.target.hold("jobs", "j1", Name="Clerk", Company_Id="C2")
    assert bench.apply("undo.plan").state == "DONE_WITH_FINDINGS"
    assert bench.states("undo.plan") == {"- companies/2": "QUARANTINED", "- companies/1": "APPLIED"}
    assert bench.reasons() == ["linked: jobs j1 by Company_Id points at it"]
    assert bench.target.seen("?") == ["? companies", "? contacts", "? jobs"]


def test_link_that_is_gone_again_keeps_nothing(tmp_path: Path) -> None:
    """What points there is read once more before a record is kept for it."""
    bench = undoing(tmp_path, 1)
    bench.target.hold("jobs", "j1", Name="Clerk", Company_Id="c1")
    bench.target.on_read = lambda: bench.target.remove("j1") if bench.target.seen("?")[-1:] == ["? jobs"] else None
    assert bench.apply("undo.plan").state == "DONE"


def test_links_are_looked_for_again_in_a_long_run(tmp_path: Path) -> None:
    """The lists are read once, and once more where that was more than ten minutes ago."""
    bench = undoing(tmp_path, 3)
    bench.target.hold("jobs", "j1", Name="Clerk")

    def work(write: Write) -> None:
        bench.clock.seconds += 400
        if write.id == "c2":
            bench.target.edit("j1", Company_Id="c1")

    bench.target.on_write = work
    bench.apply("undo.plan")
    assert bench.reasons() == ["linked: jobs j1 by Company_Id points at it"]
    assert len(bench.target.seen("?")) == 6


def test_change_while_the_delete_is_in_doubt_is_not_lost(tmp_path: Path) -> None:
    """It did not arrive, and somebody went on with the record: it is not sent for again."""
    bench = undoing(tmp_path, 1)
    bench.target.script = [LOST]
    bench.clock.on_sleep = lambda: bench.target.edit("c1", Description="mine")
    assert bench.apply("undo.plan").state == "DONE_WITH_FINDINGS"
    assert (bench.states("undo.plan"), bench.reasons()) == ({"- companies/1": "QUARANTINED"}, ["drift: Description"])


def test_undo_whose_mapping_changed_is_planned_again(tmp_path: Path) -> None:
    """The words name the command that made it."""
    bench = undoing(tmp_path)
    (tmp_path / "acme.yaml").write_text("mapping: 1", encoding="utf-8")
    with pytest.raises(PlanError, match=r"E601 .*; run 'migrator rollback 1 -o undo.plan' again"):
        bench.apply("undo.plan")


def test_record_that_is_gone_by_then_needs_no_delete(tmp_path: Path) -> None:
    """Somebody deleted it after planning: nothing is sent, and the id map forgets it."""
    bench = undoing(tmp_path)
    bench.target.remove("c2")
    assert bench.apply("undo.plan").state == "DONE"
    assert bench.target.seen("-") == ["- companies/c1"]
    assert plan_undo(bench) == []


def test_parent_waits_for_its_children(tmp_path: Path) -> None:
    """A person whom the target refuses to delete keeps his company, with the reason."""
    bench = people(tmp_path)
    bench.apply()
    plan_undo(bench)
    bench.target.script = [DONE, REFUSED]
    bench.apply("undo.plan")
    states = bench.states("undo.plan")
    assert {one for one, state in states.items() if state != "APPLIED"} == {"- contacts/3", "- companies/1"}
    assert (states["- contacts/3"], states["- companies/1"]) == ("REJECTED", "BLOCKED")


def test_delete_waits_for_the_link_that_is_taken_back(tmp_path: Path) -> None:
    """The target refuses to put the old person back into her old company: the new one stays for her."""
    bench = linked(tmp_path)
    bench.apply()
    plan_undo(bench)
    bench.target.script = [REFUSED]
    bench.apply("undo.plan")
    assert bench.states("undo.plan") == {"~ contacts/1": "REJECTED", "- companies/1": "BLOCKED"}


def test_own_links_are_taken_back_before_a_record_goes(tmp_path: Path) -> None:
    """A record that points at itself is expected without the link by then."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    bench.apply()
    plan_undo(bench)
    assert bench.apply("undo.plan").state == "DONE"
    assert (bench.target.held("companies"), bench.target.held("contacts")) == ({}, {})


def test_likely_refusal_is_believed_after_a_read(tmp_path: Path) -> None:
    """The record still stands there."""
    bench = undoing(tmp_path, 1)
    bench.target.script = [LIKELY_REFUSED]
    assert bench.apply("undo.plan").state == "DONE_WITH_FINDINGS"
    assert bench.states("undo.plan") == {"- companies/1": "REJECTED"}
    assert bench.target.seen("-.")[-1] == ". companies/c1"


def test_delete_that_never_arrives_is_given_up(tmp_path: Path) -> None:
    """Three times in doubt, and the record still stands there."""
    bench = undoing(tmp_path, 1)
    bench.target.script = [LOST] * 3
    assert bench.apply("undo.plan").state == "HALTED"
    assert bench.apply("undo.plan").state == "DONE_WITH_FINDINGS"
    assert (bench.states("undo.plan"), bench.reasons()) == (
        {"- companies/1": "QUARANTINED"},
        ["in doubt: sent 3 times, still there"],
    )


def test_writes_to_one_record_never_go_side_by_side(tmp_path: Path) -> None:
    """What an update and a link of it changed is given back in two writes, one after the other."""
    bench = Bench(folder=tmp_path)
    bench.write("companies.csv", "id,name,about,last", "1,C1,new,end")
    bench.target.hold("companies", "k1", Name="C1", Description="old")
    bench.plan(COMPANIES.replace("about}", "about, Website_Blog: {from: last, write: last}}"))
    bench.apply()
    assert plan_undo(bench) == ["~ k1 {'Website_Blog': None}", "~ k1 {'Description': 'old'}"]
    bench.target.concurrency, bench.target.most_under_way = 4, 0
    assert bench.apply("undo.plan").written == 2
    assert (bench.target.most_under_way, bench.target.held("companies")["k1"]["Description"]) == (1, "old")


def test_deletes_go_one_after_the_other(tmp_path: Path) -> None:
    """However many requests at a time are allowed."""
    bench = undoing(tmp_path, 5)
    bench.target.concurrency = 4
    bench.target.most_under_way = 0
    bench.apply("undo.plan")
    assert (bench.target.most_under_way, bench.target.held("companies")) == (1, {})


def test_what_was_looked_for_is_let_go_of_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the run stays open."""
    opened: list[Doomed] = []

    def make(plan: Plan) -> Doomed:
        opened.append(Doomed(plan))
        return opened[-1]

    bench = undoing(tmp_path)
    monkeypatch.setattr(looked_for, "Doomed", make)
    bench.apply("undo.plan")
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        opened[0].pointers(1)
