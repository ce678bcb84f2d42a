"""Who may do what at Crelate's api3; its envelopes, its routes; what history, faults and seeds make of it."""

from typing import Any

import httpx
import pytest
from crelate3_practising import create, data, names, patch, post, practice, told
from practising import GHOST

from migrator.emulators import Change, Deed, Options, start
from migrator.emulators.fault_kinds import KINDS
from migrator.errors import SpecError

DENIED = "The API key is missing or wrong."


@pytest.mark.parametrize(
    ("headers", "query"),
    [({}, {}), ({"X_Api_Key": "wrong"}, {}), ({"Authorization": "Bearer {key}"}, {}), ({}, {"api_key": "wrong"})],
)
@pytest.mark.parametrize("status", [401, 403])
def test_wrong_key_is_denied(headers: dict[str, str], query: dict[str, str], status: int) -> None:
    """Without the key everything answers 401 (client), and nothing is done."""
    with practice(denied_status=status) as crm:
        sent = {name.replace("_", "-"): text.format(key=crm.server.api_key) for name, text in headers.items()}
        url = f"{crm.server.base_url}/contacts"
        answer = crm.http.post(url, params=query, headers=sent, json={"entity": {}})
        assert (told(answer), crm.held("contacts")) == ((status, None, [DENIED]), [])


def test_key_stands_in_the_header_or_in_the_query() -> None:
    """Both are taken (client); a wrong one in the header is not made good by the query."""
    with practice() as crm:
        url, query = f"{crm.server.base_url}/contacts", {"api_key": crm.server.api_key}
        answers = [crm.http.get(url, params=query), crm.http.get(url, params=query, headers={"X-Api-Key": "wrong"})]
        assert crm.send("GET", "/contacts").status_code == 200
    assert [one.status_code for one in answers] == [200, 401]


def test_new_key_replaces_the_old() -> None:
    """With the old key "existing API processes will begin to fail" (vendor)."""
    with practice() as crm:
        old, new = crm.server.api_key, crm.server.regenerate_key()
        assert crm.send_bare("GET", "/contacts", X_Api_Key=old).status_code == 401
        assert crm.send("GET", "/contacts").status_code == 200
        assert (old != new, crm.server.secrets) == (True, {"api_key": new})


def test_envelope_describes_the_request() -> None:
    """Data, metadata and errors are as recorded; each answer has a correlation id of its own (client)."""
    with practice() as crm:
        first, second = (post(crm, "/contacts", FirstName="Ada").json() for _ in range(2))
        ids = [one["Id"] for one in crm.held("contacts")]
    correlations = [one["Metadata"].pop("CorrelationId") for one in (first, second)]
    metadata = {
        "TimeStamp": "2024-05-06T07:08:09.1200000Z",
        "Url": f"{crm.server.base_url}/contacts",
        "Verb": "POST",
        **dict.fromkeys(("TotalRecords", "MoreRecords", "Links")),
    }
    assert [first, second] == [{"Data": one, "Metadata": metadata, "Errors": []} for one in ids]
    assert (len(set(correlations)), {len(one) for one in correlations}) == (2, {36})


def test_envelope_shows_the_key_of_the_query() -> None:
    """The URL in the metadata is whole, the key with it (client): a trap for whoever keeps answers."""
    with practice() as crm:
        target = f"/contacts?limit=1&api_key={crm.server.api_key}"
        answer = crm.http.get(crm.server.base_url + target).json()
        assert answer["Metadata"]["Url"] == crm.server.base_url + target
        assert crm.server.api_key not in repr(crm.server.history()) + crm.control("history").text


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nothing", 404, "There is no such resource."),
        ("GET", "/contacts/x/notes", 404, "There is no such resource."),
        ("GET", f"/contacts/{GHOST}", 404, f"There is no record in contacts with the id {GHOST}."),
        ("PATCH", f"/notes/{GHOST}", 404, f"There is no record in notes with the id {GHOST}."),
        ("GET", "/contacts/bulk/", 405, "The method GET is not allowed here."),
        ("DELETE", f"/contacts/{GHOST}", 405, "The method DELETE is not allowed here."),
        ("PUT", f"/contacts/{GHOST}", 405, "The method PUT is not allowed here."),
        ("GET", "/notes", 405, "The method GET is not allowed here."),
        ("GET", "/activities", 405, "The method GET is not allowed here."),
        ("POST", "/invoices", 405, "The method POST is not allowed here."),
        ("PATCH", f"/tasks/{GHOST}", 405, "The method PATCH is not allowed here."),
        ("POST", "/activitytypes", 405, "The method POST is not allowed here."),
    ],
)
def test_unknown_route_is_refused(method: str, path: str, status: int, message: str) -> None:
    """Unknown paths and ids answer 404, methods that no client uses 405."""
    with practice() as crm:
        assert told(crm.send(method, path)) == (status, None, [message])


@pytest.mark.parametrize(
    ("text", "content_type", "status", "message"),
    [
        ("{", "application/json", 400, "The body is no JSON in UTF-8."),
        ("{}", "text/plain", 415, "The body is not application/json."),
        ("[]", "application/json", 400, "Expected an object with the member 'entity', itself an object."),
        (
            '{"FirstName":"Ada"}',
            "application/json",
            400,
            "Expected an object with the member 'entity', itself an object.",
        ),
        ('{"entity":[]}', "application/json", 400, "Expected an object with the member 'entity', itself an object."),
    ],
)
def test_wrong_body_is_refused(text: str, content_type: str, status: int, message: str) -> None:
    """A body has to be JSON and to wrap the record in `entity` (client)."""
    with practice() as crm:
        answer = crm.send_text("POST", "/contacts", text, content_type)
        assert (told(answer), crm.held("contacts")) == ((status, None, [message]), [])


@pytest.mark.parametrize("status", [200, 201])
def test_status_of_a_create_can_be_varied(status: int) -> None:
    """A create answers 201 (client), or what the rehearsal wants."""
    with practice(create_status=status) as crm:
        assert post(crm, "/contacts").status_code == status
    with practice() as crm:
        assert post(crm, "/contacts").status_code == 201


def test_entry_of_the_history_says_it_all() -> None:
    """A bulk create has a change for each record, in the order of the request."""
    with practice() as crm:
        ids = crm.send("POST", "/contacts/bulk", {"entities": [{}, {}]}).json()["Data"]
        seen = [(one.method, one.path, one.body, one.changes, one.answered) for one in crm.server.history()]
    changes = tuple(Change(deed=Deed.CREATED, object="contacts", id=one) for one in ids)
    assert seen == [("POST", "/api3/contacts/bulk", {"entities": [{}, {}]}, changes, 201)]


BROKEN = {
    *("reset-before", "close-before", "hang-before", "reset-after", "close-after", "hang-after", "late-commit"),
    *("short-length", "reset-body", "reset-headers", "stalled-chunk", "garbage-status"),
}
ENTITY = {
    "ContactNumber": "7",
    "FirstName": "Ada Augusta",
    "EmailAddresses_Work": {"Value": "ada@example.org", "IsPrimary": True},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_strikes(kind: str) -> None:
    """Each kind strikes a POST: the answer is not the plain one, or the record is not what was sent."""
    argument = {"seconds": ":0", "bytes": ":9"}.get(KINDS[kind].argument, "")
    with practice(f"{kind}@#1{argument}") as crm, practice() as plain:
        expected = post(plain, "/contacts", **ENTITY)
        if kind in BROKEN:
            with pytest.raises(httpx.TransportError):
                post(crm, "/contacts", **ENTITY)
        elif kind in {"dropped-field", "trimmed-value", "changed-case"}:
            assert post(crm, "/contacts", **ENTITY).status_code == 201
            assert crm.held("contacts") != plain.held("contacts")
        elif kind not in {"slow", "drip", "1xx-flood"}:
            answer = post(crm, "/contacts", **ENTITY)
            url = str(crm.server.port).encode()
            assert answer.content.replace(url, str(plain.server.port).encode()) != expected.content
        else:
            assert post(crm, "/contacts", **ENTITY).status_code == 201
        assert crm.server.history()[0].fault == f"{kind}@#1{argument}"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("dropped-field", {"EmailAddresses_Work": None}),
        ("dropped-field@1:FirstName", {"FirstName": None}),
        ("trimmed-value", {"EmailAddresses_Work": "ada@example.or"}),
        ("trimmed-value@1:FirstName", {"FirstName": "Ada August"}),
        ("changed-case", {"EmailAddresses_Work": "ADA@EXAMPLE.ORG"}),
    ],
)
def test_altered_fields_are_those_of_the_entity(fault: str, expected: dict[str, Any]) -> None:
    """What is lost or changed stands in the entity, or in its Value, and of a batch in the last one."""
    with practice(fault if "@" in fault else f"{fault}@1") as crm:
        create(crm, "/contacts", **ENTITY)
        assert crm.send("POST", "/contacts/bulk", {"entities": [{"FirstName": "x"}, ENTITY]}).status_code == 201
        held = crm.held("contacts")
    kept = {"FirstName": "Ada Augusta", "EmailAddresses_Work": "ada@example.org"} | expected
    seen = [{"FirstName": one.get("FirstName"), "E": one.get("EmailAddresses_Work", {}).get("Value")} for one in held]
    whole = {"FirstName": kept["FirstName"], "E": kept["EmailAddresses_Work"]}
    assert seen == [whole, {"FirstName": "x", "E": None}, whole]


def test_spoilt_ids_are_those_of_the_data() -> None:
    """The id that is lost or changed is the whole of Data, or the last of its list, or inside of a record."""
    other = "00000000-0000-4000-8000-000000000000"
    with practice("no-id@#1", "other-id@#2", "no-id@#3", "other-id@#4", "no-id@#5", "other-id@#6") as crm:
        lost, changed = (post(crm, "/contacts").json()["Data"] for _ in range(2))
        batches = [crm.send("POST", "/contacts/bulk", {"entities": [{}, {}]}).json()["Data"] for _ in range(2)]
        ids = [one["Id"] for one in crm.held("contacts")]
        records = [data(crm, f"/contacts/{ids[0]}") for _ in range(2)]
    assert (lost, changed, batches) == (None, other, [ids[2:3], [ids[4], other]])
    assert [one.get("Id") for one in records] == [None, other]


def test_faults_strike_a_patch() -> None:
    """A PATCH is counted and struck like other methods."""
    with practice("500-after@PATCH#2") as crm:
        url = f"/contacts/{create(crm, '/contacts')}"
        assert [patch(crm, url, FirstName=str(n)).status_code for n in range(3)] == [200, 500, 200]
        assert [one.committed for one in crm.server.history()] == [True] * 4


def test_seeded_records_are_there() -> None:
    """Also what can only be read can be seeded, with any fields; nothing of it stands in the history."""
    with practice() as crm:
        contact = crm.server.seed_records("contacts", [{"LastName": "King", "RecordType": 3}])[0]
        invoice = crm.server.seed_records("invoices", [{"Name": "R1", "Total": 10.5}])[0]
        crm.server.seed_records("notes", [{"Display": "b", "ParentId": {"Id": contact, "EntityName": "Contacts"}}])
        assert crm.server.history() == []
        assert names(crm, "/contacts") == ["King"]
        assert data(crm, f"/invoices/{invoice}")["Total"] == 10.5
        assert crm.held("notes")[0]["ParentId"] == {"Id": contact, "Title": "King", "EntityName": "Contacts"}


@pytest.mark.parametrize(
    ("name", "record", "message"),
    [
        ("people", {}, "seed: E098 there is no object 'people' (one of contacts, companies, jobs, notes, activities, "),
        ("contacts", {"Firstname": "x"}, "seed contacts[0]: E098 unknown field 'Firstname'"),
        ("companies", {"ModifiedOn": "x"}, "seed companies[0]: E098 unknown field 'ModifiedOn'"),
        ("contacts", {"Salary": "x"}, "seed contacts[0]: E098 Salary: expected a number"),
        ("notes", {}, "seed notes[0]: E098 The following required fields are missing: Display"),
    ],
)
def test_wrong_seed_is_refused(name: str, record: dict[str, Any], message: str) -> None:
    """What the interface would refuse or silently ignore cannot be seeded."""
    with practice() as crm:
        with pytest.raises(SpecError) as caught:
            crm.server.seed_records(name, [record])
        assert str(caught.value).startswith(message)


def test_same_seed_is_the_same_tenant() -> None:
    """One seed gives the same key and ids, another one others; the base ends where the objects begin."""
    seen = []
    for seed in (5, 5, 6):
        with start("crelate3", seed=seed) as server:
            assert server.base_url == f"http://127.0.0.1:{server.port}/api3"
            seen.append((server.api_key, server.seed_records("contacts", [{}])))
    assert seen[0] == seen[1]
    assert (seen[0][0] == seen[2][0], seen[0][1] == seen[2][1]) == (False, False)


def test_options_of_another_vendor_are_refused() -> None:
    """What another vendor's server varies is no option here, and the message says whose it is."""
    with pytest.raises(SpecError) as caught:
        start("crelate3", options=Options(vendor=object()))
    fact = "options: E098 these options are for another practice server: object (expected Crelate3Options)"
    assert str(caught.value) == fact
