import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.spelling import shared_length, similarity

TEXTS = st.text(alphabet="abcdé ß", max_size=80)


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [("acme", "acme", 1.0), ("acme", "acne", 0.75), ("C1001", "C-1001", 10 / 11), ("ab", "cd", 0.0), ("", "", 0.0)],
)
def test_likeness_is_the_share_that_both_have_in_order(one: str, other: str, likeness: float) -> None:
    """Twice the longest common subsequence over both lengths; nothing is like nothing."""
    assert similarity(one, other) == similarity(other, one) == likeness


@given(TEXTS, TEXTS)
def test_likeness_with_and_without_the_extra_is_one_number(one: str, other: str) -> None:
    """The library computes to the last bit what is computed without it."""
    lcs = pytest.importorskip("rapidfuzz.distance.LCSseq")
    assert shared_length(one, other) == lcs.similarity(one, other)


@given(TEXTS, TEXTS)
def test_shared_length_is_at_least_that_of_any_alignment(one: str, other: str) -> None:
    """An alignment that difflib finds is a common subsequence; ours is no shorter, and no longer than either text."""
    blocks = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    assert sum(block.size for block in blocks) <= shared_length(one, other) <= min(len(one), len(other))
