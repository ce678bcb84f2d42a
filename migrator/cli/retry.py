"""`migrator retry`: a new plan of the rows that did not make it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from migrator.cli.construct import find_plan, reader_of, report_folder
from migrator.cli.main import Manner
from migrator.cli.planning import Wish, near, plan_and_report, print_plan
from migrator.cli.printing import print_problems
from migrator.connectors.files.source import FileSource
from migrator.connectors.picked import Picked, PickedRows, RejectsFile
from migrator.connectors.protocols import Batch, Source, SourceFacts
from migrator.errors import Problem, SpecError
from migrator.planner.making import Retry
from migrator.reports.guarded import unsafe_cell
from migrator.reports.rejects import original_cell
from migrator.spec.values import MappingSpec, ObjectSpec
from migrator.store.ledger import LedgerReader, hash_file, unknown_plan
from migrator.store.plan import Plan
from migrator.store.refused import RefusedRows, columns_of, planned_keys, rows_that_failed

MAX_TOLD = 20
BATCH_ROWS = 1_000
GATHERING = frozenset({"group", "fill_down"})


@click.command("retry")
@click.argument("spelled_plan", metavar="[PLAN|RUN]", default="last")
@click.option("--rejects", type=click.Path(path_type=Path), help="The rejects file with corrected rows.")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="The new plan.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(manner: Manner, spelled_plan: str, rejects: Path | None, output: Path | None, is_json: bool) -> int:
    """Plan again what did not make it, with the mapping as it is now.

    With --rejects the rows of a mended rejects.csv, else those that the target refused, and those that were blocked by
    them. RUN is a plan file, the number of a run, or 'last'.
    """
    with find_plan(spelled_plan) as plan:
        path = output or plan.path.with_name(f"{plan.path.stem}-retry.plan")
        refused = RefusedRows(plan) if rejects else None
        again = mended_rows(plan, rejects, refused) if rejects and refused else failed_rows(plan)
        wish = Wish(mapping=Path(near(Path(plan.header["mapping"]["path"]))), output=path, again=again)
        summary = plan_and_report(wish, manner)
        if refused:
            with Plan(path) as made:
                print_problems(_strangers(made, refused))
    print_plan(summary, report_folder(path), manner, is_json=is_json)
    return 4 if any(guard["guard"] == "rejects" for guard in summary.header["guards"]) else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """What is planned again of a plan: where it comes from, and the rows of each object by its name."""

    told: Retry
    rows: dict[str, Picked]

    def pick(self, spec: MappingSpec, source: Source) -> tuple[MappingSpec, Source]:
        """Let these rows stand in the place of what the objects of a mapping are read from."""
        picked: dict[str, Picked] = {}
        objects: dict[str, ObjectSpec] = {}
        for name, item in spec.objects.items():
            head = "" if "" in spec.sources else item.tables[0].partition("/")[0]
            table = f"{head}/rows of {name}".removeprefix("/")
            rows = self.rows.get(name) or Picked(columns=source.columns(item.tables), batches=_no_rows)
            blank_values = frozenset(spec.sources[head].settings.get("blank_values", ()))
            picked[table] = replace(rows, batches=_guarded(spec, item, rows), blank_values=blank_values)
            objects[name] = replace(item, tables=(table,))
        return replace(spec, objects=objects), PickedRows(whole=source, picked=picked)


async def _no_rows(_facts: list[SourceFacts]) -> AsyncIterator[Batch]:
    for batch in list[Batch]():
        yield batch


def _guarded(spec: MappingSpec, item: ObjectSpec, rows: Picked) -> Any:
    """Refuse rows of an object whose steps look at the rows beside them: alone they would say something else."""

    async def walk(facts: list[SourceFacts]) -> AsyncIterator[Batch]:
        async for batch in rows.batches(facts):
            for step in item.rows if batch.rows else ():
                if step.name in GATHERING:
                    fact = f"rows of '{item.name}' mean nothing without those beside them, for '{step.name}'"
                    hint = "correct the source itself, and plan all of it"
                    raise SpecError(Problem(code="E410", place=spec.place(step.pointer), fact=fact, hint=hint))
            yield batch

    return walk


def mended_rows(plan: Plan, path: Path, refused: RefusedRows) -> _Rows:
    """Take the rows of a rejects file that somebody mended. Raises SourceError."""
    path = path.absolute()
    files = FileSource(project=path.parent, base=path.parent, settings={})

    def mend(name: str, row: str, cells: list[str]) -> list[Any]:
        now = [unsafe_cell(cell) for cell in cells]
        then = max(
            (one for one in refused.cells(name, row) if len(one) == len(now)),
            key=lambda one: sum(original_cell(a) == b for a, b in zip(one, now, strict=True)),
            default=[None] * len(now),
        )
        return [a if a is not None and original_cell(a) == b else b for a, b in zip(then, now, strict=True)]

    file = RejectsFile(files=files, name=path.name, objects=columns_of(plan), mend=mend)
    file.check()
    told = Retry(plan=plan.id, file=path.name, path=str(path), sha256=hash_file(path))
    return _Rows(told=told, rows={name: file.of(name) for name in file.objects})


def failed_rows(plan: Plan) -> _Rows:
    """Take the rows that the target refused, or that such a refusal blocked. Raises PlanError."""
    reader = reader_of(plan)
    if reader is None:
        raise unknown_plan(plan.path)
    reader.__exit__()
    told = Retry(plan=plan.id, file=plan.path.name, path=str(plan.path.absolute()), sha256=hash_file(plan.path))

    def of(name: str, columns: tuple[str, ...]) -> Picked:
        async def walk(facts: list[SourceFacts]) -> AsyncIterator[Batch]:
            count = 0
            with LedgerReader(reader.path) as ledger:
                for file, rows in groupby(rows_that_failed(plan, ledger, name), key=itemgetter(0)):
                    while part := [(number, cells) for _file, number, cells in islice(rows, BATCH_ROWS)]:
                        count += len(part)
                        yield Batch(file=file, rows=part)
            size = plan.path.stat().st_size
            facts.append(SourceFacts(file=told.file, sha256=told.sha256, size=size, rows=count))

        return Picked(columns=columns, batches=walk)

    return _Rows(told=told, rows={name: of(name, columns) for name, columns in columns_of(plan).items()})


def _strangers(made: Plan, refused: RefusedRows) -> Iterator[Problem]:
    """Tell of rows whose key no refused row has: a new key, or a slip of the pen."""
    unknown = ((name, place, key) for name, place, key in planned_keys(made) if not refused.has_key(name, key))
    hint = "planned all the same; is the key right?"
    for name, place, key in islice(unknown, MAX_TOLD):
        yield Problem(code="W407", place=place, fact=f"no refused row of {name} has the key '{key}'", hint=hint)
    if rest := sum(1 for _one in unknown):
        yield Problem(code="W407", fact=f"and {rest:,} more rows whose key no refused row has")
