"""Transforms of text."""

import hashlib
import html
import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

from migrator.planner.refusal import Noted, ValueRefusedError
from migrator.planner.transforms.spec import Apply, Making, TransformKind, as_text, plain

MAX_TEXT = 10 * 1024 * 1024
MAX_WIDTH = 1_000
WHITE = " \t\r\n\v\f\u00a0"

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"})
_HIDDEN = frozenset({"script", "style", "head", "title"})
_VARIATIONS = range(0xFE00, 0xFE10)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_JOINER = "\u200d"


def _title(text: str) -> str:
    return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), text)


def _replace(making: Making) -> Apply:
    pattern, replacement = making.argument["pattern"], making.argument["with"]

    def apply(value: Any) -> str:
        text = as_text(value)
        if len(text) + text.count(pattern) * len(replacement) > MAX_TEXT:
            raise ValueRefusedError("E110", f"would grow beyond {MAX_TEXT:,} characters")
        return text.replace(pattern, replacement)

    return apply


def _pad(making: Making) -> Apply:
    width, filler = making.argument["width"], making.argument.get("with", " ")
    if width > MAX_WIDTH:
        raise ValueError(f"a width beyond {MAX_WIDTH:,}")
    return lambda value: as_text(value).rjust(width, filler)


def _truncate(making: Making) -> Apply:
    """Cut text, never inside a letter with its accents or inside an emoji's sequence; the plan says so."""
    length = making.argument
    if not isinstance(length, int):
        raise TypeError("it takes the number of characters, as in {truncate: 80}")

    def apply(value: Any) -> Any:
        text = as_text(value)
        if len(text) <= length:
            return text
        end = length
        while end and _continues(text[end], text[end - 1]):
            end -= 1
        return Noted(text[:end], "W101", f"cut from {len(text):,} to {end:,} characters")

    return apply


def _continues(char: str, before: str) -> bool:
    """Tell whether a character belongs to the one before it: an accent, a variation, a joined emoji."""
    joins = _JOINER in {char, before} or unicodedata.combining(char) > 0
    return joins or ord(char) in _VARIATIONS or ord(char) in _SKIN_TONES


class _Text(HTMLParser):
    """Gathers the visible text of a fragment, with line breaks where blocks end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0
        if tag in _BLOCKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def _html_to_text(text: str) -> str:
    parser = _Text()
    parser.feed(text)
    parser.close()
    lines = [line.strip(WHITE) for line in "".join(parser.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(WHITE)


def _text_to_html(text: str) -> str:
    return html.escape(text, quote=False).replace("\r\n", "\n").replace("\n", "<br>")


KINDS: dict[str, TransformKind] = {
    "trim": plain(lambda text: text.strip(WHITE)),
    "lower": plain(str.lower),
    "upper": plain(str.upper),
    "title": plain(_title),
    "collapse": plain(lambda text: " ".join(text.split())),
    "replace": TransformKind(make=_replace),
    "pad": TransformKind(make=_pad),
    "truncate": TransformKind(make=_truncate),
    "html_to_text": plain(_html_to_text),
    "text_to_html": plain(_text_to_html),
    "hash": plain(lambda text: hashlib.sha256(text.encode()).hexdigest()),
    "strip_nul": plain(lambda text: text.replace("\0", "")),
}
