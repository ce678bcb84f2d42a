"""Numbers, truth values, dates and date-times out of text: one declared form, read strictly, nothing guessed."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from planning_cases import transformed

from migrator.records import canonical_datetime, canonical_decimal

GERMAN = {"decimal": ",", "thousands": "."}
ARABIC = "\u0661\u0662\u0663"
SUPERSCRIPT = "\u00b2"
FULL_WIDTH = "\uff11\uff12"
NARROW = "\u202f"


@pytest.mark.parametrize(
    ("argument", "text", "expected"),
    [
        (None, "12", "12"),
        (None, "-12.50", "-12.50"),
        (None, "+7", "7"),
        (None, ".5", "0.5"),
        (None, "007", "7"),
        (None, "0.10", "0.10"),
        (GERMAN, "1.234,50", "1234.50"),
        (GERMAN, "1.234.567", "1234567"),
        (GERMAN, "1234567,8", "1234567.8"),
        (GERMAN, "-1.234,5", "-1234.5"),
        ({"thousands": ","}, "1,234,567.5", "1234567.5"),
        ({"thousands": "\u00a0", "decimal": ","}, "1\u00a0234,5", "1234.5"),
        ({"thousands": NARROW}, f"1{NARROW}234", "1234"),
        ({"thousands": "'"}, "1'234.5", "1234.5"),
        ({"negative": "brackets"}, "(5)", "-5"),
        ({"negative": "brackets"}, "(1234.5)", "-1234.5"),
        ({"negative": "brackets"}, "-5", "-5"),
        ({"negative": "brackets", **GERMAN}, "(1.234,5)", "-1234.5"),
        ({"exponent": True}, "1.5e3", "1.5e3"),
        ({"exponent": True}, "-2E-2", "-2E-2"),
        (None, "12345678901234567890123456789.123456789", "12345678901234567890123456789.123456789"),
        (None, "1" * 4300, "1" * 4300),
    ],
)
def test_number_is_read_as_declared(argument: Any, text: str, expected: str) -> None:
    """A number becomes a Decimal with every digit that was written."""
    found = transformed([{"number": argument}], text)
    assert isinstance(found, Decimal)
    assert (found, str(found)) == (Decimal(expected), str(Decimal(expected)))


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (None, "1,5"),
        (None, "1 000"),
        (None, "1_000"),
        (None, "12a"),
        (None, "--1"),
        (None, "-"),
        (None, "."),
        (None, "5."),
        (None, "1e3"),
        (None, "(5)"),
        (None, "NaN"),
        (None, "Infinity"),
        (None, "0x10"),
        (None, ARABIC),
        (None, SUPERSCRIPT),
        (None, FULL_WIDTH),
        (None, "5\u00a0000"),
        (None, True),
        ({"negative": "brackets"}, "(5"),
        ({"negative": "brackets"}, "()"),
        ({"exponent": True}, "1e"),
        ({"exponent": True}, "1e1234"),
    ],
)
def test_number_of_another_form_is_refused(argument: Any, text: Any) -> None:
    """Only ASCII digits in the declared form are a number, and only what was allowed counts."""
    assert transformed([{"number": argument}], text) == f"! E110 is not a number: '{text}' (expected such as 1234.5)"


@pytest.mark.parametrize(
    "text", ["1.23,4", "1.2345", "12.34.567", "1234.567", "1..234", ".234", "1.234.", "1,234.5", "1,2,3", "1.234,"]
)
def test_number_with_wrong_groups_is_refused(text: str) -> None:
    """Groups of thousands have three digits each, or the sign means something else."""
    assert transformed([{"number": GERMAN}], text) == f"! E110 is not a number: '{text}' (expected such as 1.234,5)"


def test_number_beyond_4300_digits_is_refused() -> None:
    """A giant is refused, and its spelling in the message is cut."""
    refusal = transformed(["number"], "1" * 4301)
    assert refusal == f"! E110 is not a number: '{'1' * 200}…' (expected such as 1234.5)"


def test_number_cannot_have_one_sign_for_two_things() -> None:
    """The same sign as decimal and thousands is a problem of the mapping."""
    refusal = transformed([{"number": {"decimal": ",", "thousands": ","}}], "1")
    assert refusal == "? acme.yaml:1:1: E013 transform 'number': decimal and thousands are the same sign in "


@pytest.mark.parametrize("value", [5, Decimal("1.50"), -(10**30)])
def test_number_passes_on_what_is_one(value: Decimal | int) -> None:
    """A number from a workbook stays what it is."""
    assert transformed(["number"], value) == value


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        (None, "12", 12),
        (None, "-12.00", -12),
        (None, Decimal("3.0"), 3),
        (None, 7, 7),
        (GERMAN, "1.234", 1234),
        (None, "9" * 400, int("9" * 400)),
        (None, "1.5", "! E110 is not a whole number: '1.5'"),
        (None, Decimal("0.1"), "! E110 is not a whole number: '0.1'"),
        (None, "x", "! E110 is not a number: 'x' (expected such as 1234.5)"),
        (None, ARABIC, f"! E110 is not a number: '{ARABIC}' (expected such as 1234.5)"),
    ],
)
def test_integer_is_a_whole_number(argument: Any, value: Any, expected: Any) -> None:
    """Only what has no fraction is whole; nothing is rounded."""
    found = transformed([{"integer": argument}], value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        (None, "true", True),
        (None, " FALSE ", False),
        (None, False, False),
        ({"true": ["Ja", 1], "false": ["Nein", 0]}, "JA", True),
        ({"true": ["Ja", 1], "false": ["Nein", 0]}, 0, False),
        ({"true": ["Ja"], "false": []}, True, True),
        (None, "yes", "! E110 is neither true nor false: 'yes' (expected one of true, false)"),
        (None, 1, "! E110 is neither true nor false: '1' (expected one of true, false)"),
        ({"true": ["Ja"], "false": ["Nein"]}, "J", "! E110 is neither true nor false: 'J' (expected one of ja, nein)"),
        (
            {"true": ["Ja"], "false": ["Nein"]},
            "true",
            "! E110 is neither true nor false: 'true' (expected one of ja, nein)",
        ),
    ],
)
def test_boolean_goes_by_the_declared_words(argument: Any, value: Any, expected: Any) -> None:
    """Only declared words are true or false."""
    found = transformed([{"boolean": argument}], value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        (None, "2024-01-31", date(2024, 1, 31)),
        ("%d/%m/%Y", "31/01/2024", date(2024, 1, 31)),
        ("%m/%d/%Y", "01/31/2024", date(2024, 1, 31)),
        ("%d.%m.%Y", "29.02.2024", date(2024, 2, 29)),
        ("%d.%m.%Y", "29.02.2000", date(2000, 2, 29)),
        ("%Y%m%d", "20240131", date(2024, 1, 31)),
        ("%d-%b-%Y", "31-Jan-2024", date(2024, 1, 31)),
        ("%d-%b-%Y", "01-DEC-2024", date(2024, 12, 1)),
        ("%B %d, %Y", "september 09, 2024", date(2024, 9, 9)),
        ("%d %B %Y", "31 May 2024", date(2024, 5, 31)),
        ("%d.%m.%Y", "01.01.0001", date(1, 1, 1)),
        ("%d.%m.%Y", "31.12.9999", date(9999, 12, 31)),
        ("100%% %d.%m.%Y", "100% 01.02.2024", date(2024, 2, 1)),
        ("(%d.%m.%Y)", "(01.02.2024)", date(2024, 2, 1)),
        ("%d.%m.%Y %H:%M", "01.02.2024 23:59", date(2024, 2, 1)),
        ("%d.%m.%Y", date(2024, 1, 31), date(2024, 1, 31)),
        ("%d.%m.%Y", datetime(2024, 1, 31, 23, 59, tzinfo=UTC), date(2024, 1, 31)),
    ],
)
def test_date_is_read_by_its_pattern(pattern: str | None, value: Any, expected: date) -> None:
    """The pattern says which part is which; what is a date already is passed on, without any shift of zone."""
    found = transformed([{"date": pattern}], value)
    assert (found, type(found)) == (expected, date)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("%d/%m/%Y", "31/02/2024"),
        ("%d/%m/%Y", "29/02/2023"),
        ("%d/%m/%Y", "29/02/1900"),
        ("%d/%m/%Y", "01/13/2024"),
        ("%d/%m/%Y", "00/01/2024"),
        ("%d/%m/%Y", "01/01/0000"),
        ("%d/%m/%Y", "1/1/24"),
        ("%d/%m/%Y", "01/01/20245"),
        ("%d/%m/%Y", "01/01/2024 "),
        ("%d/%m/%Y", "01-01-2024"),
        ("%d/%m/%Y", "01/01/2024 00:00"),
        ("%d/%m/%Y", "x01/01/2024"),
        ("%d/%m/%Y", "\u0660\u0661/01/2024"),
        ("%d.%m.%Y", "01x01x2024"),
        ("%d-%b-%Y", "31-Jän-2024"),
        ("%d-%b-%Y", "31-Foo-2024"),
        ("%d %B %Y", "31 Sept 2024"),
        ("%d %B %Y", "31 Januar 2024"),
        ("%Y-%m-%d", "2024-01-31T00:00:00Z"),
        ("%Y-%m-%d", "45321"),
    ],
)
def test_day_that_is_none_is_refused(pattern: str, value: str) -> None:
    """Days that do not exist, other forms and leftovers are refused with the form that was expected."""
    assert transformed([{"date": pattern}], value) == f"! E110 is not a date: '{value}' (expected {pattern})"


@pytest.mark.parametrize(
    ("pattern", "fact"),
    [
        ("%d/%m/%y", "%y leaves the century open; use %Y, or complete the year with 'replace' first"),
        ("%d/%Y", "the pattern '%d/%Y' says no month"),
        ("%m/%Y", "the pattern '%m/%Y' says no day"),
        ("%d.%m.", "the pattern '%d.%m.' says no year"),
        ("%d/%q/%Y", "%q is not known in a pattern; there are %Y %m %d %H %I %M %S %f %b %B %p %z %%"),
        ("%j %Y", "%j is not known in a pattern; there are %Y %m %d %H %I %M %S %f %b %B %p %z %%"),
    ],
)
def test_pattern_that_does_not_say_a_day_is_refused(pattern: str, fact: str) -> None:
    """A pattern that leaves century, month or day open is a problem of the mapping."""
    assert transformed([{"date": pattern}], "x") == f"? acme.yaml:1:1: E013 transform 'date': {fact} in "
    assert transformed([{"datetime": pattern}], "x") == f"? acme.yaml:1:1: E013 transform 'datetime': {fact} in "


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        (None, "2024-01-31T08:40:49Z", "2024-01-31T08:40:49Z"),
        (None, "2024-01-31 08:40:49z", "2024-01-31T08:40:49Z"),
        (None, "2024-01-31t08:40:49.5+01:30", "2024-01-31T07:10:49.5Z"),
        (None, "2024-12-31T23:30:00-01:00", "2025-01-01T00:30:00Z"),
        ("%d.%m.%Y %H:%M %z", "31.01.2024 08:40 +0100", "2024-01-31T07:40:00Z"),
        ("%d.%m.%Y %H:%M %z", "31.01.2024 08:40 Z", "2024-01-31T08:40:00Z"),
        ({"format": "%Y-%m-%d %H:%M:%S.%f", "zone": "UTC"}, "2024-01-31 08:40:49.25", "2024-01-31T08:40:49.25Z"),
        ({"format": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"}, "2024-01-31 08:40", "2024-01-31T07:40:00Z"),
        ({"format": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"}, "2024-07-31 08:40", "2024-07-31T06:40:00Z"),
        ({"format": "%Y-%m-%d", "zone": "Europe/Berlin"}, "2024-07-31", "2024-07-30T22:00:00Z"),
        ({"format": "%m/%d/%Y %I:%M %p", "zone": "UTC"}, "01/31/2024 12:05 AM", "2024-01-31T00:05:00Z"),
        ({"format": "%m/%d/%Y %I:%M %p", "zone": "UTC"}, "01/31/2024 12:05 pm", "2024-01-31T12:05:00Z"),
        ({"format": "%m/%d/%Y %I:%M %p", "zone": "UTC"}, "01/31/2024 1:05 PM", "2024-01-31T13:05:00Z"),
        ({"format": "%m/%d/%Y %I:%M %p", "zone": "UTC"}, "01/31/2024 11:05 AM", "2024-01-31T11:05:00Z"),
        (
            {"zone": "Europe/Berlin"},
            datetime(2024, 1, 31, 8, 40, tzinfo=timezone(timedelta(hours=2))),
            "2024-01-31T06:40:00Z",
        ),
        ({"zone": "Europe/Berlin"}, datetime(2024, 1, 31, 8, 40), "2024-01-31T07:40:00Z"),  # noqa: DTZ001 - as Excel has it
    ],
)
def test_datetime_is_put_into_its_zone(argument: Any, value: Any, expected: str) -> None:
    """A time is read by its pattern, or as RFC 3339, and a naive one lies in the declared zone."""
    found = transformed([{"datetime": argument}], value)
    assert isinstance(found, datetime)
    assert canonical_datetime(found) == expected


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        (None, "2024-01-31", "(expected RFC 3339, as 2024-01-31T08:40:49Z)"),
        (None, "2024-01-31T08:40:49", "(expected RFC 3339, as 2024-01-31T08:40:49Z)"),
        (None, "2024-01-31T24:00:00Z", "(expected RFC 3339, as 2024-01-31T08:40:49Z)"),
        (None, "2024-01-31T08:60:00Z", "(expected RFC 3339, as 2024-01-31T08:40:49Z)"),
        (None, "2024-02-30T08:00:00Z", "(expected RFC 3339, as 2024-01-31T08:40:49Z)"),
        (None, "2024-01-31T08:40:49+25:00", "(expected RFC 3339, as 2024-01-31T08:40:49Z)"),
        ("%d.%m.%Y %H:%M %z", "31.01.2024 25:00 Z", "(expected %d.%m.%Y %H:%M %z)"),
        ("%d.%m.%Y %H:%M %z", "31.01.2024 08:40", "(expected %d.%m.%Y %H:%M %z)"),
    ],
)
def test_datetime_of_another_form_is_refused(argument: Any, value: str, expected: str) -> None:
    """What is not of the form, or no time of any day, is refused."""
    assert transformed([{"datetime": argument}], value) == f"! E110 is not a date-time: '{value}' {expected}"


NAIVE = "%Y-%m-%d %H:%M"
GAP = "! E110 does not exist in Europe/Berlin: clocks went forward: '{}:00' (state dst_gap: forward)"
TWICE = "! E110 comes twice in Europe/Berlin: clocks went back: '{}:00' (state fold: first or second)"


@pytest.mark.parametrize(
    ("settings", "value", "expected"),
    [
        ({}, "2024-03-31 02:30", GAP),
        ({}, "2024-10-27 02:30", TWICE),
        ({"dst_gap": "forward"}, "2024-03-31 02:30", "2024-03-31T01:30:00Z"),
        ({"fold": "first"}, "2024-10-27 02:30", "2024-10-27T00:30:00Z"),
        ({"fold": "second"}, "2024-10-27 02:30", "2024-10-27T01:30:00Z"),
        ({"fold": "second"}, "2024-10-27 01:59", "2024-10-26T23:59:00Z"),
        ({"fold": "second", "dst_gap": "forward"}, "2024-03-31 02:00", "2024-03-31T01:00:00Z"),
        ({}, "2024-03-31 01:59", "2024-03-31T00:59:00Z"),
        ({}, "2024-03-31 03:00", "2024-03-31T01:00:00Z"),
        ({}, "2024-10-27 03:00", "2024-10-27T02:00:00Z"),
        ({"dst_gap": "forward"}, "2024-10-27 02:30", TWICE),
    ],
)
def test_hour_that_is_skipped_or_repeated_is_decided_by_the_mapping(settings: Any, value: str, expected: str) -> None:
    """In the hour that the clocks skip or repeat nothing is guessed."""
    found = transformed([{"datetime": {"format": NAIVE, "zone": "Europe/Berlin", **settings}}], value)
    assert (canonical_datetime(found) if isinstance(found, datetime) else found) == expected.format(value)


def test_time_without_a_zone_is_refused() -> None:
    """A naive time needs its zone declared."""
    hint = "state it: {datetime: {format: …, zone: Europe/Berlin}}"
    refusal = transformed([{"datetime": NAIVE}], "2024-01-31 08:40")
    assert refusal == f"! E110 is a time without a zone: '2024-01-31 08:40:00' ({hint})"


@pytest.mark.parametrize("zone", ["Berlin", "", "../etc/passwd", "Europe/berlin/x"])
def test_zone_that_nobody_knows_is_refused(zone: str) -> None:
    """A zone is an IANA name."""
    hint = "such as Europe/Berlin (without a system's zones: pip install tzdata)"
    refusal = transformed([{"datetime": {"format": NAIVE, "zone": zone}}], "x")
    assert refusal == f"? acme.yaml:1:1: E013 transform 'datetime': no zone '{zone}'; {hint} in "


@pytest.mark.parametrize(
    ("chain", "value", "expected"),
    [
        (["date", {"format": "%d.%m.%Y"}], "2024-01-31", "31.01.2024"),
        (["datetime", {"format": "%Y/%m/%d %H:%M"}], "2024-01-31T08:40:49Z", "2024/01/31 08:40"),
        (["number", {"format": ",.2f"}], "1234567.5", "1,234,567.50"),
        (["number", {"format": ".0f"}], "12345678901234567890123456789012345.4", "12345678901234567890123456789012345"),
        (["number", {"format": ""}], "12.50", "12.5"),
    ],
)
def test_format_writes_dates_and_numbers(chain: list[Any], value: Any, expected: str) -> None:
    """A date or a number becomes text."""
    assert transformed(chain, value) == expected


@pytest.mark.parametrize(
    ("chain", "value"),
    [
        ([{"format": "%Y"}], "2024"),
        ([{"format": ".2f"}], True),
        (["number", {"format": "%d"}], "5"),
        (["number", {"format": "1000000d"}], "5"),
        (["number", {"format": ".100f"}], "5"),
    ],
)
def test_format_refuses_what_it_cannot_write(chain: list[Any], value: Any) -> None:
    """Text has no format, a number none of a date, and no format makes a giant."""
    hint = "put 'date' or 'number' before it"
    assert transformed(chain, value) == f"! E110 is neither a date nor a number: '{value}' ({hint})"


def test_format_needs_a_pattern() -> None:
    """A bare name says nothing."""
    fact = "it takes a pattern, as in {format: '%d.%m.%Y'}"
    assert transformed(["format"], "x") == f"? acme.yaml:1:1: E013 transform 'format': {fact} in "


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.10", "0.1"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("-0.00", "0"),
        ("-12.500", "-12.5"),
        ("1E-7", "0.0000001"),
        ("123456789012345678901234567890.10", "123456789012345678901234567890.1"),
    ],
)
def test_decimal_has_one_canonical_form(number: str, text: str) -> None:
    """No exponent, no zeros at the end, no rounding."""
    assert canonical_decimal(Decimal(number)) == text
