"""`sort`: all rows are put aside with what they are ordered by, and come back in order."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from migrator.planner.forms import Scope, getter_of
from migrator.planner.paths import Getter
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.shaping.bench import Bench, Make, Row
from migrator.planner.shaping.ordering import BLANK, number_bytes, number_of, text_of
from migrator.planner.shaping.packing import pack, unpack_row
from migrator.spec.steps import Sort
from migrator.store.spill import Spill

BATCH_ROWS = 1_000


def make_sort(step: Sort, scope: Scope) -> Make:
    """Compile `sort`."""
    gets = [getter_of(name, scope) for name in step.columns]
    return lambda bench: _Sort(bench, gets)


class _Sort:
    """Keeps two keys for each column, by value and by text: the last row decides which of them holds."""

    def __init__(self, bench: Bench, gets: list[Getter]) -> None:
        self._bench = bench
        self._gets = gets
        self._is_number = [True] * len(gets)
        self._spill = Spill(bench.draft, bench.number, 2 * len(gets))

    def take(self, rows: list[Row]) -> Iterator[list[Row]]:
        kept = []
        for row in rows:
            try:
                values = [get(row.clean) for get in self._gets]
            except ValueRefusedError as error:
                self._bench.refuse(row, error)
                continue
            kept.append((*self._keys(values), pack(row)))
        self._spill.add(kept)
        return iter(())

    def _keys(self, values: list[Any]) -> Iterator[bytes]:
        for n, value in enumerate(values):
            if value is None:
                yield from (BLANK, BLANK)
                continue
            number = number_of(value)
            self._is_number[n] = self._is_number[n] and number is not None
            yield b"" if number is None else number_bytes(number)
            yield text_of(value).encode()

    def rest(self) -> Iterator[list[Row]]:
        order = [2 * n + (not is_number) for n, is_number in enumerate(self._is_number)]
        rows = map(unpack_row, self._spill.in_order(order))
        while batch := list(islice(rows, BATCH_ROWS)):
            yield batch
