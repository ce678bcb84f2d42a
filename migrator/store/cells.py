"""A row's original cells as one text: joined by a separator where all are text without it, else JSON."""

import json
from collections.abc import Sequence
from typing import Any

from migrator.json_text import to_json

MARK = "\x1f"

_ESCAPED = ("\\u00", "\\b", "\\f")


def pack_cells(cells: Sequence[Any]) -> str:
    """Write cells; text begins with the separator, JSON with a bracket."""
    try:
        text = MARK + MARK.join(cells)
    except TypeError:
        return to_json(list(cells))
    return text if text.count(MARK) == len(cells) else to_json(list(cells))


def unpack_cells(text: str | None) -> list[Any]:
    """Read what `pack_cells` wrote; nothing where there were no cells."""
    if text and text[0] == MARK:
        return text[1:].split(MARK)
    return list(json.loads(text or "[]"))


def is_printable(text: str) -> bool:
    """Tell whether cells that `pack_cells` wrote surely hold no control character, nor anything else without a form."""
    if text[:1] == MARK:
        return text.replace(MARK, "").isprintable()
    return text.isprintable() and not any(sign in text for sign in _ESCAPED)
