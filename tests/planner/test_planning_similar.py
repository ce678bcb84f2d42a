"""Records whose names are nearly those of others: what lookups create by a slip of the pen."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from planning_cases import CRELATE, Desk, firms, people

from migrator.planner import similar
from migrator.planner.similar import Likeness, plain_name
from migrator.store.draft import STAGED, Draft, StagedRecord
from migrator.store.holdings import Holding, add_page

COMPANIES = CRELATE.objects["companies"]
BY_NAME = "{lookup: companies, by: [{Name: firm}], on_missing: create}"
POINTING = people(fields=f"LastName: last, CurrentPosition_Company_Id: {BY_NAME}")


def likenesses(
    folder: Path, rows: Sequence[str], held: Sequence[str], created: Sequence[str], cutoff: float = 0.85
) -> list[Likeness]:
    """Put companies into a draft, and hold those that lookups created against the others."""
    names = [*rows, *created]
    with Draft(folder / "x.plan") as draft:
        draft.add_object((1, "companies", "companies", "A", "[]"))
        number = draft.file_number("firms.csv")
        places = [(number, n + 2) if n < len(rows) else (None, None) for n in range(len(names))]
        staged = [
            StagedRecord(n, 1, file, row, f"k{n}", None, json.dumps({"Name": name}), STAGED)
            for n, (name, (file, row)) in enumerate(zip(names, places, strict=True), start=1)
        ]
        draft.add_rows(staged, [], [], [])
        add_page(draft, [Holding(-n, "companies", f"c{n}", name, "{}") for n, name in enumerate(held, start=1)], [])
        return [near for _created, near in similar.likenesses(draft, COMPANIES, len(rows) + 1, cutoff)]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  ACME   Corp. ", "acme corp"),
        ("O'Neill & Sons", "oneill sons"),
        ("Müller™, Söhne", "müller söhne"),
        ("हिन्दी", "हिन्दी"),
        ("...", ""),
    ],
)
def test_names_are_compared_without_case_and_punctuation(text: str, plain: str) -> None:
    """As values are compared, less the signs; letters and marks of every script stay."""
    assert plain_name(text) == plain


def test_created_record_is_held_against_rows_and_target(tmp_path: Path) -> None:
    """The nearest is told of, with its place: a source row, or the target's id."""
    found = likenesses(
        tmp_path, ["Acme Corp.", "Beta Ltd"], ["Gamma Trading House"], ["ACME Corp", "Gama Trading House"]
    )
    assert found == [
        Likeness(3, 1, 1.0, "ACME Corp", "Acme Corp.", "firms.csv:2"),
        Likeness(4, -1, 36 / 37, "Gama Trading House", "Gamma Trading House", "c1"),
    ]


def test_later_one_of_two_created_is_told_of(tmp_path: Path) -> None:
    """Of two new names that are nearly one, the first is taken for granted."""
    found = likenesses(tmp_path, [], [], ["Northwind Traders", "Nortwind Traders"])
    assert found == [Likeness(2, 1, 32 / 33, "Nortwind Traders", "Northwind Traders", "")]


@pytest.mark.parametrize("other", ["Acme Holding", "Northwind Traders 2", "Q"])
def test_other_names_are_not_alike(tmp_path: Path, other: str) -> None:
    """Neither what is below the cutoff nor what differs in a number."""
    assert likenesses(tmp_path, [other], [other], ["Northwind Traders 1"]) == []


def test_long_names_are_held_by_their_beginning(tmp_path: Path) -> None:
    """What one name has beyond the length that is compared makes it no other one."""
    (found,) = likenesses(tmp_path, ["Northwind Traders " * 7 + "of Bonn" * 20], [], ["Northwind Traders " * 7])
    assert found.score > 0.99


def test_only_the_best_is_told(tmp_path: Path) -> None:
    """A created record is told of once, however many are like it."""
    (found,) = likenesses(tmp_path, ["Northwind Trade", "Northwind Tradrs"], ["Northwind"], ["Northwind Traders"], 0.5)
    assert (found.other, found.score) == (2, 32 / 33)


def test_slip_of_the_pen_is_listed_in_the_plan(tmp_path: Path) -> None:
    """Both names, the likeness, and how many rows wait; the record is created all the same."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "17,Northwind Traders,")
    desk.write("people.csv", "id,last,email,firm", "1,A,,Nortwind Traders", "2,B,,nortwind traders", "3,C,,Beta")
    desk.crm.hold("companies", "c1", Name="Betas GmbH")
    seen = desk.plan(firms() + POINTING)
    fact = "'Nortwind Traders' is new and nearly 'Northwind Traders' (firms.csv:2), likeness 0.97; 2 rows wait on it"
    hint = "if both are one, write the name in one way, or state unless_similar"
    assert list(seen.problems) == [f"companies W306 {fact} ({hint})"]
    assert seen.totals("for_lookups", "reject") == [2, 0]


def test_record_that_nobody_waits_for_is_not_listed(tmp_path: Path) -> None:
    """Where all who asked for it are refused it is not created, so it is no slip either."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "17,Northwind Traders,")
    desk.write("people.csv", "id,last,email,firm,spouse", "1,A,,Nortwind Traders,99")
    spouse = "RelatedContact_Spouse_Id: {lookup: contacts, by: [{key: spouse}]}"
    fields = f"LastName: last, CurrentPosition_Company_Id: {BY_NAME}, {spouse}"
    seen = desk.plan(firms() + people(fields=fields))
    assert (list(seen.created.values()), [problem.split()[1] for problem in seen.problems]) == (["skip"], ["E203"])
