"""How a run is limited, stopped, cut and gone on with; how much of it is under way at once; and what it tells."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from apply_cases import COMPANIES, FRIENDS, Bench, companies, notes, people
from practice_target import DONE, REFUSED, UNANSWERED, Act

from migrator.connectors.protocols import go_ahead
from migrator.errors import PlanError, Problem
from migrator.executor.result import Event, Phase, Stop
from migrator.records import Write
from migrator.store.states import State


def at_write(bench: Bench, number: int, act: Callable[[], None]) -> None:
    """Let something happen at a write."""

    def happen(write: Write) -> None:
        bench.check_intent(write)
        if len(bench.target.seen("+~")) == number:
            act()

    bench.target.on_write = happen


def ask_twice(stop: Stop) -> None:
    """Ask a run to end, and again as soon as it has heard."""
    for _time in range(2):
        asyncio.get_running_loop().call_soon(stop.ask)


def test_limit_stops_after_so_many_writes(tmp_path: Path) -> None:
    """The rest stays planned, and applying again goes on with it."""
    bench = companies(tmp_path, 5)
    result = bench.apply(limit=2)
    assert result.problem == Problem(code="E709", fact="stopped after 2 writes, as asked")
    assert (result.state, result.exit_code, result.written) == ("HALTED", 7, 2)
    assert bench.apply(limit=2).written == 2
    assert bench.apply(limit=2).state == "DONE"
    assert bench.target.seen("+") == [f"+ companies/{n}" for n in range(1, 6)]


@pytest.mark.parametrize(("limit", "bulk"), [(2, 1), (5, 1), (5, 100), (5, 3)])
def test_limit_is_exact_however_many_go_at_once(tmp_path: Path, limit: int, bulk: int) -> None:
    """What is under way counts, and the last call is as large as the rest of the limit."""
    bench = companies(tmp_path, 12)
    bench.target.bulk = bulk
    assert bench.apply(limit=limit, concurrency=4).written == limit
    assert len(bench.target.held("companies")) == limit


def test_limit_counts_what_was_written(tmp_path: Path) -> None:
    """A refused record makes room for another one."""
    bench = companies(tmp_path, 12)
    bench.target.script = [REFUSED, REFUSED]
    assert bench.apply(limit=5, concurrency=4).written == 5


def test_limit_of_the_whole_plan_is_no_stop(tmp_path: Path) -> None:
    """A run that wrote all of it is done, although the limit was reached."""
    result = companies(tmp_path, 2).apply(limit=2)
    assert (result.state, result.problem, result.exit_code) == ("DONE", None, 0)


def test_stop_lets_what_is_under_way_end(tmp_path: Path) -> None:
    """Asked once, the run sends nothing more, journals the answer that comes, and can be gone on with."""
    bench, stop = companies(tmp_path, 4), Stop()
    at_write(bench, 2, stop.ask)
    result = bench.apply(stop=stop)
    assert (result.state, result.exit_code, result.problem) == ("INTERRUPTED", 7, None)
    assert list(bench.states().values()) == ["APPLIED", "APPLIED", "PLANNED", "PLANNED"]
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+") == [f"+ companies/{n}" for n in range(1, 5)]


def test_stop_lets_all_that_is_under_way_end(tmp_path: Path) -> None:
    """With several at a time, each of them is answered and journalled."""
    bench, stop = companies(tmp_path, 9), Stop()
    at_write(bench, 3, stop.ask)
    result = bench.apply(stop=stop, concurrency=3)
    assert (result.state, result.counts[State.APPLIED], result.counts[State.PLANNED]) == ("INTERRUPTED", 3, 6)


def test_second_stop_cuts_what_is_under_way(tmp_path: Path) -> None:
    """It is in doubt then, for it may have arrived; the next run reads before it sends."""
    bench, stop = companies(tmp_path, 3), Stop()
    at_write(bench, 2, lambda: ask_twice(stop))
    bench.target.script = [DONE, Act(hangs=True)]
    result = bench.apply(stop=stop)
    assert (result.state, result.exit_code) == ("INTERRUPTED", 7)
    assert list(bench.states().values()) == ["APPLIED", "IN_DOUBT", "PLANNED"]
    assert (bench.attempts(), bench.reasons()) == (["applied", "cut"], ["the run was cut"])
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?") == ["+ companies/1", "+ companies/2", "? companies 16", "+ companies/3"]


def test_second_stop_cuts_each_of_several(tmp_path: Path) -> None:
    """Whatever was sent and not answered is in doubt; nothing else is."""
    bench, stop = companies(tmp_path, 9), Stop()
    at_write(bench, 3, lambda: ask_twice(stop))
    bench.target.otherwise = lambda _write: Act(hangs=True)
    result = bench.apply(stop=stop, concurrency=3)
    assert result.counts == {State.IN_DOUBT: 3, State.PLANNED: 6}
    assert bench.attempts() == ["cut"] * 3


def test_second_stop_between_intent_and_request_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    """While several share one commit a run can be cut before the request: then it is proved that nothing was sent."""
    bench, stop = companies(tmp_path, 3), Stop()

    async def wait() -> None:
        ask_twice(stop)

    bench.target.on_turn = wait
    result = bench.apply(stop=stop, concurrency=2)
    assert (result.state, result.counts, bench.target.seen("+")) == ("INTERRUPTED", {State.PLANNED: 3}, [])
    assert (bench.attempts(), bench.reasons()) == (["not sent"] * 2, ["the run was cut before"] * 2)
    bench.target.on_turn = go_ahead
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?") == [f"+ companies/{n}" for n in range(1, 4)]


def test_stop_before_the_first_write_sends_nothing(tmp_path: Path) -> None:
    """A signal that came early is heeded."""
    bench, stop = companies(tmp_path, 2), Stop()
    stop.ask()
    result = bench.apply(stop=stop)
    assert (result.state, result.exit_code, bench.target.seen("+?")) == ("INTERRUPTED", 7, [])


def test_stop_at_the_last_write_is_none(tmp_path: Path) -> None:
    """A run that is asked to end when all is done has ended well."""
    bench, stop = companies(tmp_path, 2), Stop()
    at_write(bench, 2, stop.ask)
    assert (bench.apply(stop=stop).state, bench.states()["+ companies/2"]) == ("DONE", "APPLIED")


@pytest.mark.parametrize(("asked", "own", "expected"), [(None, 1, 1), (None, 3, 3), (2, 5, 2), (20, 1, 16)])
def test_writes_under_way_are_as_many_as_the_tier_allows(
    tmp_path: Path, asked: int | None, own: int, expected: int
) -> None:
    """What was asked for goes before the connector's own number, and sixteen is the most where there is a marker."""
    bench = companies(tmp_path, 40)
    bench.target.concurrency = own
    assert bench.apply(concurrency=asked).state == "DONE"
    assert bench.target.most_under_way == expected
    assert len(bench.target.held("companies")) == 40


def test_writes_that_nobody_can_look_for_go_one_by_one(tmp_path: Path) -> None:
    """In the tier without a marker at most one can be in doubt, whatever was asked for."""
    bench = notes(tmp_path, 10)
    assert bench.apply(concurrency=16).state == "DONE"
    assert bench.target.most_under_way == 1


def test_parents_come_first_however_many_are_under_way(tmp_path: Path) -> None:
    """A record is sent only after the answer for what it points at."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    assert bench.apply(concurrency=16).state == "DONE"
    history = bench.target.seen("+~=")
    parents = {"contacts/1": "companies/c1", "contacts/2": "companies/c2", "contacts/3": "companies/c1"}
    for child, parent in parents.items():
        assert history.index(f"= {parent}") < history.index(f"+ {child}")
    assert history[-2:] == ["~ contacts/c3", "= contacts/c3"]


def test_plan_is_applied_once(tmp_path: Path) -> None:
    """A plan that came to its end is refused, and nothing is sent."""
    bench = companies(tmp_path, 2)
    bench.apply()
    bench.target.history.clear()
    with pytest.raises(PlanError) as caught:
        bench.apply()
    fact = "the plan was applied to its end already"
    hint = "nothing to do; plan again to see what changed since"
    assert str(caught.value) == f"acme.plan: E605 {fact} ({hint})"
    assert (caught.value.exit_code, bench.target.history) == (6, [])


def test_plan_of_what_was_applied_holds_nothing(tmp_path: Path) -> None:
    """Planning again finds all of it in the CRM; a plan without operations is done at once."""
    bench = companies(tmp_path, 2)
    bench.apply()
    bench.plan(COMPANIES, name="next.plan")
    result = bench.apply("next.plan")
    assert (result.state, dict(result.counts), bench.target.seen("+~")) == ("DONE", {State.PLANNED: 0}, [])


def test_run_tells_what_it_does(tmp_path: Path) -> None:
    """Each object as it begins, each operation as it ends, each wait, and the end, with numbers that go up."""
    bench = people(tmp_path)
    bench.target.script = [UNANSWERED]
    bench.apply()
    told = [(str(event.phase), event.object, event.done, event.total) for event in bench.told]
    assert told == [
        ("object_started", "companies", 0, 6),
        ("batch_done", "companies", 1, 6),
        ("batch_done", "companies", 2, 6),
        ("object_started", "contacts", 2, 6),
        *[("batch_done", "contacts", n, 6) for n in range(3, 7)],
        ("settling", "", 0, 1),
        ("object_started", "contacts", 6, 6),
        ("batch_done", "contacts", 7, 6),
        ("batch_done", "contacts", 8, 6),
        ("finished", "", 0, 0),
    ]


def test_end_is_told_with_its_state(tmp_path: Path) -> None:
    """The last event names how the run ended."""
    bench = companies(tmp_path, 2)
    bench.apply(limit=1)
    assert bench.told[-1] == Event(phase=Phase.FINISHED, text="HALTED")
    bench.apply()
    assert bench.told[-1] == Event(phase=Phase.FINISHED, text="DONE")


def test_resumed_run_counts_what_was_done_before(tmp_path: Path) -> None:
    """Progress goes on from where the last run stopped."""
    bench = companies(tmp_path, 4)
    bench.apply(limit=3)
    bench.told.clear()
    bench.apply()
    assert bench.told[:2] == [
        Event(phase=Phase.OBJECT, object="companies", done=3, total=4),
        Event(phase=Phase.PROGRESS, object="companies", done=4, total=4),
    ]
