"""What lookups create: one record for each value that was asked for in vain, many at once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from migrator.json_text import to_json
from migrator.planner.decisions import BATCH
from migrator.planner.desk import Desk
from migrator.planner.identities import created_key
from migrator.planner.known import CREATE, LOOKUP, KnownLookup
from migrator.planner.late import staged_by
from migrator.planner.matching import settle_created
from migrator.planner.stating import Stating
from migrator.store.created import Created, Missing, add_created, askers, missing, point_at_created, recognise_created
from migrator.store.draft import STAGED, IdentityRow, RecordRow, StagedReference
from migrator.store.plan_schema import LOOKUP_LINE

MAX_FRESH = 50_000  # records whose identities are sorted together, and whose twins are held in memory


class _Made(NamedTuple):
    """A record that one who asks would create: by which lookup, for which value, with which key and fields."""

    known: KnownLookup
    digest: int
    proof: int
    key: str
    fields: dict[str, Any]


class Creating:
    """Creates what lookups miss; `next_record` numbers it.

    `asks_anew` tells that something was created whose own references, or what it states of itself, must still be seen
    to.
    """

    def __init__(self, desk: Desk, next_record: int) -> None:
        self._desk = desk
        self._compiled = desk.compiled
        self._draft = desk.draft
        mapping = desk.compiled.spec.name
        self._stating = {name: Stating(item, mapping) for name, item in desk.compiled.objects.items()}
        self._asked = {known.number: desk.compiled.spec.asked_object(known.made) for known in desk.compiled.lookups}
        self.next_record = next_record
        self.asks_anew = False

    def create_missing(self) -> None:
        """Make one record for each value that was asked for in vain, in the spelling of the first who asked."""
        first = fresh = self.next_record
        asked = missing(self._draft)
        while batch := list(islice(asked, BATCH)):
            self._create(batch)
            if self.next_record - fresh >= MAX_FRESH:
                recognise_created(self._draft)
                fresh = self.next_record
        if self.next_record > fresh:
            recognise_created(self._draft)
        if self.next_record > first:
            settle_created(self._desk, first)
        point_at_created(self._draft)

    def _create(self, batch: list[Missing]) -> None:
        made = [one for item in batch if (one := self._made(item)).fields]
        numbers = range(self.next_record, self.next_record + len(made))
        self.next_record += len(made)
        records, references = self._staged(numbers, made)
        created = [Created(n, one.known.number, one.digest, one.proof) for n, one in zip(numbers, made, strict=True)]
        self.asks_anew = self.asks_anew or bool(references)
        add_created(self._draft, records, self._identities(numbers, made), references, created)

    def _made(self, item: Missing) -> _Made:
        """Give what the first who asks creates that has anything to create it with; no fields where none has."""
        made = self._stated(item)
        if made.fields:
            return made
        others = map(self._stated, askers(self._draft, item.digest, item.proof))
        return next((other for other in others if other.fields), made)

    def _stated(self, item: Missing) -> _Made:
        """Give what one who asks would create; an id of the target never is, nor a record without any value."""
        known = self._compiled.lookups[item.lookup]
        staged = staged_by(self._compiled, known, item.fields, item.field, item.item)
        key = staged.get("key") or created_key(self._asked[known.number], (item.digest, item.proof))
        fields = {} if "id" in staged else staged.get(CREATE) or staged.get("fields") or {}
        return _Made(known, item.digest, item.proof, key, fields)

    def _staged(self, numbers: Sequence[int], made: list[_Made]) -> tuple[list[RecordRow], list[StagedReference]]:
        """Give the records as they are staged, and what they ask for themselves."""
        objects = self._compiled.objects
        records: list[RecordRow] = []
        references: list[StagedReference] = []
        for number, one in zip(numbers, made, strict=True):
            item = objects[one.known.made]
            records.append((number, item.number, None, None, one.key, None, to_json(one.fields), STAGED))
            if any(value.__class__ is dict for value in one.fields.values()):
                references += self._references(one.known, number, one.fields)
        return records, references

    def _identities(self, numbers: Sequence[int], made: list[_Made]) -> list[IdentityRow]:
        """State what records are recognised by, and that what was asked for is each of them."""
        found: set[IdentityRow] = {
            (one.digest, one.proof, number, LOOKUP_LINE, 0) for number, one in zip(numbers, made, strict=True)
        }
        for name in dict.fromkeys(one.known.made for one in made):
            item = self._compiled.objects[name]
            own = [(number, one) for number, one in zip(numbers, made, strict=True) if one.known.made == name]
            keys, fields = [one.key for _number, one in own], [one.fields for _number, one in own]
            found.update(self._stating[name].identities_of_many([number for number, _one in own], keys, fields, []))
            self.asks_anew = self.asks_anew or bool(item.match_level or item.asked_level)
        return list(found)

    def _references(self, known: KnownLookup, record: int, fields: Mapping[str, Any]) -> Iterator[StagedReference]:
        """Let a new record ask for what lookups in it name: those of `create`, and those of the line that decided."""
        inside = {name: inner for (_line, name), inner in known.inside.items()}
        for name, value in fields.items():
            if isinstance(value, dict) and LOOKUP in value:
                inner = known.created.get(name) or inside[name]
                wave = self._compiled.waves[inner.number]
                for digest in inner.digests(value, {}):
                    yield StagedReference(record, name, 0, inner.number, wave[inner.line_of(value)], *digest)
