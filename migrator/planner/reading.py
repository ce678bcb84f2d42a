"""Rows → all that the draft takes of them, many at once: it needs nothing but the rows, so any process can do it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import NamedTuple

from migrator.json_text import to_json
from migrator.planner.cleaning import Cleaner, Cleaning, cleaner
from migrator.planner.compiling import Compiled
from migrator.planner.contents import Contents
from migrator.planner.creating import NOT_TOLD, Creating
from migrator.planner.depending import reads_files, values_of
from migrator.planner.rows import Finding, Reading
from migrator.planner.shaping.bench import Row
from migrator.planner.stating import Stating
from migrator.planner.together import Said, Together
from migrator.records import Action
from migrator.store.cells import MARK, pack_cells, pack_rows
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
        self._width = item.read.width
        self._blank = Row(0, 0, 0, MARK * self._width, [""] * self._width)
        self._is_joined = any(step.table for step in item.steps)
        self._stating = Stating(item, compiled.spec.name)
        self._creating = Creating(compiled, item, self._stating)
        self._waves = compiled.waves
        self._contents = contents
        self._clean: Cleaner | None = None
        self._together = Together(item.read, compiled.waves, has_steps=bool(item.steps))
        self._reads_files = any(reads_files(value) for value in values_of(item.item))

    def read(self, rows: Sequence[Row | Refused], first: int, cleaning: Cleaning | None = None) -> Iterator[Sheaf]:
        """Read rows into records that are numbered from `first` on; in several parts where they name large files.

        `cleaning` says what is to be done with their cells before.
        """
        if self._reads_files:
            return self.read_each(rows, first, cleaning)
        self._clean = cleaner(cleaning) if cleaning else None
        return iter([self._read_together(rows, first)])

    def read_each(self, rows: Sequence[Row | Refused], first: int, cleaning: Cleaning | None = None) -> Iterator[Sheaf]:
        """Read one row after the other: what `read` gives must be the same."""
        self._clean = cleaner(cleaning) if cleaning else None
        sheaf = Sheaf()
        for record, row in enumerate(rows, first):
            self._read_one(record, row, sheaf)
            if self._contents.is_full:
                sheaf.contents = self._contents.take()
                yield sheaf
                sheaf = Sheaf()
        sheaf.contents = self._contents.take()
        yield sheaf

    def _read_together(self, rows: Sequence[Row | Refused], first: int) -> Sheaf:
        """Read plain rows by columns, and then each other one by itself into its place."""
        if not rows:
            return Sheaf()
        known_odd = self._odd_among(rows)
        given = [self._blank if n in known_odd else row for n, row in enumerate(rows)] if known_odd else rows
        _tokens, files, numbers, written, cells, _notes = zip(*given, strict=True)
        clean = [*map(self._clean, cells)] if self._clean else cells
        said = self._together.read(clean, pack_rows(clean) if self._is_joined else written, known_odd)
        if said.odd:
            files, numbers, written = ([column[n] for n in said.numbers] for column in (files, numbers, written))
        records = [first + n for n in said.numbers]
        texts = list(map(to_json, said.fields))
        staged = zip(records, repeat(self._number), files, numbers, said.keys, written, texts, strict=False)
        are_all_refused = len(said.refused) == len(records)
        told = [NOT_TOLD] * len(records) if are_all_refused else self._creating.of_many(records, said.keys, texts)
        sheaf = Sheaf(
            records=[(*row, STAGED, *one) for row, one in zip(staged, told, strict=True)],
            identities=self._stating.identities_of_many(records, said.keys, said.fields, said.rows),
            references=_references(records, said),
        )
        if said.refused:
            self._refuse({first + n: findings for n, findings in said.refused.items()}, sheaf)
        for n in said.odd:
            self._read_one(first + n, rows[n], sheaf)
        if said.odd:
            sheaf.problems.sort(key=itemgetter(0))
            sheaf.records.sort(key=itemgetter(0))
            sheaf.identities.sort(key=itemgetter(2))
            sheaf.references.sort(key=itemgetter(0))
        return sheaf

    def _refuse(self, refused: Mapping[int, list[Finding]], sheaf: Sheaf) -> None:
        """Mark records that are refused for some of their values, and say why."""
        number, state = self._number, str(Action.REJECT)
        sheaf.records = [(*row[:7], state, *NOT_TOLD) if row[0] in refused else row for row in sheaf.records]
        for record, findings in refused.items():
            sheaf.problems += [StagedProblem(record, number, *finding) for finding in findings]

    def _odd_among(self, rows: Sequence[Row | Refused]) -> set[int]:
        """Find the rows that must be read by themselves, before a look into their cells."""
        width = self._width
        return {n for n, row in enumerate(rows) if isinstance(row, Refused) or row.notes or len(row.clean) != width}

    def _read_one(self, record: int, row: Row | Refused, sheaf: Sheaf) -> None:
        if isinstance(row, Refused):
            self._stage(record, row.row, Reading(row.key, {}, [], [row.finding]), sheaf)
            return
        written = pack_cells(row.clean) if self._is_joined else row.written
        clean = self._clean(row.clean) if self._clean else row.clean
        self._stage(record, row, self._read(clean, written), sheaf)

    def _stage(self, record: int, row: Row, reading: Reading, sheaf: Sheaf) -> None:
        number = self._number
        findings = [*row.notes, *reading.findings]
        is_rejected = bool(findings) and any(finding.rejects for finding in findings)
        state = str(Action.REJECT) if is_rejected else str(Action.SKIP) if reading.is_skipped else STAGED
        fields = to_json(reading.fields)
        (told,) = self._creating.of_many([record], [reading.key], [fields]) if state == STAGED else (NOT_TOLD,)
        sheaf.records.append((record, number, row.file, row.number, reading.key, row.written, fields, state, *told))
        if findings:
            sheaf.problems += [StagedProblem(record, number, *finding) for finding in findings]
        if reading.key:
            sheaf.identities += self._stating.identities(record, reading.key, reading.fields)
            if reading.rows:
                sheaf.identities += [(*digest, record, LOOKUP_LINE, 0) for digest in reading.rows]
        if state == STAGED:
            waves = self._waves
            sheaf.references += [
                (record, slot, item, lookup, waves[lookup][line], *digest)
                for slot, item, lookup, line, digest in reading.references
            ]


def _references(records: Sequence[int], said: Said) -> list[ReferenceRow]:
    return [
        (record, *tail)
        for record, row in zip(records, zip(*said.pointed, strict=True), strict=False)
        for one in row
        if one is not None
        for tail in one[1]
    ]
