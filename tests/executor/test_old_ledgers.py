"""A migration that an earlier version began: it is gone on with, decided and undone as if nothing were new."""

from pathlib import Path

import pytest
from apply_cases import companies, people, updates
from old_ledgers import make_old
from practice_target import Act
from undo_cases import id_map, plan_undo

from migrator.store.states import State


def test_run_that_an_earlier_version_left_in_doubt_is_settled(tmp_path: Path) -> None:
    """Its intent without an answer is read for before anything is sent, and nothing is sent twice."""
    bench = companies(tmp_path)
    bench.target.script = [Act(dies=True)]
    bench.apply_and_die()
    make_old(bench.ledger)
    assert bench.apply().state == "DONE"
    assert bench.target.seen("+?") == ["+ companies/1", "? companies 16", "+ companies/2", "+ companies/3"]
    assert id_map(bench) == ["c1", "c2", "c3"]


@pytest.mark.parametrize("version", [2, 3])
def test_run_of_an_earlier_version_is_undone(tmp_path: Path, version: int) -> None:
    """What it wrote is found in the ledger, and its records are deleted, children first."""
    bench = people(tmp_path)
    bench.apply()
    bench.verify()
    make_old(bench.ledger, version)
    assert plan_undo(bench) == ["- c6", "- c5", "- c4", "- c3", "- c2", "- c1"]
    make_old(bench.ledger, version)
    assert bench.apply("undo.plan").state == "DONE"
    assert id_map(bench) == []


def test_undo_that_an_earlier_version_began_is_gone_on_with(tmp_path: Path) -> None:
    """Its deletes that landed are not sent again."""
    bench = companies(tmp_path)
    bench.apply()
    plan_undo(bench)
    assert bench.apply("undo.plan", limit=1).state == "HALTED"
    make_old(bench.ledger)
    assert bench.apply("undo.plan").state == "DONE"
    assert bench.target.seen("-") == ["- companies/c3", "- companies/c2", "- companies/c1"]


def test_quarantine_of_an_earlier_version_is_decided(tmp_path: Path) -> None:
    """The operation is found by what a person calls it, and sent again."""
    bench = updates(tmp_path, 1)
    bench.target.edit("k1", Description="mine")
    bench.apply()
    make_old(bench.ledger)
    bench.decide("companies:1", State.SKIPPED)
    assert bench.states() == {"~ companies/1": "SKIPPED"}


def test_links_of_an_earlier_version_find_what_they_point_at(tmp_path: Path) -> None:
    """The operations that gave ids are found by the names that the plan calls them."""
    bench = people(tmp_path)
    assert bench.apply(limit=2).state == "HALTED"
    make_old(bench.ledger)
    assert bench.apply().state == "DONE"
    assert {*bench.states().values()} == {"APPLIED"}
