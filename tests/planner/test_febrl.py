"""500 people and their 500 copies with slips of the pen: what match lines and proposals find of them."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest
from planning_cases import Desk, Seen, people

from migrator.store.plan import Plan
from migrator.store.views import proposed_matches

DATA = Path(__file__).parents[1] / "data" / "febrl" / "dataset1.csv"
FIELDS = "FirstName: given_name, LastName: surname, NickName: soc_sec_id, Description: date_of_birth"


def number_of(record_id: str) -> str:
    """Give whose record it is: 17 for `rec-17-org` and for `rec-17-dup-0`."""
    return record_id.split("-")[1]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Put the originals into a CRM, and the copies into a table."""
    desk = Desk(folder=tmp_path)
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = [{name.strip(): cell.strip() for name, cell in row.items()} for row in csv.DictReader(file)]
    copies = [row for row in rows if "-dup-" in row["rec_id"]]
    desk.write("people.csv", ",".join(rows[0]), *(",".join(row.values()) for row in copies))
    names = {"given_name": "FirstName", "surname": "LastName", "soc_sec_id": "NickName", "date_of_birth": "Description"}
    for row in rows:
        if row not in copies:
            desk.crm.hold("contacts", row["rec_id"], **{to: row[column] for column, to in names.items() if row[column]})
    desk.crm.page = 500
    return desk


def planned(desk: Desk, match: str) -> tuple[Mapping[str, str], Mapping[str, str], Seen]:
    """Plan the copies: which original each was matched with, and which one each of the rest may be."""
    seen = desk.plan(people("key: rec_id", f"match: {match}", fields=FIELDS))
    with Plan(seen.path) as plan:
        matched = dict(plan.db.execute("SELECT r.key, a.target_id FROM agreed a JOIN record r ON r.id=a.record"))
        proposed = {key: target_id for _o, _f, _r, key, _l, _c, target_id, _s in proposed_matches(plan)}
    return matched, proposed, seen


def count_right(found: Mapping[str, str]) -> int:
    """Count the copies whose original was found."""
    return sum(number_of(key) == number_of(target_id) for key, target_id in found.items())


@pytest.mark.parametrize(
    ("match", "least"), [("[[NickName]]", 450), ("[[FirstName, LastName, Description]]", 202)], ids=["number", "names"]
)
def test_exact_lines_find_only_what_is_right(desk: Desk, match: str, least: int) -> None:
    """What agrees exactly is the same person, each time; what was damaged is a new one, and none is refused."""
    matched, _proposed, seen = planned(desk, match)
    assert count_right(matched) == len(matched) >= least
    assert seen.totals("create", "reject", "rows") == [500 - len(matched), 0, 500]


@pytest.mark.parametrize(
    ("match", "least"), [("[[NickName]]", 33), ("[[FirstName, LastName, Description]]", 160)], ids=["number", "names"]
)
def test_proposals_find_most_of_the_rest(desk: Desk, match: str, least: int) -> None:
    """By the name alone; at most one in a hundred is wrong, and none of them was matched."""
    pytest.importorskip("rapidfuzz")
    matched, proposed, _seen = planned(desk, match)
    assert matched.keys().isdisjoint(proposed)
    assert count_right(proposed) >= max(least, 0.99 * len(proposed))
