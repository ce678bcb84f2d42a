"""A secret that shows itself nowhere by accident, not even in a line that somebody else logs."""

import json
import logging
from base64 import b64encode
from typing import NoReturn
from urllib.parse import quote, quote_plus

_KNOWN: set[str] = set()


class Secret:
    """Text that prints as `***`, is no text to any function that expects some, and is never pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        if text:
            _KNOWN.add(text)

    def reveal(self) -> str:
        """Give the text: for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


class Redacting(logging.Formatter):
    """A formatter whose lines, tracebacks included, hold no secret of this process, however spelled."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line with `***` where a secret stood."""
        return redact(super().format(record))


def redact(text: str) -> str:
    """Put `***` where a secret stands: as it is, in an address, in JSON, or as Base64."""
    for secret in sorted(_KNOWN, key=len, reverse=True):
        for spelled in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
            text = text.replace(spelled, "***")
        text = text.replace(b64encode(secret.encode()).decode().rstrip("="), "***")
    return text
