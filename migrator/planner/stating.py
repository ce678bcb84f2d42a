"""What a planned record is recognised by: its key, its marker, its match lines, and what lookups may ask for it by."""

from collections.abc import Iterator
from typing import Any

from migrator.json_text import to_json
from migrator.planner.compiling import CompiledObject
from migrator.planner.identities import KEY, MARKER, digest_of, digester_of, marker_of
from migrator.planner.known import CREATE
from migrator.planner.lines import PARENT, stating
from migrator.store.draft import IdentityRow, StagedIdentity
from migrator.store.plan_schema import CHILD_LINE, FIRST_MATCH_LINE, KEY_LINE, LOOKUP_LINE, MARKER_LINE


class Stating:
    """What the records of one object state at once; compiled, since every row of a source goes through it."""

    def __init__(self, compiled: CompiledObject, mapping: str) -> None:
        item = compiled.item
        self._compiled = compiled
        self._mapping = mapping
        self._longest = max_marker(compiled)
        self._key = digester_of(item.name, KEY)
        self._marker = digester_of(item.to, MARKER)
        self._asked = [] if compiled.asked_level else [stating(line, item.to) for line in compiled.asked]

    def identities(self, record: int, key: str, fields: dict[str, Any]) -> list[IdentityRow]:
        """Give what a record is recognised by before any lookup is resolved."""
        compiled = self._compiled
        item = compiled.item
        found: list[IdentityRow] = [(*self._key(key), record, KEY_LINE, 0)]
        if compiled.marker:
            marker = key if item.marker.is_bare_key else marker_of(self._mapping, item.name, key, self._longest)
            found.append((*self._marker(marker), record, MARKER_LINE, 0))
        if compiled.lines and not compiled.match_level:
            found += match_identities(compiled, record, key, fields)
        for digests in self._asked:
            for first, second in digests(fields):
                found.append((first, second, record, LOOKUP_LINE, 0))
        return found


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
