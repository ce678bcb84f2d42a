"""What rows may be that `match` did not recognise: told, and nothing else."""

from pathlib import Path

import pytest
from planning_cases import Desk, Seen, firms

import migrator.planner.proposals
from migrator.store.plan import Plan
from migrator.store.views import proposed_matches

pytest.importorskip("rapidfuzz")


def desk_with(folder: Path, *rows: str) -> Desk:
    """Make a desk with companies, and a CRM that holds two."""
    desk = Desk(folder=folder)
    desk.write("firms.csv", "id,name,site", *rows)
    desk.crm.hold("companies", "c1", Name="Northwind Traders")
    desk.crm.hold("companies", "c2", Name="Contoso 2")
    return desk


def proposals(seen: Seen) -> list[tuple[object, ...]]:
    """Read what a plan proposes."""
    with Plan(seen.path) as plan:
        return list(proposed_matches(plan))


def test_nearest_record_is_proposed_and_not_matched(tmp_path: Path) -> None:
    """The row is created as if nothing were like it; one that is like nothing is not told of, nor one that matched."""
    desk = desk_with(tmp_path, "1,Nortwind Traders Ltd,", "2,Northwind Traders,", "3,Contoso 3,", "4,Adatum,")
    seen = desk.plan(firms())
    assert proposals(seen) == [
        ("companies", "firms.csv", 2, "1", "Nortwind Traders Ltd", "Northwind Traders", "c1", 32 / 37)
    ]
    assert list(seen.changes) == ["+ companies:1", "+ companies:3", "+ companies:4"]
    assert seen.header["proposals"] == 1


def test_row_that_is_refused_for_want_of_a_match_is_held_too(tmp_path: Path) -> None:
    """Where `on_no_match` refuses, the nearest record is the way out."""
    seen = desk_with(tmp_path, "1,Nortwind Traders,").plan(firms("on_no_match: reject"))
    assert [row[6] for row in proposals(seen)] == ["c1"]


@pytest.mark.parametrize("match", ["none", "[[Name]]"])
def test_object_without_match_has_no_proposals(tmp_path: Path, match: str) -> None:
    """Who does not ask for a match is not told of one."""
    seen = desk_with(tmp_path, "1,Nortwind Traders,").plan(firms(f"match: {match}"))
    assert len(proposals(seen)) == (match != "none")


@pytest.mark.parametrize(("row", "said"), [("1,Adatum,", None), ("1,Contoso 2,", 0)])
def test_without_the_extra_the_plan_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str, said: int | None
) -> None:
    """Only where there is a row that proposals could be made for."""
    monkeypatch.setattr(migrator.planner.proposals, "HAS_RAPIDFUZZ", False)
    assert desk_with(tmp_path, row).plan(firms()).header["proposals"] == said
