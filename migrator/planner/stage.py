"""Rows of a source → the draft: each goes through the steps, and is then read into a record by the engine."""

from dataclasses import dataclass, field

from migrator.connectors.protocols import Source, SourceFacts
from migrator.json_text import to_json
from migrator.planner.cleaning import Cleaning, cleaner, cleaning_of
from migrator.planner.compiling import CompiledObject
from migrator.planner.engines import Engine
from migrator.planner.identities import KEY, digest_of
from migrator.planner.reading import Refused, Sheaf
from migrator.planner.rows import Finding
from migrator.planner.shaping.bench import Row
from migrator.planner.shaping.pipeline import Workshop
from migrator.planner.shaping.steps import CompiledStep
from migrator.store.draft import Draft
from migrator.store.leaving import LeftOut, StandsFor, add_left_out, add_standing, settle_standing
from migrator.store.plan_schema import KEY_LINE

SHEAF_ROWS = 500


@dataclass(kw_only=True, slots=True)
class StageCount:
    """What staging an object found: rows read, those that each step dropped and added, and the facts of its files."""

    rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    multiplied: dict[str, int] = field(default_factory=dict)
    files: list[SourceFacts] = field(default_factory=list)


class Stage:
    """Stages objects one after the other; record numbers go on from one to the next."""

    def __init__(self, draft: Draft, engine: Engine) -> None:
        self._draft = draft
        self.engine = engine
        self._workshop = Workshop(draft=draft)
        self.next_record = 1

    async def add(self, compiled: CompiledObject, source: Source) -> StageCount:
        """Read an object's table to its end. Raises SourceError or PlanError; the draft is then of no use."""
        item, workshop = compiled.item, self._workshop
        count, first = StageCount(), self.next_record
        shelf = _Shelf(self, compiled)
        pipeline = await workshop.open(compiled.steps, source, shelf)
        table = source.table(item.tables)
        row = (compiled.number, item.name, item.to, str(compiled.tier), to_json(list(table.columns)))
        self._draft.add_object(row)
        cleaning = cleaning_of(table, source, is_trimmed=item.is_trimmed)
        clean = cleaner(cleaning) if compiled.steps else None
        shelf.cleaning = None if compiled.steps else cleaning
        async for batch in table.batches:
            count.rows += len(batch.rows)
            for rows in pipeline.take(workshop.rows_of(batch, table, clean, shelf)):
                shelf.put(rows)
        for rows in pipeline.rest():
            shelf.put(rows)
        shelf.close()
        self._draft.note_rows(compiled.number, first, self.next_record - 1)
        count.files = [*table.facts, *workshop.facts]
        for step, bench in zip(compiled.steps, pipeline.benches, strict=True):
            count.dropped[f"{step.number} {step.name}"] = bench.dropped
            count.multiplied[f"{step.number} {step.name}"] = bench.added
        return count

    def read(self, name: str, rows: list[Row | Refused], cleaning: Cleaning | None) -> int:
        """Let the engine read rows of an object into records, and put away what is read; gives the first number."""
        first = self.next_record
        self.next_record += len(rows)
        for sheaf in self.engine.read(name, rows, first, cleaning):
            self._store(sheaf)
        return first

    def finish(self) -> None:
        """Put away what the engine has not given yet."""
        for sheaf in self.engine.rest():
            self._store(sheaf)

    def put_aside(self, left_out: list[LeftOut], standing: list[StandsFor], landed: list[tuple[int, int]]) -> None:
        """Note rows that did not come through the steps."""
        add_left_out(self._draft, left_out)
        add_standing(self._draft, standing, landed)

    def settle(self, depth: int) -> None:
        """State the keys of rows that others stand for."""
        settle_standing(self._draft, KEY_LINE, depth)

    def _store(self, sheaf: Sheaf) -> None:
        self._draft.add_rows(sheaf.records, sheaf.identities, sheaf.references, sheaf.problems)
        self._draft.add_contents(sheaf.contents)


class _Shelf:
    """Where the rows of one object end, whichever way they take."""

    def __init__(self, stage: Stage, compiled: CompiledObject) -> None:
        self._stage = stage
        self._compiled = compiled
        self.cleaning: Cleaning | None = None  # what is left to be done with the cells of the rows
        self._rows: list[Row | Refused] = []
        self._left_out: list[LeftOut] = []
        self._standing: list[StandsFor] = []
        distinct = [step for step in compiled.steps if step.name == "distinct"]
        self._depth = 0 if all(step.says_key for step in distinct) else len(distinct)

    def put(self, rows: list[Row]) -> None:
        """Take rows that came through all steps."""
        self._rows += rows
        self._store_full()

    def close(self) -> None:
        """Put away what is left, after the last row."""
        self._store()
        self._stage.finish()
        if self._depth:
            self._stage.settle(self._depth)

    def refuse(self, step: CompiledStep | None, row: Row, finding: Finding) -> None:
        """Take a row that is refused."""
        self._rows.append(Refused(row, step.key(row.clean) if step else "", finding))
        self._store_full()

    def leave_out(self, step: CompiledStep, row: Row) -> None:
        """Note a row that a step removed, where a lookup may ask for it."""
        if self._compiled.is_asked and (key := step.key(row.clean)):
            digest = digest_of(self._compiled.item.name, KEY, key)
            name = f"{step.number} {step.name}"
            self._left_out.append(LeftOut(*digest, self._compiled.number, row.file, row.number, name))
            self._store_full()

    def stand_for(self, step: CompiledStep, row: Row, kept: int) -> None:
        """Note that another row stands for this one, and for its key where that is another."""
        key = "" if step.says_key else step.key(row.clean)
        digest = digest_of(self._compiled.item.name, KEY, key) if key else (None, None)
        if self._depth:
            self._standing.append(StandsFor(row.token, kept, *digest))
            self._store_full()

    def _store_full(self) -> None:
        if max(len(self._rows), len(self._left_out), len(self._standing)) >= SHEAF_ROWS:
            self._store()

    def _store(self) -> None:
        first = self._stage.read(self._compiled.item.name, self._rows, self.cleaning)
        rows = [one.row if isinstance(one, Refused) else one for one in self._rows] if self._depth else []
        landed = [(row.token, record) for record, row in enumerate(rows, first)]
        self._stage.put_aside(self._left_out, self._standing, landed)
        self._rows, self._left_out, self._standing = [], [], []
