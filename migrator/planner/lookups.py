"""What references point at: resolved object by object, creating what is missing, one record for each value."""

import json
from itertools import islice
from typing import Any

from migrator.planner.asking import CREATE, spell_asked
from migrator.planner.cascades import reject_cascades
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.decisions import BATCH, Decisions
from migrator.planner.identities import created_key
from migrator.planner.matching import settle_created
from migrator.planner.rows import PARENT, to_json
from migrator.planner.stage import identities_of
from migrator.records import Action
from migrator.spec.values import Lookup
from migrator.store.draft import STAGED, Draft, StagedIdentity, StagedProblem, StagedRecord
from migrator.store.references import (
    Found,
    Hit,
    Missing,
    add_created,
    found_by,
    missing,
    point_at_created,
)

_NAMED = 5


class Lookups:
    """Resolves the references of a whole draft; `next_record` numbers what it creates."""

    def __init__(self, compiled: Compiled, draft: Draft, next_record: int) -> None:
        self._compiled = compiled
        self._draft = draft
        self.next_record = next_record

    def resolve_all(self) -> None:
        """Resolve object by object, parents first; then reject what points at rejected records, and so on."""
        for name in self._compiled.order.objects:
            self._resolve_object(self._compiled.objects[name])
        reject_cascades(self._draft)

    def _resolve_object(self, item: CompiledObject) -> None:
        with Decisions(self._draft) as decisions:
            for found in found_by(self._draft, item.number):
                self._decide(item, self._compiled.lookup(item.item.name, found.field), found, decisions)
        self._create_missing(item)

    def _decide(self, item: CompiledObject, lookup: Lookup, found: Found, decisions: Decisions) -> None:
        live = [hit for hit in found.hits if hit.record < 0 or hit.state == STAGED]
        if len(live) == 1 or (live and lookup.on_ambiguous == "first"):
            decisions.resolve(found.record, found.field, live[0].record)
        elif live:
            decisions.reject(_problem(item, found, _ambiguous(live)))
        elif any(hit.state == Action.REJECT for hit in found.hits):
            rejected = next(hit for hit in found.hits if hit.state == Action.REJECT)
            decisions.resolve(found.record, found.field, rejected.record)  # the cascade tells the cause
        elif lookup.on_missing == "create":
            decisions.miss(found.record, found.field, found.digest, found.proof)
        elif lookup.on_missing == "skip":
            decisions.skip(found.record)
        elif lookup.on_missing == "reject":
            why = (
                "its row was left out"
                if found.hits
                else f"not in the source, nor in {self._compiled.catalog.connector}"
            )
            hint = "add it, correct the value, or state on_missing: create | blank | skip"
            decisions.reject(_problem(item, found, ("E203", f"no {lookup.objects[0]} found, {why}", hint)))

    def _create_missing(self, asking: CompiledObject) -> None:
        """Make one record for each value that was asked for in vain, in the spelling of the first who asked."""
        first = self.next_record
        asked = missing(self._draft)
        while batch := list(islice(asked, BATCH)):
            self._create(asking, batch)
        if self.next_record > first:
            settle_created(self._compiled, self._draft, first)
            point_at_created(self._draft)

    def _create(self, asking: CompiledObject, batch: list[Missing]) -> None:
        records: list[StagedRecord] = []
        identities: list[StagedIdentity] = []
        pointers: list[tuple[int, int, int]] = []
        for item in batch:
            made = self._compiled.objects[self._compiled.lookup(asking.item.name, item.field).objects[0]]
            fields = _fields_of(item)
            key = item.fields[item.field].get("key") or created_key(made.item.to, (item.digest, item.proof))
            record = self.next_record
            self.next_record += 1
            records.append(StagedRecord(record, made.number, None, None, key, None, to_json(fields)))
            identities += identities_of(made, record, key, fields, self._compiled.spec.name)
            pointers.append((item.digest, item.proof, record))
        add_created(self._draft, records, identities, pointers)


def _fields_of(item: Missing) -> dict[str, Any]:
    """Give the fields of a new record: those under `create`, else those of the line that decided."""
    staged = item.fields[item.field]
    return dict(staged.get(CREATE) or staged.get("fields") or {})


def _problem(item: CompiledObject, found: Found, why: tuple[str, str, str]) -> StagedProblem:
    """Say why a reference rejects its record: code, fact and hint, with the value that was looked for."""
    code, fact, hint = why
    name = "parent" if found.field == PARENT else found.field
    value = spell_asked(json.loads(found.fields)[found.field])
    return StagedProblem(found.record, item.number, code, name, value, f"{fact}: '{value}'", hint)


def _ambiguous(live: list[Hit]) -> tuple[str, str, str]:
    listed = "; ".join(_spell(hit) for hit in live[:_NAMED])
    more = f" and {len(live) - _NAMED} more" if len(live) > _NAMED else ""
    fact = f"{len(live)} records answer: {listed}{more}"
    return "E205", fact, "look it up by key or id, or by more fields"


def _spell(hit: Hit) -> str:
    place = f"{hit.file}:{hit.row}" if hit.row else "in the target"
    return f"{hit.label or hit.key} ({place})"
