"""What is still to be sent, found from the gaps that the ledger has."""

import random
from pathlib import Path

import pytest
from store_cases import Desk, Row, desk

from migrator.store import pending as found_by
from migrator.store.endings import Ending
from migrator.store.states import State

COUNT = 60


def rows(count: int = COUNT) -> tuple[Row, ...]:
    """Make so many companies."""
    return tuple(
        Row("companies", n + 1, str(n), (str(n), "x"), fields={"Name": "x"}, changes=[{"after": {"Name": "x"}}])
        for n in range(1, count + 1)
    )


def go(opened: Desk, seq: int, *states: State) -> None:
    """Let a change go through states."""
    change = next(opened.plan.changes(after=seq - 1, limit=1))
    for state in states:
        if state is State.INTENT:
            opened.journal.intend([(change, "hash")])
        else:
            opened.journal.close(change, Ending(state=state, target_id=f"c{seq}", outcome=str(state)))


def pending(opened: Desk, after: int = 0, limit: int = COUNT) -> list[int]:
    """Give the numbers of what is pending."""
    return [one.seq for one in opened.journal.pending(after=after, limit=limit)]


@pytest.mark.parametrize("window", [1, 7, 1_000])
def test_what_is_pending_is_what_is_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    """Whatever is finished, open, or planned again after it was sent, and wherever it is begun."""
    monkeypatch.setattr(found_by, "WINDOW", window)
    chance = random.Random(7)  # noqa: S311 - a seed that repeats
    with desk(tmp_path, rows()) as opened:
        for seq in chance.sample(range(1, COUNT + 1), 40):
            go(opened, seq, State.INTENT, *chance.choice([[], [State.APPLIED], [State.REJECTED], [State.PLANNED]]))
        states = dict(opened.ledger.db.execute("SELECT seq, state FROM op"))
        planned = [seq for seq in range(1, COUNT + 1) if states.get(seq, "PLANNED") == "PLANNED"]
        for after in (0, 1, 10, 33, 59, 60):
            assert pending(opened, after) == [seq for seq in planned if seq > after]
        assert pending(opened, limit=3) == planned[:3]


def test_finished_plan_is_not_read_to_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is done no change is read: the first one that is open is found by counting."""
    monkeypatch.setattr(found_by, "WINDOW", 4)
    with desk(tmp_path, rows()) as opened:
        for seq in range(1, 58):
            go(opened, seq, State.INTENT, State.APPLIED)
        asked: list[str] = []
        opened.plan.db.set_trace_callback(asked.append)
        assert pending(opened) == [58, 59, 60]
        assert len(asked) == 1
