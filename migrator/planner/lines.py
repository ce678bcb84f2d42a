"""Lines of fields by which records are recognised: the values that a record has in them, and their digests."""

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any, NamedTuple

from migrator.planner.identities import Digest, digest_of_fields
from migrator.planner.normal import normal
from migrator.records import Kind, ObjectType

PARENT = "^parent"
MAX_DIGESTS = 64


class Part(NamedTuple):
    """One part of a line: a field, all items of a list (`email[]`, `phones[].no`), or any of several of them."""

    name: str
    paths: tuple[tuple[str, str, Kind], ...]
    is_many: bool

    def values(self, fields: Mapping[str, Any]) -> list[str]:
        """Give what a record has in it, in the form that is compared; nothing where it is blank."""
        found = (normal(kind, value) for path, key, kind in self.paths for value in self._found(fields.get(path), key))
        return [text for text in dict.fromkeys(found) if text]

    def _found(self, value: Any, key: str) -> list[Any]:
        if not self.is_many or not isinstance(value, list):
            return [value]
        return [item.get(key) if isinstance(item, dict) else item for item in value]


class Line(NamedTuple):
    """Parts that must all agree, in order of their names; `number` is the match line's.

    `keyed` are those that the mapping does not write: they are compared with the bare source key. `references` are
    those that lookups fill, and the parent where a child is looked for among its parent's: they are known late.
    """

    number: int
    parts: tuple[Part, ...]
    keyed: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

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


def make_part(alternatives: tuple[str, ...], target: ObjectType) -> Part:
    """Read a part of a line, such as `(EmailAddress_Work,)` or `(phones[].no, fax)`."""
    paths = tuple(_path(name, target) for name in alternatives)
    is_many = len(alternatives) > 1 or any("[]" in name for name in alternatives)
    return Part("|".join(sorted(alternatives)), paths, is_many)


def _path(name: str, target: ObjectType) -> tuple[str, str, Kind]:
    whole, mark, rest = name.partition("[]")
    field = target.field(name) or target.field(whole)
    kind = Kind.REFERENCE if name == PARENT else Kind.TEXT if field is None or (mark and not rest) else field.kind
    return whole, rest.removeprefix("."), kind
