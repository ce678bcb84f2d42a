"""Who may do what at OpenCRM's: the firewall, keys, sessions, limits; what history, faults and seeds make of it."""

from typing import Any

import httpx
import pytest
from opencrm_practising import AGENT, Crm, practice, told
from practising import FixedClock

from migrator.emulators import Options, start
from migrator.emulators.fault_kinds import KINDS
from migrator.errors import SpecError

UNAUTHORIZED = {"error": "Unauthorized"}
WALL = (
    "<!DOCTYPE html><html><head><title>403 Forbidden</title></head>"
    "<body><h1>Forbidden</h1><p>Your request was blocked.</p></body></html>"
)


@pytest.mark.parametrize(
    "agent", ["curl/8.4", "python-requests/2", "python-httpx/0.27", "Python-urllib/3", "my PYTHON"]
)
def test_firewall_blocks_user_agents(agent: str) -> None:
    """Default agents meet a page of HTML with 403, whatever keys they have (vendor, client); nothing is done."""
    with practice() as crm:
        answer = crm.send_bare("edit_contact", crm.headers() | {"User-Agent": agent}, firstname="Ada")
        assert (answer.status_code, answer.text, crm.held("contact")) == (403, WALL, [])
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("agent", [AGENT, "Mozilla/5.0", "", "pyth0n"])
def test_other_user_agents_pass(agent: str) -> None:
    """Every other agent, and even none, gets through the wall."""
    with practice() as crm:
        assert crm.send_bare("get_contact_list", crm.headers() | {"User-Agent": agent}).json() == []


def test_firewall_can_be_varied() -> None:
    """A rehearsal may block other words, or none."""
    with practice(blocked_agents=()) as crm:
        assert crm.send_bare("get_lead_list", crm.headers() | {"User-Agent": "curl/8"}).status_code == 200
    with practice(blocked_agents=("practice",)) as crm:
        assert crm.send("get_lead_list").status_code == 403


@pytest.mark.parametrize("name", ["apikey", "key"])
def test_keys_stand_in_parameters(name: str) -> None:
    """The pair of keys is taken from form, query, JSON and path, under both names (vendor, client)."""
    with practice() as crm:
        pair, url = crm.pair(name), f"{crm.server.base_url}/get_contact_list"
        in_path = "/".join(part for item in pair.items() for part in item)
        answers = [
            crm.http.post(url, data=pair),
            crm.http.get(url, params=pair),
            crm.http.post(url, json=pair),
            crm.http.get(f"{url}/{in_path}"),
        ]
    assert [told(one) for one in answers] == [(200, [])] * 4


@pytest.mark.parametrize(("only", "other"), [("apikey", "key"), ("key", "apikey")])
def test_name_of_the_key_can_be_strict(only: str, other: str) -> None:
    """The vendor says `apikey`, a client met `key`: a rehearsal may take only one of them."""
    with practice(key_parameter=only) as crm:
        answers = [crm.send_bare("get_contact_list", None, **crm.pair(name)).json() for name in (only, other)]
    assert answers == [[], UNAUTHORIZED]


@pytest.mark.parametrize("end_point", ["edit_contact", "get_contact", "get_contact_list", "login", "nothing"])
@pytest.mark.parametrize("changed", [{"KEY1": "x"}, {"KEY2": "x"}, {"KEY1": "", "KEY2": ""}])
def test_wrong_keys_are_refused_with_200(end_point: str, changed: dict[str, str]) -> None:
    """Without both keys everything answers 200 and an error (client), and nothing is done."""
    with practice() as crm:
        answer = crm.send_bare(end_point, crm.headers() | changed, firstname="Ada")
        assert (told(answer), crm.held("contact")) == ((200, UNAUTHORIZED), [])


def test_new_keys_replace_the_old() -> None:
    """Both keys are new, and sessions are over."""
    with practice() as crm:
        old, access_key = crm.headers(), crm.ask("login")
        new = crm.server.regenerate_key()
        assert crm.send_bare("get_contact_list", old).json() == UNAUTHORIZED
        assert crm.send_bare("get_contact_list", None, accesskey=access_key).json() == UNAUTHORIZED
        assert crm.send("get_contact_list").json() == []
        assert (crm.server.api_key, new in crm.server.secrets.values()) == (new, True)
        assert (crm.control_secrets(), crm.server.api_key != new) == (crm.server.secrets, True)


def test_access_key_times_out_when_idle() -> None:
    """A login answers a bare text (client); each use keeps it alive, and a pause ends it (vendor)."""
    clock = FixedClock()
    with practice(clock=clock, idle_seconds=60) as crm:
        access_key = crm.ask("login")
        seen = []
        for pause in (60, 60, 61, 0):
            clock.go_on(seconds=pause)
            seen.append(crm.send_bare("get_contact_list", None, accesskey=access_key).json())
    assert (seen, isinstance(access_key, str)) == ([[], [], UNAUTHORIZED, UNAUTHORIZED], True)


def test_access_key_is_no_login() -> None:
    """Another access key needs the pair of keys; an unknown one opens nothing."""
    with practice() as crm:
        answers = [crm.send_bare("login", None, accesskey=crm.ask("login"))]
        answers.append(crm.send_bare("get_contact_list", None, accesskey="x"))
    assert [told(one) for one in answers] == [(200, UNAUTHORIZED)] * 2


@pytest.mark.parametrize("status", [200, 429])
def test_requests_are_limited(status: int) -> None:
    """After so many requests all further ones are refused: "dependent on your subscription" (vendor)."""
    with practice(requests_allowed=2, limit_status=status) as crm:
        answers = [crm.send("edit_contact", firstname=str(n)) for n in range(3)]
        assert len(crm.held("contact")) == 2
    assert told(answers[-1]) == (status, {"error": "API request limit exceeded"})


@pytest.mark.parametrize(
    ("method", "end_point", "status", "message"),
    [
        ("POST", "delete_contact", 404, "Unknown end point"),
        ("POST", "create_contact", 404, "Unknown end point"),
        ("POST", "edit_contact_list", 404, "Unknown end point"),
        ("POST", "get_people", 404, "Unknown end point"),
        ("DELETE", "edit_contact", 405, "Method not allowed"),
        ("PUT", "edit_contact", 405, "Method not allowed"),
    ],
)
def test_unknown_end_point_is_refused(method: str, end_point: str, status: int, message: str) -> None:
    """Nothing can be deleted, and there are only the end points that are known."""
    with practice() as crm:
        answer = crm.http.request(method, f"{crm.server.base_url}/{end_point}/", headers=crm.headers())
        assert told(answer) == (status, {"error": message})


@pytest.mark.parametrize(
    ("body", "message"), [(b"{", "Invalid JSON"), (b"[1]", "Invalid JSON"), (b'{"a":[1]}', "Invalid value for a")]
)
def test_wrong_body_is_refused_with_200(body: bytes, message: str) -> None:
    """A body that is neither a form nor a flat object of JSON is an error, and still 200."""
    with practice() as crm:
        answer = crm.http.post(f"{crm.server.base_url}/edit_contact", content=body, headers=crm.headers())
        assert (told(answer), crm.held("contact")) == ((200, {"error": message}), [])


def test_secrets_are_nowhere_in_the_history() -> None:
    """Keys are kept neither from the form nor from the query, the JSON or the path; the fields of the form are."""
    with practice() as crm:
        pair, url = crm.pair(), f"{crm.server.base_url}/edit_contact"
        crm.http.post(url, data={"firstname": "Ada", **pair})
        crm.http.post(url, params=pair, json={"firstname": "Bob", **pair})
        crm.http.post(f"{url}/apikey/{pair['apikey']}/pass%6Bey/{pair['passkey']}/firstname/Cy")
        seen = [(one.path, dict(one.query), one.body, one.committed) for one in crm.server.history()]
        assert [one["firstname"] for one in crm.held("contact")] == ["Ada", "Bob", "Cy"]
        assert not any(secret in repr(crm.server.history()) for secret in crm.server.secrets.values())
    path = "/api/rest/edit_contact"
    assert seen == [
        (path, {}, {"firstname": "Ada"}, True),
        (path, {}, {"firstname": "Bob"}, True),
        (f"{path}/apikey/***/pass%6Bey/***/firstname/Cy", {}, None, True),
    ]


BROKEN = {
    *("reset-before", "close-before", "hang-before", "reset-after", "close-after", "hang-after", "late-commit"),
    *("short-length", "reset-body", "reset-headers", "stalled-chunk", "garbage-status"),
}
FIELDS = {"crmid": "0", "firstname": "Ada Augusta", "lastname": "K", "email": "ada@example.org"}


def struck(crm: Crm) -> tuple[int, bytes, list[dict[str, Any]]]:
    """Send a create; give its answer, and what is there then."""
    answer = crm.send("edit_contact", **FIELDS)
    return answer.status_code, answer.content, crm.held("contact")


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_strikes(kind: str) -> None:
    """Each kind strikes a form: the answer is not the plain one, or the record is not what was sent."""
    argument = {"seconds": ":0", "bytes": ":9"}.get(KINDS[kind].argument, "")
    with practice(f"{kind}@#1{argument}") as crm, practice() as plain:
        if kind in BROKEN:
            with pytest.raises(httpx.TransportError):
                struck(crm)
        elif kind in {"slow", "drip", "1xx-flood"}:
            assert struck(crm) == struck(plain)
        else:
            assert struck(crm) != struck(plain)
        assert crm.server.history()[0].fault == f"{kind}@#1{argument}"


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("dropped-field@1", {"email": None}),
        ("dropped-field@1:firstname", {"firstname": None}),
        ("trimmed-value@1", {"email": "ada@example.or"}),
        ("trimmed-value@1:lastname", {"lastname": None}),
        ("changed-case@1", {"email": "ADA@EXAMPLE.ORG"}),
    ],
)
def test_altered_fields_are_those_of_the_form(fault: str, changed: dict[str, str | None]) -> None:
    """What is lost or changed is a field of the form, never its keys or its id, and the history has what was sent."""
    with practice(fault) as crm:
        answer = crm.send_bare("edit_contact", None, **FIELDS, **crm.pair())
        held = crm.held("contact")
        assert (str(answer.json()), crm.server.history()[0].body) == (held[0]["crmid"], FIELDS)
    expected = {name: value for name, value in FIELDS.items() if name != "crmid"} | changed
    assert {name: held[0].get(name) for name in expected} == expected


def test_lost_id_makes_a_record_of_an_update() -> None:
    """A field that is named is lost even where it is the id: what was an update is a create."""
    with practice("dropped-field@#2:crmid") as crm:
        crmid = crm.create("contact", firstname="Ada")
        assert crm.ask("edit_contact", crmid=crmid, firstname="Bob") != int(crmid)
        assert [one["firstname"] for one in crm.held("contact")] == ["Ada", "Bob"]


def test_bare_answers_can_be_spoilt_like_others() -> None:
    """A number becomes a list with what spoils it, a list gets an item more."""
    faults = ("wrong-charset-latin@#1", "wrong-charset-latin@#2", "nan-json@#3", "nan-json@#4")
    with practice(*faults) as crm:
        texts = [crm.send(name).content.decode() for name in ("edit_lead", "get_lead_list_count") * 2]
        first, second = (one["crmid"] for one in crm.held("lead"))
        more = '{"Message":"naïve café"}'
        assert texts == [f"[{first},{more}]", f"[1,{more}]", f'[{{"Score":NaN}},{second}]', '[{"Score":NaN},2]']
    with practice("wrong-charset-latin@1") as crm:
        assert crm.send("get_lead_list").content.decode() == f"[{more}]"


@pytest.mark.parametrize(
    ("reply", "lost", "other"),
    [("number", None, 1), ("text", None, "1"), ("object", {}, {"record_id": "1"})],
)
def test_spoilt_ids_are_those_of_the_reply(reply: str, lost: Any, other: Any) -> None:
    """An id that is lost is null or absent, and another one is of the same kind."""
    with practice("no-id@#1", "other-id@#2", edit_reply=reply) as crm:
        assert [crm.ask("edit_contact", crmid="0") for _ in range(2)] == [lost, other]
        assert len(crm.held("contact")) == 2


def test_seeded_records_are_there() -> None:
    """Seeded records are read like any other, and leave no trace in the history."""
    with practice() as crm:
        crmid = crm.server.seed_records("contact", [{"firstname": "Ada", "cf_12": "k", "smownerid": "2"}])[0]
        assert crm.server.history() == []
        record = crm.read("contact", crmid)
    assert {name: record[name] for name in ("crmid", "firstname", "cf_12", "smownerid")} == {
        "crmid": crmid,
        "firstname": "Ada",
        "cf_12": "k",
        "smownerid": "2",
    }


@pytest.mark.parametrize(
    ("name", "record", "message"),
    [
        ("people", {}, "seed: E098 there is no object 'people' (one of activity, company, contact, lead, "),
        ("contact", {"colour": "red"}, "seed contact[0]: E098 unknown field 'colour'"),
        ("contact", {"crmid": "5"}, "seed contact[0]: E098 unknown field 'crmid'"),
        ("contact", {"tps": 1}, "seed contact[0]: E098 'tps' is no text, as all values here are"),
    ],
)
def test_wrong_seed_is_refused(name: str, record: dict[str, Any], message: str) -> None:
    """What the interface would ignore cannot be seeded."""
    with practice() as crm:
        with pytest.raises(SpecError) as caught:
            crm.server.seed_records(name, [record])
        assert str(caught.value).startswith(message)


def test_same_seed_is_the_same_system() -> None:
    """One seed gives the same keys and ids, another one others; the base ends where the end points begin."""
    seen = []
    for seed in (5, 5, 6):
        with start("opencrm", seed=seed) as server:
            assert server.base_url == f"http://127.0.0.1:{server.port}/api/rest"
            seen.append((*server.secrets.values(), *server.seed_records("contact", [{}])))
    assert seen[0] == seen[1]
    assert not set(seen[0]) & set(seen[2])


def test_snapshot_is_a_copy() -> None:
    """A snapshot has all modules, and nobody changes the system through it."""
    with practice() as crm:
        crmid = crm.create("contact", firstname="Ada")
        crm.server.snapshot()["contact"][crmid]["firstname"] = "Bob"
        snapshot = crm.server.snapshot()
    assert (snapshot["contact"][crmid]["firstname"], len(snapshot)) == ("Ada", 14)


def test_options_of_another_vendor_are_refused() -> None:
    """What another vendor's server varies is no option here, and the message says whose it is."""
    with pytest.raises(SpecError) as caught:
        start("opencrm", options=Options(vendor=object()))
    fact = "options: E098 these options are for another practice server: object (expected OpenCrmOptions)"
    assert str(caught.value) == fact
