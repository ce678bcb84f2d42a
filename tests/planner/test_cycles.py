"""Cycles of records in memory: found, spelled, and broken with few cuts."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.planner.cycles import cuts, cyclic_parts, shortest_cycle

RING = {1: [2], 2: [3], 3: [1]}


def optional(needs: Mapping[int, list[int]]) -> dict[int, dict[int, bool]]:
    """Let records point at others by references that may wait."""
    return {record: dict.fromkeys(holders, False) for record, holders in needs.items()}


def cut(needs: Mapping[int, Mapping[int, bool]]) -> list[int]:
    """Cut until no cycle is left, and give the records whose references must wait; none of them is demanded."""
    left = {record: dict(holders) for record, holders in needs.items()}
    found = []
    for record, inside in cuts(needs):
        found.append(record)
        assert not any(left[record].pop(holder) for holder in inside[record])
    assert cyclic_parts(left) == []
    return found


@pytest.mark.parametrize(
    ("needs", "parts"),
    [
        ({}, []),
        ({1: [2], 2: [3], 4: [3]}, []),
        (RING, [[1, 2, 3]]),
        ({1: [1], 2: [1]}, [[1]]),
        ({1: [2], 2: [1, 3], 3: [4], 4: [3], 5: [1], 4_000: [5]}, [[1, 2], [3, 4]]),
        ({1: [2, 3], 2: [1], 3: [1]}, [[1, 2, 3]]),
    ],
)
def test_parts_hold_what_needs_each_other(needs: Mapping[int, list[int]], parts: list[list[int]]) -> None:
    """What only points at a cycle, or is only pointed at by one, is in none."""
    assert sorted(cyclic_parts(needs)) == parts


@pytest.mark.parametrize(
    ("needs", "record", "cycle"),
    [(RING, 2, [2, 3, 1]), ({1: [1, 2], 2: [1]}, 1, [1]), ({1: [2, 3], 2: [3], 3: [1]}, 1, [1, 3])],
)
def test_cycle_is_a_shortest_one(needs: Mapping[int, list[int]], record: int, cycle: list[int]) -> None:
    """Each record of it points at the next, and the last at the first."""
    assert shortest_cycle(needs, record) == cycle


def test_cuts_are_few() -> None:
    """One for a ring, one for a hub of many rings, one for each of two that share nothing."""
    assert cut(optional(RING)) == [1]
    hub = {0: list(range(1, 100)), **{n: [0] for n in range(1, 100)}}
    assert cut(optional(hub)) == [0]
    assert len(cut(optional({1: [2], 2: [1, 3], 3: [4], 4: [3]}))) == 2


def test_large_ring_is_cut_once() -> None:
    """10,000 records in one ring, also where every hundredth points back at the first: all go through that one."""
    size = 10_000
    assert cut(optional({n: [(n + 1) % size] for n in range(size)})) == [0]
    ring = {n: [(n + 1) % size, *([0] if n % 100 == 0 else [])] for n in range(size)}
    assert cut(optional(ring)) == [0]


def test_what_leads_from_cycle_to_cycle_is_not_cut() -> None:
    """Two rings, a broad way from one to the other, and one record that all point at and that points at all."""
    ways = {n: [n + 1, n + 2, n + 3] for n in range(20, 80)}
    rings = {n: [start + (n - start + 1) % 20] for start in (0, 80) for n in range(start, start + 20)}
    needs = {**ways, **rings, 0: [1, 20], 81: [82]}
    hub = {-1: list(needs), **{n: [*holders, -1] for n, holders in needs.items()}}
    assert len(cut(optional(hub))) == 3


def test_demanded_reference_is_never_cut() -> None:
    """The other one gives way, wherever it stands."""
    assert cut({1: {2: True}, 2: {3: True}, 3: {1: False}}) == [3]
    assert cut({1: {2: False}, 2: {1: True}}) == [1]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.integers(0, 60), st.lists(st.integers(0, 60), max_size=4), max_size=60))
def test_no_cycle_is_left_in_any_graph(drawn: dict[int, list[int]]) -> None:
    """References to smaller numbers are demanded, which is no cycle; all others may be cut."""
    needs = {record: {to: to < record for to in holders} for record, holders in drawn.items()}
    found = cut(needs)
    assert len(found) == len(set(found)) <= len(needs)
