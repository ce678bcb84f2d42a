"""Operations are found by their ids where a plan points at its own: for that alone the ledger keeps an index."""

import asyncio
from pathlib import Path

from store_cases import Desk, Row, desk

from migrator.store.endings import Ending
from migrator.store.states import State

APPLIED = Ending(state=State.APPLIED, target_id="c1", outcome="applied", status=200)
ALONE = (Row("companies", 2, "1", ("1", "x"), fields={"Name": "x"}, changes=[{"after": {"Name": "x"}}]),)


def has_index(opened: Desk) -> bool:
    """Tell whether the ledger has the index."""
    return bool(opened.rows("SELECT 1 FROM sqlite_master WHERE name='op_by_id'"))


def test_plan_that_points_at_nothing_of_its_own_is_spared_it(tmp_path: Path) -> None:
    """It is made when somebody asks by an id all the same, once."""
    with desk(tmp_path, ALONE) as opened:
        change = opened.change("+ companies/1")
        opened.journal.intend([(change, "ab")])
        opened.journal.close(change, APPLIED)
        assert not has_index(opened)
        assert (opened.journal.target_of(change.id), has_index(opened)) == ("c1", True)


def test_index_joins_the_writes_that_are_open(tmp_path: Path) -> None:
    """Whoever asks in the middle of a run waits for no commit, and ends none."""
    with desk(tmp_path, ALONE) as opened:

        async def ask() -> State:
            opened.journal.intend([(opened.change("+ companies/1"), "ab")])
            found = opened.journal.state_of(opened.change("+ companies/1").id)
            assert opened.ledger.db.in_transaction
            await opened.journal.durable()
            return found

        assert (asyncio.run(ask()), has_index(opened)) == (State.INTENT, True)
