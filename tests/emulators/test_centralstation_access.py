"""Who may do what at CentralStationCRM's, how often, and what history, faults and seeds make of it."""

from typing import Any

import httpx
import pytest
from centralstation_practising import create, error, practice
from header_practising import SteadyClock

from migrator.emulators import Options, start
from migrator.emulators.fault_kinds import KINDS
from migrator.errors import SpecError

PERSON = {"person": {"name": "King"}}
UNAUTHORISED = error("unauthorised", "the API key is missing or wrong")


@pytest.mark.parametrize(
    "headers", [{}, {"X_apikey": ""}, {"X_apikey": "x"}, {"X_apikey": "{key}x"}, {"Authorization": "Bearer {key}"}]
)
def test_wrong_key_is_denied(headers: dict[str, str]) -> None:
    """Without the key in the header `X-apikey` everything answers 401 (vendor), and nothing is done."""
    with practice() as crm:
        sent = {name: text.format(key=crm.server.api_key) for name, text in headers.items()}
        answer = crm.send_bare("POST", "/people", PERSON, **sent)
        assert (answer.status_code, answer.json(), crm.held("people")) == (401, UNAUTHORISED, [])


@pytest.mark.parametrize(("accepts", "statuses"), [(True, [200, 201]), (False, [401, 401])])
def test_deprecated_parameter_may_open(*, accepts: bool, statuses: list[int]) -> None:
    """The key opens as a parameter in the query (vendor) or in the body (client), and is not written down."""
    with practice(accepts_parameter=accepts) as crm:
        read = crm.http.get(f"{crm.server.base_url}/people.json?apikey={crm.server.api_key}")
        written = crm.send_bare("POST", "/people", {**PERSON, "apikey": crm.server.api_key})
        assert [read.status_code, written.status_code] == statuses
        assert [(dict(entry.query), entry.body) for entry in crm.server.history()] == [({}, None), ({}, PERSON)]


def test_new_key_replaces_the_old() -> None:
    """After a new key was made the old one is denied."""
    with practice() as crm:
        old, new = crm.server.api_key, crm.server.regenerate_key()
        assert crm.send_bare("GET", "/people", X_apikey=old).json() == UNAUTHORISED
        assert (crm.send("GET", "/people").status_code, old == new) == (200, False)


def test_history_says_it_all_but_the_key() -> None:
    """What came and what was done stands in the history, the key nowhere."""
    with practice() as crm:
        record = create(crm, "/people.json", **PERSON)
        crm.send("GET", "/people", page=2)
        entries = [(e.method, e.path, dict(e.query), e.body, e.record_id, e.answered) for e in crm.server.history()]
        assert entries == [
            ("POST", "/api/people.json", {}, PERSON, str(record["id"]), 201),
            ("GET", "/api/people", {"page": "2"}, None, "", 200),
        ]
        assert crm.server.api_key not in repr(crm.server.history()) + crm.control("history").text


def test_base_url_ends_where_objects_begin() -> None:
    """The base is the vendor's with another host, and outside of it there is nothing."""
    with practice() as crm:
        assert crm.server.base_url == f"http://127.0.0.1:{crm.server.port}/api"
        outside = crm.http.get(f"http://127.0.0.1:{crm.server.port}/people", headers=crm.headers())
    assert outside.status_code == 404


def test_limit_is_on_by_itself() -> None:
    """Of 51 requests within 10 seconds the last answers 429 with Retry-After, and is not done (vendor)."""
    with start("centralstation", seed=7, options=Options(clock=SteadyClock())) as server, httpx.Client() as http:
        headers = {"X-apikey": server.api_key}
        answers = [http.post(f"{server.base_url}/people", json=PERSON, headers=headers) for _ in range(51)]
        assert len(server.snapshot()["people"]) == 50
    assert [one.status_code for one in answers] == [201] * 50 + [429]
    assert (answers[-1].headers["retry-after"], "retry-after" in answers[-2].headers) == ("10", False)
    assert answers[-1].json() == error("too_many_requests", "too many requests")


def test_limit_slides() -> None:
    """The window follows the requests that were let through; refused and denied ones do not count."""
    clock, seen = SteadyClock(), []
    with practice(clock=clock, requests_per_window=2, window_seconds=10) as crm:
        for seconds in (0, 4, 0.5, 5.4, 0.1, 3.9, 0.1):
            clock.go_on(seconds=seconds)
            crm.send_bare("GET", "/people")
            answer = crm.send("GET", "/people")
            seen.append(answer.headers.get("retry-after", "let through"))
    assert seen == ["let through", "let through", "6", "1", "let through", "1", "let through"]


def test_limit_can_be_switched_off() -> None:
    """With 0 there is none."""
    with practice(clock=SteadyClock(), requests_per_window=0) as crm:
        assert {crm.send("GET", "/people/count").status_code for _ in range(60)} == {200}


def test_host_without_an_account_leads_to_a_login() -> None:
    """An unknown account host answers 302 to `/login` (client)."""
    with practice(has_account=False) as crm:
        answer = crm.send("GET", "/people")
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, "/login", b"")


@pytest.mark.parametrize(("method", "path"), [("POST", "/people"), ("PUT", "/people/{id}"), ("DELETE", "/people/{id}")])
def test_read_only_user_cannot_write(method: str, path: str) -> None:
    """Where the user of the key may only read, writing answers 403 with a message (client)."""
    with practice(is_read_only=True) as crm:
        record_id = crm.server.seed_records("people", [{"name": "King"}])[0]
        answer = crm.send(method, path.format(id=record_id), {"person": {"name": "x"}})
        assert (answer.status_code, answer.json()) == (403, {"message": "not authorized"})
        assert crm.read(f"/people/{record_id}")["person"]["name"] == "King"


def test_full_storage_takes_nothing_more() -> None:
    """With the option every create answers 507 (vendor); changes are still done."""
    with practice(is_storage_full=True) as crm:
        record_id = crm.server.seed_records("people", [{"name": "King"}])[0]
        answer = crm.send("POST", "/people", PERSON)
        full = error("insufficient_storage", "the storage of this account is full")
        assert (answer.status_code, answer.json(), len(crm.held("people"))) == (507, full, 1)
        assert crm.send("PUT", f"/people/{record_id}", PERSON).status_code == 200


def test_ids_are_persistent_and_not_sequential() -> None:
    """Ids do not grow with time, "the IDs are not sequential" (vendor), and none is given twice."""
    with practice() as crm:
        ids = [create(crm, "/people", **PERSON)["id"] for _ in range(30)]
        crm.send("DELETE", f"/people/{ids[0]}")
        assert [one["person"]["id"] for one in crm.read("/people", perpage=250)] == ids[1:]
    assert (len(set(ids)), ids == sorted(ids)) == (30, False)


BROKEN = {
    *("reset-before", "close-before", "hang-before", "reset-after", "close-after", "hang-after", "late-commit"),
    *("short-length", "reset-body", "reset-headers", "stalled-chunk", "garbage-status"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_strikes(kind: str) -> None:
    """Each kind strikes a POST: the answer is not the plain one, or the record is not what was sent."""
    argument = {"seconds": ":0", "bytes": ":9"}.get(KINDS[kind].argument, "")
    with practice(f"{kind}@#1{argument}") as crm, practice() as plain:
        sent = {"person": {"name": "Ada", "background": "ada@example.org"}}
        expected = plain.send("POST", "/people", sent)
        if kind in BROKEN:
            with pytest.raises(httpx.TransportError):
                crm.send("POST", "/people", sent)
        elif kind not in {"slow", "drip", "1xx-flood"}:
            answer = crm.send("POST", "/people", sent)
            assert (answer.status_code, answer.content) != (expected.status_code, expected.content)
        else:
            assert crm.send("POST", "/people", sent).content == expected.content
        assert crm.server.history()[0].fault == f"{kind}@#1{argument}"


def test_spoilt_ids_are_those_of_the_record() -> None:
    """The id that is lost or changed is the one inside the wrapper, and stays a number."""
    with practice("no-id@POST#1", "other-id@POST#2") as crm:
        lost, other = (create(crm, "/people", **PERSON) for _ in range(2))
        assert ("id" in lost, lost["name"], other["id"], len(crm.held("people"))) == (False, "King", 1, 2)


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        ("changed-case@1", {"name": "Ada", "background": "b", "email": "aDA@EXAMPLE.ORG"}),
        ("changed-case@1:name", {"name": "aDA", "background": "b", "email": "Ada@example.org"}),
        ("dropped-field@1:background", {"name": "Ada", "background": None, "email": "Ada@example.org"}),
        ("dropped-field@1", {"name": "Ada", "background": "b", "email": None}),
        ("trimmed-value@1", {"name": "Ad", "background": "b", "email": "Ada@example.org"}),
    ],
)
def test_something_else_is_stored(fault: str, stored: dict[str, Any]) -> None:
    """The fault is done inside the wrapper, also to what is nested."""
    emails = [{"atype": "office", "name": "Ada@example.org"}]
    with practice(fault) as crm:
        record = create(crm, "/people", person={"name": "Ada", "background": "b", "emails_attributes": emails})
        email = next((one["name"] for one in crm.held("emails")), None)
    assert {"name": record["name"], "background": record["background"], "email": email} == stored


@pytest.mark.parametrize(
    ("name", "record", "message"),
    [
        ("person", {}, "seed: E098 there is no object 'person' (one of people, companies, deals, projects, tasks, "),
        ("people", {"name": "a", "colour": "red"}, "seed people[0]: E098 unknown field 'colour'"),
        ("people", {"first_name": "a"}, 'seed people[0]: E098 {"name":["can\'t be blank"]}'),
        ("deals", {"tels_attributes": []}, "seed deals[0]: E098 unknown field 'tels_attributes'"),
    ],
)
def test_wrong_seed_is_refused(name: str, record: dict[str, Any], message: str) -> None:
    """What the interface would refuse or silently ignore cannot be seeded."""
    with practice() as crm:
        with pytest.raises(SpecError) as caught:
            crm.server.seed_records(name, [record])
        assert str(caught.value).startswith(message)


def test_seeded_records_are_there() -> None:
    """Seeded records, with what they nest, are read like any other and leave no trace in the history."""
    with practice() as crm:
        person = crm.server.seed_records("people", [{"name": "King", "tags_attributes": [{"name": "vip"}]}])[0]
        user = crm.server.seed_records("users", [{"first": "New", "name": "User", "login": "new@example.org"}])[0]
        assert crm.server.history() == []
        assert crm.read(f"/people/{person}/tags")[0]["tag"]["name"] == "vip"
        new = {"id": int(user), "first": "New", "name": "User", "login": "new@example.org"}
        assert crm.read(f"/users/{user}") == {"user": new}


def test_snapshot_is_a_copy() -> None:
    """Nobody changes the account through its snapshot."""
    with practice() as crm:
        create(crm, "/protocols", protocol={"type": "ProtocolObjectNote", "content": "a"})
        snapshot = crm.server.snapshot()
        snapshot["protocols"].popitem()[1]["person_ids"].append(5)
        assert [one["person_ids"] for one in crm.held("protocols")] == [[]]


def test_same_seed_is_the_same_account() -> None:
    """One seed gives the same key and ids, another one others."""
    seen = []
    for seed in (5, 5, 6):
        with start("centralstation", seed=seed) as server:
            seen.append((server.api_key, server.seed_records("companies", [{"name": "a"}])))
    assert seen[0] == seen[1]
    assert (seen[0][0] == seen[2][0], seen[0][1] == seen[2][1]) == (False, False)


def test_options_of_another_vendor_are_refused() -> None:
    """What another vendor's server varies is no option here, and the message says whose it is."""
    with pytest.raises(SpecError) as caught:
        start("centralstation", options=Options(vendor=object()))
    fact = "options: E098 these options are for another practice server: object (expected CentralStationOptions)"
    assert str(caught.value) == fact
