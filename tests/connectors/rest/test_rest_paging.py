"""Lists, page by page, and servers that never end."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from migrator.connectors.rest import paging
from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.definition import Action, Paging
from migrator.connectors.rest.reads import Reply
from migrator.errors import TargetError

LIST = Request(method="GET", path="/contacts/recent", query={"modified": "5"})
BY_FLAG = Paging(offset="skip", size="take", max=3, more="MoreRecords")
BY_LENGTH = Paging(offset="skip", size="take", max=3)
NO_LIST = "GET /contacts/recent: E906 the answer holds no list of records (is the base URL right?)"


def walked(answers: Sequence[Any], how: Paging | None, items: str = "Results") -> tuple[list[list[int]], list[Any]]:
    """Walk a list of these answers; give the numbers of the records page by page, and the queries."""
    queries: list[Any] = []

    async def ask(request: Request, name: str) -> Reply:
        assert (request.method, request.path, name) == ("GET", "/contacts/recent", "contacts")
        queries.append(request.query)
        return Reply(data=answers[min(len(queries), len(answers)) - 1])

    async def walk() -> list[list[int]]:
        lists = paging.Lists(ask, lambda _turn, _link: None, "n")
        action = Action(method="GET", path="/contacts/recent", items=items, paging=how)
        return [[item["n"] for item in page] async for page in lists.pages(LIST, action, "contacts")]

    return asyncio.run(walk()), queries


def page(*numbers: int, more: Any = None) -> dict[str, Any]:
    """Answer with records, and with a flag unless there is none."""
    return {"Results": [{"n": number} for number in numbers], "MoreRecords": more}


def refusal(answers: Sequence[Any], how: Paging | None = BY_FLAG) -> str:
    """Give why a list is given up."""
    with pytest.raises(TargetError) as caught:
        walked(answers, how)
    return str(caught.value)


def test_each_page_is_asked_for_by_its_offset() -> None:
    """The offset grows by what came, the size and the list's own query stay."""
    pages, queries = walked([page(1, 2, 3, more=True), page(4, 5, 6, more=True), page(7, more=False)], BY_FLAG)
    assert pages == [[1, 2, 3], [4, 5, 6], [7]]
    assert queries == [{"modified": "5", "take": "3", "skip": skip} for skip in ("0", "3", "6")]


@pytest.mark.parametrize(
    ("answers", "pages", "skips"),
    [
        ([page(more=False)], [], ["0"]),
        ([page(1, more=False)], [[1]], ["0"]),
        ([page(1, 2, 3, more=False)], [[1, 2, 3]], ["0"]),
        ([page(1, more=True), page(2, more=False)], [[1], [2]], ["0", "1"]),
        ([page(1, 2, 3, 4, 5, more=True), page(6, more=False)], [[1, 2, 3, 4, 5], [6]], ["0", "5"]),
        ([page(1, 2, 3, more=True), page(more=True)], [[1, 2, 3]], ["0", "3"]),
        ([page(1, 2, 3, more="yes"), page(4, more="yes")], [[1, 2, 3], [4]], ["0", "3"]),
        ([page(1, 2, 3), page(4)], [[1, 2, 3], [4]], ["0", "3"]),
    ],
)
def test_flag_says_whether_more_follows(answers: Sequence[Any], pages: list[list[int]], skips: list[str]) -> None:
    """The flag decides, not the length of a page; an empty page is the last; without a flag the length counts."""
    found, queries = walked(answers, BY_FLAG)
    assert (found, [query["skip"] for query in queries]) == (pages, skips)


@pytest.mark.parametrize(
    ("answers", "pages"),
    [
        ([page(1, 2)], [[1, 2]]),
        ([page(1, 2, 3), page()], [[1, 2, 3]]),
        ([page(1, 2, 3), page(4, 5, 6), page(7)], [[1, 2, 3], [4, 5, 6], [7]]),
        ([page(1, 2, more=True)], [[1, 2]]),
    ],
)
def test_short_page_is_the_last(answers: Sequence[Any], pages: list[list[int]]) -> None:
    """Where the connector names no flag, a page that is not full ends the list."""
    assert walked(answers, BY_LENGTH)[0] == pages


def test_list_without_paging_is_one_page() -> None:
    """A bare list is asked for once, as it is."""
    assert walked([[{"n": 1}, {"n": 2}]], None, "") == ([[1, 2]], [{"modified": "5"}])


def test_list_may_stand_deeper() -> None:
    """The path of the list is the connector's."""
    assert walked([{"Data": {"Items": [{"n": 1}]}}], None, "Data.Items")[0] == [[1]]


@pytest.mark.parametrize("how", [BY_FLAG, BY_LENGTH])
def test_same_page_twice_ends_in_an_error(how: Paging) -> None:
    """A server that ignores the offset would be read for ever."""
    expected = "GET /contacts/recent: E906 the list gives the same page again and again (report it to the vendor)"
    assert refusal([page(1, 2, 3, more=True)], how) == expected
    assert refusal([page(1, 2, 3, more=True), page(4, 5, 6, more=True), page(4, 5, 6, more=False)], how) == expected


@pytest.mark.parametrize("how", [BY_FLAG, BY_LENGTH, None])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        [],
        {"Results": None},
        {"Results": {}},
        {"Results": "x"},
        {"Results": [1]},
        {"Results": [{"n": 1}, None]},
        7,
        "x",
    ],
)
def test_answer_that_is_no_list_ends_in_an_error(answer: Any, how: Paging | None) -> None:
    """A page that holds no list of records is not taken for an empty one."""
    assert refusal([answer], how) == NO_LIST


def test_later_page_that_is_no_list_ends_in_an_error() -> None:
    """Half a list is not taken for a whole one."""
    assert refusal([page(1, 2, 3, more=True), None]) == NO_LIST


def test_list_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """More pages than any account has are an error; as many as are allowed are not."""
    monkeypatch.setattr(paging, "MAX_PAGES", 4)
    endless = [page(number, more=True) for number in range(9)]
    assert refusal(endless) == "GET /contacts/recent: E906 the list has more than 4 pages (report it to the vendor)"
    assert len(walked([*endless[:3], page(3, more=False)], BY_FLAG)[0]) == 4
