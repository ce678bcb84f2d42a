"""What the store's tests share: clocks that stand still, a small sealed plan, and its journal."""

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from migrator.errors import MigratorError
from migrator.json_text import to_json
from migrator.ports import Rng, SystemClock
from migrator.records import Action
from migrator.store.cells import pack_cells
from migrator.store.changes import Change, ChangeWriter, hashed, operation_id
from migrator.store.draft import Draft, StagedProblem, StagedRecord
from migrator.store.journal import Journal
from migrator.store.ledger import Ledger, PlanEntry, file_facts
from migrator.store.plan import Plan, seal

MAPPING = "acme"
ACCOUNT = "f" * 64
FACTS = {"host": "here", "pid": 7, "boot_id": "boot-1", "sqlite": "3", "tool": "0"}


class FixedClock(SystemClock):
    """Clocks that stand still until a test moves them."""

    def __init__(self) -> None:
        self.seconds = 0
        self.boot = "boot-1"

    def now(self) -> datetime:
        """Give the moment at which the clock stands."""
        return datetime(2024, 5, 6, 7, 8, 9 + self.seconds, tzinfo=UTC)

    def boottime_ns(self) -> int:
        """Give five seconds since boot."""
        return 5_000_000_000

    def boot_id(self) -> str:
        """Name the boot."""
        return self.boot


class Row(NamedTuple):
    """A source row of a plan, and the changes that it leads to."""

    object: str
    row: int | None
    key: str
    cells: Sequence[Any] = ()
    state: str = "create"
    fields: Mapping[str, Any] = {}
    changes: Sequence[Mapping[str, Any]] = ()
    problems: Sequence[tuple[str, str, str, str, str]] = ()


COLUMNS = {"companies": ("id", "name"), "contacts": ("id", "last", "company")}
FILES = {"companies": "companies.csv", "contacts": "people.csv"}
ONE = operation_id(MAPPING, "companies", "1")
ROWS = (
    Row("companies", 2, "1", ("1", "One"), fields={"Name": "One"}, changes=[{"after": {"Name": "One"}}]),
    Row(
        "companies",
        3,
        "2",
        ("2", "Two"),
        state="update",
        fields={"Name": "Two"},
        changes=[{"action": "update", "target_id": "k2", "before": {"Name": "Zwei"}, "after": {"Name": "Two"}}],
    ),
    Row(
        "companies",
        4,
        "3",
        ("3", None),
        state="reject",
        problems=[("E120", "Name", "", "Name is required", "fill it"), ("E110", "id", "3", "3 is odd", "")],
    ),
    Row("companies", 5, "4", ("4", "Four"), state="unchanged", fields={"Name": "Four"}),
    Row("companies", None, "?new", fields={"Name": "Asked for"}, changes=[{"after": {"Name": "Asked for"}}]),
    Row(
        "contacts",
        2,
        "1",
        ("1", "Ada", "1"),
        fields={"LastName": "Ada"},
        changes=[
            {"after": {"LastName": "Ada", "CurrentPosition_Company_Id": {"$op": ONE}}},
            {"action": "link", "after": {"RelatedContact_Other_Id": "x9"}},
        ],
    ),
    Row("contacts", 3, "2", ("2", "Bob", ""), state="skip", problems=[("W305", "LastName", "Bob", "as row 2", "")]),
    Row("contacts", 4, "3", ("3", "Cyd", "77"), state="reject", problems=[("E203", "company", "77", "no 77", "")]),
    Row("contacts", 5, "5", ("5", "Eve", "78"), state="reject", problems=[("E203", "company", "78", "no 78", "")]),
    Row("contacts", 6, "6", ("6", "Fay", "78"), state="reject", problems=[("E203", "company", "78", "no 78", "")]),
)


def seal_plan(path: Path, rows: Sequence[Row] = ROWS, *, plan_id: str = "plan-1") -> str:
    """Seal a plan of these rows, and give its hash."""
    with Draft(path) as draft:
        numbers = {name: n for n, name in enumerate(COLUMNS, start=1)}
        for name, number in numbers.items():
            draft.add_object((number, name, name, "A", json.dumps(COLUMNS[name])))
        writer = ChangeWriter(draft)
        for record, row in enumerate(rows, start=1):
            _stage(draft, record, numbers[row.object], row)
            for change in row.changes:
                _add(writer, record, numbers[row.object], (row, change))
            if row.state == "unchanged":
                writer.add([], [(record, "k4", to_json(row.fields))])
        header = {
            "plan": plan_id,
            "mapping": {"name": MAPPING},
            "target": {"fingerprint": ACCOUNT},
            "operations": writer.count,
            "chain": writer.chain,
            "refers_to_own": "$op" in repr(rows),
        }
        return seal(draft, header)


def _stage(draft: Draft, record: int, number: int, row: Row) -> None:
    file = draft.file_number(FILES[row.object]) if row.row is not None else None
    cells = pack_cells(row.cells) if row.cells else None
    staged = StagedRecord(record, number, file, row.row, row.key, cells, to_json(row.fields), row.state)
    problems = [StagedProblem(record, number, *problem) for problem in row.problems]
    draft.add_rows([staged], [], [], problems)


def _add(writer: ChangeWriter, record: int, number: int, what: tuple[Row, Mapping[str, Any]]) -> None:
    row, change = what
    action = Action(change.get("action", "create"))
    change_id = operation_id(MAPPING, row.object, row.key, "link" if action is Action.LINK else "")
    marker = f"{MAPPING}/{row.object}/{row.key}" if action is Action.CREATE else None
    before = to_json(change["before"]) if "before" in change else None
    head = (change_id, number, record, str(action), change.get("target_id"))
    writer.add([hashed((*head, marker, change.get("parent"), before, to_json(change["after"])))])


@cache
def new_ledger() -> bytes:
    """Make a ledger once: its many small commits are slow on a slow disk."""
    with tempfile.TemporaryDirectory() as folder:
        ledger_at(Path(folder)).__exit__()
        return (Path(folder) / "state" / "ledger.sqlite").read_bytes()


def ledger_at(folder: Path, *, seed: int = 1, clock: FixedClock | None = None) -> Ledger:
    """Open the ledger of a folder."""
    return Ledger(folder / "state" / "ledger.sqlite", clock=clock or FixedClock(), rng=Rng(seed))


def register(ledger: Ledger, path: Path, *, plan_id: str = "plan-1", serial: int = 0, sha256: str = "ab") -> None:
    """Let a ledger know a plan."""
    facts = file_facts(path) if path.exists() else "[]"
    ledger.register(
        PlanEntry(
            id=plan_id,
            sha256=sha256,
            mapping=MAPPING,
            path=str(path),
            file=facts,
            made="2024-05-06T07:08:09+00:00",
            serial=serial,
            started=None,
            state="MADE",
        )
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """An open ledger, a plan that it knows, and the journal of a run that has begun."""

    ledger: Ledger
    plan: Plan
    journal: Journal
    clock: FixedClock

    def change(self, label: str) -> Change:
        """Find a change by its action, object and key, as in `+ companies/1`."""
        return next(one for one in self.plan.changes() if f"{one.action.rune} {one.object}/{one.key}" == label)

    def begin_again(self) -> bool:
        """Begin another run, in an epoch of its own as each opening takes one; tells whether it is the first."""
        self.ledger.epoch = self.ledger._next_epoch()
        return Journal(self.ledger, self.plan, self.clock).begin(FACTS)

    def rows(self, query: str) -> list[Any]:
        """Read from the ledger; rows of one column as plain values."""
        found = self.ledger.db.execute(query).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]


@contextmanager
def desk(folder: Path, rows: Sequence[Row] = ROWS) -> Iterator[Desk]:
    """Seal a plan, register it, and begin a run over it."""
    path, clock = folder / "acme.plan", FixedClock()
    sha256 = seal_plan(path, rows)
    (folder / "state").mkdir()
    (folder / "state" / "ledger.sqlite").write_bytes(new_ledger())
    with ledger_at(folder, clock=clock) as ledger, Plan(path) as plan:
        ledger.db.execute("PRAGMA synchronous=OFF")  # no test of these stages a loss of power
        register(ledger, path, sha256=sha256)
        journal = Journal(ledger, plan, clock)
        journal.begin(FACTS)
        yield Desk(ledger=ledger, plan=plan, journal=journal, clock=clock)


def edit(path: Path, *statements: str) -> None:
    """Write to an SQLite file behind the store's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def mode_of(path: Path) -> int:
    """Give the permissions of a file."""
    return path.stat().st_mode & 0o777


def problem_of(kind: type[MigratorError], caught: pytest.ExceptionInfo[MigratorError]) -> str:
    """Give the words of an error that is of just this kind."""
    assert type(caught.value) is kind
    return str(caught.value)
