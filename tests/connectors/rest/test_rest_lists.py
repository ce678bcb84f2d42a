"""Lists as the CRMs cut them: by page, offset, cursor, link or range, wrapped, nested, and with totals that lie."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripting import BASE, Server, define, people, records, refusal, talk, told

from migrator.connectors.rest.target import RestTarget
from migrator.records import TargetRecord

LYING = "run it again when nobody writes; if it stays so, report it to the vendor"
ELSEWHERE = "E904 the list goes on at another host (nothing was sent there)"


def page(*ids: int, **more: Any) -> Any:
    """Answer with people, as a bare list, or with more beside it."""
    found = [{"id": number} for number in ids]
    return told({"list": found, **more} if more else found)


def paged(folder: Path, paging: str, items: str = "''", **more: str) -> Any:
    """Read a tiny connector whose lists are cut in this way."""
    how = ", ".join([f"paging: {{{paging}}}", f"items: {items}", *(f"{key}: {value}" for key, value in more.items())])
    return define(folder, list=f'{{method: GET, path: "/{{object}}", {how}}}')


@pytest.mark.parametrize("first", [0, 1])
def test_pages_are_numbered_from_where_the_connector_says(tmp_path: Path, first: int) -> None:
    """A full page is followed by the next number, a short one is the last."""
    server = Server(page(1, 2), page(3, 4), page(5))
    definition = paged(tmp_path, f"by: page, page: p, size: n, max: 2, first: {first}")
    assert talk(definition, server, people) == ["1", "2", "3", "4", "5"]
    assert server.lines == [f"GET /people?n=2&p={first + number}" for number in range(3)]


def test_page_without_a_size_asks_for_none(tmp_path: Path) -> None:
    """Where no size can be asked for, pages are read until one is empty."""
    server = Server(page(1, 2), page(3), page())
    assert talk(paged(tmp_path, "by: page, page: p, first: 1"), server, people) == ["1", "2", "3"]
    assert server.lines == [f"GET /people?p={number}" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("answers", "ids", "asked"),
    [
        ([page(1, 2), page(1, 2), page(3, 4), page(5)], "12345", ["", "&p=1", "&p=2", "&p=3"]),
        ([page(1, 2), page(3, 4), page(3, 4), page(5)], "12345", ["", "&p=1", "&p=1", "&p=2"]),
        ([page(1, 2), page(), page()], "12", ["", "&p=1", "&p=1"]),
        ([page(1, 2), told(None, 404), told(None, 404)], "12", ["", "&p=1", "&p=1"]),
        ([page(1)], "1", [""]),
    ],
    ids=["from 1", "from 0", "from 0, one page", "from 0, one page, then 404", "short"],
)
def test_number_of_the_first_page_is_found_out(tmp_path: Path, answers: Any, ids: str, asked: list[str]) -> None:
    """The first page is asked for without a number; page 1 is the same one, or the next."""
    server = Server(*answers)
    definition = paged(tmp_path, "by: page, page: p, size: n, max: 2, first: probe")
    assert (talk(definition, server, people), server.lines) == (
        [*ids],
        [f"GET /people?n=2{number}" for number in asked],
    )


@pytest.mark.parametrize(("probed", "first"), [(page(1, 2), 1), (page(3), 0)])
def test_number_of_the_first_page_is_kept(tmp_path: Path, probed: Any, first: int) -> None:
    """It is found out once for all lists of an account."""
    server = Server(page(1, 2), probed, page(3), page(1))
    definition = paged(tmp_path, "by: page, page: p, size: n, max: 2, first: probe")

    async def twice(target: RestTarget) -> tuple[list[str], list[str], int | None]:
        return await people(target), await people(target), target.first_page

    assert talk(definition, server, twice) == (["1", "2", "3"], ["1"], first)
    assert server.lines[-1] == f"GET /people?n=2&p={first}"


def test_offset_may_have_an_end(tmp_path: Path) -> None:
    """First record, and the one after the last."""
    server = Server(page(1, 2), page(3))
    talk(paged(tmp_path, "by: offset, offset: start, end: stop, max: 2"), server, people)
    assert server.lines == ["GET /people?start=0&stop=2", "GET /people?start=2&stop=4"]


def test_cursor_stands_in_the_body(tmp_path: Path) -> None:
    """Each page names the next; the last names none, however many records it has."""
    server = Server(page(1, 2, meta={"next": "a=/1"}), page(3, meta={"next": 7}), page(4, 5, meta={"next": None}))
    definition = paged(tmp_path, "by: cursor, cursor: after, at: meta.next, size: n, max: 2", "list")
    assert talk(definition, server, people) == ["1", "2", "3", "4", "5"]
    assert server.lines == [f"GET /people?n=2{after}" for after in ("", "&after=a%3D%2F1", "&after=7")]


def test_cursor_stands_in_a_header(tmp_path: Path) -> None:
    """A header may name the next page."""
    server = Server(told([{"id": 1}], headers={"X-Next": "abc"}), told([{"id": 2}]))
    definition = paged(tmp_path, "by: cursor, cursor: after, at: 'header:X-Next'")
    assert (talk(definition, server, people), server.lines[1:]) == (["1", "2"], ["GET /people?after=abc"])


@pytest.mark.parametrize(
    "link", [f"{BASE}/people?c=1&ids=a&ids=b&e=", "/api/people?c=1&ids=a&ids=b&e=", "people?c=1&ids=a&ids=b&e="]
)
def test_next_link_stands_in_the_body(tmp_path: Path, link: str) -> None:
    """A link is followed with all of its own query, whole or relative."""
    server = Server(page(1, next=link), page(2, next=""))
    assert talk(paged(tmp_path, "by: next, at: next", "list"), server, people) == ["1", "2"]
    assert server.lines == ["GET /people", "GET /people?c=1&ids=a&ids=b&e="]


def test_next_link_stands_in_a_header(tmp_path: Path) -> None:
    """Of several links the one that is named next; the last page has only others."""
    links = f'<{BASE}/people?c=0>; rel="prev", <{BASE}/people?c=2>; rel="next"'
    server = Server(
        told([{"id": 1}], headers={"Link": links}),
        told([{"id": 2}], headers={"Link": f'<{BASE}/people?c=1>; rel="prev"'}),
    )
    assert talk(paged(tmp_path, "by: next, at: 'header:Link'"), server, people) == ["1", "2"]
    assert server.lines == ["GET /people", "GET /people?c=2"]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/people?c=1",
        "//evil.example/api/people",
        "https://127.0.0.1:9/api/people",
        "http://127.0.0.1:8/api/people",
        "http://127.0.0.1:9@evil.example/api/people",
        "/other/people",
    ],
)
def test_link_to_another_host_is_refused(tmp_path: Path, link: str) -> None:
    """Another host, port, scheme or folder gets no key: nothing is sent there."""
    server = Server(page(1, next=link))
    found = refusal(paged(tmp_path, "by: next, at: next", "list"), server, people)
    assert (found, len(server.requests)) == (f"GET /people: {ELSEWHERE}", 1)


@pytest.mark.parametrize("status", [404, 416])
def test_range_ends_where_there_is_nothing_more(tmp_path: Path, status: int) -> None:
    """The range counts the last record in; past the end the server has none, which is no failure."""
    server = Server(*(told([{"id": n}, {"id": n + 1}], 206) for n in (1, 3)), told(None, status))
    definition = paged(tmp_path, "by: range, unit: items, max: 2")
    assert talk(definition, server, people) == ["1", "2", "3", "4"]
    assert server.headers("range") == ["items=0-1", "items=2-3", "items=4-5"]


def test_short_range_is_the_last(tmp_path: Path) -> None:
    """A list that fits into one range is asked for once."""
    server = Server(told([{"id": 1}], 206))
    assert talk(paged(tmp_path, "by: range, max: 2"), server, people) == ["1"]
    assert server.headers("range") == ["records=0-1"]


def test_end_that_contradicts_the_flag_is_an_error(tmp_path: Path) -> None:
    """Where the page before said that more follows, nothing is no end."""
    server = Server(page(1, more=True), told(None, 404))
    found = refusal(paged(tmp_path, "by: offset, offset: o, max: 1, more: more", "list"), server, people)
    assert found == "GET /people: E906 the answer holds no list of records (is the base URL right?)"


@pytest.mark.parametrize(("total", "told_total"), [(3, "3"), (1200, "1,200"), ("7", "7")])
def test_total_that_is_not_reached_is_an_error(tmp_path: Path, total: int | str, told_total: str) -> None:
    """Records that are lacking would be created again: a list that shows fewer than it tells is refused."""
    server = Server(page(1, 2, total=total), page(total=total))
    definition = paged(tmp_path, "by: offset, offset: o, max: 2", "list", total="total")
    expected = f"GET /people: E906 the list tells {told_total} records and shows 2 ({LYING})"
    assert refusal(definition, server, people) == expected


@pytest.mark.parametrize(("count", "is_whole"), [({"n": 2}, True), ({"n": "2"}, True), ({"n": 3}, False), ({}, True)])
def test_count_is_asked_for_before_the_list(tmp_path: Path, count: Any, *, is_whole: bool) -> None:
    """A request of its own may tell the total; one that tells nothing is no proof of anything."""
    lists = '{method: GET, path: "/{object}", count: {path: "/{object}/count", at: n}}'
    definition, server = define(tmp_path, list=lists), Server(told(count), page(1, 2))
    if is_whole:
        assert talk(definition, server, people) == ["1", "2"]
    else:
        expected = f"GET /people: E906 the list tells 3 records and shows 2 ({LYING})"
        assert refusal(definition, server, people) == expected
    assert server.lines == ["GET /people/count", "GET /people"]


def test_record_that_comes_twice_counts_once(tmp_path: Path) -> None:
    """While others write, a record may move to the next page and another be missed: the total shows it."""
    server = Server(page(1, 2, total=4), page(2, 3, total=4), page(total=4))
    definition = paged(tmp_path, "by: offset, offset: o, max: 2", "list", total="total")
    expected = f"GET /people: E906 the list tells 4 records and shows 3 ({LYING})"
    assert refusal(definition, server, people) == expected


@pytest.mark.parametrize("total", [2, 1, 0, None, "many", "2"])
def test_total_that_is_reached_or_none_is_no_error(tmp_path: Path, total: Any) -> None:
    """More than was told is what others just wrote; what is no number tells nothing."""
    definition = define(tmp_path, list='{method: GET, path: "/{object}", items: list, total: total}')
    assert talk(definition, Server(page(1, 2, total=total)), people) == ["1", "2"]


@pytest.mark.parametrize("record", [{}, {"id": None}, {"id": ""}, {"Id": 1}])
def test_record_without_an_id_is_an_error(tmp_path: Path, record: Any) -> None:
    """Such a record could never be told from another."""
    found = refusal(define(tmp_path), Server(told([{"id": 1}, record])), people)
    assert found == "GET /people: E906 a record has no id (report it to the vendor)"


def test_items_are_unwrapped(tmp_path: Path) -> None:
    """The list stands deeper, each item wraps its record, named after the object."""
    lists = '{method: GET, path: "/{object}.json", items: "data.{object}", unwrap: "{one}.r"}'
    definition = define(tmp_path, "objects: {people: {one: person, fields: {text: name}}}", list=lists)
    answer = told({"data": {"people": [{"person": {"r": {"id": 1, "name": "Ada"}}}]}})
    server = Server(answer)
    expected = [TargetRecord(id="1", fields={"name": "Ada"}, raw={"id": 1, "name": "Ada"})]
    assert (talk(definition, server, records), server.lines) == (expected, ["GET /people.json"])


@pytest.mark.parametrize("item", [{}, {"person": None}, {"people": {"id": 2}}, {"person": [{"id": 2}]}])
def test_item_without_a_record_is_an_error(tmp_path: Path, item: Any) -> None:
    """A record that cannot be found in its wrapping is not passed over: it would be created again."""
    lists = '{method: GET, path: "/{object}", unwrap: person}'
    found = refusal(define(tmp_path, list=lists), Server(told([{"person": {"id": 1}}, item])), people)
    assert found == "GET /people: E906 an item of the list holds no record (report it to the vendor)"


def test_one_record_may_stand_for_a_list_of_one(tmp_path: Path) -> None:
    """Some servers leave the list away where there is one record."""
    assert talk(define(tmp_path), Server(told({"id": 1})), people) == ["1"]


def test_children_are_taken_out_of_each_record(tmp_path: Path) -> None:
    """A list of parents gives the children in each; a parent without any gives none."""
    text = """
    objects:
      companies: {one: company, fields: {text: name}}
      phones:
        parents: companies
        fields: {text: number}
        actions: {list: {path: "/{parent}", items: list, unwrap: "{parent_one}", each: "{object}", total: total}}
    """
    companies = [
        {"company": {"id": 1, "phones": [{"id": 5, "number": "a"}, {"id": 6}]}},
        {"company": {"id": 2, "phones": None}},
        {"company": {"id": 3}},
    ]
    server = Server(told({"list": companies, "total": 3}))
    found = talk(define(tmp_path, text), server, lambda target: records(target, "phones"))
    assert [(record.id, record.fields) for record in found] == [("5", {"number": "a"}), ("6", {})]
    assert server.lines == ["GET /companies"]


@pytest.mark.parametrize(
    ("find", "lines"),
    [
        ('{query: {"{field}": "{value}"}}', [f"GET /people?name={name}" for name in "abc"]),
        (
            '{query: {q: {json: {"{field}": "{values}"}}}, max: 2}',
            [f"GET /people?q=%7B%22name%22%3A%5B%22{part}%22%5D%7D" for part in ("a%22%2C%22b", "c")],
        ),
        ('{path: "/find/{object}/{field}/{value}"}', [f"GET /find/people/name/{name}" for name in "abc"]),
    ],
)  # fmt: skip
def test_values_are_looked_for_in_chunks(tmp_path: Path, find: str, lines: list[str]) -> None:
    """As many values as a call takes, each value once; what the server gives is passed on."""
    server = Server(*(page(number) for number, _line in enumerate(lines, start=1)))

    async def found(target: RestTarget) -> list[str]:
        return [record.id async for page in target.find("people", "name", ["a", "b", "c"]) for record in page]

    assert talk(define(tmp_path, find=find), server, found) == [str(n + 1) for n in range(len(lines))]
    assert server.lines == lines


def moved(status: int, location: str) -> Callable[[Any], Any]:
    """Send every request on to the same place."""
    return lambda _request: told(None, status, {"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", [f"{BASE}/persons/7?x=1", "/api/persons/7", "../persons/7"])
def test_read_is_sent_on_within_the_host(tmp_path: Path, status: int, location: str) -> None:
    """A read may follow, with its key, where it is sent within the same host."""
    server = Server(told(None, status, {"Location": location}), told({"id": "7"}))
    found = talk(define(tmp_path), server, lambda target: target.get("people", "7"))
    assert found == TargetRecord(id="7", fields={}, raw={"id": "7"})
    assert server.lines == ["GET /people/7", "GET /persons/7"]


@pytest.mark.parametrize("hops", [3, 4])
def test_read_is_sent_on_three_times_at_most(tmp_path: Path, hops: int) -> None:
    """Three hops lead somewhere; the fourth is one too many."""
    ways = (told(None, 302, {"Location": f"/api/people/{hop}"}) for hop in range(hops))
    server = Server(*ways, told({"id": "7"}))
    if hops == 3:
        assert talk(define(tmp_path), server, lambda target: target.get("people", "7")) is not None
    else:
        found = refusal(define(tmp_path), server, lambda target: target.get("people", "7"))
        hint = "correct the base URL; nothing was sent to the new address"
        assert found == f"tiny: E904 the target has moved to /api/people/3 ({hint})"
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location", ["https://evil.example/api/people/7", "http://127.0.0.1:8/api/people/7", "/login", "https://127.0.0.1:9/api/x"]
)  # fmt: skip
def test_read_is_not_sent_on_elsewhere(tmp_path: Path, location: str) -> None:
    """Another host, port or scheme gets nothing, nor does a path that is not the API's."""
    found = refusal(define(tmp_path), moved(302, location), lambda target: target.get("people", "7"))
    hint = "correct the base URL; nothing was sent to the new address"
    assert found == f"tiny: E904 the target has moved to {location} ({hint})"


@pytest.mark.parametrize(
    ("total", "left"), [({"total": 5}, [2, 1, 0]), ({}, [None, None, 0])], ids=["told", "not told"]
)
def test_pages_that_follow_are_counted_by_the_total(tmp_path: Path, total: dict[str, int], left: list[Any]) -> None:
    """After each page, where the list tells how many records there are; the last one is always known to be it."""
    server = Server(page(1, 2, **total), page(3, 4, **total), page(5, **total))
    items = {"items": "list", "total": "total"} if total else {}
    definition = paged(tmp_path, "by: page, page: p, size: n, max: 2, first: 0", **items)

    async def counted(target: RestTarget) -> list[int | None]:
        return [target.pages_left("people") async for _page in target.read("people")]

    assert talk(definition, server, counted) == left
