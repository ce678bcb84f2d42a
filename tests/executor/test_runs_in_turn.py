"""One run after another: what the source changed flows, what somebody changed in the target stays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from apply_cases import Bench

OBJECTS = """\
  companies:
    from: companies.csv
    to: companies
    key: id
    match: [[Name]]
    fields:
      Name: name
      Description: about
      Tags.Default: {from: tags, transform: [{split: ";"}]}
"""
ROWS = {1: ["One", "x", "a;b"], 2: ["Two", "y", ""]}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Write two companies into an empty CRM."""
    made = Bench(folder=tmp_path)
    run(made, ROWS)
    return made


def run(bench: Bench, rows: Mapping[int, list[str]], objects: str = OBJECTS) -> list[str]:
    """Plan and apply; gives the writes that the CRM saw."""
    bench.write("companies.csv", "id,name,about,tags", *(f"{key},{','.join(row)}" for key, row in rows.items()))
    name = f"{bench.plans}.plan"
    bench.plan(objects, name=name)
    assert bench.apply(name).exit_code == 0
    return bench.target.seen("+~")


def held(bench: Bench, record_id: str = "c1") -> dict[str, Any]:
    """Give a company as the CRM holds it, without its marker."""
    return {name: value for name, value in bench.target.held("companies")[record_id].items() if "Key" not in name}


def turned(rows: Mapping[int, list[str]], key: int, column: int, value: str) -> dict[int, list[str]]:
    """Change one cell of the source."""
    return {n: [value if (n, m) == (key, column) else cell for m, cell in enumerate(row)] for n, row in rows.items()}


def test_second_plan_is_empty(bench: Bench) -> None:
    """Whatever the ledger knows, or without it the marker."""
    assert run(bench, ROWS) == []
    bench.ledger.unlink()
    assert run(bench, ROWS) == []


def test_changed_cell_is_one_update_of_one_field(bench: Bench) -> None:
    """Nothing else of the record is sent."""
    assert run(bench, turned(ROWS, 1, 1, "new")) == ["~ companies/c1"]
    assert held(bench) == {"Name": "One", "Description": "new", "Tags.Default": ["a", "b"]}
    assert run(bench, turned(ROWS, 1, 1, "new")) == []


def test_change_in_the_target_stays_for_good(bench: Bench) -> None:
    """Run after run, whatever else is written, to this record or to others."""
    bench.target.edit("c1", Description="theirs")
    assert run(bench, ROWS) == []
    assert run(bench, turned(ROWS, 2, 1, "new")) == ["~ companies/c2"]
    assert run(bench, turned(ROWS, 1, 0, "Uno")) == ["~ companies/c1", "~ companies/c2"]
    assert held(bench) == {"Name": "Uno", "Description": "theirs", "Tags.Default": ["a", "b"]}
    assert run(bench, turned(ROWS, 1, 0, "Uno")) == []


@pytest.mark.parametrize(("how", "stands"), [("source", "ours"), ("target", "theirs"), ("ask", "theirs")])
@pytest.mark.parametrize("of", ["field", "object"])
def test_change_on_both_sides_goes_by_on_conflict(bench: Bench, how: str, stands: str, of: str) -> None:
    """Stated for a field or for the whole object; what is asked stays a question on later runs."""
    objects = (
        OBJECTS.replace("Description: about", f"Description: {{from: about, on_conflict: {how}}}")
        if of == "field"
        else OBJECTS.replace("    key: id\n", f"    key: id\n    on_conflict: {how}\n")
    )
    rows = turned(turned(ROWS, 1, 1, "ours"), 2, 1, "new")
    bench.target.edit("c1", Description="theirs")
    run(bench, rows, objects)
    assert held(bench)["Description"] == stands
    run(bench, turned(rows, 2, 1, "newer"), objects)
    run(bench, turned(rows, 2, 1, "newest"), objects)
    assert (held(bench)["Description"], held(bench, "c2")["Description"]) == (stands, "newest")


def test_items_of_theirs_stay_beside_ours(bench: Bench) -> None:
    """What they added is kept, also when an item of ours comes in."""
    bench.target.edit("c1", **{"Tags.Default": ["a", "b", "theirs"]})
    assert run(bench, ROWS) == []
    run(bench, turned(ROWS, 1, 2, "a;b;c"))
    assert held(bench)["Tags.Default"] == ["a", "b", "theirs", "c"]
    assert run(bench, turned(ROWS, 1, 2, "a;b;c")) == []


@pytest.mark.parametrize(("merge", "tags"), [("add", ["a", "b"]), ("replace", ["a"])])
def test_item_that_the_source_dropped_is_removed_by_replace_only(bench: Bench, merge: str, tags: list[str]) -> None:
    """With `add` nothing is ever taken out of a list."""
    objects = OBJECTS.replace("from: tags,", f"from: tags, merge: {merge},")
    run(bench, turned(ROWS, 1, 2, "a"), objects)
    assert held(bench)["Tags.Default"] == tags
    assert run(bench, turned(ROWS, 1, 2, "a"), objects) == []
