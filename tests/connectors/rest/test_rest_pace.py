"""CentralStationCRM at its limit, "50 requests within 10 seconds" (vendor): used to the full and never hit."""

import asyncio
from pathlib import Path

import pytest
from connecting import Timeline

from migrator.connectors.registry import find_definition
from migrator.connectors.rest.limiter import Limiter

SECONDS = 60.0
HAIR = 1e-6
LIMITS = find_definition("centralstation", project=Path(), base=Path(), place="").limits


def sent_within(latency: float) -> list[tuple[float, float]]:
    """Send as many requests as the definition lets go; give when each went and was answered."""
    clock = Timeline()
    spans: list[tuple[float, float]] = []

    async def work(limiter: Limiter) -> None:
        while clock.monotonic() < 1000 + SECONDS:
            weight = await limiter.take()
            went = clock.monotonic()
            await clock.sleep(latency)
            limiter.give_back(weight)
            spans.append((went, clock.monotonic()))

    async def everything() -> None:
        limiter = Limiter(LIMITS.windows, clock, LIMITS)
        await clock.run(*(work(limiter) for _worker in range(LIMITS.concurrency)))

    asyncio.run(everything())
    return sorted(spans)


@pytest.mark.parametrize("latency", [0.02, 0.1, 0.3])
def test_limit_is_used_to_the_full(latency: float) -> None:
    """At least 95 % of five requests a second over a minute, however near the server is."""
    spans = [span for span in sent_within(latency) if span[0] < 1000 + SECONDS]
    assert len(spans) >= 0.95 * 5 * SECONDS


@pytest.mark.parametrize("latency", [0.02, 0.1, 0.3])
def test_limit_is_never_hit(latency: float) -> None:
    """No ten seconds hold more than fifty requests, wherever between sending and answer the server counts each."""
    spans = sent_within(latency)
    for went, _answered in spans:
        assert sum(begun <= went and ended > went - 10 + HAIR for begun, ended in spans) <= 50
