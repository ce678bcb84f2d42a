"""The lists of Crelate's api3: pages, filters, orders, and what lookups choose from."""

import pytest
from crelate3_practising import DEFAULT_CATEGORY, create, data, names, patch, practice, told
from practising import FixedClock


@pytest.mark.parametrize(
    ("query", "numbers", "more"),
    [
        ({}, range(50), True),
        ({"limit": 3}, range(3), True),
        ({"limit": 3, "offset": 100}, range(100, 103), False),
        ({"limit": 2, "offset": 101}, range(101, 103), False),
        ({"limit": 100}, range(100), True),
        ({"limit": 500}, range(100), True),
        ({"limit": 500, "offset": 1}, range(1, 101), True),
        ({"offset": 103}, range(0), False),
    ],
)
def test_list_is_cut_into_pages(query: dict[str, int], numbers: range, *, more: bool) -> None:
    """The offset counts rows from 0; a page is never longer than 100, whatever is asked for."""
    with practice() as crm:
        crm.server.seed_records("contacts", [{"LastName": str(n)} for n in range(103)])
        body = crm.read("/contacts", **query)
    assert [one["Name"] for one in body["Data"]] == [str(n) for n in numbers]
    assert {name: body["Metadata"][name] for name in ("TotalRecords", "MoreRecords", "Links")} == {
        "TotalRecords": 103,
        "MoreRecords": more,
        "Links": None,
    }


def test_plus_in_a_query_may_be_a_blank() -> None:
    """A zone whose plus was not encoded is understood all the same (inferred)."""
    with practice() as crm:
        create(crm, "/contacts", LastName="King")
        url = f"{crm.server.base_url}/contacts?modified_after=2024-05-06T09:08:09"
        found = [crm.http.get(url + zone, headers=crm.headers()).json()["Data"] for zone in ("+02:00", "+01:00")]
    assert [len(one) for one in found] == [1, 0]


def test_lengths_of_pages_can_be_varied() -> None:
    """The page of a list without a limit and the longest page are options."""
    with practice(default_limit=1, max_limit=2) as crm:
        crm.server.seed_records("jobs", [{"Name": str(n)} for n in range(4)])
        assert (names(crm, "/jobs"), names(crm, "/jobs", limit=50)) == (["0"], ["0", "1"])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "0"}, "limit: expected a whole number above 0"),
        ({"limit": "x"}, "limit: expected a whole number above 0"),
        ({"offset": "-1"}, "offset: expected a whole number"),
        ({"modified_after": "yesterday"}, "modified_after: expected a date such as 2017-01-01T15:00:00Z"),
        ({"sort_by": "colour desc"}, "sort_by: cannot sort by 'colour desc'"),
        ({"sort_by": "createdOn down"}, "sort_by: cannot sort by 'createdOn down'"),
    ],
)
def test_senseless_parameter_is_refused(query: dict[str, str], message: str) -> None:
    """A limit, an offset, a date or an order that is none answers 400."""
    with practice() as crm:
        assert told(crm.send("GET", "/contacts", **query)) == (400, None, [message])


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2024-05-06T07:08:09Z", ["old", "changed", "new"]),
        ("2024-05-06T07:08:09.12Z", ["changed", "new"]),
        ("2024-05-06T09:08:09.12+02:00", ["changed", "new"]),
        ("2024-05-06T08:08:09.12Z", ["new"]),
        ("2024-05-06", ["old", "changed", "new"]),
        ("2024-05-07", []),
    ],
)
def test_list_of_what_was_modified_after(since: str, expected: list[str]) -> None:
    """Records that were created or changed after a moment, not at it; without a zone it is in UTC."""
    clock = FixedClock()
    with practice(clock=clock) as crm:
        create(crm, "/contacts", LastName="old")
        record_id = create(crm, "/contacts", LastName="x")
        clock.go_on(hours=1)
        patch(crm, f"/contacts/{record_id}", LastName="changed")
        clock.go_on(hours=1)
        create(crm, "/contacts", LastName="new")
        assert names(crm, "/contacts", modified_after=since) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"first_name": "ada"}, ["King, Ada", "Byron, Ada"]),
        ({"first_name": "ada", "last_name": "Byron"}, ["Byron, Ada"]),
        ({"first_name": "ad"}, []),
        ({"emails": "ADA@example.org, x@example.org"}, ["King, Ada"]),
        ({"search": "EXAMPLE"}, ["King, Ada", "Lovelace"]),
        ({"search": "love"}, ["Lovelace"]),
        ({"tag_names": "hot"}, ["Byron, Ada"]),
        ({"FirstName": "nobody"}, ["King, Ada", "Byron, Ada", "Lovelace"]),
        ({"externalPrimaryKey": "k"}, ["King, Ada", "Byron, Ada", "Lovelace"]),
    ],
)
def test_list_of_contacts_is_filtered(query: dict[str, str], expected: list[str]) -> None:
    """Filters compare without case; a filter of another name is ignored, a trap for whoever trusts it."""
    with practice() as crm:
        create(crm, "/contacts", FirstName="Ada", LastName="King", EmailAddresses_Work={"Value": "ada@example.org"})
        create(crm, "/contacts", FirstName="Ada", LastName="Byron", Tags={DEFAULT_CATEGORY: [{"Title": "Hot"}]})
        create(crm, "/contacts", LastName="Lovelace", EmailAddresses_Other={"Value": "l@example.org"})
        body = crm.read("/contacts", **query)
    assert ([one["Name"] for one in body["Data"]], body["Metadata"]["TotalRecords"]) == (expected, len(expected))


def test_list_is_filtered_by_users() -> None:
    """Creator and owners are asked for by id."""
    with practice() as crm:
        user = data(crm, "/users/self")
        create(crm, "/jobs", Name="own")
        create(crm, "/jobs", Name="lent", Owners=[{"Id": user["Id"], "IsPrimary": False}])
        found = [names(crm, "/jobs", **{name: user["Id"]}) for name in ("created_by", "owner", "primary_owner")]
        assert names(crm, "/jobs", owner=data(crm, "/organizations/self")["Id"]) == []
    assert found == [["own", "lent"], ["own", "lent"], ["own"]]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("createdOn desc", ["b", "C", "a"]),
        ("CreatedOn", ["a", "C", "b"]),
        ("modifiedOn desc", ["a", "b", "C"]),
        ("name asc", ["a", "b", "C"]),
    ],
)
def test_list_is_sorted(order: str, expected: list[str]) -> None:
    """The order is a field and a direction (client); without one it is that of creation."""
    clock = FixedClock()
    with practice(clock=clock) as crm:
        ids = []
        for name in ("a", "C", "b"):
            ids.append(create(crm, "/contacts", LastName=name))
            clock.go_on(milliseconds=880)
        patch(crm, f"/contacts/{ids[0]}", Description="changed")
        assert (names(crm, "/contacts", sort_by=order), names(crm, "/contacts")) == (expected, ["a", "C", "b"])


def test_item_of_a_list_is_the_whole_record() -> None:
    """The list says as much as the record alone, the external key with it (client)."""
    with practice() as crm:
        record_id = create(crm, "/contacts", LastName="King", ExternalPrimaryKey="acme/contacts/7")
        items = data(crm, "/contacts")
        assert items == [data(crm, f"/contacts/{record_id}")]
    assert items[0]["ExternalPrimaryKey"] == "acme/contacts/7"


def test_notes_are_listed_only_if_wanted() -> None:
    """No client lists notes; the rehearsal may want it all the same."""
    with practice(lists_notes=True) as crm:
        create(crm, "/notes", Display="a")
        assert [one["Display"] for one in data(crm, "/notes")] == ["a"]
    with practice() as crm:
        assert crm.send("GET", "/notes").status_code == 405


@pytest.mark.parametrize(
    ("path", "first", "members"),
    [
        ("/activitytypes", "Note", {"Id", "Name"}),
        ("/artifacttypes", "Resume", {"Id", "Name", "AllowedEntityNames"}),
        ("/contactsources", "Portal", {"Id", "Name"}),
        ("/tagcategories", "Default", {"Id", "Name"}),
        ("/users", "Practice User", {"Id", "Name"}),
        ("/countries", "United States", {"Id", "Name"}),
    ],
)
def test_lists_of_choices_can_be_read(path: str, first: str, members: set[str]) -> None:
    """What lookups choose from is listed with ids and names."""
    with practice() as crm:
        entries = data(crm, path)
    assert (entries[0]["Name"], set(entries[0])) == (first, members)


def test_statuses_of_one_workflow() -> None:
    """The statuses are those of the workflows that were asked for (client)."""
    with practice() as crm:
        every = data(crm, "/workflowstatuses")
        kind = every[0]["WorkflowTypeId"]
        some = data(crm, "/workflowstatuses", workflow_type_ids=kind)
        assert data(crm, "/workflowstatuses", workflow_type_ids=DEFAULT_CATEGORY) == []
    assert some == [one for one in every if one["WorkflowTypeId"] == kind]
    assert (len(some), len(every)) == (7, 12)
