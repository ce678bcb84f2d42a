"""The world of one schedule: what the CRM does to each write and read, when the process dies, what people do meanwhile.

Everything runs in one process and in staged time: the CRM, the clock, chance, the points of failure. The executor, the
journal and the ledger are the real ones. A schedule is a value; the same value is the same execution, byte for byte.
"""

import random
from dataclasses import dataclass, field, replace
from typing import Any

from practice_target import DONE, MARKER, Act, Killed
from sim_bench import SimBench
from sim_cases import CASES, LIST, OBJECTS
from sim_checker import LINKER, Arrival, Evidence, stands
from sim_faults import FAULTS, LIES, UNTOUCHED

from migrator.errors import Problem, TargetError
from migrator.records import Outcome, Write

MAX_IN_A_ROW = 3
READS_SPOILT = 2
READ_LAG = 4.0
FAULT_SHARE, DEATH_SHARE, READ_SHARE = 0.4, 0.01, 0.2
READS = ("failing", "dying", "shifted", "hiding")


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """What goes wrong: faults by the number of the write that meets them, deaths by point and hit, one for each run.

    With a seed, everything is drawn from it instead. `edit` is what a person does, and when.
    """

    case: str
    faults: tuple[tuple[int, str], ...] = ()
    deaths: tuple[tuple[str, int] | None, ...] = ()
    edit: str = ""
    seed: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """How a schedule went: what is wrong, a hash of all that happened, which points, states and outcomes it met."""

    schedule: Schedule
    wrongs: tuple[str, ...]
    digest: str
    seen: frozenset[str]
    deaths: int
    runs: int


@dataclass(kw_only=True)
class World:
    """A schedule under way."""

    schedule: Schedule
    bench: SimBench
    chance: random.Random
    arrivals: list[Arrival] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)
    answered: list[str] = field(default_factory=list)
    landed: set[str] = field(default_factory=set)
    by_hand: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)
    hits: dict[str, int] = field(default_factory=dict)
    points: set[str] = field(default_factory=set)
    death: tuple[str, int] | None = None
    is_dead: bool = False
    deaths: int = 0
    runs: int = 0
    writes: int = 0
    judged: int = 0
    in_a_row: int = 0
    reads: list[str] = field(default_factory=list)

    def pass_point(self, name: str) -> None:
        """Die here if the schedule says so; once dead, nothing is passed any more."""
        self.points.add(name)
        self.hits[name] = self.hits.get(name, 0) + 1
        if name == "sleeping" and self.schedule.edit == "edited-waiting" and not self.by_hand:
            self._edit_at_once()
        if name == "after-commit-outcome" and self.answered:
            self.landed.add(self.answered.pop(0))  # now the run knows of it, and a list that lacks it is an old one
        is_time = self.death == (name, self.hits[name]) or (self._is_random and self.chance.random() < DEATH_SHARE)
        if is_time or self.is_dead:
            self.is_dead = True
            raise Killed

    @property
    def _is_random(self) -> bool:
        return self.schedule.seed is not None

    def receive(self, write: Write) -> None:
        """Note a write as it comes in, before anything is done about it; its intent must be durable by now."""
        try:
            self.bench.check_intent(write)
        except AssertionError:
            self.found.append(f"intent: {write.object} {write.id or write.fields.get(MARKER)} came without one")
        target, now = self.bench.target, self.bench.clock.seconds
        is_delete = target.history[-1].text[0] == "-"
        if is_delete:
            self.found += [
                f"early: the delete of {write.id} came while {key} hangs on it" for key in self._on(write.id)
            ]
        self.arrivals.append(
            Arrival(now, write.object, write.id, write.fields, write.parent, is_untouched=False, is_delete=is_delete)
        )

    def _on(self, record_id: str) -> list[str]:
        """Name the records that point at one, or lie under it."""
        held = {name: self.bench.target.held(name) for name in OBJECTS}
        pointing = [key for records in held.values() for key, one in records.items() if record_id in one.values()]
        rows = CASES[self.schedule.case].rows
        parents = {row.label for row in rows if record_id in stands(row, held)}
        return pointing + [key for row in rows if row.parent in parents for key in stands(row, held)]

    def next_act(self) -> Act:
        """Say what the write that just came in does."""
        self.writes += 1
        fresh = range(self.judged, len(self.arrivals))
        self.judged = len(self.arrivals)
        first = self.arrivals[fresh[0]] if fresh else None
        kind = "create" if not (first and first.id) else "delete" if first.is_delete else "update"
        name = self._next_fault()
        fault = FAULTS.get(name)
        act = fault.act(kind) if fault else DONE
        if self._is_random and act.answer and act.answer.wait_seconds:
            act = replace(act, answer=act.answer._replace(wait_seconds=0.0))
        if act.dies:
            self.is_dead = True
        if fault and fault.reads:
            self.reads = [fault.reads] * (READS_SPOILT if fault.reads in {"shifted", "hiding"} else 1)
        self._note(fresh, act)
        self._count_doubts(act)
        return act

    def _count_doubts(self, act: Act) -> None:
        """Hold the circuit breaker to its word: after three silences in a row a run sends nothing more."""
        is_doubt = act.answer is not None and act.answer.verdict == "in doubt"
        self.in_a_row = self.in_a_row + 1 if is_doubt else 0
        if self.in_a_row > MAX_IN_A_ROW and self.bench.target.concurrency == 1:
            self.found.append(f"breaker: {self.in_a_row} silences in a row in one run")

    def _next_fault(self) -> str:
        if not self._is_random:
            return dict(self.schedule.faults).get(self.writes - CASES[self.schedule.case].skipped, "")
        return self.chance.choice(sorted(set(FAULTS) - LIES)) if self.chance.random() < FAULT_SHARE else ""

    def _note(self, fresh: range, act: Act) -> None:
        """Remember of the writes of one call what the CRM itself knows about them."""
        is_untouched = _is_untouched(act.answer, is_bulk=len(fresh) > 1) and not act.dies
        for n in fresh:
            one = self.arrivals[n]
            self.arrivals[n] = one._replace(is_untouched=is_untouched)
            marker = str(one.fields.get(MARKER, ""))
            self.spoilt |= {f"+ {marker.partition('/')[2]}"} if (act.copies > 1 or act.stored) and not one.id else set()
            self.answered += [marker] if act is DONE and self.bench.target.concurrency == 1 else []

    def before_read(self) -> None:
        """Let the next read fail, show less or show more."""
        self.pass_point("reading")
        target = self.bench.target
        target.read_faults.clear()
        if self._is_random:
            what = self.chance.choice(READS) if self.chance.random() < READ_SHARE else ""
        else:
            what = self.reads.pop() if self.reads else ""
        if what == "failing":
            target.read_faults.append(TargetError(Problem(code="E901", fact="cannot be reached")))
        elif what == "dying":
            self.is_dead = True
            raise Killed
        elif what == "lagging":
            target.read_lag = READ_LAG
        elif what:
            self._spoil_list(what)

    def _spoil_list(self, what: str) -> None:
        """Let pages shift, so that one record comes twice and another not at all; or show an old state of the list.

        What a run can find out, and no more: an old list lacks the newest record that the run knows of.
        """
        target = self.bench.target
        target.shifts, target.hidden = int(what == "shifted"), {}
        for name in ("companies", "contacts"):
            marked = {key: str(one[MARKER]) for key, one in target.held(name).items() if one.get(MARKER)}
            landed = [key for key, marker in marked.items() if marker in self.landed]
            doubted = [key for key in marked if key not in landed] if landed else []
            is_all = not self.deaths and not self._is_random
            hidden = doubted if what == "shifted" else [*landed, *(doubted if is_all else [])]
            target.hidden.update(dict.fromkeys(hidden, 1))

    def between_runs(self) -> None:
        """Let time pass and, in some schedules, a person work or the machine boot anew."""
        clock = self.bench.clock
        clock.seconds += self.chance.uniform(0, 30) if self._is_random else 3.0
        if self._is_random and self.chance.random() < 0.2:
            clock.restart(f"boot-{self.chance.random()}")
        is_due = self.schedule.edit.endswith("-before") if not self.runs else self.schedule.edit == "edited-between"
        if is_due and not self.by_hand:
            self._edit(self.schedule.edit)

    def _edit_at_once(self) -> None:
        """Let a person work while the run waits."""
        record_id = CASES[self.schedule.case].edited
        self.bench.target.edit(record_id, Description="by hand")
        self.by_hand[record_id] = {"Description": "by hand"}

    def _edit(self, edit: str) -> None:
        clock, target = self.bench.clock, self.bench.target
        clock.seconds += 40.0  # whatever was under way has landed
        record_id = CASES[self.schedule.case].edited
        if record_id in target.held("companies"):
            if edit == "linked-before":
                target.hold("contacts", LINKER, LastName="By hand", CurrentPosition_Company_Id=record_id)
                self.by_hand[LINKER] = {"CurrentPosition_Company_Id": record_id}
            elif edit == "deleted-before":
                target.remove(record_id)
                self.removed.add(record_id)
            else:
                self._edit_at_once()
        clock.seconds += 40.0  # and every read shows it

    def evidence(self) -> Evidence:
        """Give what the CRM itself knows, once everything that was under way has landed."""
        target = self.bench.target
        self.bench.clock.seconds += 100
        reads = [(entry.moment, entry.text) for entry in target.history if entry.text[0] in "?."]
        return Evidence(
            held={name: target.held(name) for name in OBJECTS},
            options=target.options_of(*LIST),
            arrivals=self.arrivals,
            reads=reads,
            by_hand=self.by_hand,
            removed=frozenset(self.removed),
            spoilt=frozenset(self.spoilt),
        )


class Acts(list[Act]):
    """The script of a CRM that asks the world at each write."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def __bool__(self) -> bool:
        return True

    def pop(self, _index: Any = -1) -> Act:
        """Say what the write that just came in does."""
        return self._world.next_act()


def _is_untouched(answer: Outcome | None, *, is_bulk: bool) -> bool:
    """Tell whether an answer proves that nothing happened, so that the write may be sent again."""
    if answer is None:
        return False
    return answer.verdict in UNTOUCHED or (is_bulk and answer.verdict == "refused" and not answer.confirm)
