"""What hangs on records of CentralStationCRM: nested routes, nested creates, and what goes with its owner."""

from typing import Any

import pytest
from centralstation_practising import NOT_FOUND, create, error, names, practice
from header_practising import Crm

DETAIL = {"atype": "office", "name": "a"}
NESTED = [
    ("addrs", "addr", {"city": "Köln"}, "addr"),
    ("tels", "tel", DETAIL, "contact_detail"),
    ("emails", "email", DETAIL, "contact_detail"),
    ("homepages", "homepage", DETAIL, "contact_detail"),
    ("ims", "im", DETAIL, "contact_detail"),
    ("sms", "sm", DETAIL, "contact_detail"),
    ("contact_details", "email", DETAIL, "contact_detail"),
    ("tags", "tag", {"name": "a"}, "tag"),
    ("tasks", "task", {"name": "a", "user_id": 5}, "task"),
]


def owner(crm: Crm, name: str = "people") -> str:
    """Create a person or a company, and give its path."""
    wrapper = {"people": "person", "companies": "company"}[name]
    return f"/{name}/{create(crm, f'/{name}', **{wrapper: {'name': 'o'}})['id']}"


def field_type(crm: Crm, ftype: str) -> int:
    """Give the id of the custom field for people of this type."""
    types = [one["custom_fields_type"] for one in crm.read("/custom_fields_types", perpage=250)]
    found: list[int] = [one["id"] for one in types if (one["category"], one["ftype"]) == ("Person", ftype)]
    return found[0]


@pytest.mark.parametrize(("path", "wrapper", "fields", "noun"), NESTED)
@pytest.mark.parametrize("name", ["people", "companies"])
def test_nested_route_has_all_verbs(path: str, wrapper: str, fields: dict[str, Any], noun: str, name: str) -> None:
    """What belongs to a record is made, listed, read, changed and deleted below it, always wrapped (client)."""
    with practice() as crm:
        url = f"{owner(crm, name)}/{path}"
        created = crm.send("POST", f"{url}.json", {wrapper: fields})
        one = f"{url}/{created.json()[wrapper]['id']}.json"
        assert (created.status_code, crm.read(url), crm.read(one)) == (201, [created.json()], created.json())
        assert {key: created.json()[wrapper][key] for key in fields} == fields
        assert crm.read(f"{url}/count.json") == {"total_entries": 1}
        assert crm.send("PUT", one, {wrapper: fields}).json() == {"message": f"{noun} updated"}
        assert crm.send("DELETE", one).json() == {"message": f"{noun} deleted"}
        assert crm.read(url) == []


@pytest.mark.parametrize(("name", "kind"), [("people", "Person"), ("companies", "Company")])
def test_path_says_what_a_record_hangs_on(name: str, kind: str) -> None:
    """Where a record hangs is set by the route (client), whatever the body says."""
    with practice() as crm:
        url, elsewhere = owner(crm, name), {"attachable_id": 5, "attachable_type": "Deal"}
        tag = create(crm, f"{url}/tags", tag={"name": "a", **elsewhere})
        crm.send("PUT", f"{url}/tags/{tag['id']}", {"tag": {"name": "b", **elsewhere}})
        held = crm.held("tags")[0]
    assert (held["attachable_type"], f"/{name}/{held['attachable_id']}", held["name"]) == (kind, url, "b")


def test_address_is_shown_whole() -> None:
    """All fields of an address are there, null where nothing is set."""
    with practice() as crm:
        url = owner(crm)
        addr = create(crm, f"{url}/addrs", addr={"city": "Köln", "atype": "work", "primary": True})
    stamps = dict.fromkeys(("created_at", "updated_at"), "2024-05-06T07:08:09.120Z")
    empty = dict.fromkeys(("street", "zip", "state_code", "country_code", "country_name"))
    place = {"attachable_id": int(url.rpartition("/")[2]), "attachable_type": "Person", "api_input": True}
    expected = {"id": addr["id"], **place, **empty, "city": "Köln", "atype": "work", "primary": True, **stamps}
    assert addr == expected


@pytest.mark.parametrize(
    ("path", "body", "findings"),
    [
        ("addrs", {"addr": {"street": "a"}}, {"city": ["can't be blank"]}),
        ("addrs", {"addr": {"city": "a", "zip": "1" * 21}}, {"zip": ["is too long (maximum is 20 characters)"]}),
        ("tels", {"tel": {"name": "1"}}, {"atype": ["can't be blank"]}),
        ("tels", {"tel": {"atype": "car", "name": "1"}}, {"atype": ["is not included in the list"]}),
        ("tags", {"tag": {"name": "a" * 61}}, {"name": ["is too long (maximum is 60 characters)"]}),
        ("positions", {"position": {"name": "Boss"}}, {"company_id": ["can't be blank"]}),
        ("positions", {"position": {"company_id": 5}}, {"company_id": ["must exist"]}),
        (
            "custom_fields",
            {"custom_field": {"custom_fields_type_id": 5, "name": "a"}},
            {"custom_fields_type_id": ["must exist"]},
        ),
    ],
)
def test_wrong_nested_value_is_unprocessable(path: str, body: dict[str, Any], findings: dict[str, list[str]]) -> None:
    """Rules of what hangs on a record answer 422 like those of the record."""
    with practice() as crm:
        url = f"{owner(crm)}/{path}"
        answer = crm.send("POST", url, body)
        assert (answer.status_code, answer.json(), crm.read(url)) == (422, findings, [])


def test_contact_details_are_a_mixed_list() -> None:
    """`/contact_details` lists all kinds, each with its own wrapper, and takes any (client)."""
    with practice() as crm:
        url = f"{owner(crm)}/contact_details"
        for wrapper in ("homepage", "tel", "email"):
            crm.send("POST", url, {wrapper: {"atype": "office", "name": wrapper}})
        assert [[*one] for one in crm.read(url)] == [["tel"], ["email"], ["homepage"]]
        answer = crm.send("POST", url, {"addr": {"city": "a"}})
    missing = error("param-missing", "param is missing or the value is empty: contact_detail")
    assert (answer.status_code, answer.json()) == (400, missing)


def test_what_hangs_elsewhere_is_not_found() -> None:
    """Below another record the same id is not there."""
    with practice() as crm:
        one, other = owner(crm), owner(crm)
        tag = create(crm, f"{one}/tags", tag={"name": "a"})
        assert crm.send("GET", f"{one}/tags/{tag['id']}").status_code == 200
        for method in ("GET", "PUT", "DELETE"):
            answer = crm.send(method, f"{other}/tags/{tag['id']}", {"tag": {"name": "b"}})
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


ATTRIBUTES = {
    "tels_attributes": [{"atype": "office", "name": "+49 1"}, {"atype": "mobile", "name": "+49 2"}],
    "addrs_attributes": [{"city": "Köln"}],
    "tags_attributes": [{"name": "vip"}],
}


def test_nested_create_makes_all_at_once() -> None:
    """A POST may nest what hangs on the new record (client); the record itself is the last of the changes."""
    with practice() as crm:
        person = create(crm, "/people", person={"name": "King", **ATTRIBUTES})
        url = f"/people/{person['id']}"
        changes = [(one.object, one.deed.value) for one in crm.server.history()[0].changes]
        assert (names(crm, f"{url}/tels"), names(crm, f"{url}/tags")) == (["+49 1", "+49 2"], ["vip"])
        assert crm.read(f"{url}/addrs")[0]["addr"]["attachable_id"] == person["id"]
        assert crm.server.history()[0].record_id == str(person["id"])
    assert changes == [(name, "created") for name in ("tels", "tels", "addrs", "tags", "people")]


@pytest.mark.parametrize(
    ("nested", "findings"),
    [
        ({"tels_attributes": [{"name": "1"}]}, {"tels.atype": ["can't be blank"]}),
        ({"tags_attributes": [{"name": "a"}, {"name": ""}]}, {"tags.name": ["can't be blank"]}),
        ({"tags_attributes": {"name": "a"}}, {"tags": ["is invalid"]}),
        ({"tags_attributes": ["a"]}, {"tags": ["is invalid"]}),
        ({"tags_attributes": [{"id": 5, "name": "a"}]}, {"tags.id": ["must exist"]}),
        ({"positions_attributes": [{"company_id": 5}]}, {"positions.company_id": ["must exist"]}),
    ],
)
def test_nested_create_is_done_whole_or_not_at_all(nested: dict[str, Any], findings: dict[str, list[str]]) -> None:
    """If something nested is wrong, nothing is stored."""
    with practice() as crm:
        before = crm.server.snapshot()
        answer = crm.send("POST", "/people", {"person": {"name": "King", **nested}})
        assert (answer.status_code, answer.json(), crm.server.snapshot()) == (422, findings, before)


def test_nested_update_changes_adds_and_deletes() -> None:
    """A PUT changes nested records that it names by id, deletes those with `_destroy`, adds others; the rest stays."""
    with practice() as crm:
        url = f"/people/{create(crm, '/people', person={'name': 'King', **ATTRIBUTES})['id']}"
        first, second = (one["tel"]["id"] for one in crm.read(f"{url}/tels"))
        tels = [{"id": first, "name": "+49 3"}, {"id": second, "_destroy": True}, {"atype": "fax", "name": "+49 4"}]
        assert crm.send("PUT", url, {"person": {"tels_attributes": tels}}).json() == {"message": "person updated"}
        assert (names(crm, f"{url}/tels"), names(crm, f"{url}/tags")) == (["+49 3", "+49 4"], ["vip"])


def test_position_links_a_person_and_a_company() -> None:
    """A position is listed below both, whichever path made it."""
    with practice() as crm:
        person, company = owner(crm), owner(crm, "companies")
        ids = {"person_id": int(person.rpartition("/")[2]), "company_id": int(company.rpartition("/")[2])}
        create(crm, f"{person}/positions", position={"company_id": ids["company_id"], "name": "Boss"})
        create(crm, f"{company}/positions", position={"person_id": ids["person_id"], "name": "Clerk"})
        assert crm.read(f"{person}/positions") == crm.read(f"{company}/positions")
        assert names(crm, f"{person}/positions") == ["Boss", "Clerk"]
        assert [{key: one[key] for key in ids} for one in crm.held("positions")] == [ids, ids]


def test_company_by_name_is_a_hidden_create() -> None:
    """A position that names a company attaches it or creates it (client): a second write."""
    with practice() as crm:
        for _ in range(2):
            create(crm, "/people", person={"name": "King", "positions_attributes": [{"company_name": "Acme"}]})
        (company,) = crm.held("companies")
        assert [one["company_id"] for one in crm.held("positions")] == [company["id"]] * 2
        objects = [[change.object for change in entry.changes] for entry in crm.server.history()]
    assert (company["name"], objects) == ("Acme", [["companies", "positions", "people"], ["positions", "people"]])


def test_only_one_position_is_primary() -> None:
    """A new primary position takes the mark from the old one (client)."""
    with practice() as crm:
        url = f"{owner(crm)}/positions"
        for name in "ab":
            create(crm, url, position={"company_name": name, "name": name, "primary_function": True})
        positions = [one["position"] for one in crm.read(url)]
    assert [(one["name"], one["primary_function"]) for one in positions] == [("a", False), ("b", True)]


@pytest.mark.parametrize(("merges", "count"), [(False, 2), (True, 1)])
def test_same_tag_twice(*, merges: bool, count: int) -> None:
    """A tag is a row of one record (client): the same one again is a second or, with the option, the first."""
    with practice(merges_same_tags=merges) as crm:
        url = f"{owner(crm)}/tags"
        ids = {create(crm, url, tag={"name": "vip"})["id"] for _ in range(2)}
        assert (len(ids), len(crm.read(url))) == (count, count)


@pytest.mark.parametrize(
    ("kind", "wrapper"),
    [
        ("ProtocolObjectNote", "protocol_object_note"),
        ("ProtocolExternal", "protocol_external"),
        ("ProtocolEmail", "protocol_email"),
    ],
)
def test_wrapper_of_a_protocol_depends_on_its_type(kind: str, wrapper: str) -> None:
    """A protocol is sent as `protocol`, and read with a wrapper of its type (client)."""
    with practice() as crm:
        url = f"{owner(crm)}/protocols"
        sent = {"protocol": {"type": kind, "badge": "call", "content": "Hello\nthere"}}
        created = crm.send("POST", url, sent).json()
        assert (list(created), crm.read(url), crm.read("/protocols")) == ([wrapper], [created], [created])
        record = created[wrapper]
        assert record["person_ids"] == [record["person_id"]] == [int(url.split("/")[2])]
    assert (record["name"], record["content"], record["badge"]) == ("Hello\nthere", "Hello\nthere", "call")


def test_protocol_of_several_stays_with_the_last() -> None:
    """A protocol outlives one of its people, but not the last of them."""
    with practice() as crm:
        one, other = owner(crm), owner(crm)
        ids = [int(path.rpartition("/")[2]) for path in (one, other)]
        note = {"type": "ProtocolObjectNote", "person_ids": ids[1:]}
        assert create(crm, f"{one}/protocols", protocol=note)["person_ids"] == ids[::-1]
        crm.send("DELETE", one)
        assert [held["person_ids"] for held in crm.held("protocols")] == [ids[1:]]
        crm.send("DELETE", other)
        assert crm.held("protocols") == []


@pytest.mark.parametrize(
    ("ftype", "value", "more"),
    [
        ("string", "m/people/1", {}),
        ("decimal", "1.50", {"name_decimal": "1.5"}),
        ("date", "2024-05-06", {"name_date": "2024-05-06"}),
        ("select", "small", {}),
        ("decimal", "x", ["is not a number"]),
        ("date", "x", ["is not a valid date"]),
        ("select", "x", ["is not included in the list"]),
    ],
)
def test_value_of_a_custom_field_stands_in_its_name(ftype: str, value: str, more: Any) -> None:
    """The value is called `name` (client), and is held against the type of the field."""
    with practice() as crm:
        sent = {"custom_fields_type_id": field_type(crm, ftype), "name": value}
        answer = crm.send("POST", f"{owner(crm)}/custom_fields", {"custom_field": sent})
    if isinstance(more, list):
        assert (answer.status_code, answer.json()) == (422, {"name": more})
    else:
        expected = {**sent, "name_decimal": None, "name_date": None, **more}
        assert {key: answer.json()["custom_field"][key] for key in expected} == expected


def test_custom_field_of_another_category_is_refused() -> None:
    """A field for people does not go with a company."""
    with practice() as crm:
        sent = {"custom_fields_type_id": field_type(crm, "string"), "name": "a"}
        answer = crm.send("POST", f"{owner(crm, 'companies')}/custom_fields", {"custom_field": sent})
    assert (answer.status_code, answer.json()) == (422, {"custom_fields_type_id": ["must exist"]})


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [
        ("YWJj", 201, None),
        ("YWJjZA==", 507, error("insufficient_storage", "the storage of this account is full")),
        ("no Base64", 422, {"data": ["is invalid"]}),
    ],
)
def test_attachment_needs_room(data: str, status: int, body: Any) -> None:
    """An attachment is Base64 below a protocol (client), and answers 507 when the storage is full (vendor)."""
    with practice(storage_bytes=3) as crm:
        note = create(crm, f"{owner(crm)}/protocols", protocol={"type": "ProtocolObjectNote"})
        sent = {"attachment": {"filename": "a.txt", "content_type": "text/plain", "data": data}}
        answer = crm.send("POST", f"/protocols/{note['id']}/attachments", sent)
        assert (answer.status_code, len(crm.held("attachments"))) == (status, int(status == 201))
        assert crm.read(f"/protocols/{note['id']}")["protocol_object_note"]["attachments_count"] == int(status == 201)
    assert answer.json() == body or answer.json()["attachment"]["size"] == 3


def test_attachment_hangs_deep_below_a_company() -> None:
    """The deprecated path through a company leads to the same attachments (client)."""
    with practice() as crm:
        company = owner(crm, "companies")
        note = create(crm, f"{company}/protocols", protocol={"type": "ProtocolObjectNote"})
        sent = {"filename": "a.txt", "content_type": "text/plain", "data": "YWJj"}
        create(crm, f"/protocols/{note['id']}/attachments", attachment=sent)
        deep = crm.read(f"{company}/protocols/{note['id']}/attachments")
        assert (deep, deep[0]["attachment"]["filename"]) == (crm.read("/attachments"), "a.txt")
        assert crm.send("GET", f"{owner(crm, 'companies')}/protocols/{note['id']}/attachments").json() == NOT_FOUND


def test_what_hangs_goes_with_its_owner() -> None:
    """Deleting a person deletes what belongs to it, and nothing that only refers to it (inferred)."""
    with practice() as crm:
        person = create(crm, "/people", person={"name": "King", **ATTRIBUTES})["id"]
        other = create(crm, "/people", person={"name": "Other", **ATTRIBUTES})["id"]
        deal = {"name": "d", "value": "1", "value_type": "total", "target_date": "2024-05-06", "person_ids_set": person}
        create(crm, "/deals", deal={**deal, "person_ids_set": [person]})
        crm.send("DELETE", f"/people/{person}")
        left = {name: {one["attachable_id"] for one in crm.held(name)} for name in ("tels", "addrs", "tags")}
        assert (left, len(crm.held("deals"))) == ({name: {other} for name in left}, 1)
