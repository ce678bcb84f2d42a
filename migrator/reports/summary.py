"""What a plan says, gathered once for every form of report; with what became of it where it was applied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from migrator.records import Action
from migrator.reports.wording import of
from migrator.store.changes import Change
from migrator.store.ledger import LedgerReader
from migrator.store.options import Option, plan_options
from migrator.store.plan import Plan
from migrator.store.questions import count_questions
from migrator.store.readback import Verification, kept
from migrator.store.states import State
from migrator.store.views import (
    ForLookups,
    ProblemGroup,
    RunView,
    created_for_lookups,
    problem_groups,
    run_view,
    sample_changes,
    troubled_operations,
)

MAX_TROUBLES = 50
MAX_OPTIONS = 1_000
MAX_WANTED = 50
SAMPLES = {Action.UPDATE: 3, Action.CREATE: 2, Action.LINK: 1, Action.DELETE: 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectLine:
    """One object of a plan, in numbers; `rows` is the sum of its five columns, `for_lookups` counted apart."""

    name: str
    target: str
    tier: str
    rows: int
    create: int
    update: int
    unchanged: int
    skip: int
    reject: int
    link: int
    conflict: int
    for_lookups: int
    read: int
    dropped: Mapping[str, int]
    because: str
    calls: int
    overwrites: Mapping[str, int]
    in_target: int | None
    multiplied: Mapping[str, int] = field(default_factory=dict)
    gone: int = 0
    delete: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """An operation that did not land: which, where it stands, why, and the target id where it has one."""

    change: Change
    state: State
    reason: str
    target_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A plan, and the run that applied it (None before the first).

    `proposals` is None where an extra is missing; `options` are the first of what lists lack, `wanted` of the records
    that are created for lookups; `verified` is the last reading back.
    """

    plan: str
    plan_id: str
    made: str
    mapping: str
    mapping_path: str
    source: str
    target: str
    objects: tuple[ObjectLine, ...]
    totals: Mapping[str, int]
    groups: tuple[ProblemGroup, ...]
    samples: tuple[Change, ...]
    guards: tuple[str, ...]
    files: tuple[Mapping[str, Any], ...]
    calls: Mapping[str, Any]
    header: Mapping[str, Any]
    proposals: int | None = 0
    questions: int = 0
    options: tuple[Option, ...] = ()
    wanted: tuple[ForLookups, ...] = ()
    run: RunView | None = None
    troubles: tuple[Trouble, ...] = ()
    verified: Verification | None = None

    @property
    def undo(self) -> Mapping[str, Any] | None:
        """Give what this plan undoes; None for a plan that writes rows."""
        found: Mapping[str, Any] | None = self.header.get("undo")
        return found

    @property
    def rejects(self) -> int:
        """Count the rows that the plan refuses."""
        return self.totals["reject"]

    @property
    def verdict(self) -> str:
        """Say in a word what the plan is: applied, findings, stopped; before that blocked, nothing, rejects, ready."""
        if self.run is not None:
            return {"DONE": "applied", "DONE_WITH_FINDINGS": "findings"}.get(self.run.state, "stopped")
        if self.guards or self.header["is_offline"]:
            return "blocked"
        if not self.header["operations"]:
            return "nothing"
        return "rejects" if self.rejects else "ready"


def summarize(plan: Plan, ledger: LedgerReader | None = None) -> Summary:
    """Gather what a plan says, and with its ledger what became of it."""
    header = plan.header
    return Summary(
        plan=plan.path.name,
        plan_id=plan.id,
        made=header["made"],
        mapping=header["mapping"]["name"],
        mapping_path=header["mapping"]["path"],
        source=_source(header),
        target=f"{header['connector']['name']} at {header['target']['origin']}",
        objects=tuple(_object_line(name, facts, header) for name, facts in header["objects"].items()),
        totals=header["totals"],
        groups=tuple(problem_groups(plan)),
        samples=tuple(_samples(plan)),
        guards=tuple(guard["fact"] for guard in header["guards"]),
        files=tuple(header["source"]["files"]),
        calls=header["calls"],
        header=header,
        proposals=header["proposals"],
        questions=count_questions(plan),
        options=tuple(plan_options(plan, MAX_OPTIONS)),
        wanted=tuple(created_for_lookups(plan, MAX_WANTED)) if header["totals"]["for_lookups"] else (),
        run=run_view(ledger, plan) if ledger else None,
        troubles=tuple(_troubles(ledger, plan)) if ledger else (),
        verified=kept(ledger, plan) if ledger else None,
    )


def _samples(plan: Plan) -> Iterator[Change]:
    """Give some changes of each action; those that the plan has none of are not looked for among all."""
    totals = plan.header["totals"]
    counts = {**totals, Action.CREATE: totals["create"] + totals["for_lookups"]}
    for action, limit in SAMPLES.items():
        if counts.get(action, 0):
            yield from sample_changes(plan, action, limit)


def _troubles(ledger: LedgerReader, plan: Plan) -> Iterator[Trouble]:
    for change, state, reason, target_id in islice(troubled_operations(ledger, plan), MAX_TROUBLES):
        found = target_id or change.target_id or ""
        yield Trouble(change=change, state=state, reason=reason, target_id=found)


def _source(header: Mapping[str, Any]) -> str:
    if undo := header.get("undo"):
        return f"what run {undo['run']} of {undo['name']} wrote"
    files = header["source"]["files"]
    rows = sum(int(file["rows"]) for file in files)
    connector = header["source"]["connector"]
    what = "file" if connector == "files" else "table" if "," in connector else "object"
    return f"{of(len(files), what)}{'' if what == 'file' else f' of {connector}'}, {rows:,} rows"


def _object_line(name: str, facts: Mapping[str, Any], header: Mapping[str, Any]) -> ObjectLine:
    kept = {key: facts[key] for key in ObjectLine.__slots__ if key in facts}
    return ObjectLine(**{**kept, "name": name, "calls": header["calls"]["objects"][name]})


def closing_line(totals: Mapping[str, int]) -> str:
    """Give the line that scripts rely on."""
    creates = totals["create"] + totals.get("for_lookups", 0)
    parts = [
        f"{creates:,} to create",
        f"{totals['update']:,} to update",
        f"{totals['unchanged']:,} unchanged",
        f"{totals['skip']:,} skipped",
        f"{totals['reject']:,} rejected",
    ]
    parts += [f"{totals['conflict']:,} conflicts"] if totals["conflict"] else []
    parts += [f"{totals['link']:,} links"] if totals["link"] else []
    parts += [f"{totals['append']:,} options to add"] if totals.get("append") else []
    parts += [f"{totals['delete']:,} to delete"] if totals.get("delete") else []
    return f"Plan: {', '.join(parts)}."
