"""Which rows come into a plan, and what the plan says of itself: steps, guards, facts and messages."""

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from planning_cases import ACCOUNT, Desk, TypedSource, firms, people

from migrator import __version__
from migrator.errors import PlanError, SourceError, SpecError
from migrator.spec.values import Limit
from migrator.store.plan_schema import FORMAT

ROW = "id,first,last,email"


def test_where_keeps_rows_and_counts_the_others(tmp_path: Path) -> None:
    """What a step drops is counted under its number and name."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,", "2,Bob,Ross,", "3,,Moss,")
    seen = desk.plan(people('rows: [{where: "{{ first }}"}, {where: "{{ last != \'Ross\' }}"}]'))
    facts = seen.header["objects"]["contacts"]
    assert list(seen.changes) == ["+ contacts:1"]
    assert (facts["read"], facts["dropped"], facts["rows"]) == (3, {"1 where": 1, "2 where": 1}, 1)


def test_row_on_which_a_condition_fails_is_refused(tmp_path: Path) -> None:
    """A condition that cannot be computed for a row does not decide over it in silence."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,", "2,5,Ross,")
    seen = desk.plan(people('rows: [{where: "{{ first > 3 }}"}]'))
    assert seen.states == {"contacts:2": "reject", "contacts:3": "reject"}
    fact = "the template fails: arithmetic and order need numbers or dates, this is text: put '|number' behind it"
    assert list(seen.problems) == [f"contacts:{row} E140 where: {fact}" for row in (2, 3)]


def test_distinct_keeps_the_first_row(tmp_path: Path) -> None:
    """Of several rows with one value the first makes the record."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "1,Acme,a", "1,ACME,b", "2,Acme,c")
    seen = desk.plan(firms("rows: [{distinct: [id]}]", "match: none"))
    assert [change["Website_Business"] for change in seen.changes.values()] == ["a", "c"]
    assert seen.header["objects"]["companies"]["dropped"] == {"1 distinct": 1}


def test_keys_of_dropped_rows_stand_for_the_first(tmp_path: Path) -> None:
    """What points at a row that `distinct` dropped points at the one that it kept."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "1,Acme,", "2,Acme,", "3,Beta,")
    desk.write("people.csv", "id,last,firm", "11,A,1", "12,B,2", "13,C,3")
    fields = "LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}]}"
    seen = desk.plan(firms("rows: [{distinct: [name]}]") + people("match: none", fields=fields))
    found = [change["CurrentPosition_Company_Id"] for name, change in seen.changes.items() if "contacts" in name]
    assert found == ["@companies:1", "@companies:1", "@companies:3"]


def test_distinct_goes_over_all_files_and_batches(tmp_path: Path) -> None:
    """A value is kept once, however far apart its rows stand."""
    desk = Desk(folder=tmp_path)
    desk.write("a.csv", "id,name,site", *[f"{n},N{n % 7},x" for n in range(1, 1502)])
    desk.write("b.csv", "name,site,id", *[f"N{n % 9},x,{n}" for n in range(2000, 2020)])
    seen = desk.plan(firms("from: [a.csv, b.csv]", "rows: [{distinct: [name]}]", "match: none"))
    assert [change["Name"] for change in seen.changes.values()] == [f"N{n}" for n in (1, 2, 3, 4, 5, 6, 0, 7, 8)]
    assert seen.header["objects"]["companies"]["dropped"] == {"1 distinct": 1512}


def test_one_file_feeds_several_objects(tmp_path: Path) -> None:
    """Company and contact may stand in one line."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,last,firm,name", "1,King,17,Acme", "2,Ross,17,Acme", "3,Moss,18,Beta")
    fields = "LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}]}"
    company = firms("from: people.csv", "key: firm", "rows: [{distinct: [firm]}]", fields="Name: name")
    seen = desk.plan(people("match: none", fields=fields) + company)
    assert list(seen.changes) == ["+ companies:17", "+ companies:18", "+ contacts:1", "+ contacts:2", "+ contacts:3"]
    assert [file["file"] for file in seen.header["source"]["files"]] == ["people.csv"]


def test_text_is_trimmed_before_everything_else(tmp_path: Path) -> None:
    """Key, condition, distinct and template see trimmed text, and blank values as blank."""
    desk = Desk(folder=tmp_path, source_block="source: {connector: files, blank_values: ['N/A', '-']}")
    desk.write("people.csv", ROW, " 1 , Ada ,\u00a0King, - ", "2,Ada,King,x@y.org", "3,N/A,Ross,")
    text = people(
        "rows: [{where: \"{{ first == 'Ada' }}\"}, {distinct: [first]}]",
        fields='FirstName: "{{ first }}", LastName: last, EmailAddress_Work: email',
    )
    seen = desk.plan(text)
    assert seen.changes == {"+ contacts:1": {"FirstName": "Ada", "LastName": "King"}}


@pytest.mark.parametrize("place", ["source", "object"])
def test_text_is_kept_where_trim_is_off(tmp_path: Path, place: str) -> None:
    """With `trim: false` blanks are text, and only the key is trimmed."""
    desk = Desk(folder=tmp_path)
    if place == "source":
        desk.source_block = "source: {connector: files, trim: false}"
    desk.write("people.csv", ROW, " 1 , Ada ,King ,")
    seen = desk.plan(people(*(["trim: false"] if place == "object" else [])))
    assert seen.changes == {"+ contacts:1": {"FirstName": " Ada ", "LastName": "King "}}


def test_ragged_row_is_refused_and_may_be_padded(tmp_path: Path) -> None:
    """A row with other cells than the header is refused alone; missing ones at the end may be padded."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,", "2,Bob", "3,Eve,Moss,,x")
    seen = desk.plan(people())
    hint = "correct the row, or state 'pad: true' in the source block"
    assert list(seen.problems) == [
        f"contacts:3 E130 the row has 2 cells, the header 4 ({hint})",
        f"contacts:4 E130 the row has 5 cells, the header 4 ({hint})",
    ]
    desk.source_block = "source: {connector: files, pad: true}"
    assert desk.plan(people()).states == {"contacts:2": "create", "contacts:3": "create", "contacts:4": "reject"}


def test_ragged_row_passes_through_the_steps(tmp_path: Path) -> None:
    """No step drops a row that cannot be read: it is refused where people see it."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,", "2,Bob")
    seen = desk.plan(people("rows: [{where: \"{{ first == 'Ada' }}\"}, {distinct: [id]}]"))
    assert seen.states == {"contacts:2": "create", "contacts:3": "reject"}
    assert seen.header["objects"]["contacts"]["dropped"] == {"1 where": 0, "2 distinct": 0}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("creates: 3", []),
        ("creates: 2", ["creates: 3 creates, the limit is 2"]),
        ("updates: 1", []),
        ("updates: 0", ["updates: 1 updates of contacts of 10 records, the limit is 0"]),
        ("updates: 10%", []),
        ("updates: 9%", ["updates: 1 updates of contacts of 10 records, the limit is 9%"]),
        ("rejects: 2", []),
        ("rejects: 1", ["rejects: 2 of 6 rows are rejected, the limit is 1"]),
        ("rejects: 33%", ["rejects: 2 of 6 rows are rejected, the limit is 33%"]),
        ("rejects: 34%", []),
        (
            "creates: 0, updates: 0, rejects: 0",
            [
                "creates: 3 creates, the limit is 0",
                "updates: 1 updates of contacts of 10 records, the limit is 0",
                "rejects: 2 of 6 rows are rejected, the limit is 0",
            ],
        ),
    ],
)
def test_guard_trips_beyond_its_limit(tmp_path: Path, limits: str, expected: list[str]) -> None:
    """A limit is a number or a share: of the rows, or of the target's records of that object."""
    desk = Desk(folder=tmp_path, top=f"limits: {{{limits}}}\n")
    for n in range(10):
        desk.crm.hold("contacts", f"c{n}", EmailAddress_Work=f"c{n}@x.org")
    desk.write("people.csv", ROW, ",a,,", ",b,,", "1,Ada,,c1@x.org", "2,Bob,,", "3,Eve,,", "4,Flo,,")
    seen = desk.plan(people())
    assert seen.totals("create", "update", "reject", "rows") == [3, 1, 2, 6]
    assert seen.guards() == expected


@pytest.mark.parametrize(
    ("limit", "count", "of", "trips"),
    [
        (Limit(number=5), 5, None, False),
        (Limit(number=5), 6, None, True),
        (Limit(number=0), 1, 100, True),
        (Limit(percent=Decimal(10)), 1, 10, False),
        (Limit(percent=Decimal(10)), 2, 19, True),
        (Limit(percent=Decimal("0.5")), 1, 200, False),
        (Limit(percent=Decimal("0.5")), 1, 199, True),
        (Limit(percent=Decimal(0)), 0, 0, False),
        (Limit(percent=Decimal(50)), 1, None, True),
        (Limit(percent=Decimal(50)), 0, None, True),
    ],
)
def test_share_of_something_unknown_trips(limit: Limit, count: int, of: int | None, *, trips: bool) -> None:
    """A guard that cannot be computed stands in the way."""
    assert limit.is_exceeded(count, of=of) is trips


def test_limit_of_rejects_may_be_given_for_one_plan(tmp_path: Path) -> None:
    """What is given for this plan goes before the mapping."""
    desk = Desk(folder=tmp_path, top="limits: {rejects: 0}\n")
    desk.write("people.csv", ROW, ",a,,", "2,b,,")
    assert desk.plan(people(), rejects=Limit(number=1)).guards() == []
    assert desk.plan(people()).guards() == ["rejects: 1 of 2 rows are rejected, the limit is 0"]


def test_offline_plan_does_not_ask_the_target(tmp_path: Path) -> None:
    """Without the target everything is a create, and the plan says that it does not know."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", EmailAddress_Work="ada@x.org")
    desk.write("people.csv", ROW, "1,Ada,King,ada@x.org")
    seen = desk.plan(people(), is_offline=True)
    assert (list(seen.changes), desk.crm.asked) == (["+ contacts:1"], [])
    assert (seen.header["is_offline"], seen.header["target"]) == (True, {"origin": "(offline)", "fingerprint": ""})
    assert seen.header["objects"]["contacts"]["in_target"] is None


def test_target_is_read_once_for_each_object_that_matters(tmp_path: Path) -> None:
    """Objects that are written and objects that lookups ask are listed, no others."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,last,firm", "1,King,")
    fields = "LastName: last, CurrentPosition_Company_Id: {lookup: target/companies, by: [{Name: firm}]}"
    leads = people("key: last", fields="LastName: last").replace("  contacts:\n", "  leads:\n", 1)
    desk.plan(people("match: none", fields=fields) + leads)
    assert desk.crm.asked == ["contacts", "companies"]


def test_header_says_what_the_plan_was_made_from(tmp_path: Path) -> None:
    """Mapping, files, target, ledger and program are all in it, with their hashes."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,", "")
    header = desk.plan(people()).header
    mapping, table = (tmp_path / "acme.yaml").read_bytes(), (tmp_path / "people.csv").read_bytes()
    assert header["mapping"]["name"] == "acme"
    assert header["mapping"]["path"] == str(tmp_path / "acme.yaml")
    assert header["mapping"]["sha256"] == hashlib.sha256(mapping).hexdigest()
    (file,) = header["source"]["files"]
    assert (file["file"], file["sha256"]) == ("people.csv", hashlib.sha256(table).hexdigest())
    assert (file["size"], file["rows"], file["blank_rows"]) == (len(table), 1, 1)
    assert header["target"] == {"origin": "https://crm.example", "fingerprint": ACCOUNT}
    assert header["connector"] == {"name": "crelate", "version": "1", "probed": ""}
    assert (header["tool"], header["format"], header["made"]) == (__version__, FORMAT, "2024-05-06T07:08:09+00:00")
    assert (header["ledger"]["path"], header["ledger"]["serial"]) == (str(tmp_path / ".migrator/ledger.sqlite"), 0)


def test_parsed_hash_does_not_depend_on_comments(tmp_path: Path) -> None:
    """The mapping is hashed as text and as what it says: a comment changes the one and not the other."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,")
    one = desk.plan(people()).header["mapping"]
    desk.top = "# a comment\n"
    other = desk.plan(people()).header["mapping"]
    assert one["sha256"] != other["sha256"]
    assert one["parsed_sha256"] == other["parsed_sha256"]


def test_calls_are_estimated(tmp_path: Path) -> None:
    """The plan counts the requests of an apply, and how long they take at the pace that is kept."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", EmailAddress_Work="ada@x.org")
    desk.write("people.csv", ROW, "1,Ada,King,ada@x.org", "2,Bob,Ross,", "3,Eve,Moss,")
    desk.write("firms.csv", "id,name,site", "1,Acme,")
    seen = desk.plan(people() + firms())
    assert seen.header["calls"] == {
        "objects": {"contacts": 4, "companies": 1}, "options": 0, "total": 5, "per_second": 2.0, "seconds": 2.5,
    }  # fmt: skip


def test_problems_of_mapping_and_source_come_before_anything_is_asked(tmp_path: Path) -> None:
    """A mapping that does not fit its source is refused, and the target is not asked."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,first,last,mail", "1,Ada,King,")
    with pytest.raises(SpecError) as refused:
        desk.plan(people())
    assert [problem.fact for problem in refused.value.problems] == ["no column 'email' in people.csv"]
    with pytest.raises(SourceError) as missing:
        desk.plan(people() + firms())
    assert [problem.place for problem in missing.value.problems] == ["firms.csv"]
    assert (desk.crm.asked, (tmp_path / "acme.plan").exists()) == ([], False)


def test_started_plan_is_not_overwritten(tmp_path: Path) -> None:
    """A plan that was begun and not ended must stay, or it could never be finished."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,")
    spec, before = desk.spec(people()), desk.plan(people()).path.read_bytes()
    with desk.ledger(spec) as ledger:
        ledger.db.execute("UPDATE plan SET started=1, state='RUNNING'")
    with pytest.raises(PlanError) as refused:
        desk.plan(people())
    hint = "finish it with 'migrator apply acme.plan', or choose another name"
    assert str(refused.value) == f"{tmp_path}/acme.plan: E607 a started plan lies there ({hint})"
    assert (tmp_path / "acme.plan").read_bytes() == before
    with desk.ledger(spec) as ledger:
        ledger.db.execute("UPDATE plan SET state='DONE'")
    assert desk.plan(people()).states == {"contacts:2": "create"}


def test_plan_is_registered_in_the_ledger(tmp_path: Path) -> None:
    """The ledger knows the plan by id, hash and path, as made and not started."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "1,Ada,King,")
    seen = desk.plan(people())
    with desk.ledger(desk.spec(people())) as ledger:
        entry = ledger.plan(seen.header["plan"])
        assert ledger.lineage == seen.header["ledger"]["lineage"]
    assert entry is not None
    assert (entry.mapping, entry.path, entry.state, entry.started) == ("acme", str(seen.path), "MADE", None)
    assert entry.sha256 == hashlib.sha256(seen.path.read_bytes()).hexdigest()


def test_typed_cells_are_taken_as_they_are(tmp_path: Path) -> None:
    """A workbook gives numbers and truth values; keys are compared as text."""
    rows = [(7, "King", 12, True), ("8", " Ross ", None, False)]
    desk = Desk(folder=tmp_path, source=TypedSource(("id", "last", "salary", "main"), *rows))
    fields = "LastName: last, Salary: salary, EmailAddress_Work_IsPrimary: main"
    assert desk.plan(people("match: none", fields=fields)).changes == {
        "+ contacts:7": {"EmailAddress_Work_IsPrimary": True, "LastName": "King", "Salary": "12"},
        "+ contacts:8": {"EmailAddress_Work_IsPrimary": False, "LastName": "Ross"},
    }


def test_many_rows_go_through_in_batches(tmp_path: Path) -> None:
    """Matches, references and created records hold across batches of rows, pages and decisions."""
    desk = Desk(folder=tmp_path)
    desk.crm.page = 300
    for n in range(0, 2300, 2):
        desk.crm.hold("contacts", f"c{n}", EmailAddress_Work=f"{n}@x.org", LastName=f"L{n}")
    desk.write("people.csv", "id,last,email,firm", *[f"{n},L{n},{n}@x.org,F{n % 1150}" for n in range(2300)])
    desk.write("firms.csv", "id,name,site", *[f"{n},F{n}," for n in range(0, 1150, 10)])
    fields = "LastName: last, EmailAddress_Work: email"
    lookup = "CurrentPosition_Company_Id: {lookup: companies, by: [{Name: firm}], on_missing: create}"
    seen = desk.plan(firms() + people(fields=f"{fields}, {lookup}"))
    assert seen.totals("create", "update", "for_lookups", "reject", "rows") == [115 + 1150, 1150, 1035, 0, 2415]
    firm = {change["Name"]: f"@{name[2:]}" for name, change in seen.changes.items() if "companies" in name}
    for n in (0, 1, 999, 1000, 1001, 1150, 2299):
        change = seen.changes[f"{'+' if n % 2 else '~'} contacts:{n}"]
        assert change["CurrentPosition_Company_Id"] == firm[f"F{n % 1150}"]
