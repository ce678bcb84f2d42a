"""Ledgers of older formats: brought up with all they hold, or left as they are; readers see them as those of today."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from old_ledgers import make_old
from store_cases import Desk, desk, edit, ledger_at, mode_of

from migrator.errors import Locked, StoreError
from migrator.store.endings import Decision, Ending
from migrator.store.history import all_runs, id_map
from migrator.store.ledger import LedgerReader
from migrator.store.ledger_schema import TABLES, TRIGGERS
from migrator.store.plan import Plan
from migrator.store.states import State
from migrator.store.views import landed_operations, newest_plan, run_view, troubled_operations

APPLIED = Ending(state=State.APPLIED, target_id="c1", outcome="applied", status=200, fields={"Name": "One"})
KEPT = ("meta", "plan", "run", "op", "attempt", "written", "origin", "image", "stood", "decision", "verification")
LATER = ("origin", "image", "stood", "decision", "verification")


def go(opened: Desk) -> None:
    """Let a run do a bit of everything: a second attempt, a doubt, a quarantine that a person decided, a reading."""
    journal = opened.journal
    for label, ending in (
        ("+ companies/1", Ending(state=State.PLANNED, outcome="not sent")),
        ("+ companies/1", APPLIED),
        ("~ companies/2", Ending(state=State.QUARANTINED, outcome="gone", reason="gone")),
        ("+ companies/?new", APPLIED._replace(target_id="c2")),
    ):
        journal.intend([(opened.change(label), f"hash of {label}")])
        journal.close(opened.change(label), ending)
    journal.confirm({opened.change("+ companies/1").seq: ["Size"]})
    skipped = Decision(ending=Ending(state=State.SKIPPED), who="ada", why="")
    journal.resolve(opened.change("~ companies/2"), skipped, lambda _change: True)
    journal.intend([(opened.change("+ contacts/1"), "ab")])
    opened.ledger.db.execute("INSERT INTO verification VALUES('plan-1','now','{}')")


def rows(path: Path, name: str) -> list[tuple[object, ...]]:
    """Give all rows of a table."""
    with closing(sqlite3.connect(path)) as db:
        return sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr)  # noqa: S608 - from the table above


def left(folder: Path) -> tuple[Path, dict[str, list[tuple[object, ...]]]]:
    """Make a ledger with everything in it; gives its path and its rows, but for the epoch, which each opening moves."""
    with desk(folder) as opened:
        go(opened)
        opened.ledger.db.execute("UPDATE meta SET value=2 WHERE name='epoch'")
        path = opened.ledger.path
    return path, {name: rows(path, name) for name in KEPT}


@pytest.mark.parametrize(("version", "lacks"), [(3, ()), (2, ("stood",)), (1, LATER)])
def test_older_ledger_is_brought_up_with_all_it_holds(tmp_path: Path, version: int, lacks: tuple[str, ...]) -> None:
    """Every row stands where a ledger of today would have it; what the format had no place for is empty."""
    path, before = left(tmp_path)
    edit(path, "UPDATE meta SET value=1 WHERE name='epoch'")
    make_old(path, version)
    with ledger_at(tmp_path) as ledger:
        assert ledger.db.execute("PRAGMA user_version").fetchone() == (4,)
        assert ledger.db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert {name: rows(path, name) for name in KEPT} == {**before, **{name: [] for name in lacks}}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_brought_up_ledger_has_the_schema_of_a_new_one(tmp_path: Path, version: int) -> None:
    """Tables, indexes and triggers, so that it enforces what a new one does; and its connection is set as any."""
    path, _before = left(tmp_path)
    make_old(path, version)
    with ledger_at(tmp_path) as ledger:
        assert ledger.db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert ledger.db.execute("PRAGMA legacy_alter_table").fetchone() == (0,)
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(":memory:")) as new:
        new.executescript("".join(TABLES.values()) + TRIGGERS)
        assert old.execute(query).fetchall() == new.execute(query).fetchall()


def test_row_that_belongs_nowhere_leaves_the_ledger_as_it_is(tmp_path: Path) -> None:
    """Nothing is dropped in silence: the ledger is refused, with every row in its old place."""
    path, _before = left(tmp_path)
    make_old(path)
    edit(path, "INSERT INTO image VALUES('plan-1','none','9','companies',NULL,'{}','{}')")
    before = {name: rows(path, name) for name in ("op", "image", "attempt")}
    with pytest.raises(StoreError) as caught:
        ledger_at(tmp_path)
    fact = "the ledger is damaged: it has rows of operations that it does not have"
    hint = "(restore it from a copy; see 'migrator explain E705')"
    assert str(caught.value) == f"{path}: E705 {fact} {hint}"
    assert not path.with_name(f".{path.name}.new").exists()
    assert {name: rows(path, name) for name in before} == before


def test_death_on_the_way_leaves_the_ledger_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file takes the place of the old one when it is whole; what a death left of it is in nobody's way."""
    path, before = left(tmp_path)
    make_old(path)
    with monkeypatch.context() as patched:
        patched.setattr("migrator.store.ledger_upgrade.TRIGGERS", "CREATE TABLE a(b); CREATE TABLE a(b);")
        with pytest.raises(StoreError):
            ledger_at(tmp_path)
    assert path.with_name(f".{path.name}.new").exists()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (3,)
    with ledger_at(tmp_path):
        pass
    assert rows(path, "attempt") == before["attempt"]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_reader_sees_an_older_ledger_as_one_of_today(tmp_path: Path, version: int) -> None:
    """Status and reports tell of it what they told, and the file is not touched."""
    path, _before = left(tmp_path)
    told = []
    before = b""
    for turn in range(2):
        if turn:
            make_old(path, version)
            before = path.read_bytes()
        with LedgerReader(path) as reader, Plan(tmp_path / "acme.plan") as plan:
            trouble = list(troubled_operations(reader, plan))
            views = (run_view(reader, plan), trouble, list(landed_operations(reader, plan)), list(id_map(plan, reader)))
            told.append((*views, list(all_runs(reader)), newest_plan(reader)))
    assert told[0] == told[1]
    assert path.read_bytes() == before


def test_ledger_that_is_read_waits_to_be_brought_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is exchanged for another one, which must not be done under a reader's hands."""
    monkeypatch.setattr("migrator.store.sqlite.WRITE_TIMEOUT_SECONDS", 0.0)
    path, before = left(tmp_path)
    make_old(path)
    edit(path, "PRAGMA journal_mode=wal")
    with LedgerReader(path) as reader:
        reader.db.execute("BEGIN")
        reader.db.execute("SELECT * FROM run").fetchall()
        with pytest.raises(Locked) as caught:
            ledger_at(tmp_path)
    fact = "the ledger is of an older version, and cannot be brought up while somebody reads it"
    assert str(caught.value) == f"{path}: E801 {fact} (end what reads it, and run the same command again)"
    with ledger_at(tmp_path):
        pass
    assert rows(path, "attempt") == before["attempt"]


def test_ledger_brought_up_is_alone_and_private(tmp_path: Path) -> None:
    """Nothing of the old file is left beside it."""
    path, _before = left(tmp_path)
    make_old(path)
    with ledger_at(tmp_path):
        pass
    assert {one.name: mode_of(one) for one in path.parent.iterdir()} == {path.name: 0o600, f"{path.name}.lock": 0o600}
