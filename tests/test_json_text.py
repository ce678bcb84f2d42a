import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator import json_text
from migrator.records import Action

leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text()
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4))


@given(value=values)
def test_text_is_that_of_the_standard_library(value: Any) -> None:
    """With orjson or without: sorted keys, no blanks, letters as they are; and it is read back as it was."""
    text = json_text.to_json(value)
    assert text == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert json_text.from_json(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [Decimal("1.50"), date(2024, 2, 29)]}, '{"a":["1.50","2024-02-29"],"b":1}'),
        (datetime(2024, 2, 29, tzinfo=UTC), '"2024-02-29 00:00:00+00:00"'),
        (("x", Action.CREATE), '["x","create"]'),
        (10**30, "1" + "0" * 30),
        ("\ud800", '"\ud800"'),
    ],
)
def test_what_json_lacks_is_text(value: Any, text: str) -> None:
    """Decimals, dates, large integers and halves of characters: as the standard library writes them."""
    assert json_text.to_json(value) == text
