import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.spelling import did_you_mean, hints_among, shared_length, similarity

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


COUNTRIES = ["Germany", "France", "New Zealand", "Österreich", "UK"]


@pytest.mark.parametrize(
    ("value", "meant"),
    [("Germny", "Germany"), ("new zeeland", "New Zealand"), ("osterreich", "Österreich"), ("U.K.", "UK")],
)
def test_value_is_held_against_names_that_share_letters(value: str, meant: str) -> None:
    """What was probably meant is what the slower comparison of all names finds, too."""
    assert hints_among(COUNTRIES)(value) == did_you_mean(value, COUNTRIES) == f"did you mean '{meant}'?"


@pytest.mark.parametrize("value", ["", "x", "Portugal", "\x00" * 1000])
def test_value_like_no_name_gets_no_hint(value: str) -> None:
    """Nothing near is said to be meant, and where there are no names nothing is."""
    assert (hints_among(COUNTRIES)(value), hints_among([])(value)) == ("", "")


def test_long_value_is_cut_before_it_is_compared() -> None:
    """A value of any length costs the same; what stands behind the first 100 letters changes nothing."""
    hint = hints_among(["a" * 100])
    assert hint("a" * 100 + "b" * 10_000) == hint("a" * 100) != ""
