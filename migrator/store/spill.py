"""What row steps put aside on disk: rows to come back in order, and rows to be found by a key.

Each step has a table of its own in the draft's scratch file, so that memory stays flat and steps do not meet.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from migrator.store.draft import Draft
from migrator.store.sqlite import translated


class Spill:
    """Rows put aside as text, each with `width` keys; what has equal keys comes back as it was added."""

    def __init__(self, draft: Draft, number: int, width: int) -> None:
        self._draft = draft
        self._table = f"scratch.spill_{number}"
        self._marks = ",".join("?" * (width + 1))
        keys = "".join(f"k{n} ANY, " for n in range(width))
        draft.run(f"CREATE TABLE {self._table}(n INTEGER PRIMARY KEY, {keys}cells TEXT NOT NULL) STRICT")

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        """Put rows aside: keys, then text."""
        self._draft.many(f"INSERT INTO {self._table} VALUES(NULL,{self._marks})", rows)

    def in_order(self, keys: Sequence[int]) -> Iterator[str]:
        """Give the texts in the order of some of the keys, by their numbers."""
        order = ", ".join(f"k{key}" for key in keys)
        with translated(self._draft.path):
            for (text,) in self._draft.run(f"SELECT cells FROM {self._table} ORDER BY {order}, n"):
                yield text

    def with_first_key(self) -> Iterator[tuple[Any, str]]:
        """Give first key and text, in their order."""
        with translated(self._draft.path):
            yield from self._draft.run(f"SELECT k0, cells FROM {self._table} ORDER BY k0, n")


class Partners:
    """Rows that others find by a value: each has a place and cells, as text. Call `index` before the first question."""

    def __init__(self, draft: Draft, number: int) -> None:
        self._draft = draft
        self._name = f"partner_{number}"
        draft.run(
            f"CREATE TABLE scratch.{self._name}(n INTEGER PRIMARY KEY, value TEXT NOT NULL, place TEXT NOT NULL,"
            " cells TEXT NOT NULL) STRICT"
        )
        draft.run(f"CREATE TABLE scratch.asked_{self._name}(a INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT")

    def add(self, rows: list[tuple[str, str, str]]) -> None:
        """Put rows aside: value, place, cells."""
        self._draft.many(f"INSERT INTO scratch.{self._name} VALUES(NULL,?,?,?)", rows)

    def index(self) -> None:
        """Sort the values, once."""
        self._draft.run(f"CREATE INDEX scratch.{self._name}_by_value ON {self._name}(value, n)")

    def first(self, asked: list[tuple[int, str]]) -> dict[int, tuple[int, str]]:
        """Give for each asked (number, value) that has partners how many, and the cells of the first."""
        self._ask(asked)
        found = self._draft.run(
            f"SELECT a.a, COUNT(*), p.cells, MIN(p.n) FROM scratch.asked_{self._name} a"
            f" CROSS JOIN scratch.{self._name} p ON p.value=a.value GROUP BY a.a"
        )
        return {number: (count, cells) for number, count, cells, _first in found}

    def all(self, asked: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Give number and cells of every partner, in the order of the numbers and of the partners."""
        self._ask(asked)
        with translated(self._draft.path):
            yield from self._draft.run(
                f"SELECT a.a, p.cells FROM scratch.asked_{self._name} a"
                f" CROSS JOIN scratch.{self._name} p ON p.value=a.value ORDER BY a.a, p.n"
            )

    def places(self, value: str, limit: int) -> list[str]:
        """Give the places of the first partners of a value."""
        found = self._draft.run(
            f"SELECT place FROM scratch.{self._name} WHERE value=? ORDER BY n LIMIT ?", (value, limit)
        )
        return [place for (place,) in found]

    def _ask(self, asked: list[tuple[int, str]]) -> None:
        self._draft.run(f"DELETE FROM scratch.asked_{self._name}")
        self._draft.many(f"INSERT INTO scratch.asked_{self._name} VALUES(?,?)", asked)
