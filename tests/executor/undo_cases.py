"""What the tests of an undo share: it is planned over a bench, and told of in lines."""

import asyncio
from pathlib import Path

from apply_cases import COMPANIES, CONTACTS, Bench

from migrator.planner.making import Planning
from migrator.planner.undo import Undo, roll_back
from migrator.ports import Rng
from migrator.spec.read import read_spec
from migrator.store.views import all_problems


def plan_undo(bench: Bench, run: int = 1, *, only: str = "", key: str = "") -> list[str]:
    """Plan the undo of a run; gives its changes in their order, then its problems by code."""
    bench.plans += 1
    how = Planning(path=bench.folder / "undo.plan", clock=bench.clock, rng=Rng(bench.plans))
    spec = read_spec(bench.folder / "acme.yaml")
    with bench.opened() as ledger:
        made = roll_back(spec, bench.target, ledger, how, Undo(run=run, only=only, key=key))
        with asyncio.run(made) as plan:
            changes = [f"{one.action.rune} {one.target_id} {dict(one.after)}" for one in plan.changes()]
            problems = [f"{one['code']} {one['object']} {one['fact']}" for one in all_problems(plan)]
    bench.target.history.clear()
    return [line.removesuffix(" {}") for line in changes] + sorted(problems)


def linked(folder: Path) -> Bench:
    """Plan one company that is new, for one person whom the CRM holds in another one."""
    bench = Bench(folder=folder)
    bench.write("companies.csv", "id,name,about", "1,One,x")
    bench.write("people.csv", "id,last,company", "1,Ada,1")
    bench.target.hold("companies", "k1", Name="Old")
    bench.target.hold("contacts", "k2", LastName="Ada", CurrentPosition_Company_Id="k1")
    match = CONTACTS.replace("    key: id\n", "    key: id\n    match: [[LastName]]\n")
    bench.plan(COMPANIES + match)
    return bench


def id_map(bench: Bench) -> list[str]:
    """Give the target ids that the ledger knows."""
    with bench.reading() as db:
        return [target_id for (target_id,) in db.execute("SELECT target_id FROM written ORDER BY target_id")]
