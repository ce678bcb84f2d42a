"""Regular expressions of a mapping: only those that end in time, whatever the text.

Python's engine has no time limit, so a pattern is judged when the mapping is read: an unbounded repeat inside another,
alternatives inside one, or a reference back is refused, and the more repeats, the shorter the text it may be given.
"""

import re
from collections.abc import Iterator
from typing import Any

from migrator.planner.refusal import ValueRefusedError
from migrator.planner.transforms.spec import Apply, Making, TransformKind, as_text

_UNBOUNDED_FROM = 100
_LONGEST_BY_REPEATS = (1 << 20, 1 << 20, 10_000, 1_000)
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})


def _regex(making: Making) -> Apply:
    """Find the first hit of a pattern; no hit is blank."""
    text, group = making.argument["pattern"], making.argument.get("group", 0)
    pattern, longest = re.compile(text), longest_input(text)
    if group not in pattern.groupindex and group not in range(pattern.groups + 1):
        raise ValueError(f"the pattern has no group {group!r}")

    def apply(value: Any) -> Any:
        text = as_text(value)
        if len(text) > longest:
            raise ValueRefusedError("E110", f"is longer than the {longest:,} characters that this pattern may take")
        found = pattern.search(text)
        return found[group] if found else None

    return apply


def longest_input(pattern: str) -> int:
    """Give the length of text that a pattern may be given. Raises ValueError for one that could take for ever."""
    parsed = re._parser.parse(pattern)  # type: ignore[attr-defined]  # noqa: SLF001 - the only parser of this syntax
    repeats = sum(1 for _repeat in _unbounded(parsed, is_inside=False))
    if repeats >= len(_LONGEST_BY_REPEATS):
        raise ValueError(f"{repeats} unbounded repeats in one pattern are too many")
    return _LONGEST_BY_REPEATS[repeats]


def _unbounded(parsed: Any, *, is_inside: bool) -> Iterator[str]:
    """Give each unbounded repeat of a parsed pattern. Raises ValueError for what multiplies."""
    for kind, argument in parsed:
        name = str(kind)
        if name == "GROUPREF":
            raise ValueError("a reference back to a group can take for ever")
        if name == "BRANCH" and is_inside:
            raise ValueError("alternatives inside a repeat can take for ever")
        repeats = name in _REPEATS and int(argument[1]) > _UNBOUNDED_FROM
        if repeats and is_inside:
            raise ValueError("a repeat inside a repeat can take for ever")
        if repeats:
            yield name
        for part in _parts(argument):
            yield from _unbounded(part, is_inside=is_inside or repeats)


def _parts(argument: Any) -> Iterator[Any]:
    """Give the patterns inside one element of a pattern."""
    if hasattr(argument, "data"):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _parts(part)


KINDS: dict[str, TransformKind] = {"regex": TransformKind(make=_regex)}
