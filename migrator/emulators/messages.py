"""What the sockets and a practice account say to each other: a request, its answer, and what the answer changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from migrator.emulators.exact import write_json

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request, whole. `target` is path and query as sent; `query` is decoded; names of headers are lower-case."""

    method: str
    target: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def parameter(self, name: str) -> str | None:
        """Give the value of a query parameter; None where it is absent or given twice."""
        found = [value for key, value in self.query if key == name]
        return found[0] if len(found) == 1 else None


class Deed(StrEnum):
    """What happened to a record."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One record that a request created, changed or deleted."""

    deed: Deed
    object: str
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the account says to one request. `changes` ends with the record that the request was about."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    changes: tuple[Change, ...] = ()


def json_answer(status: int, value: Any, changes: Iterable[Change] = ()) -> Answer:
    """Answer with a value as JSON."""
    return Answer(status=status, body=write_json(value).encode(), changes=tuple(changes))


def message_answer(status: int, message: str) -> Answer:
    """Answer with a sentence for people, in the shape that .NET interfaces use: `{"Message": ...}`."""
    return json_answer(status, {"Message": message})
