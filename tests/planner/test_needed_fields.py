"""Which fields of the target's records a plan looks at."""

from pathlib import Path

import pytest
from planning_cases import CRELATE, Desk, firms, people

from migrator.planner.compiling import compile_mapping
from migrator.planner.forms import ReadFiles
from migrator.planner.needed import needed_fields


def needed(folder: Path, target: str, *objects: str) -> set[str]:
    """Name the needed fields of a target's object, but for those that the connector itself looks at."""
    spec = Desk(folder=folder).spec("".join(objects))
    columns = dict.fromkeys(spec.objects, ("id", "name", "first", "last", "email", "site", "of"))
    whole = compile_mapping(spec, CRELATE, columns, ReadFiles(lambda _stated: {}))
    kept = CRELATE.objects[target]
    return set(needed_fields(whole, kept)) - {*kept.parent_ids.values(), *kept.kind_words}


def test_what_is_written_named_and_marked_is_needed(tmp_path: Path) -> None:
    """A diff compares what is written; a label is shown; the marker tells whose a record is."""
    found = needed(
        tmp_path,
        "companies",
        firms(fields="Name: name, Website_Business: site, Description: of"),
    )
    assert found == {"Name", "Website_Business", "Description", CRELATE.objects["companies"].marker}


@pytest.mark.parametrize(
    ("line", "expected"), [("match: [[EmailAddress_Work]]", "EmailAddress_Work"), ("match: [[Tags.Skills]]", "Tags")]
)
def test_what_is_matched_is_needed(tmp_path: Path, line: str, expected: str) -> None:
    """Of a part of a field the whole is."""
    found = needed(tmp_path, "contacts", people(line, fields="LastName: last"))
    assert expected in found
    assert "FirstName" in found, "it is part of the label"


def test_what_a_lookup_asks_for_is_needed(tmp_path: Path) -> None:
    """Also of an object that is not written."""
    lookup = "LastName: last, RelatedContact_ReferredBy_Id: {lookup: target/contacts, by: [{NickName: name}]}"
    assert "NickName" in needed(tmp_path, "contacts", people(fields=lookup))
    assert "NickName" not in needed(tmp_path, "contacts", people(fields="LastName: last"))
