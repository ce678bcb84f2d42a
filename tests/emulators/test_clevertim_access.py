"""Who may do what at Clevertim's, and what history, faults and seeds make of it."""

from typing import Any

import httpx
import pytest
from clevertim_practising import basic, create, error, one, practice

from migrator.emulators import Options, start
from migrator.emulators.fault_kinds import KINDS
from migrator.errors import SpecError

WRONG = "the API token is missing or wrong"


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic *", "Bearer {basic}", "{key}", f"Basic {basic('x', 'X')}", "Basic b'{basic}'"]
)
@pytest.mark.parametrize("status", [401, 403])
def test_wrong_token_is_denied(header: str, status: int) -> None:
    """Without the token as the user of Basic authentication nothing is done; the status is an option (client)."""
    with practice(unauthorised_status=status) as crm:
        sent = header.format(key=crm.server.api_key, basic=basic(crm.server.api_key, "X"))
        answer = crm.send_bare("POST", "/company", {"cn": "a"}, Authorization=sent)
        assert (answer.status_code, answer.json(), crm.held("company")) == (status, error(WRONG), [])
    assert answer.headers["www-authenticate"] == 'Basic realm="Clevertim"'


@pytest.mark.parametrize("password", ["X", "", "x:y"])
@pytest.mark.parametrize("scheme", ["Basic", "basic"])
def test_password_is_not_looked_at(scheme: str, password: str) -> None:
    """A password is not required: "you can just pass an X for convenience" (vendor)."""
    with practice() as crm:
        header = f"{scheme} {basic(crm.server.api_key, password)}"
        assert crm.send_bare("GET", "/company", Authorization=header).json() == {"status": "OK", "content": []}


def test_mistaken_bytes_are_taken_on_request() -> None:
    """The header that the vendor's client sends by mistake opens the account where a rehearsal wants it (client)."""
    with practice(tolerates_bytes_token=True) as crm:
        header = f"Basic b'{basic(crm.server.api_key, 'X')}'"
        assert crm.send_bare("GET", "/company", Authorization=header).status_code == 200


def test_new_token_replaces_the_old() -> None:
    """After the token was generated again the old one is denied."""
    with practice() as crm:
        old, new = crm.server.api_key, crm.server.regenerate_key()
        assert crm.send_bare("GET", "/note", Authorization=f"Basic {basic(old, 'X')}").status_code == 401
        assert (crm.send("GET", "/note").status_code, old == new) == (200, False)


@pytest.mark.parametrize(("variants", "status"), [({}, 403), ({"forbidden_status": 400}, 400)])
def test_read_only_user_cannot_write(variants: dict[str, Any], status: int) -> None:
    """With the token of such a user "writing via the API will fail" (vendor), reading does not."""
    with practice(is_read_only=True, **variants) as crm:
        record_id = crm.server.seed_records("company", [{"cn": "a"}])[0]
        for method, path in (
            ("POST", "/company"),
            ("PUT", f"/company/{record_id}"),
            ("DELETE", f"/company/{record_id}"),
        ):
            answer = crm.send(method, path, {"cn": "b"})
            assert (answer.status_code, answer.json()) == (status, error("this user has read-only access"))
        assert one(crm, f"/company/{record_id}")["cn"] == "a"


def test_base_url_ends_where_resources_begin() -> None:
    """The base is the vendor's with another host, and outside of it there is nothing."""
    with practice() as crm:
        assert crm.server.base_url == f"http://127.0.0.1:{crm.server.port}/api"
        outside = crm.http.get(f"http://127.0.0.1:{crm.server.port}/company", headers=crm.headers())
    assert outside.status_code == 404


def test_history_says_it_all_but_the_token() -> None:
    """What came and what was done stands in the history, the token nowhere."""
    with practice() as crm:
        record_id = create(crm, "/company", cn="a")
        crm.send("GET", "/company", page=2)
        entries = [(e.method, e.path, dict(e.query), e.body, e.record_id, e.answered) for e in crm.server.history()]
        assert entries == [
            ("POST", "/api/company", {}, {"cn": "a"}, str(record_id), 200),
            ("GET", "/api/company", {"page": "2"}, None, "", 200),
        ]
        text = repr(crm.server.history()) + crm.control("history").text
        assert (crm.server.api_key in text, basic(crm.server.api_key, "X") in text) == (False, False)


BROKEN = {
    *("reset-before", "close-before", "hang-before", "reset-after", "close-after", "hang-after", "late-commit"),
    *("short-length", "reset-body", "reset-headers", "stalled-chunk", "garbage-status"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_strikes(kind: str) -> None:
    """Each kind strikes a POST: the answer is not the plain one, or the record is not what was sent."""
    argument = {"seconds": ":0", "bytes": ":9"}.get(KINDS[kind].argument, "")
    with practice(f"{kind}@#1{argument}") as crm, practice() as plain:
        sent = {"fn": "Ada", "email": ["ada@example.org"], "description": "first"}
        expected = plain.send("POST", "/contact", sent)
        if kind in BROKEN:
            with pytest.raises(httpx.TransportError):
                crm.send("POST", "/contact", sent)
        elif kind not in {"slow", "drip", "1xx-flood"}:
            answer = crm.send("POST", "/contact", sent)
            assert (answer.status_code, answer.content) != (expected.status_code, expected.content)
        else:
            assert crm.send("POST", "/contact", sent).content == expected.content
        assert crm.server.history()[0].fault == f"{kind}@#1{argument}"


def test_spoilt_ids_are_those_of_the_record() -> None:
    """The id that is lost or changed is the one of the record in the list, and stays a number."""
    with practice("no-id@POST#1", "other-id@POST#2", "no-id@GET#1") as crm:
        lost, other = (crm.send("POST", "/company", {"cn": "a"}).json()["content"][0] for _ in range(2))
        assert ("id" in lost, other["id"], len(crm.held("company"))) == (False, 1, 2)
        assert all(record["id"] > 1 for record in crm.read("/company")["content"])


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("changed-case@1", {"email": ["aDA@EXAMPLE.ORG"]}),
        ("changed-case@1:tags", {"tags": ["vip"]}),
        ("dropped-field@1", {"tags": None}),
        ("trimmed-value@1", {"description": "The first of al"}),
    ],
)
def test_something_else_is_stored(fault: str, changed: dict[str, Any]) -> None:
    """The contact is stored with another value than was sent, also in a list."""
    sent = {"fn": "Ada", "email": ["Ada@example.org"], "description": "The first of all", "tags": ["VIP"]}
    with practice(fault) as crm:
        crm.send("POST", "/contact", sent)
        held = crm.held("contact")[0]
    assert {name: held.get(name) for name in sent} == sent | changed


@pytest.mark.parametrize(
    ("name", "record", "message"),
    [
        ("people", {}, "seed: E098 there is no object 'people' (one of user, group, customfield, contact, company, "),
        ("company", {"cn": "a", "colour": "red"}, "seed company[0]: E098 unknown field 'colour'"),
        ("company", {}, 'seed company[0]: E098 {"status":"ERROR","error":"cn is required"}'),
    ],
)
def test_wrong_seed_is_refused(name: str, record: dict[str, Any], message: str) -> None:
    """What the interface would refuse or silently ignore cannot be seeded."""
    with practice() as crm:
        with pytest.raises(SpecError) as caught:
            crm.server.seed_records(name, [record])
        assert str(caught.value).startswith(message)


def test_seeded_records_are_there() -> None:
    """Seeded records are read like any other, also those that nobody can send, and leave no trace in the history."""
    with practice() as crm:
        user = crm.server.seed_records("user", [{"user": "New User", "email": "new@example.org"}])[0]
        crm.server.seed_records("contact", [{"ln": "King", "puser": int(user)}])
        assert crm.server.history() == []
        assert [record["user"] for record in crm.read("/user")["content"]] == [
            "Practice User",
            "Second User",
            "New User",
        ]
        assert crm.read("/contact")["content"][0]["puser"] == int(user)


def test_same_seed_is_the_same_account() -> None:
    """One seed gives the same token and ids, another one others."""
    seen = []
    for seed in (5, 5, 6):
        with start("clevertim", seed=seed) as server:
            seen.append((server.api_key, server.seed_records("company", [{"cn": "a"}])))
    assert seen[0] == seen[1]
    assert (seen[0][0] == seen[2][0], seen[0][1] == seen[2][1]) == (False, False)


def test_options_of_another_vendor_are_refused() -> None:
    """What another vendor's server varies is no option here, and the message says whose it is."""
    with pytest.raises(SpecError) as caught:
        start("clevertim", options=Options(vendor=object()))
    fact = "options: E098 these options are for another practice server: object (expected ClevertimOptions)"
    assert str(caught.value) == fact
