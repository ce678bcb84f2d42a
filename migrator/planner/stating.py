"""What a planned record is recognised by: its key, its marker, its match lines, and what lookups may ask for it by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, compress, repeat
from operator import itemgetter
from typing import Any

from migrator.json_text import to_json
from migrator.planner.compiling import CompiledObject
from migrator.planner.identities import KEY, MARKER, Digest, Halves, digest_of, digester_of, digester_of_many, marker_of
from migrator.planner.known import CREATE
from migrator.planner.lines import PARENT, Line, stating
from migrator.planner.normal import normal_all
from migrator.store.draft import IdentityRow, StagedIdentity
from migrator.store.plan_schema import CHILD_LINE, FIRST_MATCH_LINE, KEY_LINE, LOOKUP_LINE, MARKER_LINE

Fields = Mapping[str, Any]
StatesMany = Callable[[Sequence[int], Sequence[Fields]], list[IdentityRow]]

_RECORD = itemgetter(2)


class Stating:
    """What the records of one object state at once; compiled, since every row of a source goes through it."""

    def __init__(self, compiled: CompiledObject, mapping: str) -> None:
        item = compiled.item
        self._compiled = compiled
        self._mapping = mapping
        self._longest = max_marker(compiled)
        self._key = digester_of(item.name, KEY)
        self._marker = digester_of(item.to, MARKER)
        asked = [] if compiled.asked_level else compiled.asked
        self._keys, self._markers = digester_of_many(item.name, KEY), digester_of_many(item.to, MARKER)
        self._asked = [stating(line, item.to) for line in asked]
        self._is_even = not compiled.lines and not any(len(line.parts) > 1 or line.parts[0].is_many for line in asked)
        self._asked_many = [_stating_many(line, item.to) for line in asked]

    def _marker_of(self, key: str) -> str:
        return marker_of(self._mapping, self._compiled.item.name, key, self._longest)

    def identities(self, record: int, key: str, fields: dict[str, Any]) -> list[IdentityRow]:
        """Give what a record is recognised by before any lookup is resolved."""
        compiled = self._compiled
        item = compiled.item
        found: list[IdentityRow] = [(*self._key(key), record, KEY_LINE, 0)]
        if compiled.marker:
            marker = key if item.marker.is_bare_key else self._marker_of(key)
            found.append((*self._marker(marker), record, MARKER_LINE, 0))
        if compiled.lines and not compiled.match_level:
            found += match_identities(compiled, record, key, fields)
        for digests in self._asked:
            for first, second in digests(fields):
                found.append((first, second, record, LOOKUP_LINE, 0))
        return found

    def identities_of_many(
        self,
        records: Sequence[int],
        keys: Sequence[str],
        fields: Sequence[dict[str, Any]],
        rows: Sequence[list[Digest]],
    ) -> list[IdentityRow]:
        """Give what many records are recognised by, in their order; `rows` are the digests of their columns, if any."""
        compiled = self._compiled
        item = compiled.item
        found = [_identities(records, self._keys(keys), KEY_LINE)]
        if compiled.marker:
            markers = keys if item.marker.is_bare_key else [*map(self._marker_of, keys)]
            found.append(_identities(records, self._markers(markers), MARKER_LINE))
        if compiled.lines and not compiled.match_level:
            named = zip(records, keys, fields, strict=True)
            found.append([one for record, key, row in named for one in match_identities(compiled, record, key, row)])
        found += [states(records, fields) for states in self._asked_many]
        if rows:
            found.append(
                [(*one, record, LOOKUP_LINE, 0) for record, row in zip(records, rows, strict=True) for one in row]
            )
        if self._is_even and not rows and all(len(one) == len(records) for one in found):
            return [*chain.from_iterable(zip(*found, strict=True))]
        return sorted(chain.from_iterable(found), key=_RECORD)


def _identities(records: Sequence[int], digests: Halves, line: int) -> list[IdentityRow]:
    return list(zip(*digests, records, repeat(line), repeat(0), strict=False))


def _stating_many(line: Line, target: str) -> StatesMany:
    """Make the function that states a line by which lookups ask for many records, as `stating` does for each."""
    if len(line.parts) > 1 or line.parts[0].is_many:
        return lambda records, fields: [
            (*digest, record, LOOKUP_LINE, 0)
            for record, row in zip(records, fields, strict=True)
            for digest in line.digests(target, row)
        ]
    ((name, ((path, _key, kind),), _is_many, _child),) = line.parts
    digests = digester_of_many(target, name)

    def states(records: Sequence[int], fields: Sequence[Fields]) -> list[IdentityRow]:
        texts = normal_all(kind, [row.get(path, "") for row in fields])
        if not all(texts):
            records, texts = list(compress(records, texts)), list(filter(None, texts))
        return _identities(records, digests(texts), LOOKUP_LINE)

    return states


def match_identities(
    compiled: CompiledObject, record: int, key: str, fields: dict[str, Any]
) -> Iterator[StagedIdentity]:
    """Give what the match lines recognise a record by; those of the first filled line are marked.

    Children of two parents are never duplicates of each other: what is marked then names the parent too.
    """
    is_first = 1
    parent = _below(fields.get(PARENT))
    for line in compiled.lines:
        stated = {**fields, **dict.fromkeys(line.keyed, key)} if line.keyed else fields
        digests = list(line.digests(compiled.item.to, stated))
        is_below = is_first and parent and PARENT not in line.references
        if is_below:
            yield from (StagedIdentity(*digest_of(parent, *map(str, one)), record, CHILD_LINE, 1) for one in digests)
        is_marked = 0 if is_below else is_first
        yield from (StagedIdentity(*one, record, FIRST_MATCH_LINE + line.number, is_marked) for one in digests)
        is_first = 0 if digests else is_first


def _below(parent: Any) -> str:
    """Name the parent of a child record, as far as it is known by now."""
    if not isinstance(parent, dict):
        return str(parent or "")
    return to_json({name: part for name, part in parent.items() if name != CREATE})


def asked_identities(compiled: CompiledObject, record: int, fields: dict[str, Any]) -> Iterator[StagedIdentity]:
    """Give what lookups may ask for a record by."""
    for line in compiled.asked:
        yield from (StagedIdentity(*one, record, LOOKUP_LINE) for one in line.digests(compiled.item.to, fields))


def max_marker(compiled: CompiledObject) -> int | None:
    """Give the length of the field that keeps the marker; None if the target does not say."""
    field = compiled.target.field(compiled.marker)
    return field.max_length if field else None
