"""The envelope of every answer: Data, Metadata and Errors (client)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from migrator.emulators.crelate3.tables import Tables
from migrator.emulators.messages import Answer, Change, Request, json_answer


class Refused(Exception):
    """A status and what is wrong, which ends a request before anything is stored. It never leaves this folder."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(status, *messages)
        self.status = status
        self.messages = messages


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A part of a list, and what the metadata say beside it."""

    rows: list[dict[str, Any]]
    total: int
    has_more: bool


def enveloped(tables: Tables, request: Request, status: int, data: Any, changes: Iterable[Change] = ()) -> Answer:
    """Answer with data, or with a page of them."""
    page = data if isinstance(data, Page) else None
    metadata = {**_metadata(tables, request), **_paging(page)}
    return json_answer(status, {"Data": page.rows if page else data, "Metadata": metadata, "Errors": []}, changes)


def refusal(tables: Tables, request: Request, refused: Refused) -> Answer:
    """Answer with errors, each with a message (client)."""
    errors = [{"Message": message} for message in refused.messages]
    metadata = {**_metadata(tables, request), **_paging(None)}
    return json_answer(refused.status, {"Data": None, "Metadata": metadata, "Errors": errors})


def _metadata(tables: Tables, request: Request) -> dict[str, Any]:
    """Describe the request: the whole URL, with the key where it was in the query (client)."""
    now = tables.clock.now().astimezone(UTC)
    return {
        "CorrelationId": tables.correlation_id(),
        "TimeStamp": f"{now:%Y-%m-%dT%H:%M:%S.%f}0Z",
        "Url": f"http://{request.headers.get('host', '')}{request.target}",
        "Verb": request.method,
    }


def _paging(page: Page | None) -> dict[str, Any]:
    total, has_more = (page.total, page.has_more) if page else (None, None)
    return {"TotalRecords": total, "MoreRecords": has_more, "Links": None}
