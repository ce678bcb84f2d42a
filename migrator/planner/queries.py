"""What references of rows look for, and the short way of a lookup that asks one object by one text."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from migrator.planner.canonical import Coerce
from migrator.planner.forms import Get, Note
from migrator.planner.identities import Digest
from migrator.planner.known import LOOKUP, KnownLookup

Cells = Sequence[Any]


class Query(NamedTuple):
    """What one reference of a row looks for in one of the objects that it asks; `item` counts those of a list."""

    slot: str
    item: int
    lookup: int
    line: int
    digest: Digest


class Asked(NamedTuple):
    """A reference of one row: how it is staged in the record, and what it looks for."""

    staged: Any
    queries: list[Query]


Ask = Callable[[Cells, list[Note]], Asked | None]


class PlainAsk:
    """Asks one object by one text; what is no text goes the way that it is given.

    `position` is that of the column whose cells are the texts; -1 where they are made in another way.
    """

    def __init__(self, known: KnownLookup, get: Get, coerce: Coerce, other: Ask, position: int) -> None:
        (line,) = known.lookup.lines
        ((self._name, _value),) = line.inputs
        (self._asked,) = known.targets
        (self._digest,) = known.digesters(line.kind, [self._name], [self._asked])
        self._kind = line.kind
        self._get = get
        self._other = other
        self.coerce = coerce
        self.digests = known.digester_of_texts(line.kind, self._name, self._asked)
        self.slot = known.slot
        self.lookup = known.number
        self.position = position

    def __call__(self, cells: Cells, notes: list[Note]) -> Asked | None:
        """Ask for one row."""
        value = self._get(cells, notes)
        if value.__class__ is not str:
            return self._other(cells, notes)
        stated = self.coerce(value)
        (staged,) = self.staged([stated])
        return Asked(staged, [Query(self.slot, 0, self.lookup, 0, self._digest([stated]))])

    def staged(self, stated: Sequence[Any]) -> list[dict[str, Any]]:
        """Give references as records hold them."""
        kind, asked, name = self._kind, self._asked, self._name
        if kind in {"key", "id"}:
            return [{kind: value, LOOKUP: asked} for value in stated]
        return [{kind: {name: value}, LOOKUP: asked} for value in stated]
