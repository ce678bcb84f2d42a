"""Lists of Spotler: pages, queries and order."""

import json
from typing import Any

import pytest
from header_practising import Crm
from spotler_practising import bad, create, numbers, practice

OPERATORS = "$not $in $nin $gt $gte $lt $lte $bt $sw $ew $con $or"


@pytest.mark.parametrize(
    ("query", "expected", "more"),
    [
        ({}, range(10), True),
        ({"page": 1}, range(10), True),
        ({"page": 2}, range(10, 20), True),
        ({"page": 0}, range(10), True),
        ({"page": "x"}, range(10), True),
        ({"limit": 50}, range(50), True),
        ({"limit": 100, "page": 2}, range(100, 105), False),
        ({"limit": 35, "page": 3}, range(70, 105), False),
        ({"limit": 1000}, range(100), True),
        ({"limit": 100, "page": 3}, range(0), False),
        ({"page": 999999999}, range(0), False),
    ],
)
def test_list_is_cut_into_pages(query: dict[str, Any], expected: range, *, more: bool) -> None:
    """A page has 10 records, or up to 100 (vendor); the first is 1 (client); past the end there is nothing (vendor)."""
    with practice() as crm:
        crm.server.seed_records("accounts", [{"name": f"n {n}"} for n in range(105)])
        listed = crm.read("/accounts", **query)
    assert [one["record"]["name"] for one in listed["list"]] == [f"n {n}" for n in expected]
    assert listed["metadata"] == {"url": "/account", "object_type": "list", "total_count": 105, "has_more": more}


@pytest.mark.parametrize(
    ("query", "expected"), [({}, range(10)), ({"page": 0}, range(10)), ({"page": 2}, range(20, 25))]
)
def test_pages_may_count_from_zero(query: dict[str, int], expected: range) -> None:
    """With the other base page=2 starts "from the 20th record by default" (vendor)."""
    with practice(page_base=0) as crm:
        crm.server.seed_records("accounts", [{"name": f"n {n}"} for n in range(25)])
        assert numbers(crm, "/accounts", **query) == [str(n) for n in expected]


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1.5"])
def test_limit_must_be_a_number(limit: str) -> None:
    """A limit that is none answers 400."""
    with practice() as crm:
        answer = crm.send("GET", "/accounts", limit=limit)
    assert (answer.status_code, answer.json()) == (400, bad("the limit is no number above 0"))


def filtered(crm: Crm, **query: Any) -> str:
    """Give the names of the accounts that a query finds."""
    texts = {name: json.dumps(value) for name, value in query.items()}
    return "".join(numbers(crm, "/accounts", **texts))


ACCOUNTS: list[dict[str, Any]] = [
    {"name": "a", "leadscore": 5, "sector": "Design", "notes": "2024-01-02 00:00:00"},
    {"name": "b", "leadscore": 10, "sector": "design", "notes": "2024-01-10 00:00:00"},
    {"name": "c", "leadscore": 50, "sector": "Retail", "notes": ""},
    {"name": "d", "sector": "Product Design"},
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "abcd"),
        ({"name": "B"}, "b"),
        ({"sector": "Design"}, "ab"),
        ({"sector": "DESIGN", "name": "a"}, "a"),
        ({"leadscore": 10}, "b"),
        ({"leadscore": "10"}, "b"),
        ({"leadscore": None}, "d"),
        ({"leadscore": "x"}, "d"),
        ({"sector": {"$not": "design"}}, "cd"),
        ({"leadscore": {"$not": None}}, "abc"),
        ({"leadscore": {"$in": [5, 50, 7]}}, "ac"),
        ({"name": {"$in": []}}, ""),
        ({"leadscore": {"$nin": [5, 50]}}, "bd"),
        ({"$or": [{"name": "a"}, {"sector": "Retail", "leadscore": 50}]}, "ac"),
        ({"$or": [{"name": "a"}, {"name": "b"}], "leadscore": 10}, "b"),
        ({"$or": []}, ""),
        ({"leadscore": {"$gt": 10}}, "c"),
        ({"leadscore": {"$gte": 10}}, "bc"),
        ({"leadscore": {"$lt": 10}}, "a"),
        ({"leadscore": {"$lte": 10}}, "ab"),
        ({"leadscore": {"$bt": [5, 10]}}, "ab"),
        ({"leadscore": {"$gt": 5, "$lt": 50}}, "b"),
        ({"notes": {"$gt": "2024-01-05"}}, "b"),
        ({"createddate": {"$lte": "2024-05-06 07:08:09"}}, "abcd"),
        ({"createddate": {"$gt": "2024-05-06 07:08:09"}}, ""),
        ({"sector": {"$sw": "des"}}, "ab"),
        ({"sector": {"$ew": "DESIGN"}}, "abd"),
        ({"sector": {"$con": "ct d"}}, "d"),
        ({"leadscore": {"$sw": "5"}}, "ac"),
        ({"migrationkey": "acme/accounts/3"}, "c"),
    ],
)
def test_query_finds(query: dict[str, Any], expected: str) -> None:
    """Each operator of the vendor's tables, fields and'ed, texts without regard to case."""
    with practice() as crm:
        crm.server.seed_records(
            "accounts", [{**one, "migrationkey": f"acme/accounts/{n + 1}"} for n, one in enumerate(ACCOUNTS)]
        )
        assert filtered(crm, q=query) == expected


def test_query_by_id_and_page() -> None:
    """Ids are found with $in (client), and a page counts what the query found."""
    with practice() as crm:
        ids = [int(one) for one in crm.server.seed_records("accounts", [{"name": f"n {n}"} for n in range(20)])]
        query = {"q": json.dumps({"id": {"$in": ids[5:]}}), "limit": 10, "page": 2}
        listed = crm.read("/accounts", **query)
    assert [one["record"]["id"] for one in listed["list"]] == ids[15:]
    assert (listed["metadata"]["total_count"], listed["metadata"]["has_more"]) == (15, False)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"leadscore": "asc"}, "dabc"),
        ({"leadscore": "DESC"}, "cbad"),
        ({"sector": "asc", "leadscore": "desc"}, "badc"),
        ({"sector": "asc", "name": "asc"}, "abdc"),
        ({"id": "desc"}, "dcba"),
    ],
)
def test_list_is_ordered(order: dict[str, str], expected: str) -> None:
    """The first field counts most; what is not set stands first."""
    with practice() as crm:
        crm.server.seed_records("accounts", ACCOUNTS)
        assert filtered(crm, order=order) == expected


@pytest.mark.parametrize(
    ("query", "fact"),
    [
        ({"q": "name"}, "the parameter q is no JSON object"),
        ({"q": '["name"]'}, "the parameter q is no JSON object"),
        ({"q": '{"nome": 1}'}, "there is no field 'nome' in accounts"),
        ({"q": '{"nome": {"$sw": "x"}}'}, "there is no field 'nome' in accounts"),
        ({"q": '{"name": {"$like": "x"}}'}, "there is no operator '$like'"),
        ({"q": '{"name": {"$in": "x"}}'}, "$in takes a list of values"),
        ({"q": '{"leadscore": {"$bt": [1]}}'}, "$bt takes a list of two values"),
        ({"q": '{"$or": {"name": 1}}'}, "$or takes a list of objects"),
        ({"order": "name"}, "the parameter order is no JSON object"),
        ({"order": '{"nome": "asc"}'}, "there is no field 'nome' in accounts"),
        ({"order": '{"name": "up"}'}, "the direction of 'name' is neither asc nor desc"),
    ],
)
def test_wrong_query_is_a_bad_request(query: dict[str, str], fact: str) -> None:
    """What is no query, or asks for what the data dictionary lacks, answers 400 and says why."""
    with practice() as crm:
        create(crm, "/accounts", name="a")
        answer = crm.send("GET", "/accounts", **query)
    assert (answer.status_code, answer.json()) == (400, bad(fact))
