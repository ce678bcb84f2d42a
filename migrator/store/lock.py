"""One writer: an exclusive lock on a file beside the ledger, given up by the system when its process dies."""

import fcntl
import json
import os
import socket
from pathlib import Path
from typing import Any

from migrator.errors import Locked, Problem
from migrator.ports import Clock, Rng
from migrator.store.sqlite import make_private_folder, translated


class Lock:
    """Holds `<ledger>.lock` until `release`. Raises Locked, saying who holds it; `unlock` takes it from this holder.

    What is taken away is the file: its holder keeps the lock of one that nobody looks at any longer, and finds at its
    next transaction that its epoch is over.
    """

    def __init__(self, ledger: Path, clock: Clock, rng: Rng, unlock: str = "") -> None:
        path = ledger.with_name(ledger.name + ".lock")
        with translated(path):
            make_private_folder(path.parent)
            self._descriptor, holder = _acquire(path)
            if holder is not None and not (unlock and unlock == _told(holder).get("lock")):
                raise Locked(_held(path, _told(holder)))
            if holder is not None:
                fresh = path.with_name(f"{path.name}.new")
                fresh.unlink(missing_ok=True)
                self._descriptor, _nobody = _acquire(fresh)
                fresh.replace(path)
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


def _acquire(path: Path) -> tuple[int, bytes | None]:
    """Open and lock a file; gives what its holder wrote into it where another one has it, and then no descriptor."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 4096, 0)
        os.close(descriptor)
        return -1, holder
    return descriptor, None


def _told(holder: bytes) -> dict[str, Any]:
    try:
        told = json.loads(holder)
        return {name: told[name] for name in ("lock", "pid", "host", "since")}
    except (ValueError, KeyError, TypeError):
        return {}


def _held(path: Path, told: dict[str, Any]) -> Problem:
    who, hint = "another process", "wait for it to end, or end it; then run the same command again"
    if told:
        who = f"process {told['pid']} on {told['host']} since {told['since'][:19]} UTC"
        hint += f"; --force-unlock {told['lock']} takes it from a process that cannot be ended"
    return Problem(code="E801", place=str(path), fact=f"the ledger is held by {who}", hint=hint)
