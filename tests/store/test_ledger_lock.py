"""The lock beside the ledger: one writer, named to the second, and gone with its process."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from store_cases import FixedClock, ledger_at, mode_of

from migrator.errors import Locked, StoreError
from migrator.ports import Rng
from migrator.store.ledger import Ledger
from migrator.store.lock import is_held

HERE = Path(__file__).parent
HINT = "(wait for it to end, or end it; then run the same command again)"
HOLDER = """\
import sys, time
from pathlib import Path
from store_cases import ledger_at
with ledger_at(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def refusal(folder: Path) -> str:
    """Give the words with which a second opener is refused."""
    with pytest.raises(Locked) as caught:
        ledger_at(folder)
    assert caught.value.exit_code == 8
    return str(caught.value)


def test_second_opener_is_told_who_holds_the_ledger(tmp_path: Path) -> None:
    """The refusal names process, host and since when."""
    with ledger_at(tmp_path) as holder:
        who = f"process {os.getpid()} on {socket.gethostname()} since 2024-05-06T07:08:09 UTC"
        place = tmp_path / "state" / "ledger.sqlite.lock"
        force = f"; --force-unlock {holder._lock.id} takes it from a process that cannot be ended)"
        assert refusal(tmp_path) == f"{place}: E801 the ledger is held by {who} {HINT.removesuffix(')')}{force}"


def test_lock_says_what_holds_it(tmp_path: Path) -> None:
    """The private lock file holds the lock's id, process, host, boot and time."""
    with ledger_at(tmp_path, seed=9) as ledger:
        path = tmp_path / "state" / "ledger.sqlite.lock"
        assert json.loads(path.read_bytes()) == {
            "lock": ledger._lock.id,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "boot": "boot-1",
            "since": "2024-05-06T07:08:09+00:00",
        }
        assert (mode_of(path), len(ledger._lock.id)) == (0o600, 12)


def test_lock_is_free_after_closing(tmp_path: Path) -> None:
    """Closing gives the lock back; what stands in its file is overwritten by the next holder."""
    ids = []
    for seed in (1, 2):
        with ledger_at(tmp_path, seed=seed) as ledger:
            ids.append(ledger._lock.id)
    path = tmp_path / "state" / "ledger.sqlite.lock"
    assert json.loads(path.read_bytes())["lock"] == ids[1] != ids[0]


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b'{"pid": 1}'])
def test_holder_that_left_no_word_is_another_process(tmp_path: Path, text: bytes) -> None:
    """A lock file that says nothing readable still locks."""
    with ledger_at(tmp_path):
        place = tmp_path / "state" / "ledger.sqlite.lock"
        place.write_bytes(text)
        assert refusal(tmp_path) == f"{place}: E801 the ledger is held by another process {HINT}"


def test_lock_goes_with_its_killed_process(tmp_path: Path) -> None:
    """Another process is named while it lives; killed with signal 9 it leaves no lock behind."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        who = f"process {holder.pid} on {socket.gethostname()} since 2024-05-06T07:08:09 UTC"
        assert f" the ledger is held by {who} " in refusal(tmp_path)
        holder.send_signal(signal.SIGKILL)
    with ledger_at(tmp_path) as ledger:
        assert ledger.epoch == 2


def test_lock_is_taken_by_its_id(tmp_path: Path) -> None:
    """Who names the lock's id takes the ledger over; the old holder finds its epoch gone, and gives nothing back."""
    path = tmp_path / "state" / "ledger.sqlite"
    with ledger_at(tmp_path) as old:
        with pytest.raises(Locked):
            Ledger(path, clock=FixedClock(), rng=Rng(8), unlock="0" * 12)
        with Ledger(path, clock=FixedClock(), rng=Rng(8), unlock=old._lock.id) as new:
            with pytest.raises(StoreError, match="E802 this run was ousted"), old.transaction():
                pass
            old._lock.release()
            assert (is_held(path), mode_of(path.with_name("ledger.sqlite.lock"))) == (True, 0o600)
            with pytest.raises(Locked):
                ledger_at(tmp_path)
            assert new.epoch == old.epoch + 1
            old._lock._descriptor = os.open(path, os.O_RDONLY)
    assert sorted(item.name for item in path.parent.iterdir()) == ["ledger.sqlite", "ledger.sqlite.lock"]


@pytest.mark.parametrize("text", [b"", b'{"pid": 1}'])
def test_lock_without_an_id_is_not_taken(tmp_path: Path, text: bytes) -> None:
    """An id that nobody wrote is no id."""
    with ledger_at(tmp_path):
        path = tmp_path / "state" / "ledger.sqlite"
        path.with_name("ledger.sqlite.lock").write_bytes(text)
        with pytest.raises(Locked):
            Ledger(path, clock=FixedClock(), rng=Rng(8), unlock="")


def test_lock_is_seen_as_long_as_it_is_held(tmp_path: Path) -> None:
    """A reader can tell whether a writer lives, without taking the lock from the next one."""
    path = tmp_path / "state" / "ledger.sqlite"
    assert is_held(path) is False
    with ledger_at(tmp_path):
        assert is_held(path) is True
    assert is_held(path) is False
    with ledger_at(tmp_path) as ledger:
        assert ledger.epoch == 2


def test_symlink_in_the_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    """A link planted there is not followed: nothing is made where it points."""
    (tmp_path / "state").mkdir()
    place = tmp_path / "state" / "ledger.sqlite.lock"
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError) as caught:
        ledger_at(tmp_path)
    fact = f"not readable as a file of migrator: {os.strerror(40)}"
    assert str(caught.value) == f"{place}: E705 {fact} (restore the file from a copy, or make the plan again)"
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["ledger.sqlite.lock"]
    assert not (tmp_path / "elsewhere").exists()
