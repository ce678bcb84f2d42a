"""Records that only lookups ask for: one for each distinct value in the whole plan, if anybody waits for it."""

from pathlib import Path

import pytest
from planning_cases import Desk, firms, people

from migrator.planner import missing
from migrator.store.plan import Plan
from migrator.store.views import created_for_lookups

BY_NAME = "lookup: companies, by: [{Name: firm}], on_missing: create"
JOBS = """\
  jobs:
    from: jobs.csv
    to: jobs
    key: id
    fields: {Name: name, Company_Id: {lookup: companies, by: [{Name: firm}], on_missing: create}}
"""


def pointing(lookup: str = BY_NAME, more: str = "") -> str:
    """Write contacts that point at companies."""
    own = "LastName: last, EmailAddress_Work: {from: email, transform: [email]}"
    return people(fields=f"{own}, CurrentPosition_Company_Id: {{{lookup}}}{more}")


def desk_with(folder: Path, *rows: str, header: str = "id,last,email,firm") -> Desk:
    """Make a desk with people and a table of companies without rows."""
    desk = Desk(folder=folder)
    desk.write("firms.csv", "id,name,site")
    desk.write("people.csv", header, *rows)
    return desk


def test_missing_record_is_created_once_for_each_value(tmp_path: Path) -> None:
    """However many rows ask, one record is made of a value, in the spelling of the first."""
    desk = desk_with(tmp_path, "1,A,,Acme", "2,B,, ACME ", "3,C,,Beta", "4,D,,acme", "5,E,,")
    seen = desk.plan(firms() + pointing())
    made = {name: change for name, change in seen.changes.items() if "companies" in name}
    assert list(made.values()) == [{"Name": "Acme"}, {"Name": "Beta"}]
    acme, beta = (f"@{name.removeprefix('+ ')}" for name in made)
    found = [change.get("CurrentPosition_Company_Id") for name, change in seen.changes.items() if "contacts" in name]
    assert found == [acme, acme, beta, acme, None]
    assert seen.totals("create", "for_lookups", "rows") == [5, 2, 5]


def test_created_record_has_a_key_and_a_marker_of_its_own(tmp_path: Path) -> None:
    """The key is made of what was looked for, so that every plan of the mapping gives the same."""
    keys = []
    for n, spelled in enumerate(("Acme", "ACME  ", "Beta")):
        folder = tmp_path / str(n)
        folder.mkdir()
        seen = desk_with(folder, f"{n},A,,{spelled}").plan(firms() + pointing())
        change = seen.raw[0]
        assert change.marker == f"acme/companies/{change.key}"
        assert (change.place, change.key[0], len(change.key)) == ("", "?", 17)
        keys.append(change.key)
    assert keys[0] == keys[1] != keys[2]


def test_value_is_created_once_over_several_objects(tmp_path: Path) -> None:
    """Two objects that ask for one company get one company."""
    desk = desk_with(tmp_path, "1,A,,Acme", "2,B,,Gamma")
    desk.write("jobs.csv", "id,name,firm", "1,Dev,ACME", "2,Ops,Beta")
    seen = desk.plan(JOBS + firms() + pointing())
    made = [change["Name"] for name, change in seen.changes.items() if "companies" in name]
    assert sorted(name.casefold() for name in made) == ["acme", "beta", "gamma"]
    assert seen.changes["+ jobs:1"]["Company_Id"] == seen.changes["+ contacts:1"]["CurrentPosition_Company_Id"]
    assert seen.totals("for_lookups") == [3]


def test_what_plan_or_target_has_is_found_and_not_created(tmp_path: Path) -> None:
    """Only what neither the source nor the target has is made."""
    desk = desk_with(tmp_path, "1,A,,Acme", "2,B,,beta", "3,C,,Gamma")
    desk.crm.hold("companies", "c1", Name="ACME")
    desk.write("firms.csv", "id,name,site", "17,Beta,")
    seen = desk.plan(firms() + pointing())
    made = [change["Name"] for name, change in seen.changes.items() if "companies:?" in name]
    assert made == ["Gamma"]
    found = [change["CurrentPosition_Company_Id"] for name, change in seen.changes.items() if "contacts" in name]
    assert found[:2] == ["c1", "@companies:17"]


def test_created_record_goes_through_match_first(tmp_path: Path) -> None:
    """What `create` states may recognise a record that the lookup's own line did not find."""
    header = "id,last,email,firm,site"
    desk = desk_with(tmp_path, "1,A,,Acme Inc,acme.example", "2,B,,Beta,", header=header)
    desk.crm.hold("companies", "c1", Name="Acme", Website_Business="acme.example")
    create = "create: {Name: firm, Website_Business: site}"
    seen = desk.plan(firms() + pointing(f"{BY_NAME}, {create}"))
    assert seen.changes["+ contacts:1"]["CurrentPosition_Company_Id"] == "c1"
    assert [change for name, change in seen.changes.items() if "companies" in name] == [{"Name": "Beta"}]
    assert seen.totals("for_lookups") == [1]


def test_created_record_is_recognised_by_its_marker(tmp_path: Path) -> None:
    """A later run finds what an earlier one made, although somebody renamed it."""
    desk = desk_with(tmp_path, "1,A,,Acme")
    (made, _contact) = desk.plan(firms() + pointing()).raw
    desk.crm.hold("companies", "c1", Name="Acme Holding", ExternalPrimaryKey=made.marker)
    seen = desk.plan(firms() + pointing())
    assert seen.changes == {"+ contacts:1": {"CurrentPosition_Company_Id": "c1", "LastName": "A"}}


def test_created_record_that_is_ambiguous_refuses_who_waits(tmp_path: Path) -> None:
    """Where the target has two of it, none is taken and none is made."""
    desk = desk_with(tmp_path, "1,A,,Acme,x.example", "2,B,,Beta,", header="id,last,email,firm,site")
    desk.crm.hold("companies", "c1", Name="One", Website_Business="x.example")
    desk.crm.hold("companies", "c2", Name="Two", Website_Business="x.example")
    seen = desk.plan(firms() + pointing(f"{BY_NAME}, create: {{Name: firm, Website_Business: site}}"))
    assert seen.states == {"contacts:2": "reject", "contacts:3": "create"}
    (key,) = (name.removeprefix("companies:") for name, state in seen.created.items() if state == "reject")
    fact = "2 records of the target agree on Website_Business: One (c1); Two (c2)"
    hint = "add a match line that tells them apart, or merge them in the target"
    cause = f"points at {key}, which is rejected itself (E304) (correct that row first)"
    assert list(seen.problems) == [
        f"companies E304 Website_Business: {fact} ({hint})",
        f"contacts:2 E204 CurrentPosition_Company_Id: {cause}",
    ]


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        (["1,A,bad,Acme", "2,B,bad,ACME"], ""),
        (["1,A,,Acme", "1,B,,ACME"], ""),
        (["1,A,,Acme", "2,B,,ACME"], ", RelatedContact_Spouse_Id: {lookup: contacts, by: [{key: {value: '99'}}]}"),
    ],
)
def test_nothing_is_created_when_all_who_wait_are_refused(tmp_path: Path, rows: list[str], more: str) -> None:
    """Whether they fall before or after the lookup, nobody needs the record any longer."""
    seen = desk_with(tmp_path, *rows).plan(firms() + pointing(more=more))
    assert seen.changes == {}
    assert set(seen.states.values()) == {"reject"}
    assert seen.totals("create", "for_lookups") == [0, 0]


def test_one_good_row_is_enough_to_create(tmp_path: Path) -> None:
    """The record is made for the row that is left, in the spelling of the first that was not refused."""
    seen = desk_with(tmp_path, "1,A,bad,ACME", "2,B,,Acme").plan(firms() + pointing())
    assert [change for name, change in seen.changes.items() if "companies" in name] == [{"Name": "Acme"}]


def test_created_records_may_be_of_the_same_kind(tmp_path: Path) -> None:
    """A record of the same object that is missing is created, and before those that ask for it."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,over", "1,A,Top", "2,B,top", "3,C,A")
    fields = "Name: name, ParentAccount_Id: {lookup: companies, by: [{Name: over}], on_missing: create}"
    seen = desk.plan(firms("match: none", fields=fields))
    assert [change.get("Name") for change in seen.changes.values()] == ["Top", "A", "B", "C"]
    over = [change.get("ParentAccount_Id") for change in seen.changes.values()]
    top = f"@{next(name.removeprefix('+ ') for name in seen.changes if 'companies:?' in name)}"
    assert over == [None, top, top, "@companies:1"]


def test_key_that_is_missing_creates_a_record_of_that_key(tmp_path: Path) -> None:
    """A line by key may create too: the new record has the key, and what `create` states."""
    lookup = 'lookup: companies, by: [{key: firm}], on_missing: create, create: {Name: "Firm {{ firm }}"}'
    seen = desk_with(tmp_path, "1,A,,17", "2,B,,17").plan(firms() + pointing(lookup))
    assert seen.changes == {
        "+ companies:17": {"Name": "Firm 17"},
        "+ contacts:1": {"CurrentPosition_Company_Id": "@companies:17", "LastName": "A"},
        "+ contacts:2": {"CurrentPosition_Company_Id": "@companies:17", "LastName": "B"},
    }


def test_guard_of_creates_counts_what_lookups_create(tmp_path: Path) -> None:
    """A record that a lookup creates is a create of its object."""
    desk = desk_with(tmp_path, "1,A,,Acme", "2,B,,Beta")
    desk.top = "limits: {creates: 3}\n"
    seen = desk.plan(firms() + pointing())
    assert seen.guards() == ["creates: 4 creates, the limit is 3"]


def test_record_asked_for_by_key_is_created_with_the_fields_of_a_line(tmp_path: Path) -> None:
    """Nothing is created without any value: a key that nobody has takes the name beside it, or is missing."""
    desk = desk_with(tmp_path, "1,A,,Acme,9", "2,B,,,8", "3,C,,Beta,9", header="id,last,email,firm,key")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{key: key}, {Name: firm}], on_missing: create"))
    assert seen.changes["+ companies:9"] == {"Name": "Acme"}
    assert [name for name in seen.changes if "companies" in name] == ["+ companies:9"]
    fact = "no companies found, not in the source, nor in crelate, nor anything to create it with: '8'"
    assert [problem.split(" (")[0] for problem in seen.problems] == [
        f"contacts:3 E203 CurrentPosition_Company_Id: {fact}"
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_whoever_knows_the_name_of_a_key_gives_it(tmp_path: Path, *, turned: bool) -> None:
    """Of several who ask for a key, one that has a name beside it is enough, in whatever order they stand."""
    rows = ("1,A,,,9", "2,B,,Acme,9")
    desk = desk_with(tmp_path, *rows[:: -1 if turned else 1], header="id,last,email,firm,key")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{key: key}, {Name: firm}], on_missing: create"))
    assert seen.changes["+ companies:9"] == {"Name": "Acme"}
    assert set(seen.states.values()) == {"create"}


def test_id_of_the_target_is_never_created(tmp_path: Path) -> None:
    """What is looked for by its id is there or is not, whatever the lookup would create."""
    desk = desk_with(tmp_path, "1,A,,Acme,C9", "2,B,,Acme,", header="id,last,email,firm,key")
    seen = desk.plan(firms() + pointing("lookup: companies, by: [{id: key}, {Name: firm}], on_missing: create"))
    assert [change for name, change in seen.changes.items() if "companies" in name] == [{"Name": "Acme"}]
    assert seen.states == {"contacts:2": "reject", "contacts:3": "create"}


def test_left_out_row_does_not_spell_what_is_created(tmp_path: Path) -> None:
    """Two rows of one key are refused, so the first who asks is the row behind them."""
    desk = desk_with(tmp_path, "1,A,,ACME", "1,B,,ACME", "2,C,,Acme")
    seen = desk.plan(firms() + pointing())
    assert [change["Name"] for name, change in seen.changes.items() if "companies" in name] == ["Acme"]


def test_what_nothing_can_be_made_of_is_missing_to_all_who_ask(tmp_path: Path) -> None:
    """No row has a value for the new record."""
    desk = desk_with(tmp_path, "1,A,,77", "2,B,,77", "3,C,,")
    seen = desk.plan(
        firms() + pointing("lookup: companies, by: [{key: firm}], on_missing: create, create: {Name: email}")
    )
    assert seen.totals("create", "for_lookups", "reject") == [1, 0, 2]


def test_row_that_is_refused_for_another_does_not_wait(tmp_path: Path) -> None:
    """What points at a rejected row is rejected after its other references were resolved."""
    desk = desk_with(tmp_path, "1,,,Acme,", "2,B,,Acme,1", "3,C,,acme,", header="id,last,email,firm,by")
    own = "LastName: {from: last, required: true}, RelatedContact_ReferredBy_Id: {lookup: contacts, by: [{key: by}]}"
    desk.plan(firms() + people(fields=f"{own}, CurrentPosition_Company_Id: {{{BY_NAME}}}"))
    with Plan(tmp_path / "acme.plan") as plan:
        assert [(one.values, one.rows) for one in created_for_lookups(plan)] == [("Acme", 1)]


@pytest.mark.parametrize("together", [1, 1_000])
def test_record_that_another_stands_in_for_stands_in_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    """The second has the site of the first; the third has the name of the second alone, and is made by itself."""
    monkeypatch.setattr(missing, "BATCH", together)
    monkeypatch.setattr(missing, "MAX_FRESH", together)
    rows = ("1,A,,Acme,x.example,d1", "2,B,,Bolt,x.example,d2", "3,C,,Bolt,,d3")
    desk = desk_with(tmp_path, *rows, header="id,last,email,firm,site,about")
    lookup = "lookup: companies, by: [{Description: about}], on_missing: create"
    create = "create: {Name: firm, Website_Business: site, Description: about}"
    seen = desk.plan(firms() + pointing(f"{lookup}, {create}"))
    made = {name: change for name, change in seen.changes.items() if "companies" in name}
    assert [change["Description"] for change in made.values()] == ["d1", "d3"]
    first, third = (f"@{name.removeprefix('+ ')}" for name in made)
    found = [change["CurrentPosition_Company_Id"] for name, change in seen.changes.items() if "contacts" in name]
    assert found == [first, first, third]
