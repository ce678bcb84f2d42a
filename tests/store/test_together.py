"""Writes that are ready together: one commit for all, durable before anybody goes on, and failed for all."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from store_cases import Desk, desk

from migrator.errors import StoreError
from migrator.ports import arm_failpoints
from migrator.store.endings import Ending
from migrator.store.states import State

EVERY = ["+ companies/1", "~ companies/2", "+ companies/?new"]
APPLIED = Ending(state=State.APPLIED, target_id="c1", outcome="applied", status=200)


def stated(opened: Desk) -> list[str]:
    """Tell what another process sees: the states of all operations that it finds, in their order."""
    with closing(sqlite3.connect(opened.ledger.path)) as db:
        return [state for (state,) in db.execute("SELECT state FROM op ORDER BY seq")]


async def intend(opened: Desk, label: str, seen: list[list[str]]) -> None:
    """Intend to send a change, and note what another process sees when that is durable."""
    opened.journal.intend([(opened.change(label), f"hash of {label}")])
    await opened.journal.durable()
    seen.append(stated(opened))


def test_intents_that_are_ready_together_share_one_commit(tmp_path: Path) -> None:
    """Three writers: each finds all three intents durable before it goes on."""
    with desk(tmp_path) as opened:
        opened.journal.is_shared = True
        seen: list[list[str]] = []

        async def all_of_them() -> None:
            await asyncio.gather(*(intend(opened, label, seen) for label in EVERY))

        asyncio.run(all_of_them())
    assert seen == [["INTENT"] * 3] * 3


def test_single_writer_waits_for_nobody(tmp_path: Path) -> None:
    """Its intent is durable before the loop has another turn, with the outcome before it."""
    with desk(tmp_path) as opened:
        seen: list[list[str]] = []

        async def one_after_the_other() -> None:
            await intend(opened, EVERY[0], seen)
            opened.journal.close(opened.change(EVERY[0]), APPLIED)
            seen.append(stated(opened))
            await intend(opened, EVERY[1], seen)

        asyncio.run(one_after_the_other())
    assert seen == [["INTENT"], ["INTENT"], ["APPLIED", "INTENT"]]


def test_outcome_is_durable_at_the_next_turn(tmp_path: Path) -> None:
    """Nobody has to follow: where a writer waits for something else, it is committed."""
    with desk(tmp_path) as opened:

        async def close_and_wait() -> None:
            await intend(opened, EVERY[0], [])
            opened.journal.close(opened.change(EVERY[0]), APPLIED)
            await asyncio.sleep(0)

        asyncio.run(close_and_wait())
        assert stated(opened) == ["APPLIED"]


@pytest.mark.parametrize("is_shared", [False, True])
def test_commit_that_fails_fails_for_all_and_for_good(tmp_path: Path, is_shared: bool) -> None:  # noqa: FBT001 - a case
    """Nobody knows what the disk holds then: nothing more is written, and nobody is let go on."""
    with desk(tmp_path) as opened:
        opened.journal.is_shared = is_shared
        seen: list[list[str]] = []

        async def all_of_them() -> list[BaseException | None]:
            arm_failpoints("before-commit-intent=enospc")
            first = await asyncio.gather(*(intend(opened, label, seen) for label in EVERY[:2]), return_exceptions=True)
            return [*first, *await asyncio.gather(intend(opened, EVERY[2], seen), return_exceptions=True)]

        failed = asyncio.run(all_of_them())
        assert ([type(one) for one in failed], seen, stated(opened)) == ([StoreError] * 3, [], [])
        opened.journal.end("HALTED")
        assert opened.rows("SELECT state FROM run") == ["HALTED"]


def test_outcome_whose_commit_fails_is_told_to_the_next_writer(tmp_path: Path) -> None:
    """The intent stands, as after a death of the process."""
    with desk(tmp_path) as opened:

        async def close_and_go_on() -> None:
            await intend(opened, EVERY[0], [])
            arm_failpoints("before-commit-outcome=enospc")
            opened.journal.close(opened.change(EVERY[0]), APPLIED)
            await asyncio.sleep(0)
            with pytest.raises(StoreError):
                await intend(opened, EVERY[1], [])

        asyncio.run(close_and_go_on())
        assert stated(opened) == ["INTENT"]
