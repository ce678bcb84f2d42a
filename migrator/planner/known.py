"""The lookups of a mapping, numbered: each reference of a row carries the number of the lookup that it came from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from migrator.planner.identities import (
    ID,
    KEY,
    ROW,
    Digest,
    Halves,
    digest_of,
    digest_of_fields,
    digester_of,
    digester_of_many,
)
from migrator.planner.normal import normal, normal_all
from migrator.records import Catalog, Field, Kind, ObjectType
from migrator.spec.values import Lookup, MappingSpec

LOOKUP = "lookup"
CREATE = "create"
OTHERWISE = "otherwise"
INNER = "?"

Digester = Callable[[Sequence[Any]], Digest]


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownLookup:
    """One lookup: whose records ask it, for which slot of theirs, and the target's objects that it asks.

    A slot is a field, `^parent`, or, for a lookup inside another one, a name that begins with `?`. `inside` are the
    lookups in its lines by (line, input), `created` those in `create` by the new record's field.
    """

    number: int
    owner: str
    slot: str
    lookup: Lookup
    targets: Mapping[str, ObjectType]
    inside: dict[tuple[int, str], "KnownLookup"] = field(default_factory=dict)
    created: dict[str, "KnownLookup"] = field(default_factory=dict)
    is_fallback: bool = False

    @property
    def made(self) -> str:
        """Name the object in which a missing record is created."""
        return self.lookup.objects[0]

    @property
    def asked_target(self) -> str:
        """Name the target's object that is asked first."""
        return self.targets[self.lookup.objects[0]].name

    def is_late(self, line: int) -> bool:
        """Tell whether a line waits for a lookup inside it."""
        return any(number == line for number, _input in self.inside)

    def line_of(self, staged: Mapping[str, Any]) -> int:
        """Tell which line staged a reference."""
        kind = kind_of(staged)
        names = tuple(staged[kind]) if isinstance(staged[kind], dict) else (kind,)
        lines = enumerate(self.lookup.lines)
        return next(n for n, line in lines if line.kind == kind and tuple(name for name, _ in line.inputs) == names)

    def digesters(self, kind: str, names: Sequence[str], asked: Sequence[str]) -> list[Digester]:
        """Make, for each object that is asked, what hashes the values of a line."""
        return [_digester(kind, tuple(names), name, self.targets[name]) for name in asked]

    def digester_of_texts(self, kind: str, field: str, asked: str) -> Callable[[Sequence[str]], Halves]:
        """Make, for one object that is asked, what hashes many values of a line that has one each."""
        before, _normalise, normalise_all = _hashed_alone(kind, field, asked, self.targets[asked])
        digests = digester_of_many(*before)
        return lambda values: digests(normalise_all(values))

    def digests(self, staged: Mapping[str, Any], inner: Mapping[str, str]) -> list[Digest]:
        """Hash what a staged reference looks for, once for each object; `inner` are what lookups inside it found."""
        kind = kind_of(staged)
        stated = staged[kind]
        named = stated if isinstance(stated, dict) else {kind: stated}
        values = [inner.get(name, "") if isinstance(value, dict) else value for name, value in named.items()]
        return [digest(values) for digest in self.digesters(kind, tuple(named), names_of(staged))]


@dataclass(frozen=True, kw_only=True, slots=True)
class LookupBook:
    """All lookups of one mapping; their numbers are their places."""

    spec: MappingSpec
    catalog: Catalog
    all: list[KnownLookup] = field(default_factory=list)

    def add(self, owner: str, slot: str, lookup: Lookup, *, is_fallback: bool = False) -> KnownLookup | None:
        """Give a lookup its number; None if it asks for an object that there is not, which the check of names tells."""
        found = {name: self.catalog.objects.get(self.spec.asked_object(name)) for name in lookup.objects}
        targets = {name: target for name, target in found.items() if target is not None}
        if len(targets) < len(found) or not targets:
            return None
        known = KnownLookup(
            number=len(self.all), owner=owner, slot=slot, lookup=lookup, targets=targets, is_fallback=is_fallback
        )
        self.all.append(known)
        return known


def kind_of(staged: Mapping[str, Any]) -> str:
    """Name the kind of line that staged a reference."""
    return next(name for name in ("key", "id", "row", "fields") if name in staged)


def names_of(staged: Mapping[str, Any]) -> list[str]:
    """Name the objects that a staged reference asks."""
    asked = staged[LOOKUP]
    return [asked] if isinstance(asked, str) else list(asked)


def spell_asked(staged: Any) -> str:
    """Write what was looked for, for people."""
    if not isinstance(staged, dict):
        return str(staged)
    stated = staged.get("fields") or staged.get("row")
    if stated:
        return ", ".join(spell_asked(value) for value in stated.values())
    return str(staged.get("key") or staged.get("id"))


def _digester(kind: str, names: tuple[str, ...], name: str, target: ObjectType) -> Digester:
    if len(names) == 1:
        before, normalise, _normalise_all = _hashed_alone(kind, names[0], name, target)
        digest_text = digester_of(*before)
        return lambda values: digest_text(normalise(values[0]))
    if kind == "row":
        columns = "\x1f".join(names)
        return lambda values: digest_of(name, ROW, columns, *values)
    kinds = [_kind_of(field, target) for field in names]
    return lambda values: digest_of_fields(
        target.name, names, [normal(kind, value) for kind, value in zip(kinds, values, strict=True)]
    )


def _hashed_alone(
    kind: str, field: str, name: str, target: ObjectType
) -> tuple[tuple[str, ...], Callable[[Any], str], Callable[[Sequence[Any]], Sequence[str]]]:
    """Tell how the one value of a line is hashed: behind which parts, and in which form, one value or many."""
    if kind == "key":
        return (name, KEY), str, lambda values: values
    if kind == "id":
        return (target.name, ID), str.lower, lambda values: [value.lower() for value in values]
    if kind == "row":
        return (name, ROW, field), str, lambda values: values
    kind_of_field = _kind_of(field, target)
    return (target.name, field), partial(normal, kind_of_field), partial(normal_all, kind_of_field)


def _kind_of(field: str, target: ObjectType) -> Kind:
    return (target.field(field) or Field(name=field, kind=Kind.TEXT)).kind
