"""Phone numbers: kept as E.164, such as +12345678901, and refused where they cannot be parsed (client)."""

import re

_WRITTEN = re.compile(r"\+?[0-9 ().\-/]+")
_AMERICAN_DIGITS, _MIN_DIGITS, _MAX_DIGITS = 10, 8, 15


def e164(text: str) -> str | None:
    """Give a number as E.164, None where it is none.

    Without a plus it is taken for an American one, of 10 digits or of 11 with a leading 1, as the clients that had
    others refused write it (client).
    """
    written = text.strip()
    digits = re.sub(r"\D", "", written)
    if not _WRITTEN.fullmatch(written):
        return None
    if not written.startswith("+") and len(digits) == _AMERICAN_DIGITS:
        digits = f"1{digits}"
    elif not written.startswith(("+", "1")):
        return None
    is_american = digits.startswith("1")
    is_whole = len(digits) == _AMERICAN_DIGITS + 1 if is_american else _MIN_DIGITS <= len(digits) <= _MAX_DIGITS
    return f"+{digits}" if is_whole else None
