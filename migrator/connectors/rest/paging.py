"""Lists, page by page, with guards against servers that never end or go round in a circle.

A record may come twice where others write while the list is read: whoever reads it keeps each id once.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

from migrator.connectors.rest.definition import Paging
from migrator.connectors.rest.http import Request
from migrator.connectors.rest.wire import at_path
from migrator.errors import Problem, TargetError

MAX_PAGES = 100_000

Ask = Callable[[Request], Awaitable[Any]]


async def pages(ask: Ask, request: Request, paging: Paging | None, items: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Ask for page after page with `ask`, which gives parsed JSON. Raises TargetError for an answer that is no list."""
    if paging is None:
        yield _items(await ask(request), items, request)
        return
    offset = 0
    kept: list[
        dict[str, Any]
    ] = []  # the page at the last power of two: a circle of any length comes back to one of them
    for number in range(1, MAX_PAGES + 1):
        query = {**request.query, paging.size: str(paging.max), paging.offset: str(offset)}
        data = await ask(replace(request, query=query))
        found = _items(data, items, request)
        if found and found == kept:
            raise TargetError(_endless(request, "gives the same page again and again"))
        kept = found if number & (number - 1) == 0 else kept
        if found:
            yield found
        offset += len(found)
        if not found or not _has_more(data, paging, len(found)):
            return
    raise TargetError(_endless(request, f"has more than {MAX_PAGES} pages"))


def _has_more(data: Any, paging: Paging, count: int) -> bool:
    flag = at_path(data, paging.more) if paging.more else None
    return bool(flag) if isinstance(flag, bool) else count == paging.max


def _items(data: Any, path: str, request: Request) -> list[dict[str, Any]]:
    found = at_path(data, path)
    if isinstance(found, list) and all(isinstance(item, dict) for item in found):
        return found
    hint = "is the base URL right?"
    raise TargetError(Problem(code="E906", place=str(request), fact="the answer holds no list of records", hint=hint))


def _endless(request: Request, fact: str) -> Problem:
    return Problem(code="E906", place=str(request), fact=f"the list {fact}", hint="report it to the vendor")
