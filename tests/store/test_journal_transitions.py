"""The transitions of an operation, as the ledger itself enforces them: guarantees, section 4."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from store_cases import desk, ledger_at, register

from migrator.store.states import State

ALLOWED = {
    "PLANNED": ["INTENT", "BLOCKED", "NOOP", "QUARANTINED", "SKIPPED"],
    "INTENT": ["PLANNED", "APPLIED", "REJECTED", "IN_DOUBT"],
    "IN_DOUBT": ["APPLIED", "PLANNED", "REJECTED", "QUARANTINED"],
    "APPLIED": ["VERIFIED"],
    "BLOCKED": ["PLANNED"],
    "QUARANTINED": ["APPLIED", "PLANNED", "SKIPPED"],
}
PAIRS = [(one, other) for one in State for other in State]
WAYS = {
    "PLANNED": [],
    "INTENT": ["INTENT"],
    "IN_DOUBT": ["INTENT", "IN_DOUBT"],
    "APPLIED": ["INTENT", "APPLIED"],
    "VERIFIED": ["INTENT", "APPLIED", "VERIFIED"],
    "NOOP": ["NOOP"],
    "REJECTED": ["INTENT", "REJECTED"],
    "QUARANTINED": ["QUARANTINED"],
    "BLOCKED": ["BLOCKED"],
    "SKIPPED": ["SKIPPED"],
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Open a ledger that knows a plan."""
    folder = tmp_path_factory.mktemp("ledger")
    with ledger_at(folder) as opened:
        register(opened, folder / "acme.plan")
    with closing(sqlite3.connect(folder / "state" / "ledger.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        yield db


@pytest.fixture
def db(ledger: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Put one operation into the ledger, for one test."""
    ledger.execute("BEGIN")
    put(ledger, "one", 1)
    yield ledger
    ledger.execute("ROLLBACK")


def put(db: sqlite3.Connection, name: str, seq: int, state: str = "PLANNED", marker: str | None = None) -> None:
    """Insert an operation."""
    db.execute(
        "INSERT INTO op(plan,id,seq,object,kind,marker,state,sha256,run) VALUES(1,?,?,'o','create',?,?,'',1)",
        (name, seq, marker, state),
    )


def move(db: sqlite3.Connection, state: str) -> None:
    """Bring the operation to a state, with the id that an applied one needs."""
    db.execute("UPDATE op SET state=?, target_id='k1'", (state,))


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[f"{one}-{other}" for one, other in PAIRS])
def test_transition_is_in_the_table_or_aborts(db: sqlite3.Connection, one: str, other: str) -> None:
    """Each of the hundred pairs: what the protocol allows works, everything else aborts and changes nothing."""
    for state in WAYS[one]:
        move(db, state)
    if one == other or other in ALLOWED.get(one, []):
        move(db, other)
        assert db.execute("SELECT state FROM op").fetchone() == (other,)
        return
    with pytest.raises(sqlite3.IntegrityError, match=r"^illegal transition$"):
        move(db, other)
    assert db.execute("SELECT state FROM op").fetchone() == (one,)


@pytest.mark.parametrize("state", sorted(set(State) - {State.PLANNED, State.INTENT}))
def test_operation_begins_as_planned(db: sqlite3.Connection, state: str) -> None:
    """No operation can be put into the ledger as if something had become of it; only its intent may come first."""
    with pytest.raises(sqlite3.IntegrityError, match=r"^an operation begins as planned$"):
        put(db, "two", 2, state)


@pytest.mark.parametrize("state", ["planned", "SENT", ""])
def test_state_that_is_none_aborts(db: sqlite3.Connection, state: str) -> None:
    """There are ten states; SENT is none, since nobody can know it."""
    with pytest.raises(sqlite3.IntegrityError):
        move(db, state)


def test_applied_without_id_aborts(db: sqlite3.Connection) -> None:
    """Nothing is recorded as applied without the id that proves it."""
    db.execute("UPDATE op SET state='INTENT'")
    with pytest.raises(sqlite3.IntegrityError, match=r"^applied without id$"):
        db.execute("UPDATE op SET state='APPLIED'")


def test_marker_belongs_to_one_create(db: sqlite3.Connection) -> None:
    """Two creates of an object with one marker cannot be in a plan's journal."""
    put(db, "two", 2, marker="acme/o/1")
    with pytest.raises(sqlite3.IntegrityError):
        put(db, "three", 3, marker="acme/o/1")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM op", "append-only"),
        ("DELETE FROM attempt", "append-only"),
        ("UPDATE attempt SET outcome='absent' WHERE n=1", "attempt is closed"),
        ("UPDATE attempt SET evidence='' WHERE n=1", "attempt is closed"),
        ("UPDATE attempt SET outcome=NULL WHERE n=1", "attempt is closed"),
    ],
)
def test_journal_is_append_only(db: sqlite3.Connection, statement: str, words: str) -> None:
    """What happened stays: nothing is deleted, and a closed attempt is not opened again."""
    for number, outcome in ((1, "applied"), (2, None)):
        db.execute("INSERT INTO attempt VALUES(1,1,?,1,'','',0,'',?,NULL,NULL)", (number, outcome))
    with pytest.raises(sqlite3.IntegrityError, match=rf"^{words}$"):
        db.execute(statement)
    db.execute("UPDATE attempt SET outcome='absent' WHERE n=2")


def test_attempt_belongs_to_an_operation(tmp_path: Path) -> None:
    """The ledger's own connection keeps attempts of operations that are not there out."""
    with desk(tmp_path) as opened, pytest.raises(sqlite3.IntegrityError, match=r"^FOREIGN KEY constraint failed$"):
        opened.ledger.db.execute("INSERT INTO attempt VALUES(1,9,1,1,'','',0,'',NULL,NULL,NULL)")
