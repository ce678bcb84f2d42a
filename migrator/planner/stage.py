"""Rows of a source → the draft: each read once, by the pure row function, with identities and references."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from migrator.connectors.protocols import Source, SourceFacts, Table
from migrator.planner.asking import CREATE, key_text
from migrator.planner.compiling import CompiledObject, Line, Step
from migrator.planner.contents import Contents
from migrator.planner.identities import KEY, MARKER, Digest, digest_of, digest_of_fields, marker_of
from migrator.planner.normal import normal
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.rows import PARENT, Finding, Reading, cleaner, to_json
from migrator.records import Action
from migrator.store.draft import (
    STAGED,
    Draft,
    StagedIdentity,
    StagedProblem,
    StagedRecord,
    StagedReference,
)
from migrator.store.plan_schema import CHILD_LINE, FIRST_MATCH_LINE, KEY_LINE, LOOKUP_LINE, MARKER_LINE

Cells = Sequence[Any]

_STEP_SPACE = 1_000


class _Row(NamedTuple):
    """A row on its way: its record number, its number in the file, original and cleaned cells."""

    record: int
    number: int
    cells: Cells
    clean: list[Any]


@dataclass(kw_only=True, slots=True)
class StageCount:
    """What staging an object found: rows read, what each step dropped, and the facts of its files."""

    rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    files: list[SourceFacts] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class _Sheaf:
    """What one batch adds to the draft."""

    records: list[StagedRecord] = field(default_factory=list)
    identities: list[StagedIdentity] = field(default_factory=list)
    references: list[StagedReference] = field(default_factory=list)
    problems: list[StagedProblem] = field(default_factory=list)


class Stage:
    """Stages objects one after the other; record numbers go on from one to the next."""

    def __init__(self, draft: Draft, mapping: str, contents: Contents) -> None:
        self._draft = draft
        self._contents = contents
        self._mapping = mapping
        self.next_record = 1

    async def add(self, compiled: CompiledObject, source: Source) -> StageCount:
        """Read an object's table to its end. Raises SourceError; the draft is then of no use."""
        item = compiled.item
        table = source.table(item.tables)
        row = (compiled.number, item.name, item.to, str(compiled.tier), to_json(list(table.columns)))
        self._draft.add_object(row)
        clean = cleaner(is_text=table.is_text, is_trimmed=item.is_trimmed, blank_values=source.blank_values)
        count = StageCount(dropped={f"{step.number} {step.name}": 0 for step in compiled.steps})
        await self._add_batches(compiled, table, clean, count)
        count.files = table.facts
        return count

    async def _add_batches(
        self, compiled: CompiledObject, table: Table, clean: Callable[[Cells], list[Any]], count: StageCount
    ) -> None:
        async for batch in table.batches:
            file = self._draft.file_number(batch.file)
            sheaf = _Sheaf()
            rows = []
            for number, cells in batch.rows:
                rows.append(_Row(self.next_record, number, cells, clean(cells)))
                self.next_record += 1
            count.rows += len(rows)
            for step in compiled.steps:
                before = len(rows)
                rows = self._step(compiled, step, rows, sheaf, file)
                count.dropped[f"{step.number} {step.name}"] += before - len(rows)
            for row in rows:
                self._read(compiled, row, file, sheaf)
                if self._contents.is_full:
                    self._put(sheaf)
                    sheaf = _Sheaf()
            self._put(sheaf)

    def _put(self, sheaf: _Sheaf) -> None:
        self._draft.add_rows(sheaf.records, sheaf.identities, sheaf.references, sheaf.problems)
        self._draft.add_contents(self._contents.take())

    def _step(self, compiled: CompiledObject, step: Step, rows: list[_Row], sheaf: _Sheaf, file: int) -> list[_Row]:
        whole = [row for row in rows if len(row.clean) == compiled.read.width]
        ragged = [row for row in rows if len(row.clean) != compiled.read.width]
        if step.name == "distinct":
            return self._distinct(compiled, step, whole, sheaf) + ragged
        kept = ragged
        for row in whole:
            try:
                if step.condition(row.clean):
                    kept.append(row)
            except ValueRefusedError as error:
                finding = Finding(error.code, step.name, error.value, error.fact, error.hint)
                reading = Reading(compiled.read.key(row.clean), {}, {}, [finding])
                self._stage(compiled, row, reading, to_json(row.cells), (file, sheaf))
        return kept

    def _distinct(self, compiled: CompiledObject, step: Step, rows: list[_Row], sheaf: _Sheaf) -> list[_Row]:
        number = compiled.number * _STEP_SPACE + step.number
        values = [(row.record, to_json([key_text(_or_blank(get(row.clean))) for get in step.getters])) for row in rows]
        stands_for = self._draft.keep_first(number, values)
        for row in rows:
            first = stands_for[row.record]
            if first != row.record and not step.says_key and (key := compiled.read.key(row.clean)):
                digest = digest_of(compiled.item.name, KEY, key)
                sheaf.identities.append(StagedIdentity(*digest, first, KEY_LINE))
        return [row for row in rows if stands_for[row.record] == row.record]

    def _read(self, compiled: CompiledObject, row: _Row, file: int, sheaf: _Sheaf) -> None:
        written = to_json(row.cells)
        self._stage(compiled, row, compiled.read.read(row.clean, written), written, (file, sheaf))

    def _stage(
        self, compiled: CompiledObject, row: _Row, reading: Reading, written: str, into: tuple[int, _Sheaf]
    ) -> None:
        file, sheaf = into
        is_rejected = any(finding.rejects for finding in reading.findings)
        state = str(Action.REJECT) if is_rejected else STAGED
        number = compiled.number
        sheaf.records.append(
            StagedRecord(row.record, number, file, row.number, reading.key, written, to_json(reading.fields), state)
        )
        sheaf.problems += [StagedProblem(row.record, number, *finding) for finding in reading.findings]
        if reading.key:
            sheaf.identities += identities_of(compiled, row.record, reading.key, reading.fields, self._mapping)
        if not is_rejected:
            sheaf.references += [
                StagedReference(row.record, name, *asked.digest) for name, asked in reading.references.items()
            ]


def identities_of(
    compiled: CompiledObject, record: int, key: str, fields: dict[str, Any], mapping: str
) -> list[StagedIdentity]:
    """Give all by which a planned record can be recognised: key, marker, match lines, and what lookups may ask for."""
    item = compiled.item
    found = [StagedIdentity(*digest_of(item.name, KEY, key), record, KEY_LINE)]
    if compiled.marker:
        marker = key if item.marker.is_bare_key else marker_of(mapping, item.name, key, max_marker(compiled))
        found.append(StagedIdentity(*digest_of(item.to, MARKER, marker), record, MARKER_LINE))
    is_first = 1
    parent = {name: part for name, part in (fields.get(PARENT) or {}).items() if name != CREATE}
    for line in compiled.lines:
        if digest := line_digest(line, item.to, {**fields, **dict.fromkeys(line.keyed, key)} if line.keyed else fields):
            if is_first and parent:  # children of two parents are never duplicates of each other
                digest_below = digest_of(to_json(parent), *map(str, digest))
                found.append(StagedIdentity(*digest_below, record, CHILD_LINE, is_first))
                is_first = 0
            found.append(StagedIdentity(*digest, record, FIRST_MATCH_LINE + line.number, is_first))
            is_first = 0
    asked = (line_digest(line, item.to, fields) for line in compiled.asked)
    found += [StagedIdentity(*digest, record, LOOKUP_LINE) for digest in asked if digest]
    return found


def line_digest(line: Line, target: str, fields: dict[str, Any]) -> Digest | None:
    """Hash the values of a line's fields, as records are compared by them; None if one of them is blank."""
    texts = [normal(kind, fields.get(name)) for name, kind in zip(line.names, line.kinds, strict=True)]
    return digest_of_fields(target, line.names, texts) if all(texts) else None


def max_marker(compiled: CompiledObject) -> int | None:
    """Give the length of the field that keeps the marker; None if the target does not say."""
    field = compiled.target.field(compiled.marker)
    return field.max_length if field else None


def _or_blank(value: Any) -> Any:
    return "" if value is None else value
