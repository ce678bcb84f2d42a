"""The form in which work goes to another process and results come back: as cheap as rows can be copied."""

from collections.abc import Callable, Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

Buffer = bytes | memoryview
Packed = tuple[Callable[..., Any] | None, list[Any]]


def written(value: object) -> Buffer:
    """Write a value."""
    return ForkingPickler.dumps(value)


def read_back(data: Buffer) -> Any:
    """Read a value; only ever from a process of our own."""
    return ForkingPickler.loads(data)


def pack(rows: Sequence[Any]) -> Packed:
    """Turn named tuples of one kind into columns, which are written in half of the time; others stay as they are."""
    kinds: set[type] = set(map(type, rows))
    kind = kinds.pop() if len(kinds) == 1 else None
    return (kind, list(zip(*rows, strict=True))) if hasattr(kind, "_fields") else (None, list(rows))


def unpack(packed: Packed) -> list[Any]:
    """Turn columns into what they were."""
    kind, rows = packed
    return list(map(kind, *rows)) if kind else rows
