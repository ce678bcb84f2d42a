"""The guards: numbers and shares, and when they trip."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_texts import read, replaced

from migrator.spec.values import Limit, Limits


@pytest.mark.parametrize(
    ("stated", "limit"),
    [
        ("0", Limit(number=0)),
        ("20000", Limit(number=20000)),
        ("10%", Limit(percent=Decimal(10))),
        ("0.5%", Limit(percent=Decimal("0.5"))),
        ("0%", Limit(percent=Decimal(0))),
        ("250%", Limit(percent=Decimal(250))),
    ],
)
def test_limit_is_read(stated: str, limit: Limit, tmp_path: Path) -> None:
    """A guard is a number or a share; what is not stated is no guard."""
    spec = read(tmp_path, replaced("name: m", f"name: m\nlimits: {{rejects: {stated}}}"))
    assert spec.limits == Limits(creates=None, updates=None, rejects=limit)


def test_no_limits_are_none(tmp_path: Path) -> None:
    """A mapping without guards has none."""
    assert read(tmp_path, replaced("name: m", "name: m\nlimits: {}")).limits == Limits()


@pytest.mark.parametrize(
    ("number", "count", "of", "expected"),
    [
        (0, 0, 10, False),
        (0, 1, 10, True),
        (5, 5, 10, False),
        (5, 6, 10, True),
        (5, 6, None, True),
        (5, 5, None, False),
        (5, 0, 0, False),
    ],
)
def test_number_trips_beyond_itself(number: int, count: int, of: int | None, *, expected: bool) -> None:
    """A number is the most that is allowed, whatever there is of it."""
    assert Limit(number=number).is_exceeded(count, of=of) is expected


@pytest.mark.parametrize(
    ("percent", "count", "of", "expected"),
    [
        ("2", 2, 100, False),
        ("2", 3, 100, True),
        ("2", 1, 50, False),
        ("2", 1, 49, True),
        ("0", 0, 100, False),
        ("0", 1, 100, True),
        ("0.5", 1, 200, False),
        ("0.5", 1, 199, True),
        ("33.3", 333, 1000, False),
        ("33.3", 334, 1000, True),
        ("100", 7, 7, False),
        ("100", 8, 7, True),
        ("10", 0, 0, False),
        ("10", 1, 0, True),
        ("10", 0, None, True),
        ("100", 1, None, True),
    ],
)
def test_share_trips_beyond_itself(percent: str, count: int, of: int | None, *, expected: bool) -> None:
    """A share is exact; of nothing any count is too much, and a share of something unknown always trips."""
    assert Limit(percent=Decimal(percent)).is_exceeded(count, of=of) is expected


@given(percent=st.integers(0, 100), count=st.integers(0, 10**12), of=st.integers(1, 10**12))
def test_share_is_exact(percent: int, count: int, of: int) -> None:
    """No rounding: a share trips exactly where the fraction is greater."""
    assert Limit(percent=Decimal(percent)).is_exceeded(count, of=of) is (count * 100 > percent * of)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (Limit(number=20000), "20,000"),
        (Limit(number=0), "0"),
        (Limit(percent=Decimal("0.5")), "0.5%"),
        (Limit(percent=Decimal(0)), "0%"),
    ],
)
def test_limit_is_shown_as_people_write_it(limit: Limit, text: str) -> None:
    """A number has its thousands apart, a share its sign."""
    assert str(limit) == text
