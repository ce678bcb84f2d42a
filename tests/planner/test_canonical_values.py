"""Typed values against the kinds of the target's fields: one canonical form each, or a refusal."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_cases import refusal_or

from migrator.planner.canonical import coerce_to
from migrator.records import Field, Kind, canonical_decimal, same_value

THUMB = "\U0001f44d"
EAST = timezone(timedelta(hours=5, minutes=30))


def coerced(kind: Kind, value: Any, *, max_length: int | None = None) -> Any:
    """Give the canonical value, or the refusal behind `! `."""
    coerce = coerce_to(Field(name="f", kind=kind, max_length=max_length))
    return refusal_or(lambda _notes: coerce(value))


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.REFERENCE])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        (" x ", " x "),
        ("e\u0301", "e\u0301"),
        ("\ufb01", "\ufb01"),
        (5, "5"),
        (True, "true"),
        (False, "false"),
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 8, 40, tzinfo=EAST), "2024-01-31T03:10:00Z"),
        (
            ["a", "b"],
            "! E114 is a list of 2 for a field of one text: '['a', 'b']' (put {join: ', '}, first or last behind it)",
        ),
        ({"a": 1}, "! E114 is an object, not a text: '{'a': 1}' (name a part of it: a.b)"),
    ],
)
def test_text_is_sent_as_given(kind: Kind, value: Any, expected: str) -> None:
    """Text stays to the letter, without any normalisation; other types are written in their canonical form."""
    assert coerced(kind, value) == expected


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "! E111 is 4 characters long, the target takes 3: 'abcd' (shorten it, or state {truncate: 3})"),
        ("a" + THUMB, 3, "a" + THUMB),
        (
            THUMB * 2,
            3,
            f"! E111 is 2 characters long, the target takes 3: '{THUMB * 2}' (shorten it, or state {{truncate: 3}})",
        ),
        ("é" * 3, 3, "é" * 3),
    ],
)
def test_text_that_is_too_long_is_refused(text: str, longest: int, expected: str) -> None:
    """Length is counted as the target counts it, in units of UTF-16; nothing is cut in silence."""
    assert coerced(Kind.TEXT, text, max_length=longest) == expected


NO_WHOLE = "! E110 is not a whole number: '{}' (put 'integer' behind it, with the separators it has)"
NO_NUMBER = "! E110 is not a number: '{}' (put 'number' behind it, with the separators it has)"
NO_TRUTH = "! E110 is neither true nor false: '{}' (put {{boolean: {{true: [...], false: [...]}}}} behind it)"
NO_DATE = "! E110 is not a date: '{}' (put {{date: …}} with its pattern behind it)"
NO_TIME = "! E110 is not a date-time: '{}' (put {{date: …}} or {{datetime: …}} with its pattern behind it)"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.INTEGER, "12", 12),
        (Kind.INTEGER, "-12", -12),
        (Kind.INTEGER, 0, 0),
        (Kind.INTEGER, Decimal("12.0"), 12),
        (Kind.INTEGER, "9223372036854775807", 2**63 - 1),
        (Kind.DECIMAL, "-12.5", "-12.5"),
        (Kind.DECIMAL, "12.50", "12.5"),
        (Kind.DECIMAL, "0.10", "0.1"),
        (Kind.DECIMAL, 3, "3"),
        (Kind.DECIMAL, Decimal("1E+3"), "1000"),
        (Kind.DECIMAL, "12345678901234567890.123456789", "12345678901234567890.123456789"),
        (Kind.BOOLEAN, "true", True),
        (Kind.BOOLEAN, "false", False),
        (Kind.BOOLEAN, False, False),
        (Kind.DATE, "2024-01-31", "2024-01-31"),
        (Kind.DATE, date(2024, 1, 31), "2024-01-31"),
        (Kind.DATETIME, "2024-01-31T08:40:49Z", "2024-01-31T08:40:49Z"),
        (Kind.DATETIME, "2024-01-31T08:40:49.500+05:30", "2024-01-31T03:10:49.5Z"),
        (Kind.DATETIME, datetime(2024, 1, 31, 8, 40, tzinfo=UTC), "2024-01-31T08:40:00Z"),
        (Kind.DATETIME, date(1815, 12, 10), "1815-12-10T00:00:00Z"),
        (Kind.DATETIME, "1815-12-10", "1815-12-10T00:00:00Z"),
        (Kind.LIST, ["a", "b"], ["a", "b"]),
        (Kind.LIST, "a", ["a"]),
        (Kind.LIST, [" a ", "a", "", None, "b "], ["a", "b"]),
        (Kind.LIST, [1, Decimal("2.50"), True], ["1", "2.5", "true"]),
        (Kind.TAGS, "vip", ["vip"]),
        (Kind.LIST, ["", " "], []),
    ],
)
def test_value_takes_its_canonical_form(kind: Kind, value: Any, expected: Any) -> None:
    """Text turns into the field's type in one form only, and typed values keep their worth."""
    found = coerced(kind, value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        (Kind.INTEGER, "1.0", NO_WHOLE),
        (Kind.INTEGER, "012", NO_WHOLE),
        (Kind.INTEGER, "+1", NO_WHOLE),
        (Kind.INTEGER, "1,000", NO_WHOLE),
        (Kind.INTEGER, "\u0661", NO_WHOLE),
        (Kind.INTEGER, True, NO_WHOLE),
        (Kind.INTEGER, Decimal("1.5"), NO_WHOLE),
        (Kind.INTEGER, "9223372036854775808", NO_WHOLE),
        (Kind.INTEGER, "1" * 30, NO_WHOLE),
        (Kind.DECIMAL, "1,5", NO_NUMBER),
        (Kind.DECIMAL, "1.", NO_NUMBER),
        (Kind.DECIMAL, ".5", NO_NUMBER),
        (Kind.DECIMAL, "01.5", NO_NUMBER),
        (Kind.DECIMAL, "1e3", NO_NUMBER),
        (Kind.DECIMAL, "NaN", NO_NUMBER),
        (Kind.DECIMAL, "\u0661", NO_NUMBER),
        (Kind.DECIMAL, True, NO_NUMBER),
        (Kind.DECIMAL, ["1"], NO_NUMBER),
        (Kind.BOOLEAN, "yes", NO_TRUTH),
        (Kind.BOOLEAN, "True", NO_TRUTH),
        (Kind.BOOLEAN, "1", NO_TRUTH),
        (Kind.BOOLEAN, 1, NO_TRUTH),
        (Kind.DATE, "31.01.2024", NO_DATE),
        (Kind.DATE, "2024-02-30", NO_DATE),
        (Kind.DATE, "2024-01-31T00:00:00Z", NO_DATE),
        (Kind.DATE, datetime(2024, 1, 31, tzinfo=UTC), NO_DATE),
        (Kind.DATE, 20240131, NO_DATE),
        (Kind.DATETIME, "2024-01-31 08:40", NO_TIME),
        (Kind.DATETIME, "2024-01-31T08:40:49", NO_TIME),
        (Kind.DATETIME, datetime(2024, 1, 31), NO_TIME),  # noqa: DTZ001 - a time without a zone, as Excel has it
        (Kind.DATETIME, "31.01.2024", NO_TIME),
    ],
)
def test_other_forms_are_refused(kind: Kind, value: Any, refusal: str) -> None:
    """Anything else needs a transform: nothing is guessed."""
    assert coerced(kind, value) == refusal.format(value)


def test_list_does_not_take_lists() -> None:
    """An item is one text."""
    hint = "put {join: ', '}, first or last behind it"
    assert coerced(Kind.LIST, [["a"]]) == f"! E114 is a list of 1 for a field of one text: '['a']' ({hint})"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_canonical_decimal_keeps_the_worth(number: Decimal) -> None:
    """A number and its canonical text are one number, and the text is its own canonical form."""
    text = canonical_decimal(number)
    assert Decimal(text) == number
    assert coerced(Kind.DECIMAL, text) == text
    assert coerced(Kind.DECIMAL, number) == text


@pytest.mark.parametrize(
    ("kind", "mine", "theirs", "is_same"),
    [
        (Kind.TEXT, "a", "a", True),
        (Kind.TEXT, "a", "A", False),
        (Kind.TEXT, "a", None, False),
        (Kind.TEXT, None, None, True),
        (Kind.REFERENCE, "AB-1", "ab-1", True),
        (Kind.REFERENCE, "AB-1", "ab-2", False),
        (Kind.LIST, ["a", "b"], ["b", "a"], True),
        (Kind.LIST, ["a"], ["a", "b"], False),
        (Kind.LIST, ["a"], ["A"], False),
        (Kind.BOOLEAN, True, True, True),
        (Kind.INTEGER, 1, True, False),
        (Kind.DECIMAL, "1.5", "1.5", True),
    ],
)
def test_canonical_values_are_compared_by_kind(kind: Kind, mine: Any, theirs: Any, *, is_same: bool) -> None:
    """Lists are sets, ids have no case, and all else is compared to the letter."""
    assert same_value(kind, mine, theirs) is is_same
    assert same_value(kind, theirs, mine) is is_same
