"""What was probably meant by a name that nobody knows."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Give the known name that was probably meant; empty if none is near."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give the hint for an unknown name; empty if no known one is near."""
    near = nearest(word, known)
    return f"did you mean '{near}'?" if near else ""


def similarity(one: str, other: str) -> float:
    """Give the likeness of two names, from 0 to 1, without regard to case."""
    return difflib.SequenceMatcher(None, one.casefold(), other.casefold()).ratio()
