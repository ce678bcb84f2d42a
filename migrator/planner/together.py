"""Many rows of one object, read together: by columns as far as they are plain, which gives what each says by itself."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import compress, repeat
from typing import Any, NamedTuple

from migrator.planner.bundle import Bundle, Cells, Make, Memo, Take
from migrator.planner.forms import Note
from migrator.planner.identities import Digest
from migrator.planner.queries import Ask, PlainAsk
from migrator.planner.rows import Finding, Pointing, RowFunction, blank, has_control, looked_at
from migrator.store.cells import are_texts

Tail = tuple[str, int, int, int, int, int]  # a row of references, but for the record that it starts from
Pointed = tuple[Any, list[Tail]]  # what one lookup says of a row: how it is staged, and its references
Waves = Sequence[Sequence[int]]

LEFT_ALONE = 9  # bundles after one of which most was odd: a file is rarely bad in one place only


class Said(NamedTuple):
    """What plain rows say: `numbers` are their places among the rows that were read, `odd` those of the other rows.

    `pointed` holds a column for each lookup; `rows` are the digests by which lookups ask for rows by their columns.
    `refused` are the plain rows that are refused for some of their values, by their places, and why; they ask for
    nothing.
    """

    numbers: Sequence[int]
    keys: Sequence[str]
    fields: list[dict[str, Any]]
    pointed: Sequence[Sequence[Pointed | None]]
    rows: Sequence[list[Digest]]
    odd: Sequence[int]
    refused: Mapping[int, list[Finding]] = {}


class _Columns(NamedTuple):
    """What was taken of all rows, column by column, and what is wrong with it by row, in the order of the columns."""

    keys: Sequence[str]
    fields: Sequence[Sequence[Any]]
    pointed: Sequence[Sequence[Pointed | None]]
    digests: Sequence[list[Digest]]
    wrong: Mapping[int, list[Finding]]
    dropped: Collection[tuple[int, str]]


class _Taking:
    """Takes columns from a bundle, and gathers what is wrong with their values."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.wrong: dict[int, list[Finding]] = {}
        self.dropped: list[tuple[int, str]] = []

    def take(self, name: str, take_all: Callable[[Bundle], Sequence[Any]], on_blank: str) -> Sequence[Any]:
        """Give a column, in which refused values are blank; `on_blank` says what blank ones do: `reject`, `clear`."""
        column = take_all(self._bundle)
        refused = self._bundle.take_refused()
        for number, (code, value, fact, hint) in refused.items():
            self.wrong.setdefault(number, []).append(Finding(code, name, value, fact, hint))
        if on_blank == "clear":
            self.dropped += [(number, name) for number in refused]
        for number in _blanks(column) if on_blank == "reject" else ():
            if number not in refused:
                self.wrong.setdefault(number, []).append(blank(name))
        return column


class Together:
    """Reads rows by columns. Of a row that is not plain in any way it says nothing: `RowFunction.read` does.

    After a bundle most of which is odd, it says nothing of the next few, since the look at them would not pay.
    """

    def __init__(self, function: RowFunction, waves: Waves, *, has_steps: bool) -> None:
        self._function = function
        self._has_steps = has_steps
        self._left_alone = 0
        self._lookups = [_take_all(one, waves) for one in function.lookups]
        late = () if function.folding else function.lookups
        self._blank = dict.fromkeys(one.name for one in (*function.fields, *late))

    def read(self, rows: Sequence[Cells], written: Sequence[str], odd: Iterable[int]) -> Said:
        """Read rows of the right width, of which some are known to be odd; `written` are the original cells of each."""
        function = self._function
        if self._left_alone:
            self._left_alone -= 1
            return Said([], [], [], [], [], range(len(rows)))
        is_text = are_texts(written)
        looks = looked_at(written, is_text=is_text)
        bundle = Bundle(rows, {*odd, *looks.odd}, is_text=is_text and not self._has_steps)
        keys = function.keys(bundle)
        bundle.odd.update(bundle.take_refused())
        taking = _Taking(bundle)
        fields = [taking.take(one.name, one.taking.take_all, one.on_blank) for one in function.fields]
        if len(bundle.odd) * 2 > len(rows):
            self._left_alone = LEFT_ALONE
            return Said([], [], [], [], [], range(len(rows)))
        pointed = [
            taking.take(one.name, take_all, one.on_blank)
            for one, take_all in zip(function.lookups, self._lookups, strict=True)
        ]
        for lookup, found in zip(function.lookups, pointed, strict=True):
            if lookup.on_blank == "skip":
                bundle.odd.update(_blanks(found))
        digests = bundle.each(function.row_digests) if function.has_row_digests else []
        bundle.odd.update(bundle.take_refused())
        columns = _Columns(keys, fields, pointed, digests, taking.wrong, taking.dropped)
        said = self._said(bundle, columns)
        if looks.unclear and (harmed := _harmed(said, looks.unclear)):
            bundle.odd.update(harmed)
            return self._said(bundle, columns)
        return said

    def _said(self, bundle: Bundle, columns: _Columns) -> Said:
        """Leave out the rows that are odd, and put the fields of each other one together."""
        keys, taken, pointed, digests, wrong, _dropped = columns
        numbers: Sequence[int] = range(len(bundle.rows))
        if bundle.odd:
            plain = [number not in bundle.odd for number in numbers]
            taken, pointed = ([[*compress(one, plain)] for one in several] for several in (taken, pointed))
            numbers, keys, digests = [*compress(numbers, plain)], [*compress(keys, plain)], [*compress(digests, plain)]
            wrong = {number: found for number, found in wrong.items() if number not in bundle.odd}
        function = self._function
        fields = [self._blank.copy() for _number in numbers]
        for field, column in zip(function.fields, taken, strict=True):
            _fill(fields, field.name, column, _Blank((None, ""), field.on_blank == "clear"))
        _drop(fields, numbers, columns.dropped)
        if function.folding:
            fields = [function.folding.fold(one) for one in fields]
        for lookup, found in zip(function.lookups, pointed, strict=True):
            _fill(fields, lookup.name, [one and one[0] for one in found], _Blank((None,), lookup.on_blank == "clear"))
        _drop(fields, numbers, columns.dropped)
        if wrong:
            asking = [number not in wrong for number in numbers]
            pointed = [[one if asks else None for one, asks in zip(each, asking, strict=True)] for each in pointed]
        return Said(numbers, keys, fields, pointed, digests, sorted(bundle.odd), dict(sorted(wrong.items())))


def _drop(records: list[dict[str, Any]], numbers: Sequence[int], dropped: Collection[tuple[int, str]]) -> None:
    """Take out of the records the fields that a blank value clears, where the value is none but refused."""
    if dropped:
        named = dict(zip(numbers, records, strict=True))
        for number, name in dropped:
            if number in named:
                named[number].pop(name, None)


def _harmed(said: Said, unclear: Collection[int]) -> list[int]:
    """Find the rows, among those that are unclear, in whose fields a control character stands."""
    wanted = {*unclear}
    named = zip(said.numbers, said.fields, strict=True)
    return [number for number, fields in named if number in wanted and has_control(fields)]


def _blanks(column: Sequence[Any]) -> list[int]:
    return [] if all(column) else [number for number, value in enumerate(column) if value is None or value == ""]


class _Blank(NamedTuple):
    """What counts as blank in a column, and whether the field is cleared then."""

    values: tuple[Any, ...]
    clears: bool


def _fill(records: list[dict[str, Any]], name: str, column: Sequence[Any], blank: _Blank) -> None:
    """Put a field into each record; where it is blank, the record is without it, or clears it."""
    pairs = zip(records, column, strict=True)
    if all(column):
        for record, value in pairs:
            record[name] = value
        return
    for record, value in pairs:
        if value not in blank.values:
            record[name] = value
        elif blank.clears:
            record[name] = None
        else:
            record.pop(name, None)


def _take_all(pointing: Pointing, waves: Waves) -> Callable[[Bundle], Sequence[Pointed | None]]:
    take, ask = _pointed_by(pointing.ask, waves), pointing.ask
    if isinstance(ask, PlainAsk) and ask.position >= 0:
        return Memo(take, ask.position, _pointed_plainly(ask, waves)).of
    return Memo(take, pointing.position).of if pointing.position >= 0 else lambda bundle: bundle.each(take)


def _pointed_plainly(ask: PlainAsk, waves: Waves) -> Make:
    """Make what asks by many texts at once."""
    begun = [repeat(part) for part in (ask.slot, 0, ask.lookup, waves[ask.lookup][0])]

    def pointed(texts: Collection[str]) -> list[Pointed | None]:
        stated = [ask.coerce(text) for text in texts]
        tails = zip(*begun, *ask.digests(stated), strict=False)
        found = zip(texts, ask.staged(stated), tails, strict=True)
        return [(staged, [tail]) if text else None for text, staged, tail in found]

    return pointed


def _pointed_by(ask: Ask, waves: Waves) -> Take:
    def take(cells: Cells, notes: list[Note]) -> Pointed | None:
        asked = ask(cells, notes)
        if asked is None:
            return None
        tails = [(one.slot, one.item, one.lookup, waves[one.lookup][one.line], *one.digest) for one in asked.queries]
        return asked.staged, tails

    return take
