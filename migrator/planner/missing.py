"""What lookups miss and create: one record for each value that was asked for in vain, many at once."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from migrator.json_text import to_json
from migrator.planner.creating import Creating
from migrator.planner.decisions import BATCH
from migrator.planner.desk import Desk
from migrator.planner.identities import created_key
from migrator.planner.known import CREATE, LOOKUP, KnownLookup
from migrator.planner.late import staged_by
from migrator.planner.matching import settle_created
from migrator.planner.stating import Stating
from migrator.store.created import Missing, add_created, askers, missing, recognise_created
from migrator.store.draft import STAGED, IdentityRow, StagedRecord, StagedReference
from migrator.store.plan_schema import LOOKUP_LINE
from migrator.store.references import Created

_Columns = tuple[list[int], list[str], list[dict[str, Any]]]  # numbers, keys and fields of records of one object

MAX_FRESH = 50_000  # records whose identities are sorted together, and whose twins are held in memory


class _Made(NamedTuple):
    """A record that one who asks would create: by which lookup, for which value, with which key and fields."""

    known: KnownLookup
    digest: int
    proof: int
    key: str
    fields: dict[str, Any]


class RecordMaker:
    """Makes the records that lookups miss; `next_record` numbers them.

    `asks_anew` tells that some of them ask for others themselves, or state later what they are recognised by.
    """

    def __init__(self, desk: Desk, next_record: int) -> None:
        self._desk = desk
        self._compiled = desk.compiled
        self._draft = desk.draft
        mapping = desk.compiled.spec.name
        self._stating = {name: Stating(item, mapping) for name, item in desk.compiled.objects.items()}
        self._creating = {
            name: Creating(desk.compiled, item, self._stating[name]) for name, item in desk.compiled.objects.items()
        }
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

    def _create(self, batch: list[Missing]) -> None:
        found = [one for item in batch if (one := self._made(item)).fields]
        made = list(enumerate(found, self.next_record))
        self.next_record += len(made)
        by_object: dict[str, list[tuple[int, _Made]]] = {}
        for number, one in made:
            by_object.setdefault(one.known.made, []).append((number, one))
        records: list[StagedRecord] = []
        identities: set[IdentityRow] = {(one.digest, one.proof, number, LOOKUP_LINE, 0) for number, one in made}
        for name, some in by_object.items():
            columns = [n for n, _one in some], [one.key for _n, one in some], [one.fields for _n, one in some]
            records += self._staged(name, columns)
            identities.update(self._identities(name, columns))
        references = [asked for number, one in made for asked in self._references(number, one)]
        self.asks_anew = self.asks_anew or bool(references)
        created = [Created(number, one.known.number, one.digest, one.proof) for number, one in made]
        add_created(self._draft, records, list(identities), references, created)

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

    def _staged(self, name: str, columns: _Columns) -> Iterator[StagedRecord]:
        """Give records of one object as they are staged."""
        number, (numbers, keys, fields) = self._compiled.objects[name].number, columns
        texts = [to_json(one) for one in fields]
        told = self._creating[name].of_many(numbers, keys, texts)
        for record, key, text, creating in zip(numbers, keys, texts, told, strict=True):
            yield StagedRecord(record, number, None, None, key, None, text, STAGED, *creating)

    def _identities(self, name: str, columns: _Columns) -> list[IdentityRow]:
        """State what records of one object are recognised by."""
        item = self._compiled.objects[name]
        self.asks_anew = self.asks_anew or bool(item.match_level or item.asked_level)
        numbers, keys, _fields = columns
        stating = self._stating[name]
        return stating.identities_of_many(*columns, []) + stating.marked(numbers, keys)

    def _references(self, record: int, made: _Made) -> Iterator[StagedReference]:
        """Let a new record ask for what lookups in it name: those of `create`, and those of the line that decided."""
        known = made.known
        for name, value in made.fields.items():
            if value.__class__ is dict and LOOKUP in value:
                inside = {name: inner for (_line, name), inner in known.inside.items()}
                inner = known.created.get(name) or inside[name]
                wave = self._compiled.waves[inner.number]
                for digest in inner.digests(value, {}):
                    yield StagedReference(record, name, 0, inner.number, wave[inner.line_of(value)], *digest)
