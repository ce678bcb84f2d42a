"""Files that are private, and complete or not there at all."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from migrator.store.sqlite import make_private_folder, sync_folder, translated


def write_file(path: Path, write: Callable[[TextIO], object]) -> None:
    """Write a private file under another name first, so that it is complete or not there. Raises StoreError."""
    fresh = path.with_name(f".{path.name}.new")
    with translated(path):
        make_private_folder(path.parent)
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with io.open(descriptor, "w", encoding="utf-8", newline="") as file:  # noqa: UP020 - takes the descriptor over
            write(file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
