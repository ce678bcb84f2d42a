"""A whole target against the practice Crelate: what it reads and what it writes."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from clocks import FakeClock, HalfRng
from connecting import (
    CRELATE,
    GHOST,
    all_pages,
    asked,
    calls,
    connection,
    entered,
    practice,
    recording,
    reply,
    to_server,
)

from migrator.connectors.rest.definition import Window
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Change, Deed, Emulator, Options
from migrator.errors import TargetError
from migrator.records import Identity, Outcome, Verdict, Write

T = TypeVar("T")
BASE = "/api/pub/v1"
ALL_MINUTES = "31104000"
ANY_ID = re.compile(r"^[^\s/?#]+$")


def test_everything_is_read_in_pages() -> None:
    """1,200 records come in three pages, each once, with canonical fields and what was read."""
    with practice() as server:
        ids = server.seed_records("contacts", ({"LastName": f"No {n}", "Salary": n} for n in range(1200)))
        pages = asked(server, all_pages)
        queries = [dict(entry.query) for entry in server.history()]
    assert [len(page) for page in pages] == [500, 500, 200]
    assert sorted(record.id for page in pages for record in page) == sorted(ids)
    assert {record.fields["LastName"]: record.fields["Salary"] for page in pages for record in page} == {
        f"No {n}": str(n) for n in range(1200)
    }
    assert queries == [{"modified": ALL_MINUTES, "take": "500", "skip": skip} for skip in ("0", "500", "1000")]


@pytest.mark.parametrize(("minutes", "expected"), [(30, 0), (31, 1), (61, 2), (91, 3), (40_000_000, 3), (None, 3)])
def test_recent_changes_are_read(minutes: int | None, expected: int) -> None:
    """Only what changed in the last minutes by the server's clock; never more minutes than the connector allows."""
    clock = FakeClock()
    with practice(options=Options(clock=clock)) as server:
        for _ in range(3):
            server.seed_records("jobs", [{"Name": "n"}])
            clock.moment += timedelta(minutes=30).total_seconds() + 1
        pages = asked(server, lambda target: all_pages(target, "jobs", minutes))
        modified = server.history()[0].query["modified"]
    assert sum(len(page) for page in pages) == expected
    assert modified == str(min(minutes or int(ALL_MINUTES), int(ALL_MINUTES)))


def test_empty_list_has_no_page() -> None:
    """Nothing there is nothing read, in one request."""
    with practice() as server:
        assert asked(server, lambda target: all_pages(target, "companies")) == []
        assert calls(server) == ["GET /companies/recent"]


def test_record_is_read_afresh() -> None:
    """One record by its id, with everything that the answer held."""
    with practice() as server:
        (record_id,) = server.seed_records("companies", [{"Name": "Acme", "Tags": {"Default": ["a", "b"]}}])
        found = asked(server, lambda target: target.get("companies", record_id))
        assert calls(server) == [f"GET /companies/{record_id}"]
    assert found is not None
    assert (found.id, found.fields["Name"], found.fields["Tags.Default"]) == (record_id, "Acme", ["a", "b"])
    assert (found.raw["Description"], len(found.raw)) == (None, 78)


@pytest.mark.parametrize("fault", ["", "404@1"])
def test_record_that_is_not_there_is_none(fault: str) -> None:
    """Absence is an answer, not an error."""
    with practice(*filter(None, [fault])) as server:
        assert asked(server, lambda target: target.get("contacts", GHOST)) is None
        assert len(server.history()) == 1


def test_identity_is_the_same_each_time() -> None:
    """Origin and fingerprint are stable while the account lives, whatever is in it."""
    with practice() as server:
        first = asked(server, RestTarget.identify)
        server.seed_records("contacts", [{"LastName": "King"}])
        server.regenerate_key()
        assert asked(server, RestTarget.identify) == first
        assert calls(server) == ["GET /domain/workflowStatuses"] * 2
    assert (first.origin, len(first.fingerprint)) == (server.base_url, 64)
    assert str(first) == f"{server.base_url} ({first.fingerprint[:12]})"


def test_identity_does_not_hang_on_the_order_of_a_list() -> None:
    """A server may list the same things in another order."""

    async def exchange() -> list[Identity]:
        async with recording(b"") as recorder, entered(connection(recorder.url, rate="none")) as target:
            found = []
            for body in (b'[{"Id": "a"}, {"Id": "b"}]', b'[{"Id": "b"}, {"Id": "a"}]', b'[{"Id": "b"}]'):
                recorder.reply = reply(body)
                found.append(await target.identify())
            return found

    first, turned, other = asyncio.run(exchange())
    assert (first == turned, first == other) == (True, False)


def test_zone_of_the_account_is_heeded() -> None:
    """A date-time without a zone is read in the one that the settings name, in lists and alone."""

    async def exchange() -> list[Any]:
        found = b'{"Id": "%s", "KeyDate_Birthday": "2024-07-31T08:00:00"}' % GHOST.encode()
        zone = "Europe/Berlin"
        async with recording(reply(found)) as server, entered(connection(server.url, zone=zone)) as target:
            single = await target.get("contacts", GHOST)
            server.reply = reply(b'{"MoreRecords": false, "Results": [%s]}' % found)
            ((listed,),) = await all_pages(target)
            return [single and single.fields, listed.fields]

    assert asyncio.run(exchange()) == [{"Id": GHOST, "KeyDate_Birthday": "2024-07-31T06:00:00Z"}] * 2


def test_identity_tells_accounts_apart() -> None:
    """Another account behind the same address is another target; so is the same account behind another address."""

    def identity(seed: int, port: int) -> Identity:
        with practice(seed=seed, port=port) as server:
            return asked(server, RestTarget.identify)

    first = identity(1, 0)
    port = int(first.origin.rpartition(":")[2].partition("/")[0])
    again, other, elsewhere = identity(1, port), identity(2, port), identity(1, 0)
    assert (again, other.origin) == (first, first.origin)
    assert len({first.fingerprint, other.fingerprint, elsewhere.fingerprint}) == 3


def test_create_is_applied_and_can_be_read() -> None:
    """The id of the answer is the record's, and every value is there as it was meant."""
    fields = {
        "Name": "Köng & Co", "Fee": "0.1", "NumberOfOpenings": 2, "IsLead": True, "StartDate": "2024-02-29",
        "Tags.Default": ["a"], "CustomField21": "2024-01-31T08:40:49.35Z", "CustomField1": "007",
    }  # fmt: skip
    with practice() as server:
        outcome = asked(server, lambda target: target.write(Write(object="jobs", fields=fields)))
        (entry,) = server.history()
        found = asked(server, lambda target: target.get("jobs", outcome.target_id))
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=entry.record_id, status=200)
    assert entry.changes == (Change(deed=Deed.CREATED, object="jobs", id=outcome.target_id),)
    assert found is not None
    expected = {**fields, "StartDate": "2024-02-29T00:00:00Z"}
    assert {name: found.fields[name] for name in fields} == expected


def test_create_may_answer_201() -> None:
    """Where the vendor's text leaves it open, both statuses are a success."""
    with practice(options=Options(create_status=201)) as server:
        outcome = asked(server, lambda target: target.write(Write(object="contacts", fields={"LastName": "King"})))
        assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=server.history()[0].record_id, status=201)


def test_update_keeps_what_it_does_not_write() -> None:
    """The whole record is replaced, so what was read goes back with our fields in it."""
    with practice() as server:
        (spouse,) = server.seed_records("contacts", [{"FirstName": "William"}])
        held = {"FirstName": "Ada", "Salary": 1, "RelatedContact_Spouse_Id": spouse, "Tags": {"Default": ["x"]}}
        (record_id,) = server.seed_records("contacts", [held])

        async def update(target: RestTarget) -> Outcome:
            before = await target.get("contacts", record_id)
            fields = {"LastName": "Lovelace", "Salary": None}
            return await target.write(Write(object="contacts", fields=fields, id=record_id, before=before))

        outcome, found = asked(server, update), server.snapshot()["contacts"]
        assert calls(server) == [f"GET /contacts/{record_id}", f"PUT /contacts/{record_id}"]
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id=record_id, status=200)
    kept = {name: found[record_id].get(name) for name in (*held, "LastName")}
    assert (kept, len(found)) == ({**held, "Salary": None, "LastName": "Lovelace"}, 2)


@pytest.mark.parametrize("parent", ["contacts", "companies", "jobs"])
@pytest.mark.parametrize("child", ["notes", "tasks"])
def test_child_is_created_under_its_parent(parent: str, child: str) -> None:
    """A note or a task is posted below the record that it belongs to."""
    with practice() as server:
        (parent_id,) = server.seed_records(parent, [{"Name": "n"} if parent != "contacts" else {"LastName": "King"}])
        write = Write(object=child, fields={"Body": "met her"}, parent=(parent, parent_id))
        outcome = asked(server, lambda target: target.write(write))
        assert calls(server) == [f"POST /{parent}/{parent_id}/{child}"]
        assert server.snapshot()[child][outcome.target_id]["Parent_Id"] == parent_id


async def used(target: RestTarget, record_id: str) -> tuple[object, Outcome, Outcome]:
    """Read, change and add to one record."""
    found = await target.get("contacts", record_id)
    changed = await target.write(Write(object="contacts", fields={}, id=record_id))
    added = await target.write(Write(object="notes", fields={"Body": "b"}, parent=("contacts", record_id)))
    return found, changed, added


def entered_without_a_pattern(server: Emulator) -> RestTarget:
    """Open a target whose connector does not say what an id looks like."""
    careless = replace(CRELATE, id_pattern=ANY_ID)
    return RestTarget(careless, to_server(server), clock=FakeClock(), rng=HalfRng())


@pytest.mark.parametrize(
    "record_id",
    ["../../admin", "a/b", "a?api_key=x&b", "a#b", "é \n", "a b", " ", f"{GHOST}\n", f"{GHOST}/x", "..", ".", "..."],
)
def test_id_cannot_leave_its_place_in_the_path(record_id: str) -> None:
    """Ids come from anywhere: one that could be more than one step of a path is none, and nothing is sent."""
    with practice() as server:

        async def careless() -> tuple[object, Outcome, Outcome]:
            async with entered_without_a_pattern(server) as target:
                return await used(target, record_id)

        refused = Outcome(verdict=Verdict.REFUSED, message=f"'{record_id}' is no id of this target")
        assert asked(server, lambda target: used(target, record_id)) == (None, refused, refused)
        assert asyncio.run(careless()) == (None, refused, refused)
        assert server.history() == []


@pytest.mark.parametrize(
    ("record_id", "spelled"), [("%2e%2e", "%252e%252e"), ("a&b=é", "a%26b%3D%C3%A9"), ("a.", "a.")]
)
def test_id_is_one_step_of_the_path(record_id: str, spelled: str) -> None:
    """Where a connector does not say what an id looks like, whatever it holds is encoded as one step."""
    with practice() as server:

        async def careless() -> None:
            async with entered_without_a_pattern(server) as target:
                await used(target, record_id)

        asyncio.run(careless())
        expected = [f"GET /contacts/{spelled}", f"PUT /contacts/{spelled}", f"POST /contacts/{spelled}/notes"]
        assert calls(server) == expected
        assert [(entry.query, entry.answered, entry.committed) for entry in server.history()] == [({}, 404, False)] * 3


@pytest.mark.parametrize("record_id", ["x", "7", GHOST[:-1], f"{GHOST}0", f"x{GHOST}", f"{{{GHOST}}}", "é"])
def test_id_of_another_target_is_refused(record_id: str) -> None:
    """Where a connector says what an id looks like, nothing else is sent."""
    with practice() as server:
        refused = Outcome(verdict=Verdict.REFUSED, message=f"'{record_id}' is no id of this target")
        assert asked(server, lambda target: used(target, record_id)) == (None, refused, refused)
        assert server.history() == []


def test_writes_are_counted_for_the_estimate() -> None:
    """An update is read afresh first, where the connector can read."""
    target = RestTarget(CRELATE, connection(), clock=FakeClock(), rng=HalfRng())
    assert [target.write_calls(name, is_update=True) for name in CRELATE.objects] == [2] * 5
    assert [target.write_calls(name, is_update=False) for name in CRELATE.objects] == [1] * 5
    contacts = CRELATE.objects["contacts"]
    without = {name: action for name, action in contacts.actions.items() if name != "get"}
    blind = replace(CRELATE, objects={"contacts": replace(contacts, actions=without)})
    assert (
        RestTarget(blind, connection(), clock=FakeClock(), rng=HalfRng()).write_calls("contacts", is_update=True) == 1
    )


def test_target_says_how_it_is_used() -> None:
    """What the planner and the executor ask of it comes from connector and settings."""
    found = replace(connection(), windows=(Window(requests=50, seconds=10.0), Window(requests=1000, seconds=3600.0)))
    target = RestTarget(CRELATE, found, clock=FakeClock(), rng=HalfRng())
    assert (target.catalog, target.concurrency) == (CRELATE.catalog, 1)
    assert (target.settle_seconds, target.lag_seconds) == (120.0, 5.0)
    assert target.requests_per_second == 1000 / 3600
    assert RestTarget(CRELATE, replace(found, windows=()), clock=FakeClock(), rng=HalfRng()).requests_per_second is None


def test_pace_of_the_connector_is_kept() -> None:
    """Without a wish of the user's, four requests go in a second."""
    clock = FakeClock()
    with practice() as server:

        async def exchange() -> None:
            async with entered(connection(server.base_url, server.api_key), clock) as target:
                for _ in range(9):
                    await target.get("contacts", GHOST)

        asyncio.run(exchange())
    assert clock.sleeps == [1.0, 1.0]


def test_write_to_a_target_that_is_down_was_not_sent() -> None:
    """It may be sent again: nothing left this machine."""
    with practice() as server:
        pass
    outcome = asked(server, lambda target: target.write(Write(object="contacts", fields={"LastName": "King"})))
    assert outcome == Outcome(verdict=Verdict.NOT_SENT, message="connection refused")


def test_key_that_is_regenerated_stops_the_run() -> None:
    """The old key is refused from then on, by reads and writes alike."""
    with practice() as server:

        async def use(target: RestTarget) -> tuple[Outcome, str]:
            server.regenerate_key()
            outcome = await target.write(Write(object="contacts", fields={"LastName": "King"}))
            with pytest.raises(TargetError) as caught:
                await target.identify()
            return outcome, str(caught.value)

        outcome, problem = asked(server, use)
        assert server.snapshot()["contacts"] == {}
    assert (outcome.verdict, str(outcome.halt)) == (Verdict.NOT_APPLIED, problem)
    assert problem == "crelate: E902 not authorised (401) (regenerated, switched off or mistyped?)"


@pytest.mark.parametrize("name", ["companies", "jobs", "notes", "tasks"])
def test_missing_required_field_is_a_refusal(name: str) -> None:
    """The vendor's 500 with a list of missing fields is told in its own words, to be confirmed by a read."""
    field = "Name" if name in {"companies", "jobs"} else "Body"
    with practice() as server:
        outcome = asked(server, lambda target: target.write(Write(object=name, fields={"ExternalPrimaryKey": "k"})))
        assert server.history()[0].committed is False
    message = f"The following required fields are missing: {field}; {field}"
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=500, message=message, confirm=True)


def test_wrong_value_is_a_refusal() -> None:
    """The fields that the target does not like are named."""
    with practice() as server:
        write = Write(object="contacts", fields={"Tags.Nowhere": ["x"]})
        outcome = asked(server, lambda target: target.write(write))
    message = "The request is invalid.; there is no tag category 'Nowhere'"
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=400, message=message)
