"""What was probably meant by a name that nobody knows, and how alike two texts are.

rapidfuzz, of the extra `match`, is imported here and nowhere else; without it the same number is computed, slower.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from heapq import nsmallest
from importlib.util import find_spec
from itertools import pairwise

NEAR = 0.6
MAX_KEPT = 1_000
MAX_VALUE = 100
MAX_HELD_AGAINST = 5


def nearest(word: str, known: Iterable[str]) -> str:
    """Give the known name that was probably meant; empty if none is near."""
    import difflib  # noqa: PLC0415 - for those only who misspelt something

    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=NEAR)
    return by_folded[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give the hint for an unknown name; empty if no known one is near."""
    near = nearest(word, known)
    return f"did you mean '{near}'?" if near else ""


def hints_among(known: Iterable[str]) -> Callable[[str], str]:
    """Make the function that gives the hint for a value, among names that stay the same.

    Every row may have a bad value of its own: only names that share pairs of letters with it are held against it.
    """
    names = list(dict.fromkeys(known))
    by_pair: dict[str, list[int]] = {}
    for n, name in enumerate(names):
        for pair in _pairs(name):
            by_pair.setdefault(pair, []).append(n)

    @lru_cache(maxsize=MAX_KEPT)
    def hint(value: str) -> str:
        word = value[:MAX_VALUE].casefold()
        shared = Counter(n for pair in _pairs(word) for n in by_pair.get(pair, ()))
        first = nsmallest(MAX_HELD_AGAINST, shared, key=lambda n: (-shared[n], n))  # the same in every process
        scored = ((similarity(word, names[n].casefold()), -n) for n in first)
        likeness, n = max(scored, default=(0.0, 0))
        return f"did you mean '{names[-n]}'?" if likeness >= NEAR else ""

    return hint


def _pairs(text: str) -> set[str]:
    """Give the pairs of neighbouring letters of a text, its ends included."""
    padded = f" {text.casefold()} "
    return set(map("".join, pairwise(padded)))


def similarity(one: str, other: str) -> float:
    """Give the likeness of two texts, from 0 to 1: twice their longest common subsequence over the sum of lengths."""
    shared = _measure()(one, other)
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


def shared_length(one: str, other: str) -> int:
    """Give the length of the longest common subsequence, all of a column of the table in the bits of one number.

    After H. Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
    """
    whole = (1 << len(one)) - 1
    places: dict[str, int] = {}
    for n, char in enumerate(one):
        places[char] = places.get(char, 0) | 1 << n
    row = whole
    for char in other:
        hits = row & places.get(char, 0)
        row = ((row + hits) | (row - hits)) & whole
    return len(one) - row.bit_count()


HAS_RAPIDFUZZ = find_spec("rapidfuzz") is not None


@cache
def _measure() -> Callable[[str, str], int]:
    """Give the function of the extra where it is there: imported only where something is compared."""
    if not HAS_RAPIDFUZZ:
        return shared_length
    from rapidfuzz.distance import LCSseq  # noqa: PLC0415 - the extra

    measure: Callable[[str, str], int] = LCSseq.similarity
    return measure
