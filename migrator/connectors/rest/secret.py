"""A secret that shows itself nowhere by accident."""

from typing import NoReturn


class Secret:
    """Text that prints as `***`, is no text to any function that expects some, and is never pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text: for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")
