"""What one operation goes through: T1 to T9 of the protocol, judged by what the CRM saw."""

from pathlib import Path

import pytest
from apply_cases import COMPANIES, FRIENDS, Bench, companies, people, updates
from practice_target import GONE, LOST, REFUSED, THROTTLED, UNANSWERED, UNAUTHORISED, UNSENT, Act

from migrator.errors import Problem
from migrator.executor.result import Event, Phase, Stop
from migrator.ports import arm_failpoints
from migrator.records import Write
from migrator.store.states import State


def test_plan_is_written_parents_first(tmp_path: Path) -> None:
    """Companies, then people, then the link of one to herself; each once, with the ids that the CRM gave."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    result = bench.apply()
    assert (result.state, result.written, result.exit_code, result.problem) == ("DONE", 7, 0, None)
    assert bench.target.seen("+~") == [
        "+ companies/1", "+ companies/2", "+ contacts/1", "+ contacts/2", "+ contacts/3", "+ contacts/4",
        "~ contacts/c3",
    ]  # fmt: skip
    held = bench.target.held("contacts")
    assert {one["LastName"]: one.get("CurrentPosition_Company_Id") for one in held.values()} == {
        "Ada": "c1", "Bob": "c2", "Cyd": "c1", "Dan": None
    }  # fmt: skip
    assert held["c3"]["RelatedContact_Other_Id"] == "c3"


def test_applied_operation_keeps_the_id_that_was_returned(tmp_path: Path) -> None:
    """T6: the id of the answer stands in the journal and in the id map, with the fields that were written."""
    bench = companies(tmp_path, 1)
    bench.apply()
    with bench.reading() as db:
        assert db.execute("SELECT state, target_id, kind, marker FROM op").fetchall() == [
            ("APPLIED", "c1", "create", "acme/companies/1")
        ]
        assert db.execute("SELECT outcome, status FROM attempt").fetchall() == [("applied", 200)]
        fields = '{"Description":"new","ExternalPrimaryKey":"acme/companies/1","Name":"C1"}'
        assert db.execute("SELECT key, target_id, fields FROM written").fetchall() == [("1", "c1", fields)]


def test_intent_is_durable_before_each_write(tmp_path: Path) -> None:
    """T3: the CRM itself looks into the ledger at every write, as another process, and finds the intent there."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    bench.target.script = [UNSENT, LOST, THROTTLED, UNANSWERED]
    bench.apply()
    assert bench.checked == len(bench.target.seen("+~")) == 10


def test_intent_of_another_body_is_no_intent(tmp_path: Path) -> None:
    """The look into the ledger is one that can fail."""
    bench = companies(tmp_path, 1)
    bench.target.on_write = lambda write: bench.check_intent(write._replace(fields={"Name": "other"}))
    with pytest.raises(ExceptionGroup):
        bench.apply()


def test_refused_parent_blocks_only_what_points_at_it(tmp_path: Path) -> None:
    """T1: two of four people work for the refused company; they are not sent, and say which operation they lack."""
    bench = people(tmp_path)
    bench.target.script = [REFUSED]
    result = bench.apply()
    assert bench.states() == {
        "+ companies/1": "REJECTED", "+ companies/2": "APPLIED", "+ contacts/1": "BLOCKED", "+ contacts/2": "APPLIED",
        "+ contacts/3": "BLOCKED", "+ contacts/4": "APPLIED",
    }  # fmt: skip
    assert bench.target.seen("+") == ["+ companies/1", "+ companies/2", "+ contacts/2", "+ contacts/4"]
    with bench.reading() as db:
        (parent,) = db.execute("SELECT id FROM op WHERE state='REJECTED'").fetchone()
    assert bench.reasons() == ["Name is too long", *[f"the record it points at is REJECTED ({parent})"] * 2]
    assert (result.state, result.exit_code) == ("DONE_WITH_FINDINGS", 5)


def test_blocked_operation_blocks_in_its_turn(tmp_path: Path) -> None:
    """A link needs both ends: the one whose own record is blocked is blocked as well."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    bench.target.script = [REFUSED]
    bench.apply()
    assert bench.states()["& contacts/1"] == "BLOCKED"
    assert bench.target.seen("~") == []


def test_parent_in_doubt_is_waited_for(tmp_path: Path) -> None:
    """What points at an operation in doubt is sent in the same run, after that one is settled."""
    bench = people(tmp_path)
    bench.target.script = [UNANSWERED]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?") == [
        "+ companies/1", "+ companies/2", "+ contacts/2", "+ contacts/4", "? companies 16", "+ contacts/1",
        "+ contacts/3",
    ]  # fmt: skip


def test_drift_is_quarantined_and_not_overwritten(tmp_path: Path) -> None:
    """T2: a field that we would write was changed after planning; the edit stays, the others go on."""
    bench = updates(tmp_path, 2)
    bench.target.edit("k1", Description="by hand")
    result = bench.apply()
    assert bench.target.held("companies")["k1"]["Description"] == "by hand"
    assert bench.target.seen("~=.") == [". companies/k1", ". companies/k2", "~ companies/k2", "= companies/k2"]
    assert bench.states() == {"~ companies/1": "QUARANTINED", "~ companies/2": "APPLIED"}
    assert bench.reasons() == ["drift: Description changed in the target after planning"]
    assert (result.state, result.exit_code) == ("DONE_WITH_FINDINGS", 5)


def test_edit_of_another_field_is_no_drift(tmp_path: Path) -> None:
    """What we do not write is a person's own business."""
    bench = updates(tmp_path, 1)
    bench.target.edit("k1", Website_Business="https://example.org")
    assert bench.apply().state == "DONE"
    assert bench.target.held("companies")["k1"] == {
        "Name": "C1", "Description": "new", "Website_Business": "https://example.org"
    }  # fmt: skip


def test_record_that_stands_as_planned_is_not_written(tmp_path: Path) -> None:
    """T2: somebody made the very change; nothing is sent, and the id map knows the record."""
    bench = updates(tmp_path, 1)
    bench.target.edit("k1", Description="new")
    result = bench.apply()
    assert (bench.states(), result.state, result.written) == ({"~ companies/1": "NOOP"}, "DONE", 0)
    assert bench.target.seen("+~=") == []
    with bench.reading() as db:
        assert db.execute("SELECT target_id FROM written").fetchall() == [("k1",)]


def test_record_that_is_gone_is_quarantined(tmp_path: Path) -> None:
    """T2: a record that was deleted after planning is not made anew."""
    bench = updates(tmp_path, 1)
    bench.target.remove("k1")
    bench.apply()
    assert (bench.states(), bench.target.seen("+~=")) == ({"~ companies/1": "QUARANTINED"}, [])
    assert bench.reasons() == ["drift: the target no longer has k1"]


def test_record_that_goes_while_it_is_written_is_quarantined(tmp_path: Path) -> None:
    """A 404 for the update of a record that was just read: nobody knows, and nothing is repeated."""
    bench = updates(tmp_path, 1)
    bench.target.script = [Act(commits=False, answer=GONE)]
    result = bench.apply()
    assert (bench.states(), result.exit_code) == ({"~ companies/1": "QUARANTINED"}, 5)
    assert (bench.attempts(), bench.reasons()) == (["gone"], ["there is no such record"])


def test_link_is_compared_before_it_is_set(tmp_path: Path) -> None:
    """A person who set the reference between create and link is not overwritten."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    bench.target.on_write = lambda write: (
        bench.target.edit("c3", RelatedContact_Other_Id="x9") if write.fields.get("LastName") == "Dan" else None
    )
    bench.apply()
    assert bench.states()["& contacts/1"] == "QUARANTINED"
    assert bench.target.held("contacts")["c3"]["RelatedContact_Other_Id"] == "x9"


def test_full_disk_at_the_intent_halts_before_sending(tmp_path: Path) -> None:
    """T4: the second intent cannot be made durable, nor the outcome in the same commit: nothing more is sent.

    The next run reads before it sends.
    """
    bench = companies(tmp_path)
    arm_failpoints("before-commit-intent=enospc@2")
    result = bench.apply()
    fact = "the disk is full or fails: no space left on device (failpoint)"
    hint = "free some space and run the same command again; nothing is lost"
    assert result.problem == Problem(code="E701", place=str(bench.ledger), fact=fact, hint=hint)
    assert (result.state, result.exit_code, bench.target.seen("+")) == ("HALTED", 7, ["+ companies/1"])
    assert list(bench.states().values()) == ["INTENT", "PLANNED", "PLANNED"]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?") == ["+ companies/1", "? companies 16", "+ companies/2", "+ companies/3"]


def test_full_disk_at_the_outcome_is_read_before_sending_again(tmp_path: Path) -> None:
    """The answer could not be journalled: the intent stands, and the next run finds the record."""
    bench = companies(tmp_path)
    arm_failpoints("before-commit-outcome=enospc@2")
    assert bench.apply().exit_code == 7
    assert list(bench.states().values()) == ["APPLIED", "INTENT", "PLANNED"]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?") == ["+ companies/1", "+ companies/2", "? companies 16", "+ companies/3"]


def test_write_that_was_proved_not_sent_is_sent_again(tmp_path: Path) -> None:
    """T5: no byte went out, so it is sent again without a read, as an attempt of its own."""
    bench = companies(tmp_path, 1)
    bench.target.script = [UNSENT, UNSENT]
    assert bench.apply().state == "DONE"
    assert bench.attempts() == ["not sent", "not sent", "applied"]
    assert bench.target.seen("+=?") == [*["+ companies/1"] * 3, "= companies/c1"]


def test_other_body_is_not_sent_for_the_same_operation(tmp_path: Path) -> None:
    """What is sent again is what was sent, byte for byte; else the run halts before it."""
    bench = companies(tmp_path, 1)
    bench.target.script = [UNSENT]
    bench.apply(stop=stopped_after(bench, 1))
    bench.edit_ledger("DROP TRIGGER attempt_closed", "UPDATE attempt SET body_sha256='other'")
    result = bench.apply()
    fact = "companies:1 would be sent otherwise than it was sent before"
    hint = "plan again; what is sent again is byte for byte what was sent"
    assert result.problem == Problem(code="E602", place="acme.plan", fact=fact, hint=hint)
    assert (bench.target.seen("+"), bench.states()) == (["+ companies/1"], {"+ companies/1": "PLANNED"})


def stopped_after(bench: Bench, writes: int) -> Stop:
    """Ask a run to end at a write."""
    stop = Stop()

    def ask(_write: Write) -> None:
        if len(bench.target.seen("+")) == writes:
            stop.ask()

    bench.target.on_write = ask
    return stop


def test_refusal_is_final(tmp_path: Path) -> None:
    """T7: what the CRM refuses is not sent again, and its words are kept."""
    bench = companies(tmp_path, 2)
    bench.target.script = [REFUSED]
    result = bench.apply()
    assert (bench.attempts(), bench.reasons()) == (["refused", "applied"], ["Name is too long"])
    assert result.counts[State.REJECTED] == 1
    assert Event(phase=Phase.REJECTED, object="companies", text="companies.csv:2 Name is too long") in bench.told
    assert bench.target.seen("+=?") == ["+ companies/1", "+ companies/2", "= companies/c1"]


def test_key_that_is_refused_halts_the_run(tmp_path: Path) -> None:
    """T7: nothing more is sent after a 401; with a good key the next run goes on where it stopped."""
    bench = companies(tmp_path)
    bench.target.script = [Act(), Act(commits=False, answer=UNAUTHORISED)]
    result = bench.apply()
    assert str(result.problem) == "crelate: E902 not authorised (401) (regenerated?)"
    assert (result.state, result.exit_code) == ("HALTED", 9)
    assert list(bench.states().values()) == ["APPLIED", "PLANNED", "PLANNED"]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+=") == [
        "+ companies/1", "= companies/c1", "+ companies/2", "+ companies/2", "= companies/c2", "+ companies/3",
        "= companies/c3",
    ]  # fmt: skip


def test_busy_target_is_waited_for(tmp_path: Path) -> None:
    """T8: a 429 is proof that nothing was written; it is told, and the write goes again when the time has come."""
    bench = companies(tmp_path, 1)
    bench.target.script = [THROTTLED]
    assert bench.apply().state == "DONE"
    assert bench.attempts() == ["not applied", "applied"]
    assert Event(phase=Phase.THROTTLED, text="waiting 7 s: 429 from the target") in bench.told
    first, second = bench.target.moments("+ companies/1")
    assert second - first >= 7.0


def test_write_without_an_answer_is_read_and_not_repeated(tmp_path: Path) -> None:
    """T9 and T10: the record is found by its marker and adopted."""
    bench = companies(tmp_path, 2)
    bench.target.script = [UNANSWERED]
    result = bench.apply()
    assert (result.state, result.written) == ("DONE", 1)
    assert bench.target.seen("+?") == ["+ companies/1", "+ companies/2", "? companies 16"]
    assert (bench.attempts(), bench.reasons()) == (["in doubt", "applied"], ["adopted: found by its marker"])
    with bench.reading() as db:
        assert db.execute("SELECT key, target_id FROM written ORDER BY key").fetchall() == [("1", "c1"), ("2", "c2")]


def test_death_of_the_process_is_doubt(tmp_path: Path) -> None:
    """T9: an intent that nobody closed is read before anything is sent, whether the write took effect or not."""
    bench = companies(tmp_path)
    bench.target.script = [Act(dies=True)]
    bench.apply_and_die()
    bench.target.script = [Act(commits=False, dies=True)]
    bench.apply_and_die()
    assert list(bench.states().values()) == ["APPLIED", "INTENT", "PLANNED"]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+=?") == [
        "+ companies/1", "= companies/c1", "? companies 16", "+ companies/2", "? companies 16", "? companies 16",
        "+ companies/2", "= companies/c2", "+ companies/3", "= companies/c3",
    ]  # fmt: skip
    with bench.reading() as db:
        assert [state for (state,) in db.execute("SELECT state FROM run ORDER BY id")] == ["KILLED", "KILLED", "DONE"]
