"""Makes collaborators of what a mapping, a plan and the environment say."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from migrator.cli.accounts import account_of
from migrator.connectors.files.source import FileSource
from migrator.connectors.protocols import Source
from migrator.connectors.registry import FILES
from migrator.connectors.rest.environment import Sources, read_environment
from migrator.connectors.rest.source import RestSource
from migrator.connectors.rest.target import RestTarget
from migrator.connectors.several import SeveralSources
from migrator.connectors.sql import SQL, OtherDatabase, SqliteDatabase, SqlSource
from migrator.errors import Problem, SpecError, StoreError
from migrator.ports import Clock, Rng, SystemClock
from migrator.records import Catalog
from migrator.spec.project import find_project, inside
from migrator.spec.read import LEDGER, read_spec
from migrator.spec.values import Block, MappingSpec
from migrator.store.ledger import Ledger, LedgerReader, unknown_plan
from migrator.store.plan import Plan
from migrator.store.views import newest_plan, plan_of_run


def spec_of(mapping: Path | str, *, profile: str = "") -> MappingSpec:
    """Read a mapping with the environment of its project. Raises SpecError."""
    mapping = Path(mapping)
    project = find_project(mapping)
    return read_spec(mapping, environ=read_environment(project.folder, os.environ), profile=profile)


def source_of(spec: MappingSpec) -> Source:
    """Open the source of a mapping: files, the account of a CRM, or several of them as one. Raises SpecError."""
    beside = FileSource(project=spec.project, base=spec.path.parent, settings={"path": "."})
    opened = {name: _open_source(spec, block, beside) for name, block in spec.sources.items()}
    return opened[""] if "" in opened else SeveralSources(sources=opened, own=beside)


def _open_source(spec: MappingSpec, block: Block, beside: FileSource) -> Source:
    if block.connector == FILES:
        return FileSource(project=spec.project, base=spec.path.parent, settings=block.settings)
    if block.connector == SQL:
        return _open_sql(spec, block, beside)
    account = account_of(spec, block)
    return RestSource(
        definition=account.known(),
        connect=account.target,
        zone=account.zone(),
        files=beside,
        blank_values=frozenset(block.settings.get("blank_values", ())),
    )


def _open_sql(spec: MappingSpec, block: Block, beside: FileSource) -> SqlSource:
    """Open a database: an SQLite file below the mapping's folder, or an address that no mapping holds."""
    environ = read_environment(spec.project, os.environ)
    sources = Sources(prefix=block.env, environ=environ, profile=block.profile, block=block.settings)
    url, _where = sources.find("url", is_shared=False)
    stated, _where = sources.find("path")
    blank_values = frozenset(block.settings.get("blank_values", ()))
    if url is not None:
        address = url
        return SqlSource(connect=lambda: OtherDatabase(address), name=SQL, files=beside, blank_values=blank_values)
    path = inside(spec.project, spec.path.parent, stated) if stated else None
    if stated is None or path is None:
        code, fact = (
            ("E020", "no database is named")
            if stated is None
            else ("E017", f"'{stated}' lies outside the project folder")
        )
        hint = f"state 'path' of an SQLite file here, or set {block.env}_URL in the environment or a profile"
        raise SpecError(Problem(code=code, place=spec.place((*block.pointer, "connector")), fact=fact, hint=hint))
    found = path
    return SqlSource(
        connect=lambda: SqliteDatabase(found), name=stated, files=beside, file=found, blank_values=blank_values
    )


def catalog_of(spec: MappingSpec) -> Catalog:
    """Give what the target's CRM holds, as far as is known without the network. Raises SpecError."""
    return account_of(spec, spec.target).known().catalog


def target_of(spec: MappingSpec, *, environ: Mapping[str, str] | None = None) -> RestTarget:
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
