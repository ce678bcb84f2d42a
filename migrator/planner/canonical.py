"""Typed values → the canonical values of a target's field, or a refusal.

Text turns into the field's type by itself in one form only: `-12.5`, `true`, `2024-01-31`, RFC 3339. All else needs
a transform, so that nothing is guessed.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from migrator.planner.refusal import ValueRefusedError
from migrator.planner.transforms.dates import KNOWN_DAYS, read_date, read_rfc3339
from migrator.planner.transforms.spec import as_text
from migrator.records import TEXT_KINDS, Canonical, Field, Kind, canonical_datetime, canonical_decimal, midnight
from migrator.spelling import hints_among

Coerce = Callable[[Any], Canonical]

_SHOWN = 12
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_INT64 = 2**63
_ISO_DATE = read_date("%Y-%m-%d")


def coerce_to(field: Field) -> Coerce:
    """Make the function from a typed value that is not blank to the field's canonical value."""
    if field.kind in TEXT_KINDS or field.kind is Kind.REFERENCE:
        return _text(field)
    return {
        Kind.INTEGER: _integer,
        Kind.DECIMAL: _decimal,
        Kind.BOOLEAN: _boolean,
        Kind.DATE: _date,
        Kind.DATETIME: _datetime,
        Kind.LIST: _listed(field),
        Kind.TAGS: _list,
    }[field.kind]


def _text(field: Field) -> Coerce:
    longest, options = field.max_length, field.options
    hint_of = hints_among(options)

    def coerce(value: Any) -> str:
        text = value if value.__class__ is str else _as_canonical_text(value)
        if options:
            _check_option(text, options, hint_of)
        if longest is not None and len(text) > longest // 2 and len(text.encode("utf-16-le")) > longest * 2:
            fact = f"is {len(text):,} characters long, the target takes {longest:,}"
            raise ValueRefusedError("E111", fact, value=text, hint=f"shorten it, or state {{truncate: {longest}}}")
        return text

    return coerce


def _check_option(text: str, options: tuple[str, ...], hint_of: Callable[[str], str]) -> None:
    """Refuse what a picklist of the target does not have; where none is known, all goes."""
    if not options or text in options:
        return
    hint = hint_of(text) or f"there are: {', '.join(options[:_SHOWN])}"
    hint = f"{hint}; put {{map: …}} behind it"
    raise ValueRefusedError("E116", "is no option of the target", value=text, hint=hint)


def _as_canonical_text(value: Any) -> str:
    if isinstance(value, list):
        hint = "put {join: ', '}, first or last behind it"
        raise ValueRefusedError("E114", f"is a list of {len(value)} for a field of one text", value=value, hint=hint)
    if isinstance(value, dict):
        raise ValueRefusedError("E114", "is an object, not a text", value=value, hint="name a part of it: a.b")
    if isinstance(value, datetime) and value.tzinfo:
        return canonical_datetime(value)
    if isinstance(value, date):
        return value.isoformat()
    return canonical_decimal(value) if isinstance(value, Decimal) else as_text(value)


def _integer(value: Any) -> int:
    number = int(value) if isinstance(value, str) and _INTEGER.fullmatch(value[:20]) and len(value) <= 20 else value  # noqa: PLR2004 - 64 bits
    if isinstance(number, Decimal) and number == number.to_integral_value():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or abs(number) >= _INT64:
        hint = "put 'integer' behind it, with the separators it has"
        raise ValueRefusedError("E110", "is not a whole number", value=value, hint=hint)
    return number


def _decimal(value: Any) -> str:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return canonical_decimal(Decimal(value))
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return canonical_decimal(Decimal(value))
    hint = "put 'number' behind it, with the separators it has"
    raise ValueRefusedError("E110", "is not a number", value=value, hint=hint)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    hint = "put {boolean: {true: [...], false: [...]}} behind it"
    raise ValueRefusedError("E110", "is neither true nor false", value=value, hint=hint)


def _date(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return _ISO_DATE(as_text(value)).isoformat()
    except ValueError:
        hint = "put {date: …} with its pattern behind it"
        raise ValueRefusedError("E110", "is not a date", value=value, hint=hint) from None


def _datetime(value: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo:
        return canonical_datetime(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return _midnight_of(value)
    text = as_text(value)
    for read in (read_rfc3339, lambda spelled: midnight(_ISO_DATE(spelled))):
        try:
            return canonical_datetime(read(text))
        except ValueError:
            continue
    hint = "put {date: …} or {datetime: …} with its pattern behind it"
    raise ValueRefusedError("E110", "is not a date-time", value=value, hint=hint)


@lru_cache(maxsize=KNOWN_DAYS)
def _midnight_of(day: date) -> str:
    return canonical_datetime(midnight(day))


def _listed(field: Field) -> Coerce:
    hint_of = hints_among(field.options)

    def coerce(value: Any) -> list[Canonical]:
        items = _list(value)
        for item in items:
            _check_option(item, field.options, hint_of)
        return items

    return coerce


def _list(value: Any) -> list[Canonical]:
    """Make a list without blanks and repeats; text alone is a list of one."""
    items = value if isinstance(value, list) else [value]
    texts = (item.strip() if isinstance(item, str) else _as_canonical_text(item) for item in items if item is not None)
    return list(dict.fromkeys(text for text in texts if text))
