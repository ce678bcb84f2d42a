import sys
from random import Random

import pytest

from migrator.connectors import distinct
from migrator.connectors.distinct import Distinct


@pytest.mark.parametrize("most_fresh", [1, 7, 100_000])
def test_each_number_counts_once(monkeypatch: pytest.MonkeyPatch, most_fresh: int) -> None:
    """As in a set, whatever was sorted by then, from the smallest to the largest of 64 bits."""
    monkeypatch.setattr(distinct, "MOST_FRESH", most_fresh)
    chance, seen, expected = Random(7), Distinct(), set[int]()  # noqa: S311 - no secret
    for _page in range(60):
        page = [chance.randrange(400) for _ in range(5)] + [0, 2**64 - 1]
        seen.update(page)
        expected.update(page)
        assert len(seen) == len(expected)


def test_numbers_take_eight_bytes() -> None:
    """And there are few runs to look through."""
    chance, seen = Random(7), Distinct()  # noqa: S311 - no secret
    for _page in range(400):
        seen.update(chance.getrandbits(64) for _ in range(500))
    assert len(seen) == 200_000
    assert sum(map(sys.getsizeof, seen._runs)) < 1_700_000
    assert (len(seen._fresh) < 20_000, len(seen._runs) <= 4) == (True, True)
