"""Lists, page by page, with guards against servers that never end, go round in a circle, or tell a wrong total.

A record may come twice where others write while the list is read: whoever reads it keeps each id once.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from migrator.connectors.distinct import Distinct
from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.definition import Action, Paging
from migrator.connectors.rest.reads import Reply
from migrator.connectors.rest.substitution import at_path
from migrator.errors import Problem, TargetError

MAX_PAGES = 100_000

Raw = dict[str, Any]
Ask = Callable[[Request, str], Awaitable[Reply]]
Follow = Callable[[Request, str], Request | None]

_LINK = re.compile(r'<([^>]*)>\s*;[^,]*rel="?next"?')


class Lists:
    """Reads the lists of one account. What probing found out about page numbers is kept for the lists that follow."""

    def __init__(self, ask: Ask, follow: Follow, id_path: str) -> None:
        self._ask = ask
        self._follow = follow
        self._id_path = id_path
        self.first_page: int | None = None
        self.left: dict[str, int | None] = {}  # pages that follow the last one given, by object

    async def pages(self, request: Request, action: Action, name: str) -> AsyncIterator[list[Raw]]:
        """Ask for page after page of an object. Raises TargetError for what is no list, or has no end."""
        walk = _Walk(request, action, self._id_path, name)
        if action.count and not action.each:
            counted = await self._ask(Request(method="GET", path=action.count.path), name)
            walk.tell_total(at_path(counted.data, action.count.at))
        turn: Request | None = self._begin(request, action.paging)
        number = 0
        while turn is not None:
            number += 1
            if number > MAX_PAGES:
                raise TargetError(_endless(request, f"has more than {MAX_PAGES} pages"))
            reply = await self._ask(turn, name)
            found = walk.take(reply, number)
            self.left[name] = walk.pages_left(reply)
            if found:
                yield found
            turn = await self._next(turn, reply, walk, number)
        walk.check_total()

    def _begin(self, request: Request, paging: Paging | None) -> Request:
        if paging is None:
            return request
        if paging.by != "page":
            return _at_offset(request, paging, 0)
        first = paging.first if paging.first is not None else self.first_page
        return _at_page(request, paging, first)

    async def _next(self, turn: Request, reply: Reply, walk: "_Walk", number: int) -> Request | None:
        """Give the request for the page after this one; None if it was the last."""
        paging = walk.action.paging
        if paging is None or not walk.has_more(reply):
            return None
        match paging.by:
            case "cursor":
                cursor = _standing(reply, paging.at)
                return replace(turn, query={**turn.query, paging.cursor: str(cursor)}) if cursor else None
            case "next":
                link = _standing(reply, paging.at)
                return self._linked(turn, link) if link else None
            case "page":
                first = paging.first if paging.first is not None else self.first_page
                if first is None:
                    first = self.first_page = await self._probe(turn, paging, walk)
                return _at_page(turn, paging, first + number)
        return _at_offset(turn, paging, walk.count, is_count=walk.is_long)

    async def _probe(self, turn: Request, paging: Paging, walk: "_Walk") -> int:
        """Find out whether pages count from 0 or 1: page 1 is the page that came without a number, or another one."""
        reply = await self._ask(_at_page(turn, paging, 1), walk.name)
        return 1 if walk.is_page(reply) else 0

    def _linked(self, turn: Request, link: str) -> Request:
        there = self._follow(turn, link)
        if there is None:
            fact = "the list goes on at another host"
            raise TargetError(Problem(code="E904", place=str(turn), fact=fact, hint="nothing was sent there"))
        return there


class _Walk:
    """One walk through one list: what was seen, and the guards."""

    def __init__(self, request: Request, action: Action, id_path: str, name: str) -> None:
        self.action = action
        self.name = name
        self.count = 0
        self._request = request
        self._id_path = id_path
        self._seen = Distinct()
        self._total: int | None = None
        self._page: list[Raw] = []
        self._is_told_more = False
        self.is_long = False
        # the page at the last power of two: a circle of any length comes back to one of them
        self._kept: list[Raw] = []

    def take(self, reply: Reply, number: int) -> list[Raw]:
        """Take in a page; give its records. Raises TargetError for a circle, and for a record without an id."""
        self._page = self._items(reply)
        if self._page and self._page == self._kept:
            raise TargetError(_endless(self._request, "gives the same page again and again"))
        self._kept = self._page if number & (number - 1) == 0 else self._kept
        self.count += len(self._page)
        self.is_long |= self.action.paging is not None and 0 < self.action.paging.max < len(self._page)
        self.tell_total(_total(reply, self.action.total))
        records = self._records(self._page)
        self._seen.update(self._number(item) for item in records)
        return records

    def tell_total(self, total: Any) -> None:
        """Take in how many records there are, if that is a number."""
        if isinstance(total, str) and total.isascii() and total.isdigit():
            total = int(total)
        self._total = total if isinstance(total, int) else self._total

    def is_page(self, reply: Reply) -> bool:
        """Tell whether an answer holds the page that was taken in last, by the id of its first record."""
        ids = [at_path(item, self._id_path) for item in self._records(self._items(reply))[:1]]
        return ids == [at_path(item, self._id_path) for item in self._records(self._page)[:1]]

    def has_more(self, reply: Reply) -> bool:
        """Tell whether the list goes on: by its own flag, by its total, else by the page being full."""
        paging = self.action.paging
        flag = at_path(reply.data, paging.more) if paging and paging.more else None
        self._is_told_more = flag is True
        if paging is None or not (self._page or paging.by in {"cursor", "next"}):
            return False
        if isinstance(flag, bool):
            return flag
        if paging.by in {"cursor", "next"}:
            return True  # a page may be empty where others were filtered away; without a cursor it is the last
        is_all = self._total is not None and len(self._seen) >= self._total
        return len(self._page) >= paging.max and not is_all

    def pages_left(self, reply: Reply) -> int | None:
        """Count the pages to come, if the list tells how long it is, or ends here."""
        paging = self.action.paging
        if paging is None or not self.has_more(reply):
            return 0
        return None if self._total is None or not paging.max else -(-max(self._total - self.count, 0) // paging.max)

    def check_total(self) -> None:
        """Hold what was read against the list's own total. Raises TargetError where records are lacking."""
        if self._total is not None and len(self._seen) < self._total and not self.action.each:
            fact = f"the list tells {self._total:,} records and shows {len(self._seen):,}"
            hint = "run it again when nobody writes; if it stays so, report it to the vendor"
            raise TargetError(Problem(code="E906", place=str(self._request), fact=fact, hint=hint))

    def _items(self, reply: Reply) -> list[Raw]:
        found = at_path(reply.data, self.action.items)
        is_empty_range = self.action.paging is not None and self.action.paging.by == "range"
        if reply.data is None and (self.count or is_empty_range) and not self._is_told_more:
            return []  # past the end
        if isinstance(found, dict) and found and not self.action.items:
            found = [found]  # one record where others give a list of one
        if isinstance(found, list) and all(isinstance(item, dict) for item in found):
            return found
        hint = "is the base URL right?"
        fact = "the answer holds no list of records"
        raise TargetError(Problem(code="E906", place=str(self._request), fact=fact, hint=hint))

    def _records(self, page: list[Raw]) -> list[Raw]:
        records = [at_path(item, self.action.unwrap) for item in page]
        if not all(isinstance(record, dict) for record in records):
            hint = "report it to the vendor"
            fact = "an item of the list holds no record"
            raise TargetError(Problem(code="E906", place=str(self._request), fact=fact, hint=hint))
        if not self.action.each:
            return records
        children = (at_path(record, self.action.each) or [] for record in records)
        return [child for some in children for child in some if isinstance(child, dict)]

    def _number(self, item: Raw) -> int:
        record_id = at_path(item, self._id_path)
        if record_id in (None, ""):
            hint = "report it to the vendor"
            raise TargetError(Problem(code="E906", place=str(self._request), fact="a record has no id", hint=hint))
        return int.from_bytes(blake2b(str(record_id).encode(), digest_size=8).digest())


def _at_page(request: Request, paging: Paging, page: int | None) -> Request:
    numbered = {} if page is None else {paging.page: str(page)}
    sized = {paging.size: str(paging.max)} if paging.size else {}
    return replace(request, query={**request.query, **sized, **numbered})


def _at_offset(request: Request, paging: Paging, offset: int, *, is_count: bool = False) -> Request:
    """Ask from a record on; a server that gave more than a page takes the number of the last one for how many."""
    if paging.by == "range":
        last = offset + paging.max - (0 if paging.exclusive else 1)
        return replace(request, header={**request.header, "Range": f"{paging.unit}={offset}-{last}"})
    query = {**request.query, **({paging.size: str(paging.max)} if paging.size else {})}
    query |= {paging.offset: str(offset)} if paging.offset else {}
    query |= {paging.end: str(paging.max if is_count else offset + paging.max)} if paging.end else {}
    return replace(request, query=query)


def _standing(reply: Reply, at: str) -> str:
    """Give the cursor or link that stands in the body or in a header; a Link header names several."""
    if not at.startswith("header:"):
        return str(at_path(reply.data, at) or "")
    found = _LINK.search(text := reply.headers.get(at.removeprefix("header:").lower(), ""))
    return found[1] if found else "" if "<" in text else text


def _total(reply: Reply, at: str) -> Any:
    """Give what tells the number of all records: in the body, or after the slash of a Content-Range header."""
    if at.startswith("header:"):
        return reply.headers.get(at.removeprefix("header:").lower(), "").rpartition("/")[2]
    return at_path(reply.data, at) if at else None


def _endless(request: Request, fact: str) -> Problem:
    return Problem(code="E906", place=str(request), fact=f"the list {fact}", hint="report it to the vendor")
