"""Cycles of records, as numbers in memory: who is in them, a shortest one, and where few cuts break them all."""

from collections.abc import Iterable, Iterator, Mapping

Needs = Mapping[int, Mapping[int, bool]]  # record → record that it points at → whether that is demanded at creation

_TRIED = 32
_SHARE = 20


def cyclic_parts(needs: Mapping[int, Iterable[int]]) -> list[list[int]]:
    """Give the sets of records that all need each other, or of one that needs itself (Kosaraju's algorithm)."""
    seen: set[int] = set()
    finished = [record for start in needs if start not in seen for record in _walk(needs, start, seen)]
    needed_by: dict[int, list[int]] = {}
    for record, holders in needs.items():
        for holder in holders:
            needed_by.setdefault(holder, []).append(record)
    seen = set()
    parts = [_walk(needed_by, record, seen) for record in reversed(finished) if record not in seen]
    return [sorted(part) for part in parts if len(part) > 1 or part[0] in needs.get(part[0], ())]


def shortest_cycle(needs: Mapping[int, Iterable[int]], record: int) -> list[int]:
    """Give a shortest way from a record back to itself; each points at the next one, the last at the first."""
    came_from: dict[int, int] = {}
    layer = [record]
    while record not in came_from:
        upcoming = []
        for one in layer:
            new = [holder for holder in needs.get(one, ()) if holder not in came_from]
            came_from |= dict.fromkeys(new, one)
            upcoming += new
        layer = upcoming
    path = [came_from[record]]
    while path[-1] != record:
        path.append(came_from[path[-1]])
    return path[::-1]


def cuts(needs: Needs) -> Iterator[tuple[int, Needs]]:
    """Give records whose references must wait, so that no cycle is left; each with the cycles that it is still in.

    A record is chosen for the many cycles that go through it, never one that points at one of them by a reference that
    is demanded. All that it points at in what is given with it has to wait. A small set of cycles that one record can
    break is broken by one; in a large one, several are chosen at a time. Cycles of demanded references alone are none.
    """
    waiting = cyclic_parts(needs)
    while waiting:
        knot = _Knot(needs, waiting.pop())
        for record in knot.chosen():
            if record in knot.needs:
                yield record, knot.needs
                knot.remove(record)
        waiting += cyclic_parts(knot.needs)


class _Knot:
    """Records that all need each other; what is taken out takes along what then is on no cycle any more."""

    def __init__(self, needs: Needs, part: list[int]) -> None:
        members = set(part)
        self.needs = {one: {to: is_hard for to, is_hard in needs[one].items() if to in members} for one in part}
        self._needed_by: dict[int, set[int]] = {one: set() for one in part}
        for one, holders in self.needs.items():
            for holder in holders:
                self._needed_by[holder].add(one)

    def chosen(self) -> list[int]:
        """Choose where to cut."""
        free = [one for one, holders in self.needs.items() if not any(holders.values())]
        ranked = sorted(free, key=self._cycles_through, reverse=True)
        if len(self.needs) <= _TRIED:
            return [next((one for one in ranked if not cyclic_parts({**self.needs, one: {}})), ranked[0])]
        enough = self._cycles_through(ranked[0]) / 2
        return [one for one in ranked[: len(self.needs) // _SHARE] if self._cycles_through(one) > enough]

    def _cycles_through(self, record: int) -> int:
        return len(self.needs[record]) * len(self._needed_by[record])

    def remove(self, record: int) -> None:
        """Take out a record."""
        waiting = [record]
        while waiting:
            one = waiting.pop()
            holders = self.needs.pop(one, {})
            for holder in holders:
                self._needed_by[holder].discard(one)
            waiting += [holder for holder in holders if holder in self.needs and not self._needed_by[holder]]
            for other in self._needed_by.pop(one, set()) & self.needs.keys():
                del self.needs[other][one]
                waiting += [] if self.needs[other] else [other]


def _walk(graph: Mapping[int, Iterable[int]], start: int, seen: set[int]) -> list[int]:
    """Give what can be reached and was not seen before, each record behind all that is reached from it."""
    found: list[int] = []
    seen.add(start)
    path = [(start, iter(graph.get(start, ())))]
    while path:
        record, upcoming = path[-1]
        new = next((one for one in upcoming if one not in seen), None)
        if new is None:
            found.append(record)
            path.pop()
        else:
            seen.add(new)
            path.append((new, iter(graph.get(new, ()))))
    return found
