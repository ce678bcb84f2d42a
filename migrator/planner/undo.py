"""The undo of a run: a plan of compensating writes, made from the ledger alone and from what the target holds now."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from migrator.connectors.protocols import Target
from migrator.errors import PlanError, Problem
from migrator.planner.header import TOTALS, mapping_facts, zone_version
from migrator.planner.making import Planning, refuse_started, seal_plan
from migrator.planner.reverting import Reverting
from migrator.records import Identity
from migrator.resources import VERSION
from migrator.spec.values import MappingSpec
from migrator.store.draft import Draft
from migrator.store.ledger import Ledger
from migrator.store.plan import Plan
from migrator.store.plan_schema import FORMAT
from migrator.store.undo import Run, find_run

_COUNTS: Mapping[str, Any] = {
    **dict.fromkeys((*TOTALS, "for_lookups", "read", "gone"), 0),
    "dropped": {},
    "multiplied": {},
    "overwrites": {},
    "in_target": None,
    "is_listed": True,
    "lookups": {},
    "because": "last written, first undone",
}


class Undo(NamedTuple):
    """What is to be undone: all that the plan of a run wrote, or of it one object, or one source key."""

    run: int
    only: str = ""
    key: str = ""


async def roll_back(spec: MappingSpec, target: Target, ledger: Ledger, how: Planning, what: Undo) -> Plan:
    """Make the plan that undoes a run and seal it at `how.path`; nothing is sent to the target.

    It deletes what the run created, unless somebody changed it or linked to it since, and gives fields their old values
    where they still hold what we wrote. What it keeps, and why, is in it. Raises PlanError, TargetError or StoreError.
    """
    refuse_started(ledger, how.absolute_path)
    run = known_run(ledger, what.run)
    identity = await target.identify()
    _check_target(run, target, identity)
    with Draft(how.absolute_path) as draft:
        undo = Reverting(draft, target, run)
        undo.stage(ledger, (what.only, what.key))
        if (what.only or what.key) and not undo.is_anything:
            fact = f"run {run.number} wrote nothing of object '{what.only or 'any'}' with key '{what.key or 'any'}'"
            raise PlanError(
                Problem(code="E622", place=str(ledger.path), fact=fact, hint="keys are spelled as in the source")
            )
        await undo.read()
        counts = undo.decide()
        return seal_plan(draft, _header(spec, target, identity, undo, counts), ledger, how)


def known_run(ledger: Ledger, number: int) -> Run:
    """Find the run; only one that ended, and of which is known what it wrote, is undone. Raises PlanError."""
    run, place = find_run(ledger, number), str(ledger.path)
    if run is None:
        raise PlanError(Problem(code="E603", place=place, fact=f"no run '{number}'", hint="see 'migrator status'"))
    name = run.path.rpartition("/")[2]
    if "undo" in run.origin:
        of = run.origin["undo"]["run"]
        hint = "plan the mapping again: it creates anew what was deleted, and writes what the source says"
        fact = f"run {run.number} is itself the undo of run {of}, and an undo is not undone"
        raise PlanError(Problem(code="E621", place=place, fact=fact, hint=hint))
    if not run.is_finished:
        hint = f"finish it first: migrator apply {name}"
        fact = f"run {run.number} of {name} is not finished: some of its writes are open or in doubt"
        raise PlanError(Problem(code="E620", place=place, fact=fact, hint=hint))
    if not run.origin:
        fact = f"nothing is known of what run {run.number} wrote: purged, or applied by an older version"
        raise PlanError(Problem(code="E622", place=place, fact=fact, hint="undo it by hand, by its results.csv"))
    return run


def _check_target(run: Run, target: Target, identity: Identity) -> None:
    """Refuse another CRM or account than the one that the run wrote to. Raises PlanError."""
    made, wrote = run.origin["connector"]["name"], run.origin["target"]
    if made != target.catalog.connector or wrote["fingerprint"] != identity.fingerprint:
        fact = (
            f"run {run.number} wrote to {made} at {wrote['origin']} ({wrote['fingerprint'][:8]}…), this is {identity}"
        )
        hint = "correct the settings of the target"
        raise PlanError(Problem(code="E609", place=target.catalog.connector, fact=fact, hint=hint))


def _header(
    spec: MappingSpec, target: Target, identity: Identity, undo: Reverting, counts: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    objects = {name: _object_facts(undo.run, name, found) for name, found in counts.items()}
    totals = {key: sum(facts[key] for facts in objects.values()) for key in (*TOTALS, "delete", "for_lookups")}
    calls = {name: 2 * found["changes"] for name, found in counts.items()}  # each record is read afresh, then written
    total, rate = sum(calls.values()), target.requests_per_second
    return {
        "format": FORMAT,
        "tool": VERSION,
        "mapping": mapping_facts(spec),
        "project": str(spec.project),
        "source": {"connector": "ledger", "files": [], "contents": {"files": 0, "bytes": 0}},
        "connector": {
            "name": target.catalog.connector,
            "version": target.catalog.version,
            "probed": target.catalog.probed,
        },
        "target": {"origin": identity.origin, "fingerprint": identity.fingerprint},
        "is_offline": False,
        "undo": undo.facts(),
        "objects": objects,
        "totals": totals | {"append": 0},
        "operations": undo.writer.count,
        "chain": undo.writer.chain,
        "order": [],
        "options": {"append": 0, "blank": 0, "send": 0},
        "calls": {
            "objects": calls,
            "options": 0,
            "total": total,
            "per_second": rate,
            "seconds": total / rate if rate else None,
        },
        "guards": [],
        "proposals": 0,
        "zones": zone_version(),
    }


def _object_facts(run: Run, name: str, found: Mapping[str, int]) -> dict[str, Any]:
    stated = run.origin["objects"][name]
    kept = {key: stated[key] for key in ("target", "tier", "marker")}
    counts = {key: found.get(key, 0) for key in ("delete", "update", "unchanged", "skip")}
    return {**_COUNTS, **kept, **counts, "rows": sum(counts.values())}
