"""What a person decides about operations in quarantine: T15 of the protocol, and what it frees."""

import sqlite3
from pathlib import Path

import pytest
from apply_cases import COMPANIES, FRIENDS, Bench, companies, people, updates
from practice_target import DONE, REFUSED, UNANSWERED, Act

from migrator.errors import PlanError
from migrator.records import Action
from migrator.store.states import State

TWICE = Act(answer=UNANSWERED.answer, copies=2)


def refusal(bench: Bench, op: str, state: State, adopt: str = "") -> str:
    """Give the words with which a decision is refused; nothing is decided."""
    before = bench.states()
    with pytest.raises(PlanError) as caught:
        bench.decide(op, state, adopt)
    assert (bench.states(), decisions(bench), caught.value.exit_code) == (before, [], 6)
    return str(caught.value)


def decisions(bench: Bench) -> list[tuple[str, ...]]:
    """Give what the ledger keeps of decisions, but for the ids."""
    with bench.reading() as db:
        return db.execute("SELECT who, why, state, evidence FROM decision").fetchall()


def in_quarantine(folder: Path) -> Bench:
    """Make two companies and their people, of whom the first company landed twice: a person must decide."""
    bench = people(folder)
    bench.target.script = [TWICE]
    assert bench.apply().exit_code == 5
    assert bench.states()["+ companies/1"] == "QUARANTINED"
    assert (bench.states()["+ contacts/1"], bench.states()["+ contacts/3"]) == ("BLOCKED", "BLOCKED")
    return bench


def test_adopted_record_is_read_and_frees_what_waited(tmp_path: Path) -> None:
    """One of two is named: it stands in the id map, the people go out at the next apply, and who decided is kept."""
    bench = in_quarantine(tmp_path)
    bench.target.history.clear()
    assert bench.decide("companies:1", State.APPLIED, "c2", why="the first is a mistake").key == "1"
    assert bench.target.seen(".+~?") == [". companies/c2"]
    assert bench.states() == {
        "+ companies/1": "APPLIED", "+ companies/2": "APPLIED", "+ contacts/1": "PLANNED", "+ contacts/2": "APPLIED",
        "+ contacts/3": "PLANNED", "+ contacts/4": "APPLIED",
    }  # fmt: skip
    said = "adopted by ada@desk: the first is a mistake"
    assert decisions(bench) == [("ada@desk", "the first is a mistake", "APPLIED", said)]
    assert bench.apply().state == "DONE"
    held = bench.target.held("contacts").values()
    assert {one["LastName"]: one.get("CurrentPosition_Company_Id") for one in held}["Ada"] == "c2"


def test_operation_is_named_by_its_id_too(tmp_path: Path) -> None:
    """The id that reports show is as good as object and key."""
    bench = in_quarantine(tmp_path)
    with bench.reading() as db:
        (op_id,) = db.execute("SELECT id FROM op WHERE state='QUARANTINED'").fetchone()
    assert bench.decide(op_id, State.APPLIED, "c1").id == op_id
    assert bench.states()["+ companies/1"] == "APPLIED"


def test_adopted_record_that_differs_is_told(tmp_path: Path) -> None:
    """What a person changed stays, is named, and is not remembered as ours."""
    bench = companies(tmp_path, 1)
    bench.target.script = [Act(answer=UNANSWERED.answer, stored={"Description": "by hand"})]
    bench.apply()
    bench.decide("companies:1", State.APPLIED, "c1")
    assert bench.reasons() == ["adopted by ada@desk; Description: not as planned"]
    with bench.reading() as db:
        (fields,) = db.execute("SELECT fields FROM written").fetchone()
    assert fields == '{"ExternalPrimaryKey":"acme/companies/1","Name":"C1"}'


def test_plan_whose_last_question_is_answered_stays_done(tmp_path: Path) -> None:
    """Nothing is left to send: the plan is used up, and applying it is refused."""
    bench = companies(tmp_path, 1)
    bench.target.script = [TWICE]
    bench.apply()
    bench.decide("companies:1", State.APPLIED, "c1")
    with pytest.raises(PlanError, match="E605"):
        bench.apply()


def test_operation_that_was_not_applied_is_sent_again(tmp_path: Path) -> None:
    """It goes back to where it was planned, and the next apply brings the plan to its end."""
    bench = people(tmp_path)
    bench.target.script = [Act(answer=UNANSWERED.answer, stored={"Name": "Other"})]
    bench.apply()
    bench.target.remove("c1")
    bench.decide("companies:1", State.PLANNED)
    assert bench.states()["+ companies/1"] == bench.states()["+ contacts/1"] == "PLANNED"
    assert bench.apply().state == "DONE"
    assert sorted(one["Name"] for one in bench.target.held("companies").values()) == ["One", "Two"]


def test_decision_about_a_stale_plan_does_not_open_it(tmp_path: Path) -> None:
    """Another plan was applied since: the old one is not applied again, and its file may be planned over."""
    bench = companies(tmp_path, 1)
    bench.target.script = [TWICE]
    bench.apply()
    bench.plan(COMPANIES, name="next.plan")
    bench.apply("next.plan")
    bench.decide("companies:1", State.PLANNED)
    with pytest.raises(PlanError, match="E605"):
        bench.apply()
    bench.plan(COMPANIES)


def test_skipped_operation_leaves_its_children_blocked(tmp_path: Path) -> None:
    """What points at a record that is left out can never be sent; the plan stays at its end."""
    bench = in_quarantine(tmp_path)
    bench.decide("companies:1", State.SKIPPED)
    assert (bench.states()["+ companies/1"], bench.states()["+ contacts/1"]) == ("SKIPPED", "BLOCKED")
    with pytest.raises(PlanError, match="E605"):
        bench.apply()


def test_child_of_two_waits_for_the_other(tmp_path: Path) -> None:
    """What is also blocked by a refused record stays blocked when its other parent is decided."""
    bench = Bench(folder=tmp_path)
    bench.write("companies.csv", "id,name,about", "1,One,x")
    bench.write("people.csv", "id,last,company,friend", "1,Ada,1,2", "2,Bob,,")
    bench.plan(COMPANIES + FRIENDS)
    bench.target.script = [TWICE, REFUSED]
    bench.apply()
    assert bench.states()["+ contacts/1"] == "BLOCKED"
    bench.decide("companies:1", State.APPLIED, "c1")
    assert bench.states() == {"+ companies/1": "APPLIED", "+ contacts/2": "REJECTED", "+ contacts/1": "BLOCKED"}


def test_drifted_update_may_be_sent_over_what_stands_there(tmp_path: Path) -> None:
    """Decided as not applied, it is held against the before-image again: the person's edit must be gone first."""
    bench = updates(tmp_path, 1)
    bench.target.edit("k1", Description="by hand")
    bench.apply()
    bench.decide("companies:1", State.PLANNED)
    assert bench.apply().exit_code == 5
    assert bench.states() == {"~ companies/1": "QUARANTINED"}
    bench.target.edit("k1", Description="old")
    bench.decide("companies:1", State.PLANNED)
    assert (bench.apply().state, bench.target.held("companies")["k1"]["Description"]) == ("DONE", "new")


AGAIN = "name the id of the record that is this row"


@pytest.mark.parametrize(
    ("op", "adopt", "said"),
    [
        ("companies:1", "c9", f"acme.plan: E624 the target has no companies c9 ({AGAIN})"),
        ("companies:1", "c3", f"acme.plan: E624 c3 bears the marker acme/companies/2, not acme/companies/1 ({AGAIN})"),
        ("companies:1", "k7", f"acme.plan: E624 k7 is the record of companies:7 ({AGAIN})"),
        (
            "companies:2",
            "c1",
            (
                "acme.plan: E623 'companies:2' is APPLIED, not in quarantine"
                " ('migrator resolve acme.plan' lists what waits for a decision)"
            ),
        ),
        (
            "companies:9",
            "c1",
            (
                "acme.plan: E623 no operation 'companies:9' in this plan"
                " ('migrator resolve acme.plan' lists what waits for a decision)"
            ),
        ),
    ],
)
def test_record_that_is_another_ones_is_not_adopted(tmp_path: Path, op: str, adopt: str, said: str) -> None:
    """Gone, marked for another row, or written by another row of the plan; and what waits for nobody is not decided."""
    bench = companies(tmp_path, 7)
    bench.target.script = [TWICE, *[DONE] * 6]
    bench.apply()
    bench.target.hold("companies", "k7", Name="C7")
    with sqlite3.connect(bench.ledger) as db:
        db.execute("UPDATE op SET target_id='k7' WHERE seq=7")
    db.close()
    assert refusal(bench, op, State.APPLIED, adopt) == said


def test_update_is_adopted_as_its_own_record_only(tmp_path: Path) -> None:
    """An update was about one record; a person who wrote it by hand may say so of that one."""
    bench = updates(tmp_path, 2)
    bench.target.edit("k1", Description="by hand")
    bench.apply()
    said = f"acme.plan: E624 the operation is about k1, not k2 ({AGAIN})"
    assert refusal(bench, "companies:1", State.APPLIED, "k2") == said
    change = bench.decide("companies:1", State.APPLIED, "k1")
    assert (change.action, bench.states()["~ companies/1"]) == (Action.UPDATE, "APPLIED")


def test_other_account_is_not_asked_for_a_record(tmp_path: Path) -> None:
    """An id of another account proves nothing."""
    bench = in_quarantine(tmp_path)
    bench.target.account = "e" * 64
    assert refusal(bench, "companies:1", State.APPLIED, "c1").startswith("acme.plan: E609 ")


def test_decision_of_an_edited_plan_is_refused(tmp_path: Path) -> None:
    """What was edited is not what was sent."""
    bench = in_quarantine(tmp_path)
    bench.edit_plan("UPDATE record SET cells='[]'")
    assert refusal(bench, "companies:1", State.SKIPPED).startswith("acme.plan: E602 ")


def test_decisions_are_never_changed(tmp_path: Path) -> None:
    """Who decided what stays in the ledger, whatever comes after."""
    bench = companies(tmp_path, 1)
    bench.target.script = [TWICE]
    bench.apply()
    bench.decide("companies:1", State.SKIPPED)
    with sqlite3.connect(bench.ledger) as db:
        for statement in ("UPDATE decision SET who='bob'", "DELETE FROM decision"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)
    db.close()
