"""migrator: moves data between CRMs, and CSV files into them, without losing, duplicating or damaging anything.

The same migration as on the command line, in Python:

    spec = read_spec("crelate.yaml")
    async with target_of(spec) as target:
        with ledger_of(spec) as ledger:
            plan = await make_plan(spec, source_of(spec), target, ledger, Planning(path=Path("acme.plan")))
            print(summarize(plan).totals)
            result = await apply_plan(plan, target, ledger)
            print((await verify_plan(plan, target, ledger)).records)
            undo = await roll_back(spec, target, ledger, Planning(path=Path("undo.plan")), Undo(run=result.run))
"""

import importlib
from typing import TYPE_CHECKING, Any

from migrator.resources import VERSION

if TYPE_CHECKING:
    from migrator.cli.construct import ledger_of, target_of
    from migrator.cli.opening import source_of
    from migrator.errors import MigratorError, Problem
    from migrator.executor.apply import apply_plan
    from migrator.executor.result import Applying
    from migrator.executor.verify import verify_plan
    from migrator.planner.making import Planning, make_plan
    from migrator.planner.undo import Undo, roll_back
    from migrator.reports.summary import summarize
    from migrator.spec.read import read_spec
    from migrator.store.plan import Plan

__version__ = VERSION

__all__ = [
    "Applying",
    "MigratorError",
    "Plan",
    "Planning",
    "Problem",
    "Undo",
    "apply_plan",
    "ledger_of",
    "make_plan",
    "read_spec",
    "roll_back",
    "source_of",
    "summarize",
    "target_of",
    "verify_plan",
]

_HOMES = {
    "Applying": "executor.result",
    "MigratorError": "errors",
    "Plan": "store.plan",
    "Planning": "planner.making",
    "Problem": "errors",
    "Undo": "planner.undo",
    "apply_plan": "executor.apply",
    "ledger_of": "cli.construct",
    "make_plan": "planner.making",
    "read_spec": "spec.read",
    "roll_back": "planner.undo",
    "source_of": "cli.opening",
    "summarize": "reports.summary",
    "target_of": "cli.construct",
    "verify_plan": "executor.verify",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing before: the command's own start stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'migrator' has no attribute '{name}'")
    return getattr(importlib.import_module(f"migrator.{_HOMES[name]}"), name)
