"""One writer: an exclusive lock on a file beside the ledger, given up by the system when its process dies."""

import fcntl
import json
import os
import socket
from pathlib import Path

from migrator.errors import Locked, Problem
from migrator.ports import Clock, Rng
from migrator.store.sqlite import make_private_folder, translated


class Lock:
    """Holds `<ledger>.lock` until `release`. Raises Locked, saying who holds it."""

    def __init__(self, ledger: Path, clock: Clock, rng: Rng) -> None:
        path = ledger.with_name(ledger.name + ".lock")
        with translated(path):
            make_private_folder(path.parent)
            self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(self._descriptor, 4096, 0)
                os.close(self._descriptor)
                raise Locked(_held(path, holder)) from None
            self.id = rng.token()[:12]
            holds = {"lock": self.id, "pid": os.getpid(), "host": socket.gethostname(), "boot": clock.boot_id()}
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({**holds, "since": clock.now().isoformat()}).encode(), 0)

    def release(self) -> None:
        """Give the lock up."""
        os.close(self._descriptor)


def is_held(ledger: Path) -> bool:
    """Tell whether some process holds the ledger now."""
    path = ledger.with_name(ledger.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _held(path: Path, holder: bytes) -> Problem:
    try:
        told = json.loads(holder)
        who = f"process {told['pid']} on {told['host']} since {told['since'][:19]} UTC"
    except (ValueError, KeyError):
        who = "another process"
    hint = "wait for it to end, or end it; then run the same command again"
    return Problem(code="E801", place=str(path), fact=f"the ledger is held by {who}", hint=hint)
