"""Transforms that make a list, or take one whole."""

from typing import Any

from migrator.planner.transforms.spec import Apply, Making, TransformKind, as_text, no_argument
from migrator.planner.transforms.text import WHITE


def _split(making: Making) -> Apply:
    separator = making.argument
    if not isinstance(separator, str) or not separator:
        raise ValueError("it takes the separator, as in {split: ';'}")
    return lambda value: [part for item in as_text(value).split(separator) if (part := item.strip(WHITE))]


def _pick(position: int) -> TransformKind:
    def make(making: Making) -> Apply:
        no_argument(making)
        return lambda value: (value[position] if value else None) if isinstance(value, list) else value

    return TransformKind(make=make, takes_list=True)


def _slice(making: Making) -> Apply:
    if not isinstance(making.argument, list):
        raise TypeError("it takes the two ends, as in {slice: [0, 5]}")
    start, end = making.argument
    return lambda value: (value if isinstance(value, list) else as_text(value))[start:end]


def _join(making: Making) -> Apply:
    separator = making.argument
    if not isinstance(separator, str):
        raise TypeError("it takes what stands between, as in {join: ', '}")

    def apply(value: Any) -> str:
        return separator.join(as_text(item) for item in value) if isinstance(value, list) else as_text(value)

    return apply


KINDS: dict[str, TransformKind] = {
    "split": TransformKind(make=_split),
    "first": _pick(0),
    "last": _pick(-1),
    "slice": TransformKind(make=_slice, takes_list=True),
    "join": TransformKind(make=_join, takes_list=True),
}
