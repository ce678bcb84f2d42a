"""The order on the disk and on the wire: the intent is synced before the first byte of its request is sent."""

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_crm_targets import settings_of

from migrator.emulators import start

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
WRITES = {"small": 40, "full": 200}
SYNC = re.compile(r"\b(?:fsync|fdatasync)\([0-9]+<[^>]*ledger\.sqlite-wal>")
SEND = re.compile(r"\bsendto\([0-9]+<[^>]*>, \"POST ")


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_intent_is_synced_before_its_request(proof: "Proof", size: str, tmp_path: Path) -> None:
    """What the system itself saw of a run: between any two requests that write, the ledger's log was synced."""
    (tmp_path / "people.csv").write_text("id,last\n" + "".join(f"{n},L{n}\n" for n in range(WRITES[size])))
    (tmp_path / "acme.yaml").write_text(
        "mapping: 1\nname: acme\nsource: {connector: files, path: .}\ntarget: {connector: crelate}\n"
        "objects: {people: {from: people.csv, to: contacts, key: id, fields: {LastName: last}}}\n"
    )
    with start("crelate", seed=1) as server:
        environ = {**settings_of("crelate", server), "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-m", "migrator"]
        subprocess.run([*command, "plan", "acme.yaml", "-o", "acme.plan"], cwd=tmp_path, env=environ, check=True)
        trace = ["strace", "-f", "-y", "-s", "16", "-o", "trace", "-e", "trace=fsync,fdatasync,sendto"]
        ended = subprocess.run([*trace, *command, "apply", "acme.plan"], cwd=tmp_path, env=environ, check=False)
        if ended.returncode and "PTRACE" in (tmp_path / "trace").read_text(encoding="utf-8"):
            pytest.skip("nothing may be traced here")
        assert ended.returncode == 0
    synced, sent, early = 0, 0, []
    for line in (tmp_path / "trace").read_text(encoding="utf-8").splitlines():
        synced += bool(SYNC.search(line))
        if SEND.search(line):
            sent += 1
            early += [] if synced else [f"early: request {sent} without a sync before it"]
            synced = 0
    proof.count("writes after their fsync", size, sent, early)


def test_ledger_waits_for_the_disk(tmp_path: Path) -> None:
    """The ledger is opened so that each commit is synced: a log, and FULL."""
    from migrator.ports import Rng, SystemClock  # noqa: PLC0415 - used here only
    from migrator.store.ledger import Ledger  # noqa: PLC0415 - the same

    with Ledger(tmp_path / "ledger.sqlite", clock=SystemClock(), rng=Rng(1)) as ledger:
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert ledger.db.execute("PRAGMA synchronous").fetchone() == (2,)
