"""How the target is read: in pages or by asking, whichever takes fewer calls, and always to the same plan."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import CRELATE, Desk, MemoryCrm, Seen, firms, people

from migrator.records import TargetRecord

MARKER = "ExternalPrimaryKey"


class FindingCrm(MemoryCrm):
    """A CRM that also finds records by a field, some values in a call, and tells how long a list is."""

    size = 2
    tells = True

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.left: int | None = None

    async def read(
        self, name: str, *, minutes: int | None = None, only: Collection[str] = ()
    ) -> AsyncIterator[list[TargetRecord]]:
        """Count each page; an empty list takes one call, too."""
        pages = [page async for page in super().read(name, minutes=minutes, only=only)]
        self.calls += not pages
        for number, page in enumerate(pages, start=1):
            self.calls += 1
            self.left = len(pages) - number if self.tells else None
            yield page

    def pages_left(self, _name: str) -> int | None:
        """Tell how many pages follow."""
        return self.left

    async def get(self, name: str, record_id: str, _parent: tuple[str, str] | None = None) -> TargetRecord | None:
        """Count each record that is read alone."""
        self.calls += 1
        return await super().get(name, record_id)

    def can_find(self, _name: str) -> int:
        """Look for some values in a call."""
        return self.size

    async def find(self, name: str, field: str, values: Sequence[str]) -> AsyncIterator[list[TargetRecord]]:
        """Answer each call with what has one of its values, whatever its letters are, and one record too many."""
        for start in range(0, len(values), self.size):
            self.calls += 1
            wanted = {value.lower() for value in values[start : start + self.size]}
            found = [one for one in self.held.get(name, []) if str(one.fields.get(field)).lower() in wanted]
            yield [*found, *self.held.get(name, [])[:1]]


def desk_with(folder: Path, crm: MemoryCrm, rows: int, held: int) -> Desk:
    """Make a file of people, and a CRM that holds as many of them and others."""
    desk = Desk(folder=folder, crm=crm)
    desk.write("people.csv", "id,first,last,email", *(f"{n},Ada,L{n}," for n in range(rows)))
    for n in range(held):
        crm.hold("contacts", f"c{n}", LastName=f"L{n}", **{MARKER: f"acme/contacts/{n}"})
    return desk


def reads(seen: Seen) -> list[tuple[Any, ...]]:
    """Give how each object was read."""
    return [(one["target"], one["by"], one["calls"], one["instead"]) for one in seen.header["reads"]]


@pytest.mark.parametrize(
    ("rows", "held", "expected"),
    [
        (2, 0, ("contacts", MARKER, 1, None)),
        (2, 100, ("contacts", MARKER, 1, None)),
        (4, 4, ("contacts", "pages", 2, 2)),
        (4, 6, ("contacts", "pages", 3, 2)),
        (4, 8, ("contacts", MARKER, 3, 4)),
        (9, 100, ("contacts", MARKER, 6, 50)),
        (100, 9, ("contacts", "pages", 5, 50)),
    ],
)
def test_way_with_fewer_calls_is_taken(tmp_path: Path, rows: int, held: int, expected: tuple[Any, ...]) -> None:
    """The first page tells how many follow, and goes on unless asking takes fewer than those; the plan says so."""
    crm = FindingCrm()
    seen = desk_with(tmp_path, crm, rows, held).plan(people("match: none"))
    assert (reads(seen), crm.calls) == ([expected], expected[2])


def test_list_of_unknown_length_is_read_to_its_end(tmp_path: Path) -> None:
    """Where the CRM does not tell how long a list is, nothing is weighed."""
    crm = FindingCrm()
    crm.tells = False
    assert reads(desk_with(tmp_path, crm, 4, 8).plan(people("match: none"))) == [("contacts", "pages", 4, 2)]


@pytest.mark.parametrize(
    ("objects", "top"),
    [
        (people(), ""),
        (people("match: none"), "limits: {updates: 10%}\n"),
        (people("match: none") + firms(fields="Name: {lookup: contacts, by: [{LastName: name}]}"), ""),
    ],
)
def test_what_no_call_finds_surely_is_read_whole(tmp_path: Path, objects: str, top: str) -> None:
    """Match lines compare normal forms, shares need a count, and lookups by fields ask for records of nobody's row."""
    desk = desk_with(tmp_path, FindingCrm(), 2, 8)
    desk.top = top
    desk.write("firms.csv", "id,name,site", "1,L1,")
    assert ("contacts", "pages", 4, None) in reads(desk.plan(objects))


@pytest.mark.parametrize(
    ("key", "by"), [("A-1.b_c/2", MARKER), ("Fisher|7", "pages"), ("a b", "pages"), ("Ä1", "pages")]
)
def test_marker_that_a_search_may_misread_is_not_asked_for(tmp_path: Path, key: str, by: str) -> None:
    """A sign of the search itself in a marker would hide the record that bears it."""
    desk = desk_with(tmp_path, FindingCrm(), 1, 8)
    desk.write("people.csv", "id,first,last,email", f"{key},Ada,L1,")
    assert [one[:2] for one in reads(desk.plan(people("match: none")))] == [("contacts", by)]


def test_object_without_marker_and_match_is_not_listed(tmp_path: Path) -> None:
    """Nothing could be recognised in it: records that the ledger knows are read by their ids, where they are few."""
    crm = FindingCrm()
    bare = replace(CRELATE.objects["contacts"], marker="")
    crm.catalog = replace(CRELATE, objects={**CRELATE.objects, "contacts": bare})
    desk = desk_with(tmp_path, crm, 3, 8)
    assert (reads(desk.plan(people("match: none"))), crm.calls) == ([("contacts", "nothing", 0, None)], 0)
    desk.remember("contacts", "1", "c1", LastName="L1", FirstName="Ada")
    seen = desk.plan(people("match: none"))
    assert (reads(seen), crm.calls) == ([("contacts", "ids", 1, None)], 1)
    assert seen.states == {"contacts:2": "create", "contacts:3": "update", "contacts:4": "create"}


def test_record_that_no_row_states_is_still_found_by_its_key(tmp_path: Path) -> None:
    """A lookup by key wants a company of an earlier run, which this plan's own markers would not bring."""
    desk = desk_with(tmp_path, FindingCrm(), 0, 0)
    desk.write("people.csv", "id,last,firm", "1,King,9")
    desk.write("firms.csv", "id,name,site", "1,L1,")
    desk.crm.hold("companies", "k9", Name="Nine")
    desk.remember("companies", "9", "k9", Name="Nine")
    by_key = "LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}]}"
    seen = desk.plan(firms("match: none", fields="Name: name") + people("match: none", fields=by_key))
    assert seen.changes["+ contacts:1"] == {"LastName": "King", "CurrentPosition_Company_Id": "k9"}


@given(
    size=st.sampled_from([1, 3, 20]),
    rows=st.sets(st.integers(0, 9), min_size=1),
    held=st.dictionaries(st.integers(0, 9), st.sampled_from(["acme/contacts/{}", "ACME/contacts/{}", "", "other/{}"])),
    known=st.sets(st.integers(0, 9)),
    unlisted=st.sets(st.integers(0, 9)),
)
@settings(max_examples=60, deadline=None)
def test_both_ways_lead_to_one_plan(
    size: int, rows: set[int], held: dict[int, str], known: set[int], unlisted: set[int]
) -> None:
    """Whatever the target holds and the ledger knows: what is found by asking is what is found by reading all."""
    seen = []
    finding = FindingCrm()
    finding.size = size
    for crm in (MemoryCrm(), finding):
        with TemporaryDirectory() as name:
            desk = Desk(folder=Path(name), crm=crm)
            desk.write("people.csv", "id,first,last,email", *(f"{n},Ada,L{n}," for n in sorted(rows)))
            for n, marker in held.items():
                crm.hold("contacts", f"c{n}", LastName="Old", **({MARKER: marker.format(n)} if marker else {}))
            for n in known & rows:
                desk.remember("contacts", str(n), f"c{n}", LastName="Old")
            crm.unlisted = {f"c{n}" for n in unlisted & known & rows}
            plan = desk.plan(people("match: none"))
            seen.append((plan.changes, plan.states, plan.problems))
    assert seen[0] == seen[1]
