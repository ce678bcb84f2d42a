"""Rows of a source → the draft: each read once, by the pure row function, with identities and references."""

from dataclasses import dataclass, field

from migrator.connectors.protocols import Source, SourceFacts
from migrator.json_text import to_json
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.contents import Contents
from migrator.planner.identities import KEY, digest_of
from migrator.planner.rows import Finding, Reading
from migrator.planner.shaping.bench import Row
from migrator.planner.shaping.pipeline import Workshop, cleaner_of
from migrator.planner.shaping.steps import CompiledStep
from migrator.planner.stating import Stating
from migrator.records import Action
from migrator.store.cells import pack_cells
from migrator.store.draft import (
    STAGED,
    Draft,
    IdentityRow,
    RecordRow,
    ReferenceRow,
    StagedProblem,
)
from migrator.store.leaving import LeftOut, StandsFor, add_left_out, add_standing, settle_standing
from migrator.store.plan_schema import KEY_LINE, LOOKUP_LINE

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

    records: list[RecordRow] = field(default_factory=list)
    identities: list[IdentityRow] = field(default_factory=list)
    references: list[ReferenceRow] = field(default_factory=list)
    problems: list[StagedProblem] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    standing: list[StandsFor] = field(default_factory=list)
    landed: list[tuple[int, int]] = field(default_factory=list)


class Stage:
    """Stages objects one after the other; record numbers go on from one to the next."""

    def __init__(self, draft: Draft, compiled: Compiled, contents: Contents) -> None:
        self._draft = draft
        self._contents = contents
        self._stating = {name: Stating(item, compiled.spec.name) for name, item in compiled.objects.items()}
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
        is_rejected = bool(findings) and any(finding.rejects for finding in findings)
        state = str(Action.REJECT) if is_rejected else str(Action.SKIP) if reading.is_skipped else STAGED
        place = (row.file, row.number)
        sheaf.records.append((record, number, *place, reading.key, row.written, to_json(reading.fields), state))
        if findings:
            sheaf.problems += [StagedProblem(record, number, *finding) for finding in findings]
        if reading.key:
            sheaf.identities += self._stating[compiled.item.name].identities(record, reading.key, reading.fields)
            if reading.rows:
                sheaf.identities += [(*digest, record, LOOKUP_LINE, 0) for digest in reading.rows]
        if state == STAGED:
            waves = self._waves
            sheaf.references += [
                (record, slot, item, lookup, waves[lookup][line], *digest)
                for slot, item, lookup, line, digest in reading.references
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
            looked_over = pack_cells(row.clean) if self._has_joined else row.written
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
