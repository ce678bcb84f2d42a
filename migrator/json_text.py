"""Canonical values as the one JSON text of them, which is stored and hashed: sorted keys, no blanks, nothing escaped.

orjson (extra `fast`) writes and reads the same texts several times faster; what it cannot write, the standard library
does. Canonical values hold no floats, which the two would write differently.
"""

import json
from collections.abc import Callable
from typing import Any

_encode: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str
).encode

try:
    import orjson
except ImportError:
    to_json: Callable[[Any], str] = _encode
    from_json: Callable[[str], Any] = json.loads
else:
    _OPTIONS = (
        orjson.OPT_SORT_KEYS
        | orjson.OPT_PASSTHROUGH_DATETIME
        | orjson.OPT_PASSTHROUGH_DATACLASS
        | orjson.OPT_PASSTHROUGH_SUBCLASS
    )

    def _refuse(value: Any) -> Any:
        raise TypeError(type(value))

    def to_json(value: Any) -> str:
        """Write a value; what JSON does not know is written as text."""
        try:
            return orjson.dumps(value, _refuse, _OPTIONS).decode()
        except TypeError:  # no JSON, a number beyond 64 bits, half of a surrogate pair, a key that is no text
            return _encode(value)

    def from_json(text: str) -> Any:
        """Read what `to_json` wrote of canonical values, whose integers have 64 bits."""
        try:
            return orjson.loads(text)
        except ValueError:
            return json.loads(text)
