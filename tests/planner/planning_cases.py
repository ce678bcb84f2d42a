"""What the planner's tests share: a CRM in memory, small mappings and tables, and a plan in a form that can be read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledgers import remember
from showing import shown

from migrator.connectors.files.source import FileSource
from migrator.connectors.protocols import Batch, Intend, Source, SourceFacts, Table, go_ahead
from migrator.connectors.registry import find_definition
from migrator.located import parse_located
from migrator.planner.forms import Note, ReadFiles, Scope, compile_value
from migrator.planner.making import INLINE, Planning, make_plan
from migrator.planner.naming import Names
from migrator.planner.paths import make_getter
from migrator.planner.refusal import ValueRefusedError
from migrator.ports import Rng, SystemClock
from migrator.records import Catalog, Identity, Outcome, Question, TargetRecord, Write
from migrator.spec.read import read_spec
from migrator.spec.values import Block, From, Limit, Limits, MappingSpec, Transform, Value
from migrator.store.changes import Change, operation_id
from migrator.store.ledger import Ledger
from migrator.store.plan import Plan
from migrator.store.questions import questions_of
from migrator.store.views import all_problems

CRELATE = find_definition("crelate", project=Path(), base=Path(), place="").catalog
ACCOUNT = "f" * 64
MAPPING = "acme"

TOP = "mapping: 1\nname: acme\ntarget: {connector: crelate}\n"


def firms(*settings: str, fields: str = "Name: {from: name, required: true}, Website_Business: site") -> str:
    """Write an object of companies; settings go before those that it has of its own."""
    return _object("companies", {"from": "firms.csv", "match": "[[Website_Business], [Name]]"}, settings, fields)


def people(*settings: str, fields: str = "FirstName: first, LastName: last, EmailAddress_Work: email") -> str:
    """Write an object of contacts; settings go before those that it has of its own."""
    own = {"from": "people.csv", "match": "[[EmailAddress_Work], [FirstName, LastName]]"}
    return _object("contacts", own, settings, fields)


def _object(name: str, own: Mapping[str, str], settings: Sequence[str], fields: str) -> str:
    stated = {"to": name, "key": "id", **own} | dict(setting.split(": ", 1) for setting in settings)
    lines = [f"    {key}: {value}\n" for key, value in stated.items() if value != "none"]
    return f"  {name}:\n{''.join(lines)}    fields: {{{fields}}}\n"


class FixedClock(SystemClock):
    """A wall clock that stands still."""

    def now(self) -> datetime:
        """Give the moment at which the clock stands."""
        return datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


class MemoryCrm:
    """A target in memory: it lists what it holds in pages, and nothing may be written to it."""

    concurrency = 1
    settle_seconds = 1.0
    lag_seconds = 0.0
    requests_per_second: float | None = 2.0

    def __init__(self, catalog: Catalog = CRELATE, *, page: int = 2) -> None:
        self.catalog = catalog
        self.page = page
        self.held: dict[str, list[TargetRecord]] = {}
        self.unlisted: set[str] = set()
        self.asked: list[str] = []

    def hold(self, name: str, record_id: str, /, **fields: Any) -> str:
        """Put a record into the CRM, and give its id."""
        self.held.setdefault(name, []).append(TargetRecord(id=record_id, fields=fields))
        return record_id

    async def identify(self) -> Identity:
        """Tell which account this is."""
        return Identity(origin="https://crm.example", fingerprint=ACCOUNT)

    async def read(
        self, name: str, *, minutes: int | None = None, only: Collection[str] = ()
    ) -> AsyncIterator[list[TargetRecord]]:
        """List an object page by page, without the records that are not shown."""
        assert minutes is None
        assert self.catalog.objects[name].is_listed, f"{name} cannot be listed"
        self.asked.append(name)
        listed = [shown(item, only) for item in self.held.get(name, []) if item.id not in self.unlisted]
        for start in range(0, len(listed), self.page):
            yield listed[start : start + self.page]

    async def get(self, name: str, record_id: str, _parent: tuple[str, str] | None = None) -> TargetRecord | None:
        """Read one record, also one that is not shown in lists."""
        self.asked.append(f"{name}/{record_id}")
        return next((item for item in self.held.get(name, []) if item.id == record_id), None)

    async def write(self, change: Write, _intend: Intend = go_ahead) -> Outcome:
        """Refuse: planning writes nothing."""
        raise AssertionError(change)

    def bulk_size(self, _name: str) -> int:
        """Take one create in a call."""
        return 1

    def can_delete(self, _name: str) -> bool:
        """Delete nothing."""
        return False

    async def delete(self, change: Write, _intend: Intend = go_ahead) -> Outcome:
        """Take no delete."""
        raise AssertionError(change)

    async def write_many(self, changes: Sequence[Write], _intend: Intend = go_ahead) -> list[Outcome]:
        """Take one after the other."""
        return [await self.write(change) for change in changes]

    def pages_left(self, _name: str) -> int | None:
        """Tell nothing of what follows."""
        return None

    def can_find(self, _name: str) -> int:
        """Offer lists only."""
        return 0

    async def find(self, name: str, _field: str, _values: Sequence[str]) -> AsyncIterator[list[TargetRecord]]:
        """Answer with the whole list."""
        async for page in self.read(name):
            yield page

    async def options(self, name: str, field: str) -> tuple[str, ...]:
        """Be asked for no list: the catalog has them."""
        raise AssertionError((name, field))

    async def append_options(self, name: str, field: str, values: Sequence[str], _intend: Intend = go_ahead) -> Outcome:
        """Refuse: planning writes nothing."""
        raise AssertionError((name, field, values))

    def write_calls(self, name: str, *, is_update: bool) -> int:
        """Take one request for a create and two for an update."""
        assert name in self.catalog.objects
        return 2 if is_update else 1


class TypedSource:
    """One table with typed cells, as a workbook or another CRM gives them."""

    def __init__(self, columns: Sequence[str], *rows: Sequence[Any], blank_values: tuple[str, ...] = ()) -> None:
        self.blank_values = frozenset(blank_values)
        self._columns = tuple(columns)
        self._rows = rows

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Give the header."""
        assert tables
        return self._columns

    def changed(self, facts: Mapping[str, str]) -> list[str]:
        """Stay as it was read."""
        assert facts
        return []

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Have no small files."""
        raise AssertionError((file, key, value))

    def content(self, file: str) -> bytes:
        """Have no files."""
        raise AssertionError(file)

    def table(self, tables: tuple[str, ...]) -> Table:
        """Give the rows, numbered as in a spreadsheet."""
        facts: list[SourceFacts] = []

        async def batches() -> AsyncIterator[Batch]:
            yield Batch(file=tables[0], rows=list(enumerate(self._rows, start=2)))
            facts.append(SourceFacts(file=tables[0], sha256="0" * 64, size=1, rows=len(self._rows)))

        return Table(columns=self._columns, is_text=False, batches=batches(), facts=facts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A plan as tests read it.

    `changes` goes from `+ contacts:17` to the fields that are written, the marker taken out and a reference to a
    planned record shown as `@companies:17`; `states` from `contacts:2`, object and row, to what became of the row.
    """

    path: Path
    header: Mapping[str, Any]
    changes: Mapping[str, Mapping[str, Any]]
    raw: Sequence[Change]
    states: Mapping[str, str]
    problems: Sequence[str]
    created: Mapping[str, str]
    questions: Sequence[Question]

    def totals(self, *names: str) -> list[int]:
        """Give some of the totals, in the order in which they are asked for."""
        return [int(self.header["totals"][name]) for name in names]

    def guards(self) -> list[str]:
        """Give the guards that tripped."""
        return [f"{item['guard']}: {item['fact']}" for item in self.header["guards"]]


@dataclass(kw_only=True, slots=True)
class Desk:
    """A project folder with a mapping and its tables, a CRM, and what the ledger remembers of earlier runs."""

    folder: Path
    crm: MemoryCrm = field(default_factory=MemoryCrm)
    source_block: str = "source: {connector: files}"
    top: str = ""
    earlier: list[tuple[str, str, str, Mapping[str, Any]]] = field(default_factory=list)
    source: Source | None = None
    plans: int = 0
    engine: str = INLINE
    answers: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, *lines: str) -> None:
        """Write a table, a line each."""
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")

    def remember(self, name: str, key: str, target_id: str, /, **fields: Any) -> None:
        """Let the ledger know a row as written by an earlier run."""
        self.earlier.append((name, key, target_id, fields))

    def spec(self, objects: str) -> MappingSpec:
        """Write the mapping, and read it."""
        path = self.folder / "acme.yaml"
        path.write_text(f"{TOP}{self.source_block}\n{self.top}objects:\n{objects}", encoding="utf-8")
        return read_spec(path)

    def plan(self, objects: str, *, is_offline: bool = False, rejects: Limit | None = None) -> Seen:
        """Make a plan, and read it."""
        self.plans += 1
        path, rng = self.folder / "acme.plan", Rng(self.plans)
        how = Planning(
            path=path,
            rejects=rejects,
            is_offline=is_offline,
            answers=self.answers,
            engine=self.engine,
            clock=FixedClock(),
            rng=rng,
        )
        spec = self.spec(objects)
        source = self.source or FileSource(project=spec.project, base=spec.path.parent, settings=spec.source.settings)
        with self.ledger(spec) as ledger, asyncio.run(make_plan(spec, source, self.crm, ledger, how)) as plan:
            return see(plan)

    def ledger(self, spec: MappingSpec) -> Ledger:
        """Open the ledger with what it remembers."""
        ledger = Ledger(spec.ledger, clock=FixedClock(), rng=Rng(2))
        remember(ledger, (MAPPING, ACCOUNT), self.earlier)
        return ledger


def see(plan: Plan) -> Seen:
    """Read a plan."""
    raw = list(plan.changes())
    rows = plan.db.execute(
        "SELECT o.name, r.row, r.key, r.state FROM record r JOIN object o ON o.id=r.object"
    ).fetchall()
    spelled = {operation_id(MAPPING, name, key): f"@{name}:{key}" for name, _row, key, _state in rows}
    return Seen(
        path=plan.path,
        header=plan.header,
        changes={f"{change.action.rune} {change.object}:{change.key}": _shown(change, spelled) for change in raw},
        raw=raw,
        states={f"{name}:{row}": state for name, row, _key, state in rows if row is not None},
        problems=[_spell(problem) for problem in all_problems(plan)],
        questions=list(questions_of(plan)),
        created={f"{name}:{key}": state for name, row, key, state in rows if row is None},
    )


def _shown(change: Change, spelled: Mapping[str, str]) -> dict[str, Any]:
    fields = {name: value for name, value in change.after.items() if change.marker is None or value != change.marker}
    fields |= {} if change.parent is None else {"^parent": change.parent[1]}
    return {name: _spelled(value, spelled) for name, value in fields.items()}


def _spelled(value: Any, spelled: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_spelled(item, spelled) for item in value]
    return spelled[value["$op"]] if isinstance(value, dict) and "$op" in value else value


def _spell(problem: Mapping[str, Any]) -> str:
    place = f"{problem['object']}:{problem['row']}" if problem["row"] else f"{problem['object']}"
    name = f" {problem['field']}:" if problem["field"] else ""
    hint = f" ({problem['hint']})" if problem["hint"] else ""
    return f"{place} {problem['code']}{name} {problem['fact']}{hint}"


_DOCUMENT = parse_located("{}", name="acme.yaml")
_BLOCK = Block(connector="files", env="FILES", settings={})
_SPEC = MappingSpec(
    name=MAPPING,
    path=Path("acme.yaml"),
    project=Path(),
    sha256="",
    document=_DOCUMENT,
    sources={"": _BLOCK},
    target=_BLOCK,
    vars={},
    limits=Limits(),
    ledger=Path("ledger.sqlite"),
    objects={},
)


def scope_of(
    *columns: str, constants: Mapping[str, Any] | None = None, pairs: Mapping[str, str] | None = None
) -> Scope:
    """Make a scope with these columns; `pairs` is what every file of a map holds."""
    spec = replace(_SPEC, vars=constants or {})
    return Scope(spec=spec, columns=columns, read=ReadFiles(lambda _stated: dict(pairs or {})))


def names_of(*columns: str, **constants: Any) -> Names:
    """Make what a template may name."""
    return Names(columns=columns, getter=lambda name: make_getter(name, columns), vars=constants)


def transforms_of(chain: Sequence[Any]) -> tuple[Transform, ...]:
    """Read a chain as it stands in a mapping."""
    return tuple(_transform({item: None} if isinstance(item, str) else item) for item in chain)


def _transform(item: Mapping[str, Any]) -> Transform:
    name = next(key for key in item if key != "else")
    return Transform(name=name, argument=item[name], otherwise=item.get("else", "reject"))


def transformed(chain: Sequence[Any], value: Any, *, pairs: Mapping[str, str] | None = None) -> Any:
    """Send a value through a chain: what comes out, or the refusal as text behind `! `, of the mapping behind `? `."""
    scope = scope_of("C", pairs=pairs)
    get = compile_value(Value(form=From(columns=("C",)), transforms=transforms_of(chain)), scope)
    if scope.problems:
        return f"? {'; '.join(map(str, scope.problems))}"
    return refusal_or(lambda notes: get([value], notes))


def refusal_or(work: Callable[[list[Note]], Any]) -> Any:
    """Give what `work` gives, with its notes where there are any, or its refusal as text."""
    notes: list[Note] = []
    try:
        found = work(notes)
    except ValueRefusedError as error:
        value = f": '{error.value}'" if error.value else ""
        hint = f" ({error.hint})" if error.hint else ""
        return f"! {error.code} {error.fact}{value}{hint}"
    return (found, *(f"{note.code} {note.fact}" for note in notes)) if notes else found
