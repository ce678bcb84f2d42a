"""JSON as it is written and read here: exact, and strict about what comes back."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.connectors.rest.json_text import dump_json, load_json
from migrator.connectors.rest.substitution import at_path

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS | st.decimals(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20)


def refusal(body: bytes, charset: str = "") -> str:
    """Give why a body is refused."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its whole text is compared
        load_json(body, charset)
    return str(caught.value)


@given(value=VALUES)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_json_comes_back_as_it_went(value: Any) -> None:
    """Whatever is written is read back equal, and any other reader understands it too."""
    written = dump_json(value)
    assert load_json(written, "utf-8") == value
    assert json.loads(written, parse_float=Decimal) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"a": [1, {"b": None}], "c": True}, '{"a": [1, {"b": null}], "c": true}'),
        (Decimal("0.1"), "0.1"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("1E+20"), "100000000000000000000"),
        (Decimal("-0.00"), "0"),
        (2**64, "18446744073709551616"),
        ('quote " back \\ slash', '"quote \\" back \\\\ slash"'),
        ("Zoë 👩 \u2028", '"Zoë 👩 \u2028"'),
        ("tab\tnul\0", '"tab\\tnul\\u0000"'),
        ({"ключ": "é"}, '{"ключ": "é"}'),
    ],
)
def test_json_is_written_plainly(value: Any, expected: str) -> None:
    """UTF-8 as it is, decimals as numbers without exponent, keys in their order."""
    assert dump_json(value) == expected.encode()


@pytest.mark.parametrize(
    ("body", "charset", "expected"),
    [
        (b'{"a": 1}', "", {"a": 1}),
        (b" [1.10, 1e2, -5] \n", "", [Decimal("1.10"), Decimal(100), -5]),
        ("\ufeff[1]".encode(), "", [1]),
        ("\ufeff[1]".encode(), "utf-8", [1]),
        ('["é"]'.encode(), "", ["é"]),
        ('["é"]'.encode(), "iso-8859-1", ["é"]),
        ('["é"]'.encode("latin-1"), "iso-8859-1", ["é"]),
        ('["é€"]'.encode("cp1252"), "windows-1252", ["é€"]),
        ('["é"]'.encode("utf-16"), "UTF-16", ["é"]),
        (b"null", "", None),
        (b'"\\ud83d\\udc69"', "", "👩"),
        (b"0.30000000000000004", "", Decimal("0.30000000000000004")),
    ],
)
def test_json_is_read(body: bytes, charset: str, expected: Any) -> None:
    """UTF-8 if it can be, else the declared charset; every number exact."""
    found = load_json(body, charset)
    assert found == expected
    assert "float" not in {type(item).__name__ for item in (found if isinstance(found, list) else [found])}


@pytest.mark.parametrize(
    ("body", "charset", "message"),
    [
        (b'{"a": NaN}', "", "NaN is no JSON number"),
        (b"[Infinity]", "", "Infinity is no JSON number"),
        (b"[-Infinity]", "", "-Infinity is no JSON number"),
        (b'["\xe9"]', "", "the answer is not UTF-8"),
        (b'["\xe9"]', "utf-8", "the answer is not UTF-8"),
        (b'["\xe9"]', "UTF8", "the answer is not UTF-8"),
        (b'["\xe9"]', "us-ascii", "the answer is not us-ascii"),
        (b'["\x81"]', "cp1252", "the answer is not cp1252"),
        (b'["\xe9"]', "klingon", "the answer is not klingon"),
        (b'["\xe9"]', "rot13", "the answer is not rot13"),
        (b"[" * 200_000 + b"]" * 200_000, "", "the answer is nested too deeply"),
        (b'{"a":' * 200_000, "", "the answer is nested too deeply"),
        (b"", "", "Expecting value: line 1 column 1 (char 0)"),
        (b"<html>", "", "Expecting value: line 1 column 1 (char 0)"),
        (b'{"Id": nonsense]', "", "Expecting value: line 1 column 8 (char 7)"),
        (b'{"Id": "4', "", "Unterminated string starting at: line 1 column 8 (char 7)"),
        (b"{} {}", "", "Extra data: line 1 column 4 (char 3)"),
        (b"{'a': 1}", "", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("\ufeff\ufeff[]".encode(), "", "Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_what_is_no_json_is_refused(body: bytes, charset: str, message: str) -> None:
    """Nothing is guessed: no NaN, no replaced bytes, no text cut off, no nesting without end."""
    assert refusal(body, charset) == message


def test_number_of_too_many_digits_is_refused() -> None:
    """A number that takes quadratic time to read is none."""
    assert refusal(b"9" * 5000).startswith("Exceeds the limit (4300 digits) for integer string conversion")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", {"a": {"b": [1], "c": None}, "d": 0}),
        ("a", {"b": [1], "c": None}),
        ("a.b", [1]),
        ("a.c", None),
        ("a.c.x", None),
        ("a.b.0", 1),
        ("a.b.1", None),
        ("a.b.-1", None),
        ("a.b.x", None),
        ("d", 0),
        ("d.e", None),
        ("x.y.z", None),
    ],
)
def test_path_leads_to_a_value(path: str, expected: Any) -> None:
    """A dotted path goes from object to object and to a position in a list; where one is missing there is nothing."""
    assert at_path({"a": {"b": [1], "c": None}, "d": 0}, path) == expected


@pytest.mark.parametrize("data", [None, [], "text", 7, [{"Id": 1}]])
def test_path_into_anything_else_leads_nowhere(data: Any) -> None:
    """What is no object has nothing at any path."""
    assert at_path(data, "Id") is None
