"""Rows of a source → the draft: each read once, by the pure row function, with identities and references."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from migrator.connectors.protocols import Source, SourceFacts
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.contents import Contents
from migrator.planner.identities import KEY, MARKER, digest_of, marker_of
from migrator.planner.known import CREATE
from migrator.planner.lines import PARENT
from migrator.planner.rows import Finding, Reading, to_json
from migrator.planner.shaping.bench import Row
from migrator.planner.shaping.pipeline import Workshop, cleaner_of
from migrator.planner.shaping.steps import CompiledStep
from migrator.records import Action
from migrator.store.draft import (
    STAGED,
    Draft,
    StagedIdentity,
    StagedProblem,
    StagedRecord,
    StagedReference,
)
from migrator.store.leaving import LeftOut, StandsFor, add_left_out, add_standing, settle_standing
from migrator.store.plan_schema import CHILD_LINE, FIRST_MATCH_LINE, KEY_LINE, LOOKUP_LINE, MARKER_LINE

SHEAF_ROWS = 1_000


@dataclass(kw_only=True, slots=True)
class StageCount:
    """What staging an object found: rows read, those that each step dropped and added, and the facts of its files."""

    rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    multiplied: dict[str, int] = field(default_factory=dict)
    files: list[SourceFacts] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class _Sheaf:
    """What goes into the draft at once."""

    records: list[StagedRecord] = field(default_factory=list)
    identities: list[StagedIdentity] = field(default_factory=list)
    references: list[StagedReference] = field(default_factory=list)
    problems: list[StagedProblem] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    standing: list[StandsFor] = field(default_factory=list)
    landed: list[tuple[int, int]] = field(default_factory=list)


class Stage:
    """Stages objects one after the other; record numbers go on from one to the next."""

    def __init__(self, draft: Draft, compiled: Compiled, contents: Contents) -> None:
        self._draft = draft
        self._contents = contents
        self._mapping = compiled.spec.name
        self._waves = compiled.waves
        self._workshop = Workshop(draft=draft)
        self.next_record = 1

    @property
    def is_full(self) -> bool:
        """Tell whether the rows at hand hold so much text that they should be put away."""
        return self._contents.is_full

    async def add(self, compiled: CompiledObject, source: Source) -> StageCount:
        """Read an object's table to its end. Raises SourceError; the draft is then of no use."""
        item, workshop = compiled.item, self._workshop
        count = StageCount()
        shelf = _Shelf(self, compiled)
        pipeline = await workshop.open(compiled.steps, source, shelf)
        table = source.table(item.tables)
        row = (compiled.number, item.name, item.to, str(compiled.tier), to_json(list(table.columns)))
        self._draft.add_object(row)
        clean = cleaner_of(table, source, is_trimmed=item.is_trimmed)
        async for batch in table.batches:
            count.rows += len(batch.rows)
            for rows in pipeline.take(list(workshop.rows_of(batch, table, clean, shelf))):
                shelf.put(rows)
        for rows in pipeline.rest():
            shelf.put(rows)
        shelf.close()
        count.files = [*table.facts, *workshop.facts]
        for step, bench in zip(compiled.steps, pipeline.benches, strict=True):
            count.dropped[f"{step.number} {step.name}"] = bench.dropped
            count.multiplied[f"{step.number} {step.name}"] = bench.added
        return count

    def stage(self, compiled: CompiledObject, row: Row, reading: Reading, sheaf: "_Sheaf") -> int:
        """Add a row that came to its end to a sheaf; gives its record number."""
        record, number = self.next_record, compiled.number
        self.next_record += 1
        findings = [*row.notes, *reading.findings]
        is_rejected = any(finding.rejects for finding in findings)
        state = str(Action.REJECT) if is_rejected else str(Action.SKIP) if reading.is_skipped else STAGED
        place = (row.file, row.number)
        sheaf.records.append(
            StagedRecord(record, number, *place, reading.key, row.written, to_json(reading.fields), state)
        )
        sheaf.problems += [StagedProblem(record, number, *finding) for finding in findings]
        if reading.key:
            sheaf.identities += identities_of(compiled, record, reading.key, reading.fields, self._mapping)
            sheaf.identities += [StagedIdentity(*digest, record, LOOKUP_LINE) for digest in reading.rows]
        if state == STAGED:
            sheaf.references += [
                StagedReference(record, *query[:3], self._waves[query.lookup][query.line], *query.digest)
                for query in reading.references
            ]
        return record

    def store(self, sheaf: "_Sheaf") -> None:
        """Put a sheaf into the draft."""
        self._draft.add_rows(sheaf.records, sheaf.identities, sheaf.references, sheaf.problems)
        self._draft.add_contents(self._contents.take())
        if sheaf.left_out:
            add_left_out(self._draft, sheaf.left_out)
        if sheaf.standing or sheaf.landed:
            add_standing(self._draft, sheaf.standing, sheaf.landed)

    def settle(self, depth: int) -> None:
        """State the keys of rows that others stand for."""
        settle_standing(self._draft, KEY_LINE, depth)


class _Shelf:
    """Where the rows of one object end, whichever way they take."""

    def __init__(self, stage: Stage, compiled: CompiledObject) -> None:
        self._stage = stage
        self._compiled = compiled
        self._sheaf = _Sheaf()
        self._has_joined = any(step.table for step in compiled.steps)
        distinct = [step for step in compiled.steps if step.name == "distinct"]
        self._depth = 0 if all(step.says_key for step in distinct) else len(distinct)

    def put(self, rows: list[Row]) -> None:
        """Read rows that came through all steps."""
        read = self._compiled.read.read
        for row in rows:
            looked_over = to_json(row.clean) if self._has_joined else row.written
            self._add(row, read(row.clean, looked_over))

    def close(self) -> None:
        """Put away what is left, after the last row."""
        self._store()
        if self._depth:
            self._stage.settle(self._depth)

    def refuse(self, step: CompiledStep | None, row: Row, finding: Finding) -> None:
        """Stage a row as refused."""
        self._add(row, Reading(step.key(row.clean) if step else "", {}, [], [finding]))

    def leave_out(self, step: CompiledStep, row: Row) -> None:
        """Note a row that a step removed, where a lookup may ask for it."""
        if self._compiled.is_asked and (key := step.key(row.clean)):
            digest = digest_of(self._compiled.item.name, KEY, key)
            name = f"{step.number} {step.name}"
            self._sheaf.left_out.append(LeftOut(*digest, self._compiled.number, row.file, row.number, name))
            if len(self._sheaf.left_out) >= SHEAF_ROWS:
                self._store()

    def stand_for(self, step: CompiledStep, row: Row, kept: int) -> None:
        """Note that another row stands for this one, and for its key where that is another."""
        key = "" if step.says_key else step.key(row.clean)
        digest = digest_of(self._compiled.item.name, KEY, key) if key else (None, None)
        if self._depth:
            self._sheaf.standing.append(StandsFor(row.token, kept, *digest))
            if len(self._sheaf.standing) >= SHEAF_ROWS:
                self._store()

    def _add(self, row: Row, reading: Reading) -> None:
        record = self._stage.stage(self._compiled, row, reading, self._sheaf)
        if self._depth:
            self._sheaf.landed.append((row.token, record))
        if len(self._sheaf.records) >= SHEAF_ROWS or self._stage.is_full:
            self._store()

    def _store(self) -> None:
        self._stage.store(self._sheaf)
        self._sheaf = _Sheaf()


def identities_of(
    compiled: CompiledObject, record: int, key: str, fields: dict[str, Any], mapping: str
) -> list[StagedIdentity]:
    """Give what a planned record is recognised by at once: key, marker, match lines, and what lookups may ask for."""
    item = compiled.item
    found = [StagedIdentity(*digest_of(item.name, KEY, key), record, KEY_LINE)]
    if compiled.marker:
        marker = key if item.marker.is_bare_key else marker_of(mapping, item.name, key, max_marker(compiled))
        found.append(StagedIdentity(*digest_of(item.to, MARKER, marker), record, MARKER_LINE))
    if not compiled.match_level:
        found += match_identities(compiled, record, key, fields)
    if not compiled.asked_level:
        found += asked_identities(compiled, record, fields)
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
