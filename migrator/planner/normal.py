"""The one form in which two values are compared: for match, lookups, duplicates and maps; what is sent stays as given.

Text: NFC of the case-folded NFC of the trimmed text, invisible characters dropped, white space collapsed; `ß` stays
`ß`, so that Strauß is not Strauss. It is idempotent.
"""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from migrator.records import TEXT_KINDS, Canonical, Kind, canonical_decimal


def normal_text(text: str) -> str:
    """Normalise text; ASCII takes the short way."""
    if text.isascii():
        return " ".join(text.split()).lower()
    return _normal_unicode(text)


@lru_cache(maxsize=4096)
def _normal_unicode(text: str) -> str:
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    composed = unicodedata.normalize("NFC", " ".join(visible.split()))
    parts = composed.replace("ẞ", "ß").split("ß")
    folded = "ß".join(part.casefold() for part in parts)
    return unicodedata.normalize("NFC", folded)


def normal_phone(text: str) -> str:
    """Compare a phone number by its digits; an extension counts."""
    return "".join(char for char in text if char in "0123456789") or normal_text(text)


def normal(kind: Kind, value: Canonical) -> str:
    """Give the form of a canonical value that is compared; empty for blank."""
    if value.__class__ is str and kind in TEXT_KINDS and kind is not Kind.PHONE:
        return normal_text(value)
    if value is None or value == "":
        return ""
    if isinstance(value, list):
        return "\x1f".join(sorted(normal(Kind.TEXT, item) for item in value))
    text = value if isinstance(value, str) else str(value).lower()
    match kind:
        case Kind.PHONE:
            return normal_phone(text)
        case Kind.DECIMAL | Kind.INTEGER:
            return _normal_number(text)
        case Kind.REFERENCE:
            return text.lower()
    return normal_text(text)


def normal_all(kind: Kind, values: Sequence[Canonical]) -> list[str]:
    """Give the forms of many values that are compared, as `normal` gives each."""
    if kind in TEXT_KINDS and kind is not Kind.PHONE and {*map(type, values)} <= {str}:
        return [
            " ".join(value.split()).lower() if value.isascii() else _normal_unicode(value) for value in map(str, values)
        ]
    return [normal(kind, value) for value in values]


def _normal_number(text: str) -> str:
    try:
        return canonical_decimal(Decimal(text))
    except InvalidOperation:
        return normal_text(text)
