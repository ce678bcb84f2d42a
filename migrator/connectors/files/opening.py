"""One file, opened once and safely: what is hashed is what is read."""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from migrator.errors import Problem, SourceError

SAMPLE_BYTES = 256 * 1024


class OpenedFile(io.RawIOBase):
    """A regular file that hashes what is read from it; petl takes it as a source by its `open`."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__()
        self.path = path
        self.name = name
        self.sha256 = hashlib.sha256()
        self._descriptor = _open(path, name)
        self.size = os.fstat(self._descriptor).st_size

    def readable(self) -> bool:
        """Say that it can be read; Python's buffers ask."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on, and hash."""
        chunk = os.read(self._descriptor, len(buffer))
        self.sha256.update(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def sample(self) -> bytes:
        """Look at the beginning without reading on."""
        return os.pread(self._descriptor, SAMPLE_BYTES, 0)

    @contextmanager
    def again(self) -> Iterator[BinaryIO]:
        """Give the same file from its beginning, unhashed; reading goes on where it stood."""
        place = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        try:
            with os.fdopen(os.dup(self._descriptor), "rb") as file:
                yield file
        finally:
            os.lseek(self._descriptor, place, os.SEEK_SET)

    @contextmanager
    def open(self, mode: str = "rb") -> Iterator[IO[bytes]]:
        """Give the buffered file, as petl asks for it."""
        if mode != "rb":
            raise SourceError(Problem(code="E401", place=self.name, fact="a source is only read"))
        yield io.BufferedReader(self, 1 << 18)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _open(path: Path, name: str) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        fact = f"cannot read the file: {error.strerror}"
        raise SourceError(Problem(code="E401", place=name, fact=fact, hint="check path and permissions")) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise SourceError(Problem(code="E401", place=name, fact="this is no regular file"))
