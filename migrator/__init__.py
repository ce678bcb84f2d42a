"""migrator: moves data between CRMs, and CSV files into them, without losing, duplicating or damaging anything.

The same migration as on the command line, in Python:

    spec = read_spec("crelate.yaml")
    async with target_of(spec) as target:
        with ledger_of(spec) as ledger:
            plan = await make_plan(spec, source_of(spec), target, ledger, Planning(path=Path("acme.plan")))
            print(summarize(plan).totals)
            result = await apply_plan(plan, target, ledger)
            print((await verify_plan(plan, target, ledger)).records)
"""

import importlib
from typing import TYPE_CHECKING, Any

from migrator.resources import VERSION

if TYPE_CHECKING:
    from migrator.cli.construct import ledger_of, source_of, target_of
    from migrator.errors import MigratorError, Problem
    from migrator.executor.apply import apply_plan
    from migrator.executor.result import Applying, RunResult
    from migrator.executor.verify import verify_plan
    from migrator.planner.making import Planning, make_plan
    from migrator.reports.summary import summarize
    from migrator.spec.read import read_spec
    from migrator.spec.values import MappingSpec
    from migrator.store.plan import Plan

__version__ = VERSION

__all__ = [
    "Applying",
    "MappingSpec",
    "MigratorError",
    "Plan",
    "Planning",
    "Problem",
    "RunResult",
    "apply_plan",
    "ledger_of",
    "make_plan",
    "read_spec",
    "source_of",
    "summarize",
    "target_of",
    "verify_plan",
]

_HOMES = {
    "Applying": "executor.result",
    "MappingSpec": "spec.values",
    "MigratorError": "errors",
    "Plan": "store.plan",
    "Planning": "planner.making",
    "Problem": "errors",
    "RunResult": "executor.result",
    "apply_plan": "executor.apply",
    "ledger_of": "cli.construct",
    "make_plan": "planner.making",
    "read_spec": "spec.read",
    "source_of": "cli.construct",
    "summarize": "reports.summary",
    "target_of": "cli.construct",
    "verify_plan": "executor.verify",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing before: the command's own start stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'migrator' has no attribute '{name}'")
    return getattr(importlib.import_module(f"migrator.{_HOMES[name]}"), name)
