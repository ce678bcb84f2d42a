"""What a ledger tells of its runs, of the plans behind them, and of the ids that keys were given."""

from collections.abc import Iterator
from typing import NamedTuple

from migrator.store.ledger import FINISHED, LedgerReader
from migrator.store.ledger_schema import OF_PLAN
from migrator.store.lock import is_held
from migrator.store.plan import Plan


class Run(NamedTuple):
    """One run: its number, the plan's file, the mapping, how it stands, when, why, where, and how much it sent."""

    run: int
    plan: str
    mapping: str
    state: str
    began: str
    ended: str | None
    reason: str
    host: str
    pid: int
    sent: int


def all_runs(reader: LedgerReader) -> Iterator[Run]:
    """Give the runs, the newest first; one that nobody runs any more was killed."""
    rows = reader.db.execute(
        "SELECT r.id, p.path, p.mapping, r.state, r.began, r.ended, r.reason, r.host, r.pid, (SELECT COUNT(*)"
        " FROM attempt a WHERE a.plan=p.number AND a.epoch=r.epoch) FROM run r JOIN plan p ON p.id=r.plan_id"
        " ORDER BY r.id DESC"
    )
    for row in rows:
        found = Run(*row)
        is_killed = found.ended is None and not is_held(reader.path)
        yield found._replace(state="KILLED") if is_killed else found


class Finished(NamedTuple):
    """A plan that came to its end: its id, its file, and whether the ledger still holds images of what it wrote."""

    plan: str
    path: str
    has_images: bool


def finished_before(reader: LedgerReader, moment: str) -> Iterator[Finished]:
    """Give the plans that came to their end before a moment of wall time, as the journal writes it."""
    rows = reader.db.execute(
        "SELECT p.id, p.path, EXISTS(SELECT 1 FROM origin g WHERE g.plan_id=p.id) FROM plan p"
        " JOIN run r ON r.plan_id=p.id WHERE p.state=? GROUP BY p.id HAVING MAX(r.ended)<? ORDER BY MAX(r.id)",
        (FINISHED, moment),
    )
    yield from (Finished(plan, path, bool(has_images)) for plan, path, has_images in rows)


def id_map(plan: Plan, reader: LedgerReader) -> Iterator[tuple[str, str, str, str]]:
    """Give object, source key, target id and state of each record of a plan; those that agreed at once come last."""
    firsts = plan.db.execute("SELECT MIN(seq) FROM change WHERE action<>'append' GROUP BY record ORDER BY 1")
    for (seq,) in firsts:
        change = next(plan.changes(after=seq - 1, limit=1))
        row = reader.db.execute(
            f"SELECT COALESCE(target_id, ''), state FROM op WHERE {OF_PLAN} AND seq=?", (plan.id, seq)
        ).fetchone()
        target_id, state = row or ("", "PLANNED")
        yield change.object, change.key, target_id or change.target_id or "", state
    yield from plan.db.execute(
        "SELECT o.name, r.key, a.target_id, 'UNCHANGED' FROM agreed a JOIN record r ON r.id=a.record"
        " JOIN object o ON o.id=r.object WHERE a.record NOT IN (SELECT record FROM change) ORDER BY a.record"
    )
