"""The words of every report: numbers, spans, moments, values; and nothing in them that acts on a terminal."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.reports.wording import MAX_VALUE, duration, harmless, moment, of, spelled


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (1.6, "2 s"),
        (89, "89 s"),
        (90, "2 min"),
        (150, "2 min"),
        (2_460, "41 min"),
        (5_340, "89 min"),
        (5_400, "1 h 30 min"),
        (25_740, "7 h 9 min"),
        (360_000, "100 h 0 min"),
    ],
)
def test_span_is_written_in_its_own_unit(seconds: float, text: str) -> None:
    """Seconds up to a minute and a half, minutes up to an hour and a half, then hours."""
    assert duration(seconds) == text


def test_moment_is_written_to_the_minute() -> None:
    """Date, time and zone, without what nobody reads."""
    assert moment("2026-11-22T04:34:56+00:00") == "2026-11-22 04:34 UTC"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_000, "1,000 rows"), (1_234_567, "1,234,567 rows")],
)
def test_number_goes_with_its_noun(count: int, text: str) -> None:
    """One row, two rows."""
    assert of(count, "row") == text


HARMFUL = {
    "\x00": "\\u0000",
    "\x07": "\\u0007",
    "\x08": "\\u0008",
    "\x0b": "\\u000b",
    "\x0c": "\\u000c",
    "\x1b[31m": "\\u001b[31m",
    "\x1b]0;title\x07": "\\u001b]0;title\\u0007",
    "\x1b[2J\x1b[H": "\\u001b[2J\\u001b[H",
    "\x1b]8;;https://evil.example\x1b\\": "\\u001b]8;;https://evil.example\\u001b\\",
    "\x7f": "\\u007f",
    "\x85": "\\u0085",
    "\x9b31m": "\\u009b31m",
    "\x9d0;title\x9c": "\\u009d0;title\\u009c",
    "\u200e": "\\u200e",
    "\u200f": "\\u200f",
    "\u202a": "\\u202a",
    "\u202b": "\\u202b",
    "\u202c": "\\u202c",
    "\u202d": "\\u202d",
    "\u202eevil": "\\u202eevil",
    "\u2066": "\\u2066",
    "\u2067": "\\u2067",
    "\u2068": "\\u2068",
    "\u2069": "\\u2069",
    "a\nb": "a b",
    "a\r\nb": "a  b",
    "a\tb": "a\tb",
    "Zoë 山田 🎉 e\u0301": "Zoë 山田 🎉 e\u0301",
    "\\u001b": "\\u001b",
}


@pytest.mark.parametrize("text", HARMFUL, ids=ascii)
def test_what_acts_on_a_terminal_is_spelled_out(text: str) -> None:
    """Control characters, escape sequences and marks of direction are written as what they are."""
    assert harmless(text) == HARMFUL[text]


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["Cc", "L", "N", "Zs"])))
def test_nothing_harmful_is_left(text: str) -> None:
    """Whatever text it is, no control character but the tab comes out; what had none comes out as it was."""
    found = harmless(text)
    assert [sign for sign in found if (ord(sign) < 32 and sign != "\t") or 127 <= ord(sign) < 160] == []
    assert harmless(found) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(blank)"),
        ("", "(blank)"),
        (0, "'0'"),
        (False, "'False'"),
        ("Ada", "'Ada'"),
        ("it's", "'it's'"),
        (["a", "b"], "'a, b'"),
        ("a\x1b[1m\nb", "'a\\u001b[1m b'"),
        ({"$op": "abc"}, "(known after apply)"),
        (["k1", {"$op": "abc"}], "'k1', (known after apply)"),
        ([{"lookup": "firms", "key": "7"}], "the firms '7'"),
        ([{"no": "1"}], "'{'no': '1'}'"),
        ({"lookup": "companies", "key": "7"}, "the companies '7'"),
        ({"lookup": "companies", "id": "k7"}, "the companies 'k7'"),
        ({"lookup": "companies", "fields": {"Name": "One", "City": "Bonn"}}, "the companies 'One, Bonn'"),
        ("x" * MAX_VALUE, f"'{'x' * MAX_VALUE}'"),
        ("x" * (MAX_VALUE + 1), f"'{'x' * MAX_VALUE}…'"),
    ],
)
def test_value_is_written_for_people(value: Any, text: str) -> None:
    """Quoted and short; a blank, a reference to come and a lookup in words."""
    assert spelled(value) == text
