"""What the executor's tests share: a project of a few rows, the real planner's plan of it, and runs over that plan."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from practice_target import FakeClock, Killed, PracticeTarget

from migrator.connectors.files.source import FileSource
from migrator.executor.apply import apply_plan
from migrator.executor.bodies import body_hash
from migrator.executor.deciding import Deciding, decide_operation
from migrator.executor.result import Applying, Event, RunResult
from migrator.executor.verify import Verifying, verify_plan
from migrator.planner.making import Planning, make_plan
from migrator.ports import Rng
from migrator.records import Write
from migrator.spec.read import read_spec
from migrator.spec.values import MappingSpec
from migrator.store.changes import Change
from migrator.store.ledger import Ledger
from migrator.store.plan import Plan
from migrator.store.readback import Finding, Verification
from migrator.store.states import State

TOP = """\
mapping: 1
name: acme
source: {connector: files}
target: {connector: crelate}
"""
COMPANIES = """\
  companies:
    from: companies.csv
    to: companies
    key: id
    match: [[Name]]
    fields: {Name: name, Description: about}
"""
CONTACTS = """\
  contacts:
    from: people.csv
    to: contacts
    key: id
    fields:
      LastName: last
      CurrentPosition_Company_Id: {lookup: companies, by: [{key: company}]}
"""
FRIENDS = CONTACTS + "      RelatedContact_Other_Id: {lookup: contacts, by: [{key: friend}], on_missing: blank}\n"
NOTES = """\
  notes:
    from: notes.csv
    to: notes
    key: id
    parent: {lookup: companies, by: [{key: company}]}
    fields: {Body: text}
"""


@dataclass(kw_only=True, slots=True)
class Bench:
    """A project folder, the CRM that it writes to, and all events that runs told."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    target: PracticeTarget = field(init=False)
    told: list[Event] = field(default_factory=list)
    noted: list[Finding] = field(default_factory=list)
    plans: int = 0
    checked: int = 0

    def __post_init__(self) -> None:
        self.target = PracticeTarget(self.clock)
        self.target.on_write = self.check_intent
        self.ledger.parent.mkdir(mode=0o700)
        self.ledger.write_bytes(new_ledger())

    @property
    def ledger(self) -> Path:
        """Give the place of the ledger."""
        return self.folder / ".migrator" / "ledger.sqlite"

    def write(self, name: str, *lines: str) -> None:
        """Write a table, a line each."""
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")

    def spec(self, objects: str, top: str = TOP) -> MappingSpec:
        """Write the mapping, and read it."""
        (self.folder / "acme.yaml").write_text(f"{top}objects:\n{objects}", encoding="utf-8")
        return read_spec(self.folder / "acme.yaml")

    def plan(self, objects: str, *, top: str = TOP, name: str = "acme.plan", is_offline: bool = False) -> None:
        """Make a plan; what the CRM saw of it is forgotten."""
        self.plans += 1
        spec = self.spec(objects, top)
        source = FileSource(project=spec.project, base=spec.path.parent, settings={})
        how = Planning(path=self.folder / name, is_offline=is_offline, clock=self.clock, rng=Rng(self.plans))
        with self.opened() as ledger:
            asyncio.run(make_plan(spec, source, self.target, ledger, how)).db.close()
        self.target.history.clear()

    def apply(self, name: str = "acme.plan", **how: Any) -> RunResult:
        """Apply a plan, or go on with it."""
        applying = Applying(**{"clock": self.clock, "rng": Rng(7), "tell": self.told.append, **how})
        with self.opened() as ledger, Plan(self.folder / name) as plan:
            return asyncio.run(apply_plan(plan, self.target, ledger, applying))

    def decide(self, op: str, state: State, adopt: str = "", why: str = "") -> Change:
        """Let a person decide an operation; who adopts has the CRM at hand."""
        how = Deciding(op=op, state=state, adopt=adopt, who="ada@desk", why=why, clock=self.clock)
        with self.opened() as ledger, Plan(self.folder / "acme.plan") as plan:
            return asyncio.run(decide_operation(plan, self.target if adopt else None, ledger, how))

    def verify(self, name: str = "acme.plan", sample: int | None = None) -> Verification:
        """Read back what a plan wrote, all of it if nothing else is said; `noted` takes the findings."""
        self.noted.clear()
        how = Verifying(sample=sample, note=self.noted.append, clock=self.clock)
        with self.opened() as ledger, Plan(self.folder / name) as plan:
            return asyncio.run(verify_plan(plan, self.target, ledger, how))

    def edit_plan(self, statement: str, name: str = "acme.plan") -> None:
        """Write to a sealed plan."""
        with closing(sqlite3.connect(self.folder / name, isolation_level=None)) as db:
            db.execute(statement)

    def apply_and_die(self, name: str = "acme.plan") -> None:
        """Apply a plan to the death that the script stages."""
        try:
            result = self.apply(name)
        except (Killed, BaseExceptionGroup) as error:
            if not is_death(error):
                raise
        else:
            raise AssertionError(result)

    @contextmanager
    def opened(self) -> Iterator[Ledger]:
        """Open the ledger; death leaves it as a killed process would, but for the lock that the system gives back."""
        ledger = Ledger(self.ledger, clock=self.clock, rng=Rng(5))
        ledger.db.execute("PRAGMA synchronous=OFF")  # death is staged here, but no loss of power
        try:
            yield ledger
        except BaseException as error:
            if is_death(error):
                ledger.db.close()
                ledger._lock.release()
            else:
                ledger.__exit__()
            raise
        ledger.__exit__()

    def edit_ledger(self, *statements: str) -> None:
        """Write to the ledger behind its back."""
        with closing(sqlite3.connect(self.ledger, isolation_level=None)) as db:
            for statement in statements:
                db.execute(statement)

    def states(self, name: str = "acme.plan") -> dict[str, str]:
        """Give the state of each operation, by action, object and key; those that were never touched are planned."""
        with Plan(self.folder / name) as plan, self.reading() as db:
            found = dict(
                db.execute("SELECT id, state FROM op WHERE plan=(SELECT number FROM plan WHERE id=?)", (plan.id,))
            )
            return {
                f"{change.action.rune} {change.object}/{change.key}": found.get(change.id, "PLANNED")
                for change in plan.changes()
            }

    def reasons(self) -> list[str]:
        """Give why operations stand where they stand, for those of which it is said."""
        with self.reading() as db:
            return [reason for (reason,) in db.execute("SELECT reason FROM op WHERE reason<>'' ORDER BY seq")]

    def attempts(self) -> list[str | None]:
        """Give how all attempts ended, in their order."""
        with self.reading() as db:
            return [outcome for (outcome,) in db.execute("SELECT outcome FROM attempt ORDER BY rowid")]

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the ledger beside its writer."""
        with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as db:
            yield db

    def check_intent(self, write: Write) -> None:
        """Find the intent of a write in the ledger, as durable as another process sees it, before it takes effect."""
        with self.reading() as db:
            found = db.execute(
                "SELECT o.state, a.outcome FROM attempt a JOIN op o ON o.plan=a.plan AND o.seq=a.seq"
                " WHERE a.body_sha256=? ORDER BY a.rowid DESC LIMIT 1",
                (body_hash(write),),
            ).fetchone()
        assert found == ("INTENT", None), write
        self.checked += 1


@cache
def new_ledger() -> bytes:
    """Make a ledger once: its many small commits are slow on a slow disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        with Ledger(path, clock=FakeClock(), rng=Rng(3)):
            pass
        return path.read_bytes()


def companies(folder: Path, count: int = 3) -> Bench:
    """Make a project of so many companies, and plan it."""
    bench = Bench(folder=folder)
    bench.write("companies.csv", "id,name,about", *(f"{n},C{n},new" for n in range(1, count + 1)))
    bench.plan(COMPANIES)
    return bench


def updates(folder: Path, count: int = 3) -> Bench:
    """Make a project of so many companies that the CRM holds with another text, and plan it."""
    bench = Bench(folder=folder)
    bench.write("companies.csv", "id,name,about", *(f"{n},C{n},new" for n in range(1, count + 1)))
    for n in range(1, count + 1):
        bench.target.hold("companies", f"k{n}", Name=f"C{n}", Description="old")
    bench.plan(COMPANIES)
    return bench


def people(folder: Path, objects: str = COMPANIES + CONTACTS) -> Bench:
    """Make a project of two companies and four people, the first her own friend, the last in no company; plan it."""
    bench = Bench(folder=folder)
    bench.write("companies.csv", "id,name,about", "1,One,x", "2,Two,y")
    bench.write("people.csv", "id,last,company,friend", "1,Ada,1,1", "2,Bob,2,", "3,Cyd,1,", "4,Dan,,")
    bench.plan(objects)
    return bench


def notes(folder: Path, count: int = 2) -> Bench:
    """Make a project of one company and so many notes under it, and plan it."""
    bench = Bench(folder=folder)
    bench.write("companies.csv", "id,name,about", "1,One,x")
    bench.write("notes.csv", "id,company,text", *(f"{n},1,note {n}" for n in range(1, count + 1)))
    bench.plan(COMPANIES + NOTES)
    return bench


def is_death(error: BaseException) -> bool:
    """Tell whether a test staged this death."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_death(one) for one in error.exceptions)
    return isinstance(error, Killed)
