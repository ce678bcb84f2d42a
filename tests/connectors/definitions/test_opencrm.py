"""OpenCRM's connector file against the practice OpenCRM."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from speaking import calls, creating, definition_of, failure, getting, kept, reading, speak, updating

from migrator.connectors.rest.discovery import discover
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options, start
from migrator.emulators.opencrm import EditReply, LimitEnd, Missing, OpenCrmOptions
from migrator.errors import TargetError
from migrator.records import Identity, Kind, Outcome, Verdict, Write, same_value

OPENCRM = definition_of("opencrm")
WRITTEN = ("company", "contact", "lead", "opportunity", "activity", "ticket", "project", "product")
READ_ONLY = ("asset", "contract", "quote", "salesorder", "invoice", "purchaseorder")
ISO = "/dateTimeOverride/c/dateOverride/c"
MARKER = "acme/people/7"

_VALUES: dict[Kind, Any] = {
    Kind.TEXT: "Köng & Co\n«x» 100%",
    Kind.EMAIL: "Ada@Example.com",
    Kind.PHONE: "+44 (0) 20 7946-0000",
    Kind.URL: "https://example.com/?a=1&b=2",
    Kind.INTEGER: 7,
    Kind.DECIMAL: "1200.5",
    Kind.BOOLEAN: True,
    Kind.DATE: "2024-07-31",
    Kind.DATETIME: "2024-07-31T08:40:49Z",
    Kind.LIST: ["Hot", "Köln"],
    Kind.REFERENCE: "4711",
}


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Start a practice OpenCRM."""
    with start("opencrm", seed=7) as running:
        yield running


def varied(**options: Any) -> Emulator:
    """Start a practice OpenCRM of another kind."""
    return start("opencrm", seed=7, options=Options(vendor=OpenCrmOptions(**options)))


def whole(name: str) -> dict[str, Any]:
    """Give a value for every field that an object takes, a custom one among them."""
    fields = OPENCRM.objects[name].type.fields.values()
    return {**{one.name: _VALUES[one.kind] for one in fields if not one.refused}, "cf_12": MARKER}


def applied(target_id: str) -> Outcome:
    """Give the outcome of a write that went well."""
    return Outcome(verdict=Verdict.APPLIED, target_id=target_id, status=200)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_read(server: Emulator, name: str) -> None:
    """Every field of every module comes back as it was meant, alone and in the list."""
    outcome = speak(OPENCRM, server, creating(name, whole(name)))
    alone = speak(OPENCRM, server, getting(name, outcome.target_id))
    (listed,) = speak(OPENCRM, server, reading(name))
    assert outcome == applied(next(iter(server.snapshot()[name])))
    assert kept(alone, whole(name)) == whole(name)
    assert (listed.id, listed.fields) == (outcome.target_id, alone and alone.fields)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_field_is_one_of_the_module(server: Emulator, name: str) -> None:
    """Nothing that is sent is dropped without a word, and all of it is text."""
    speak(OPENCRM, server, creating(name, whole(name)))
    ((_id, row),) = server.snapshot()[name].items()
    assert [sent for sent in whole(name) if sent not in row] == []
    assert {type(value) for value in row.values()} == {str}


def test_values_travel_as_texts(server: Emulator) -> None:
    """Flags are "0" and "1", days yyyy-mm-dd, tags one text, and the id that creates is 0."""
    fields = {"lastname": "King", "tps": False, "birthday": "1815-12-10", "contactdetails_tags": ["a", "b"]}
    speak(OPENCRM, server, creating("contact", fields))
    (entry,) = server.history()
    assert (entry.method, entry.path, entry.query) == ("POST", "/api/rest/edit_contact", {})
    sent = {"lastname": "King", "tps": "0", "birthday": "1815-12-10", "contactdetails_tags": "a,b"}
    assert entry.body == {**sent, "crmid": "0"}


@pytest.mark.parametrize("limit_end", LimitEnd)
@pytest.mark.parametrize(("number", "requests"), [(0, 2), (1, 2), (99, 2), (100, 3), (350, 5)])
def test_everything_is_read_in_pages(limit_end: LimitEnd, number: int, requests: int) -> None:
    """Whether the end of a page is an index or a number of records, each comes once, and the count is held against."""
    with varied(limit_end=limit_end, counts_as_text=number % 2 == 0) as server:
        ids = server.seed_records("contact", ({"lastname": f"No {n}"} for n in range(number)))
        records = speak(OPENCRM, server, reading("contact"))
        asked = calls(server)
    assert [record.id for record in records] == ids
    assert set(asked) == {f"GET /get_contact_list_full{ISO}", "GET /get_contact_list_count"}
    assert len(asked) <= requests


def test_end_as_a_number_is_learnt() -> None:
    """A server that gave more than was meant is asked for pages of the right size from then on."""
    with varied(limit_end=LimitEnd.COUNT) as server:
        server.seed_records("lead", ({"lastname": "x"} for _ in range(450)))
        assert len(speak(OPENCRM, server, reading("lead"))) == 450
        queries = [dict(entry.query) for entry in server.history() if entry.query]
    pages = [("0", "100"), ("100", "200"), ("300", "100"), ("400", "100")]
    assert queries == [{"limit_start": start, "limit_end": end} for start, end in pages]


def test_list_of_one_may_be_that_one() -> None:
    """A single record where others give a list of one is read as well."""
    with varied(single_as_object=True) as server:
        ids = server.seed_records("project", [{"name": "Bridge"}])
        assert [record.id for record in speak(OPENCRM, server, reading("project"))] == ids


@pytest.mark.parametrize("reply", EditReply)
@pytest.mark.parametrize("name", WRITTEN)
def test_reply_to_an_edit_may_look_three_ways(reply: EditReply, name: str) -> None:
    """A number, digits or an object with the id: each is a success."""
    with varied(edit_reply=reply) as server:
        outcome = speak(OPENCRM, server, creating(name, {"description": "a"}))
        changed = speak(OPENCRM, server, updating(name, outcome.target_id, {"description": "b"}))
        rows = server.snapshot()[name]
    assert (outcome, changed) == (applied(next(iter(rows))), applied(outcome.target_id))
    assert [row["description"] for row in rows.values()] == ["b"]


def test_update_changes_what_it_names_and_blanks_what_is_cleared(server: Emulator) -> None:
    """Only supplied fields change; an empty value blanks one."""
    held = {"potentialname": "Roof", "nextstep": "call", "amount": "1", "cf_9": "x"}
    (record_id,) = server.seed_records("opportunity", [held])
    fields = {"amount": "12.5", "nextstep": None, "cf_9": None}
    assert speak(OPENCRM, server, updating("opportunity", record_id, fields)) == applied(record_id)
    row = server.snapshot()["opportunity"][record_id]
    assert {name: row.get(name) for name in held} == {**held, "nextstep": None, "amount": "12.5", "cf_9": None}
    assert server.history()[-1].body == {"crmid": record_id, "nextstep": "", "amount": "12.5", "cf_9": ""}


@pytest.mark.parametrize("record_id", ["0", "00", "-1", "+1", "01", " 1", "1 ", "1\n", "x", "0x1", "1.0", "1e3", "٣"])
def test_update_without_an_id_never_leaves(server: Emulator, record_id: str) -> None:
    """What the server would take for no id, and so for a create, is refused here."""
    write = Write(object="contact", fields={"lastname": "King"}, id=record_id)
    outcome = speak(OPENCRM, server, lambda target: target.write(write))
    refused = Outcome(verdict=Verdict.REFUSED, message=f"'{record_id}' is no id of this target")
    assert (outcome, server.history()) == (refused, [])


@pytest.mark.parametrize("smuggled", ["0", "", "9999999", None])
def test_no_field_takes_the_place_of_the_id(server: Emulator, smuggled: str | None) -> None:
    """The id of the request is the one that travels, whatever the fields say."""
    (record_id,) = server.seed_records("contact", [{"lastname": "King"}])
    fields = {"lastname": "Lovelace", "crmid": smuggled}
    assert speak(OPENCRM, server, updating("contact", record_id, fields)) == applied(record_id)
    assert {key: row["lastname"] for key, row in server.snapshot()["contact"].items()} == {record_id: "Lovelace"}


@pytest.mark.parametrize("missing", [Missing.ERROR, Missing.NOT_FOUND, Missing.EMPTY])
def test_gone_record_is_told(missing: Missing) -> None:
    """Each of the answers to an id that is not there is an absence, and an update of it is a finding."""
    with varied(missing=missing) as server:
        assert speak(OPENCRM, server, getting("contact", "4711")) is None
        assert len(server.history()) == 1
        outcome = speak(OPENCRM, server, updating("contact", "4711", {"lastname": "King"}))
        assert server.snapshot()["contact"] == {}
    assert (outcome.verdict, outcome.status) == (Verdict.GONE, 200)


def test_record_of_another_module_is_absent(server: Emulator) -> None:
    """One row of ids serves all modules: a company is no contact."""
    (company,) = server.seed_records("company", [{"accountname": "Acme"}])
    assert speak(OPENCRM, server, getting("contact", company)) is None


@pytest.mark.parametrize("name", WRITTEN)
def test_marker_is_found(server: Emulator, name: str) -> None:
    """A custom field is asked for in one request, and no other record is shown."""
    mine, _other = server.seed_records(name, [{"cf_12": MARKER}, {"cf_12": "acme/people/8"}])

    async def find(target: RestTarget) -> list[str]:
        return [record.id async for page in target.find(name, "cf_12", [MARKER]) for record in page]

    assert speak(OPENCRM, server, find) == [mine]
    assert calls(server) == [f"GET /get_{name}_list_full{ISO}"]
    query = {"query_string": f"cf_12|=|{MARKER}", "limit_start": "0", "limit_end": "100"}
    assert dict(server.history()[0].query) == query


@pytest.mark.parametrize("name", READ_ONLY)
def test_other_modules_are_read_only(server: Emulator, name: str) -> None:
    """Nobody has shown their fields: all are read, and nothing is written."""
    (record_id,) = server.seed_records(name, [{"subject": "Q1", "grandtotal": "12.50"}])
    (record,) = speak(OPENCRM, server, reading(name))
    assert (record.id, record.fields["subject"], record.fields["grandtotal"]) == (record_id, "Q1", "12.50")
    before = len(server.history())
    outcomes = [speak(OPENCRM, server, creating(name, {"subject": "Q2"}))]
    outcomes.append(speak(OPENCRM, server, lambda crm: crm.write(Write(object=name, fields={}, id=record_id))))
    assert [outcome.verdict for outcome in outcomes] == [Verdict.REFUSED] * 2
    assert (len(server.history()), len(server.snapshot()[name])) == (before, 1)


def test_fields_of_an_account_are_discovered(server: Emulator) -> None:
    """A sample shows custom fields and those of a module that the file does not know."""
    server.seed_records("contact", [{"lastname": "King", "cf_31": "x"}])
    server.seed_records("invoice", [{"grandtotal": "12.50"}])
    found = speak(OPENCRM, server, lambda target: discover(OPENCRM, target, ["contact", "invoice"], takes_sample=True))
    fields = {name: [(one.name, one.refused) for one in item.fields.values()] for name, item in found.items()}
    assert fields == {"contact": [("cf_31", "")], "invoice": [("grandtotal", "")]}


def test_escaped_text_is_no_difference() -> None:
    """Whether values come back as HTML is not known: where they do, that is named and not taken for a change."""
    fields = {name: value for name, value in whole("contact").items() if name != "cf_12"}
    with varied(escapes_html=True) as server:
        outcome = speak(OPENCRM, server, creating("contact", fields))
        found = speak(OPENCRM, server, getting("contact", outcome.target_id))
    assert found is not None
    known = {name: one for name in fields if (one := OPENCRM.objects["contact"].type.field(name))}
    assert found.fields["firstname"] == "Köng &amp; Co\n«x» 100%"
    assert [
        name
        for name, one in known.items()
        if not same_value(one.kind, fields[name], found.fields.get(name), one.normalised)
    ] == []


def test_unknown_end_point_stops_the_run() -> None:
    """An update that the account does not offer is no record that went missing."""
    with varied(edits_sales=False) as server:
        (record_id,) = server.seed_records("quote", [{"subject": "Q1"}])
        quote = replace(OPENCRM.objects["quote"], actions=OPENCRM.objects["lead"].actions)
        sent = replace(quote.actions["update"], path="/edit_quote")
        made = replace(OPENCRM, objects={"quote": replace(quote, actions={"update": sent})})
        write = Write(object="quote", fields={"subject": "Q2"}, id=record_id)
        outcome = speak(made, server, lambda target: target.write(write))
    fact = "opencrm: E905 the target cannot do this (404): Unknown end point"
    assert (outcome.verdict, str(outcome.halt).split(" (report")[0]) == (Verdict.NOT_APPLIED, fact)


@pytest.mark.parametrize("secret", ["api_key", "passkey"])
def test_wrong_key_is_told(server: Emulator, secret: str) -> None:
    """200 with "Unauthorized" is no answer to a read, and no success of a write."""
    wrong: dict[str, Any] = {secret: "AnotherKey123"}
    problem = "opencrm: E902 not authorised (200) (it says: Unauthorized)"
    assert failure(OPENCRM, server, reading("contact"), **wrong) == problem
    outcome = speak(OPENCRM, server, creating("contact", {"lastname": "King"}), **wrong)
    assert (outcome.verdict, outcome.status, str(outcome.halt)) == (Verdict.NOT_APPLIED, 200, problem)
    assert (len(server.history()), server.snapshot()["contact"]) == (2, {})


def test_key_that_is_revoked_stops_the_run(server: Emulator) -> None:
    """From then on reads and writes are refused, and nothing is made of the refusal but that."""

    async def use(target: RestTarget) -> tuple[Outcome, Outcome]:
        first = await target.write(Write(object="lead", fields={"lastname": "a"}))
        server.regenerate_key()
        second = await target.write(Write(object="lead", fields={"lastname": "b"}))
        with pytest.raises(TargetError, match="E902"):
            await target.get("lead", first.target_id)
        return first, second

    first, second = speak(OPENCRM, server, use)
    assert [first.verdict, second.verdict] == [Verdict.APPLIED, Verdict.NOT_APPLIED]
    assert list(server.snapshot()["lead"]) == [first.target_id]


@pytest.mark.parametrize("status", [200, 429])
def test_used_up_requests_stop_the_run(status: int) -> None:
    """The subscription's limit is told, and the run can go on later."""
    with varied(requests_allowed=1, limit_status=status) as server:
        outcomes = [speak(OPENCRM, server, creating("lead", {"lastname": "a"})) for _ in range(2)]
        assert len(server.snapshot()["lead"]) == 1
    halt = "opencrm: E704 the account's quota is used up (run it again when the account may send more)"
    assert outcomes[0].verdict is Verdict.APPLIED
    assert (outcomes[1].verdict, str(outcomes[1].halt)) == (Verdict.NOT_APPLIED, halt)


def test_other_error_is_a_refusal_to_be_confirmed() -> None:
    """Nobody knows all errors: one that has no rule of its own is told in its words, and read after."""
    with start("opencrm", seed=7, faults=["error-200@POST"]) as server:
        outcome = speak(OPENCRM, server, creating("lead", {"lastname": "a"}))
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=200, message="scripted fault", confirm=True)


@pytest.mark.parametrize("fault", ["html-200", "html-200-after", "empty-200-after", "no-id", "status-error"])
def test_answer_without_an_id_proves_nothing(fault: str) -> None:
    """A page, an empty body or an object without an id leaves a create in doubt."""
    with start("opencrm", seed=7, faults=[f"{fault}@POST"]) as server:
        outcome = speak(OPENCRM, server, creating("lead", {"lastname": "a"}))
    assert (outcome.verdict, outcome.target_id) == (Verdict.IN_DOUBT, "")


def test_answer_with_another_id_proves_no_update() -> None:
    """What was written may be another record: it is read first."""
    with start("opencrm", seed=7, faults=["other-id@POST"]) as server:
        (record_id,) = server.seed_records("lead", [{"lastname": "a"}])
        outcome = speak(OPENCRM, server, updating("lead", record_id, {"lastname": "b"}))
    assert (outcome.verdict, outcome.target_id) == (Verdict.IN_DOUBT, "")


def test_firewall_is_told_from_a_wrong_key() -> None:
    """A page with 403 is the network's word; our own user agent is let through."""
    with varied(blocked_agents=("migrator",)) as server:
        problem = failure(OPENCRM, server, reading("lead"))
    assert problem == "opencrm: E902 not authorised (403) (a firewall answers: check the network)"


def test_system_is_part_of_the_address(server: Emulator) -> None:
    """The account's own host tells it from all others; no request is needed."""
    assert OPENCRM.settings["base_url"].default == "https://{system}.opencrm.co.uk/api/rest"
    first = speak(OPENCRM, server, RestTarget.identify)
    assert first == Identity(origin=server.base_url, fingerprint=first.fingerprint)
    assert server.history() == []


@pytest.mark.parametrize("name", WRITTEN)
def test_calls_are_few(server: Emulator, name: str) -> None:
    """A create is one request, an update a read and a write."""
    outcome = speak(OPENCRM, server, creating(name, whole(name)))
    speak(OPENCRM, server, updating(name, outcome.target_id, {"description": "b"}))
    assert calls(server) == [f"POST /edit_{name}", f"GET /get_{name}{ISO}", f"POST /edit_{name}"]
