"""Lists by Range headers, and the number of all records that the answers tell."""

import asyncio
from typing import Any

import pytest

from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.definition import Action, Paging
from migrator.connectors.rest.paging import Lists
from migrator.connectors.rest.reads import Reply
from migrator.errors import TargetError

HELD = [{"id": n} for n in range(7)]


async def _read(most: int, told: str = "7") -> tuple[list[Any], list[str]]:
    """Read from a server that gives so many records at most; give the records, and the ranges asked for."""
    asked: list[str] = []

    async def ask(request: Request, _name: str) -> Reply:
        asked.append(request.header["Range"])
        start, end = map(int, asked[-1].removeprefix("records=").split("-"))
        page = HELD[start : min(end, start + most)]
        headers = {"content-range": f"records {start}-{start + len(page)}/{told}"}
        return Reply(data=page, headers=headers) if page else Reply()

    paging = Paging(by="range", max=3, exclusive=True)
    action = Action(method="GET", path="/x", paging=paging, total="header:Content-Range")
    lists = Lists(ask, lambda _request, _link: None, "id")
    pages = [page async for page in lists.pages(Request(method="GET", path="/x"), action, "x")]
    return [item for page in pages for item in page], asked


def test_ranges_are_asked_one_after_the_other() -> None:
    """The end of a range is the beginning of the next, and a short page is the last."""
    assert asyncio.run(_read(3)) == (HELD, ["records=0-3", "records=3-6", "records=6-9"])


def test_list_shorter_than_its_range_tells_is_an_error() -> None:
    """A server that gives smaller pages than were asked for does not pass for one that holds less."""
    with pytest.raises(TargetError, match="the list tells 7 records and shows 2"):
        asyncio.run(_read(2))


@pytest.mark.parametrize("told", ["*", "", "9½"])
def test_unknown_number_is_no_number(told: str) -> None:
    """What the server does not know cannot be held against it."""
    assert asyncio.run(_read(3, told))[0] == HELD
