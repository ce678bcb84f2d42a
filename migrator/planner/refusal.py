"""How a value that cannot be used says so, on its way from a transform to the row it stands in."""

import re
from typing import Any, NamedTuple

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class ValueRefusedError(Exception):
    """This value cannot be used: the code, the fact about it, and what would do. Row and column are added later."""

    def __init__(self, code: str, fact: str, *, value: Any = "", hint: str = "") -> None:
        super().__init__(fact)
        self.code = code
        self.fact = fact
        self.value = spell(value)
        self.hint = hint


def fact_of(error: ValueRefusedError) -> str:
    """Tell what is wrong with a value, and the value."""
    return f"{error.fact}: '{error.value}'" if error.value else error.fact


class Refusal(NamedTuple):
    """What is wrong with a value, where that is kept: its code, the text found, the fact, a hint."""

    code: str
    value: str
    fact: str
    hint: str


def refusal_of(error: ValueRefusedError) -> Refusal:
    """Keep what an error says."""
    return Refusal(error.code, error.value, fact_of(error), error.hint)


class Noted(NamedTuple):
    """A value that was changed in a way that the plan must say."""

    value: Any
    code: str
    fact: str


def spell(value: Any) -> str:
    """Write a value for people, shortened."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_SPELLED else text[:MAX_SPELLED] + "…"


MAX_SPELLED = 200
