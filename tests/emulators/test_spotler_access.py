"""Who may do what at Spotler's: tokens, plans, quotas; and what history, faults and seeds make of it."""

from typing import Any

import httpx
import pytest
from spotler_practising import create, error, practice

from migrator.emulators import Options, start
from migrator.emulators.fault_kinds import KINDS
from migrator.errors import SpecError

FORBIDDEN = "Forbidden, please check your access token"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "{key}"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}, {"X_apikey": "{key}"}],
)
@pytest.mark.parametrize(("status", "message"), [(402, FORBIDDEN), (401, FORBIDDEN), (403, "Unauthenticated")])
def test_wrong_token_is_denied(headers: dict[str, str], status: int, message: str) -> None:
    """Without the bearer's token everything answers 402 (vendor), or as seen live 403 (client); nothing is done."""
    with practice(denied_status=status) as crm:
        sent = {name: text.format(key=crm.server.api_key) for name, text in headers.items()}
        answer = crm.send_bare("POST", "/accounts", {"name": "a"}, **sent)
        assert (answer.status_code, answer.json()) == (status, error(status, message))
        assert crm.held("accounts") == []


def test_token_in_the_query_is_no_token() -> None:
    """A token in the query opens nothing, and is not written down."""
    with practice() as crm:
        answer = crm.http.get(f"{crm.server.base_url}/accounts?access_token={crm.server.api_key}")
        assert (answer.status_code, crm.server.history()[0].query) == (402, {})


def test_scheme_is_written_in_any_case() -> None:
    """The name of the scheme has no case."""
    with practice() as crm:
        assert crm.send_bare("GET", "/accounts", Authorization=f"bearer {crm.server.api_key}").status_code == 200


def test_new_token_replaces_the_old() -> None:
    """Tokens look like live ones, and after a new one is generated the old one is denied."""
    with practice() as crm:
        old, new = crm.server.api_key, crm.server.regenerate_key()
        assert crm.send_bare("GET", "/accounts", Authorization=f"Bearer {old}").status_code == 402
        assert crm.send("GET", "/accounts").status_code == 200
    assert (old != new, new.startswith("eyJ"), new.count(".")) == (True, True, 2)


def test_token_is_nowhere_in_the_history() -> None:
    """Neither the right token nor a wrong one is kept."""
    with practice() as crm:
        create(crm, "/accounts", name="a")
        crm.send_bare("GET", "/accounts", Authorization="Bearer somebodys-secret")
        text = repr(crm.server.history()) + crm.control("history").text
        assert crm.server.api_key not in text
    assert "somebodys-secret" not in text


@pytest.mark.parametrize(("status", "message"), [(402, FORBIDDEN), (403, FORBIDDEN), (404, "Record or page not found")])
@pytest.mark.parametrize("path", ["/campaigns", "/campaigns/7", "/datadictionary/campaigns", "/lookup/campaigns/type"])
def test_plan_may_lack_an_object(path: str, status: int, message: str) -> None:
    """An object outside the price plan answers 402, 403 or 404 (client), unlike one that there is nowhere."""
    with practice(outside_plan=frozenset({"campaigns"}), outside_plan_status=status) as crm:
        answer = crm.send("GET", path)
        assert (answer.status_code, answer.json()) == (status, error(status, message))
        assert crm.send("GET", "/accounts").status_code == 200


def test_call_quota_is_used_up() -> None:
    """After so many calls all further ones are refused; denied ones are none."""
    with practice(call_quota=2, quota_status=429) as crm:
        crm.send_bare("GET", "/accounts")
        answers = [crm.send(method, "/accounts", {"name": "a"}) for method in ("POST", "POST", "POST", "GET")]
        assert len(crm.held("accounts")) == 2
    assert [one.status_code for one in answers] == [201, 201, 429, 429]
    assert answers[-1].json() == error(429, "API call limit reached")


def test_entry_of_the_history_says_it_all() -> None:
    """What came and what was done stands in the history: paths have no base, queries are decoded."""
    with practice() as crm:
        record = create(crm, "/accounts", name="a")
        crm.send("GET", "/accounts", q='{"name": "a"}')
        entries = [
            (one.method, one.path, dict(one.query), one.body, one.record_id, one.answered)
            for one in crm.server.history()
        ]
    assert entries == [
        ("POST", "/accounts", {}, {"name": "a"}, str(record["id"]), 201),
        ("GET", "/accounts", {"q": '{"name": "a"}'}, None, "", 200),
    ]


BROKEN = {
    *("reset-before", "close-before", "hang-before", "reset-after", "close-after", "hang-after", "late-commit"),
    *("short-length", "reset-body", "reset-headers", "stalled-chunk", "garbage-status"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_strikes(kind: str) -> None:
    """Each kind strikes a POST: the answer is not the plain one, or the record is not what was sent."""
    argument = {"seconds": ":0", "bytes": ":9"}.get(KINDS[kind].argument, "")
    with practice(f"{kind}@#1{argument}") as crm, practice() as plain:
        sent = {"name": "Ada", "notes": "ada@example.org"}
        expected = plain.send("POST", "/accounts", sent)
        if kind in BROKEN:
            with pytest.raises(httpx.TransportError):
                crm.send("POST", "/accounts", sent)
        elif kind not in {"slow", "drip", "1xx-flood"}:
            answer = crm.send("POST", "/accounts", sent)
            assert (answer.status_code, answer.content) != (expected.status_code, expected.content)
        else:
            assert crm.send("POST", "/accounts", sent).content == expected.content
        assert crm.server.history()[0].fault == f"{kind}@#1{argument}"


def test_faults_strike_a_patch() -> None:
    """A PATCH is counted and struck like other methods."""
    with practice("500-after@PATCH#2") as crm:
        url = f"/accounts/{create(crm, '/accounts', name='a')['id']}"
        assert [crm.send("PATCH", url, {"name": str(n)}).status_code for n in range(3)] == [200, 500, 200]
        assert [one.committed for one in crm.server.history()] == [True] * 4


def test_spoilt_ids_are_those_of_the_record() -> None:
    """The id that is lost or changed is the one inside the envelope, and stays a number."""
    with practice("no-id@POST#1", "other-id@POST#2") as crm:
        lost, other = (crm.send("POST", "/accounts", {"name": "a"}).json() for _ in range(2))
        ids = [one["id"] for one in crm.held("accounts")]
    assert ("id" in lost["record"], other["record"]["id"]) == (False, 1)
    assert [one["metadata"]["url"] for one in (lost, other)] == [f"/accounts/{one}" for one in ids]


@pytest.mark.parametrize("name", ["accounts", "opportunity_lines", "lookups"])
def test_snapshot_is_a_copy(name: str) -> None:
    """The snapshot has all objects, and nobody changes the edition through it."""
    with practice() as crm:
        create(crm, "/accounts", name="a", phone=None)
        snapshot = crm.server.snapshot()
        snapshot[name].clear()
        again = crm.server.snapshot()
    assert list(again) == [*snapshot]
    assert ("phone" in again["accounts"].popitem()[1], len(again)) == (False, 12)


def test_seeded_records_are_there() -> None:
    """Seeded records keep their owner and leave no trace in the history."""
    with practice() as crm:
        account = crm.server.seed_records("accounts", [{"name": "a", "ownerid": 5, "leadscore": 1.5}])[0]
        contact = crm.server.seed_records("contacts", [{"accountid": int(account)}])[0]
        assert crm.server.history() == []
        record = crm.read(f"/accounts/{account}")["record"]
        assert crm.read(f"/contacts/{contact}")["record"]["accountid"] == int(account)
    assert (record["ownerid"], record["leadscore"]) == (5, 1.5)


@pytest.mark.parametrize(
    ("name", "record", "message"),
    [
        ("people", {}, "seed: E098 there is no object 'people' (one of accounts, contacts, opportunities, "),
        ("accounts", {"name": "a", "colour": "red"}, "seed accounts[0]: E098 unknown field 'colour'"),
        ("contacts", {"accountid": 7}, 'seed contacts[0]: E098 {"type":"Validation error","code":422,'),
    ],
)
def test_wrong_seed_is_refused(name: str, record: dict[str, Any], message: str) -> None:
    """What the interface would refuse or silently ignore cannot be seeded."""
    with practice() as crm:
        with pytest.raises(SpecError) as caught:
            crm.server.seed_records(name, [record])
        assert str(caught.value).startswith(message)


def test_same_seed_is_the_same_edition() -> None:
    """One seed gives the same token and ids, another one others."""
    seen = []
    for seed in (5, 5, 6):
        with start("spotler", seed=seed) as server:
            seen.append((server.api_key, server.seed_records("accounts", [{"name": "a"}])))
    assert seen[0] == seen[1]
    assert (seen[0][0] == seen[2][0], seen[0][1] == seen[2][1]) == (False, False)


def test_options_of_another_vendor_are_refused() -> None:
    """What another vendor's server varies is no option here, and the message says whose it is."""
    with pytest.raises(SpecError) as caught:
        start("spotler", options=Options(vendor=object()))
    fact = "options: E098 these options are for another practice server: object (expected SpotlerOptions)"
    assert str(caught.value) == fact
