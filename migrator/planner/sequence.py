"""Records of objects that point at each other: in an order in which each comes after what it needs, with few links."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from migrator.planner.cascades import reject_cascades
from migrator.planner.compiling import Compiled
from migrator.planner.cycles import Needs, cuts, cyclic_parts, shortest_cycle
from migrator.planner.decisions import Decisions
from migrator.planner.lines import PARENT
from migrator.store.draft import Draft, StagedProblem
from migrator.store.graph import (
    Demand,
    Need,
    count_deferred,
    count_layers,
    defer,
    draw,
    pieces,
    place_again,
    spell_cycle,
)
from migrator.store.resolving import note_waiting

SAMPLES = 5

_SHOWN = 8
_MANY = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Cycle:
    """How the records of objects that point at each other were ordered.

    `linked` counts the records of which a link sets a field, by object and field; `samples` spells some cycles.
    """

    objects: tuple[str, ...]
    layers: int
    linked: dict[str, dict[str, int]] = field(default_factory=dict)
    samples: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Give it for a plan's header."""
        return asdict(self)


class Sequence:
    """Orders the records of one plan."""

    def __init__(self, compiled: Compiled, draft: Draft) -> None:
        self._compiled = compiled
        self._draft = draft
        self._names = {item.number: name for name, item in compiled.objects.items()}

    def refuse_endless(self) -> None:
        """Reject each record of a cycle in which all are demanded at creation, and what points at them."""
        rejected = 0
        order = self._compiled.order
        for group in filter(order.endless.__contains__, order.groups):
            self._draw(group, Demand.AT_CREATION)
            for piece in pieces(self._draft):
                needs = _needs(piece)
                for part in sorted(cyclic_parts(needs)):
                    rejected += self._refuse(part, needs)
        if rejected:
            reject_cascades(self._draft)
            note_waiting(self._draft)

    def order(self, group: tuple[str, ...]) -> Cycle:
        """Put the records of a cycle of objects in layers; what closes a cycle of records is left to a link."""
        self._draw(group, Demand.OPTIONAL)
        samples: list[str] = []
        is_stuck = False
        for piece in pieces(self._draft):
            is_stuck = True
            for record, needs in cuts(_needs(piece)):
                if len(samples) < SAMPLES:
                    samples.append(self._spell(shortest_cycle(needs, record)))
                defer(self._draft, [(record, holder) for holder in needs[record]])
        if is_stuck:
            place_again(self._draft)
        linked: dict[str, dict[str, int]] = {}
        for (number, name), count in count_deferred(self._draft).items():
            linked.setdefault(self._names[number], {})[name] = count
        return Cycle(objects=group, layers=count_layers(self._draft), linked=linked, samples=tuple(samples))

    def _draw(self, group: tuple[str, ...], least: Demand) -> None:
        numbers = [self._compiled.objects[name].number for name in group]
        draw(self._draft, numbers, self._demands(group), least)

    def _demands(self, group: tuple[str, ...]) -> Iterator[tuple[int, str, Demand]]:
        for name in group:
            item = self._compiled.objects[name]
            last = {one.name for one in item.item.fields if one.is_last}
            yield item.number, PARENT, Demand.AT_CREATION
            yield from ((item.number, one, Demand.NONE) for one in last)
            needed = (one.name for one in item.target.fields.values() if one.required and one.name not in last)
            yield from ((item.number, one, Demand.AT_CREATION) for one in needed)

    def _refuse(self, part: list[int], needs: Needs) -> int:
        """Reject the records of a cycle, each with a cycle that it is in; of very many, all with one and the same."""
        hint = "leave the reference of one of them blank, and set it in a second mapping"
        members = set(part)
        inside = {record: needs[record].keys() & members for record in part}
        cycle = shortest_cycle(inside, part[0])
        text = self._spell(cycle)
        with Decisions(self._draft) as decisions:
            for record in part:
                if len(part) <= _MANY:
                    cycle = shortest_cycle(inside, record)
                    text = self._spell(cycle)
                to = cycle[1 % len(cycle)] if cycle[0] == record else min(inside[record])
                own, other = spell_cycle(self._draft, [record, to, min(inside[to])], limit=2)
                name, fact = (
                    ("parent" if own.field == PARENT else own.field),
                    f"can only be created after itself: {text}",
                )
                decisions.reject(StagedProblem(record, own.object, "E207", name, other.key, fact, hint))
        return len(part)

    def _spell(self, cycle: list[int]) -> str:
        steps = spell_cycle(self._draft, cycle, limit=_SHOWN)
        listed = [f"{self._names[step.object]} {step.key}" for step in steps]
        more = [f"{len(cycle) - _SHOWN} more"] if len(cycle) > _SHOWN else []
        return " -> ".join([*listed, *more, listed[0]])


def _needs(piece: list[Need]) -> Needs:
    found: dict[int, dict[int, bool]] = {}
    for record, holder, is_demanded in piece:
        found.setdefault(record, {})[holder] = is_demanded
    return found
