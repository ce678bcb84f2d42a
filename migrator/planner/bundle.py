"""Rows that are read together, column by column, as long as they are plain; the others are named, and read one by one.

A plain row may have values that cannot be used, if nothing else is to be said of these; they are blank in their column.
What a column gives for a row that is odd is of no use: `RowFunction.read` says what such a row says.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from migrator.planner.forms import Note
from migrator.planner.refusal import Refusal, ValueRefusedError, refusal_of
from migrator.planner.transforms.spec import OfText

Cells = Sequence[Any]
Take = Callable[[Cells, list[Note]], Any]
Make = Callable[[Collection[str]], list[Any]]

MOST_KEPT = 1 << 13
MOST_CHARACTERS = 1 << 20
ODD = object()


class Bundle:
    """Cells of several rows of one width; `odd` are the numbers of the rows that must be read one by one.

    `refused` says, by the number of the row, what is wrong with values that were taken since `take_refused`.
    """

    def __init__(self, rows: Sequence[Cells], odd: Iterable[int], *, is_text: bool) -> None:
        self.rows = rows
        self.odd = set(odd)
        self.refused: dict[int, Refusal] = {}
        self._columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
        self._is_text = is_text

    def texts(self, position: int) -> Sequence[str] | None:
        """Give a column in which all is text, blank cells as empty text; None where something else stands in it."""
        column = self._columns[position]
        if self._is_text:
            return column
        kinds = {*map(type, column)}
        if kinds <= {str}:
            return column
        return ["" if cell is None else cell for cell in column] if kinds <= {str, type(None)} else None

    def take_refused(self) -> dict[int, Refusal]:
        """Give what is wrong with values, and begin anew."""
        refused, self.refused = self.refused, {}
        return refused

    def each(self, take: Take) -> list[Any]:
        """Take a value from each row; None where it cannot be used. One that a note is made of makes its row odd."""
        found: list[Any] = []
        notes: list[Note] = []
        for number, cells in enumerate(self.rows):
            try:
                found.append(take(cells, notes))
            except ValueRefusedError as error:
                found.append(None)
                self.refused[number] = refusal_of(error)
            if notes:
                self.odd.add(number)
                notes.clear()
        return found

    def each_text(self, transform: OfText, texts: Sequence[str]) -> list[str]:
        """Transform the texts of a column, one for each row; blank ones stay blank, and refused ones become so."""
        with suppress(ValueRefusedError):
            return transform.many(texts)
        return [self._tried(transform, number, text) for number, text in enumerate(texts)]

    def _tried(self, transform: OfText, number: int, text: str) -> str:
        try:
            return text and transform.one(text)
        except ValueRefusedError as error:
            self.refused[number] = refusal_of(error)
            return ""


class Memo:
    """What follows from one column alone: made once for each text of some rows, and that of the first texts is kept.

    `make` makes it for several texts at once, and raises ValueRefusedError if it cannot: then `take` is asked for each.
    """

    def __init__(self, take: Take, position: int, make: Make | None = None) -> None:
        self._take = take
        self._position = position
        self._make = make
        self._kept: dict[str, Any] = {}
        self._characters = 0
        self._is_plain = True

    def __iter__(self) -> Iterator[str]:
        """Give the texts of which something is kept."""
        return iter(self._kept)

    def of(self, bundle: Bundle) -> list[Any]:
        """Give what follows for each row."""
        texts = bundle.texts(self._position)
        if texts is None:
            return bundle.each(self._take)
        kept = self._kept
        new = {*texts}.difference(kept)
        if not new:
            found = list(map(kept.__getitem__, texts))
        else:
            made = dict(zip(new, self._made(new), strict=True))
            found = [made[text] if text in made else kept[text] for text in texts]
            if len(kept) < MOST_KEPT and self._characters < MOST_CHARACTERS:
                kept.update(made)
                self._characters += sum(map(len, made))
        return found if self._is_plain else [self._noticed(bundle, number, one) for number, one in enumerate(found)]

    @staticmethod
    def _noticed(bundle: Bundle, number: int, found: Any) -> Any:
        """Give what was found for a row, or note what is wrong with it."""
        if found is ODD:
            bundle.odd.add(number)
        elif found.__class__ is Refusal:
            bundle.refused[number] = found
        else:
            return found
        return None

    def _made(self, texts: set[str]) -> Iterable[Any]:
        if self._make:
            with suppress(ValueRefusedError):
                return self._make(texts)
        return map(self._made_alone, texts)

    def _made_alone(self, text: str) -> Any:
        notes: list[Note] = []
        try:
            found = self._take([*[""] * self._position, text], notes)
        except ValueRefusedError as error:
            found = refusal_of(error)
        self._is_plain = self._is_plain and not notes and found.__class__ is not Refusal
        return ODD if notes else found
