"""The journal of one plan: each operation's state, durable before the request and after the answer.

States and transitions are those of guarantees.md, section 4. An operation's row is made at its first transition; where
there is none, it is planned.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from migrator.errors import PlanError, Problem
from migrator.json_text import to_json
from migrator.ports import Clock
from migrator.records import Action
from migrator.store.at_once import write_all
from migrator.store.attempts import answer, count_doubts, unsettled_attempts
from migrator.store.changes import Change
from migrator.store.endings import Attempt, Decision, Ending
from migrator.store.images import keep_images, keep_origin
from migrator.store.indexes import index_for, index_ids
from migrator.store.ledger import FINISHED, Ledger, number_of
from migrator.store.pending import pending
from migrator.store.plan import Plan
from migrator.store.sqlite import translated
from migrator.store.states import LANDED, OPEN, State
from migrator.store.together import Together
from migrator.store.written import Written

_IMAGED = frozenset({State.APPLIED, State.QUARANTINED})
_TOLD = LANDED | _IMAGED
_QUARANTINED = State.QUARANTINED


class Journal:
    """The one writer's view of a plan and its operations."""

    def __init__(self, ledger: Ledger, plan: Plan, clock: Clock) -> None:
        self._ledger = ledger
        self._plan = plan
        self._clock = clock
        self._number = number_of(ledger.db, plan.id)
        self._is_indexed = False
        self._together = Together(ledger)
        self._written = Written(ledger.db, plan)
        self._boot_id: str | None = None
        self.run = 0

    def begin(self, facts: Mapping[str, Any]) -> bool:
        """Open a run; tells whether it is the plan's first, which also takes over what the target already held."""
        entry = self._ledger.plan(self._plan.id)
        is_first = entry is not None and entry.started is None
        with self._ledger.transaction("begin") as db:
            db.execute("UPDATE run SET ended=?, state='KILLED' WHERE ended IS NULL", (self._now(),))
            cursor = db.execute(
                "INSERT INTO run(plan_id,epoch,state,began,host,pid,boot_id,sqlite,tool)"
                " VALUES(:plan,:epoch,'RUNNING',:began,:host,:pid,:boot_id,:sqlite,:tool)",
                {"plan": self._plan.id, "epoch": self._ledger.epoch, "began": self._now(), **facts},
            )
            self.run = cursor.lastrowid or 0
            if is_first:
                db.execute("UPDATE meta SET value=CAST(value AS INTEGER)+1 WHERE name='serial'")
                db.execute(
                    "UPDATE plan SET state='STARTED', started=? WHERE id=?", (self._ledger.serial, self._plan.id)
                )
                keep_origin(db, self._plan.id, self._plan.header)
            self._written.begin()
            if is_first:
                self._written.take_over()
                index_for(db, self._plan)
            db.execute("UPDATE op SET state='PLANNED' WHERE plan=? AND state='BLOCKED'", (self._number,))
        return is_first

    def end(self, state: str, reason: str = "") -> None:
        """Close the run; a run that is done finishes its plan."""
        self._together.finish()
        with self._ledger.transaction("end") as db:
            db.execute("UPDATE run SET ended=?, state=?, reason=? WHERE id=?", (self._now(), state, reason, self.run))
            if state.startswith(FINISHED):
                db.execute("UPDATE plan SET state=? WHERE id=?", (FINISHED, self._plan.id))

    def pending(self, *, after: int, limit: int) -> list[Change]:
        """Give the next changes that are planned, in their order, from behind a sequence number."""
        with translated(self._ledger.path):
            return pending(self._ledger.db, self._plan, self._number, after=after, limit=limit)

    def unsettled(self) -> list[tuple[Change, Attempt]]:
        """Give the operations of which nobody knows whether they arrived, each with its last attempt."""
        found = unsettled_attempts(self._ledger.db, self._number)
        return [(next(self._plan.changes(after=seq - 1, limit=1)), attempt) for seq, attempt in found]

    def state_of(self, op_id: str) -> State:
        """Tell where an operation stands."""
        row = self._op(op_id)
        return State(row[0]) if row else State.PLANNED

    def target_of(self, op_id: str) -> str | None:
        """Give the target id that an operation ended with; None while there is none."""
        row = self._op(op_id)
        return row[1] if row and State(row[0]) in LANDED else None

    def first_missing(self, change: Change) -> tuple[str, State] | None:
        """Name the first change that must have landed before this one and has not, with where it stands.

        For a delete what points at the record; for what is written last all else of it.
        """
        numbers = self._plan.needs if change.action is Action.DELETE else self._plan.others
        for number in numbers(change.seq):
            row = self._ledger.db.execute(
                "SELECT state FROM op WHERE plan=? AND seq=?", (self._number, number)
            ).fetchone()
            if row is None or State(row[0]) not in LANDED:
                needed = next(self._plan.changes(after=number - 1, limit=1))
                return needed.id, State(row[0]) if row else State.PLANNED
        return None

    def attempts_of(self, change: Change) -> int:
        """Count how often an operation was sent."""
        return self._attempts(change)[0]

    def touched(self, changes: Sequence[Change]) -> set[int]:
        """Tell which of these operations, given in their order, were touched before, by their numbers."""
        rows = self._ledger.db.execute(
            "SELECT seq FROM op WHERE plan=? AND seq BETWEEN ? AND ?",
            (self._number, changes[0].seq, changes[-1].seq),
        )
        return {seq for (seq,) in rows}

    def doubts_of(self, change: Change) -> int:
        """Count how often an operation was sent and nobody knew the end of it: what did not arrive is no doubt."""
        return count_doubts(self._ledger.db, self._number, change.seq)

    def newest_applied(self, name: str) -> tuple[str, str] | None:
        """Give target id and marker of the newest create of an object: a complete read must show it."""
        row = self._ledger.db.execute(
            "SELECT o.target_id, COALESCE(o.marker, '') FROM op o WHERE o.plan=? AND o.object=?"
            " AND o.kind='create' AND o.state IN ('APPLIED','VERIFIED')"
            " ORDER BY o.seq DESC LIMIT 1",
            (self._number, name),
        ).fetchone()
        return (str(row[0]), str(row[1])) if row else None

    def newest_walls(self, name: str) -> list[str]:
        """Give the wall time of the newest landed create's last attempt; none while there is no such create."""
        row = self._ledger.db.execute(
            "SELECT a.wall FROM op o JOIN attempt a ON a.plan=o.plan AND a.seq=o.seq WHERE o.plan=?"
            " AND o.object=? AND o.kind='create' AND o.state IN ('APPLIED','VERIFIED')"
            " ORDER BY o.seq DESC, a.n DESC LIMIT 1",
            (self._number, name),
        ).fetchone()
        return [row[0]] if row else []

    def intend(self, changes: Sequence[tuple[Change, str]]) -> None:
        """Note the intent to send these, each with the hash of its body; only when it is `durable` may a request go.

        Raises PlanError where another body was sent before.
        """
        again = self.touched([change for change, _sha256 in changes])
        numbers = [self._next_attempt(one, sha256) if one.seq in again else 1 for one, sha256 in changes]
        if self._boot_id is None:
            self._boot_id = self._clock.boot_id()
        when = (self._boot_id, self._clock.boottime_ns(), self._now())
        plan, run, epoch = self._number, self.run, self._ledger.epoch
        with self._together.join("intent") as db:
            ops = [
                (plan, one.seq, one.id, one.object, str(one.action), one.marker, one.sha256, run)
                for one, _sent in changes
            ]
            write_all(db, _INTEND, "(?,?,?,?,?,?,'INTENT',?,?)", ops)
            sendings = [(plan, one.seq, n, epoch, sent, *when) for (one, sent), n in zip(changes, numbers, strict=True)]
            write_all(db, "INSERT INTO attempt VALUES {}", "(?,?,?,?,?,?,?,?,NULL,NULL,NULL)", sendings)

    def _next_attempt(self, change: Change, body_sha256: str) -> int:
        """Give the number of the attempt that is to come."""
        number, earlier = self._attempts(change)
        if earlier not in {None, body_sha256}:
            fact = f"{change.object}:{change.key} would be sent otherwise than it was sent before"
            hint = "plan again; what is sent again is byte for byte what was sent"
            raise PlanError(Problem(code="E602", place=self._plan.path.name, fact=fact, hint=hint))
        return number + 1

    @property
    def is_shared(self) -> bool:
        """Tell whether several send at a time, so that their intents go into one commit."""
        return self._together.is_shared

    @is_shared.setter
    def is_shared(self, value: bool) -> None:
        self._together.is_shared = value

    async def durable(self) -> None:
        """Wait until all that was journalled is on the disk, with what others journal meanwhile. Raises StoreError."""
        await self._together.durable()

    def commit(self) -> None:
        """Make all that was journalled durable, now. Raises StoreError."""
        self._together.commit()

    def close(self, change: Change, ending: Ending) -> None:
        """Journal how an operation that was sent goes on, as `close_all` does."""
        self.close_all([(change, ending)])

    def close_all(self, endings: Sequence[tuple[Change, Ending]]) -> None:
        """Journal how operations that were sent go on, and what they wrote if they landed.

        It is durable with the next intent; what is not durable by the end of the process is in doubt, and read.
        """
        plan = self._number
        with self._together.join("outcome", len(endings)) as db:
            answer(db, plan, endings)
            db.executemany(  # a quarantine is reached through doubt
                "UPDATE op SET state='IN_DOUBT' WHERE plan=? AND seq=? AND state='INTENT'",
                [(plan, change.seq) for change, ending in endings if ending.state is _QUARANTINED],
            )
            self._move_all(endings)

    def decide(self, change: Change, ending: Ending) -> None:
        """Journal the end of an operation that is not sent: blocked, drifted, or nothing left to do."""
        with self._together.join("decision"):
            self._ensure(change)
            self._move_all([(change, ending)])

    def resolve(self, change: Change, decision: Decision, is_free: Callable[[Change], bool]) -> None:
        """Journal the decision of a person, and free what it blocked: the plan is open again where something is left.

        Blocked operations are looked at in their order, with what came before them freed already.
        """
        self.commit()
        ending, now = decision.ending, self._now()
        with self._ledger.transaction("resolve") as db:
            said = (self._number, change.seq, now, decision.who, decision.why, ending.state, ending.reason)
            db.execute("INSERT INTO decision VALUES(?,?,?,?,?,?,?)", said)
            self._move(change, ending)
            if ending.target_id:
                self._written.remember((change.object, change.key), ending.target_id, ending.fields)
            for blocked in self._blocked():
                if is_free(blocked):
                    self._move(blocked, Ending(state=State.PLANNED))
            if any(self.counts().get(state) for state in OPEN):
                here = (self._plan.id, self._ledger.serial)  # a plan that is stale is not applied again: plan anew
                db.execute("UPDATE plan SET state='STARTED' WHERE id=? AND started=?", here)

    def confirm(self, read: Mapping[int, Iterable[str]]) -> None:
        """Journal that what was applied was read back as it was written, with what else stood in new records then.

        Operations are given by their numbers.
        Of several readings the first one counts.
        """
        self.commit()
        with self._ledger.transaction("confirm") as db:
            db.executemany(
                "INSERT OR IGNORE INTO stood SELECT plan, seq, ? FROM op WHERE plan=? AND seq=? AND kind='create'"
                " AND state='APPLIED'",
                ((json.dumps(sorted(names)), self._number, seq) for seq, names in read.items()),
            )
            db.executemany(
                "UPDATE op SET state='VERIFIED' WHERE plan=? AND seq=? AND state='APPLIED'",
                ((self._number, seq) for seq in read),
            )

    def holder_of(self, name: str, target_id: str) -> str:
        """Name the key whose record of an object has a target id; empty if this plan wrote none with it."""
        row = self._ledger.db.execute(
            "SELECT seq FROM op WHERE plan=? AND object=? AND target_id=? AND kind='create'"
            " AND state IN ('APPLIED','VERIFIED')",
            (self._number, name, target_id),
        ).fetchone()
        return next(self._plan.changes(after=row[0] - 1, limit=1)).key if row else ""

    def checkpoint(self) -> None:
        """Fold the log into the ledger's file, as far as readers allow."""
        self.commit()
        with translated(self._ledger.path):
            self._ledger.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def counts(self) -> dict[State, int]:
        """Count this plan's operations by state; those never touched are planned."""
        rows = self._ledger.db.execute("SELECT state, COUNT(*) FROM op WHERE plan=? GROUP BY state", (self._number,))
        found = {State(state): count for state, count in rows}
        touched = sum(found.values())
        untouched = int(self._plan.header["operations"]) - touched
        return {**found, State.PLANNED: found.get(State.PLANNED, 0) + untouched}

    def _attempts(self, change: Change) -> tuple[int, str | None]:
        """Count how often an operation was sent, and give the hash of what was sent."""
        found: tuple[int, str | None] = self._ledger.db.execute(
            "SELECT COUNT(*), MAX(body_sha256) FROM attempt WHERE plan=? AND seq=?", (self._number, change.seq)
        ).fetchone()
        return found

    def _blocked(self) -> Iterable[Change]:
        seq = 0
        query = "SELECT seq FROM op WHERE plan=? AND state='BLOCKED' AND seq>? ORDER BY seq LIMIT 1"
        while row := self._ledger.db.execute(query, (self._number, seq)).fetchone():
            (seq,) = row
            yield from self._plan.changes(after=seq - 1, limit=1)

    def _ensure(self, change: Change) -> None:
        row = (self._number, change.seq, change.id, change.object, change.action, change.marker, change.sha256)
        self._ledger.db.execute(
            "INSERT INTO op(plan,seq,id,object,kind,marker,sha256,run) VALUES(?,?,?,?,?,?,?,?)"
            " ON CONFLICT(plan, seq) DO NOTHING",
            (*row, self.run),
        )

    def _move(self, change: Change, ending: Ending) -> None:
        self._ledger.db.execute(_MOVE, (*_moved(ending), self.run, self._number, change.seq))

    def _move_all(self, endings: Sequence[tuple[Change, Ending]]) -> None:
        """Bring operations to their states, and the id map up to date; keep what an undo of this plan needs."""
        db, plan = self._ledger.db, self._number
        if len(endings) == 1:
            self._move(*endings[0])
        else:
            moves = [(*_moved(ending), self.run, plan, change.seq) for change, ending in endings]
            write_all(db, _MOVE_ALL, "(?,?,?,?,?,?)", moves)
        told = [(one, end, to_json(dict(end.fields))) for one, end in endings if end.state in _TOLD]
        if "undo" not in self._plan.header:
            imaged = [(one, self._parent_of(one), fields) for one, end, fields in told if end.state in _IMAGED]
            keep_images(db, plan, imaged)
        self._written.note_all(
            [(one, end.target_id, fields) for one, end, fields in told if end.state in LANDED and end.target_id]
        )

    def _parent_of(self, change: Change) -> tuple[str, str] | None:
        if change.parent is None:
            return None
        above, parent_id = change.parent
        found = self.target_of(parent_id["$op"]) if isinstance(parent_id, Mapping) else parent_id
        return (above, str(found)) if found else None

    def _op(self, op_id: str) -> tuple[str, str | None] | None:
        if not self._is_indexed:
            index_ids(self._ledger)
            self._is_indexed = True
        with translated(self._ledger.path):
            found: tuple[str, str | None] | None = self._ledger.db.execute(
                "SELECT state, target_id FROM op WHERE plan=? AND id=?", (self._number, op_id)
            ).fetchone()
        return found

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")


_INTEND = (
    "INSERT INTO op(plan,seq,id,object,kind,marker,state,sha256,run) VALUES {}"
    " ON CONFLICT(plan, seq) DO UPDATE SET state='INTENT', reason='', run=excluded.run"
)
_MOVE = "UPDATE op SET state=?, target_id=COALESCE(?, target_id), reason=?, run=? WHERE plan=? AND seq=?"
_MOVE_ALL = (
    "UPDATE op SET state=v.column1, target_id=COALESCE(v.column2, target_id), reason=v.column3, run=v.column4"
    " FROM (VALUES {}) v WHERE plan=v.column5 AND seq=v.column6"
)


def _moved(ending: Ending) -> tuple[str, str | None, str]:
    return str(ending.state), ending.target_id, ending.reason
