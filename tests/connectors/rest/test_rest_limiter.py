"""The pace: no window is ever exceeded, whenever the server counts a request between its sending and its answer."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from clocks import FakeClock
from connecting import Timeline
from hypothesis import example, given, settings
from hypothesis import strategies as st

from migrator.connectors.rest.definition import Limits, Window
from migrator.connectors.rest.limiter import Limiter

Request = tuple[float, float]  # when it goes at the earliest, and how long its answer takes
Span = tuple[float, float]  # when it went, and when it was answered

WINDOWS = st.builds(Window, requests=st.integers(1, 6), seconds=st.sampled_from([1.0, 2.0, 2.5, 10.0]))
REQUESTS = st.lists(
    st.tuples(st.floats(0, 5).map(lambda n: round(n, 2)), st.floats(0, 4).map(lambda n: round(n, 2))),
    min_size=2,
    max_size=12,
)


def spans_of(windows: Sequence[Window], requests: Sequence[Request]) -> list[Span]:
    """Send requests side by side through a limiter; give when each went and was answered, in order of going."""
    clock = Timeline()
    spans: list[Span] = []

    async def exchange(limiter: Limiter, start: float, takes: float) -> None:
        await clock.sleep(start)
        await limiter.take()
        went = clock.monotonic()
        await clock.sleep(takes)
        limiter.give_back()
        spans.append((went, clock.monotonic()))

    async def everything() -> None:
        limiter = Limiter(tuple(windows), clock)
        await clock.run(*(exchange(limiter, start, takes) for start, takes in requests))

    asyncio.run(everything())
    return sorted(spans)


def most_in(window: Window, spans: Sequence[Span]) -> int:
    """Count the most requests that a server could have counted in one window, wherever it begins.

    It may count each at any moment from its sending to its answer. As a window moves on, it gains requests only when
    it reaches a sending, so that it is enough to look at those windows that end with one.
    """
    hair = 1e-9
    return max(
        sum(went <= end + hair and answered > end - window.seconds + hair for went, answered in spans)
        for end, _ in spans
    )


@given(windows=st.lists(WINDOWS, min_size=1, max_size=3), requests=REQUESTS)
@example(windows=[Window(requests=1, seconds=1.0)], requests=[(0.0, 4.0), (0.0, 0.0), (4.0, 0.0)])
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_window_is_ever_exceeded(windows: list[Window], requests: list[Request]) -> None:
    """Whatever the windows, the durations and the order of the answers: all go, and none too early."""
    spans = spans_of(windows, requests)
    assert len(spans) == len(requests)
    assert [window for window in windows if most_in(window, spans) > window.requests] == []


@given(starts=st.lists(st.floats(0, 5).map(lambda n: round(n, 2)), min_size=1, max_size=8))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_nobody_waits_without_need(starts: list[float]) -> None:
    """Where the windows have room for all, each goes the moment it wants to."""
    spans = spans_of([Window(requests=8, seconds=10.0)], [(start, 1.0) for start in starts])
    assert [went for went, _ in spans] == sorted(1000.0 + start for start in starts)


def test_window_is_used_to_the_full() -> None:
    """Three a second: the fourth goes a second after the first was answered, not later."""
    spans = spans_of([Window(requests=3, seconds=1.0)], [(0.0, 0.0)] * 7)
    assert [went - 1000 for went, _ in spans] == [0, 0, 0, 1, 1, 1, 2]


def test_window_counts_from_the_answer() -> None:
    """A server that counts when it answers sees no more than one that counts at once."""
    spans = spans_of([Window(requests=1, seconds=1.0)], [(0.0, 0.7)] * 3)
    assert [round(later - answered, 6) for (_, answered), (later, _) in pairwise(spans)] == [1.0, 1.0]


def test_every_window_holds() -> None:
    """Two at once and five in ten seconds: the short one paces, the long one stops."""
    spans = spans_of([Window(requests=2, seconds=1.0), Window(requests=5, seconds=10.0)], [(0.0, 0.0)] * 7)
    assert [went - 1000 for went, _ in spans] == [0, 0, 1, 1, 2, 10, 10]


def test_requests_under_way_fill_a_window() -> None:
    """What is not answered yet may still be counted: the next one waits for it."""
    first, second = spans_of([Window(requests=1, seconds=1.0)], [(0.0, 30.0), (0.5, 0.0)])
    assert second[0] >= first[1] + 1.0
    assert second[0] <= first[1] + 1.0 + 0.02


def test_without_windows_nobody_waits() -> None:
    """No limit, no wait."""
    clock = FakeClock()

    async def take() -> None:
        limiter = Limiter((), clock)
        for _ in range(100):
            await limiter.take()

    asyncio.run(take())
    assert clock.sleeps == []


@pytest.mark.parametrize(
    ("holds", "expected"), [([7.0], [7.0]), ([7.0, 3.0], [7.0]), ([3.0, 7.0], [7.0]), ([0.0], []), ([], [])]
)
def test_nobody_is_asked_before_the_time_it_named(holds: list[float], expected: list[float]) -> None:
    """The longest wait that was asked for holds, once."""
    clock = FakeClock()

    async def take() -> None:
        limiter = Limiter((), clock)
        for seconds in holds:
            limiter.hold(seconds)
        for _ in range(3):
            await limiter.take()
            limiter.give_back()

    asyncio.run(take())
    assert clock.sleeps == expected


def test_hold_strikes_those_who_wait_already() -> None:
    """A wait that is asked for while others queue is theirs too."""
    clock = Timeline()
    went: list[float] = []

    async def ask(limiter: Limiter) -> None:
        await limiter.take()
        went.append(clock.monotonic() - 1000)
        limiter.give_back()

    async def hold(limiter: Limiter) -> None:
        await clock.sleep(0.5)
        limiter.hold(20)

    async def everything() -> None:
        limiter = Limiter((Window(requests=1, seconds=1.0),), clock)
        await clock.run(ask(limiter), ask(limiter), hold(limiter))

    asyncio.run(everything())
    assert went == [0.0, 20.5]


def test_wait_that_is_given_up_costs_nobody_anything() -> None:
    """A run that is interrupted while it waits leaves the queue as it was."""
    clock = Timeline()

    async def everything() -> float:
        limiter = Limiter((Window(requests=1, seconds=1.0),), clock)
        await limiter.take()
        limiter.give_back()
        waiting = asyncio.ensure_future(limiter.take())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await clock.run(limiter.take())
        return clock.monotonic() - 1000

    assert asyncio.run(everything()) == 1.0


def test_requests_go_in_the_order_in_which_they_came() -> None:
    """Nobody is overtaken."""
    clock = Timeline()
    went: list[int] = []

    async def ask(limiter: Limiter, number: int) -> None:
        await limiter.take()
        went.append(number)
        limiter.give_back()

    async def everything() -> None:
        limiter = Limiter((Window(requests=2, seconds=1.0),), clock)
        await clock.run(*(ask(limiter, number) for number in range(9)))

    asyncio.run(everything())
    assert went == list(range(9))


@pytest.mark.parametrize(
    ("methods", "went"),
    [
        (["POST", "POST", "POST"], [0, 1, 2]),
        (["GET", "POST", "GET"], [0, 0, 1]),
        (["GET", "GET", "GET", "GET", "GET"], [0, 0, 0, 0, 1]),
        (["DELETE", "GET"], [0, 1]),
        (["GET", "DELETE"], [0, 1]),
    ],
)
def test_verb_weighs_what_the_connector_says(methods: list[str], went: list[int]) -> None:
    """A window of four holds one write of three and a read; what weighs more than the window fills it alone."""
    clock = FakeClock()
    found: list[float] = []

    async def take() -> None:
        limiter = Limiter((Window(requests=4, seconds=1.0),), clock, Limits(weights={"POST": 3, "DELETE": 9}))
        for method in methods:
            weight = await limiter.take(method)
            found.append(clock.monotonic() - 1000)
            limiter.give_back(weight)

    asyncio.run(take())
    assert found == went


@pytest.mark.parametrize(
    ("headers", "sleeps"),
    [
        ({"x-left": "0", "x-reset": "7"}, [7.0]),
        ({"x-left": " 0 ", "x-reset": "7"}, [7.0]),
        ({"x-left": "0", "x-reset": "86400"}, [900.0]),
        ({"x-left": "1", "x-reset": "7"}, []),
        ({"x-left": "0"}, []),
        ({"x-left": "0", "x-reset": "soon"}, []),
        ({"x-reset": "7"}, []),
        ({}, []),
    ],
)
def test_what_remains_is_heeded(headers: dict[str, str], sleeps: list[float]) -> None:
    """Where nothing remains, nothing is sent before the reset that was told, or a quarter of an hour."""
    clock = FakeClock()

    async def take(limits: Limits) -> None:
        limiter = Limiter((), clock, limits)
        limiter.heed(headers)
        limiter.give_back(await limiter.take())

    asyncio.run(take(Limits(remaining="X-Left", reset="X-Reset")))
    assert clock.sleeps == sleeps
    asyncio.run(take(Limits()))
    assert clock.sleeps == sleeps
