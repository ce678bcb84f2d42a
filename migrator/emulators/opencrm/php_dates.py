"""Dates as PHP writes them, for the overrides that the vendor documents as "standard php date time formats"."""

from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import datetime

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_TEENS = (11, 12, 13)


def _ending(moment: datetime) -> str:
    return "th" if moment.day in _TEENS else _ENDINGS.get(moment.day % 10, "th")


def _hour_of_twelve(moment: datetime) -> int:
    return moment.hour % 12 or 12


_LETTERS: dict[str, Callable[[datetime], object]] = {
    "d": lambda at: f"{at.day:02}",
    "D": lambda at: f"{at:%a}",
    "j": lambda at: at.day,
    "l": lambda at: f"{at:%A}",
    "N": lambda at: at.isoweekday(),
    "S": _ending,
    "w": lambda at: at.isoweekday() % 7,
    "z": lambda at: at.timetuple().tm_yday - 1,
    "W": lambda at: f"{at.isocalendar().week:02}",
    "F": lambda at: f"{at:%B}",
    "m": lambda at: f"{at.month:02}",
    "M": lambda at: f"{at:%b}",
    "n": lambda at: at.month,
    "t": lambda at: monthrange(at.year, at.month)[1],
    "L": lambda at: int(isleap(at.year)),
    "o": lambda at: at.isocalendar().year,
    "Y": lambda at: f"{at.year:04}",
    "y": lambda at: f"{at.year % 100:02}",
    "a": lambda at: f"{at:%p}".lower(),
    "A": lambda at: f"{at:%p}",
    "g": _hour_of_twelve,
    "G": lambda at: at.hour,
    "h": lambda at: f"{_hour_of_twelve(at):02}",
    "H": lambda at: f"{at.hour:02}",
    "i": lambda at: f"{at.minute:02}",
    "s": lambda at: f"{at.second:02}",
    "u": lambda at: f"{at.microsecond:06}",
    "v": lambda at: f"{at.microsecond // 1000:03}",
    "e": lambda _at: "UTC",
    "I": lambda _at: 0,
    "O": lambda _at: "+0000",
    "P": lambda _at: "+00:00",
    "T": lambda _at: "UTC",
    "Z": lambda _at: 0,
    "c": lambda at: at.isoformat(timespec="seconds") + "+00:00",
    "r": lambda at: f"{at:%a, %d %b %Y %H:%M:%S} +0000",
    "U": lambda at: int((at - datetime(1970, 1, 1)).total_seconds()),  # noqa: DTZ001 - all times here are UTC
}


def php_date(moment: datetime, pattern: str) -> str:
    """Write a moment, which is taken to be UTC, after a pattern; a backslash keeps the next character as it is."""
    text, characters = "", iter(pattern)
    for character in characters:
        if character == "\\":
            text += next(characters, "")
        else:
            text += str(_LETTERS[character](moment)) if character in _LETTERS else character
    return text
