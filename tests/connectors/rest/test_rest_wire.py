"""Canonical fields and the JSON that travels: what is read, and what is written back."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from connecting import CRELATE, GHOST
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.connectors.rest.json_text import dump_json, load_json
from migrator.connectors.rest.wire import decode_record, encode_body
from migrator.records import Kind, TargetRecord, Write, canonical_datetime, canonical_decimal

CREATE = CRELATE.objects["contacts"].actions["create"]
OWNER = [{"Id": GHOST, "Name": "Ada", "IsPrimary": True}]


def decoded(object_name: str, **raw: Any) -> dict[str, Any]:
    """Read one record's fields."""
    return dict(decode_record(CRELATE, object_name, raw).fields)


def encoded(object_name: str, before: dict[str, Any] | None = None, /, **fields: Any) -> dict[str, Any]:
    """Build the body of a create, or of an update of what was read before."""
    read = None if before is None else decode_record(CRELATE, object_name, before)
    change = Write(object=object_name, fields=fields, id=read.id if read else "", before=read)
    return encode_body(CRELATE, change, CRELATE.objects[object_name].actions["update" if read else "create"])


@pytest.mark.parametrize(
    ("object_name", "name", "value", "expected"),
    [
        ("contacts", "FirstName", "Ada", "Ada"),
        ("contacts", "FirstName", " 007 ", " 007 "),
        ("contacts", "FirstName", "Zoë 👩‍🚀", "Zoë 👩‍🚀"),
        ("contacts", "FirstName", 7, "7"),
        ("contacts", "FirstName", Decimal("1.50"), "1.5"),
        ("contacts", "EmailAddress_Work", "Ada@Example.org", "Ada@Example.org"),
        ("contacts", "PhoneNumber_Mobile", "+44 (0)20", "+44 (0)20"),
        ("contacts", "Website_Blog", "https://example.org", "https://example.org"),
        ("contacts", "EmailAddress_Work_IsPrimary", True, True),
        ("contacts", "EmailAddress_Work_IsPrimary", False, False),
        ("contacts", "EmailAddress_Work_IsPrimary", "true", "true"),
        ("contacts", "RelatedContact_Spouse_Id", GHOST, GHOST),
        ("contacts", "RecordType", ["Candidate", "Lead"], ["Candidate", "Lead"]),
        ("contacts", "RecordType", "Candidate", ["Candidate"]),
        ("jobs", "NumberOfOpenings", 3, 3),
        ("jobs", "NumberOfOpenings", 0, 0),
        ("jobs", "NumberOfOpenings", 2**70, 2**70),
        ("contacts", "Salary", Decimal("1500.50"), "1500.5"),
        ("contacts", "Salary", Decimal("1E+3"), "1000"),
        ("contacts", "Salary", Decimal("1E-7"), "0.0000001"),
        ("contacts", "Salary", Decimal("-0.0"), "0"),
        ("contacts", "Salary", 12, "12"),
        ("contacts", "Salary", "12.50", "12.5"),
        ("contacts", "Salary", "secret", "secret"),
        ("contacts", "KeyDate_Birthday", "2024-01-31T08:40:49Z", "2024-01-31T08:40:49Z"),
        ("contacts", "KeyDate_Birthday", "2024-12-31T08:40:49.35Z", "2024-12-31T08:40:49.35Z"),
        ("contacts", "KeyDate_Birthday", "2024-12-31T08:40:49.350000Z", "2024-12-31T08:40:49.35Z"),
        ("contacts", "KeyDate_Birthday", "2024-12-31T08:40:49.000Z", "2024-12-31T08:40:49Z"),
        ("contacts", "KeyDate_Birthday", "2024-12-31T08:40:49+02:00", "2024-12-31T06:40:49Z"),
        ("contacts", "KeyDate_Birthday", "2005-03-07T00:00:00", "2005-03-07T00:00:00Z"),
        ("contacts", "KeyDate_Birthday", "2005-03-07", "2005-03-07T00:00:00Z"),
        ("contacts", "KeyDate_Birthday", "soon", "soon"),
        ("contacts", "KeyDate_Birthday", "2024-02-30T00:00:00Z", "2024-02-30T00:00:00Z"),
    ],
)
def test_value_is_read(object_name: str, name: str, value: Any, expected: Any) -> None:
    """Each kind of field as its canonical value; what does not fit its kind is kept, so that a difference shows."""
    found = decoded(object_name, **{name: value})
    assert found == {name: expected}
    assert type(found[name]) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31T08:00:00", "2024-01-31T07:00:00Z"),
        ("2024-07-31T08:00:00", "2024-07-31T06:00:00Z"),
        ("2024-07-31T08:00:00Z", "2024-07-31T08:00:00Z"),
        ("2024-07-31T08:00:00-01:00", "2024-07-31T09:00:00Z"),
    ],
)
def test_moment_without_a_zone_is_read_in_the_one_that_was_set(text: str, expected: str) -> None:
    """A date-time that names its zone keeps it; one that names none is in the account's, summer and winter."""
    record = decode_record(CRELATE, "contacts", {"KeyDate_Birthday": text}, ZoneInfo("Europe/Berlin"))
    assert record.fields == {"KeyDate_Birthday": expected}


@pytest.mark.parametrize("blank", [None, "", [], {}])
def test_blank_value_is_left_out(blank: Any) -> None:
    """Null, empty text, an empty list and an empty object all mean that there is nothing."""
    names = ("FirstName", "Salary", "KeyDate_Birthday", "RecordType", "Tags", "EmailAddress_Work_IsPrimary")
    assert decoded("contacts", **dict.fromkeys(names, blank)) == {}


@pytest.mark.parametrize("value", [0, False, Decimal(0)])
def test_zero_is_a_value(value: Any) -> None:
    """Nought and false are not blank."""
    assert [len(decoded("jobs", NumberOfOpenings=value)), len(decoded("jobs", IsLead=value))] == [1, 1]


def test_tags_are_read_category_by_category() -> None:
    """Each category of tags is a field of its own; an empty one is none."""
    tags = {"Default": ["High Priority"], "Skills": ["Tech", ".NET", "SQL"], "Empty": [], "Null": None}
    assert decoded("contacts", Tags=tags) == {
        "Tags.Default": ["High Priority"],
        "Tags.Skills": ["Tech", ".NET", "SQL"],
    }


def test_unknown_field_stays_in_what_was_read() -> None:
    """A field that the connector does not know is no canonical field, but is kept for writing back."""
    raw = {"Id": GHOST, "FirstName": "Ada", "Brandnew": 1, "Nested": {"a": 1}}
    assert decode_record(CRELATE, "contacts", raw) == TargetRecord(
        id=GHOST, fields={"Id": GHOST, "FirstName": "Ada"}, raw=raw
    )


@pytest.mark.parametrize(("raw", "expected"), [({}, ""), ({"Id": None}, ""), ({"Id": 7}, "7"), ({"Id": GHOST}, GHOST)])
def test_id_is_text(raw: dict[str, Any], expected: str) -> None:
    """The id stands where the connector says; without one it is empty."""
    assert decode_record(CRELATE, "contacts", raw).id == expected


@pytest.mark.parametrize(
    ("object_name", "name", "value", "expected"),
    [
        ("contacts", "FirstName", 'Zoë \u2028 "x"', 'Zoë \u2028 "x"'),
        ("contacts", "EmailAddress_Work_IsPrimary", False, False),
        ("contacts", "RelatedContact_Spouse_Id", GHOST, GHOST),
        ("contacts", "RecordType", ["Candidate"], ["Candidate"]),
        ("jobs", "NumberOfOpenings", 2**70, 2**70),
        ("contacts", "Salary", "0.1", Decimal("0.1")),
        ("contacts", "Salary", "-12.5", Decimal("-12.5")),
        ("contacts", "KeyDate_Birthday", "2024-01-31T08:40:49Z", "2024-01-31T08:40:49Z"),
        ("contacts", "KeyDate_Birthday", "2024-01-31T08:40:49.35Z", "2024-01-31T08:40:49.35Z"),
        ("contacts", "KeyDate_Birthday", "2024-01-31T08:40:49.000001Z", "2024-01-31T08:40:49.000001Z"),
        ("contacts", "KeyDate_Birthday", "2024-02-29", "2024-02-29T00:00:00Z"),
        ("contacts", "KeyDate_Birthday", "1901-12-13", "1901-12-13T00:00:00Z"),
        ("contacts", "KeyDate_Birthday", "9999-12-31", "9999-12-31T00:00:00Z"),
    ],
)
def test_value_is_written(object_name: str, name: str, value: Any, expected: Any) -> None:
    """Decimals as numbers, date-times in UTC with Z, a date as its midnight in UTC without any shift."""
    assert encoded(object_name, **{name: value}) == {name: expected}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_date_is_not_shifted_by_the_zone_of_this_machine(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """A birthday is the same day wherever the program runs."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert encoded("contacts", KeyDate_Birthday="1815-12-10") == {"KeyDate_Birthday": "1815-12-10T00:00:00Z"}
        assert decoded("contacts", KeyDate_Birthday="1815-12-10") == {"KeyDate_Birthday": "1815-12-10T00:00:00Z"}
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("%Y-%m-%dT%H:%M:%SZ", "2024-01-31T08:40:49.35Z"), ("%d.%m.%Y %H:%M", "31.01.2024 08:40"), ("%Y%m%d", "20240131")],
)
def test_connector_says_how_a_date_is_spelled(pattern: str, expected: str) -> None:
    """Another pattern, other text; a fraction only where the pattern ends with the zone."""
    other = replace(CRELATE, formats={**CRELATE.formats, Kind.DATETIME: pattern})
    change = Write(object="contacts", fields={"KeyDate_Birthday": "2024-01-31T08:40:49.35Z"})
    assert encode_body(other, change, CREATE) == {"KeyDate_Birthday": expected}


def test_connector_may_want_decimals_as_text() -> None:
    """Where the wire takes text, the canonical text is sent."""
    change = Write(object="contacts", fields={"Salary": "0.1"})
    other = replace(CRELATE, formats={**CRELATE.formats, Kind.DECIMAL: "text"})
    assert encode_body(other, change, CREATE) == {"Salary": "0.1"}


@pytest.mark.parametrize(
    "text",
    ["0.1", "-0.1", "0.0000001", "1000", "123456789012345678901234567890.123456789", "0.30000000000000004", "-7"],
)
def test_decimal_travels_to_the_digit(text: str) -> None:
    """A decimal is an exact JSON number: no float ever stood in between, and no exponent."""
    body = dump_json(encoded("contacts", Salary=text))
    assert body == f'{{"Salary": {text}}}'.encode()
    assert decoded("contacts", **load_json(body, "")) == {"Salary": text}


def test_update_writes_back_what_was_read() -> None:
    """The body is the whole record: what was read, without what is never sent, then our fields."""
    before = {
        "Id": GHOST, "Name": "King, Ada", "FirstName": "Ada", "LastName": "King", "NickName": None, "Owners": OWNER,
        "Attachments": [], "CreatedOn": "2024-01-31T08:40:49.1234567Z", "KeyDate_Other": "2024-01-31T08:40:49.1234567Z",
        "RelatedContact_Spouse_Id": GHOST, "RelatedContact_Spouse_FirstName": "William", "Salary": Decimal("1.10"),
        "RecordType": [], "Brandnew": {"a": [1]}, "Status_Id": GHOST, "Description": "",
    }  # fmt: skip
    assert encoded("contacts", before, LastName="Lovelace", Salary="2") == {
        "FirstName": "Ada", "LastName": "Lovelace", "KeyDate_Other": "2024-01-31T08:40:49.1234567Z",
        "RelatedContact_Spouse_Id": GHOST, "Salary": Decimal(2), "RecordType": [], "Brandnew": {"a": [1]},
        "Description": "",
    }  # fmt: skip


def test_values_of_another_shape_are_written_back() -> None:
    """What a mapping may not write is still not lost by an update that replaces everything."""
    before = {"Id": GHOST, "Name": "n", "JobTypes": [{"Id": GHOST, "Name": "x"}]}
    assert encoded("jobs", before, IsLead=True) == {"Name": "n", "JobTypes": before["JobTypes"], "IsLead": True}


def test_cleared_field_is_left_out_of_the_body() -> None:
    """Null is never sent: in a body that replaces everything, a field that is not there is cleared."""
    before = {"Id": GHOST, "FirstName": "Ada", "LastName": "King"}
    assert encoded("contacts", before, FirstName=None, NickName=None) == {"LastName": "King"}
    assert encoded("contacts", FirstName=None, LastName="King") == {"LastName": "King"}


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"Skills": ["old"], "Default": ["x"]}, {"Skills": ["SQL"], "Default": ["x"], "Place": ["Oslo"]}),
        ({}, {"Skills": ["SQL"], "Place": ["Oslo"]}),
        (None, {"Skills": ["SQL"], "Place": ["Oslo"]}),
    ],
)
def test_tags_are_merged_with_the_other_categories(held: Any, expected: Any) -> None:
    """Our categories take the place of theirs, and the others stay; what was read is not touched."""
    before = {"Id": GHOST, "Tags": held}
    fields = {"Tags.Skills": ["SQL"], "Tags.Place": ["Oslo"]}
    assert encoded("contacts", before, **fields) == {"Tags": expected}
    assert before == {"Id": GHOST, "Tags": held}


@given(moment=st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - as hypothesis asks
@settings(max_examples=100, deadline=None, derandomize=True)
def test_moment_survives_the_wire(moment: datetime) -> None:
    """What is written is what is read back, to the microsecond."""
    text = canonical_datetime(moment)
    body = dump_json(encoded("contacts", KeyDate_Birthday=text))
    assert decoded("contacts", **load_json(body, "")) == {"KeyDate_Birthday": text}


@given(number=st.decimals(allow_nan=False, allow_infinity=False))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_number_survives_the_wire(number: Decimal) -> None:
    """What is written is what is read back, to the last digit."""
    text = canonical_decimal(number)
    body = dump_json(encoded("contacts", Salary=text))
    assert decoded("contacts", **load_json(body, "")) == {"Salary": text}
