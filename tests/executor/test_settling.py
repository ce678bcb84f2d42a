"""What is in doubt, and how a read of the CRM decides it: T10 to T12 of the protocol, judged by what the CRM saw."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from apply_cases import COMPANIES, FRIENDS, Bench, companies, notes, people, updates
from practice_target import DONE, LIKELY_REFUSED, LOST, REFUSED, THROTTLED, UNANSWERED, Act, FakeClock, Killed

from migrator.errors import Problem, TargetError
from migrator.executor.result import Event, Phase, RunResult, Stop

SETTLE = 20.0
LAG = 4.0
DIES = Act(dies=True)


def apply_to_the_end(bench: Bench) -> RunResult:
    """Apply again and again, until the plan has come to its end."""
    for _run in range(6):
        result = bench.apply()
        if result.exit_code in {0, 5}:
            return result
    raise AssertionError(bench.states())


def first_read(bench: Bench, name: str = "companies") -> float:
    """Tell when an object was first listed."""
    return next(entry.moment for entry in bench.target.history if entry.text.startswith(f"? {name}"))


def test_doubt_is_settled_after_the_settle_time(tmp_path: Path) -> None:
    """Nothing is read before anything that was sent must have landed, and the wait is told once."""
    bench = companies(tmp_path, 1)
    bench.target.script = [UNANSWERED]
    bench.apply()
    assert first_read(bench) - bench.target.moments("+ companies/1")[0] == SETTLE
    text = "1 write without an answer; the target is read in 20 s, before anything is sent"
    assert [event for event in bench.told if event.phase is Phase.SETTLING] == [
        Event(phase=Phase.SETTLING, total=1, text=text)
    ]


def test_settle_time_counts_from_the_last_attempt(tmp_path: Path) -> None:
    """Of several doubts the one that was sent last decides how long is waited; all are settled by one list."""
    bench = companies(tmp_path, 4)
    bench.target.script = [UNANSWERED, Act(), UNANSWERED]
    bench.target.on_write = lambda _write: setattr(bench.clock, "seconds", bench.clock.seconds + 3)
    bench.apply()
    assert bench.target.seen("?") == ["? companies 16"]
    assert first_read(bench) - bench.target.moments("+ companies/3")[0] == SETTLE
    assert bench.told[-2].text == "2 writes without an answer; the target is read in 14 s, before anything is sent"


def restarted(clock: FakeClock) -> None:
    """Boot the machine anew."""
    clock.restart()


def set_back(clock: FakeClock) -> None:
    """Let the same boot have a clock that went back."""
    clock.boot_offset = -500.0


def nameless(clock: FakeClock) -> None:
    """Let the platform not name its boots."""
    clock.boot = ""


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (lambda _clock: None, SETTLE),
        (restarted, SETTLE + 5),
        (set_back, SETTLE + 5),
        (nameless, SETTLE + 5),
        (lambda clock: setattr(clock, "seconds", clock.seconds + 100), 105.0),
    ],
    ids=["same boot", "other boot", "clock set back", "nameless boot", "long ago"],
)
def test_settle_time_survives_a_death(tmp_path: Path, happens: Callable[[FakeClock], None], expected: float) -> None:
    """The rest of it on the same boot, five seconds later; all of it anew where boot times cannot be compared."""
    bench = companies(tmp_path, 1)
    bench.target.script = [DIES]
    bench.apply_and_die()
    bench.clock.seconds += 5
    happens(bench.clock)
    bench.apply()
    assert first_read(bench) - bench.target.moments("+ companies/1")[0] == expected
    assert bench.target.seen("+") == ["+ companies/1"]


def test_wait_that_is_over_is_not_told(tmp_path: Path) -> None:
    """Where the settle time passed before the run began, it begins to read at once."""
    bench = companies(tmp_path, 1)
    bench.target.script = [DIES]
    bench.apply_and_die()
    bench.clock.seconds += SETTLE
    bench.apply()
    assert (bench.clock.slept, [event for event in bench.told if event.phase is Phase.SETTLING]) == ([], [])


def test_absent_record_is_sent_again_after_two_reads(tmp_path: Path) -> None:
    """T11: two complete lists, at least the lag apart, do not show it; only then it goes out once more."""
    bench = companies(tmp_path, 2)
    bench.target.script = [LOST]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?") == [
        "+ companies/1", "+ companies/2", "? companies 16", "? companies 16", "+ companies/1"
    ]  # fmt: skip
    first, second = bench.target.moments("? companies 16")
    assert second - first >= LAG
    assert bench.attempts() == ["in doubt", "applied", "applied"]


@pytest.mark.parametrize("late", [1.0, 19.0, 22.0])
def test_late_commit_is_found_and_not_doubled(tmp_path: Path, late: float) -> None:
    """A write that lands after we gave up on it is found by the first list, or at the latest by the second."""
    bench = companies(tmp_path, 2)
    bench.target.script = [Act(late_seconds=late, answer=UNANSWERED.answer)]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+") == ["+ companies/1", "+ companies/2"]
    assert len(bench.target.held("companies")) == 2


@pytest.mark.parametrize(("read_lag", "lists"), [(4.0, 1), (21.0, 2)])
def test_lists_that_lag_behind_are_read_again(tmp_path: Path, read_lag: float, lists: int) -> None:
    """A record that the first list does not show yet is in the next one."""
    bench = companies(tmp_path, 2)
    bench.target.read_lag = read_lag
    bench.target.script = [UNANSWERED]
    assert bench.apply().state == "DONE"
    assert (bench.target.seen("+"), len(bench.target.seen("?"))) == (["+ companies/1", "+ companies/2"], lists)


@pytest.mark.parametrize(("spoilt", "lists"), [(1, ["16", ""]), (2, ["16", "", ""])])
def test_list_without_the_canary_is_read_again(tmp_path: Path, spoilt: int, lists: list[str]) -> None:
    """A list that does not show the newest record known to exist proves nothing; from then on all is read."""
    bench = companies(tmp_path, 2)
    bench.target.script = [Act(), UNANSWERED]
    bench.target.hidden = {"c1": spoilt}
    assert bench.apply().state == "DONE"
    assert bench.target.seen("?") == [f"? companies {minutes}".strip() for minutes in lists]
    moments = [entry.moment for entry in bench.target.history if entry.text[0] == "?"]
    assert all(later - earlier >= LAG for earlier, later in pairwise(moments))


def test_canary_that_is_never_shown_leads_to_quarantine(tmp_path: Path) -> None:
    """T12: three lists prove nothing; a person decides, and nothing is sent again."""
    bench = companies(tmp_path, 2)
    bench.target.script = [Act(), LOST]
    bench.target.hidden = {"c1": 3}
    result = bench.apply()
    assert (bench.states()["+ companies/2"], result.exit_code) == ("QUARANTINED", 5)
    assert bench.reasons() == ["in doubt: the target's lists do not show what is known to exist"]
    assert bench.target.seen("+?") == [
        "+ companies/1", "+ companies/2", "? companies 16", "? companies", "? companies"
    ]  # fmt: skip


def test_adopted_record_is_a_canary(tmp_path: Path) -> None:
    """What an earlier doubt was settled to must be shown by later lists as well."""
    bench = companies(tmp_path, 2)
    bench.target.script = [UNANSWERED, Act(commits=False, dies=True)]
    bench.apply_and_die()
    bench.target.hidden = {"c1": 0}
    bench.target.script = [LOST]
    apply_to_the_end(bench)
    assert bench.target.seen("+=") == [
        "+ companies/1", "= companies/c1", "+ companies/2", "+ companies/2", "+ companies/2", "= companies/c2"
    ]  # fmt: skip


@pytest.mark.parametrize(("spoilt", "expected"), [(1, "APPLIED"), (2, "APPLIED"), (3, "QUARANTINED")])
def test_list_with_an_id_twice_is_not_complete(tmp_path: Path, spoilt: int, expected: str) -> None:
    """A page that shifted while it was read may hide a record; such a list is read again, three times at most."""
    bench = companies(tmp_path, 2)
    bench.target.script = [Act(), UNANSWERED]
    bench.target.shifts = spoilt
    bench.apply()
    assert bench.states() == {"+ companies/1": "APPLIED", "+ companies/2": expected}
    assert bench.target.seen("+") == ["+ companies/1", "+ companies/2"]
    assert len(bench.target.seen("?")) == min(spoilt + 1, 3)


def test_marker_that_stands_twice_is_quarantined(tmp_path: Path) -> None:
    """T12: two records bear our marker; both are named, and none is taken for ours."""
    bench = companies(tmp_path, 1)
    bench.target.script = [Act(copies=2, answer=UNANSWERED.answer)]
    result = bench.apply()
    assert (bench.states(), result.exit_code) == ({"+ companies/1": "QUARANTINED"}, 5)
    assert bench.reasons() == ["duplicate: 2 records bear the marker acme/companies/1: c1, c2"]


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ({"Name": "C1 "}, "drift: c1 bears the marker, but differs in Name"),
        ({"Name": "c1", "Description": None}, "drift: c1 bears the marker, but differs in Description, Name"),
    ],
)
def test_record_that_differs_is_not_adopted(tmp_path: Path, stored: dict[str, str], reason: str) -> None:
    """T12: our marker, but not what we sent: the fields are named, and a person decides."""
    bench = companies(tmp_path, 1)
    bench.target.script = [Act(stored=stored, answer=UNANSWERED.answer)]
    bench.apply()
    assert (bench.states(), bench.reasons()) == ({"+ companies/1": "QUARANTINED"}, [reason])
    assert bench.target.seen("+") == ["+ companies/1"]


def test_record_that_differs_only_in_form_is_adopted(tmp_path: Path) -> None:
    """T10: an id in another case, and fields that we did not send, are no difference."""
    bench = people(tmp_path)
    stored = {"CurrentPosition_Company_Id": "C1", "CreatedBy_Name": "the API"}
    bench.target.otherwise = lambda write: (
        Act(stored=stored, answer=UNANSWERED.answer) if write.fields.get("LastName") == "Ada" else Act()
    )
    assert bench.apply().state == "DONE"
    assert bench.reasons() == ["adopted: found by its marker"]


@pytest.mark.parametrize("act", [LOST, UNANSWERED])
def test_tier_without_a_marker_is_never_sent_again(tmp_path: Path, act: Act) -> None:
    """T12: nobody can look for a note; it is quarantined without a read, whether it landed or not."""
    bench = notes(tmp_path)
    bench.target.script = [Act(), act]
    result = bench.apply()
    assert bench.states() == {"+ companies/1": "APPLIED", "+ notes/1": "QUARANTINED", "+ notes/2": "APPLIED"}
    assert bench.target.seen("+?") == ["+ companies/1", "+ notes/1", "+ notes/2"]
    assert bench.reasons() == ["in doubt: this target offers no way to find out whether it was created"]
    assert result.exit_code == 5


def test_create_is_sent_three_times_at_most(tmp_path: Path) -> None:
    """T12: a record that three attempts did not bring about is a person's to look at."""
    bench = companies(tmp_path, 1)
    bench.target.otherwise = lambda _write: LOST
    assert apply_to_the_end(bench).state == "DONE_WITH_FINDINGS"
    assert bench.target.seen("+") == ["+ companies/1"] * 3
    assert bench.reasons() == ["in doubt: sent 3 times, never found"]


@pytest.mark.parametrize(
    ("commits", "state", "reason"),
    [(False, "REJECTED", "Name is required"), (True, "APPLIED", "adopted: found by its marker")],
)
def test_refusal_that_may_be_a_fault_is_read_once(tmp_path: Path, commits: bool, state: str, reason: str) -> None:  # noqa: FBT001 - a case
    """The vendor refuses with a status that can be a fault as well: one list, and what it shows is believed."""
    bench = companies(tmp_path, 2)
    bench.target.script = [replace(LIKELY_REFUSED, commits=commits)]
    bench.apply()
    assert (bench.states()["+ companies/1"], bench.reasons()) == (state, [reason])
    assert bench.target.seen("+?") == ["+ companies/1", "+ companies/2", "? companies 15"]


@pytest.mark.parametrize("commits", [False, True])
def test_refusal_that_no_read_can_confirm_is_quarantined(tmp_path: Path, commits: bool) -> None:  # noqa: FBT001 - a case
    """T12: a note cannot be looked for, so that a status that can be a fault proves nothing; a person decides."""
    bench = notes(tmp_path)
    bench.target.script = [Act(), replace(LIKELY_REFUSED, commits=commits)]
    result = bench.apply()
    assert bench.states() == {"+ companies/1": "APPLIED", "+ notes/1": "QUARANTINED", "+ notes/2": "APPLIED"}
    assert bench.reasons() == [
        "in doubt: this target offers no way to find out whether it was created; the target answered: Name is required"
    ]
    assert (bench.target.seen("+?"), result.exit_code) == (["+ companies/1", "+ notes/1", "+ notes/2"], 5)


def test_definite_refusal_needs_no_read(tmp_path: Path) -> None:
    """T7: what the status alone proves is rejected, also where nothing can be read."""
    bench = notes(tmp_path, 1)
    bench.target.script = [Act(), REFUSED]
    bench.apply()
    assert (bench.states()["+ notes/1"], bench.reasons()) == ("REJECTED", ["Name is too long"])


def test_several_refusals_are_confirmed_by_one_list(tmp_path: Path) -> None:
    """However many were refused, each object is read once."""
    bench = companies(tmp_path, 5)
    bench.target.script = [LIKELY_REFUSED, Act(), replace(LIKELY_REFUSED, commits=True)]
    bench.apply()
    assert list(bench.states().values()) == ["REJECTED", "APPLIED", "APPLIED", "APPLIED", "APPLIED"]
    assert bench.target.seen("?") == ["? companies 15"]


def hand(bench: Bench) -> None:
    """Let a person write something else."""
    bench.target.edit("k1", Description="by hand")


def gone(bench: Bench) -> None:
    """Let a person delete the record."""
    bench.target.remove("k1")


@pytest.mark.parametrize(
    ("act", "meanwhile", "state", "reasons", "sent"),
    [
        (Act(dies=True), None, "APPLIED", [], 1),
        (Act(commits=False, dies=True), None, "APPLIED", [], 2),
        (Act(dies=True), hand, "QUARANTINED", ["drift: Description"], 1),
        (Act(commits=False, dies=True), hand, "QUARANTINED", ["drift: Description"], 1),
        (Act(dies=True), gone, "QUARANTINED", ["drift: the record is gone"], 1),
    ],
    ids=["landed", "did not land", "edited after", "edited instead", "gone"],
)
def test_update_in_doubt_is_compared_with_both_images(  # noqa: PLR0913, PLR0917 - a table with five columns
    tmp_path: Path,
    act: Act,
    meanwhile: Callable[[Bench], None] | None,
    state: str,
    reasons: Sequence[str],
    sent: int,
) -> None:
    """As it was sent: applied. As it was before: sent again. Otherwise: a person decides."""
    bench = updates(tmp_path, 2)
    bench.target.script = [act]
    bench.apply_and_die()
    if meanwhile:
        meanwhile(bench)
    bench.apply()
    assert (bench.states()["~ companies/1"], bench.reasons()) == (state, reasons)
    assert bench.target.seen("~").count("~ companies/k1") == sent
    assert bench.target.seen("?") == []


def test_update_without_an_answer_is_settled_in_the_same_run(tmp_path: Path) -> None:
    """It is read by its id, once the settle time is over and a read would show it."""
    bench = updates(tmp_path, 2)
    bench.target.script = [UNANSWERED]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("~.") == [
        ". companies/k1", "~ companies/k1", ". companies/k2", "~ companies/k2", ". companies/k1"
    ]  # fmt: skip
    assert bench.clock.seconds - bench.target.moments("~ companies/k1")[0] == SETTLE + LAG


@pytest.mark.parametrize(("act", "sent"), [(UNANSWERED, 1), (LOST, 2)])
def test_link_in_doubt_is_read_by_its_record(tmp_path: Path, act: Act, sent: int) -> None:
    """A reference that is set later is an update of the record that the first half made."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    bench.target.otherwise = lambda write: act if write.id and not bench.target.moments("~ contacts/c3")[1:] else Act()
    apply_to_the_end(bench)
    assert bench.target.seen("~") == ["~ contacts/c3"] * sent
    assert bench.target.held("contacts")["c3"]["RelatedContact_Other_Id"] == "c3"


def test_read_that_fails_leaves_the_doubt(tmp_path: Path) -> None:
    """Where the CRM cannot be read nothing is sent; the next run reads again."""
    bench = companies(tmp_path, 2)
    bench.target.script = [UNANSWERED]
    bench.target.read_faults = [TargetError(Problem(code="E901", place="crelate", fact="cannot be reached"))]
    result = bench.apply()
    assert (str(result.problem), result.state, result.exit_code) == ("crelate: E901 cannot be reached", "HALTED", 9)
    assert bench.states() == {"+ companies/1": "IN_DOUBT", "+ companies/2": "APPLIED"}
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+") == ["+ companies/1", "+ companies/2"]


def test_death_while_reading_begins_the_read_again(tmp_path: Path) -> None:
    """C9: reads change nothing, so the next run reads from the start."""
    bench = companies(tmp_path, 2)
    bench.target.script = [UNANSWERED]
    bench.target.read_faults = [Killed()]
    bench.apply_and_die()
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?") == ["+ companies/1", "+ companies/2", "? companies 16", "? companies 16"]


def test_stop_ends_the_wait(tmp_path: Path) -> None:
    """Whoever stops a run does not wait for the settle time; the doubt stays for the next run."""
    bench = companies(tmp_path, 2)
    stop = Stop()
    bench.target.script = [UNANSWERED]
    bench.clock.on_sleep = lambda: stop.ask() if len(bench.clock.slept) == 3 else None
    result = bench.apply(stop=stop)
    assert (result.state, result.exit_code, bench.target.seen("?")) == ("INTERRUPTED", 7, [])
    assert bench.states() == {"+ companies/1": "IN_DOUBT", "+ companies/2": "APPLIED"}
    assert bench.clock.slept == [1.0] * 4


def test_doubts_of_several_objects_are_read_object_by_object(tmp_path: Path) -> None:
    """Each object is listed once, and updates are read by their ids first."""
    bench = people(tmp_path)
    bench.target.otherwise = lambda write: UNANSWERED if write.fields.get("LastName") == "Dan" else Act()
    bench.target.script = [UNANSWERED]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("?") == ["? companies 16", "? contacts 16"]
    assert len(bench.target.held("contacts")) == 4


def test_request_that_was_turned_away_uses_up_no_attempt(tmp_path: Path) -> None:
    """Only what nobody knew the end of counts towards the three: a 429 between two lost requests does not."""
    bench = companies(tmp_path, 1)
    bench.target.script = [LOST, THROTTLED, LOST, DONE]
    assert bench.apply().state == "DONE"
    assert len(bench.target.held("companies")) == 1
    assert bench.attempts() == ["in doubt", "not applied", "in doubt", "applied"]
