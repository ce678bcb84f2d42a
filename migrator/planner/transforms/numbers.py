"""Numbers and truth values out of text: declared separators, strict grouping, ASCII digits, no float anywhere."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from migrator.planner.normal import normal_text
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.transforms.spec import Apply, Making, TransformKind, as_text

MAX_DIGITS = 4_300

_BRACKETS = re.compile(r"\((.*)\)")


def read_number(
    *, decimal: str = ".", thousands: str = "", brackets: bool = False, exponent: bool = False
) -> Callable[[str], Decimal]:
    """Make a reader of numbers that are written one way. The reader raises ValueError."""
    if decimal == thousands:
        raise ValueError("decimal and thousands are the same sign")
    whole = rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|[0-9]+" if thousands else "[0-9]+"
    tail = r"(?:[eE][-+]?[0-9]{1,3})?" if exponent else ""
    pattern = re.compile(rf"[-+]?(?:{whole})?(?:{re.escape(decimal)}[0-9]+)?{tail}", re.ASCII)

    def read(text: str) -> Decimal:
        inner = _BRACKETS.fullmatch(text) if brackets else None
        bare = inner[1] if inner else text
        if len(bare) > MAX_DIGITS or not pattern.fullmatch(bare) or not any(char.isdigit() for char in bare):
            raise ValueError(text)
        number = Decimal(bare.replace(thousands, "").replace(decimal, ".") if thousands else bare.replace(decimal, "."))
        return -number if inner else number

    return read


def _reader(making: Making) -> Callable[[str], Decimal]:
    stated = making.argument or {}
    return read_number(
        decimal=stated.get("decimal", "."),
        thousands=stated.get("thousands", ""),
        brackets=stated.get("negative") == "brackets",
        exponent=stated.get("exponent", False),
    )


def _expected(making: Making) -> str:
    stated = making.argument or {}
    point, mark = stated.get("decimal", "."), stated.get("thousands", "")
    return f"expected such as 1{mark}234{point}5"


def _number(making: Making) -> Apply:
    read, hint = _reader(making), _expected(making)

    def apply(value: Any) -> Decimal | int:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return value
        try:
            return read(as_text(value))
        except ValueError:
            raise ValueRefusedError("E110", "is not a number", value=value, hint=hint) from None

    return apply


def _integer(making: Making) -> Apply:
    number = _number(making)

    def apply(value: Any) -> int:
        found = Decimal(number(value))
        if found != found.to_integral_value():
            raise ValueRefusedError("E110", "is not a whole number", value=value)
        return int(found)

    return apply


def _boolean(making: Making) -> Apply:
    stated = making.argument or {"true": ["true"], "false": ["false"]}
    table = {normal_text(as_text(word)): truth == "true" for truth in ("true", "false") for word in stated[truth]}
    hint = f"expected one of {', '.join(table)}"

    def apply(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        found = table.get(normal_text(as_text(value)))
        if found is None:
            raise ValueRefusedError("E110", "is neither true nor false", value=value, hint=hint)
        return found

    return apply


KINDS: dict[str, TransformKind] = {
    "number": TransformKind(make=_number),
    "integer": TransformKind(make=_integer),
    "boolean": TransformKind(make=_boolean),
}
