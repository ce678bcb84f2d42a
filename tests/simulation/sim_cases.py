"""The small migrations that are simulated, one for each kind of operation, and what must stand in the CRM after each.

What must stand is written down here by hand, from the tables: neither the plan nor the journal is asked.
"""

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from apply_cases import COMPANIES, FRIENDS, NOTES, Bench
from practice_target import CRELATE, MARKER
from undo_cases import plan_undo

OPTIONS = """\
  companies:
    from: companies.csv
    to: companies
    key: id
    match: [[Name]]
    fields: {Name: name, Description: {from: about, options: append}}
"""
LIST = ("companies", "Description")
OBJECTS = ("companies", "contacts", "notes")


class Ref(NamedTuple):
    """Stands for the id of the record that another row became."""

    row: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What a row of the source is to become: where it is found in the CRM, by which fields, and what stands there."""

    label: str
    object: str
    found_by: Mapping[str, Any]
    fields: Mapping[str, Any]
    parent: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A project: its tables and mapping, what the CRM holds before, how many writes go before those of interest.

    `edited` is the record that people work on; of what is undone, the plan is the one that takes back what was applied.
    """

    tables: Mapping[str, tuple[str, ...]]
    objects: str
    rows: tuple[Row, ...]
    held: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    skipped: int = 0
    bulk: int = 1
    concurrency: int = 1
    edited: str = ""
    is_undone: bool = False

    def prepare(self, bench: Bench) -> None:
        """Let the CRM hold and offer what the case says."""
        target = bench.target
        for record_id, fields in self.held.items():
            target.hold("companies", record_id, **fields)
        target.bulk, target.concurrency = self.bulk, self.concurrency
        if self.objects == OPTIONS:
            companies = CRELATE.objects["companies"]
            grown = replace(companies.fields["Description"], options=("Agent",), can_append=True)
            whole = replace(companies, fields={**companies.fields, "Description": grown})
            target.catalog = replace(CRELATE, objects={**CRELATE.objects, "companies": whole})
            target.lists = {LIST: [(0.0, "Agent")]}


def _company(n: int, about: str = "new") -> Row:
    fields = {"Name": f"C{n}", "Description": about}
    return Row(label=f"+ companies/{n}", object="companies", found_by={MARKER: f"acme/companies/{n}"}, fields=fields)


def _changed(n: int) -> Row:
    fields = {"Name": f"C{n}", "Description": "new"}
    return Row(label=f"~ companies/{n}", object="companies", found_by={"Name": f"C{n}"}, fields=fields)


def _person(n: int, **references: Ref) -> Row:
    fields = {"LastName": f"L{n}", "CurrentPosition_Company_Id": Ref("+ companies/1"), **references}
    return Row(label=f"+ contacts/{n}", object="contacts", found_by={MARKER: f"acme/contacts/{n}"}, fields=fields)


def _friend(n: int, label: str = "", **references: Ref | None) -> Row:
    return Row(
        label=label or f"& contacts/{n}", object="contacts", found_by={MARKER: f"acme/contacts/{n}"}, fields=references
    )


def _note(n: int) -> Row:
    fields = {"Body": f"note {n}"}
    return Row(label=f"+ notes/{n}", object="notes", found_by=fields, fields=fields, parent="+ companies/1")


def _deleted(name: str, n: int) -> Row:
    return Row(label=f"- {name}/{n}", object=name, found_by={MARKER: f"acme/{name}/{n}"}, fields={})


def _companies(*lines: str) -> dict[str, tuple[str, ...]]:
    return {"companies.csv": ("id,name,about", *lines)}


_THREE = tuple(f"{n},C{n},new" for n in (1, 2, 3))
_PEOPLE = {"people.csv": ("id,last,company,friend", "1,L1,1,2", "2,L2,1,1")}
_OLD = {f"k{n}": {"Name": f"C{n}", "Description": "old"} for n in (1, 2, 3)}
_OTHERS = {"x1": {"Name": "Other", "Description": "of others"}}
_FRIENDSHIP = (
    _person(1),
    _person(2, RelatedContact_Other_Id=Ref("+ contacts/1")),
    _friend(1, RelatedContact_Other_Id=Ref("+ contacts/2")),
)

CASES: dict[str, Case] = {
    "create": Case(tables=_companies(*_THREE), objects=COMPANIES, rows=tuple(map(_company, (1, 2, 3)))),
    "update": Case(
        tables=_companies(*_THREE), objects=COMPANIES, rows=tuple(map(_changed, (1, 2, 3))), held=_OLD, edited="k1"
    ),
    "link": Case(
        tables={**_companies("1,C1,new"), **_PEOPLE},
        objects=COMPANIES + FRIENDS,
        rows=(_company(1), *_FRIENDSHIP),
        skipped=2,
    ),
    "child": Case(
        tables={**_companies("1,C1,new"), "notes.csv": ("id,company,text", "1,1,note 1", "2,1,note 2")},
        objects=COMPANIES + NOTES,
        rows=(_company(1), _note(1), _note(2)),
        skipped=1,
    ),
    "append": Case(
        tables=_companies("1,C1,New", "2,C2,Newer"),
        objects=OPTIONS,
        rows=(_company(1, "New"), _company(2, "Newer")),
        options=("New", "Newer"),
    ),
    "together": Case(tables=_companies(*_THREE), objects=COMPANIES, rows=tuple(map(_company, (1, 2, 3))), bulk=2),
    "delete": Case(
        tables=_companies(*_THREE),
        objects=COMPANIES,
        rows=tuple(_deleted("companies", n) for n in (1, 2, 3)),
        held=_OTHERS,
        edited="c3",
        is_undone=True,
    ),
    "many": Case(
        tables=_companies(*(f"{n},C{n},new" for n in range(1, 9))),
        objects=COMPANIES,
        rows=tuple(map(_company, range(1, 9))),
    ),
    "mixed": Case(
        tables={
            **_companies("1,C1,new", "2,C2,new", "3,C3,new"),
            **_PEOPLE,
            "notes.csv": ("id,company,text", "1,1,note 1"),
        },
        objects=COMPANIES + FRIENDS + NOTES,
        rows=(_company(1), _company(2), _changed(3), *_FRIENDSHIP, _note(1)),
        held={"k3": _OLD["k3"]},
    ),
    "undo": Case(
        tables={**_companies(*_THREE), **_PEOPLE, "notes.csv": ("id,company,text", "1,1,note 1")},
        objects=COMPANIES + FRIENDS + NOTES,
        rows=(
            *(_deleted("companies", n) for n in (1, 2)),
            *(_deleted("contacts", n) for n in (1, 2)),
            Row(label="- notes/1", object="notes", found_by={"Body": "note 1"}, fields={}, parent="- companies/1"),
            _friend(1, label="~ contacts/1", RelatedContact_Other_Id=None),
            replace(_changed(3), fields=_OLD["k3"]),
        ),
        held={"k3": _OLD["k3"], **_OTHERS},
        edited="c2",
        is_undone=True,
    ),
}
OPERATIONS = ("create", "update", "link", "child", "append", "together", "delete")


class Made(NamedTuple):
    """A plan that was made once, the ledger that took it in, and what the CRM held by then, by object and id."""

    path: Path
    ledger: bytes
    held: Mapping[str, Mapping[str, Mapping[str, Any]]]


@cache
def made(name: str) -> Made:
    """Plan a case once in this process; the plan names this folder, which stays."""
    case = CASES[name]
    folder = workshop() / "made" / name
    folder.mkdir(parents=True)
    bench = Bench(folder=folder)
    case.prepare(bench)
    for table, lines in case.tables.items():
        bench.write(table, *lines)
    bench.plan(case.objects)
    path = folder / "acme.plan"
    if case.is_undone:
        assert bench.apply().state == "DONE"
        path = folder / "undo.plan"
        assert len(plan_undo(bench)) == len(case.rows)
    held = {object_name: bench.target.held(object_name) for object_name in OBJECTS}
    return Made(path, bench.ledger.read_bytes(), held)


@cache
def workshop() -> Path:
    """Make the folder of this process's simulations: in memory where the system offers it."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    folder = tempfile.mkdtemp(prefix="migrator-", dir=shared if shared.is_dir() else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
