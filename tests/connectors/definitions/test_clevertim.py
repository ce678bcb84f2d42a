"""Clevertim's connector file against the practice Clevertim."""

from collections.abc import Iterator
from typing import Any

import pytest
from clocks import FakeClock
from speaking import (
    calls,
    connection_to,
    creating,
    definition_of,
    deleting,
    failure,
    getting,
    kept,
    reading,
    speak,
    updating,
)

from migrator.connectors.rest.discovery import discover
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options, start
from migrator.emulators.clevertim import ClevertimOptions
from migrator.records import Outcome, Verdict, Write

Case = tuple[dict[str, Any], dict[str, Any]]

CLEVERTIM = definition_of("clevertim")
MARKER = "demo/people/7"


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Start a practice Clevertim."""
    with start("clevertim", seed=7) as running:
        yield running


def custom_field(server: Emulator, name: str = "Migration Key") -> str:
    """Give the key under which records hold a custom field."""
    fields = server.snapshot()["customfield"]
    return next(f"cf.{number}" for number, row in fields.items() if row["name"] == name)


def add(server: Emulator, name: str, record: dict[str, Any]) -> str:
    """Put one record there."""
    return server.seed_records(name, [record])[0]


def whole(server: Emulator, name: str) -> Case:
    """Give all fields that an object takes, and other values for some, in a server that holds what they point at."""
    company, contact = add(server, "company", {"cn": "Acme"}), add(server, "contact", {"fn": "Ada"})
    case, deal = add(server, "case", {"name": "Leak"}), add(server, "opportunity", {"name": "Roof"})
    note, me, custom = add(server, "note", {"desc": "n"}), next(iter(server.snapshot()["user"])), custom_field(server)
    person = {
        "description": "é\n\U0001f600",
        "address": "1 Road",
        "city": "Rome",
        "postcode": "001",
        "region": "IT-RM",
        "country": "Italy",
        "ctype": "C",
        "email": ["a@example.org", "b@example.org"],
        "website": ["https://example.org"],
        "tags": ["one", "two"],
        "phones": [{"no": "+39 06 1", "type": "Work"}, {"no": "2", "type": "Fax"}],
        "smids": [{"smid": "ada", "type": "Google+"}],
        "is_private": True,
        "gid": 1,
        custom: MARKER,
    }
    start_date, end_date = "2024-02-29T23:59:00Z", "2024-12-31T00:00:00Z"
    cases: dict[str, Case] = {
        "contact": (
            {**person, "fn": "Ada", "ln": "L", "title": "Dr", "companyId": company},
            {"fn": "Eve", custom: "x"},
        ),
        "company": ({**person, "cn": "Acme"}, {"cn": "Bolt", "phones": [{"no": "3", "type": "Home"}]}),
        "case": ({"name": "n", "description": "d", "leadUser": me, "cust": contact, custom: MARKER}, {"cust": company}),
        "opportunity": (
            {"name": "n", "status": "Open", "value": "4500.25", "currency": "EUR", "cust": company, custom: MARKER},
            {"value": "0.1", "status": "Won"},
        ),
        "task": (
            {
                "name": "n",
                "location": MARKER,
                "atype": "Follow up",
                "rec": "W",
                "recopts.type": "weekday",
                "recevery": 2,
                "is_completed": False,
                "startDate": start_date,
                "endDate": end_date,
                "aUserId": me,
                "case": case,
                "opp": deal,
                "cust": contact,
            },
            {"is_completed": True, "startDate": "2024-03-01T00:01:00Z"},
        ),
        "note": ({"desc": "text", "type": "S", "cust": contact, "case": case, "opportunity": deal}, {"desc": "new"}),
        "comment": ({"comment": "yes", "nid": note}, {}),
        "customfield": (
            {
                "name": "Size",
                "elemType": "select",
                "modelType": ["cases", "companies"],
                "values": ["big", "small"],
                "multiple": True,
            },
            {"values": ["big"]},
        ),
        "folder": ({"name": "Letters"}, {"name": "Post"}),
    }
    return cases[name]


WRITABLE = ["contact", "company", "case", "opportunity", "task", "note", "comment", "customfield", "folder"]


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_written_is_read(server: Emulator, name: str) -> None:
    """A new record holds all fields as they were sent, by itself and in the list; each is one request."""
    fields, _changes = whole(server, name)
    outcome = speak(CLEVERTIM, server, creating(name, fields))
    found = speak(CLEVERTIM, server, getting(name, outcome.target_id))
    listed = {record.id: record for record in speak(CLEVERTIM, server, reading(name))}
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=outcome.target_id, status=200)
    assert kept(found, fields) == fields == kept(listed[outcome.target_id], fields)
    assert calls(server) == [f"POST /{name}", f"GET /{name}/{outcome.target_id}", f"GET /{name}"]


@pytest.mark.parametrize("is_replaced", [True, False])
@pytest.mark.parametrize("name", [name for name in WRITABLE if name != "comment"])
def test_update_keeps_what_it_does_not_name(name: str, *, is_replaced: bool) -> None:
    """The whole record is sent, whether a PUT replaces or not, without what only reading shows: two requests."""
    with start("clevertim", seed=7, options=Options(vendor=ClevertimOptions(put_replaces=is_replaced))) as server:
        fields, changes = whole(server, name)
        record_id = speak(CLEVERTIM, server, creating(name, fields)).target_id
        outcome = speak(CLEVERTIM, server, updating(name, record_id, changes))
        found = speak(CLEVERTIM, server, getting(name, record_id))
        body, asked = server.history()[2].body, calls(server)[1:3]
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=record_id, status=200)
    assert kept(found, fields | changes) == fields | changes
    assert asked == [f"GET /{name}/{record_id}", f"PUT /{name}/{record_id}"]
    assert body["id"] == int(record_id.lstrip("f")) if name != "folder" else body["id"] == record_id
    assert not body.keys() & {"ao", "lm", "notes", "opportunities", "tasks", "cases", "files", "comments", "userId"}


def test_all_is_read_in_one_request(server: Emulator) -> None:
    """There are no pages."""
    ids = server.seed_records("contact", ({"fn": f"No {n}"} for n in range(300)))
    found = speak(CLEVERTIM, server, reading("contact"))
    assert [record.id for record in found] == ids
    assert [(entry.method, entry.path, entry.query) for entry in server.history()] == [("GET", "/api/contact", {})]


def test_what_cannot_be_written_is_read(server: Emulator) -> None:
    """Users, groups and files are read; the lists that point back are, too."""
    contact = add(server, "contact", {"fn": "Ada"})
    add(server, "file", {"name": "a.pdf"})
    note = add(server, "note", {"desc": "n", "cust": int(contact)})
    users = [record.fields["user"] for record in speak(CLEVERTIM, server, reading("user"))]
    groups = [record.fields["name"] for record in speak(CLEVERTIM, server, reading("group"))]
    files = [record.fields for record in speak(CLEVERTIM, server, reading("file"))]
    assert (users, groups) == (["Practice User", "Second User"], ["Everybody"])
    assert files == [{"name": "a.pdf", "is_dir": False}]
    assert kept(speak(CLEVERTIM, server, getting("contact", contact)), {"notes": 0}) == {"notes": [int(note)]}


def test_field_is_cleared(server: Emulator) -> None:
    """A field without a value is left out of the whole record, a custom one out of its object."""
    custom = custom_field(server)
    record = {"fn": "Ada", "ln": "L", "cf": {custom.removeprefix("cf."): "x"}}
    contact = add(server, "contact", record)
    speak(CLEVERTIM, server, updating("contact", contact, {"ln": None, custom: None}))
    row = server.snapshot()["contact"][contact]
    assert (row["fn"], row.get("ln"), row.get("cf", {})) == ("Ada", None, {})


@pytest.mark.parametrize(("held", "sent"), [("one", "one"), ("list", "list"), ("nothing", "one")])
def test_id_is_written_as_the_record_holds_it(server: Emulator, held: str, sent: str) -> None:
    """`opp` of a task is one id or a list of ids."""
    old, new = (int(add(server, "opportunity", {"name": name})) for name in ("old", "new"))
    cases: dict[str, dict[str, Any]] = {"one": {"opp": old}, "list": {"opp": [old]}, "nothing": {}}
    task = add(server, "task", {"name": "n", **cases[held]})
    before = speak(CLEVERTIM, server, getting("task", task))
    speak(CLEVERTIM, server, updating("task", task, {"opp": str(new)}))
    assert before is not None
    assert before.fields.get("opp") == (None if held == "nothing" else str(old))
    assert server.snapshot()["task"][task]["opp"] == {"one": new, "list": [new]}[sent]


def test_several_ids_are_several(server: Emulator) -> None:
    """A note on two customers shows both, and they come back in an update of another field."""
    ids = [int(add(server, "contact", {"fn": name})) for name in ("Ada", "Eve")]
    note = add(server, "note", {"desc": "n", "cust": ids})
    found = speak(CLEVERTIM, server, getting("note", note))
    speak(CLEVERTIM, server, updating("note", note, {"desc": "new"}))
    assert kept(found, {"cust": 0}) == {"cust": [str(one) for one in ids]}
    assert server.snapshot()["note"][note]["cust"] == ids


def test_multiple_custom_field_is_a_list(server: Emulator) -> None:
    """A custom field that is multiple holds a list of texts, both ways."""
    multiple = {"name": "Sizes", "elemType": "input", "modelType": ["customers"], "multiple": True}
    key = f"cf.{add(server, 'customfield', multiple)}"
    contact = speak(CLEVERTIM, server, creating("contact", {"fn": "Ada", key: ["a", "b"]})).target_id
    assert kept(speak(CLEVERTIM, server, getting("contact", contact)), {key: 0}) == {key: ["a", "b"]}


def test_moments_are_in_the_zone_of_the_account(server: Emulator) -> None:
    """A moment of a task names no zone."""
    fields = {"name": "n", "startDate": "2024-07-01T22:30:00Z"}
    task = speak(CLEVERTIM, server, creating("task", fields), zone="Europe/Berlin").target_id
    found = speak(CLEVERTIM, server, getting("task", task), zone="Europe/Berlin")
    assert server.snapshot()["task"][task]["startDate"] == {"y": 2024, "mo": 7, "d": 2, "h": 0, "mi": 30}
    assert kept(found, fields) == fields


def test_custom_fields_are_found_by_label(server: Emulator) -> None:
    """The label of a custom field leads to its key, for the objects that have it."""

    async def ask(target: RestTarget) -> Any:
        return await discover(CLEVERTIM, target, ["contact", "case", "task"], takes_sample=False)

    add(server, "customfield", {"name": "Size", "elemType": "input", "modelType": ["cases"]})
    found = {name: one.labels for name, one in speak(CLEVERTIM, server, ask).items()}
    key, size = custom_field(server), custom_field(server, "Size")
    assert found == {"contact": {"Migration Key": key}, "case": {"Migration Key": key, "Size": size}, "task": {}}


def test_account_is_known_by_its_owner(server: Emulator) -> None:
    """A new user does not make another account of it; another address does."""

    async def ask(target: RestTarget) -> str:
        return (await target.identify()).fingerprint

    first = speak(CLEVERTIM, server, ask)
    add(server, "user", {"user": "Third User"})
    with start("clevertim", seed=8, port=0) as other:
        assert first == speak(CLEVERTIM, server, ask) != speak(CLEVERTIM, other, ask)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("contact", {"city": "Rome"}, "fn or ln is required"),
        ("company", {"city": "Rome"}, "cn is required"),
        ("opportunity", {"name": "n", "cust": "1"}, "cust: expected the id of a contact or company"),
    ],
)
def test_refusal_is_told(server: Emulator, name: str, fields: dict[str, Any], message: str) -> None:
    """A body of ERROR with 400 is a refusal, in the words of the target."""
    expected = Outcome(verdict=Verdict.REFUSED, status=400, message=message)
    assert speak(CLEVERTIM, server, creating(name, fields)) == expected


def test_record_that_is_gone(server: Emulator) -> None:
    """A record that somebody deleted is absent to a read, and gone to a write."""
    contact = add(server, "contact", {"fn": "Ada"})
    gone = Outcome(verdict=Verdict.GONE, status=404, message="the target no longer has this record")
    assert speak(CLEVERTIM, server, deleting("contact", contact)) == Outcome(
        verdict=Verdict.APPLIED, target_id=contact, status=200
    )
    assert speak(CLEVERTIM, server, getting("contact", contact)) is None
    assert speak(CLEVERTIM, server, updating("contact", contact, {"fn": "Eve"})) == gone
    assert speak(CLEVERTIM, server, deleting("contact", contact)) == gone


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_token_stops_the_run(status: int) -> None:
    """Neither a read nor a write goes on with a token that is not the account's."""
    with start("clevertim", options=Options(vendor=ClevertimOptions(unauthorised_status=status))) as server:
        fact = failure(CLEVERTIM, server, reading("contact"), api_token="AnotherToken123")
        outcome = speak(CLEVERTIM, server, creating("contact", {"fn": "Ada"}), api_token="AnotherToken123")
    halt = f"clevertim: E902 not authorised ({status}) (it says: the API token is missing or wrong)"
    assert (fact, outcome.verdict, str(outcome.halt)) == (halt, Verdict.NOT_APPLIED, halt)


def test_token_may_be_regenerated_in_the_middle(server: Emulator) -> None:
    """What was written stays written, and the next write was not."""

    async def ask(target: RestTarget) -> list[Outcome]:
        first = await target.write(Write(object="contact", fields={"fn": "Ada"}))
        server.regenerate_key()
        return [first, await target.write(Write(object="contact", fields={"fn": "Eve"}))]

    first, second = speak(CLEVERTIM, server, ask)
    assert (first.verdict, second.verdict, second.halt and second.halt.code) == ("applied", "not applied", "E902")
    assert [row["fn"] for row in server.snapshot()["contact"].values()] == ["Ada"]


def test_user_who_may_only_read_stops_the_run() -> None:
    """The token's user "has read-only access" (vendor)."""
    with start("clevertim", options=Options(vendor=ClevertimOptions(is_read_only=True))) as server:
        outcome = speak(CLEVERTIM, server, creating("contact", {"fn": "Ada"}))
    halt = "clevertim: E902 not authorised (403) (it says: this user has read-only access)"
    assert (outcome.verdict, str(outcome.halt)) == (Verdict.NOT_APPLIED, halt)


@pytest.mark.parametrize(
    ("fault", "verdict", "code"),
    [
        ("501", Verdict.NOT_APPLIED, "E905"),
        ("status-error", Verdict.REFUSED, None),
        ("500-after", Verdict.IN_DOUBT, None),
        ("html-200-after", Verdict.IN_DOUBT, None),
        ("429", Verdict.NOT_APPLIED, None),
    ],
)
def test_failures_of_a_write(server: Emulator, fault: str, verdict: Verdict, code: str | None) -> None:
    """What proves nothing is in doubt; what the target does not support is a defect of ours."""
    server.script(f"{fault}@POST")
    outcome = speak(CLEVERTIM, server, creating("contact", {"fn": "Ada"}))
    assert (outcome.verdict, outcome.halt and outcome.halt.code) == (verdict, code)


def test_body_that_cannot_be_parsed_is_our_defect(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 means "your JSON cannot be parsed" (vendor): the run stops, and nothing was done."""

    def parse(_body: bytes) -> None:
        raise ValueError

    monkeypatch.setattr("migrator.emulators.clevertim.routes.parse_json", parse)
    outcome = speak(CLEVERTIM, server, creating("contact", {"fn": "Ada"}))
    assert (outcome.verdict, outcome.halt and outcome.halt.code) == (Verdict.NOT_APPLIED, "E905")


def test_wait_is_obeyed(server: Emulator) -> None:
    """A read waits as long as it is told to, and is repeated."""
    clock = FakeClock()
    server.script("429@GET#1:7")
    assert speak(CLEVERTIM, server, reading("contact"), clock) == []
    assert sum(clock.sleeps) >= 7
    assert calls(server) == ["GET /contact", "GET /contact"]


def test_address_is_the_vendors() -> None:
    """Without a setting the address is the documented one, with TLS; the token is not in it."""
    with start("clevertim") as server:
        found = connection_to(CLEVERTIM, server, base_url=None, rate=None)
    assert found.base_url == "https://www.clevertim.com/api"
    assert [(window.requests, window.seconds) for window in found.windows] == [(4, 1.0)]
