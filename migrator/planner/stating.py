"""What a planned record is recognised by: its key, its match lines, what lookups may ask for it by, and its marker."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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

_RECORD = itemgetter(2)


class Stating:
    """What the records of one object state at once; compiled, since every row of a source goes through it."""

    def __init__(self, compiled: CompiledObject, mapping: str) -> None:
        item = compiled.item
        self._compiled = compiled
        self._mapping = mapping
        self._longest = max_marker(compiled)
        self._key = digester_of(item.name, KEY)
        asked = [] if compiled.asked_level else compiled.asked
        self._keys, self._markers = digester_of_many(item.name, KEY), digester_of_many(item.to, MARKER)
        self._asked = [stating(line, item.to) for line in asked]
        self._asked_lines = [_plain(line, item.to) for line in asked]
        matched = [(line.number, _plain(line, item.to)) for line in compiled.lines]
        self._match_lines = [(number, line) for number, line in matched if line and not item.parent]
        self._is_even = None not in self._asked_lines and len(self._match_lines) == len(matched)

    def identities(self, record: int, key: str, fields: dict[str, Any]) -> list[IdentityRow]:
        """Give what a record is recognised by before any lookup is resolved."""
        compiled = self._compiled
        found: list[IdentityRow] = [(*self._key(key), record, KEY_LINE, 0)]
        if compiled.lines and not compiled.match_level:
            found += match_identities(compiled, record, key, fields)
        for digests in self._asked:
            for first, second in digests(fields):
                found.append((first, second, record, LOOKUP_LINE, 0))
        return found

    def marked(self, records: Sequence[int], keys: Sequence[str]) -> list[IdentityRow]:
        """Give what records are recognised by once the target bears their markers."""
        if not self._compiled.marker or not keys:
            return []
        return _identities(records, self._markers(self.markers(keys)), MARKER_LINE)

    def markers(self, keys: Sequence[str]) -> Sequence[str]:
        """Give what the target keeps for us of each key."""
        item, longest = self._compiled.item, self._longest
        if item.marker.is_bare_key:
            return keys
        begun = marker_of(self._mapping, item.name, "", None)
        if longest is None or len(begun) + max(map(len, keys), default=0) <= longest:
            return [begun + key for key in keys]
        return [marker_of(self._mapping, item.name, key, longest) for key in keys]

    def identities_of_many(
        self,
        records: Sequence[int],
        keys: Sequence[str],
        fields: Sequence[dict[str, Any]],
        rows: Sequence[list[Digest]],
    ) -> list[IdentityRow]:
        """Give what many records are recognised by, in their order; `rows` are the digests of their columns, if any."""
        found = [_identities(records, self._keys(keys), KEY_LINE)]
        found += self._match_columns(records, keys, fields)
        found += [self._asked_column(n, records, fields) for n in range(len(self._asked))]
        if rows:
            named = zip(records, rows, strict=True)
            found.append([(*digest, record, LOOKUP_LINE, 0) for record, row in named for digest in row])
        if self._is_even and not rows and all(len(one) == len(records) for one in found):
            return [*chain.from_iterable(zip(*found, strict=True))]
        return sorted(chain.from_iterable(found), key=_RECORD)

    def _match_columns(
        self, records: Sequence[int], keys: Sequence[str], fields: Sequence[dict[str, Any]]
    ) -> Iterator[list[IdentityRow]]:
        """Give what the match lines recognise records by, a line after the other where all of them are plain."""
        compiled = self._compiled
        if compiled.match_level or not compiled.lines:
            return
        if len(self._match_lines) < len(compiled.lines):
            named = zip(records, keys, fields, strict=True)
            yield [one for record, key, row in named for one in match_identities(compiled, record, key, row)]
            return
        marks = [1] * len(records)
        for number, line in self._match_lines:
            texts = line.texts(fields)
            yield line.identities(records, texts, FIRST_MATCH_LINE + number, marks)
            marks = [0 if text else mark for mark, text in zip(marks, texts, strict=True)]

    def _asked_column(self, n: int, records: Sequence[int], fields: Sequence[Fields]) -> list[IdentityRow]:
        """Give what lookups may ask for records by, in one line."""
        if line := self._asked_lines[n]:
            return line.identities(records, line.texts(fields), LOOKUP_LINE, repeat(0))
        named = zip(records, map(self._asked[n], fields), strict=True)
        return [(*digest, record, LOOKUP_LINE, 0) for record, digests in named for digest in digests]


class _PlainLine:
    """A line of one field that is no list, for many records at once."""

    def __init__(self, line: Line, target: str) -> None:
        ((name, ((self._path, _key, self._kind),), _is_many, _child),) = line.parts
        self._digests = digester_of_many(target, name)

    def texts(self, fields: Sequence[Fields]) -> list[str]:
        """Give what records have in it, in the form that is compared; empty where it is blank."""
        return normal_all(self._kind, [row.get(self._path, "") for row in fields])

    def identities(
        self, records: Sequence[int], texts: list[str], line: int, marks: Iterable[int]
    ) -> list[IdentityRow]:
        """State what is not blank."""
        if not all(texts):
            records, marks, texts = [*compress(records, texts)], [*compress(marks, texts)], [*filter(None, texts)]
        return list(zip(*self._digests(texts), records, repeat(line), marks, strict=False))


def _plain(line: Line, target: str) -> _PlainLine | None:
    is_plain = len(line.parts) == 1 and not line.parts[0].is_many and not line.keyed
    return _PlainLine(line, target) if is_plain else None


def _identities(records: Sequence[int], digests: Halves, line: int) -> list[IdentityRow]:
    return list(zip(*digests, records, repeat(line), repeat(0), strict=False))


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
