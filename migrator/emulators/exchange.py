"""One request on its way through the server: what may be done with it, rightly or on purpose wrongly."""

from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Protocol

from migrator.emulators.messages import Answer, Request
from migrator.ports import pause, start_thread

_SLICE_SECONDS = 0.02
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


class Wire(Protocol):
    """The connection that a request came in on."""

    def write(self, data: bytes) -> None:
        """Send bytes at once. Raises OSError where the client has gone."""

    def close(self) -> None:
        """End the connection in order, after what was written."""

    def reset(self) -> None:
        """Break the connection so that the client sees a reset."""


class Desk(Protocol):
    """What an exchange asks of the server behind it."""

    is_closed: bool

    def now(self) -> datetime:
        """Give the server's wall time."""

    def commit(self, n: int, request: Request) -> Answer:
        """Let the account do what the request asks."""

    def note_answer(self, n: int, status: int) -> None:
        """Note in the history that request `n` is being answered."""


def head(answer: Answer, moment: datetime, *framing: str) -> bytes:
    """Write status line and headers; `framing` are the lines that say where the body ends."""
    lines = [
        f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, 'Unknown')}",
        f"Date: {format_datetime(moment, usegmt=True)}",
        f"Content-Type: {answer.content_type}",
        *(f"{name}: {value}" for name, value in answer.headers),
        *framing,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Exchange:
    """One request and the ways to treat it. What it commits and answers is in the history before it is sent."""

    def __init__(self, desk: Desk, wire: Wire, request: Request, n: int) -> None:
        self._desk = desk
        self._wire = wire
        self._n = n
        self.request = request

    def now(self) -> datetime:
        """Give the server's wall time, as in the header `Date`."""
        return self._desk.now()

    def commit(self, request: Request | None = None) -> Answer:
        """Let the account do what was asked, or what `request` asks instead."""
        return self._desk.commit(self._n, request or self.request)

    def commit_later(self, seconds: float) -> None:
        """Commit after `seconds`, whoever is still listening; never if the server is closed first."""

        def work() -> None:
            if self._waited(seconds):
                self.commit()

        start_thread(work, name="late-commit")

    def send(self, answer: Answer) -> None:
        """Send an answer as it should be."""
        body = b"" if self.request.method == "HEAD" else answer.body
        self.send_bytes(answer.status, head(answer, self.now(), f"Content-Length: {len(answer.body)}") + body)

    def send_bytes(self, status: int | None, data: bytes) -> None:
        """Send bytes as they are; `status` is what the history says was answered."""
        if status is not None:
            self._desk.note_answer(self._n, status)
        self._wire.write(data)

    def send_slowly(self, data: bytes, gap_seconds: float) -> None:
        """Send further bytes one by one."""
        for position in range(len(data)):
            self.hold(gap_seconds)
            self._wire.write(data[position : position + 1])

    def hold(self, seconds: float) -> None:
        """Let the client wait. Raises OSError if the server is closed meanwhile, since nobody waits any more."""
        if not self._waited(seconds):
            raise ConnectionAbortedError("the server was closed")

    def close(self) -> None:
        """End the connection in order."""
        self._wire.close()

    def reset(self) -> None:
        """Break the connection."""
        self._wire.reset()

    def _waited(self, seconds: float) -> bool:
        left = seconds
        while left > 0 and not self._desk.is_closed:
            pause(min(_SLICE_SECONDS, left))
            left -= _SLICE_SECONDS
        return not self._desk.is_closed
