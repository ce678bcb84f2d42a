"""`join`: the columns of partner rows, found by key in a table that was put aside before."""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from migrator.json_text import to_json
from migrator.planner.asking import key_text
from migrator.planner.forms import Scope, getter_of
from migrator.planner.paths import Getter
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.shaping.bench import Bench, Make, Row
from migrator.planner.shaping.packing import unpack
from migrator.planner.shaping.sorting import BATCH_ROWS
from migrator.spec.steps import Columns, Join

MAX_PLACES = 5


def make_join(step: Join, scope: Scope, right: Columns) -> Make:
    """Compile `join`."""
    gets = [getter_of(name, scope) for name, _right in step.on]
    width = len(step.taken(right))
    return lambda bench: _Join(bench, step, gets, width)


def joined_text(values: list[Any]) -> str | None:
    """Give the text by which rows find their partners; None where a part is blank: blank has no partner."""
    return None if any(value is None for value in values) else to_json([key_text(value) for value in values])


class _Join:
    def __init__(self, bench: Bench, step: Join, gets: list[Getter], width: int) -> None:
        if bench.partners is None:
            raise TypeError(step)
        self._bench = bench
        self._partners = bench.partners
        self._step = step
        self._gets = gets
        self._blank = [None] * width

    def take(self, rows: list[Row]) -> Iterator[list[Row]]:
        asked = list(self._asked(rows))
        texts = [(n, text) for n, (_row, text) in enumerate(asked) if text is not None]
        left = [row for row, _text in asked]
        if self._step.several != "rows":
            yield list(self._with_one(left, texts))
            return
        made = self._with_all(left, texts)
        while batch := list(islice(made, BATCH_ROWS)):
            yield batch

    def rest(self) -> Iterator[list[Row]]:
        return iter(())

    def _asked(self, rows: list[Row]) -> Iterator[tuple[Row, str | None]]:
        for row in rows:
            try:
                yield row, joined_text([get(row.clean) for get in self._gets])
            except ValueRefusedError as error:
                self._bench.refuse(row, error)

    def _with_one(self, rows: list[Row], texts: list[tuple[int, str]]) -> Iterator[Row]:
        found = self._partners.first(texts)
        asked = dict(texts)
        for n, row in enumerate(rows):
            if n not in found:
                yield from self._unmatched(row)
                continue
            count, cells = found[n]
            if count > 1 and not self._step.several:
                self._bench.refuse(row, self._several(count, asked[n]))
                continue
            yield row._replace(clean=row.clean + unpack(cells))

    def _several(self, count: int, text: str) -> ValueRefusedError:
        places = self._partners.places(text, MAX_PLACES)
        listed = ", ".join(places) + (", …" if count > len(places) else "")
        hint = "name more columns under 'on', or state 'several'"
        return ValueRefusedError("E133", f"{count:,} partners: {listed}", hint=hint)

    def _with_all(self, rows: list[Row], texts: list[tuple[int, str]]) -> Iterator[Row]:
        found = groupby(self._partners.all(texts), key=itemgetter(0))
        ahead = next(found, None)
        for n, row in enumerate(rows):
            if ahead is None or ahead[0] != n:
                yield from self._unmatched(row)
                continue
            for position, (_n, cells) in enumerate(ahead[1]):
                token = next(self._bench.tokens) if position else row.token
                self._bench.added += position > 0
                yield row._replace(token=token, clean=row.clean + unpack(cells))
            ahead = next(found, None)

    def _unmatched(self, row: Row) -> Iterator[Row]:
        if self._step.unmatched == "keep":
            yield row._replace(clean=row.clean + self._blank)
        elif self._step.unmatched == "skip":
            self._bench.drop(row)
        else:
            named = ", ".join(left for left, _right in self._step.on)
            fact = f"no partner in {', '.join(self._step.tables)} by {named}"
            self._bench.refuse(row, ValueRefusedError("E132", fact, hint="add the row, or state 'unmatched'"))
