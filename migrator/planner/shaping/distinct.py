"""`distinct`: the first row of each value is kept, and the keys of the others stand for it."""

from collections.abc import Iterator
from typing import Any

from migrator.json_text import to_json
from migrator.planner.asking import key_text
from migrator.planner.forms import Scope, getter_of
from migrator.planner.paths import Getter
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.shaping.bench import Bench, Make, Row
from migrator.spec.steps import Distinct


def make_distinct(step: Distinct, scope: Scope) -> Make:
    """Compile `distinct`."""
    gets = [getter_of(name, scope) for name in step.columns]
    return lambda bench: _Distinct(bench, gets)


class _Distinct:
    def __init__(self, bench: Bench, gets: list[Getter]) -> None:
        self._bench = bench
        self._gets = gets

    def take(self, rows: list[Row]) -> Iterator[list[Row]]:
        bench = self._bench
        valued = list(with_texts(bench, rows, self._gets))
        first = bench.draft.keep_first(bench.number, [(row.token, text) for row, text in valued])
        kept = []
        for row, _text in valued:
            if first[row.token] == row.token:
                kept.append(row)
            else:
                bench.dropped += 1
                bench.stand_for(row, first[row.token])
        yield kept

    def rest(self) -> Iterator[list[Row]]:
        return iter(())


def with_texts(bench: Bench, rows: list[Row], gets: list[Getter]) -> Iterator[tuple[Row, str]]:
    """Give rows with the text by which their values compare; a value that cannot be had refuses its row."""
    for row in rows:
        try:
            yield row, to_json([key_text(_or_blank(get(row.clean))) for get in gets])
        except ValueRefusedError as error:
            bench.refuse(row, error)


def _or_blank(value: Any) -> Any:
    return "" if value is None else value
