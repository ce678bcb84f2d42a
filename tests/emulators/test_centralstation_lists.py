"""Lists of CentralStationCRM: pages, counts, order, filters, searches, includes."""

from typing import Any

import pytest
from centralstation_practising import create, error, names, practice
from header_practising import Crm
from practising import FixedClock


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, range(25)),
        ({"page": 1}, range(25)),
        ({"page": 2}, range(25, 50)),
        ({"page": 0}, range(25)),
        ({"page": "x", "perpage": "x"}, range(25)),
        ({"perpage": 250}, range(250)),
        ({"perpage": 250, "page": 2}, range(250, 260)),
        ({"perpage": 1000}, range(250)),
        ({"perpage": 100, "page": 3}, range(200, 260)),
        ({"perpage": 250, "page": 3}, range(0)),
        ({"perpage": 0}, range(25)),
    ],
)
def test_list_is_cut_into_pages(query: dict[str, Any], expected: range) -> None:
    """A page has up to 250 records (vendor), 25 by itself, counted from 1; past the end there is nothing."""
    with practice() as crm:
        crm.server.seed_records("people", [{"name": f"n {n}"} for n in range(260)])
        assert names(crm, "/people.json", **query) == [f"n {n}" for n in expected]


def test_size_of_a_page_is_an_option() -> None:
    """What a page has by itself is not known for sure."""
    with practice(default_perpage=2) as crm:
        crm.server.seed_records("people", [{"name": name} for name in "abc"])
        assert (names(crm, "/people"), names(crm, "/people", page=2)) == (["a", "b"], ["c"])


def test_order_of_a_list_is_an_option() -> None:
    """Without `order` new records may come first, which shifts pages; whoever asks for an order gets it."""
    clock = FixedClock()
    with practice(clock=clock, default_order="new-desc", default_perpage=2) as crm:
        for name in "abc":
            clock.go_on(seconds=1)
            create(crm, "/people", person={"name": name})
        assert [names(crm, "/people"), names(crm, "/people", page=2)] == [["c", "b"], ["a"]]
        assert names(crm, "/people", order="abc-asc") == ["a", "b"]


@pytest.mark.parametrize("key", ["total_entries", "total_size"])
def test_count_counts_all_pages(key: str) -> None:
    """The number of all entries is asked for separately (vendor), filtered or not."""
    with practice(count_key=key) as crm:
        crm.server.seed_records("people", [{"name": name} for name in "ab" * 20])
        assert crm.read("/people/count.json", perpage=5) == {key: 40}
        assert crm.read("/people/count", **{"filter[name][equal]": "a"}) == {key: 20}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, "bCaD"),
        ("abc-asc", "abCD"),
        ("abc-desc", "DCba"),
        ("new-asc", "bCaD"),
        ("new-desc", "DaCb"),
        ("update-desc", "bDaC"),
        ("activity-asc", "CaDb"),
    ],
)
def test_list_is_ordered(order: str | None, expected: str) -> None:
    """People are ordered by name, creation or change (client), without case."""
    clock = FixedClock()
    with practice(clock=clock) as crm:
        ids = []
        for name in "bCaD":
            clock.go_on(hours=1)
            ids.append(create(crm, "/people", person={"name": name})["id"])
        clock.go_on(hours=1)
        crm.send("PUT", f"/people/{ids[0]}", {"person": {"title": "Dr"}})
        assert names(crm, "/people", **({"order": order} if order else {})) == list(expected)


def test_nested_list_is_ordered_by_id() -> None:
    """What hangs on a record is ordered by id (client), which is not the order of creation."""
    with practice() as crm:
        url = f"/people/{create(crm, '/people', person={'name': 'a'})['id']}/tags"
        ids = [create(crm, url, tag={"name": str(n)})["id"] for n in range(9)]
        up, down = (crm.read(url, order=f"id-{way}") for way in ("asc", "desc"))
    assert [one["tag"]["id"] for one in up] == sorted(ids) != ids
    assert down == up[::-1]


DEALS = {"a": "5", "b": "10.50", "c": "200"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"filter[name][equal]": "b"}, "b"),
        ({"filter[name][equal]": "B"}, ""),
        ({"filter[name][in]": "a,c,x"}, "ac"),
        ({"filter[name][larger_than]": "a"}, "bc"),
        ({"filter[name][between]": "a,b"}, "ab"),
        ({"filter[name][smaller_than]": "c", "filter[name][larger_than]": "a"}, "b"),
        ({"filter[value][larger_than]": "9"}, "bc"),
        ({"filter[value][between]": "5.0,10.5"}, "ab"),
        ({"filter[value][smaller_than]": "x"}, "abc"),
        ({"filter[description][equal]": ""}, "abc"),
        ({"filter[created_at][larger_than]": "2024-05-06"}, "abc"),
        ({"filter[created_at][larger_than]": "2024-05-07"}, ""),
        ({"stream_updated_at_after": "2024-05-06T07:08:09Z"}, "abc"),
        ({"stream_updated_at_before": "2024-05-06T07:08:09Z"}, ""),
        ({"stream_updated_at_after": "2024-05-06T07:08:09.120Z"}, ""),
        ({"stream_updated_at_before": "2024-05-06T07:08:09.121Z"}, "abc"),
    ],
)
def test_list_is_filtered(query: dict[str, str], expected: str) -> None:
    """Filters compare a field with one value, two or several (client); a record has to meet all of them."""
    with practice() as crm:
        deal = {"value_type": "total", "target_date": "2024-05-06"}
        crm.server.seed_records("deals", [{"name": name, "value": value, **deal} for name, value in DEALS.items()])
        assert names(crm, "/deals", **query) == list(expected)


def test_list_is_filtered_by_ids() -> None:
    """Ids are compared as numbers."""
    with practice() as crm:
        ids = crm.server.seed_records("people", [{"name": name} for name in "abc"])
        assert names(crm, "/people", **{"filter[id][in]": f"{ids[2]},0{ids[0]}"}) == ["a", "c"]


@pytest.mark.parametrize(
    ("query", "description"),
    [
        ({"order": "name"}, "unknown order: name"),
        ({"filter[colour][equal]": "red"}, "unknown filter: colour equal"),
        ({"filter[name][like]": "a"}, "unknown filter: name like"),
        ({"filter[name]": "a"}, "unknown filter: filter[name]"),
        ({"filter[name][between]": "a"}, "between takes two values: a"),
        ({"stream_updated_at_after": "soon"}, "no date: soon"),
    ],
)
def test_senseless_list_is_a_bad_request(query: dict[str, str], description: str) -> None:
    """What would otherwise silently list everything is refused (inferred)."""
    with practice() as crm:
        create(crm, "/people", person={"name": "a"})
        answer = crm.send("GET", "/people", **query)
    assert (answer.status_code, answer.json()) == (400, error("bad_request", description))


def test_list_is_filtered_by_tags() -> None:
    """`tag_name` and `tag_id` list what has such a tag (client)."""
    with practice() as crm:
        tagged: list[dict[str, Any]] = [{"name": "a", "tags_attributes": [{"name": "vip"}]}, {"name": "b"}]
        crm.server.seed_records("people", tagged)
        tag_id = crm.held("tags")[0]["id"]
        found = [names(crm, "/people", **{key: text}) for key, text in (("tag_name", "vip"), ("tag_id", tag_id))]
        assert (found, names(crm, "/people", tag_name="Vip")) == ([["a"], ["a"]], [])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "open"}, "ab"),
        ({"state": "closed"}, "c"),
        ({"before": "2024-06-02"}, "a"),
        ({"after": "2024-06-01"}, "b"),
        ({"user_id": 5}, "a"),
    ],
)
def test_tasks_have_filters_of_their_own(query: dict[str, Any], expected: str) -> None:
    """Tasks are listed by state, day and user (client)."""
    with practice() as crm:
        tasks = [
            {"name": "a", "user_id": 5, "precise_time": "2024-06-01T10:00:00Z"},
            {"name": "b", "user_id": 6, "precise_time": "2024-06-02T10:00:00+01:00"},
            {"name": "c", "user_id": 6, "finished": True},
        ]
        crm.server.seed_records("tasks", tasks)
        assert names(crm, "/tasks", **query) == list(expected)


def test_protocols_are_listed_by_what_they_are_about() -> None:
    """`/protocols?person_id=` lists the protocols of a person (client)."""
    with practice() as crm:
        ids = [int(one) for one in crm.server.seed_records("people", [{"name": "a"}, {"name": "b"}])]
        note = {"type": "ProtocolObjectNote"}
        crm.server.seed_records("protocols", [{**note, "name": "one", "person_ids": ids[:1]}, {**note, "name": "none"}])
        assert [names(crm, "/protocols", person_id=one) for one in ids] == [["one"], []]


def furnish(crm: Crm) -> None:
    """Put two people there, with an address and a number."""
    emails, tels = [{"atype": "office", "name": "Ada@example.org"}], [{"atype": "office", "name": "+49 (221) 55-1"}]
    ada = {"first_name": "Ada", "name": "King", "emails_attributes": emails, "tels_attributes": tels}
    crm.server.seed_records("people", [ada, {"first_name": "Bob", "name": "Kingsley"}])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"name": "KING"}, ["King", "Kingsley"]),
        ({"name": "king", "first_name": "bob"}, ["Kingsley"]),
        ({"email": "ada@EXAMPLE.org"}, ["King"]),
        ({"email": "ada@example"}, []),
        ({"phone": "49 221 551"}, ["King"]),
        ({"phone": "0221 551"}, []),
        ({"name": "king", "perpage": 1, "page": 2}, ["Kingsley"]),
    ],
)
def test_people_are_searched(query: dict[str, Any], expected: list[str]) -> None:
    """The search finds people by name, e-mail or phone (client)."""
    with practice() as crm:
        furnish(crm)
        assert names(crm, "/people/search.json", **query) == expected


@pytest.mark.parametrize(
    ("path", "query", "description"),
    [
        ("/people/search", {}, "search by one of name, first_name, email, phone"),
        ("/companies/search", {"first_name": "a"}, "search by one of name, email, phone"),
        ("/people/search", {"email": "a", "phone": "b"}, "search by email or phone, not both"),
    ],
)
def test_senseless_search_is_a_bad_request(path: str, query: dict[str, str], description: str) -> None:
    """A search needs something to go by, "email or phone, not both" (client)."""
    with practice() as crm:
        answer = crm.send("GET", path, **query)
    assert (answer.status_code, answer.json()) == (400, error("bad_request", description))


def test_includes_stand_inside_and_are_not_wrapped() -> None:
    """`includes=companies tags` puts children into each record (vendor), without wrappers (client)."""
    with practice() as crm:
        company = create(crm, "/companies", company={"name": "Acme"})
        nested = {"positions_attributes": [{"company_id": company["id"]}], "tags_attributes": [{"name": "vip"}]}
        person = create(crm, "/people", person={"name": "King", **nested})
        included = crm.read("/people", includes="companies tags colours")
        tag = crm.read("/tags")[0]["tag"]
        assert included == [{"person": {**person, "companies": [company], "tags": [tag]}}]
        assert crm.read(f"/companies/{company['id']}", includes="people")["company"]["people"] == [person]


def test_all_includes_everything() -> None:
    """`includes=all` means all that the object has (client)."""
    with practice() as crm:
        furnish(crm)
        person = crm.read("/people", includes="all")[0]["person"]
    assert ([one["name"] for one in person["emails"]], person["addrs"], person["deals"]) == (
        ["Ada@example.org"],
        [],
        [],
    )


def test_methods_add_single_values() -> None:
    """`methods` adds what is worked out for a record (vendor)."""
    with practice() as crm:
        furnish(crm)
        query = {"methods": "backlink salutation_formal responsible_user_natural_name"}
        person = crm.read("/people", perpage=1, **query)[0]["person"]
    assert (person["salutation_formal"], person["responsible_user_natural_name"]) == ("Dear Ada King", "Practice User")
    host = f"https://account-{person['account_id']}.centralstationcrm.net"
    assert person["backlink"] == f"{host}/people/{person['id']}"
