"""A schedule from its beginning to its verdict: apply, die, apply again, until it is done; then judge."""

import hashlib
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from apply_cases import is_death
from practice_target import Killed
from sim_bench import SimBench
from sim_cases import CASES, made
from sim_checker import LAG, SETTLE, Claim, wrongs
from sim_world import READ_LAG, Acts, Schedule, Verdict, World

from migrator.errors import PlanError

ROUNDS = 60
_worlds: list[World] = []


def run(schedule: Schedule) -> Verdict:
    """Apply until the end, and judge; needs the points of failure to be `staged`."""
    world = _begin(schedule)
    for _round in range(ROUNDS):
        world.between_runs()
        if _is_ended(world):
            break
    claims = _claims(world)
    verdict = Verdict(
        schedule=schedule,
        wrongs=(*world.found, *wrongs(CASES[schedule.case], claims, world.evidence())),
        digest=_digest(world, claims),
        seen=frozenset({*world.points, *_met(world)}),
        deaths=world.deaths,
        runs=world.runs,
    )
    world.bench.leave()
    return verdict


def _begin(schedule: Schedule) -> World:
    bench = SimBench(made=made(schedule.case))
    CASES[schedule.case].prepare(bench)
    for name, records in bench.made.held.items():
        for record_id, fields in records.items():
            bench.target.hold(name, record_id, **fields)
    world = World(schedule=schedule, bench=bench, chance=random.Random(schedule.seed))  # noqa: S311 - a seed that repeats
    target = bench.target
    target.settle_seconds, target.lag_seconds = SETTLE, LAG
    target.on_write, target.on_read, target.script = world.receive, world.before_read, Acts(world)
    bench.clock.on_sleep = lambda: world.pass_point("sleeping")
    if schedule.seed is not None:
        target.read_lag = world.chance.choice([0.0, READ_LAG])
        target.concurrency = world.chance.choice([1, 1, 3])
    _worlds.append(world)
    return world


def _is_ended(world: World) -> bool:
    """Apply once, or die doing it; tell whether the plan is at its end."""
    deaths = world.schedule.deaths
    world.death = deaths[world.runs] if world.runs < len(deaths) else None
    world.runs += 1
    world.hits.clear()
    world.answered.clear()
    world.in_a_row = 0
    world.is_dead = False
    world.bench.target._not_before = 0.0  # a new process remembers no pace
    try:
        return world.bench.apply().exit_code in {0, 5}
    except PlanError as error:  # it died after it had finished the plan
        if error.problems[0].code != "E605":
            raise
        return True
    except (Killed, BaseExceptionGroup) as error:
        if not is_death(error):
            raise
        world.deaths += 1
        return False


def _claims(world: World) -> dict[str, Claim]:
    """Give what is said of each operation: its state, and which record it is said to be."""
    bench = world.bench
    with bench.reading() as db:
        found = {
            op: (state, target_id)
            for op, state, target_id in db.execute(
                "SELECT id, state, target_id FROM op WHERE plan=(SELECT number FROM plan WHERE id=?)", (bench.known.id,)
            )
        }
    claims = {}
    for change in bench.known.changes():
        state, target_id = found.get(change.id, ("PLANNED", ""))
        claims[f"{change.action.rune} {change.object}/{change.key}"] = Claim(state, target_id or "")
    return claims


def _digest(world: World, claims: dict[str, Claim]) -> str:
    """Hash what the CRM saw and what the ledger holds, but for the number of the process."""
    with world.bench.reading() as db:
        rows = [
            *db.execute("SELECT * FROM op ORDER BY seq"),
            *db.execute("SELECT * FROM attempt ORDER BY seq, n"),
            *db.execute("SELECT id, epoch, state, reason, began, ended FROM run"),
            *db.execute("SELECT * FROM written"),
        ]
    told = [(event.phase, event.object, event.done, event.text) for event in world.bench.told]
    return hashlib.sha256(repr((world.bench.target.history, rows, told, claims)).encode()).hexdigest()


def _met(world: World) -> set[str]:
    with world.bench.reading() as db:
        queries = [
            f"SELECT {name}" for name in ("state FROM op", "reason FROM op", "state FROM run", "outcome FROM attempt")
        ]
        return {str(found).partition(":")[0] for query in queries for (found,) in db.execute(query)}


def _pass_point(name: str) -> None:
    if _worlds:
        _worlds[-1].pass_point(name)


@contextmanager
def staged() -> Iterator[None]:
    """Put the points of failure of the package into the hands of the schedule."""
    modules = [one for name, one in sys.modules.items() if name.startswith("migrator.") and hasattr(one, "failpoint")]
    kept = [(module, module.failpoint) for module in modules]
    for module in modules:
        module.failpoint = _pass_point  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module, failpoint in kept:
            module.failpoint = failpoint  # type: ignore[attr-defined]
        _worlds.clear()


def run_all(schedules: Sequence[Schedule]) -> list[Verdict]:
    """Run schedules one after another."""
    with staged():
        verdicts = []
        for schedule in schedules:
            verdicts.append(run(schedule))
            _worlds.clear()
        return verdicts
