"""What reading back found: as text, as data, as a table beside the report, and on the page."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from report_cases import Sizes, summary

from migrator.errors import TargetError
from migrator.reports.html import plan_html
from migrator.reports.text import run_text
from migrator.reports.verified import Note, verified_json, verified_text, write_findings
from migrator.store.readback import Finding, Verification
from migrator.store.views import RunView

CLEAN = Verification(landed=5, records={"EQUAL": 5, "NORMALISED": 0, "DIFFERENT": 0, "MISSING": 0}, fields={}, rules={},
                     duplicates=0, unexpected=0, totals={}, first=(), wall="2024-05-06T07:08:09+00:00")  # fmt: skip


def made(**texts: str) -> Verification:
    """Make a reading back of every kind of finding."""
    found = summary(Sizes(is_verified=True), **texts).verified
    assert found is not None
    return found


def test_text_says_what_was_found() -> None:
    """How much was read, how it compares, which fields, which records, and how many there are now."""
    assert verified_text(made()).splitlines() == [
        "Read back 200 of 2,000 operations that landed, 2024-05-06 07:08 UTC:",
        "        196  EQUAL: as planned",
        "          2  NORMALISED: as planned, but for what the target does to such values (digits 2)",
        "          1  DIFFERENT: otherwise than planned",
        "          1  MISSING: not there, or without a value that was sent",
        "          1  duplicate: one marker or match value in several records",
        "          1  UNEXPECTED: in the target although the operation did not land",
        "  field contacts.LastName: DIFFERENT 1",
        "  DIFFERENT contacts:k-1  people.csv:2  t-1  LastName",
        "  MISSING contacts:k-1  people.csv:2  t-1  the target has no such record",
        "  people: 2,003 in the target now, before 3, created 2,000",
    ]


def test_text_of_a_clean_run_is_short() -> None:
    """Nothing is said of what is not there."""
    assert verified_text(CLEAN).splitlines() == [
        "Read back 5 of 5 operations that landed, 2024-05-06 07:08 UTC:",
        "          5  EQUAL: as planned",
    ]


def test_what_was_before_may_not_be_known() -> None:
    """The plan could not count it."""
    found = replace(CLEAN, totals={"people": {"before": None, "created": 2, "now": 3}})
    assert verified_text(found).endswith("  people: 3 in the target now, before not known, created 2")


def test_text_tells_of_later_runs() -> None:
    """What another run wrote again is not held against this one, and it is said."""
    lines = verified_text(replace(CLEAN, later=3)).splitlines()
    assert lines[2] == "          3  of them were written again or deleted by a later run, and are compared with that"


def test_many_findings_are_ten() -> None:
    """The rest stands in the table."""
    one = made().first[0]
    assert verified_text(replace(CLEAN, first=(one,) * 50)).count("DIFFERENT") == 10


def test_text_cannot_move_the_cursor() -> None:
    """Keys are data of others."""
    assert "\x1b" not in verified_text(made(key="\x1b[2J"))


def test_data_is_the_same() -> None:
    """Every number and the first findings, without values; plain JSON."""
    found = json.loads(json.dumps(verified_json(made())))
    assert found == {
        "at": "2024-05-06T07:08:09+00:00",
        "landed": 2000,
        "read": 200,
        "records": {"EQUAL": 196, "NORMALISED": 2, "DIFFERENT": 1, "MISSING": 1},
        "fields": {"contacts.LastName": {"DIFFERENT": 1}, "contacts.Phone": {"NORMALISED": 2}},
        "rules": {"digits": 2},
        "later": 0,
        "duplicates": 1,
        "unexpected": 1,
        "totals": {"people": {"before": 3, "created": 2000, "now": 2003}},
        "findings": [
            {"object": "contacts", "source": "people.csv:2", "key": "k-1", "target_id": "t-1", "match": "DIFFERENT",
             "field": "LastName", "rule": ""},
            {"object": "contacts", "source": "people.csv:2", "key": "k-1", "target_id": "t-1", "match": "MISSING",
             "field": "", "rule": "the target has no such record"},
        ],
        "is_clean": False,
    }  # fmt: skip
    assert verified_json(None) is None


@pytest.mark.parametrize("bad", ["DIFFERENT", "MISSING", "duplicates", "unexpected", ""])
def test_any_difference_counts(bad: str) -> None:
    """One record that differs, is missing, stands twice or should not be there is a finding; normalised is none."""
    records = {**CLEAN.records, "NORMALISED": 3} | ({bad: 1} if bad.isupper() else {})
    found = replace(CLEAN, records=records, duplicates=bad.count("dup"), unexpected=bad.count("unexp"))
    assert found.is_clean is (bad == "")


@pytest.mark.parametrize(("shows", "values"), [(True, ["'=1+1", '["a"]']), (False, ["", ""])])
def test_table_has_a_line_for_each_finding(tmp_path: Path, shows: bool, values: list[str]) -> None:  # noqa: FBT001 - a case
    """Private, with what was planned and found, guarded against formulas; masked, the values are left out."""
    finding = Finding("contacts", "people.csv:2", "k-1", "t-1", "DIFFERENT", "LastName", "", "=1+1", ["a"])

    def fill(note: Note) -> Verification:
        note(finding)
        note(finding._replace(match="EQUAL", field="", planned=None, found=None))
        return CLEAN

    assert write_findings(tmp_path / "out" / "verify.csv", fill, shows_values=shows) is CLEAN
    with (tmp_path / "out" / "verify.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["object", "source", "key", "target_id", "match", "field", "rule", "planned", "found"],
            ["contacts", "people.csv:2", "k-1", "t-1", "DIFFERENT", "LastName", "", *values],
            ["contacts", "people.csv:2", "k-1", "t-1", "EQUAL", "", "", "", ""],
        ]
    assert (tmp_path / "out" / "verify.csv").stat().st_mode & 0o777 == 0o600


def test_table_of_a_reading_that_fails_is_not_there(tmp_path: Path) -> None:
    """The last whole one stays."""

    def fill(_note: Note) -> Verification:
        raise TargetError

    (tmp_path / "verify.csv").write_text("whole", encoding="utf-8")
    with pytest.raises(TargetError):
        write_findings(tmp_path / "verify.csv", fill, shows_values=True)
    assert (tmp_path / "verify.csv").read_text(encoding="utf-8") == "whole"


def test_page_and_status_tell_of_it() -> None:
    """The page has a section of its own; the status one line; where nothing was read back, neither."""
    run = RunView("DONE", "2024-05-06T07:08:09+00:00", None, "", 1, {}, {})
    found = replace(summary(Sizes(is_verified=True)), run=run)
    page = plan_html(found)
    assert "<h2>Read back after apply</h2>" in page
    assert "NORMALISED (digits 2)" in page
    assert "people: 2,003 in the target now, 3 before, 2,000 created." in page
    assert "  200 of 2,000 read back 2024-05-06 07:08 UTC: not all as planned" in run_text(found).splitlines()
    clean = replace(found, verified=CLEAN)
    assert "5 of 5 operations that landed, 2024-05-06 07:08 UTC: all as planned." in plan_html(clean)
    assert "  5 of 5 read back 2024-05-06 07:08 UTC: all as planned" in run_text(clean).splitlines()
    never = replace(found, verified=None)
    assert "ead back" not in plan_html(never) + run_text(never)
