"""What the server saw and did, in its own words: the evidence that tests believe.

Entries are only ever added and completed: received, then committed, then answered. None is changed back or removed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from migrator.emulators.exact import parse_json, timestamp
from migrator.emulators.forms import form_fields
from migrator.emulators.messages import Change, Request
from migrator.ports import Clock, new_lock


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One request: what came, which fault struck it, what it changed, and what was answered.

    `path` is as sent, without the query and with `***` for a secret in it; `query` lacks the secret parameters, and so
    does `body`: the parsed JSON, the fields of a form, None where there is neither. `committed` says that records
    changed; `answered` is the status whose bytes were handed to the network, None if there were none.
    """

    n: int
    method: str
    path: str
    query: Mapping[str, str]
    body: Any = field(repr=False)
    body_sha256: str
    received_at: datetime
    fault: str = ""
    committed_at: datetime | None = None
    changes: tuple[Change, ...] = ()
    answered: int | None = None
    answered_at: datetime | None = None

    @property
    def committed(self) -> bool:
        """Tell whether the request changed any record."""
        return self.committed_at is not None

    @property
    def record_id(self) -> str:
        """Give the id of the record that was created, changed or deleted; empty where none was."""
        return self.changes[-1].id if self.changes else ""

    def as_json(self) -> dict[str, Any]:
        """Give the entry as plain data."""
        return {
            "n": self.n,
            "method": self.method,
            "path": self.path,
            "query": dict(self.query),
            "body": self.body,
            "body_sha256": self.body_sha256,
            "received_at": timestamp(self.received_at),
            "fault": self.fault,
            "committed": self.committed,
            "committed_at": self.committed_at and timestamp(self.committed_at),
            "changes": [{"deed": one.deed, "object": one.object, "id": one.id} for one in self.changes],
            "record_id": self.record_id,
            "answered": self.answered,
            "answered_at": self.answered_at and timestamp(self.answered_at),
        }


class History:
    """The entries in order of receipt; may be used from any thread."""

    def __init__(self, clock: Clock, secret_parameters: frozenset[str]) -> None:
        self._clock = clock
        self._secret_parameters = secret_parameters
        self._entries: list[Entry] = []
        self._lock = new_lock()

    def receive(self, request: Request, fault: str = "") -> Entry:
        """Note a request before anything is done about it."""
        query = {name: value for name, value in request.query if name not in self._secret_parameters}
        body, digest = self._open_part(_parsed(request)), hashlib.sha256(request.body).hexdigest()
        with self._lock:
            entry = Entry(
                n=len(self._entries) + 1,
                method=request.method,
                path=self._open_path(request.path),
                query=query,
                body=body,
                body_sha256=digest,
                received_at=self._clock.now(),
                fault=fault,
            )
            self._entries.append(entry)
        return entry

    def _open_part(self, body: Any) -> Any:
        """Leave the secrets out of a body, since some clients send the key beside the fields."""
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if name not in self._secret_parameters}

    def _open_path(self, path: str) -> str:
        """Hide the secrets in a path, since some vendors take parameters there, as in `/apikey/<key>`."""
        parts = path.split("/")
        names = ["", *(unquote(part) for part in parts)]
        return "/".join(
            "***" if name in self._secret_parameters else part for name, part in zip(names, parts, strict=False)
        )

    def commit(self, n: int, changes: tuple[Change, ...]) -> None:
        """Note what request `n` changed; no change, no commit."""
        if not changes:
            return
        with self._lock:
            self._entries[n - 1] = replace(self._entries[n - 1], committed_at=self._clock.now(), changes=changes)

    def answer(self, n: int, status: int) -> None:
        """Note the status that request `n` is about to be answered with."""
        with self._lock:
            self._entries[n - 1] = replace(self._entries[n - 1], answered_at=self._clock.now(), answered=status)

    def entries(self) -> list[Entry]:
        """List all entries, in order of receipt."""
        with self._lock:
            return list(self._entries)


def _parsed(request: Request) -> Any:
    form = form_fields(request)
    if form is not None or not request.body:
        return form
    try:
        return parse_json(request.body)
    except ValueError:
        return None
