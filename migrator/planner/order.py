"""In which order objects are written: those that point at each other, in whatever way round, stand together."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from migrator.records import Catalog
from migrator.spec.values import ListOf, Lookup, ObjectSpec, Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Objects in groups, what is pointed at first; for each object what it comes after, and its late references.

    A group of several objects, or of one that points at itself, is a cycle: its records are ordered one by one. It is
    endless where references that are demanded at creation close it. `late` are the references that close a cycle when
    objects are written whole.
    """

    groups: tuple[tuple[str, ...], ...]
    cycles: frozenset[tuple[str, ...]]
    endless: frozenset[tuple[str, ...]]
    after: Mapping[str, tuple[str, ...]]
    late: Mapping[str, tuple[str, ...]]

    @property
    def objects(self) -> tuple[str, ...]:
        """Give the objects in their order."""
        return tuple(name for group in self.groups for name in group)

    def because(self, name: str, linked: Container[str] = ()) -> str:
        """Say why an object stands where it stands; `linked` are its fields that links set."""
        later = [
            f"{field} {'linked afterwards' if field in linked else 'record by record'}" for field in self.late[name]
        ]
        return "; ".join([", ".join(self.after[name]) or "no parents", *([", ".join(later)] if later else [])])


class _Edge(NamedTuple):
    """A reference between objects; the parent's has no field. One that is demanded must stand at creation."""

    owner: str
    field: str
    to: str
    is_demanded: bool


_Needs = dict[str, set[str]]


def order_objects(objects: Mapping[str, ObjectSpec], catalog: Catalog) -> Order:
    """Order objects so that what is pointed at comes first; ties stay in the mapping's order.

    Within a cycle those references give way that are not demanded at creation, first of all those to objects that the
    mapping states later.
    """
    place = {name: n for n, name in enumerate(objects)}
    edges = list(dict.fromkeys(edge for name, item in objects.items() for edge in _edges(name, item, objects, catalog)))
    needs: _Needs = {name: set() for name in objects}
    late: list[_Edge] = []
    for edge in sorted(edges, key=lambda edge: (not edge.is_demanded, place[edge.to] >= place[edge.owner])):
        if edge.owner == edge.to or edge.owner in _reached(needs, edge.to):
            late.append(edge)
        else:
            needs[edge.owner].add(edge.to)
    whole = _with_siblings(edges, objects)
    demanded = _with_siblings([edge for edge in edges if edge.is_demanded], objects)
    groups = _grouped(whole, needs)
    return Order(
        groups=groups,
        cycles=frozenset(group for group in groups if len(group) > 1 or group[0] in whole[group[0]]),
        endless=frozenset(group for group in groups if any(name in _reached(demanded, name) for name in group)),
        after={
            name: tuple(dict.fromkeys(f"{edge.to} ({_named(edge)})" for edge in edges if _is_of(edge, name, late)))
            for name in objects
        },
        late={name: tuple(dict.fromkeys(_named(edge) for edge in late if edge.owner == name)) for name in objects},
    )


def _is_of(edge: _Edge, name: str, late: list[_Edge]) -> bool:
    return edge.owner == name and edge not in late


def _named(edge: _Edge) -> str:
    return edge.field or "parent"


def _edges(name: str, item: ObjectSpec, objects: Mapping[str, ObjectSpec], catalog: Catalog) -> Iterator[_Edge]:
    """Give the references of an object's records, and those of the records that its lookups create."""
    stated: list[tuple[str, str, Value | Lookup]] = [(name, "", item.parent)] if item.parent else []
    stated += [(name, field.name, field.value) for field in item.fields if not field.is_last]
    while stated:
        owner, field_name, value = stated.pop(0)
        lookup = value.form if isinstance(value, Value) else value
        if isinstance(value, Value):
            stated += [(owner, field_name, part) for part in _parts(value)]
        if not isinstance(lookup, Lookup):
            continue
        known = catalog.objects[objects[owner].to].field(field_name)
        for to in filter(objects.__contains__, lookup.objects):
            yield _Edge(owner, field_name, to, not field_name or (known is not None and known.required))
            stated += [(to, inner, created) for inner, created in _created(lookup)]


def _parts(value: Value) -> Iterator[Value]:
    """Give the items of a list, and what stands in where a field is blank."""
    yield from value.form.items if isinstance(value.form, ListOf) else ()
    yield from filter(None, [value.default])


def _created(lookup: Lookup) -> Iterator[tuple[str, Value]]:
    """Give the fields of the records that a lookup creates: those stated, else those by which it looks."""
    found = [one.line for one in (lookup.fallback, lookup.on_blank) if one and one.creates]
    found += lookup.lines if lookup.create is None and lookup.on_missing == "create" else ()
    yield from lookup.create or ()
    yield from (pair for line in found if line.kind == "fields" for pair in line.inputs)


def _with_siblings(edges: list[_Edge], objects: Mapping[str, ObjectSpec]) -> _Needs:
    """Give what each object needs; a lookup by fields may find a record of another object for the same target's."""
    needs: _Needs = {name: set() for name in objects}
    for edge in edges:
        needs[edge.owner] |= {name for name, item in objects.items() if item.to == objects[edge.to].to}
    return needs


def _reached(needs: _Needs, start: str) -> set[str]:
    """Give what an object needs, directly or through others."""
    found: set[str] = set()
    upcoming = set(needs[start])
    while upcoming:
        found |= upcoming
        upcoming = {name for one in upcoming for name in needs[one]} - found
    return found


def _grouped(whole: _Needs, needs: _Needs) -> tuple[tuple[str, ...], ...]:
    """Put together what needs each other, and order the groups, and the objects within each."""
    reached = {name: _reached(whole, name) for name in whole}
    groups = list(
        dict.fromkeys(
            tuple(other for other in whole if other == name or (other in reached[name] and name in reached[other]))
            for name in whole
        )
    )
    ordered: list[tuple[str, ...]] = []
    while groups:
        placed = {name for group in ordered for name in group}
        group = next(one for one in groups if all(whole[name] <= placed | set(one) for name in one))
        groups.remove(group)
        ordered.append(_sorted(group, needs))
    return tuple(ordered)


def _sorted(group: tuple[str, ...], needs: _Needs) -> tuple[str, ...]:
    placed: list[str] = []
    while len(placed) < len(group):
        placed.append(next(name for name in group if name not in placed and needs[name] & set(group) <= set(placed)))
    return tuple(placed)
