"""Rows → all that the draft takes of them, many at once: it needs nothing but the rows, so any process can do it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from migrator.json_text import to_json
from migrator.planner.compiling import Compiled
from migrator.planner.contents import Contents
from migrator.planner.rows import Finding, Reading
from migrator.planner.shaping.bench import Row
from migrator.planner.stating import Stating
from migrator.records import Action
from migrator.store.cells import pack_cells
from migrator.store.draft import STAGED, IdentityRow, RecordRow, ReferenceRow, StagedProblem
from migrator.store.plan_schema import LOOKUP_LINE


class Refused(NamedTuple):
    """A row that did not come through the steps before it was read: its key as far as it is known, and why."""

    row: Row
    key: str
    finding: Finding


@dataclass(kw_only=True, slots=True)
class Sheaf:
    """What goes into the draft at once."""

    records: list[RecordRow] = field(default_factory=list)
    identities: list[IdentityRow] = field(default_factory=list)
    references: list[ReferenceRow] = field(default_factory=list)
    problems: list[StagedProblem] = field(default_factory=list)
    contents: list[tuple[str, str, int]] = field(default_factory=list)


class RowReader:
    """Reads the rows of one object, each into one record."""

    def __init__(self, compiled: Compiled, name: str, contents: Contents) -> None:
        item = compiled.objects[name]
        self._number = item.number
        self._read = item.read.read
        self._is_joined = any(step.table for step in item.steps)
        self._identities = Stating(item, compiled.spec.name).identities
        self._waves = compiled.waves
        self._contents = contents

    def read(self, rows: Sequence[Row | Refused], first: int) -> Iterator[Sheaf]:
        """Read rows into records that are numbered from `first` on; in several parts where they name large files."""
        sheaf = Sheaf()
        for record, row in enumerate(rows, first):
            if isinstance(row, Refused):
                self._stage(record, row.row, Reading(row.key, {}, [], [row.finding]), sheaf)
                continue
            written = pack_cells(row.clean) if self._is_joined else row.written
            self._stage(record, row, self._read(row.clean, written), sheaf)
            if self._contents.is_full:
                sheaf.contents = self._contents.take()
                yield sheaf
                sheaf = Sheaf()
        sheaf.contents = self._contents.take()
        yield sheaf

    def _stage(self, record: int, row: Row, reading: Reading, sheaf: Sheaf) -> None:
        number = self._number
        findings = [*row.notes, *reading.findings]
        is_rejected = bool(findings) and any(finding.rejects for finding in findings)
        state = str(Action.REJECT) if is_rejected else str(Action.SKIP) if reading.is_skipped else STAGED
        fields = to_json(reading.fields)
        sheaf.records.append((record, number, row.file, row.number, reading.key, row.written, fields, state))
        if findings:
            sheaf.problems += [StagedProblem(record, number, *finding) for finding in findings]
        if reading.key:
            sheaf.identities += self._identities(record, reading.key, reading.fields)
            if reading.rows:
                sheaf.identities += [(*digest, record, LOOKUP_LINE, 0) for digest in reading.rows]
        if state == STAGED:
            waves = self._waves
            sheaf.references += [
                (record, slot, item, lookup, waves[lookup][line], *digest)
                for slot, item, lookup, line, digest in reading.references
            ]
