"""In which order objects are written, and which references must wait for a link, because they close a cycle."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.records import Catalog
from migrator.spec.values import Lookup, ObjectSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Objects, parents first; for each the reason; and the fields (object, field) that are set by a later link."""

    objects: tuple[str, ...]
    because: Mapping[str, str]
    deferred: frozenset[tuple[str, str]]


def order_objects(objects: Mapping[str, ObjectSpec], catalog: Catalog) -> Order:
    """Order objects so that what is pointed at comes first; ties stay in the mapping's order.

    A reference back to an object that is still to come is deferred, unless the target demands it at creation.
    """
    placed: list[str] = []
    deferred: set[tuple[str, str]] = set()
    edges = {name: _references(item, objects) for name, item in objects.items()}
    under_way: list[str] = []

    def place(name: str) -> None:
        if name in placed:
            return
        under_way.append(name)
        for field, to in edges[name]:
            if to in under_way and not _is_demanded(objects[name], field, catalog):
                deferred.add((name, field))
            elif to not in under_way:
                place(to)
        under_way.pop()
        placed.append(name)

    for name in objects:
        place(name)
    because = {name: _reason(edges[name], name, deferred) for name in placed}
    return Order(objects=tuple(placed), because=because, deferred=frozenset(deferred))


def _references(item: ObjectSpec, objects: Mapping[str, ObjectSpec]) -> list[tuple[str, str]]:
    """Give what an object points at: (field, object); its parent under the empty name, first."""
    found = [("", item.parent)] if item.parent else []
    found += [(field.name, field.value.form) for field in item.fields if isinstance(field.value.form, Lookup)]
    return [(field, lookup.object) for field, lookup in found if lookup.object in objects]


def _is_demanded(item: ObjectSpec, field: str, catalog: Catalog) -> bool:
    target = catalog.objects[item.to].field(field) if field else None
    return not field or (target is not None and target.required)


def _reason(edges: list[tuple[str, str]], name: str, deferred: set[tuple[str, str]]) -> str:
    before = dict.fromkeys(f"{to} ({field or 'parent'})" for field, to in edges if (name, field) not in deferred)
    later = [field for field, _to in edges if (name, field) in deferred]
    links = f"; {', '.join(later)} linked afterwards" if later else ""
    return (", ".join(before) or "no parents") + links
