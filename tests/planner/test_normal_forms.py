"""The one form in which values are compared, and what it holds apart."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.planner.normal import _normal_unicode, normal, normal_phone, normal_text
from migrator.records import Kind

ZERO_WIDTH = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u202e"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme", "ACME"),
        (" Acme  Ltd ", "acme ltd"),
        ("Acme\u00a0Ltd", "Acme Ltd"),
        ("Acme\u2003\u3000Ltd", "Acme Ltd"),
        ("Acme\t\r\nLtd", "Acme Ltd"),
        ("Caf\u00e9", "Cafe\u0301"),
        ("CAFE\u0301", "caf\u00e9"),
        ("\u212b", "\u00e5"),
        ("\u212a", "k"),
        ("Strauß", "STRAUẞ"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("σς", "ΣΣ"),
        ("ǅ", "ǆ"),
        ("Ⅷ", "ⅷ"),
        *[(f"Ac{char}me", "acme") for char in ZERO_WIDTH],
    ],
)
def test_spellings_of_one_text_are_equal(one: str, other: str) -> None:
    """Case, white space, what nobody sees and the way an accent is put together make no difference."""
    assert normal_text(one) == normal_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Strauß", "Strauss"),
        ("STRAUẞ", "STRAUSS"),
        ("\u0130", "i"),
        ("\u0131", "i"),
        ("\u0130", "\u0131"),
        ("e", "é"),
        ("\uff21", "A"),
        ("\u00b2", "2"),
        ("\u2460", "1"),
        ("o", "ö"),
        ("ö", "oe"),
        ("Acme Ltd", "AcmeLtd"),
        ("Acme-Ltd", "Acme Ltd"),
        ("007", "7"),
        ("\u0430", "a"),
    ],
)
def test_different_texts_stay_different(one: str, other: str) -> None:
    """Folding stops where it would make two names one: ß and ss, full width, Turkish letters."""
    assert normal_text(one) != normal_text(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("  ", ""),
        ("\u200b", ""),
        ("\u00a0", ""),
        ("\u0130stanbul", "i\u0307stanbul"),
        ("I\u0131", "i\u0131"),
        ("ẞß", "ßß"),
    ],
)
def test_normal_form_is_this_text(text: str, expected: str) -> None:
    """Blank stays blank, and the Turkish i with a dot keeps it."""
    assert normal_text(text) == expected


def test_normal_form_of_every_character_is_final() -> None:
    """Normalising twice changes nothing, for each single character that there is, and what comes out is composed."""
    characters = (chr(n) for n in range(0x80, 0x110000) if unicodedata.category(chr(n)) not in {"Cn", "Co", "Cs"})
    once = {char: _normal_unicode.__wrapped__(char) for char in characters}
    assert [char for char, text in once.items() if _normal_unicode.__wrapped__(text) != text] == []
    assert [char for char, text in once.items() if unicodedata.normalize("NFC", text) != text] == []
    assert len(once) > 100_000


@given(st.text())
@settings(max_examples=300)
def test_normal_form_is_final(text: str) -> None:
    """Normalising twice changes nothing, whatever the text."""
    once = normal_text(text)
    assert normal_text(once) == once


@given(st.text(max_size=20), st.sampled_from(["NFC", "NFD"]))
def test_normal_form_does_not_depend_on_composition(text: str, form: str) -> None:
    """A text and its composed and decomposed forms are one."""
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    assert normal_text(unicodedata.normalize("NFC" if form == "NFC" else "NFD", visible)) == normal_text(visible)


@given(st.text(alphabet="abcXYZ üß\u00a0", max_size=12))
def test_normal_form_does_not_depend_on_case(text: str) -> None:
    """A text and its lower-case form are one."""
    assert normal_text(text.lower()) == normal_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+49 (30) 123-456", "4930123456"),
        ("0049 30 123456", "004930123456"),
        ("123 x45", "12345"),
        ("n/a", "n/a"),
        ("\u0661\u0662", "\u0661\u0662"),
        ("", ""),
    ],
)
def test_phone_is_compared_by_its_digits(text: str, expected: str) -> None:
    """Signs and blanks make no difference, an extension does; what has no digits is text."""
    assert normal_phone(text) == expected
    assert normal(Kind.PHONE, text) == expected
    assert normal(Kind.PHONE, normal(Kind.PHONE, text)) == expected


@pytest.mark.parametrize(
    ("kind", "one", "other", "is_same"),
    [
        (Kind.EMAIL, "Ada@X.org", "ada@x.ORG", True),
        (Kind.EMAIL, "ada@x.org", "ada.@x.org", False),
        (Kind.DECIMAL, "1.50", "1.5", True),
        (Kind.DECIMAL, "1000", "1E+3", True),
        (Kind.DECIMAL, "1.5", "1.51", False),
        (Kind.INTEGER, 7, "7", True),
        (Kind.REFERENCE, "AB-1", "ab-1", True),
        (Kind.REFERENCE, "ab-1", "ab 1", False),
        (Kind.LIST, ["b", "A"], ["a", "B"], True),
        (Kind.LIST, ["a"], ["a", "b"], False),
        (Kind.BOOLEAN, True, "true", True),
        (Kind.DATE, "2024-01-31", "2024-01-31", True),
        (Kind.URL, "https://X.org/a", "https://x.org/a", True),
        (Kind.TEXT, None, "", True),
    ],
)
def test_values_are_compared_by_the_normaliser_of_their_field(
    kind: Kind, one: object, other: object, *, is_same: bool
) -> None:
    """E-mail without case, numbers by value, ids without case, lists as sets."""
    assert (normal(kind, one) == normal(kind, other)) is is_same


@given(st.sampled_from([kind for kind in Kind if kind is not Kind.LIST]), st.text(max_size=20))
def test_normal_form_of_every_kind_is_final(kind: Kind, text: str) -> None:
    """Normalising twice changes nothing, whatever the kind."""
    once = normal(kind, text)
    assert normal(kind, once) == once
