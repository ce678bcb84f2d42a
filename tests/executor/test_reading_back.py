"""What was written is read back: equal, normalised, different, missing, twice; and nothing is written by it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apply_cases import COMPANIES, FRIENDS, Bench, companies, notes, people, updates
from practice_target import MARKER, REFUSED, UNANSWERED, Act
from undo_cases import plan_undo

from migrator.errors import PlanError
from migrator.store.ledger import LedgerReader
from migrator.store.plan import Plan
from migrator.store.readback import Finding, Verification, kept

CLEAN = {"EQUAL": 0, "NORMALISED": 0, "DIFFERENT": 0, "MISSING": 0}


def applied(folder: Path, count: int = 3) -> Bench:
    """Apply a plan of so many companies, and forget what the CRM saw of it."""
    bench = companies(folder, count)
    bench.apply()
    bench.target.history.clear()
    return bench


def normalise(bench: Bench, name: str, rule: str) -> None:
    """Let the CRM say that it does this to a field."""
    catalog = bench.target.catalog
    item = catalog.objects["companies"]
    fields = {**item.fields, name: replace(item.fields[name], normalised=rule)}
    objects = {**catalog.objects, "companies": replace(item, fields=fields)}
    bench.target.catalog = replace(catalog, objects=objects)


def bad(bench: Bench) -> list[Finding]:
    """Give the findings that are not equal."""
    return [one for one in bench.noted if one.match != "EQUAL"]


def test_run_that_landed_is_equal_and_verified(tmp_path: Path) -> None:
    """T13: each record is read by its id, the objects are listed once, and what was applied is verified."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    bench.apply()
    bench.target.history.clear()
    found = bench.verify()
    assert (found.records, found.landed, found.read, found.is_clean) == (CLEAN | {"EQUAL": 7}, 7, 7, True)
    assert bench.target.seen("+~*?") == ["? companies", "? contacts"]
    assert len(bench.target.seen(".")) == 7
    assert set(bench.states().values()) == {"VERIFIED"}
    assert found.totals == {
        "companies": {"before": 0, "created": 2, "now": 2}, "contacts": {"before": 0, "created": 4, "now": 4}
    }  # fmt: skip
    assert bench.noted[0] == Finding("companies", "companies.csv:2", "1", "c1", "EQUAL")


def test_reading_back_is_repeatable(tmp_path: Path) -> None:
    """Twice gives the same, and a difference that comes later is found by a later one."""
    bench = applied(tmp_path)
    assert bench.verify() == bench.verify()
    bench.target.edit("c2", Description="by hand")
    found = bench.verify()
    assert (found.records, found.is_clean) == (CLEAN | {"EQUAL": 2, "DIFFERENT": 1}, False)
    assert bench.states()["+ companies/2"] == "VERIFIED"


@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        ("new", ("EQUAL", "", "")),
        ("NEW", ("NORMALISED", "Description", "lower")),
        ("other", ("DIFFERENT", "Description", "")),
        (None, ("MISSING", "Description", "the target dropped it")),
        ("", ("MISSING", "Description", "the target dropped it")),
    ],
)
def test_field_is_compared(tmp_path: Path, stands: Any, expected: tuple[str, str, str]) -> None:
    """To the letter, by the target's own rule, otherwise, or not there at all; each is named."""
    bench = applied(tmp_path, 1)
    normalise(bench, "Description", "lower")
    bench.target.edit("c1", Description=stands)
    found = bench.verify()
    (one,) = bench.noted
    assert (one.match, one.field, one.rule) == expected
    assert found.records[one.match] == 1
    assert found.fields == ({"companies.Description": {one.match: 1}} if one.field else {})
    assert found.rules == ({"lower": 1} if one.match == "NORMALISED" else {})
    assert (one.planned, one.found) == (("new", stands) if one.field else (None, None))
    is_good = one.match in {"EQUAL", "NORMALISED"}
    assert (found.is_clean, bench.states()) == (is_good, {"+ companies/1": "VERIFIED" if is_good else "APPLIED"})


def test_record_that_is_gone_is_missing(tmp_path: Path) -> None:
    """T14: it stays applied, and is a finding."""
    bench = applied(tmp_path)
    bench.target.remove("c2")
    found = bench.verify()
    assert bad(bench) == [
        Finding("companies", "companies.csv:3", "2", "c2", "MISSING", "", "the target has no such record")
    ]
    assert (found.records["MISSING"], found.is_clean, bench.states()["+ companies/2"]) == (1, False, "APPLIED")


def test_field_that_the_target_never_keeps_is_counted(tmp_path: Path) -> None:
    """Silently dropped in every record: counted by field, and the first findings carry no values."""
    bench = companies(tmp_path, 60)
    bench.target.otherwise = lambda _write: Act(stored={"Description": None})
    bench.apply()
    found = bench.verify()
    assert found.fields == {"companies.Description": {"MISSING": 60}}
    assert (len(found.first), len(bench.noted)) == (50, 60)
    assert {(one.planned, one.found) for one in found.first} == {(None, None)}
    assert bench.noted[0].planned == "new"


def test_update_and_link_are_read_back(tmp_path: Path) -> None:
    """Only the fields that were written count; what stands beside them is the person's own."""
    bench = updates(tmp_path, 2)
    bench.apply()
    bench.target.edit("k1", Website_Business="by hand")
    assert bench.verify().is_clean
    bench.target.edit("k2", Description="by hand")
    assert (bench.verify().records["DIFFERENT"], bad(bench)[0].key) == (1, "2")


def test_marker_that_stands_twice_is_told(tmp_path: Path) -> None:
    """A write that came late after it was sent again: both ids are named."""
    bench = applied(tmp_path)
    bench.target.hold("companies", "late", Name="Other", **{MARKER: "acme/companies/2"})
    found = bench.verify()
    assert (found.duplicates, found.is_clean) == (1, False)
    one = Finding("companies", "", "2", "c2, late", "DUPLICATE", "marker", "2 records", "acme/companies/2")
    assert bad(bench) == [one]
    assert found.first == (one._replace(planned=None),)


@pytest.mark.parametrize(("name", "count"), [("c  2", 0), ("C2", 1), ("c2 ", 1), ("C9", 0), ("", 0)])
def test_match_value_that_stands_twice_is_told(tmp_path: Path, name: str, count: int) -> None:
    """Somebody made the same company meanwhile; case and blanks make no difference."""
    bench = applied(tmp_path)
    bench.target.hold("companies", "hand", Name=name)
    found = bench.verify()
    assert found.duplicates == count
    told = [(one.field, one.planned, one.key, one.target_id) for one in bad(bench)]
    assert told == [("Name", "c2", "2", "c2, hand")] * count


def test_twins_that_nobody_of_us_made_are_no_finding(tmp_path: Path) -> None:
    """What stood there twice before is not this run's doing."""
    bench = companies(tmp_path)
    for twin in ("a", "b"):
        bench.target.hold("companies", twin, Name="Twin")
    bench.apply()
    assert bench.verify().is_clean


def test_later_line_that_agrees_is_no_duplicate(tmp_path: Path) -> None:
    """Records are told apart by their first filled line: two of one name with two descriptions are two."""
    bench = Bench(folder=tmp_path)
    bench.write("companies.csv", "id,name,about", "1,One,x")
    bench.plan(COMPANIES.replace("[[Name]]", "[[Description], [Name]]"))
    bench.apply()
    bench.target.hold("companies", "hand", Name="One", Description="y")
    assert bench.verify().is_clean
    bench.target.hold("companies", "same", Name="Two", Description="X")
    assert bench.verify().duplicates == 1


def test_what_a_later_run_wrote_is_compared_with_that(tmp_path: Path) -> None:
    """The first plan is read back after the second one: that field is the second one's, and a person's edit shows."""
    bench = applied(tmp_path, 2)
    bench.write("companies.csv", "id,name,about", "1,C1,newer", "2,C2,new")
    bench.plan(COMPANIES, name="next.plan")
    bench.apply("next.plan")
    found = bench.verify()
    assert (found.records, found.later, found.is_clean) == (CLEAN | {"EQUAL": 2}, 1, True)
    assert [(one.key, one.match, one.rule) for one in bench.noted] == [
        ("1", "EQUAL", "as a later run wrote it"), ("2", "EQUAL", "")
    ]  # fmt: skip
    assert list(bench.states().values()) == ["APPLIED", "VERIFIED"]
    bench.target.edit("c1", Description="new")
    assert (bench.verify().is_clean, bad(bench)[0].planned, bad(bench)[0].found) == (False, "newer", "new")


def test_own_later_value_is_no_later_run(tmp_path: Path) -> None:
    """What stands in the id map by the plan itself is what it wrote."""
    bench = applied(tmp_path, 1)
    bench.target.edit("c1", Description="by hand")
    assert (bench.verify().later, bench.verify().is_clean) == (0, False)


def test_what_was_undone_is_read_back(tmp_path: Path) -> None:
    """Of the undo: what still stands there is a finding. Of the run: what the undo deleted is none, and is told."""
    bench = applied(tmp_path, 2)
    plan_undo(bench)
    bench.apply("undo.plan")
    assert bench.verify("undo.plan").records == CLEAN | {"EQUAL": 2}
    found = bench.verify()
    assert (found.records, found.later, found.is_clean) == (CLEAN | {"EQUAL": 2}, 2, True)
    assert {one.rule for one in bench.noted} == {"deleted by a later run"}
    bench.target.hold("companies", "c2", Name="C2")
    assert (bench.verify("undo.plan").is_clean, bad(bench)[0].rule) == (False, "it is still there")


def test_value_that_an_undo_gave_back_is_its_own(tmp_path: Path) -> None:
    """The old value stands there again, by a later run."""
    bench = updates(tmp_path, 1)
    bench.apply()
    plan_undo(bench)
    bench.apply("undo.plan")
    assert (bench.verify().is_clean, bench.noted[0].rule) == (True, "as a later run wrote it")
    assert bench.verify("undo.plan").later == 0


def test_refused_record_that_is_there_all_the_same_is_told(tmp_path: Path) -> None:
    """The target said no, and has it: nobody would look for it."""
    bench = companies(tmp_path, 2)
    bench.target.script = [REFUSED]
    bench.apply()
    assert bench.verify().is_clean
    bench.target.hold("companies", "ghost", Name="x", **{MARKER: "acme/companies/1"})
    found = bench.verify()
    assert (found.unexpected, found.is_clean) == (1, False)
    rule = "it bears the marker, but the operation is REJECTED"
    assert bad(bench) == [Finding("companies", "companies.csv:2", "1", "", "UNEXPECTED", "", rule)]


def test_refused_record_that_a_later_plan_made_is_expected(tmp_path: Path) -> None:
    """Planned again it bears the same marker, and is no ghost of the first plan."""
    bench = companies(tmp_path, 2)
    bench.target.script = [REFUSED]
    bench.apply()
    bench.plan(COMPANIES, name="next.plan")
    bench.target.on_write = lambda _write: None
    bench.apply("next.plan")
    assert (bench.verify().is_clean, bench.verify("next.plan").landed) == (True, 1)


def test_sample_is_spread_over_all(tmp_path: Path) -> None:
    """Of ten the sample of five is every second; one that the list lacks is read although it is in no sample."""
    bench = applied(tmp_path, 10)
    found = bench.verify(sample=5)
    assert bench.target.seen(".") == [f". companies/c{n}" for n in range(2, 11, 2)]
    assert (found.read, found.landed, list(bench.states().values()).count("VERIFIED")) == (5, 10, 5)
    bench.target.remove("c3")
    bench.target.remove("c4")
    found = bench.verify(sample=5)
    assert [one.target_id for one in bad(bench)] == ["c4", "c3"]
    assert (found.read, found.records["MISSING"]) == (6, 2)


@pytest.mark.parametrize("sample", [1, 3, 9, 10, 99])
def test_sample_has_its_size(tmp_path: Path, sample: int) -> None:
    """As many as asked for, or all."""
    bench = applied(tmp_path, 10)
    assert bench.verify(sample=sample).read == min(sample, 10)


def test_what_did_not_land_is_not_read(tmp_path: Path) -> None:
    """A plan that was never applied has nothing to read back."""
    bench = companies(tmp_path, 2)
    found = bench.verify()
    assert (found.landed, found.read, found.is_clean, bench.target.seen(".")) == (0, 0, True, [])


def test_children_without_a_list_are_read_under_their_parent(tmp_path: Path) -> None:
    """Nobody can list notes: they are read one by one, and not looked through."""
    bench = notes(tmp_path, 2)
    bench.apply()
    bench.target.history.clear()
    assert bench.verify().records == CLEAN | {"EQUAL": 3}
    assert bench.target.seen("?") == ["? companies"]


def test_canary_is_a_verified_record_too(tmp_path: Path) -> None:
    """Doubt after a verified record is settled as after an applied one: the list must show it."""
    bench = companies(tmp_path, 2)
    bench.apply(limit=1)
    bench.verify()
    bench.target.script = [UNANSWERED]
    bench.target.hidden = {"c1": 9}
    bench.apply()
    assert bench.states()["+ companies/2"] == "QUARANTINED"


def other_account(bench: Bench) -> None:
    """Point the settings elsewhere."""
    bench.target.account = "e" * 64


def edited(bench: Bench) -> None:
    """Write to the plan."""
    bench.edit_plan("UPDATE record SET cells='[]'")


@pytest.mark.parametrize(("happens", "code"), [(other_account, "E609"), (edited, "E602")])
def test_other_target_or_plan_is_not_read_back(tmp_path: Path, happens: Callable[[Bench], None], code: str) -> None:
    """Ids of one account prove nothing about another; an edited plan is none."""
    bench = applied(tmp_path)
    happens(bench)
    with pytest.raises(PlanError, match=code):
        bench.verify()


def test_last_reading_back_is_kept_for_reports(tmp_path: Path) -> None:
    """The ledger keeps the newest, as it was given."""
    bench = applied(tmp_path)
    with LedgerReader(bench.ledger) as reader, Plan(tmp_path / "acme.plan") as plan:
        assert kept(reader, plan) is None
    bench.verify()
    bench.target.remove("c2")
    found = bench.verify()
    with LedgerReader(bench.ledger) as reader, Plan(tmp_path / "acme.plan") as plan:
        again = kept(reader, plan)
    assert isinstance(again, Verification)
    assert again == found
