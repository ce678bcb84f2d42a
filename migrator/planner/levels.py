"""In which round each line of a lookup is resolved: what it rests on comes before it.

A line with a lookup inside waits for that lookup, a field that is itself a reference makes its record known late, and
a record is found by its fields only once it is known which record of the target it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from migrator.errors import Problem
from migrator.located import Pointer
from migrator.planner.known import KnownLookup, LookupBook
from migrator.planner.lines import PARENT, Line

WAVES_PER_LEVEL = 1_000
WAVES_PER_LINE = 2
LAST_WAVE = 1_000_000


class Lined(NamedTuple):
    """An object of the mapping by what its records are recognised: match lines, and lines by which lookups ask."""

    name: str
    to: str
    lines: tuple[Line, ...]
    asked: tuple[Line, ...]
    pointer: Pointer


@dataclass(kw_only=True, slots=True)
class Levels:
    """What the planning of rounds found; a wave is a level, and in it a line: keys before fields.

    `match` and `asked` tell for each object after how many rounds its lines can be stated.
    """

    objects: Mapping[str, Lined]
    book: LookupBook
    match: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    lookups: dict[int, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _open: set[str | int] = field(default_factory=set)

    @property
    def waves(self) -> tuple[tuple[int, ...], ...]:
        """Give the wave of each line of each lookup."""
        return tuple(tuple(self._wave(known, n) for n in range(len(known.lookup.lines))) for known in self.book.all)

    def match_level(self, item: Lined) -> int:
        """Tell after how many rounds it is known which records of the target an object's records are."""
        name = item.name
        if name in self.match or name in self._open:
            return self._refuse(item) if name in self._open else self.match[name]
        self._open.add(name)
        level = self.level_of(item, item.lines)
        self._open.discard(name)
        return self.match.setdefault(name, level)

    def level_of(self, item: Lined, lines: Iterable[Line]) -> int:
        """Tell after how many rounds the last of some lines of an object can be stated."""
        return max((self._references_level(item, line) for line in lines if line.references), default=0)

    def lookup_level(self, known: KnownLookup) -> int:
        """Tell in which round the last line of a lookup is resolved."""
        number = known.number
        if number in self.lookups or number in self._open:
            return self._refuse(self.objects[known.owner]) if number in self._open else self.lookups[number]
        self._open.add(number)
        level = max(self._line_level(known, n) for n in range(len(known.lookup.lines)))
        self._open.discard(number)
        return self.lookups.setdefault(number, level)

    def _wave(self, known: KnownLookup, n: int) -> int:
        is_fields = known.lookup.lines[n].kind == "fields"
        level = LAST_WAVE if known.is_fallback else self._line_level(known, n) * WAVES_PER_LEVEL
        return level + n * WAVES_PER_LINE + is_fields

    def _line_level(self, known: KnownLookup, n: int) -> int:
        line = known.lookup.lines[n]
        rests_on = [self.lookup_level(inner) + 1 for (number, _name), inner in known.inside.items() if number == n]
        if line.kind in {"fields", "id"}:
            asked = {target.name for target in known.targets.values()}
            holders = [item for item in self.objects.values() if item.to in asked]
            rests_on += [self.match_level(item) for item in holders]
            late = ((item, own) for item in holders for own in (*item.lines, *item.asked) if own.names == line.fields)
            rests_on += [self._references_level(item, own) for item, own in late if own.references]
        return max(rests_on, default=0)

    def _references_level(self, item: Lined, line: Line) -> int:
        """Tell after how many rounds the references of a line are known, by the ids that they have in the target."""
        own = [known for known in self.book.all if known.owner == item.name and known.slot in line.references]
        asked = (self.objects[name] for known in own for name in known.targets if name in self.objects)
        rests_on = [self.match_level(one) for one in asked]
        below = {part.child[0] for part in line.children if part.child}
        children = {one.name for one in self.objects.values() if one.to in below}
        own += [known for known in self.book.all if known.owner in children and known.slot == PARENT]
        return 1 + max([*rests_on, *map(self.lookup_level, own)], default=0)

    def _refuse(self, item: Lined) -> int:
        names = [name for line in (*item.lines, *item.asked) for name in line.references]
        what = ", ".join(dict.fromkeys("its parent" if name == PARENT else f"'{name}'" for name in names))
        name = item.name
        fact = f"{name} are recognised by {what}, and to resolve that {name} must be recognised"
        hint = "look it up by key, or take it out of the match line"
        problem = Problem(code="E022", place=self.book.spec.place(item.pointer, key=True), fact=fact, hint=hint)
        self.problems += [] if problem in self.problems else [problem]
        return 0


def plan_levels(objects: Iterable[Lined], book: LookupBook) -> Levels:
    """Find the rounds of all lookups; what rests on itself is among the problems."""
    levels = Levels(objects={item.name: item for item in objects}, book=book)
    for item in levels.objects.values():
        levels.match_level(item)
        levels.asked[item.name] = levels.level_of(item, item.asked)
    for known in book.all:
        if known.owner in levels.objects:
            levels.lookup_level(known)
    return levels
