"""The dry run: a mapping, its source and what the target holds → a sealed plan."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from migrator.connectors.protocols import Source, Target
from migrator.errors import PlanError, Problem
from migrator.planner.changes import ChangeMaker
from migrator.planner.columns import compile_for
from migrator.planner.compiling import Compiled
from migrator.planner.contents import Contents
from migrator.planner.desk import Desk
from migrator.planner.duplicates import settle_duplicates
from migrator.planner.engines import Engine, Inline, Workers
from migrator.planner.header import Findings, make_header, tripped_guards
from migrator.planner.lookups import Lookups
from migrator.planner.matching import note_gone, settle_matches
from migrator.planner.normal import normal_text
from migrator.planner.options import plan_appends
from migrator.planner.proposals import propose
from migrator.planner.similar import note_similar
from migrator.planner.stage import Stage, StageCount
from migrator.planner.survey import recall, survey
from migrator.ports import Clock, Rng, SystemClock, failpoint
from migrator.records import Catalog, Identity
from migrator.spec.values import Limit, MappingSpec
from migrator.store.draft import Draft
from migrator.store.holdings import note_unstated
from migrator.store.ledger import Ledger, PlanEntry, file_facts
from migrator.store.options import adopt_spelling
from migrator.store.plan import Plan, seal
from migrator.store.resolving import note_causes, note_waiting
from migrator.store.tallies import set_facts

INLINE, PROCESSES = ENGINES = ("inline", "processes")
OFFLINE = Identity(origin="(offline)", fingerprint="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """Which rows of which plan are planned again: the file that holds them, its place and its hash."""

    plan: str
    file: str
    path: str
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Planning:
    """Where and how a plan is made. `rejects` goes before the mapping's limit; offline, the target is not asked.

    `answers` are those that people gave to questions of earlier plans, by the question's id: a candidate's id, `create`
    or `reject`. With `retry` the source holds only some rows: keys that it does not state are not gone.
    """

    path: Path
    rejects: Limit | None = None
    is_offline: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    retry: Retry | None = None
    engine: str = INLINE
    clock: Clock = field(default_factory=SystemClock)
    rng: Rng = field(default_factory=Rng)

    @property
    def absolute_path(self) -> Path:
        """Give the path by which the ledger knows the plan."""
        return self.path.absolute()


async def make_plan(spec: MappingSpec, source: Source, target: Target, ledger: Ledger, how: Planning) -> Plan:
    """Make a plan and seal it at `how.path`; nothing is sent to the target.

    Raises SpecError, SourceError, TargetError, PlanError or StoreError; then there is no plan at that path, or still
    the one that was there.
    """
    path = how.absolute_path
    refuse_started(ledger, path)
    contents = Contents(source)
    compiled = compile_for(spec, source, target.catalog, contents)
    identity = OFFLINE if how.is_offline else await target.identify()
    with Draft(path) as draft, _engine(spec, source, target.catalog, how, Inline(compiled, contents)) as engine:
        stage = Stage(draft, engine)
        header = await _fill(compiled, (source, target), (draft, stage), (ledger, identity), how)
        if how.retry:
            header["source"]["retry"] = asdict(how.retry)
        return seal_plan(draft, header, ledger, how)


def _engine(spec: MappingSpec, source: Source, catalog: Catalog, how: Planning, inline: Inline) -> Engine:
    return Workers((spec, source, catalog), inline) if how.engine == PROCESSES else inline


def refuse_started(ledger: Ledger, path: Path) -> None:
    """Refuse to write a plan over one that was begun and did not end. Raises PlanError."""
    if ledger.unfinished_at(path):
        hint = f"finish it with 'migrator apply {path.name}', or choose another name"
        raise PlanError(Problem(code="E607", place=str(path), fact="a started plan lies there", hint=hint))


def seal_plan(draft: Draft, header: dict[str, Any], ledger: Ledger, how: Planning) -> Plan:
    """Seal a draft under a new id, let the ledger know it, and open it. Raises StoreError."""
    path, plan_id, made = draft.path, how.rng.token()[:16], how.clock.now().isoformat(timespec="seconds")
    header |= {"plan": plan_id, "made": made}
    header |= {"ledger": {"path": str(ledger.path), "lineage": ledger.lineage, "serial": ledger.serial}}
    sha256 = seal(draft, header)
    failpoint("sealed")
    ledger.register(
        PlanEntry(
            id=plan_id,
            sha256=sha256,
            mapping=header["mapping"]["name"],
            path=str(path),
            file=file_facts(path),
            made=made,
            serial=ledger.serial,
            started=None,
            state="MADE",
        )
    )
    return Plan(path)


async def _fill(
    compiled: Compiled,
    ends: tuple[Source, Target],
    drafting: tuple[Draft, Stage],
    known: tuple[Ledger, Identity],
    how: Planning,
) -> dict[str, Any]:
    """Fill the draft, set by set: rows, what the target holds, matches, lookups, changes; give its header."""
    source, target = ends
    ledger, identity = known
    draft, stage = drafting
    staged: dict[str, StageCount] = {}
    for name, item in compiled.objects.items():
        staged[name] = await stage.add(item, source)
    draft.index_rows(is_shared=stage.engine.is_shared)
    adopt_spelling(draft, normal_text)
    draft.index_left_out()
    settle_duplicates(compiled, draft)
    recall(compiled, draft, ledger, identity.fingerprint)
    surveyed = None if how.is_offline else await survey(compiled, target, draft)
    if surveyed:
        note_gone(draft, surveyed.gone)
    desk = Desk(compiled=compiled, draft=draft, answers=how.answers)
    settle_matches(desk)
    first_created = stage.next_record
    Lookups(desk, first_created).resolve_all()
    note_waiting(draft)
    note_similar(compiled, draft, first_created)
    proposed = propose(compiled, draft)
    maker = ChangeMaker(compiled, draft, stage.engine, asked_from=first_created)
    maker.make_all()
    plan_appends(compiled.spec.name, draft, maker.writer)
    note_causes(draft)
    gone = {} if how.retry else note_unstated(draft)
    findings = Findings(staged=staged, survey=surveyed, maker=maker, identity=identity, gone=gone)
    header = make_header(compiled, draft, target, findings)
    header["proposals"] = proposed
    header["guards"] = tripped_guards(compiled, header, surveyed, how.rejects)
    for name, item in compiled.objects.items():
        set_facts(draft, item.number, json.dumps(header["objects"][name]))
    return header
