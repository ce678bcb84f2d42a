"""The values that every room speaks: their one spelling, and when two of them are one."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.records import (
    TEXT_KINDS,
    Action,
    Field,
    Identity,
    Kind,
    ObjectType,
    canonical_datetime,
    canonical_decimal,
    midnight,
    same_value,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.000", "0"),
        ("-0.0", "0"),
        ("0E+5", "0"),
        ("0E-5", "0"),
        ("1", "1"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        ("0.1", "0.1"),
        ("-12.5", "-12.5"),
        ("1000", "1000"),
        ("1E+3", "1000"),
        ("1.200E+2", "120"),
        ("1E-7", "0.0000001"),
        ("100.00", "100"),
        ("12345678901234567890.123456789", "12345678901234567890.123456789"),
    ],
)
def test_decimal_has_one_spelling(number: str, text: str) -> None:
    """A number is written out, without exponent, without trailing zeros and without a negative zero."""
    assert canonical_decimal(Decimal(number)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=12))
def test_decimal_keeps_its_value(number: Decimal) -> None:
    """The one spelling is the same number, and the spelling of whatever equals it."""
    text = canonical_decimal(number)
    assert Decimal(text) == number
    assert canonical_decimal(Decimal(text)) == canonical_decimal(Decimal(f"{number:f}00")) == text


BERLIN_SUMMER = timezone(timedelta(hours=2))
NEPAL = timezone(timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2024, 1, 31, 8, 40, 49, tzinfo=UTC), "2024-01-31T08:40:49Z"),
        (datetime(2024, 1, 31, tzinfo=UTC), "2024-01-31T00:00:00Z"),
        (datetime(2024, 1, 31, 8, 40, 49, 120000, UTC), "2024-01-31T08:40:49.12Z"),
        (datetime(2024, 1, 31, 8, 40, 49, 1, UTC), "2024-01-31T08:40:49.000001Z"),
        (datetime(2024, 1, 31, 8, 40, 50, 0, UTC), "2024-01-31T08:40:50Z"),
        (datetime(2024, 6, 1, 1, 30, tzinfo=BERLIN_SUMMER), "2024-05-31T23:30:00Z"),
        (datetime(2024, 6, 1, 1, 30, tzinfo=NEPAL), "2024-05-31T19:45:00Z"),
        (datetime(1815, 12, 10, tzinfo=UTC), "1815-12-10T00:00:00Z"),
    ],
)
def test_datetime_has_one_spelling(moment: datetime, text: str) -> None:
    """A moment is written in UTC with `Z`, fractions of a second only where there are any."""
    assert canonical_datetime(moment) == text


def test_date_is_midnight_utc() -> None:
    """A date that becomes a date-time is the same day everywhere: no zone shifts a birthday."""
    assert midnight(date(1815, 12, 10)) == datetime(1815, 12, 10, tzinfo=UTC)
    assert canonical_datetime(midnight(date(1815, 12, 10))) == "1815-12-10T00:00:00Z"


@pytest.mark.parametrize(
    ("kind", "mine", "theirs", "expected"),
    [
        (Kind.TEXT, "a", "a", True),
        (Kind.TEXT, "a", "A", False),
        (Kind.TEXT, "a", "a ", False),
        (Kind.TEXT, "é", "e\u0301", False),
        (Kind.TEXT, "", None, False),
        (Kind.TEXT, None, None, True),
        (Kind.TEXT, "1", 1, False),
        (Kind.EMAIL, "A@x.org", "a@x.org", False),
        (Kind.REFERENCE, "0F1E", "0f1e", True),
        (Kind.REFERENCE, "0f1e", "0f1d", False),
        (Kind.REFERENCE, "0f1e", None, False),
        (Kind.DECIMAL, "1.5", "1.5", True),
        (Kind.DECIMAL, "1.5", "1.50", False),
        (Kind.INTEGER, 1, 1, True),
        (Kind.INTEGER, 1, 2, False),
        (Kind.INTEGER, 1, True, False),
        (Kind.BOOLEAN, True, True, True),
        (Kind.BOOLEAN, False, 0, False),
        (Kind.BOOLEAN, False, None, False),
        (Kind.LIST, ["a", "b"], ["b", "a"], True),
        (Kind.LIST, ["a", "a"], ["a"], True),
        (Kind.LIST, ["a"], ["a", "b"], False),
        (Kind.LIST, [], [], True),
        (Kind.LIST, [], None, False),
        (Kind.LIST, ["A"], ["a"], False),
        (Kind.TAGS, {"Default": ["a"]}, {"Default": ["a"]}, True),
        (Kind.TAGS, {"Default": ["a"]}, {"Skills": ["a"]}, False),
    ],
)
def test_values_are_the_same(kind: Kind, mine: Any, theirs: Any, *, expected: bool) -> None:
    """Lists agree as sets, ids without regard to case, everything else to the letter and in its type."""
    assert same_value(kind, mine, theirs) is expected
    assert same_value(kind, theirs, mine) is expected


def object_type() -> ObjectType:
    """Make an object with a plain field, tags, and tags that may not be written."""
    fields = {
        "Name": Field(name="Name", kind=Kind.TEXT),
        "A.B": Field(name="A.B", kind=Kind.INTEGER),
        "Tags": Field(name="Tags", kind=Kind.TAGS),
        "Old": Field(name="Old", kind=Kind.TAGS, refused="it is gone"),
    }
    return ObjectType(name="people", fields=fields)


@pytest.mark.parametrize("name", ["Name", "A.B", "Tags", "Old"])
def test_field_is_found_by_its_wire_name(name: str) -> None:
    """A field is found exactly as the target spells it, a dot in its name too."""
    people = object_type()
    assert people.field(name) is people.fields[name]


@pytest.mark.parametrize(
    ("name", "refused"), [("Tags.Skills", ""), ("Tags.My own. one", ""), ("Old.Skills", "it is gone")]
)
def test_category_of_tags_is_a_list(name: str, refused: str) -> None:
    """A category of tags is a list of its own, and may be written where the tags may."""
    assert object_type().field(name) == Field(name=name, kind=Kind.LIST, refused=refused)


@pytest.mark.parametrize("name", ["name", "Name.x", "Nothing", "Nothing.x", "", ".", "A"])
def test_field_that_does_not_exist_is_none(name: str) -> None:
    """Another spelling, a part of a plain field and the rest are not found."""
    assert object_type().field(name) is None


def test_each_action_has_its_rune() -> None:
    """A plan is shown with one character for each action."""
    assert {action.value: action.rune for action in Action} == {
        "create": "+", "update": "~", "link": "&", "unchanged": "=", "skip": "·", "reject": "!", "delete": "-",
        "append": ">",
    }  # fmt: skip


def test_text_kinds_are_those_of_text() -> None:
    """What takes any text is told apart from what has a form of its own."""
    assert {kind.value for kind in TEXT_KINDS} == {"text", "email", "phone", "url"}


def test_identity_is_shown_shortened() -> None:
    """An account is shown by its server and the beginning of its fingerprint."""
    assert str(Identity(origin="https://x.org", fingerprint="0123456789abcdef")) == "https://x.org (0123456789ab)"
