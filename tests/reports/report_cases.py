"""What the reports' tests share: a CRM in memory, a small plan of every kind, and summaries of any size."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migrator.connectors.files.source import FileSource
from migrator.connectors.protocols import Intend, go_ahead
from migrator.connectors.rest.reading import read_definition
from migrator.planner.making import Planning, make_plan
from migrator.ports import Rng, SystemClock
from migrator.records import Action, Identity, Outcome, TargetRecord, Write
from migrator.reports.summary import ObjectLine, Summary, Trouble
from migrator.resources import packaged
from migrator.spec.read import read_spec
from migrator.store.changes import Change
from migrator.store.endings import Ending
from migrator.store.journal import Journal
from migrator.store.ledger import Ledger, LedgerReader
from migrator.store.options import Option
from migrator.store.plan import Plan
from migrator.store.readback import Finding, Verification
from migrator.store.states import State
from migrator.store.views import ProblemGroup, RunView

CRELATE = read_definition(packaged("connectors", "definitions", "crelate.yaml")).catalog
NOW = "2024-05-06T07:08:09+00:00"
FACTS = {"host": "here", "pid": 7, "boot_id": "boot-1", "sqlite": "3", "tool": "0"}
MAPPING = """\
mapping: 1
name: acme
source: {connector: files}
target: {connector: crelate}
objects:
  companies:
    from: companies.csv
    to: companies
    key: id
    match: [[Name]]
    on_duplicate: first
    fields: {Name: {from: name, required: true}, Description: about}
  contacts:
    from: people.csv
    to: contacts
    key: id
    fields:
      LastName: {from: last, required: true}
      CurrentPosition_Company_Id: {lookup: companies, by: [{key: company}, {Name: employer}], on_missing: reject}
      RelatedContact_Other_Id: {lookup: contacts, by: [{key: friend}], on_missing: blank}
"""
TABLES = {
    "companies.csv": "id,name,about\n1,One,x\n2,Two,new\n3,Three,same\n4,,=1+1\n5,one,x\n",
    "people.csv": (
        "id,last,company,employer,friend\n1,Ada,1,,1\n2,Bob,2,,2\n3,Cyd,77,,\n4,Dan,78,,\n5,Eve,78,,\n6,,9,,\n7,Fay,4,,\n"
    ),
}


class FixedClock(SystemClock):
    """A wall clock that stands still."""

    def now(self) -> datetime:
        """Give the moment at which the clock stands."""
        return datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


class QuietCrm:
    """A CRM that holds two companies, and to which nothing is written."""

    catalog = CRELATE
    concurrency = 1
    settle_seconds = 1.0
    lag_seconds = 0.0
    requests_per_second: float | None = 2.0

    async def identify(self) -> Identity:
        """Tell which account this is."""
        return Identity(origin="https://crm.example", fingerprint="f" * 64)

    async def read(
        self, name: str, *, minutes: int | None = None, only: Collection[str] = ()
    ) -> AsyncIterator[list[TargetRecord]]:
        """List what is held, whichever fields are wanted."""
        assert minutes is None or not only
        held = {"k2": {"Name": "Two", "Description": "old"}, "k3": {"Name": "Three", "Description": "same"}}
        if name == "companies":
            yield [TargetRecord(id=key, fields=fields) for key, fields in held.items()]

    async def get(self, name: str, record_id: str, _parent: tuple[str, str] | None = None) -> TargetRecord | None:
        """Be asked for nothing: the ledger is new, so no id is known."""
        raise AssertionError((name, record_id))

    async def write(self, change: Write, _intend: Intend = go_ahead) -> Outcome:
        """Refuse: reports write nothing."""
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
        """Refuse: reports write nothing."""
        raise AssertionError((name, field, values))

    def write_calls(self, name: str, *, is_update: bool) -> int:
        """Take one request for a create and two for an update."""
        assert name in self.catalog.objects
        return 2 if is_update else 1


def make(folder: Path, mapping: str = MAPPING, tables: Mapping[str, str] = TABLES, *, offline: bool = False) -> Path:
    """Make a plan, and give its path."""
    (folder / "acme.yaml").write_text(mapping, encoding="utf-8")
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    spec = read_spec(folder / "acme.yaml")
    source = FileSource(project=spec.project, base=spec.path.parent, settings=spec.source.settings)
    how = Planning(path=folder / "acme.plan", is_offline=offline, clock=FixedClock(), rng=Rng(1))
    with Ledger(spec.ledger, clock=FixedClock(), rng=Rng(2)) as ledger:
        asyncio.run(make_plan(spec, source, QuietCrm(), ledger, how)).db.close()
    return folder / "acme.plan"


def run(path: Path, endings: Mapping[str, Ending], state: str, reason: str = "") -> None:
    """Let a run over a plan end so: what became of its changes, by action, object and key."""
    with Ledger(ledger_of(path), clock=FixedClock(), rng=Rng(3)) as ledger, Plan(path) as plan:
        journal = Journal(ledger, plan, FixedClock())
        journal.begin(FACTS)
        for change in plan.changes():
            ending = endings.get(f"{change.action.rune} {change.object}/{change.key}")
            if ending is not None and ending.state in {State.BLOCKED, State.NOOP}:
                journal.decide(change, ending)
            elif ending is not None:
                journal.intend([(change, "")])
                journal.close(change, ending)
        journal.end(state, reason)


def ledger_of(path: Path) -> Path:
    """Give the ledger of a plan."""
    return path.parent / ".migrator" / "ledger.sqlite"


def reader(path: Path) -> LedgerReader:
    """Open the ledger of a plan."""
    return LedgerReader(ledger_of(path))


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """Every text that a summary can hold, each a value of its own so that one can be replaced."""

    mapping: str = "acme"
    mapping_path: str = "mappings/acme.yaml"
    source: str = "1 file, 3 rows"
    target: str = "crelate at https://crm.example"
    plan: str = "acme.plan"
    object: str = "contacts"
    target_object: str = "people"
    because: str = "no parents"
    file: str = "people.csv"
    note: str = "utf-8 (the default)"
    warning: str = "a header and no rows"
    field: str = "LastName"
    column: str = "born"
    key: str = "k-1"
    place: str = "people.csv:2"
    target_id: str = "t-1"
    before: str = "Ada"
    after: str = "Bob"
    fact: str = "'x' is not a date"
    hint: str = "write it as a date"
    guard: str = "3 creates, the limit is 2"
    reason: str = "Name is too long"
    run_reason: str = "the target cannot be reached"
    connector: str = "crelate"
    zones: str = "2024a"
    step: str = "where"
    option: str = "Agent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """How much of everything a summary holds."""

    objects: int = 1
    groups: int = 1
    files: int = 1
    guards: int = 0
    samples: int = 1
    overwrites: int = 1
    options: int = 0
    troubles: int = 0
    has_run: bool = False
    is_offline: bool = False
    proposals: int | None = 0
    questions: int = 0
    is_verified: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Maker:
    """Makes a summary of these texts and sizes."""

    texts: Texts = field(default_factory=Texts)
    sizes: Sizes = field(default_factory=Sizes)

    def summary(self) -> Summary:
        """Make it."""
        texts, sizes = self.texts, self.sizes
        objects = tuple(self._line(n) for n in range(sizes.objects))
        names = ("create", "update", "link", "unchanged", "skip", "reject", "conflict", "rows", "for_lookups")
        return Summary(
            plan=texts.plan,
            plan_id="1234",
            made=NOW,
            mapping=texts.mapping,
            mapping_path=texts.mapping_path,
            source=texts.source,
            target=texts.target,
            objects=objects,
            totals={name: sum(getattr(line, name) for line in objects) for name in names} | {"append": sizes.options},
            groups=tuple(self._group(n) for n in range(sizes.groups)),
            samples=tuple(self._change(n) for n in range(sizes.samples)),
            guards=tuple(f"{texts.guard} {n}" for n in range(sizes.guards)),
            files=tuple(self._file(n) for n in range(sizes.files)),
            calls={"objects": {}, "total": 99, "per_second": 4.0, "seconds": 25.0},
            header=self._header(),
            proposals=sizes.proposals,
            questions=sizes.questions,
            options=tuple(
                Option(texts.object, "people", f"{texts.field}{n}", texts.option, "append", 3)
                for n in range(sizes.options)
            ),
            run=self._run() if sizes.has_run else None,
            troubles=tuple(self._trouble(n) for n in range(sizes.troubles)),
            verified=self._verified() if sizes.is_verified else None,
        )

    def _line(self, n: int) -> ObjectLine:
        return ObjectLine(
            name=f"{self.texts.object}{n}",
            target=self.texts.target_object,
            tier="A",
            rows=15_000,
            create=1_000,
            update=2_000,
            unchanged=3_000,
            skip=4_000,
            reject=5_000,
            link=7,
            conflict=8,
            for_lookups=9,
            read=16_000,
            dropped={self.texts.step: 1_000},
            because=self.texts.because,
            calls=99,
            overwrites={f"{self.texts.field}{m}": 3 for m in range(self.sizes.overwrites)},
            in_target=12,
            gone=4,
        )

    def _group(self, n: int) -> ProblemGroup:
        places = [f"{self.texts.place}{m}" for m in range(5)]
        return ProblemGroup("E110", self.texts.object, f"{self.texts.column}{n}", 12, places, [self.texts.fact] * 5,
                            self.texts.hint)  # fmt: skip

    def _change(self, n: int) -> Change:
        texts = self.texts
        return Change(
            seq=n + 1,
            id="id",
            object=texts.object,
            target="contacts",
            action=Action.UPDATE,
            key=texts.key,
            place=texts.place,
            after={f"{texts.field}{m}": texts.after for m in range(20)},
            before={f"{texts.field}{m}": texts.before for m in range(20)},
            target_id=texts.target_id,
        )

    def _file(self, n: int) -> dict[str, Any]:
        texts = self.texts
        return {"file": f"{texts.file}{n}", "sha256": "a" * 64, "rows": 3, "blank_rows": 1, "notes": [texts.note],
                "warnings": [["W402", texts.warning]]}  # fmt: skip

    def _header(self) -> dict[str, Any]:
        return {
            "is_offline": self.sizes.is_offline,
            "options": {"append": self.sizes.options, "blank": 0, "send": 0},
            "operations": 3_007,
            "mapping": {"sha256": "b" * 64},
            "source": {"contents": {"files": 2, "bytes": 9}},
            "connector": {"name": self.texts.connector, "version": "1", "probed": ""},
            "target": {"origin": "https://crm.example", "fingerprint": "c" * 64},
            "chain": "d" * 64,
            "zones": self.texts.zones,
            "tool": "0.1.0",
        }

    def _verified(self) -> Verification:
        texts = self.texts
        one = Finding(texts.object, texts.place, texts.key, texts.target_id, "DIFFERENT", texts.field)
        return Verification(
            landed=2_000,
            records={"EQUAL": 196, "NORMALISED": 2, "DIFFERENT": 1, "MISSING": 1},
            fields={
                f"{texts.object}.{texts.field}": {"DIFFERENT": 1},
                f"{texts.object}.Phone": {"NORMALISED": 2},
            },
            rules={"digits": 2},
            duplicates=1,
            unexpected=1,
            totals={texts.target_object: {"before": 3, "created": 2_000, "now": 2_003}},
            first=(one, one._replace(match="MISSING", field="", rule="the target has no such record")),
            wall=NOW,
        )

    def _run(self) -> RunView:
        counts = {State.APPLIED: 2_000, State.QUARANTINED: 7, State.PLANNED: 1_000}
        return RunView("HALTED", NOW, NOW, self.texts.run_reason, 3, counts, {})

    def _trouble(self, n: int) -> Trouble:
        texts = self.texts
        return Trouble(change=self._change(n), state=State.QUARANTINED, reason=texts.reason, target_id=texts.target_id)


def summary(sizes: Sizes | None = None, **texts: str) -> Summary:
    """Make a summary of these sizes, with some texts replaced."""
    return Maker(texts=Texts(**texts), sizes=sizes or Sizes()).summary()
