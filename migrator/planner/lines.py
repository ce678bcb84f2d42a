"""Lines of fields by which records are recognised: the values that a record has in them, and their digests."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, product
from typing import Any, NamedTuple

from migrator.planner.identities import Digest, digest_of_fields, digester_of
from migrator.planner.normal import normal
from migrator.records import Catalog, Field, Kind, ObjectType

PARENT = "^parent"
MAX_DIGESTS = 64


class Part(NamedTuple):
    """One part of a line: a field, all items of a list (`email[]`, `phones[].no`), or any of several of them.

    `child` is (object, field) where the values stand in records of another object below this one: `emails.name`.
    """

    name: str
    paths: tuple[tuple[str, str, Kind], ...]
    is_many: bool
    child: tuple[str, str] | None = None

    def values(self, fields: Mapping[str, Any]) -> list[str]:
        """Give what a record has in it, in the form that is compared; nothing where it is blank."""
        if not self.is_many:
            ((path, _key, kind),) = self.paths
            text = normal(kind, fields.get(path))
            return [text] if text else []
        found = (normal(kind, value) for path, key, kind in self.paths for value in self._found(fields.get(path), key))
        return [text for text in dict.fromkeys(found) if text]

    def _found(self, value: Any, key: str) -> list[Any]:
        if not isinstance(value, list):
            return [value]
        return [item.get(key) if isinstance(item, dict) else item for item in value]


class Line(NamedTuple):
    """Parts that must all agree, in order of their names; `number` is the match line's.

    `keyed` are those that the mapping does not write: they are compared with the bare source key. `references` are
    those that lookups fill, the parent where a child is looked for among its parent's, and values of children: they are
    known late.
    """

    number: int
    parts: tuple[Part, ...]
    keyed: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def children(self) -> tuple[Part, ...]:
        """Give the parts whose values stand in child records."""
        return tuple(part for part in self.parts if part.child)

    @property
    def names(self) -> tuple[str, ...]:
        """Name the parts."""
        return tuple(part.name for part in self.parts)

    def digests(self, target: str, fields: Mapping[str, Any]) -> Iterator[Digest]:
        """Hash each combination of what a record has in the parts; none where a part is blank."""
        values = [part.values(fields) for part in self.parts]
        names = self.names
        for texts in islice(product(*values), MAX_DIGESTS):
            yield digest_of_fields(target, names, texts)


def stating(line: Line, target: str) -> Callable[[Mapping[str, Any]], Iterable[Digest]]:
    """Make the function that gives a line's digests, the short way for a line of one plain field."""
    if len(line.parts) == 1 and not line.parts[0].is_many:
        ((name, ((path, _key, kind),), _is_many, _child),) = line.parts
        digest = digester_of(target, name)

        def digests(fields: Mapping[str, Any]) -> Iterable[Digest]:
            text = normal(kind, fields.get(path))
            return (digest(text),) if text else ()

        return digests
    return lambda fields: line.digests(target, fields)


def child_of(name: str, target: ObjectType, catalog: Catalog) -> tuple[str, Field] | None:
    """Find the child object and its field behind `emails.name`; None where a target's object has no such children."""
    child, _, field = name.partition(".")
    below = catalog.objects.get(child)
    if target.field(name) is not None or below is None or target.name not in below.parent_ids:
        return None
    found = below.field(field)
    return (child, found) if found else None


def make_part(alternatives: tuple[str, ...], target: ObjectType, catalog: Catalog) -> Part:
    """Read a part of a line, such as `(EmailAddress_Work,)` or `(phones[].no, fax)`."""
    name = alternatives[0]
    if len(alternatives) == 1 and (found := child_of(name, target, catalog)):
        child, field = found
        return Part(name, ((name, "", field.kind),), is_many=True, child=(child, field.name))
    paths = tuple(_path(name, target) for name in alternatives)
    is_many = len(alternatives) > 1 or any("[]" in name or name == PARENT for name in alternatives)
    return Part("|".join(sorted(alternatives)), paths, is_many)


def _path(name: str, target: ObjectType) -> tuple[str, str, Kind]:
    whole, mark, rest = name.partition("[]")
    field = target.field(name) or target.field(whole)
    kind = Kind.REFERENCE if name == PARENT else Kind.TEXT if field is None or (mark and not rest) else field.kind
    return whole, rest.removeprefix("."), kind
