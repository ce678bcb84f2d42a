"""How single values are read: taken leniently, as web frameworks do (inferred), and kept in one form."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from migrator.emulators.centralstation.models import Field, Type

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_INTEGER = re.compile(r"-?[0-9]{1,18}")


class Wrong(Exception):
    """A value that cannot be taken; the text says why, as the answer will."""


def read(field: Field, value: Any) -> Any:
    """Read one value, None for what is empty. Raises Wrong."""
    if value is None or (value == "" and field.type is not Type.TEXT):
        return None
    known = _READERS[field.type](value)
    if field.max and len(known) > field.max:
        raise Wrong(f"is too long (maximum is {field.max} characters)")
    if field.choices and known and known not in field.choices:
        raise Wrong("is not included in the list")
    return known


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Wrong("is invalid")
    return str(value)


def _integer(value: Any) -> int:
    """Read a whole number; a text of digits is one, as clients send ids (client)."""
    if isinstance(value, bool) or not _INTEGER.fullmatch(str(value)):
        raise Wrong("is not a number")
    return int(value)


def decimal_text(value: Any) -> str:
    """Read a number and write it as the vendor does, "decimal as string": with a point, without useless zeros."""
    try:
        number = Decimal(str(value).strip() if not isinstance(value, bool) else "x")
    except InvalidOperation:
        raise Wrong("is not a number") from None
    if not number.is_finite():
        raise Wrong("is not a number")
    whole, _, fraction = format(number, "f").partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def _flag(value: Any) -> bool:
    known = _TRUTHS.get(str(value).lower())
    if known is None:
        raise Wrong("is invalid")
    return known


def day_text(value: Any) -> str:
    """Read a day; of a moment only the day is kept."""
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise Wrong("is not a valid date") from None


def moment(value: Any) -> datetime:
    """Read a moment; without a zone it is UTC (inferred). Raises Wrong."""
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Wrong("is not a valid date") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def moment_text(found: datetime) -> str:
    """Write a moment as `2015-07-20T13:26:42.190Z` (client)."""
    return found.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def with_offset(text: str, hours: int) -> str:
    """Write a moment as `2022-02-28T16:59:22.000+01:00` (client); with no offset leave it as it is."""
    if not hours:
        return text
    return datetime.fromisoformat(text).astimezone(timezone(timedelta(hours=hours))).isoformat(timespec="milliseconds")


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Wrong("is invalid")
    return list(value)


def _ids(value: Any) -> list[int]:
    """Read ids: a list, or one text with commas between them (client)."""
    items = [one.strip() for one in value.split(",")] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise Wrong("is invalid")
    return list(dict.fromkeys(_integer(one) for one in items))


_READERS: dict[Type, Callable[[Any], Any]] = {
    Type.TEXT: _text,
    Type.INTEGER: _integer,
    Type.DECIMAL: decimal_text,
    Type.FLAG: _flag,
    Type.DAY: day_text,
    Type.MOMENT: lambda value: moment_text(moment(value)),
    Type.TEXTS: _texts,
    Type.IDS: _ids,
}
