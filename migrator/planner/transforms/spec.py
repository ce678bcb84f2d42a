"""What a transform is: a factory that takes the argument of the mapping once and gives the function for the values."""

from collections.abc import Callable, Mapping, Sequence
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
class OfText:
    """A function from text to text, and the same for many texts at once, of which blank ones stay blank."""

    one: Callable[[str], str]
    many: Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformKind:
    """A factory, which raises ValueError for an argument it cannot use, and whether its function takes a list whole.

    `of_text` is the function itself where it takes no argument and makes text of text.
    """

    make: Callable[[Making], Apply]
    takes_list: bool = False
    of_text: OfText | None = None


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


def plain(function: Callable[[str], str], many: Callable[[Sequence[str]], list[str]] | None = None) -> TransformKind:
    """Make a transform without an argument from a function of text; `many` does the same for many texts at once."""

    def make(making: Making) -> Apply:
        no_argument(making)
        return lambda value: function(value if value.__class__ is str else as_text(value))

    def one_by_one(texts: Sequence[str]) -> list[str]:
        return [text and function(text) for text in texts]

    return TransformKind(make=make, of_text=OfText(one=function, many=many or one_by_one))
