"""Makes collaborators of what a mapping, a plan and the environment say."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from migrator.cli.accounts import account_of
from migrator.connectors.rest.environment import read_environment
from migrator.errors import Problem, StoreError
from migrator.ports import Clock, Rng, SystemClock
from migrator.records import Catalog
from migrator.spec.project import find_project
from migrator.spec.read import LEDGER, read_spec
from migrator.spec.values import MappingSpec
from migrator.store.ledger import Ledger, LedgerReader, unknown_plan
from migrator.store.plan import Plan
from migrator.store.views import newest_plan, plan_of_run

if TYPE_CHECKING:
    from migrator.connectors.rest.target import RestTarget


def spec_of(mapping: Path | str, *, profile: str = "") -> MappingSpec:
    """Read a mapping with the environment of its project. Raises SpecError."""
    mapping = Path(mapping)
    project = find_project(mapping)
    return read_spec(mapping, environ=read_environment(project.folder, os.environ), profile=profile)


def catalog_of(spec: MappingSpec) -> Catalog:
    """Give what the target's CRM holds, as far as is known without the network. Raises SpecError."""
    return account_of(spec, spec.target).known().catalog


def target_of(spec: MappingSpec, *, environ: Mapping[str, str] | None = None) -> "RestTarget":
    """Make the target of a mapping; it is connected to when it is entered. Raises SpecError."""
    return account_of(spec, spec.target, environ=environ).target()


def ledger_of(spec: MappingSpec, *, clock: Clock | None = None, rng: Rng | None = None) -> Ledger:
    """Open the ledger of a mapping for writing. Raises StoreError, Locked."""
    return Ledger(spec.ledger, clock=clock or SystemClock(), rng=rng or Rng())


def open_ledger(plan: Plan, *, clock: Clock | None = None, rng: Rng | None = None, unlock: str = "") -> Ledger:
    """Open the ledger that a plan was made with, for writing. Raises PlanError, StoreError, Locked."""
    path = Path(plan.header["ledger"]["path"])
    if not path.exists():
        raise unknown_plan(plan.path)
    return Ledger(path, clock=clock or SystemClock(), rng=rng or Rng(), unlock=unlock)


def find_plan(spelled: str) -> Plan:
    """Open a plan by its file, by the number of a run, or as `last`. Raises PlanError, StoreError."""
    path = Path(spelled)
    if path.exists() or not (spelled == "last" or spelled.isdigit()):
        return Plan(path)
    ledger = find_project(Path.cwd() / "any").folder / LEDGER
    with LedgerReader(ledger) as reader:
        entry = newest_plan(reader) if spelled == "last" else plan_of_run(reader, int(spelled))
    if entry is None:
        hint = "name a plan file; 'migrator runs' lists them"
        raise StoreError(Problem(code="E603", place=str(ledger), fact=f"no run '{spelled}'", hint=hint))
    return Plan(Path(entry.path))


def reader_of(plan: Plan) -> LedgerReader | None:
    """Open the ledger that a plan was made with, for reading; None where it is not there."""
    with suppress(StoreError):
        return LedgerReader(Path(plan.header["ledger"]["path"]))
    return None


def report_folder(plan: Path) -> Path:
    """Give the folder beside a plan that its report files lie in."""
    return plan.with_name(plan.name.removesuffix(".plan") + ".report")
