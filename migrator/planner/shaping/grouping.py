"""`group`: one row of all that agree, with the origin of the first, in the order of the first rows."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from migrator.planner.forms import Scope, getter_of
from migrator.planner.paths import Getter
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.shaping.bench import Bench, Make, Row
from migrator.planner.shaping.distinct import with_texts
from migrator.planner.shaping.ordering import number_of, text_of
from migrator.planner.shaping.packing import pack, unpack_row
from migrator.planner.shaping.sorting import BATCH_ROWS
from migrator.spec.steps import Group, Take
from migrator.store.spill import Spill


class _Fold(Protocol):
    """Takes the values of a column that are not blank, one by one, and gives what becomes of them."""

    def add(self, value: Any) -> None:
        """Take one more. Raises ValueRefusedError."""

    def result(self) -> Any:
        """Give what became of them; None where there were none."""


class _One:
    """Keeps one value: the first, the last, the smallest or the largest."""

    def __init__(self, is_better: Callable[[Any, Any], bool]) -> None:
        self._is_better = is_better
        self._kept: Any = None

    def add(self, value: Any) -> None:
        if self._kept is None or self._is_better(value, self._kept):
            self._kept = value

    def result(self) -> Any:
        return self._kept


class _Sum:
    def __init__(self) -> None:
        self._total: Decimal | None = None

    def add(self, value: Any) -> None:
        number = number_of(value)
        if number is None:
            raise ValueRefusedError("E110", "is not a number", value=value, hint="turn it into one before, with 'set'")
        self._total = (self._total or Decimal(0)) + number

    def result(self) -> Decimal | None:
        return self._total


class _Extreme:
    """Keeps the smallest or the largest by value; by text as soon as one of them is no number."""

    def __init__(self, choose: Callable[..., Any]) -> None:
        self._choose = choose
        self._by_value: Any = None
        self._by_text: Any = None
        self._are_numbers = True

    def add(self, value: Any) -> None:
        choose, number = self._choose, number_of(value)
        self._by_text = value if self._by_text is None else choose(self._by_text, value, key=text_of)
        self._are_numbers = self._are_numbers and number is not None
        if self._are_numbers:
            self._by_value = value if self._by_value is None else choose(self._by_value, value, key=number_of)

    def result(self) -> Any:
        return self._by_value if self._are_numbers else self._by_text


class _Gather:
    """Gathers values in order: a list without repeats, or with a separator a text of them all."""

    def __init__(self, separator: str | None) -> None:
        self._separator = separator
        self._found: list[Any] = []
        self._seen: set[str] = set()

    def add(self, value: Any) -> None:
        for item in value if isinstance(value, list) else [value]:
            text = pack(item)
            if self._separator is not None or text not in self._seen:
                self._seen.add(text)
                self._found.append(item)

    def result(self) -> Any:
        if self._separator is None or not self._found:
            return self._found or None
        return self._separator.join(map(text_of, self._found))


def _fold(take: Take) -> _Fold:
    match take.kind:
        case "first" | "last":
            return _One(lambda _new, _kept: take.kind == "last")
        case "sum":
            return _Sum()
        case "min" | "max":
            return _Extreme(min if take.kind == "min" else max)
    return _Gather(take.separator if take.kind == "join" else None)


class _Gets(NamedTuple):
    by: list[Getter]
    take: list[Getter]


def make_group(step: Group, scope: Scope) -> Make:
    """Compile `group`."""
    by = [getter_of(name, scope) for name in step.by]
    gets = _Gets(by, [getter_of(take.column, scope) for take in step.take])
    return lambda bench: _Group(bench, step, gets)


class _Group:
    def __init__(self, bench: Bench, step: Group, gets: _Gets) -> None:
        self._bench = bench
        self._step = step
        self._gets = gets
        self._spill = Spill(bench.draft, bench.number, 1)
        self._order: Iterator[int] = bench.tokens

    def take(self, rows: list[Row]) -> Iterator[list[Row]]:
        valued = list(with_texts(self._bench, rows, self._gets.by))
        turns = [(next(self._order), row, text) for row, text in valued]
        first = self._bench.draft.keep_first(self._bench.number, [(turn, text) for turn, _row, text in turns])
        kept = []
        for turn, row, _text in turns:
            written = row.written if first[turn] == turn else ""
            kept.append((first[turn], pack(row._replace(written=written))))
        self._spill.add(kept)
        return iter(())

    def rest(self) -> Iterator[list[Row]]:
        batch: list[Row] = []
        for _first, members in groupby(self._spill.with_first_key(), key=lambda pair: pair[0]):
            batch += self._grouped(unpack_row(text) for _key, text in members)
            if len(batch) >= BATCH_ROWS:
                yield batch
                batch = []
        yield batch

    def _grouped(self, members: Iterator[Row]) -> Iterator[Row]:
        """Make one row of a group; one value that cannot be used refuses it, and names the row in which it stands."""
        head = next(members)
        folds = [_fold(take) for take in self._step.take]
        try:
            self._add(head, folds)
            for row in members:
                self._bench.dropped += 1
                self._add(row, folds)
        except ValueRefusedError as error:
            self._bench.dropped += sum(1 for _row in members)
            self._bench.refuse(head, error)
            return
        by = [get(head.clean) for get in self._gets.by]
        yield head._replace(clean=[*by, *(fold.result() for fold in folds)])

    def _add(self, row: Row, folds: list[_Fold]) -> None:
        for take, get, fold in zip(self._step.take, self._gets.take, folds, strict=True):
            try:
                value = get(row.clean)
                if value is not None:
                    fold.add(value)
            except ValueRefusedError as error:
                fact = f"'{take.column}' of {self._bench.place(row)} {error.fact}"
                raise ValueRefusedError(error.code, fact, value=error.value, hint=error.hint) from None
