"""Values added to a picklist of Spotler: once, and never one that is there already."""

from collections.abc import Iterator, Sequence

import pytest
from speaking import calls, definition_of, speak

from migrator.connectors.protocols import go_ahead
from migrator.connectors.rest.picklists import append_options, read_options
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, start
from migrator.records import Outcome, Verdict

SPOTLER = definition_of("spotler")


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Serve a Spotler."""
    with start("spotler", seed=7) as running:
        yield running


def append(server: Emulator, field: str, values: Sequence[str]) -> Outcome:
    """Add values to the list of a field of accounts."""

    async def ask(target: RestTarget) -> Outcome:
        assert SPOTLER.options is not None
        return await append_options(SPOTLER.options, target, ("accounts", field), values, go_ahead)

    return speak(SPOTLER, server, ask)


def listed(server: Emulator) -> list[str]:
    """Give what the account holds in the list of types."""
    return list(server.snapshot()["lookups"]["type"]["items"])


def test_new_values_join_the_list(server: Emulator) -> None:
    """In the order in which they come, each once, and without those that differ in case only."""
    outcome = append(server, "type", ["Partner", "Reseller", "CUSTOMER", "Reseller", "Agent"])
    assert (outcome.verdict, outcome.target_id) == (Verdict.APPLIED, "type")
    assert listed(server) == ["Prospect", "Customer", "Supplier", "Partner", "Reseller", "Agent"]


def test_nothing_is_sent_where_all_are_there(server: Emulator) -> None:
    """The list is read, and that is all."""
    assert append(server, "type", ["customer"]).verdict is Verdict.APPLIED
    assert calls(server) == ["GET /lookup/accounts/type"]


@pytest.mark.parametrize("fault", ["reset-after@PATCH#1", "500-after@PATCH#1"])
def test_call_in_doubt_is_not_repeated_blindly(server: Emulator, fault: str) -> None:
    """It stays in doubt; asked again, the list shows that the value is there."""
    server.script(fault)
    assert append(server, "type", ["Agent"]).verdict is Verdict.IN_DOUBT
    assert append(server, "type", ["Agent"]).verdict is Verdict.APPLIED
    assert listed(server).count("Agent") == 1


def test_nothing_is_added_to_a_list_that_cannot_be_read(server: Emulator) -> None:
    """An answer without a list is no empty list."""
    server.script("status-error@GET#1")
    outcome = append(server, "type", ["Agent"])
    assert outcome.message == "its list cannot be read, so nothing is added blindly"
    assert (outcome.verdict, calls(server)) == (Verdict.REFUSED, ["GET /lookup/accounts/type"])


def test_field_without_a_list_is_refused(server: Emulator) -> None:
    """Nothing is asked for."""
    outcome = append(server, "name", ["x"])
    assert outcome.message == "the connector has no way to add options to 'name' of accounts"
    assert (outcome.verdict, calls(server)) == (Verdict.REFUSED, [])


def test_list_is_read_as_it_stands(server: Emulator) -> None:
    """The values of a field's list, in their order."""

    async def ask(target: RestTarget) -> tuple[str, ...]:
        assert SPOTLER.options is not None
        return await read_options(SPOTLER.options, target, "accounts", "type")

    assert speak(SPOTLER, server, ask) == ("Prospect", "Customer", "Supplier", "Partner")
