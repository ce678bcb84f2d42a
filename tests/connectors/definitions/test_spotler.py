"""Spotler's connector file against the practice Spotler."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from speaking import creating, definition_of, deleting, failure, getting, kept, reading, speak, updating

from migrator.connectors.protocols import go_ahead
from migrator.connectors.rest.answers import parsed
from migrator.connectors.rest.bodies import Request, request_for
from migrator.connectors.rest.discovery import discover, with_found
from migrator.connectors.rest.http import Answer
from migrator.connectors.rest.substitution import fits
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options, start
from migrator.emulators.spotler import SpotlerOptions
from migrator.emulators.spotler.options import Absent, Shape
from migrator.errors import TargetError
from migrator.records import Kind, Outcome, Verdict, Write

SPOTLER = definition_of("spotler")
WRITTEN = ("accounts", "contacts", "opportunities", "opportunity_lines", "activities", "cases", "campaigns")
READ_ONLY = ("opportunityhistories", "campaigndetails", "campaignstages", "documents")
MARKER = "acme/people/7"

_VALUES: dict[Kind, Any] = {
    Kind.TEXT: "Köng & Co\n«x» 100%",
    Kind.EMAIL: "Ada@Example.com",
    Kind.PHONE: "+44 (0) 20 7946-0000",
    Kind.URL: "https://example.com/?a=1&b=2",
    Kind.INTEGER: 7,
    Kind.DECIMAL: "0.1",
    Kind.BOOLEAN: True,
    Kind.DATETIME: "2024-07-31T08:40:49Z",
}


def varied(*faults: str, **options: Any) -> Emulator:
    """Start a practice Spotler of some kind."""
    return start("spotler", seed=7, faults=faults, options=Options(vendor=SpotlerOptions(**options)))


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Start a practice Spotler that keeps the owners that it is sent."""
    with varied(replaces_owner=False) as running:
        yield running


def calls(server: Emulator) -> list[str]:
    """List what the server was asked."""
    return [f"{entry.method} {entry.path}" for entry in server.history()]


def parents(server: Emulator) -> dict[str, str]:
    """Put one record of each object there that others refer to, and give their ids."""
    ids = {"accounts": server.seed_records("accounts", [{"name": "Acme"}])[0]}
    held = {"accountid": int(ids["accounts"])}
    ids |= {name: server.seed_records(name, [held])[0] for name in ("contacts", "opportunities", "cases")}
    return {**ids, "campaigns": server.seed_records("campaigns", [{"name": "Fair"}])[0]}


def whole(server: Emulator, name: str) -> dict[str, Any]:
    """Give a value for every field that an object takes, in a server that holds what they point at."""
    ids = parents(server)
    fields = {one.name: one for one in SPOTLER.objects[name].type.fields.values() if not one.refused}
    return {name: ids.get(one.references) or _VALUES[one.kind] for name, one in fields.items()}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_read(server: Emulator, name: str) -> None:
    """Every field of every object comes back as it was meant, alone and in the list."""
    fields = whole(server, name)
    outcome = speak(SPOTLER, server, creating(name, fields))
    alone = speak(SPOTLER, server, getting(name, outcome.target_id))
    listed = speak(SPOTLER, server, reading(name))[-1]
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=listed.id, status=201)
    assert kept(alone, fields) == fields
    assert alone is not None
    assert listed.fields == alone.fields


@pytest.mark.parametrize("name", WRITTEN)
def test_every_field_is_one_of_the_server(server: Emulator, name: str) -> None:
    """Nothing that is sent is dropped without a word."""
    fields = whole(server, name)
    outcome = speak(SPOTLER, server, creating(name, fields))
    assert set(fields) - set(server.snapshot()[name][outcome.target_id]) == set()


def test_values_travel_in_their_kinds(server: Emulator) -> None:
    """Flags are 0 and 1, ids and decimals numbers, to the last digit; dates have no zone."""
    ids = parents(server)
    line = {"quantity": "3", "unitprice": "0.1", "opportunityid": ids["opportunities"]}
    speak(SPOTLER, server, creating("opportunity_lines", line))
    activity = {"allday": False, "date": "2024-07-31T08:40:49Z", "accountid": ids["accounts"], "priority": 2}
    speak(SPOTLER, server, creating("activities", activity), zone="Europe/London")
    bodies = [json.loads(json.dumps(entry.body, default=str)) for entry in server.history()]
    assert bodies == [
        {"quantity": 3, "unitprice": "0.1", "opportunityid": int(ids["opportunities"])},
        {"allday": 0, "date": "2024-07-31 09:40:49", "accountid": int(ids["accounts"]), "priority": 2},
    ]


@pytest.mark.parametrize("raw", [0, "0", None])
def test_flag_may_be_a_number_or_a_text(server: Emulator, raw: Any) -> None:
    """Live data hold both, and nothing."""
    ids = parents(server)
    (record_id,) = server.seed_records("contacts", [{"accountid": int(ids["accounts"]), "leftcompany": raw}])
    found = speak(SPOTLER, server, getting("contacts", record_id))
    assert kept(found, {"leftcompany": 0}) == {"leftcompany": None if raw is None else False}


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize(("number", "requests"), [(0, 1), (100, 1), (101, 3), (250, 4)])
def test_everything_is_read_in_pages(base: int, number: int, requests: int) -> None:
    """Whether pages count from 0 or 1 is found out by one request more, and only where there is a second page."""
    with varied(page_base=base) as server:
        ids = server.seed_records("accounts", ({"name": f"No {n}"} for n in range(number)))
        assert [record.id for record in speak(SPOTLER, server, reading("accounts"))] == ids
        assert len(server.history()) == requests
        assert {entry.query["limit"] for entry in server.history()} == {"100"}


@pytest.mark.parametrize("base", [0, 1])
def test_first_page_is_found_out_once(base: int) -> None:
    """The lists that follow need no probing."""
    with varied(page_base=base) as server:
        for name in ("accounts", "campaigns"):
            server.seed_records(name, ({"name": f"No {n}"} for n in range(150)))

        async def use(target: RestTarget) -> tuple[int, int, int | None]:
            accounts = [record async for page in target.read("accounts") for record in page]
            campaigns = [record async for page in target.read("campaigns") for record in page]
            return len(accounts), len(campaigns), target.first_page

        assert speak(SPOTLER, server, use) == (150, 150, base)
        assert len(server.history()) == 5


def test_values_are_found_fifty_at_a_time(server: Emulator) -> None:
    """A custom field that holds the marker is filtered by many values in one request."""
    keys = [f"acme/accounts/{n}" for n in range(120)]
    ids = server.seed_records("accounts", ({"name": "n", "migrationkey": key} for key in keys))

    async def find(target: RestTarget) -> list[str]:
        return [record.id async for page in target.find("accounts", "migrationkey", keys) for record in page]

    assert speak(SPOTLER, server, find) == ids
    queries = [json.loads(entry.query["q"]) for entry in server.history()]
    assert queries == [{"migrationkey": {"$in": keys[n : n + 50]}} for n in (0, 50, 100)]


def test_update_changes_what_it_names(server: Emulator) -> None:
    """Only supplied fields change, null clears one, and the answer proves whose record it is."""
    held = {"name": "Acme", "phone": "1", "notes": "n", "addresscounty/state": "Kent"}
    (record_id,) = server.seed_records("accounts", [held])
    fields = {"phone": None, "addresscounty/state": "Sussex"}
    outcome = speak(SPOTLER, server, updating("accounts", record_id, fields))
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=record_id, status=200)
    assert calls(server) == [f"GET /accounts/{record_id}", f"PATCH /accounts/{record_id}"]
    row = server.snapshot()["accounts"][record_id]
    assert {name: row.get(name) for name in held} == {**held, **fields}


@pytest.mark.parametrize("absent", Absent)
@pytest.mark.parametrize("name", WRITTEN)
def test_missing_record_is_told(absent: Absent, name: str) -> None:
    """404, an empty body and an empty record alike are "nothing", even of an object that a plan may lack."""
    with varied(absent=absent) as server:

        async def use(target: RestTarget) -> object:
            await target.identify()
            return await target.get(name, "95000001")

        assert speak(SPOTLER, server, use) is None
        outcome = speak(SPOTLER, server, lambda crm: crm.write(Write(object=name, fields={}, id="95000001")))
    assert (outcome.verdict, outcome.status) == (Verdict.GONE, 404)


def test_record_is_deleted(server: Emulator) -> None:
    """200 and no content is a success; a second time it is gone already."""
    (record_id,) = server.seed_records("accounts", [{"name": "Acme"}])
    outcomes = [speak(SPOTLER, server, deleting("accounts", record_id)) for _ in range(2)]
    assert [(one.verdict, one.status) for one in outcomes] == [(Verdict.APPLIED, 200), (Verdict.GONE, 404)]
    assert server.snapshot()["accounts"] == {}


def test_wrong_values_are_told_by_field(server: Emulator) -> None:
    """The vendor's validation names each field with the rules that it breaks."""
    outcome = speak(SPOTLER, server, creating("contacts", {"first": "Ada", "accountid": "7"}))
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=422, message="accountid: Exists")
    outcome = speak(SPOTLER, server, creating("opportunities", {"probability": "1"}))
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=422, message="accountid: Required")


@pytest.mark.parametrize("name", ["cases", "campaigns", "campaigndetails", "campaignstages", "documents"])
@pytest.mark.parametrize("status", [402, 403, 404])
def test_object_outside_the_plan_is_told(name: str, status: int) -> None:
    """The login is good, the plan lacks the object: that is another thing than a wrong token."""
    with varied(outside_plan=frozenset({name}), outside_plan_status=status) as server:

        async def use(target: RestTarget) -> str:
            await target.identify()
            with pytest.raises(TargetError) as caught:
                await anext(target.read(name))
            return str(caught.value)

        told = speak(SPOTLER, server, use)
    assert told.startswith(f"spotler: E907 this account does not offer {name} ({status}): its plan lacks it")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "regenerated, switched off or mistyped?"),
        (402, "it says: Forbidden, please check your access token"),
        (403, "it says: Unauthenticated"),
    ],
)
def test_wrong_token_is_told(status: int, says: str) -> None:
    """The vendor's 402, and the 403 that was seen live, by reads and writes alike."""
    with varied(denied_status=status) as server:
        problem = failure(SPOTLER, server, reading("accounts"), access_token="AnotherToken123")
        outcome = speak(SPOTLER, server, creating("accounts", {"name": "a"}), access_token="AnotherToken123")
        assert (len(server.history()), server.snapshot()["accounts"]) == (2, {})
    assert problem == f"spotler: E902 not authorised ({status}) ({says})"
    assert (outcome.verdict, str(outcome.halt)) == (Verdict.NOT_APPLIED, problem)


def test_token_that_is_revoked_stops_the_run(server: Emulator) -> None:
    """From then on nothing is written."""

    async def use(target: RestTarget) -> list[Outcome]:
        first = await target.write(Write(object="accounts", fields={"name": "a"}))
        server.regenerate_key()
        return [first, await target.write(Write(object="accounts", fields={"name": "b"}))]

    first, second = speak(SPOTLER, server, use)
    assert (second.verdict, str(second.halt).split(" (")[0]) == (Verdict.NOT_APPLIED, "spotler: E902 not authorised")
    assert list(server.snapshot()["accounts"]) == [first.target_id]


@pytest.mark.parametrize("status", [402, 403, 429])
def test_used_up_quota_stops_the_run(status: int) -> None:
    """It is told from a wrong token by its words, and the run can go on later."""
    with varied(call_quota=1, quota_status=status) as server:
        outcomes = [speak(SPOTLER, server, creating("accounts", {"name": "a"})) for _ in range(2)]
    halt = "spotler: E704 the account's quota is used up (run it again when the account may send more)"
    assert (outcomes[0].verdict, outcomes[1].verdict) == (Verdict.APPLIED, Verdict.NOT_APPLIED)
    assert str(outcomes[1].halt) == halt


@pytest.mark.parametrize("fault", ["500-after", "html-200-after", "empty-200-after", "no-id", "reset-after"])
def test_answer_without_a_record_proves_nothing(fault: str) -> None:
    """A create stays in doubt, and is looked for."""
    with varied(f"{fault}@POST") as server:
        outcome = speak(SPOTLER, server, creating("accounts", {"name": "a"}))
        assert len(server.snapshot()["accounts"]) == 1
    assert (outcome.verdict, outcome.target_id) == (Verdict.IN_DOUBT, "")


@pytest.mark.parametrize("name", READ_ONLY)
def test_other_objects_are_read_only(server: Emulator, name: str) -> None:
    """What the CRM writes itself, and what nobody has shown the fields of."""
    (record_id,) = server.seed_records(name, [{}])
    assert [record.id for record in speak(SPOTLER, server, reading(name))] == [record_id]
    outcome = speak(SPOTLER, server, creating(name, {}))
    assert (outcome.verdict, len(server.history())) == (Verdict.REFUSED, 1)


@pytest.mark.parametrize("dictionary", [Shape.LIST, Shape.OBJECT])
@pytest.mark.parametrize("lookup", Shape)
def test_account_tells_its_fields(dictionary: Shape, lookup: Shape) -> None:
    """Custom fields by their label, required ones, and picklists, in whichever shape they are written."""
    with varied(dictionary_shape=dictionary, lookup_shape=lookup, required={"accounts": ("phone",)}) as server:
        found = speak(
            SPOTLER, server, lambda target: discover(SPOTLER, target, ["accounts", "documents"], takes_sample=False)
        )
    objects = with_found(SPOTLER, found).objects
    accounts = objects["accounts"].type
    assert accounts.key("custom.Migration Key") == "migrationkey"
    assert {name for name, one in accounts.fields.items() if one.required} == {"name", "phone"}
    assert accounts.fields["type"].options == ("Prospect", "Customer", "Supplier", "Partner")
    assert {name: one.kind for name, one in objects["documents"].type.fields.items() if name in {"name", "caseid"}} == {
        "name": Kind.TEXT,
        "caseid": Kind.DECIMAL,
    }


@pytest.mark.parametrize("name", sorted(SPOTLER.options.fields if SPOTLER.options else ()))
def test_picklists_are_those_of_the_server(server: Emulator, name: str) -> None:
    """Each field that is said to have a list has one."""
    found = speak(SPOTLER, server, lambda target: discover(SPOTLER, target, [name], takes_sample=False))
    assert [field for field, values in found[name].options.items() if not values] == []


def test_option_is_appended(server: Emulator) -> None:
    """The request is the vendor's, and its answer what the file takes for a success."""
    assert SPOTLER.options is not None
    assert SPOTLER.options.append is not None
    append = SPOTLER.options.append
    request = request_for(append, {"list": "sector", "values": ["Space", "Sea"]}, {})
    assert request == Request(method="PATCH", path="/lookup/sector", body=b'{"items": ["Space", "Sea"]}')
    answer = speak(SPOTLER, server, lambda target: target._writer.send(request, "accounts", go_ahead))
    assert isinstance(answer, Answer)
    assert (fits(append.ok, parsed(answer)), server.snapshot()["lookups"]["sector"]["items"][-2:]) == (
        True,
        ["Space", "Sea"],
    )


@pytest.mark.parametrize("shape", [Shape.LIST, Shape.OBJECT])
def test_account_is_told_by_its_fields(shape: Shape) -> None:
    """The names of all fields are the same whichever way they are written; custom ones make the difference."""
    with varied(dictionary_shape=shape) as server:
        first = speak(SPOTLER, server, RestTarget.identify)
        server.regenerate_key()
        assert speak(SPOTLER, server, RestTarget.identify) == first
        assert calls(server) == ["GET /datadictionary/accounts"] * 2
