"""What a transform is: a factory that takes the argument of the mapping once and gives the function for the values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Apply = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Making:
    """What a factory is given: the argument as written (None for a bare name), `else`, and a reader of map files."""

    argument: Any = None
    otherwise: Any = "reject"
    read_map: Callable[[Mapping[str, str]], dict[str, str]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformKind:
    """A factory, which raises ValueError for an argument it cannot use, and whether its function takes a list whole."""

    make: Callable[[Making], Apply]
    takes_list: bool = False


def as_text(value: Any) -> str:
    """Take a value as text, as people write it in a file."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def no_argument(making: Making) -> None:
    """Refuse an argument. Raises ValueError."""
    if making.argument is not None:
        raise ValueError("it takes no argument")


def plain(function: Callable[[str], Any]) -> TransformKind:
    """Make a transform without an argument from a function of text."""

    def make(making: Making) -> Apply:
        no_argument(making)
        return lambda value: function(value if value.__class__ is str else as_text(value))

    return TransformKind(make=make)
