"""CentralStationCRM's connector file against the practice CentralStationCRM: refusals, limits and other accounts."""

from collections.abc import Iterator
from typing import Any

import pytest
from clocks import FakeClock
from speaking import calls, connection_to, creating, definition_of, deleting, failure, getting, reading, speak, updating

from migrator.connectors.rest.environment import Sources
from migrator.connectors.rest.settings import resolve
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options, start
from migrator.emulators.centralstation import CentralStationOptions
from migrator.errors import SpecError
from migrator.ports import SystemClock
from migrator.records import Outcome, Verdict, Write

STATION = definition_of("centralstation")


def practice(clock: FakeClock | None = None, **varied: Any) -> Emulator:
    """Start a practice CentralStationCRM whose time is the test's."""
    options = Options(vendor=CentralStationOptions(**varied), clock=clock or SystemClock())
    return start("centralstation", seed=7, options=options)


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Start one that varies nothing."""
    with practice() as running:
        yield running


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("people", {"first_name": "Ada"}, "name: can't be blank"),
        ("deals", {"name": "n", "value": "1", "value_type": "total"}, "target_date: can't be blank"),
        ("companies", {"name": "n" * 121, "user_id": "x"}, "name: is too long (maximum is 120 characters); user_id: "),
    ],
)
def test_refusal_is_told_by_field(server: Emulator, name: str, fields: dict[str, Any], message: str) -> None:
    """422 holds the messages of each field."""
    outcome = speak(STATION, server, creating(name, fields))
    assert (outcome.verdict, outcome.status) == (Verdict.REFUSED, 422)
    assert outcome.message.startswith(message)


def test_bad_request_is_told(server: Emulator) -> None:
    """400 holds a description; here of a body without fields."""
    expected = "param is missing or the value is empty: person"
    outcome = speak(STATION, server, creating("people", {}))
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=400, message=expected)


def test_record_that_is_gone(server: Emulator) -> None:
    """A record that somebody deleted is absent to a read, and gone to a write."""
    (person,) = server.seed_records("people", [{"name": "L"}])
    gone = Outcome(verdict=Verdict.GONE, status=404, message="the target no longer has this record")
    speak(STATION, server, deleting("people", person))
    assert speak(STATION, server, getting("people", person)) is None
    assert speak(STATION, server, updating("people", person, {"name": "M"})) == gone


def test_parent_that_is_gone_refuses_its_child_only(server: Emulator) -> None:
    """A child of a person whom somebody deleted cannot be made; the run goes on."""
    outcome = speak(STATION, server, creating("tags", {"name": "vip"}, ("people", "4711")))
    message = "the target no longer has the record that this one is to live under"
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=404, message=message)


def test_wrong_key_stops_the_run(server: Emulator) -> None:
    """Neither a read nor a write goes on with a key that is not the account's."""
    fact = failure(STATION, server, reading("people"), api_key="AnotherKey123")
    outcome = speak(STATION, server, creating("people", {"name": "L"}), api_key="AnotherKey123")
    assert fact.startswith("centralstation: E902 not authorised (401)")
    assert (outcome.verdict, str(outcome.halt)) == (Verdict.NOT_APPLIED, fact)


def test_key_may_be_revoked_in_the_middle(server: Emulator) -> None:
    """What was written stays written, and the next write was not."""

    async def ask(target: RestTarget) -> list[Outcome]:
        first = await target.write(Write(object="people", fields={"name": "Ada"}))
        server.regenerate_key()
        return [first, await target.write(Write(object="people", fields={"name": "Eve"}))]

    first, second = speak(STATION, server, ask)
    assert (first.verdict, second.verdict, second.halt and second.halt.code) == ("applied", "not applied", "E902")
    assert [row["name"] for row in server.snapshot()["people"].values()] == ["Ada"]


def test_user_who_may_only_read_stops_the_run() -> None:
    """A key whose user may not write answers 403."""
    with practice(is_read_only=True) as server:
        outcome = speak(STATION, server, creating("people", {"name": "Ada"}))
    assert (outcome.verdict, outcome.halt and outcome.halt.code) == (Verdict.NOT_APPLIED, "E902")


def test_account_that_does_not_exist_stops_the_run() -> None:
    """An unknown host sends everybody to a login page; nothing follows there."""
    with practice(has_account=False) as server:
        fact = failure(STATION, server, reading("people"))
        outcome = speak(STATION, server, creating("people", {"name": "Ada"}))
        assert set(calls(server)) == {"GET /people/count", "POST /people"}
    assert fact.startswith("centralstation: E904 the target has moved to /login")
    assert (outcome.verdict, str(outcome.halt)) == (Verdict.IN_DOUBT, fact)


def test_full_storage_stops_the_run_until_there_is_room() -> None:
    """507 ends the run, which can be taken up again; that the record was made is looked for first."""
    with practice(is_storage_full=True) as server:
        outcome = speak(STATION, server, creating("people", {"name": "Ada"}))
        assert server.snapshot()["people"] == {}
    halt = "centralstation: E703 the account's storage is full (free some, then apply again)"
    assert (outcome.verdict, outcome.status, str(outcome.halt)) == (Verdict.IN_DOUBT, 507, halt)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("500-after", Verdict.IN_DOUBT),
        ("html-200-after", Verdict.IN_DOUBT),
        ("no-id", Verdict.IN_DOUBT),
        ("502-html-after", Verdict.IN_DOUBT),
        ("503", Verdict.IN_DOUBT),
        ("429", Verdict.NOT_APPLIED),
    ],
)
def test_failures_of_a_write(server: Emulator, fault: str, verdict: Verdict) -> None:
    """What proves nothing is in doubt."""
    server.script(f"{fault}@POST")
    outcome = speak(STATION, server, creating("people", {"name": "Ada"}))
    assert (outcome.verdict, outcome.halt) == (verdict, None)


def test_message_of_something_else_is_no_proof(server: Emulator) -> None:
    """An update whose answer does not say `updated` is in doubt."""
    (person,) = server.seed_records("people", [{"name": "L"}])
    server.script("error-200@PUT")
    assert speak(STATION, server, updating("people", person, {"name": "M"})).verdict is Verdict.IN_DOUBT


def test_limit_is_never_hit() -> None:
    """120 requests are paced, so that no more than 50 go within 10 seconds."""
    clock = FakeClock()
    with practice(clock) as server:
        (person,) = server.seed_records("people", [{"name": "L"}])

        async def ask(target: RestTarget) -> int:
            return sum([await target.get("people", person) is not None for _ in range(120)])

        assert speak(STATION, server, ask, clock, rate=None) == 120
        assert {entry.answered for entry in server.history()} == {200}
    assert 20 <= sum(clock.sleeps) < 21


def test_wait_is_obeyed() -> None:
    """Somebody else uses the account's limit up: a read waits as long as it is told to, and is repeated."""
    clock = FakeClock()
    with practice(clock, requests_per_window=1) as server:

        async def ask(target: RestTarget) -> list[bool]:
            return [await target.get("people", "4711") is None for _ in range(3)]

        assert speak(STATION, server, ask, clock) == [True] * 3
        assert [entry.answered for entry in server.history()] == [404, 429, 404, 429, 404]
    assert 20 <= sum(clock.sleeps) < 25


def test_account_names_the_address(server: Emulator) -> None:
    """The account stands in the address, and is lacking only where no address is given whole."""
    environ = {"X_ACCOUNT": "acme", "X_API_KEY": "k3y-of-acme"}
    found = resolve(STATION, Sources(prefix="X", environ=environ, profile={}, block={}))
    assert found.base_url == "https://acme.centralstationcrm.net/api"
    assert [(window.requests, window.seconds) for window in found.windows] == [(50, 10.0)]
    assert connection_to(STATION, server).base_url == server.base_url
    with pytest.raises(SpecError, match="E020 the setting 'account' is missing"):
        resolve(STATION, Sources(prefix="X", environ={"X_API_KEY": "k3y-of-acme"}, profile={}, block={}))


def test_account_is_known_by_its_address(server: Emulator) -> None:
    """The account's name stands in the address; users come and go, and no call is made to tell accounts apart."""

    async def ask(target: RestTarget) -> str:
        return (await target.identify()).fingerprint

    first = speak(STATION, server, ask)
    assert calls(server) == []
    assert len(first) == 64
