"""The ledger's file: private, checked at its opening, written by one, read by many, whole after any end."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from ledgers import remember
from store_cases import ACCOUNT, FACTS, MAPPING, ROWS, FixedClock, desk, edit, ledger_at, mode_of, register, seal_plan

from migrator.errors import StoreError
from migrator.ports import arm_failpoints
from migrator.store.endings import Ending
from migrator.store.journal import Journal
from migrator.store.ledger import Ledger, LedgerReader, hash_file
from migrator.store.ledger_schema import APPLICATION_ID, FORMAT
from migrator.store.plan import Plan
from migrator.store.states import State

LEDGER = "state/ledger.sqlite"
AT_REST = ["ledger.sqlite", "ledger.sqlite.lock"]


def names_in(folder: Path) -> list[str]:
    """List a folder."""
    return sorted(path.name for path in folder.iterdir())


def refusal(folder: Path) -> str:
    """Give the words with which opening a ledger is refused."""
    with pytest.raises(StoreError) as caught:
        ledger_at(folder)
    return str(caught.value)


def test_ledger_is_private_while_open_and_at_rest(tmp_path: Path) -> None:
    """Ledger, log and lock have mode 0600 in a 0700 folder under any umask."""
    before = os.umask(0)
    try:
        with ledger_at(tmp_path) as ledger:
            register(ledger, tmp_path / "acme.plan")
            modes = {path.name: mode_of(path) for path in (tmp_path / "state").iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys([*AT_REST, "ledger.sqlite-shm", "ledger.sqlite-wal"], 0o600)
    assert mode_of(tmp_path / "state") == 0o700


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
        ("mmap_size", 0),
        ("temp_store", 2),
        ("secure_delete", 1),
        ("application_id", APPLICATION_ID),
        ("user_version", FORMAT),
    ],
)
def test_ledger_runs_with_its_settings(tmp_path: Path, setting: str, value: str | int) -> None:
    """WAL with full sync above all: anything less may lose an intent at a loss of power."""
    with ledger_at(tmp_path) as ledger:
        assert ledger.db.execute(f"PRAGMA {setting}").fetchone() == (value,)


def test_ledger_is_one_file_at_rest(tmp_path: Path) -> None:
    """After closing there is no log beside the ledger, so that it can be copied as it is."""
    with ledger_at(tmp_path) as ledger:
        register(ledger, tmp_path / "acme.plan")
        assert names_in(tmp_path / "state") == sorted([*AT_REST, "ledger.sqlite-shm", "ledger.sqlite-wal"])
    assert names_in(tmp_path / "state") == AT_REST


def test_lineage_stays_and_is_each_ledgers_own(tmp_path: Path) -> None:
    """A ledger keeps its name over openings; another one has another."""
    with ledger_at(tmp_path / "a", seed=1) as ledger:
        first = ledger.lineage
    with ledger_at(tmp_path / "a", seed=2) as ledger:
        assert (ledger.lineage, len(first)) == (first, 32)
    with ledger_at(tmp_path / "b", seed=2) as ledger:
        assert ledger.lineage != first


def test_epoch_grows_with_each_opening(tmp_path: Path) -> None:
    """Each opening takes a new epoch."""
    epochs = []
    for _opening in range(3):
        with ledger_at(tmp_path) as ledger:
            epochs.append(ledger.epoch)
    assert epochs == [1, 2, 3]


def test_ousted_writer_stops_before_it_writes(tmp_path: Path) -> None:
    """A process whose lock was taken away writes nothing more, not even an intent."""
    with desk(tmp_path) as old:
        old.ledger._lock.release()
        new = ledger_at(tmp_path)
        with pytest.raises(StoreError) as caught:
            old.journal.intend([(old.change("+ companies/1"), "ab")])
        path = tmp_path / LEDGER
        hint = "another process took the ledger over; see 'migrator status'"
        assert str(caught.value) == f"{path}: E802 this run was ousted ({hint})"
        assert new.db.execute("SELECT (SELECT COUNT(*) FROM op), (SELECT COUNT(*) FROM attempt)").fetchone() == (0, 0)
        new.db.close()
        new._lock.release()
        old.ledger._lock._descriptor = os.open(os.devnull, os.O_RDONLY)


def make_foreign(path: Path) -> None:
    """Put a database of another program in the ledger's place."""
    edit(path, "CREATE TABLE a(b)")


def make_newer(path: Path) -> None:
    """Let a later version have written the ledger."""
    ledger_at(path.parents[1]).__exit__()
    edit(path, "PRAGMA user_version=5")


def make_text(path: Path) -> None:
    """Put something else in the ledger's place."""
    path.write_text("id,name\n" * 100, encoding="utf-8")


RESTORE_HINT = "(restore the file from a copy, or make the plan again)"
VERSION_HINT = "(use the version of migrator that wrote it)"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (
            make_text,
            f"E705 not readable as a file of migrator: file is not a database {RESTORE_HINT}",
        ),
        (make_newer, f"E705 not a ledger of this version (format 5, expected 4) {VERSION_HINT}"),
    ],
)
def test_file_that_is_no_ledger_is_refused(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    """Another program's database, another version and any other file are refused, by writer and reader."""
    path = tmp_path / LEDGER
    path.parent.mkdir()
    make(path)
    assert refusal(tmp_path) == f"{path}: {problem}"
    with pytest.raises(StoreError) as caught:
        LedgerReader(path)
    assert str(caught.value) == f"{path}: {problem}"


def test_plan_in_the_place_of_the_ledger_is_refused(tmp_path: Path) -> None:
    """Another file of ours is not taken for a ledger."""
    path = tmp_path / LEDGER
    seal_plan(path)
    assert refusal(tmp_path).startswith(f"{path}: E705 ")


def test_refused_ledger_gives_its_lock_back(tmp_path: Path) -> None:
    """Whoever mends the file is not locked out by the attempt to open it."""
    path = tmp_path / LEDGER
    path.parent.mkdir()
    make_foreign(path)
    assert refusal(tmp_path) == refusal(tmp_path)
    path.unlink()
    with ledger_at(tmp_path) as ledger:
        assert ledger.epoch == 1


def damage(path: Path) -> None:
    """Overwrite a page that the opening itself does not read: the last one, of the table of written values."""
    with path.open("r+b") as file:
        (page,) = sqlite3.connect(path).execute("SELECT rootpage FROM sqlite_master WHERE name='written'").fetchone()
        file.seek((page - 1) * 4096)
        file.write(b"\x05" * 4096)


@pytest.mark.parametrize("is_clean", [True, False])
def test_ledger_is_looked_over_after_an_unclean_end_only(tmp_path: Path, is_clean: bool) -> None:  # noqa: FBT001 - a case
    """A run that did not end of its own accord makes the next opening check the file; else that would take too long."""
    with desk(tmp_path) as opened:
        if is_clean:
            opened.journal.end("HALTED")
    damage(tmp_path / LEDGER)
    if is_clean:
        ledger_at(tmp_path).__exit__()
        return
    words = refusal(tmp_path)
    assert words.startswith(f"{tmp_path / LEDGER}: E705 the ledger is damaged: ")
    assert words.endswith(" (restore it from a copy; see 'migrator explain E705')")


def test_crash_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    """The files as a killed process leaves them open as they are, with all that was committed and no more."""
    with desk(tmp_path) as opened:
        opened.journal.intend([(opened.change("+ companies/1"), "ab")])
        opened.ledger.db.execute("BEGIN IMMEDIATE")
        opened.ledger.db.execute("UPDATE op SET state='IN_DOUBT'")
        shutil.copytree(tmp_path / "state", tmp_path / "crashed" / "state")
        opened.ledger.db.execute("ROLLBACK")
    with ledger_at(tmp_path / "crashed") as ledger:
        assert ledger.db.execute("SELECT state FROM op").fetchall() == [("INTENT",)]
        assert ledger.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert names_in(tmp_path / "crashed" / "state") == AT_REST


def test_half_made_ledger_is_none(tmp_path: Path) -> None:
    """A crash while the ledger was made leaves a file under another name, which the next opening replaces."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / ".ledger.sqlite.new").write_bytes(b"half")
    with ledger_at(tmp_path) as ledger:
        assert (ledger.epoch, ledger.serial) == (1, 0)
    assert names_in(tmp_path / "state") == AT_REST


def test_reader_sees_what_is_committed_beside_the_writer(tmp_path: Path) -> None:
    """A reader neither waits for the writer nor sees what is not committed."""
    with ledger_at(tmp_path) as ledger, LedgerReader(tmp_path / LEDGER) as reader:
        with ledger.transaction() as db:
            db.execute("INSERT INTO meta VALUES('a','b')")
            assert reader.db.execute("SELECT 1 FROM meta WHERE name='a'").fetchone() is None
        assert reader.db.execute("SELECT value FROM meta WHERE name='a'").fetchone() == ("b",)
        with pytest.raises(sqlite3.OperationalError, match=r"^attempt to write a readonly database$"):
            reader.db.execute("DELETE FROM meta")


def test_reader_of_no_ledger_is_told_so(tmp_path: Path) -> None:
    """Where no plan was made yet there is nothing to read, and nothing is made."""
    with pytest.raises(StoreError) as caught:
        LedgerReader(tmp_path / "none")
    assert str(caught.value) == f"{tmp_path / 'none'}: E702 there is no ledger here (it is made by the first plan)"
    assert list(tmp_path.iterdir()) == []


def write_and_fail(ledger: Ledger) -> None:
    """Fail in the middle of a transaction."""
    with ledger.transaction() as db:
        db.execute("INSERT INTO meta VALUES('a','b')")
        raise KeyError


def test_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """What is raised inside a transaction takes all of it back, and comes out unchanged."""
    with ledger_at(tmp_path) as ledger:
        with pytest.raises(KeyError):
            write_and_fail(ledger)
        assert ledger.db.in_transaction is False
        assert ledger.db.execute("SELECT COUNT(*) FROM meta WHERE name='a'").fetchone() == (0,)


def test_full_disk_at_commit_leaves_nothing(tmp_path: Path) -> None:
    """A commit that fails is told with its remedy, and the next one works."""
    with ledger_at(tmp_path) as ledger:
        arm_failpoints("before-commit-register=enospc")
        with pytest.raises(StoreError) as caught:
            register(ledger, tmp_path / "acme.plan")
        fact = "E701 the disk is full or fails: no space left on device (failpoint)"
        hint = "free some space and run the same command again; nothing is lost"
        assert str(caught.value) == f"{tmp_path / LEDGER}: {fact} ({hint})"
        assert ledger.plan("plan-1") is None
        register(ledger, tmp_path / "acme.plan")
        assert ledger.plan("plan-1") is not None


def test_plan_is_found_as_it_was_registered(tmp_path: Path) -> None:
    """Writer and reader give a plan's entry as it was taken in; one that is unknown is None."""
    path = tmp_path / "acme.plan"
    sha256 = seal_plan(path)
    with ledger_at(tmp_path) as ledger:
        register(ledger, path, sha256=sha256)
        entry = ledger.plan("plan-1")
        assert entry is not None
        assert (entry.sha256, entry.serial, entry.started, entry.state) == (hash_file(path), 0, None, "MADE")
        with LedgerReader(tmp_path / LEDGER) as reader:
            assert (reader.plan("plan-1"), reader.plan("plan-2")) == (entry, None)


def test_plan_is_registered_once(tmp_path: Path) -> None:
    """Two plans of one name cannot be in a ledger."""
    with ledger_at(tmp_path) as ledger:
        register(ledger, tmp_path / "acme.plan")
        with pytest.raises(StoreError):
            register(ledger, tmp_path / "other.plan")
        assert ledger.db.execute("SELECT path FROM plan").fetchall() == [(str(tmp_path / "acme.plan"),)]


def test_known_is_kept_by_mapping_account_and_object(tmp_path: Path) -> None:
    """What was written to one account is not known of another, nor of another mapping or object."""
    with ledger_at(tmp_path) as ledger:
        for n, where in enumerate([(MAPPING, ACCOUNT, "companies"), ("other", ACCOUNT, "companies"),
                                   (MAPPING, "e" * 64, "companies"), (MAPPING, ACCOUNT, "contacts")]):  # fmt: skip
            remember(ledger, where[:2], [(where[2], "1", f"k{n}", {})])
        assert list(ledger.known(MAPPING, ACCOUNT, "companies")) == [("1", "k0", "{}")]
        assert list(ledger.known(MAPPING, "e" * 64, "companies")) == [("1", "k2", "{}")]
        assert list(ledger.known(MAPPING, "d" * 64, "companies")) == []


@pytest.mark.parametrize(("end", "expected"), [(None, True), ("HALTED", True), ("DONE", False)])
def test_started_plan_is_unfinished_until_it_is_done(tmp_path: Path, end: str | None, expected: bool) -> None:  # noqa: FBT001 - a case
    """A plan that was begun and did not end must not be overwritten; before its first run it may."""
    path = tmp_path / "acme.plan"
    with ledger_at(tmp_path / "fresh") as ledger:
        register(ledger, path)
        assert ledger.unfinished_at(path) is False
    with desk(tmp_path) as opened:
        if end:
            opened.journal.end(end)
        assert (opened.ledger.unfinished_at(path), opened.ledger.unfinished_at(tmp_path)) == (expected, False)


@pytest.mark.parametrize(
    ("state", "is_doubtful"),
    [(State.INTENT, True), (State.IN_DOUBT, True), (State.APPLIED, False), (State.REJECTED, False)],
)
def test_doubtful_plans_are_those_with_open_writes(tmp_path: Path, state: State, is_doubtful: bool) -> None:  # noqa: FBT001 - a case
    """A plan is named while nobody knows of a write of it whether it arrived; never for another mapping."""
    with desk(tmp_path) as opened:
        change = opened.change("+ companies/1")
        opened.journal.intend([(change, "ab")])
        if state is not State.INTENT:
            opened.journal.close(change, Ending(state=state, target_id="c1", outcome="x"))
        expected = [str(tmp_path / "acme.plan")] if is_doubtful else []
        assert opened.ledger.doubtful_plans(MAPPING, but="plan-2") == expected
        assert opened.ledger.doubtful_plans(MAPPING, but="plan-1") == []
        assert opened.ledger.doubtful_plans("other", but="plan-2") == []


def test_serial_counts_the_plans_that_were_begun(tmp_path: Path) -> None:
    """The count grows when a plan is begun, not when it is made nor when it is gone on with."""
    serials = []
    for name in ("one", "two", "one"):
        with ledger_at(tmp_path) as ledger:
            if ledger.plan(name) is None:
                seal_plan(tmp_path / name, ROWS, plan_id=name)
                register(ledger, tmp_path / name, plan_id=name)
            serials.append(ledger.serial)
            with Plan(tmp_path / name) as plan:
                Journal(ledger, plan, FixedClock()).begin(FACTS)
            serials.append(ledger.serial)
    assert serials == [0, 1, 1, 2, 2, 2]


def test_ledger_ignores_a_reader_when_it_closes(tmp_path: Path) -> None:
    """A reader that is still open leaves the log beside the ledger; the next opening folds it in."""
    with ledger_at(tmp_path) as ledger:
        register(ledger, tmp_path / "acme.plan")
        reader = LedgerReader(tmp_path / LEDGER)
    reader.db.close()
    with ledger_at(tmp_path) as again:
        assert again.plan("plan-1") is not None
    assert names_in(tmp_path / "state") == AT_REST
