"""Dates and date-times by one declared pattern, read strictly: ASCII digits, nothing left over, real days only.

A guess is never made: a pattern with a year of two digits is refused, since it leaves the century open, and a time
without a zone needs the zone declared.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrator.planner.refusal import ValueRefusedError
from migrator.planner.transforms.spec import Apply, Making, TransformKind, as_text
from migrator.records import canonical_decimal

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIRECTIVES = {
    "Y": r"(?P<Y>[0-9]{4})",
    "m": r"(?P<m>[0-9]{1,2})",
    "d": r"(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<I>[0-9]{1,2})",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})",
    "f": r"(?P<f>[0-9]{1,6})",
    "b": r"(?P<b>[A-Za-z]{3})",
    "B": r"(?P<B>[A-Za-z]{3,9})",
    "p": r"(?P<p>[AaPp][Mm])",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
    "%": "%",
}
_LONG_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905 - shorter so
)
KNOWN_DAYS = 1 << 15  # the days of ninety years: a file tells the same ones again and again
_NUMBER_FORMAT = re.compile(r"^[,_]?(?:\.[0-9]{1,2})?f?$", re.ASCII)
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6})[0-9]*)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def read_date(pattern: str) -> Callable[[str], date]:
    """Make a reader of dates of one pattern. Raises ValueError for a pattern that does not say the whole date."""
    expression = _expression(pattern)

    @lru_cache(maxsize=KNOWN_DAYS)
    def read(text: str) -> date:
        found = expression.fullmatch(text)
        if found is None:
            raise ValueError(text)
        parts = found.groupdict()
        return date(int(parts["Y"]), _month(parts), int(parts["d"]))

    return read


def _expression(pattern: str) -> re.Pattern[str]:
    if "%y" in pattern:
        raise ValueError("%y leaves the century open; use %Y, or complete the year with 'replace' first")
    parts = re.split(r"%(.)", pattern)
    if unknown := [letter for letter in parts[1::2] if letter not in _DIRECTIVES]:
        raise ValueError(f"%{unknown[0]} is not known in a pattern; there are %{' %'.join(_DIRECTIVES)}")
    for needed, letters in (("year", "Y"), ("month", "mbB"), ("day", "d")):
        if not set(letters) & set(parts[1::2]):
            raise ValueError(f"the pattern '{pattern}' says no {needed}")
    return re.compile("".join(_DIRECTIVES[part] if n % 2 else re.escape(part) for n, part in enumerate(parts)))


def _month(parts: Mapping[str, str | None]) -> int:
    if number := parts.get("m"):
        return int(number)
    short, long = parts.get("b"), parts.get("B")
    return _MONTHS.index(short.lower()) + 1 if short else _LONG_MONTHS.index((long or "").lower()) + 1


def _date(making: Making) -> Apply:
    pattern = making.argument or "%Y-%m-%d"
    read = read_date(pattern)

    def apply(value: Any) -> date:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return read(as_text(value))
        except ValueError:
            raise ValueRefusedError("E110", "is not a date", value=value, hint=f"expected {pattern}") from None

    return apply


def _datetime(making: Making) -> Apply:
    stated = making.argument if isinstance(making.argument, dict) else {"format": making.argument}
    pattern = stated.get("format")
    expression = _expression(pattern) if pattern else None
    zone = find_zone(stated["zone"]) if "zone" in stated else None
    gap, fold = stated.get("dst_gap", "reject"), stated.get("fold", "reject")
    expected = pattern or "RFC 3339, as 2024-01-31T08:40:49Z"

    def apply(value: Any) -> datetime:
        try:
            moment = value if isinstance(value, datetime) else _moment(as_text(value), expression)
        except ValueError:
            raise ValueRefusedError("E110", "is not a date-time", value=value, hint=f"expected {expected}") from None
        return moment if moment.tzinfo else _placed(moment, zone, gap, fold)

    return apply


def _moment(text: str, expression: re.Pattern[str] | None) -> datetime:
    if expression is None:
        return read_rfc3339(text)
    found = expression.fullmatch(text)
    if found is None:
        raise ValueError(text)
    parts = found.groupdict()
    hour = int(parts.get("H") or parts.get("I") or 0)
    if half := parts.get("p"):
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    fraction = int((parts.get("f") or "0").ljust(6, "0"))
    day = (int(parts["Y"]), _month(parts), int(parts["d"]))
    clock = (hour, int(parts.get("M") or 0), int(parts.get("S") or 0), fraction)
    return datetime(*day, *clock, tzinfo=_offset(parts.get("z")))


def read_rfc3339(text: str) -> datetime:
    """Read a date-time with its zone. Raises ValueError."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(text)
    *numbers, fraction, zone = found.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    micro = int((fraction or "0").ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=_offset(zone))


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-delta if text[0] == "-" else delta)


def find_zone(name: str) -> ZoneInfo:
    """Find an IANA zone. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(
            f"no zone '{name}'; such as Europe/Berlin (without a system's zones: pip install tzdata)"
        ) from None


def _placed(moment: datetime, zone: ZoneInfo | None, gap: str, fold: str) -> datetime:
    """Put a naive time into its zone; one that the clocks skip or repeat is refused unless the mapping decided."""
    if zone is None:
        hint = "state it: {datetime: {format: …, zone: Europe/Berlin}}"
        raise ValueRefusedError("E110", "is a time without a zone", value=moment, hint=hint)
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    is_gap = (first.utcoffset() or timedelta()) < (second.utcoffset() or timedelta())
    if is_gap and gap == "reject":
        hint = "state dst_gap: forward"
        raise ValueRefusedError("E110", f"does not exist in {zone.key}: clocks went forward", value=moment, hint=hint)
    if not is_gap and fold == "reject":
        hint = "state fold: first or second"
        raise ValueRefusedError("E110", f"comes twice in {zone.key}: clocks went back", value=moment, hint=hint)
    return second if fold == "second" and not is_gap else first


def _format(making: Making) -> Apply:
    """Write a date by a strftime pattern, or a number as in {format: ',.2f'}."""
    pattern = making.argument
    if not isinstance(pattern, str):
        raise TypeError("it takes a pattern, as in {format: '%d.%m.%Y'}")
    is_number = bool(_NUMBER_FORMAT.match(pattern))

    def apply(value: Any) -> str:
        if isinstance(value, date):
            return value.strftime(pattern)
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and is_number:
            return format(value, pattern) if pattern else canonical_decimal(Decimal(value))
        hint = "put 'date' or 'number' before it"
        raise ValueRefusedError("E110", "is neither a date nor a number", value=value, hint=hint)

    return apply


KINDS: dict[str, TransformKind] = {
    "date": TransformKind(make=_date),
    "datetime": TransformKind(make=_datetime),
    "format": TransformKind(make=_format),
}
