"""In which order objects are written, and which references must wait for a link, because they close a cycle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from migrator.errors import PlanError, Problem
from migrator.records import Catalog
from migrator.spec.values import Lookup, ObjectSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Objects, parents first; for each the reason; and the fields (object, field) that are set by a later link."""

    objects: tuple[str, ...]
    because: Mapping[str, str]
    deferred: frozenset[tuple[str, str]]


class _Edge(NamedTuple):
    """A reference between objects; the parent's has no field. One that is demanded must stand at creation."""

    owner: str
    field: str
    to: str
    is_demanded: bool


def order_objects(objects: Mapping[str, ObjectSpec], catalog: Catalog) -> Order:
    """Order objects so that what is pointed at comes first; ties stay in the mapping's order.

    A reference that would close a cycle is deferred: first of all those to objects that the mapping states later.
    Raises PlanError for a cycle of references that the target demands at creation.
    """
    place = {name: n for n, name in enumerate(objects)}
    edges = [edge for name, item in objects.items() for edge in _edges(name, item, objects, catalog)]
    needs: dict[str, set[str]] = {name: set() for name in objects}
    deferred: set[tuple[str, str]] = set()
    for edge in sorted(edges, key=lambda edge: (not edge.is_demanded, place[edge.to] >= place[edge.owner])):
        if not _reaches(needs, edge.to, edge.owner):
            needs[edge.owner].add(edge.to)
        elif edge.is_demanded:
            raise _cycle(edge)
        else:
            deferred.add((edge.owner, edge.field))
    return Order(
        objects=tuple(_sorted(needs)),
        because={name: _reason(name, edges, deferred) for name in objects},
        deferred=frozenset(deferred),
    )


def _edges(name: str, item: ObjectSpec, objects: Mapping[str, ObjectSpec], catalog: Catalog) -> list[_Edge]:
    found = [_Edge(name, "", to, is_demanded=True) for to in (item.parent.objects if item.parent else ())]
    for field in item.fields:
        if isinstance(field.value.form, Lookup):
            known = catalog.objects[item.to].field(field.name)
            is_demanded = known is not None and known.required
            found += [_Edge(name, field.name, to, is_demanded) for to in field.value.form.objects]
    return [edge for edge in found if edge.to in objects]


def _reaches(needs: Mapping[str, set[str]], start: str, end: str) -> bool:
    """Tell whether `start` needs `end`, directly or through others; each needs itself."""
    return start == end or any(_reaches(needs, name, end) for name in needs[start])


def _sorted(needs: Mapping[str, set[str]]) -> list[str]:
    placed: list[str] = []
    while len(placed) < len(needs):
        placed.append(next(name for name in needs if name not in placed and needs[name] <= set(placed)))
    return placed


def _cycle(edge: _Edge) -> PlanError:
    fact = f"{edge.owner} need {edge.to} to be created, and {edge.to} need {edge.owner}: neither can be first"
    hint = f"take '{edge.field or 'parent'}' out of {edge.owner}"
    return PlanError(Problem(code="E614", place=edge.owner, fact=fact, hint=hint))


def _reason(name: str, edges: list[_Edge], deferred: set[tuple[str, str]]) -> str:
    own = [edge for edge in edges if edge.owner == name]
    before = dict.fromkeys(
        f"{edge.to} ({edge.field or 'parent'})" for edge in own if (name, edge.field) not in deferred
    )
    later = [edge.field for edge in own if (name, edge.field) in deferred]
    links = f"; {', '.join(later)} linked afterwards" if later else ""
    return (", ".join(before) or "no parents") + links
