"""Countries, currencies, languages and amounts of money, by the table beside this file.

The table is made from CLDR by tests/planner/make_codes.py: for each code its names, the English one first, `|` between.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from migrator.planner.normal import normal_text
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.transforms.numbers import read_number
from migrator.planner.transforms.spec import Apply, Making, TransformKind, as_text
from migrator.resources import packaged
from migrator.spelling import hints_among

_AMOUNT = re.compile(
    r"\s*(?P<before>[^\d\s.,+-]*)\s*(?P<number>[-+]?[\d.,'\u2019\u00a0\u202f ]*\d)\s*(?P<after>[^\d\s]*)\s*"
)
_LONGEST = 100


@cache
def _table(kind: str) -> dict[str, list[str]]:
    text = packaged("planner", "transforms", "codes.json").read_text(encoding="utf-8")
    return {code: names.split("|") for code, names in json.loads(text)[kind].items()}


@cache
def _by_name(kind: str) -> dict[str, str]:
    """Give the code behind every name, and behind the code itself."""
    found = {normal_text(name): code for code, names in _table(kind).items() for name in names}
    return found | {code.lower(): code for code in _table(kind)}


@cache
def _hints(kind: str) -> Callable[[str], str]:
    return hints_among(names[0] for names in _table(kind).values())


def _code(kind: str, noun: str, value: Any) -> str:
    text = as_text(value)
    code = _by_name(kind).get(normal_text(text))
    if code is None:
        raise ValueRefusedError("E115", f"is no known {noun}", value=text, hint=_hints(kind)(text))
    return code


def _coded(kind: str, noun: str, forms: dict[str, Callable[[str], str]]) -> TransformKind:
    def make(making: Making) -> Apply:
        form = making.argument or next(iter(forms))
        if form not in forms:
            raise ValueError(f"it takes one of {', '.join(forms)}")
        write = forms[form]
        return lambda value: write(_code(kind, noun, value))

    return TransformKind(make=make)


def _name_of(kind: str) -> Callable[[str], str]:
    return lambda code: _table(kind)[code][0]


def _amount(making: Making) -> Apply:
    """Take an amount of money apart: `1.234,50 EUR` has a value and a currency."""
    stated = making.argument or {}
    read = read_number(decimal=stated.get("decimal", "."), thousands=stated.get("thousands", ""))
    part = stated.get("part", "value")

    def apply(value: Any) -> Any:
        found = _AMOUNT.fullmatch(as_text(value)[:_LONGEST])
        if found is None:
            raise ValueRefusedError("E110", "is not an amount of money", value=value)
        if part == "currency":
            sign = found["before"] or found["after"]
            return _code("currencies", "currency", sign) if sign else None
        try:
            return read(found["number"])
        except ValueError:
            hint = "state its decimal and thousands separators"
            raise ValueRefusedError("E110", "is not an amount of money", value=value, hint=hint) from None

    return apply


KINDS: dict[str, TransformKind] = {
    "country": _coded(
        "countries",
        "country",
        {"alpha2": str, "alpha3": lambda code: _table("countries")[code][1], "name": _name_of("countries")},
    ),
    "currency": _coded("currencies", "currency", {"code": str, "name": _name_of("currencies")}),
    "language": _coded("languages", "language", {"code": str, "name": _name_of("languages")}),
    "amount": TransformKind(make=_amount),
}
