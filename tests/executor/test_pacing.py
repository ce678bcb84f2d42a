"""When a run repeats, waits or gives up: back-off, budget, breaker, refusals and drift, judged by what was sent."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from apply_cases import Bench, companies, updates
from practice_target import BUSY, DONE, LIKELY_REFUSED, LOST, REFUSED, SILENCE, THROTTLED, UNANSWERED, UNSENT, Act

from migrator.connectors.protocols import go_ahead
from migrator.errors import Problem, StoreError
from migrator.executor.result import Stop
from migrator.ports import Rng
from migrator.store.states import State

AT_ONCE = replace(THROTTLED, answer=BUSY._replace(wait_seconds=0.0))
PAGE = Act(answer=SILENCE._replace(status=200, is_page=True))
SEE_TO_IT = "see to the target, then apply again: it reads before it sends"


def fractions(count: int) -> list[float]:
    """Give what chance draws in a run."""
    rng = Rng(7)
    return [rng.fraction() for _draw in range(count)]


def test_back_off_doubles_with_jitter_up_to_a_minute(tmp_path: Path) -> None:
    """Each wait is a random share of a span that doubles, never of more than 60 s."""
    bench = companies(tmp_path, 1)
    bench.target.script = [AT_ONCE] * 10
    assert bench.apply().state == "DONE"
    spans = [seconds / share for seconds, share in zip(bench.clock.slept, fractions(10), strict=True)]
    assert spans == pytest.approx([min(60.0, spans[0] * 2**n) for n in range(10)])
    assert spans[0] <= 1.0
    assert all(seconds < 60.0 for seconds in bench.clock.slept)


def test_back_off_is_that_of_the_seed(tmp_path: Path) -> None:
    """One seed is one execution; another one waits otherwise."""
    slept = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        (tmp_path / name).mkdir()
        bench = companies(tmp_path / name, 1)
        bench.target.script = [UNSENT, UNSENT]
        bench.apply(rng=Rng(seed))
        slept.append(bench.clock.slept)
    assert slept[0] == slept[1] != slept[2]


@pytest.mark.parametrize(("operations", "budget"), [(1, 10), (19, 11), (100, 20)])
def test_budget_of_repeats_halts_the_run(tmp_path: Path, operations: int, budget: int) -> None:
    """Ten and a tenth of the plan may be repeated; a target that is busy for ever is left alone then."""
    bench = companies(tmp_path, operations)
    bench.target.otherwise = lambda _write: AT_ONCE
    result = bench.apply()
    fact = f"{budget + 1} writes had to be repeated, more than this run may: too many requests"
    assert result.problem == Problem(code="E706", fact=fact, hint="see to the target, then apply again")
    assert (result.state, result.exit_code, result.written) == ("HALTED", 7, 0)
    assert len(bench.target.seen("+")) == budget + 1
    assert set(bench.states().values()) == {"PLANNED"}


def test_target_that_is_not_reached_five_times_halts_the_run(tmp_path: Path) -> None:
    """Five times in a row nothing could be sent: exit 9, and all of it is still planned."""
    bench = companies(tmp_path)
    bench.target.otherwise = lambda _write: UNSENT
    result = bench.apply()
    fact = "the target cannot be reached: connection refused"
    assert result.problem == Problem(code="E901", fact=fact, hint="is it up?")
    assert (result.state, result.exit_code) == ("HALTED", 9)
    assert (len(bench.target.seen("+")), bench.attempts()) == (5, ["not sent"] * 5)
    assert set(bench.states().values()) == {"PLANNED"}


@pytest.mark.parametrize("between", [DONE, THROTTLED, REFUSED])
def test_answer_begins_the_count_of_the_unsent_anew(tmp_path: Path, between: Act) -> None:
    """Four, an answer, and four again are not five in a row."""
    bench = companies(tmp_path, 5)
    bench.target.script = [*[UNSENT] * 4, between, *[UNSENT] * 4]
    assert bench.apply().exit_code in {0, 5}


@pytest.mark.parametrize(
    ("script", "doubts"),
    [
        ([LOST] * 3, 3),
        ([UNANSWERED] * 3, 3),
        ([DONE, LOST, DONE, LOST, LOST, LOST], 4),
        ([LOST, DONE] * 5, 5),
        ([LOST, LOST, DONE, LOST, LOST, DONE, LOST], 5),
    ],
    ids=["three lost", "three unanswered", "three in a row later", "five in all", "five in pairs"],
)
def test_breaker_stops_before_more_doubt_is_made(tmp_path: Path, script: Sequence[Act], doubts: int) -> None:
    """Three in a row without a clear answer, or five in all: the target is ill, and nothing more is sent."""
    bench = companies(tmp_path, 20)
    bench.target.script = list(script)
    result = bench.apply()
    fact = f"{doubts} writes stayed without a clear answer: no answer within 5 s"
    assert result.problem == Problem(code="E706", fact=fact, hint=SEE_TO_IT)
    assert (result.exit_code, result.counts[State.IN_DOUBT]) == (7, doubts)
    sent = len(script) - (1 if script[-1] is DONE else 0)
    assert bench.target.seen("+?") == [f"+ companies/{n}" for n in range(1, sent + 1)]


@pytest.mark.parametrize(("script", "sent"), [([PAGE, PAGE], 2), ([PAGE, DONE, PAGE, DONE], 20)])
def test_two_web_pages_in_a_row_halt_the_run(tmp_path: Path, script: Sequence[Act], sent: int) -> None:
    """A firewall or a notice of maintenance answers in the target's place."""
    bench = companies(tmp_path, 20)
    bench.target.script = list(script)
    result = bench.apply()
    assert len(set(bench.target.seen("+"))) == sent
    if sent == 2:
        fact = "2 answers in a row were web pages: something else than the target answers"
        hint = "is it under maintenance, or is there a firewall?"
        assert result.problem == Problem(code="E706", fact=fact, hint=hint)


def test_run_after_the_breaker_reads_before_it_sends(tmp_path: Path) -> None:
    """What the breaker left in doubt is settled first; then the plan comes to its end."""
    bench = companies(tmp_path, 6)
    bench.target.script = [UNANSWERED] * 3
    bench.apply()
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?")[3] == "? companies 16"
    assert len(bench.target.held("companies")) == 6


@pytest.mark.parametrize("script", [[LOST, LOST, DONE] * 2, [LOST, DONE] * 4])
def test_less_doubt_does_not_stop_a_run(tmp_path: Path, script: Sequence[Act]) -> None:
    """Two in a row, and four in all, are settled in the same run."""
    bench = companies(tmp_path, 20)
    bench.target.script = list(script)
    assert bench.apply().state == "DONE"
    assert len(bench.target.held("companies")) == 20


def test_refusals_of_more_than_a_fifth_of_the_first_halt_the_run(tmp_path: Path) -> None:
    """Eleven of the first fifty: the mapping is wrong, and the rest is not sent."""
    bench = companies(tmp_path, 60)
    bench.target.script = [REFUSED] * 11
    result = bench.apply()
    fact = "11 of the first 50 records were refused: "
    hint = "the mapping is probably wrong: mend it and plan again"
    assert result.problem == Problem(code="E707", fact=fact, hint=hint)
    assert (result.state, result.exit_code, len(bench.target.seen("+"))) == ("HALTED", 7, 50)


@pytest.mark.parametrize("script", [[REFUSED] * 10, [*[DONE] * 41, *[REFUSED] * 19]])
def test_refusals_of_a_fifth_of_the_first_do_not(tmp_path: Path, script: Sequence[Act]) -> None:
    """Ten of the first fifty are data problems; and what comes after the first fifty is no longer counted."""
    bench = companies(tmp_path, 60)
    bench.target.script = list(script)
    result = bench.apply()
    assert (result.state, len(bench.target.seen("+"))) == ("DONE_WITH_FINDINGS", 60)


@pytest.mark.parametrize("act", [REFUSED, LIKELY_REFUSED])
def test_run_stops_at_so_many_refusals_as_were_allowed(tmp_path: Path, act: Act) -> None:
    """The limit is the caller's own, and refusals that are still to be confirmed count."""
    bench = companies(tmp_path, 6)
    bench.target.script = [DONE, act, DONE, act]
    result = bench.apply(max_failures=2)
    assert result.problem == Problem(code="E707", fact="2 records were refused", hint="the limit is --max-failures")
    assert (result.exit_code, len(bench.target.seen("+"))) == (7, 4)


@pytest.mark.parametrize(("written", "drifted"), [(0, 5), (94, 5)])
def test_drift_of_more_than_a_twentieth_halts_the_run(tmp_path: Path, written: int, drifted: int) -> None:
    """At least five, and more than five per cent of what was seen so far: the plan is old."""
    bench = updates(tmp_path, written + drifted + 2)
    for n in range(written + 1, written + drifted + 1):
        bench.target.edit(f"k{n}", Description="by hand")
    result = bench.apply()
    fact = f"{drifted} of the first {written + drifted} records changed in the target after planning"
    assert result.problem == Problem(code="E708", fact=fact, hint="plan again")
    assert (result.exit_code, len(bench.target.seen("~"))) == (7, written)
    assert result.counts[State.QUARANTINED] == drifted


@pytest.mark.parametrize(("written", "drifted"), [(0, 4), (95, 5), (96, 6)])
def test_less_drift_does_not(tmp_path: Path, written: int, drifted: int) -> None:
    """Four records, five of a hundred, and what comes after the first hundred are a matter of those records."""
    bench = updates(tmp_path, written + drifted + 2)
    for n in range(written + 1, written + drifted + 1):
        bench.target.edit(f"k{n}", Description="by hand")
    result = bench.apply()
    assert (result.state, result.counts[State.QUARANTINED]) == ("DONE_WITH_FINDINGS", drifted)


def after_a_wait(bench: Bench, seconds: float, happens: Callable[[], None]) -> None:
    """Let the next call wait so long for its turn, and something happen meanwhile; those after it go at once."""

    async def wait() -> None:
        bench.target.on_turn = go_ahead
        await bench.clock.sleep(seconds)
        happens()

    bench.target.on_turn = wait


def test_intent_is_made_when_the_turn_has_come(tmp_path: Path) -> None:
    """The wait for a turn is no settle time: that begins with the intent, at the request itself."""
    bench = companies(tmp_path, 1)
    bench.target.script = [replace(UNANSWERED, late_seconds=19.0)]
    after_a_wait(bench, 15.0, lambda: None)
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+=") == ["+ companies/1", "= companies/c1"]
    with bench.reading() as db:
        (boottime,) = db.execute("SELECT boottime_ns FROM attempt").fetchone()
    assert boottime / 1e9 == bench.target.moments("+ companies/1")[0]


def test_run_that_ends_while_a_call_waits_for_its_turn_does_not_send_it(tmp_path: Path) -> None:
    """Nothing was sent, so nothing is in doubt, and no intent was made."""
    bench, stop = companies(tmp_path, 2), Stop()
    after_a_wait(bench, 5.0, stop.ask)
    assert bench.apply(stop=stop).state == "INTERRUPTED"
    assert (bench.target.seen("+"), bench.attempts(), set(bench.states().values())) == ([], [], {"PLANNED"})


@pytest.mark.parametrize(("seconds", "reads"), [(60.0, 1), (61.0, 2)])
def test_read_that_grew_old_is_made_again(tmp_path: Path, seconds: float, reads: int) -> None:
    """T2: what a read of more than a minute ago allowed is not sent: the record is read once more."""
    bench = updates(tmp_path, 1)
    after_a_wait(bench, seconds, lambda: None)
    assert bench.apply().state == "DONE"
    assert bench.target.seen(".~") == [*[". companies/k1"] * reads, "~ companies/k1"]


@pytest.mark.parametrize(("waits", "reads"), [([120.0, 120.0], 2), ([240.0, 120.0], 2), ([241.0, 120.0, 120.0], 3)])
def test_limit_of_less_than_one_a_minute_is_waited_for(tmp_path: Path, waits: list[float], reads: int) -> None:
    """A turn comes 120 s after the read, or later behind others: with a minute, it would be read for ever."""
    bench, left = updates(tmp_path, 2), iter(waits)
    bench.target.requests_per_second = 1 / 120

    async def wait() -> None:
        await bench.clock.sleep(next(left))

    bench.target.on_turn = wait
    assert bench.apply().state == "DONE"
    assert (len(bench.target.seen(".")), bench.target.seen("~")) == (reads, ["~ companies/k1", "~ companies/k2"])


def test_create_that_waited_long_is_sent_when_its_turn_has_come(tmp_path: Path) -> None:
    """Nothing was read for it, so nothing grew old: a turn that it gave back would count towards the limit."""
    bench, turns = companies(tmp_path, 1), []

    async def wait() -> None:
        turns.append(bench.clock.seconds)
        await bench.clock.sleep(61.0)

    bench.target.on_turn = wait
    assert (bench.apply().state, len(turns)) == ("DONE", 1)


@pytest.mark.parametrize(("rate", "most"), [(None, 16), (5.0, 16), (0.1, 3), (0.001, 1)])
def test_slow_limit_lets_few_go_side_by_side(tmp_path: Path, rate: float | None, most: int) -> None:
    """So many that none reads, waits for a minute behind the others, and has to read again, for ever."""
    bench = companies(tmp_path, 40)
    bench.target.requests_per_second = rate
    assert bench.apply(concurrency=16).state == "DONE"
    assert bench.target.most_under_way == most


def test_edit_during_a_long_wait_is_not_overwritten(tmp_path: Path) -> None:
    """The second read shows it."""
    bench = updates(tmp_path, 1)
    after_a_wait(bench, 61.0, lambda: bench.target.edit("k1", Description="by hand"))
    bench.apply()
    assert bench.states() == {"~ companies/1": "QUARANTINED"}
    assert bench.target.held("companies")["k1"]["Description"] == "by hand"


def test_run_that_could_not_journal_its_end_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Space for the journal is looked for before the first write."""
    bench = companies(tmp_path, 2)
    usage = "migrator.executor.preflight.shutil.disk_usage"
    monkeypatch.setattr(usage, lambda _path: SimpleNamespace(free=50_000_000))
    with pytest.raises(StoreError) as caught:
        bench.apply()
    fact = "50 MB free, 67 MB are needed for the journal"
    hint = "free some space and run the same command again; nothing was sent"
    assert str(caught.value) == f"{bench.ledger.parent}: E701 {fact} ({hint})"
    assert bench.target.history == []
