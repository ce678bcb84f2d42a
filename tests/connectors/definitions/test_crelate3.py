"""The connector file of Crelate's api3 against the practice api3."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clocks import FakeClock
from speaking import calls, creating, definition_of, failure, getting, kept, reading, speak, updating

from migrator.connectors.rest.discovery import discover
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options, start
from migrator.emulators.crelate3 import Crelate3Options, PatchReply
from migrator.errors import TargetError
from migrator.records import Kind, Outcome, TargetRecord, Verdict, Write, same_value

CRELATE3 = definition_of("crelate3")
CONTACTS = CRELATE3.objects["contacts"].type
GHOST = "11111111-2222-4333-8444-555555555555"
DEFAULT = "Tags.00000000-0000-0000-0000-000000000000"
MARKER = "acme/people/7"
LISTS = {
    "Salutation": "salutations",
    "SuffixId": "suffixes",
    "GenderId": "genders",
    "EthnicityId": "ethnicities",
    "ContactSourceId": "contactsources",
    "PreferredContactMethodTypeId": "contactmethods",
    "UserId": "users",
    "CountryId": "countries",
    "JobTypeIds": "jobtypes",
    "Owners": "users",
}


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Start a practice api3."""
    with start("crelate3", seed=7) as running:
        yield running


def varied(*faults: str, clock: FakeClock | None = None, **options: Any) -> Emulator:
    """Start a practice api3 of another kind."""
    vendor = Crelate3Options(**options)
    chosen = Options(vendor=vendor, clock=clock) if clock else Options(vendor=vendor)
    return start("crelate3", seed=7, faults=faults, options=chosen)


def add(server: Emulator, name: str, *records: dict[str, Any]) -> list[str]:
    """Put records there."""
    return server.seed_records(name, records)


def entry_of(server: Emulator, name: str) -> str:
    """Give the id of the first entry of a list that lookups choose from."""
    catalogue = server._practice.account._tables.catalogue  # type: ignore[attr-defined]
    return str(catalogue.lists[LISTS[name]][0]["Id"])


_VALUES: dict[Kind, Any] = {
    Kind.TEXT: "Köng & Co\n«x» 100%",
    Kind.EMAIL: "Ada@Example.com",
    Kind.PHONE: "+49 30 1234567",
    Kind.URL: "https://example.com/?a=1&b=2",
    Kind.INTEGER: 3,
    Kind.DECIMAL: "1200.5",
    Kind.BOOLEAN: True,
    Kind.DATE: "1815-12-10",
}


def whole(server: Emulator) -> dict[str, Any]:
    """Give a value for every field that a contact takes, in a server that holds what they point at."""
    ids = {"companies": add(server, "companies", {"Name": "Acme"})[0], "contacts": add(server, "contacts", {})[0]}
    fields: dict[str, Any] = {DEFAULT: ["SQL", "Köln"], "ExternalPrimaryKey": MARKER}
    for name, one in CONTACTS.fields.items():
        head = name.removesuffix(".Id").rpartition(".")[2]
        if one.refused or one.kind in {Kind.TAGS, Kind.ITEMS} or name in fields:
            continue
        fields[name] = ids.get(one.references) or (entry_of(server, head) if head in LISTS else _VALUES[one.kind])
    fields["JobTypeIds"] = [{"Id": entry_of(server, "JobTypeIds")}]
    fields["Owners"] = [{"Id": entry_of(server, "Owners"), "IsPrimary": True}]
    return fields


def different(fields: Mapping[str, Any], found: TargetRecord | None) -> list[str]:
    """Name the fields that a record holds otherwise than they were written."""
    assert found is not None
    kinds = {name: one for name in fields if (one := CONTACTS.field(name))}
    return [
        name
        for name, one in kinds.items()
        if not same_value(one.kind, fields[name], found.fields.get(name), one.normalised)
    ]


def bulk(*contacts: Mapping[str, Any]) -> Any:
    """Create contacts in one call."""

    async def ask(target: RestTarget) -> list[Outcome]:
        return await target.write_many([Write(object="contacts", fields=fields) for fields in contacts])

    return ask


def test_what_is_written_is_read(server: Emulator) -> None:
    """Every field of a contact comes back as it was meant, alone and in the list; phone numbers by their digits."""
    fields = whole(server)
    outcome = speak(CRELATE3, server, creating("contacts", fields))
    alone = speak(CRELATE3, server, getting("contacts", outcome.target_id))
    listed = speak(CRELATE3, server, reading("contacts"))[-1]
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=listed.id, status=201)
    assert different(fields, alone) == []
    assert alone is not None
    assert (alone.fields["PhoneNumbers_Mobile.Value"], listed.fields) == ("+49301234567", alone.fields)


def test_every_field_is_one_of_the_server(server: Emulator) -> None:
    """Nothing that is sent is dropped without a word."""
    outcome = speak(CRELATE3, server, creating("contacts", whole(server)))
    row = server.snapshot()["contacts"][outcome.target_id]
    sent = server.history()[-1].body["entity"]
    assert [(name, part) for name in sent for part in _parts(sent[name]) if part not in _parts(row.get(name, {}))] == []
    assert set(sent) - set(row) == set()


def _parts(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


@pytest.mark.parametrize(("number", "requests"), [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3)])
def test_everything_is_read_in_pages(server: Emulator, number: int, requests: int) -> None:
    """The flag for more decides, so that no page is asked for in vain."""
    ids = add(server, "contacts", *({"LastName": f"No {n}"} for n in range(number)))
    assert [record.id for record in speak(CRELATE3, server, reading("contacts"))] == ids
    queries = [dict(entry.query) for entry in server.history()]
    assert queries == [{"limit": "100", "offset": str(100 * n)} for n in range(requests)]


def test_shorter_pages_lose_nothing() -> None:
    """A server that gives fewer records than it is asked for is asked again."""
    with varied(max_limit=40) as server:
        ids = add(server, "contacts", *({} for _ in range(90)))
        assert [record.id for record in speak(CRELATE3, server, reading("contacts"))] == ids
        assert [entry.query["offset"] for entry in server.history()] == ["0", "40", "80"]


@pytest.mark.parametrize(("minutes", "found"), [(29, 0), (31, 1), (61, 2), (91, 3)])
def test_recent_changes_are_read(minutes: int, found: int) -> None:
    """The moment so many minutes ago is asked for as the vendor wants dates."""
    clock = FakeClock()
    with varied(clock=clock) as server:
        for _ in range(3):
            add(server, "contacts", {})
            clock.moment += 30 * 60

        async def recent(target: RestTarget) -> int:
            return sum([len(page) async for page in target.read("contacts", minutes=minutes)])

        assert speak(CRELATE3, server, recent, clock) == found
        since = server.history()[0].query["modified_after"]
    now = datetime(2024, 5, 6, 8, 38, 9, tzinfo=UTC)
    assert since == f"{now - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("reply", PatchReply)
def test_update_sends_what_it_names(reply: PatchReply) -> None:
    """Other fields stay, and so do the other parts of an object; what the answer holds of the record is not known."""
    with varied(patch_reply=reply) as server:
        (record_id,) = add(server, "contacts", {"FirstName": "Ada", "EmailAddresses_Work": {"Value": "a@b.c"}})
        fields = {"LastName": "King", "EmailAddresses_Work.IsPrimary": True}
        outcome = speak(CRELATE3, server, updating("contacts", record_id, fields))
        found = speak(CRELATE3, server, getting("contacts", record_id))
        entity = server.history()[1].body["entity"]
        assert calls(server)[:2] == [f"GET /contacts/{record_id}", f"PATCH /contacts/{record_id}"]
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=record_id, status=200)
    assert (set(entity), entity["EmailAddresses_Work"]["Value"]) == ({"LastName", "EmailAddresses_Work"}, "a@b.c")
    expected = {**fields, "FirstName": "Ada", "EmailAddresses_Work.Value": "a@b.c"}
    assert kept(found, expected) == expected


def test_every_field_can_be_cleared(server: Emulator) -> None:
    """Nothing is left of any field but the required ones of the server; no lookup is ever sent by its name."""
    fields = {name: value for name, value in whole(server).items() if not name.endswith("IsPrimary")}
    outcome = speak(CRELATE3, server, creating("contacts", fields))
    cleared = dict.fromkeys(fields)
    assert speak(CRELATE3, server, updating("contacts", outcome.target_id, cleared)).verdict is Verdict.APPLIED
    assert kept(speak(CRELATE3, server, getting("contacts", outcome.target_id)), fields) == cleared
    assert "'Title'" not in str(server.history()[-2].body)


def test_lookup_is_moved_without_its_old_name(server: Emulator) -> None:
    """A title that belongs to another company never travels with the new id."""
    old, new = add(server, "companies", {"Name": "Old"}, {"Name": "New"})
    (record_id,) = add(server, "contacts", {"AccountId": {"Id": old}})
    speak(CRELATE3, server, updating("contacts", record_id, {"AccountId.Id": new}))
    assert server.history()[-1].body == {"entity": {"AccountId": {"Id": new}}}
    assert server.snapshot()["contacts"][record_id]["AccountId"] == {"Id": new, "Title": "New"}


def test_hundred_contacts_go_in_one_call(server: Emulator) -> None:
    """Each gets the id of its place in the answer."""
    outcomes = speak(CRELATE3, server, bulk(*({"LastName": f"No {n}"} for n in range(100))))
    rows = server.snapshot()["contacts"]
    assert (calls(server), CRELATE3.objects["contacts"].actions["bulk"].max) == (["POST /contacts/bulk"], 100)
    assert {outcome.verdict for outcome in outcomes} == {Verdict.APPLIED}
    assert [rows[outcome.target_id]["LastName"] for outcome in outcomes] == [f"No {n}" for n in range(100)]


def test_bulk_is_for_contacts_only(server: Emulator) -> None:
    """No other object goes several at once."""

    async def sizes(target: RestTarget) -> set[str]:
        return {name for name in CRELATE3.objects if target.bulk_size(name) > 1}

    assert speak(CRELATE3, server, sizes) == {"contacts"}


def test_refused_bulk_creates_nothing(server: Emulator) -> None:
    """One wrong contact has the whole call refused, and the target's words say which it was."""
    wrong = {"PhoneNumbers_Mobile.Value": "call me"}
    outcomes = speak(CRELATE3, server, bulk({"LastName": "a"}, wrong))
    message = "entities[1]: PhoneNumbers_Mobile: Value: expected a phone number that can be parsed"
    assert outcomes == [Outcome(verdict=Verdict.REFUSED, status=400, message=message)] * 2
    assert server.snapshot()["contacts"] == {}


@pytest.mark.parametrize("fault", ["html-200-after", "empty-200-after", "reset-after", "500-after"])
def test_bulk_without_an_answer_is_in_doubt(fault: str) -> None:
    """Nobody knows what became of the records: none is told to be there, none to be lacking."""
    with varied(f"{fault}@POST") as server:
        outcomes = speak(CRELATE3, server, bulk({"LastName": "a"}, {"LastName": "b"}))
        assert len(server.snapshot()["contacts"]) == 2
    assert [one.verdict for one in outcomes] == [Verdict.IN_DOUBT] * 2


def test_note_is_created_below_its_contact(server: Emulator) -> None:
    """The body names the parent, its id and what kind it is."""
    (contact,) = add(server, "contacts", {"LastName": "King"})
    fields = {"Display": "met her", "When": "2024-01-31T08:40:49.35Z", "RegardingId.Id": contact}
    outcome = speak(CRELATE3, server, creating("notes", fields, ("contacts", contact)))
    found = speak(CRELATE3, server, getting("notes", outcome.target_id))
    parent = {"ParentId.Id": contact, "ParentId.EntityName": "Contacts", "ParentId.Title": "King"}
    assert (calls(server)[0], kept(found, {**fields, **parent})) == ("POST /notes", {**fields, **parent})
    changed = speak(CRELATE3, server, updating("notes", outcome.target_id, {"Display": "met her twice"}))
    assert changed.verdict is Verdict.APPLIED
    assert server.history()[-1].body == {"entity": {"Display": "met her twice"}}


@pytest.mark.parametrize("status", [500, 400, 422])
def test_missing_text_is_a_refusal(status: int) -> None:
    """The vendor's 500 is believed where its envelope is whole, and read after; 400 and 422 are believed at once."""
    with varied(missing_status=status) as server:
        (contact,) = add(server, "contacts", {})
        outcome = speak(CRELATE3, server, creating("notes", {}, ("contacts", contact)))
    message = "The following required fields are missing: Display"
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=status, message=message, confirm=status == 500)


@pytest.mark.parametrize("fault", ["500-before", "500-after", "502-html-after", "html-200", "no-id", "status-error"])
def test_other_answers_prove_nothing(fault: str) -> None:
    """A 500 without the envelope, a page and an answer without an id leave a create in doubt."""
    with varied(f"{fault}@POST") as server:
        outcome = speak(CRELATE3, server, creating("contacts", {"LastName": "King"}))
    assert (outcome.verdict, outcome.target_id) == (Verdict.IN_DOUBT, "")


def test_answer_with_another_id_proves_no_update() -> None:
    """What was written may be another record: it is read first."""
    with varied("other-id@PATCH") as server:
        (record_id,) = add(server, "contacts", {})
        outcome = speak(CRELATE3, server, updating("contacts", record_id, {"LastName": "King"}))
    assert outcome.verdict is Verdict.IN_DOUBT


def test_gone_record_is_told(server: Emulator) -> None:
    """Reading it gives nothing, updating it is a finding."""
    assert speak(CRELATE3, server, getting("contacts", GHOST)) is None
    write = Write(object="contacts", fields={"LastName": "King"}, id=GHOST)
    outcome = speak(CRELATE3, server, lambda target: target.write(write))
    assert (outcome.verdict, outcome.status, len(server.history())) == (Verdict.GONE, 404, 2)


@pytest.mark.parametrize("name", sorted(set(CRELATE3.objects) - {"contacts", "notes"}))
def test_other_objects_are_read_only(server: Emulator, name: str) -> None:
    """Nobody has shown how they are written: no create and no update leaves the program."""
    outcomes = [speak(CRELATE3, server, creating(name, {"Name": "x"}))]
    write = Write(object=name, fields={"Name": "x"}, id=GHOST)
    outcomes.append(speak(CRELATE3, server, lambda target: target.write(write)))
    assert [outcome.verdict for outcome in outcomes] == [Verdict.REFUSED] * 2
    assert server.history() == []


@pytest.mark.parametrize("name", [name for name, item in CRELATE3.objects.items() if item.type.is_listed])
def test_all_that_is_listed_is_read(server: Emulator, name: str) -> None:
    """Open objects come with all that they hold, lists of lookups with ids and names."""
    is_open = CRELATE3.objects[name].type.open and name not in {"tags", "tagcategories", "users", "companysources"}
    ids = add(server, name, {"Name": "x", "Odd": {"Part": "y"}}) if is_open else []
    records = speak(CRELATE3, server, reading(name))
    assert [record.fields["Odd.Part"] for record in records if record.id in ids] == ["y"] * len(ids)
    assert all(CRELATE3.is_id(record.id) for record in records)


def test_object_that_an_account_lacks_is_told() -> None:
    """A path that nobody has shown the body of may not be there."""
    with varied("404@GET#2+") as server:

        async def use(target: RestTarget) -> str:
            await target.identify()
            with pytest.raises(TargetError) as caught:
                await anext(target.read("invoices"))
            return str(caught.value)

        assert speak(CRELATE3, server, use).startswith("crelate3: E907 this account does not offer invoices (404)")


def test_fields_of_an_account_are_discovered(server: Emulator) -> None:
    """A sample shows what a job holds beside what the file knows of it."""
    add(server, "jobs", {"Name": "Welder", "NumberOfOpenings": 2})
    found = speak(CRELATE3, server, lambda target: discover(CRELATE3, target, ["jobs"], takes_sample=True))
    assert set(found["jobs"].fields) >= {"NumberOfOpenings"}


def test_account_is_told_by_its_workflow(server: Emulator) -> None:
    """The ids of the statuses are its own, and stay when the key changes."""
    first = speak(CRELATE3, server, RestTarget.identify)
    server.regenerate_key()
    assert speak(CRELATE3, server, RestTarget.identify) == first
    with start("crelate3", seed=8) as other:
        assert speak(CRELATE3, other, RestTarget.identify).fingerprint != first.fingerprint


def test_key_travels_in_a_header(server: Emulator) -> None:
    """No address and no answer holds it."""
    speak(CRELATE3, server, reading("contacts"))
    assert server.history()[0].query == {"limit": "100", "offset": "0"}


def test_wrong_key_is_told(server: Emulator) -> None:
    """By reads and writes alike."""
    problem = "crelate3: E902 not authorised (401) (regenerated, switched off or mistyped?)"
    assert failure(CRELATE3, server, reading("contacts"), api_key="AnotherKey123") == problem
    outcome = speak(CRELATE3, server, creating("contacts", {"LastName": "a"}), api_key="AnotherKey123")
    assert (outcome.verdict, str(outcome.halt)) == (Verdict.NOT_APPLIED, problem)
    assert server.snapshot()["contacts"] == {}


@pytest.mark.parametrize("size", [1, 2])
def test_key_that_is_revoked_stops_the_run(server: Emulator, size: int) -> None:
    """With the old key "existing API processes will begin to fail", one by one and in bulk."""

    async def use(target: RestTarget) -> Sequence[Outcome]:
        first = await target.write(Write(object="contacts", fields={"LastName": "a"}))
        server.regenerate_key()
        if size == 1:
            return [first, await target.write(Write(object="contacts", fields={"LastName": "b"}))]
        return [first, *await target.write_many([Write(object="contacts", fields={"LastName": "b"})] * size)]

    first, *others = speak(CRELATE3, server, use)
    assert [one.verdict for one in others] == [Verdict.NOT_APPLIED] * size
    assert list(server.snapshot()["contacts"]) == [first.target_id]
