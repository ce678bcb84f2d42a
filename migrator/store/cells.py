"""A row's original cells as one text: joined by a separator where all are text without it, else JSON."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from migrator.json_text import to_json

MARK = "\x1f"

_FORMLESS = bytes([*range(0x1F), 0x7F])  # of ASCII, but for the separator
_CONTROL = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x1F), 0x7F])
_ESCAPED = ("\\u00", "\\b", "\\f")


def pack_cells(cells: Sequence[Any]) -> str:
    """Write cells; text begins with the separator, JSON with a bracket."""
    try:
        text = MARK + MARK.join(cells)
    except TypeError:
        return to_json(list(cells))
    return text if text.count(MARK) == len(cells) else to_json(list(cells))


def pack_rows(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Write the cells of many rows, each as `pack_cells` does."""
    try:
        texts = [MARK + MARK.join(cells) for cells in rows]
    except TypeError:
        return list(map(pack_cells, rows))
    is_plain = "".join(texts).count(MARK) == sum(map(len, rows))
    return texts if is_plain else list(map(pack_cells, rows))


def are_texts(packed: Iterable[str]) -> bool:
    """Tell whether all rows that `pack_cells` wrote are of text alone, joined by the separator."""
    return {text[:1] for text in packed} <= {MARK}


def unpack_cells(text: str | None) -> list[Any]:
    """Read what `pack_cells` wrote; nothing where there were no cells."""
    if text and text[0] == MARK:
        return text[1:].split(MARK)
    return list(json.loads(text or "[]"))


def is_printable(text: str) -> bool:
    """Tell whether cells that `pack_cells` wrote, of one row or of several, surely hold nothing without a form."""
    if text[:1] != MARK:
        return text.isprintable() and not any(sign in text for sign in _ESCAPED)
    if text.isascii():
        return len(text.encode().translate(None, _FORMLESS)) == len(text)
    return text.replace(MARK, "").isprintable()


def is_safe(text: str) -> bool:
    """Tell whether cells that `pack_cells` wrote surely hold no control character; a line break is none here."""
    data = text.encode() if text[:1] == MARK else b"\0"
    return len(data.translate(None, _CONTROL)) == len(data)
