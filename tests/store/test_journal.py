"""The journal of a plan: intents before sending, outcomes after, counts that add up, and an id map that remembers."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from store_cases import ACCOUNT, MAPPING, Desk, desk

from migrator.errors import StoreError
from migrator.ports import arm_failpoints
from migrator.store.endings import Attempt, Decision, Ending
from migrator.store.states import State

NOW = "2024-05-06T07:08:09+00:00"
EVERY = ["+ companies/1", "~ companies/2", "+ companies/?new", "+ contacts/1", "& contacts/1"]
APPLIED = Ending(state=State.APPLIED, target_id="c1", outcome="applied", status=200)


def intend(opened: Desk, *labels: str) -> None:
    """Make the intent to send some changes."""
    opened.journal.intend([(opened.change(label), f"hash of {label}") for label in labels])


def close(opened: Desk, label: str, ending: Ending) -> None:
    """Send a change, and journal how it ended."""
    intend(opened, label)
    opened.journal.close(opened.change(label), ending)


def state_of(opened: Desk, label: str) -> State:
    """Tell where a change stands."""
    return opened.journal.state_of(opened.change(label).id)


def test_first_run_begins_its_plan(tmp_path: Path) -> None:
    """The plan is marked as started at the serial that it makes, and the run is told of in full."""
    with desk(tmp_path) as opened:
        assert opened.rows("SELECT state, started FROM plan") == [("STARTED", 1)]
        facts = ("RUNNING", "", NOW, None, "here", 7, "boot-1", "3", "0")
        assert opened.rows("SELECT * FROM run") == [(1, "plan-1", opened.ledger.epoch, *facts)]
        assert (opened.journal.run, opened.ledger.serial) == (1, 1)


def test_first_run_takes_over_what_is_agreed(tmp_path: Path) -> None:
    """Rows that the target held already are in the id map from the first run on."""
    with desk(tmp_path) as opened:
        assert opened.rows(
            "SELECT mapping, account, object, key, target_id, fields, plan FROM written, scope s WHERE s.id=scope"
        ) == [(MAPPING, ACCOUNT, "companies", "4", "k4", '{"Name":"Four"}', 1)]


@pytest.mark.parametrize(
    ("target_id", "fields"), [("k4", '{"About":"ours","Name":"Four"}'), ("other", '{"Name":"Four"}')]
)
def test_what_was_written_earlier_is_remembered_beside_it(tmp_path: Path, target_id: str, fields: str) -> None:
    """Of a field that somebody changed in the target, what we wrote last stays known, for this record only."""
    with desk(tmp_path) as opened:
        earlier = (target_id, '{"About":"ours","Name":"Old"}')
        opened.ledger.db.execute("UPDATE written SET target_id=?, fields=?, plan=0", earlier)
        opened.ledger.db.execute("UPDATE plan SET started=NULL")
        assert opened.begin_again() is True
        assert opened.rows("SELECT target_id, fields FROM written") == [("k4", fields)]


def test_later_run_goes_on(tmp_path: Path) -> None:
    """A second run is not the first, and says of a run that never ended that it was killed."""
    with desk(tmp_path) as opened:
        opened.ledger.db.execute("DELETE FROM written")
        assert opened.begin_again() is False
        assert opened.rows("SELECT id, state, ended FROM run") == [(1, "KILLED", NOW), (2, "RUNNING", None)]
        assert (opened.ledger.serial, opened.rows("SELECT * FROM written")) == (1, [])


def test_resumed_run_returns_what_was_blocked(tmp_path: Path) -> None:
    """What waited for a parent is planned again, since the parent may land now; all else stays as it is."""
    with desk(tmp_path) as opened:
        opened.journal.decide(opened.change("+ contacts/1"), Ending(state=State.BLOCKED, reason="its parent"))
        opened.journal.decide(opened.change("~ companies/2"), Ending(state=State.QUARANTINED, reason="drift"))
        close(opened, "+ companies/1", APPLIED)
        opened.begin_again()
        assert [state_of(opened, label) for label in EVERY] == [
            State.APPLIED, State.QUARANTINED, State.PLANNED, State.PLANNED, State.PLANNED
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "plan"),
    [("DONE", "DONE"), ("DONE_WITH_FINDINGS", "DONE"), ("HALTED", "STARTED"), ("INTERRUPTED", "STARTED")],
)
def test_end_finishes_the_plan_only_if_it_is_done(tmp_path: Path, state: str, plan: str) -> None:
    """A run that halted can be gone on with; one that is done, with findings or without, is the plan's last."""
    with desk(tmp_path) as opened:
        opened.journal.end(state, "why")
        assert opened.rows("SELECT state, reason, ended FROM run") == [(state, "why", NOW)]
        assert opened.rows("SELECT state FROM plan") == [plan]


def test_pending_gives_planned_changes_in_their_order(tmp_path: Path) -> None:
    """From behind a number, up to a limit, and without what something became of."""
    with desk(tmp_path) as opened:
        close(opened, "~ companies/2", APPLIED._replace(target_id="k2"))
        found = [one.seq for one in opened.journal.pending(after=0, limit=10)]
        assert found == [1, 3, 4, 5]
        assert [one.seq for one in opened.journal.pending(after=1, limit=2)] == [3, 4]
        assert opened.journal.pending(after=5, limit=10) == []


def test_intent_is_durable_with_its_attempt(tmp_path: Path) -> None:
    """Another process sees state, hash of the body, boot and times before anything is sent."""
    with desk(tmp_path) as opened:
        intend(opened, "+ companies/1")
        with closing(sqlite3.connect(f"file:{opened.ledger.path}?mode=ro", uri=True)) as db:
            ops = db.execute("SELECT id, seq, object, kind, marker, state, target_id, sha256, run FROM op").fetchall()
            attempts = db.execute("SELECT * FROM attempt").fetchall()
        change = opened.change("+ companies/1")
        marker = "acme/companies/1"
        assert ops == [(change.id, 1, "companies", "create", marker, "INTENT", None, change.sha256, 1)]
        sent = ("hash of + companies/1", "boot-1", 5_000_000_000, NOW)
        assert attempts == [(1, change.seq, 1, opened.ledger.epoch, *sent, None, None, None)]


def test_intents_of_one_transaction_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    """Where one of them cannot be sent, none is."""
    with desk(tmp_path) as opened:
        close(opened, "+ companies/1", APPLIED)
        with pytest.raises(StoreError):
            intend(opened, "+ contacts/1", "+ companies/1")
        assert [state_of(opened, label) for label in EVERY[:4]] == [State.APPLIED, *[State.PLANNED] * 3]
        assert opened.rows("SELECT COUNT(*) FROM attempt") == [1]


def test_full_disk_at_an_intent_leaves_it_planned(tmp_path: Path) -> None:
    """T4: where the intent cannot be made durable there is none, and nothing may be sent."""
    with desk(tmp_path) as opened:
        arm_failpoints("before-commit-intent=enospc")
        with pytest.raises(StoreError) as caught:
            intend(opened, "+ companies/1")
        assert [problem.code for problem in caught.value.problems] == ["E701"]
        assert (state_of(opened, "+ companies/1"), opened.rows("SELECT * FROM attempt")) == (State.PLANNED, [])


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        (APPLIED, ("applied", 200, "")),
        (Ending(state=State.REJECTED, outcome="refused", status=422, reason="no"), ("refused", 422, "no")),
        (Ending(state=State.PLANNED, outcome="not sent", reason="refused"), ("not sent", None, "refused")),
        (Ending(state=State.IN_DOUBT, outcome="in doubt", reason="no answer"), ("in doubt", None, "no answer")),
        (Ending(state=State.QUARANTINED, outcome="gone", status=404, reason="gone"), ("gone", 404, "gone")),
    ],
)
def test_outcome_closes_the_attempt(tmp_path: Path, ending: Ending, outcome: tuple[str, int | None, str]) -> None:
    """State and attempt move together; a quarantine is reached through doubt, as the table of transitions asks."""
    with desk(tmp_path) as opened:
        close(opened, "+ companies/1", ending)
        assert state_of(opened, "+ companies/1") is ending.state
        assert opened.rows("SELECT outcome, status, evidence FROM attempt") == [outcome]
        assert opened.rows("SELECT target_id, reason FROM op") == [(ending.target_id, ending.reason)]


def test_later_outcome_leaves_closed_attempts_alone(tmp_path: Path) -> None:
    """What a second attempt came to is not written over what the first did."""
    with desk(tmp_path) as opened:
        close(opened, "+ companies/1", Ending(state=State.PLANNED, outcome="not sent", reason="refused"))
        close(opened, "+ companies/1", APPLIED)
        assert opened.rows("SELECT n, outcome, evidence FROM attempt") == [
            (1, "not sent", "refused"),
            (2, "applied", ""),
        ]
        assert opened.journal.attempts_of(opened.change("+ companies/1")) == 2


def test_doubt_without_a_word_can_be_settled(tmp_path: Path) -> None:
    """An intent of a killed run has no outcome yet; settling it writes one."""
    with desk(tmp_path) as opened:
        intend(opened, "+ companies/1")
        opened.journal.close(opened.change("+ companies/1"), APPLIED._replace(outcome="adopted"))
        assert opened.rows("SELECT outcome FROM attempt") == ["adopted"]


def test_unsettled_gives_what_nobody_knows_of(tmp_path: Path) -> None:
    """Intents and doubts, each with its last attempt, in the order of the plan."""
    with desk(tmp_path) as opened:
        close(opened, "+ contacts/1", Ending(state=State.IN_DOUBT, outcome="in doubt"))
        close(opened, "+ companies/1", Ending(state=State.PLANNED, outcome="not sent"))
        intend(opened, "+ companies/1")
        close(opened, "~ companies/2", APPLIED._replace(target_id="k2"))
        first, second = opened.journal.unsettled()
        assert (first[0], second[0]) == (opened.change("+ companies/1"), opened.change("+ contacts/1"))
        assert first[1] == Attempt(
            number=2, body_sha256="hash of + companies/1", boot_id="boot-1", boottime_ns=5_000_000_000, wall=NOW
        )
        assert second[1].number == 1


@pytest.mark.parametrize(
    ("state", "expected"),
    [(State.APPLIED, "c1"), (State.IN_DOUBT, None), (State.REJECTED, None), (State.PLANNED, None)],
)
def test_target_is_that_of_a_landed_operation(tmp_path: Path, state: State, expected: str | None) -> None:
    """Nothing may point at a record that is not surely there."""
    with desk(tmp_path) as opened:
        close(opened, "+ companies/1", APPLIED._replace(state=state))
        assert opened.journal.target_of(opened.change("+ companies/1").id) == expected
        assert opened.journal.target_of("none") is None


def test_decision_makes_no_attempt(tmp_path: Path) -> None:
    """What is blocked, drifted or there already was not sent."""
    with desk(tmp_path) as opened:
        opened.journal.decide(opened.change("~ companies/2"), Ending(state=State.NOOP, target_id="k2", reason="same"))
        assert opened.rows("SELECT state, target_id, reason FROM op") == [("NOOP", "k2", "same")]
        assert opened.rows("SELECT * FROM attempt") == []


def test_written_keeps_merged_values(tmp_path: Path) -> None:
    """A later write of some fields leaves what was written to the others; the newest value of each stands."""
    with desk(tmp_path) as opened:
        close(opened, "+ contacts/1", APPLIED._replace(target_id="p1", fields={"LastName": "Ada", "Salary": "1"}))
        close(opened, "& contacts/1", APPLIED._replace(target_id="p1", fields={"Salary": "2", "Tags": ["ä"]}))
        (found,) = opened.ledger.known(MAPPING, ACCOUNT, "contacts")
        assert found[:2] == ("1", "p1")
        assert json.loads(found[2]) == {"LastName": "Ada", "Salary": "2", "Tags": ["ä"]}


@pytest.mark.parametrize("state", [State.REJECTED, State.IN_DOUBT, State.PLANNED])
def test_written_remembers_only_what_landed(tmp_path: Path, state: State) -> None:
    """An id in the map is one that was returned or found, never one that was hoped for."""
    with desk(tmp_path) as opened:
        close(opened, "+ companies/1", APPLIED._replace(state=state, fields={"Name": "One"}))
        assert [key for key, _id, _fields in opened.ledger.known(MAPPING, ACCOUNT, "companies")] == ["4"]


def test_written_remembers_what_was_there_already(tmp_path: Path) -> None:
    """A record that stood as planned is in the id map as well."""
    with desk(tmp_path) as opened:
        ending = Ending(state=State.NOOP, target_id="k2", fields={"Name": "Two"})
        opened.journal.decide(opened.change("~ companies/2"), ending)
        assert next(opened.ledger.known(MAPPING, ACCOUNT, "companies")) == ("2", "k2", '{"Name":"Two"}')


def test_journal_keeps_what_writes_found_and_left(tmp_path: Path) -> None:
    """Of what was written and of what is in quarantine there is an image; of what was there already there is none."""
    with desk(tmp_path) as opened:
        close(opened, "~ companies/2", APPLIED._replace(target_id="k2", fields={"Name": "Two"}))
        opened.journal.decide(opened.change("+ companies/?new"), Ending(state=State.NOOP, target_id="k7"))
        opened.journal.decide(opened.change("& contacts/1"), Ending(state=State.QUARANTINED, reason="drift"))
        assert opened.rows("SELECT key, target, parent, before, after FROM image ORDER BY target") == [
            ("2", "companies", None, '{"Name":"Zwei"}', '{"Name":"Two"}'),
            ("1", "contacts", None, "{}", "{}"),
        ]
        assert opened.rows("SELECT plan_id, json_extract(header, '$.mapping.name') FROM origin") == [("plan-1", "acme")]


def test_counts_add_up_to_the_plan(tmp_path: Path) -> None:
    """Whatever became of some, the states sum up to all operations; those never touched are planned."""
    with desk(tmp_path) as opened:
        assert opened.journal.counts() == {State.PLANNED: 5}
        close(opened, "+ companies/1", APPLIED)
        close(opened, "+ companies/?new", Ending(state=State.PLANNED, outcome="not sent"))
        intend(opened, "+ contacts/1")
        opened.journal.decide(opened.change("~ companies/2"), Ending(state=State.QUARANTINED))
        counts = {State.APPLIED: 1, State.INTENT: 1, State.QUARANTINED: 1, State.PLANNED: 2}
        assert opened.journal.counts() == counts


def test_newest_applied_is_the_last_create_of_its_object(tmp_path: Path) -> None:
    """The canary is a create, landed, of the object that is asked for; its wall time is that of its last attempt."""
    with desk(tmp_path) as opened:
        assert (opened.journal.newest_applied("companies"), opened.journal.newest_walls("companies")) == (None, [])
        close(opened, "+ companies/1", APPLIED)
        opened.clock.seconds = 1
        close(opened, "+ companies/?new", Ending(state=State.PLANNED, outcome="not sent"))
        opened.clock.seconds = 2
        close(opened, "+ companies/?new", APPLIED._replace(target_id="c2"))
        close(opened, "~ companies/2", APPLIED._replace(target_id="k2"))
        assert opened.journal.newest_applied("companies") == ("c2", "acme/companies/?new")
        assert opened.journal.newest_walls("companies") == ["2024-05-06T07:08:11+00:00"]
        assert opened.journal.newest_applied("contacts") is None


def test_checkpoint_folds_the_log_in(tmp_path: Path) -> None:
    """After it the ledger's own file holds what the log held."""
    with desk(tmp_path) as opened:
        close(opened, "+ companies/1", APPLIED)
        opened.journal.checkpoint()
        shutil.copyfile(opened.ledger.path, tmp_path / "alone.sqlite")
    with closing(sqlite3.connect(tmp_path / "alone.sqlite")) as db:
        assert db.execute("SELECT state FROM op").fetchall() == [("APPLIED",)]


def test_answer_of_some_closes_their_attempts_only(tmp_path: Path) -> None:
    """What went in another call, and stands between them in the plan, is still without its answer."""
    with desk(tmp_path) as opened:
        intend(opened, "+ companies/1", "~ companies/2", "+ companies/?new")
        opened.journal.close_all([(opened.change(label), APPLIED) for label in ("+ companies/1", "+ companies/?new")])
        assert opened.rows("SELECT seq, outcome FROM attempt") == [(1, "applied"), (2, None), (3, "applied")]


def test_one_answer_for_all_closes_all_attempts(tmp_path: Path) -> None:
    """A call of several has one answer; attempts before it keep theirs."""
    with desk(tmp_path) as opened:
        close(opened, "~ companies/2", Ending(state=State.PLANNED, outcome="not sent"))
        labels = ("+ companies/1", "~ companies/2", "+ companies/?new")
        intend(opened, *labels)
        opened.journal.close_all([(opened.change(label), APPLIED) for label in labels])
        assert opened.rows("SELECT seq, outcome, status FROM attempt ORDER BY seq, n") == [
            (1, "applied", 200), (2, "not sent", None), (2, "applied", 200), (3, "applied", 200)
        ]  # fmt: skip


def test_answers_that_differ_close_their_own_attempts(tmp_path: Path) -> None:
    """What became of one record of a call is not said of another."""
    with desk(tmp_path) as opened:
        intend(opened, "+ companies/1", "~ companies/2")
        refused = Ending(state=State.REJECTED, outcome="refused", status=422, reason="no")
        opened.journal.close_all([(opened.change("+ companies/1"), APPLIED), (opened.change("~ companies/2"), refused)])
        assert opened.rows("SELECT outcome, status, evidence FROM attempt") == [
            ("applied", 200, ""),
            ("refused", 422, "no"),
        ]


def test_endings_that_differ_move_their_own_operations(tmp_path: Path) -> None:
    """Each operation of a call gets its state, its id and its words, and no other operation does."""
    with desk(tmp_path) as opened:
        intend(opened, *EVERY[:4])
        refused = Ending(state=State.REJECTED, outcome="refused", reason="no")
        endings = [APPLIED, refused, APPLIED._replace(target_id="c3")]
        opened.journal.close_all(list(zip(map(opened.change, EVERY[:3]), endings, strict=True)))
        assert opened.rows("SELECT seq, state, target_id, reason FROM op ORDER BY seq") == [
            (1, "APPLIED", "c1", ""),
            (2, "REJECTED", None, "no"),
            (3, "APPLIED", "c3", ""),
            (4, "INTENT", None, ""),
        ]


def test_one_ending_that_may_not_be_leaves_all_as_they_were(tmp_path: Path) -> None:
    """The database refuses the whole."""
    with desk(tmp_path) as opened:
        intend(opened, *EVERY[:2])
        endings = [APPLIED, Ending(state=State.VERIFIED, outcome="applied")]
        with pytest.raises(StoreError, match="illegal transition"):
            opened.journal.close_all(list(zip(map(opened.change, EVERY[:2]), endings, strict=True)))
        assert opened.rows("SELECT state FROM op") == ["INTENT", "INTENT"]


def test_image_is_that_of_what_was_written_in_the_end(tmp_path: Path) -> None:
    """An operation that was in quarantine and is sent again after all leaves what it wrote then."""
    with desk(tmp_path) as opened:
        change = opened.change("~ companies/2")
        opened.journal.decide(change, Ending(state=State.QUARANTINED, reason="drift"))
        again = Decision(ending=Ending(state=State.PLANNED), who="ada", why="")
        opened.journal.resolve(change, again, lambda _change: True)
        close(opened, "~ companies/2", APPLIED._replace(target_id="k2", fields={"Name": "Two"}))
        assert opened.rows("SELECT before, after FROM image") == [('{"Name":"Zwei"}', '{"Name":"Two"}')]
