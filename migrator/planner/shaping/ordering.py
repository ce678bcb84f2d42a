"""In which order values stand: numbers by value, text by its characters, blanks last; and how that is kept as bytes."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from migrator.planner.transforms.spec import as_text

BLANK = b"\xff"

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)


def number_of(value: Any) -> Decimal | None:
    """Take a value as a number, text in the one form only that is one by itself; None if it is none."""
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None


def number_bytes(number: Decimal) -> bytes:
    """Write a number so that bytes compare as numbers do, exactly: sign, exponent, digits."""
    if not number:
        return b"\x01"
    digits = "".join(map(str, number.as_tuple().digits)).lstrip("0")
    written = (number.adjusted() + 2**31).to_bytes(4, "big") + digits.rstrip("0").encode() + b"\x00"
    return b"\x02" + written if number > 0 else b"\x00" + bytes(255 - byte for byte in written)


def text_of(value: Any) -> str:
    """Give the text by which a value that is no number stands in order."""
    return value.isoformat() if isinstance(value, date) else as_text(value)
