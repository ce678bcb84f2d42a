"""Every fault on every CRM, over real sockets: no conclusion contradicts what was done, and no secret comes out."""

import base64
import logging
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from speaking import definition_of, speak

from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options, start
from migrator.emulators.centralstation import CentralStationOptions
from migrator.emulators.fault_kinds import KINDS
from migrator.errors import TargetError
from migrator.records import Outcome, Verdict, Write

CRMS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {  # object, what is created, what is changed in it
    "crelate": ("contacts", {"FirstName": "Ada", "LastName": "King"}, {"LastName": "Lovelace"}),
    "crelate3": ("contacts", {"FirstName": "Ada", "LastName": "King"}, {"LastName": "Lovelace"}),
    "spotler": ("accounts", {"name": "King", "addresscity": "London"}, {"name": "Lovelace"}),
    "centralstation": ("people", {"first_name": "Ada", "name": "King"}, {"name": "Lovelace"}),
    "clevertim": ("contact", {"fn": "Ada", "ln": "King"}, {"ln": "Lovelace"}),
    "opencrm": ("contact", {"firstname": "Ada", "lastname": "King"}, {"lastname": "Lovelace"}),
}
NOT_DONE = {Verdict.REFUSED, Verdict.NOT_APPLIED, Verdict.NOT_SENT, Verdict.GONE}
HANGING = {"hang-before", "hang-after", "stalled-chunk", "drip", "slow"}
ARGUMENTS = {"gzip-bomb": f":{17 << 20}", "late-commit": ":0", "504-late": ":0"}
LYING = {"other-id"}  # a server that answers with another record's id cannot be told from one that does not


@pytest.fixture(scope="module", params=CRMS)
def server(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """Serve one CRM for all faults, with no limit of its own."""
    name = str(request.param)
    options = Options(vendor=CentralStationOptions(requests_per_window=0)) if name == "centralstation" else None
    with start(name, seed=7, options=options) as running:
        yield running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Name the CRM that is served."""
    return str(request.node.callspec.params["server"])


def struck(name: str, server: Emulator, kind: str, change: Write) -> Outcome:
    """Send one change through a fault."""
    definition = definition_of(name)
    action = definition.objects[change.object].actions["update" if change.id else "create"]

    async def ask(target: RestTarget) -> Outcome:
        before = await target.get(change.object, change.id) if change.id else None
        server.script(f"{kind}@{action.method}#1{ARGUMENTS.get(kind, '')}")
        return await target.write(Write(object=change.object, fields=change.fields, id=change.id, before=before))

    return speak(definition, server, ask, timeout_seconds=0.1 if kind in HANGING else 5)


def check(name: str, server: Emulator, kind: str, outcome: Outcome) -> None:
    """Hold a conclusion against the server's own history: sent once, and neither lost nor done without our knowing."""
    entry = server.history()[-1]
    assert entry.fault.partition("@")[0] == kind
    is_late = kind in {"late-commit", "504-late"}
    assert not (outcome.verdict in NOT_DONE and entry.committed)
    assert outcome.verdict is not Verdict.APPLIED or entry.committed or is_late
    if outcome.verdict is Verdict.APPLIED and kind not in LYING:
        assert outcome.target_id.lower() == entry.record_id.lower()
    assert outcome.halt is None or outcome.halt.place == name


@pytest.mark.parametrize("kind", KINDS)
def test_create_through_a_fault_is_concluded_rightly(name: str, server: Emulator, kind: str) -> None:
    """What is settled was not done, what is applied was, and all else is in doubt; a halt names the CRM."""
    to, fields, _changes = CRMS[name]
    seen = len(server.history())
    outcome = struck(name, server, kind, Write(object=to, fields=fields))
    assert len(server.history()) == seen + 1
    check(name, server, kind, outcome)


@pytest.mark.parametrize("kind", KINDS)
def test_update_through_a_fault_is_concluded_rightly(name: str, server: Emulator, kind: str) -> None:
    """The same for an update over the record as it was just read."""
    to, fields, changes = CRMS[name]
    (record_id,) = server.seed_records(to, [fields])
    check(name, server, kind, struck(name, server, kind, Write(object=to, fields=changes, id=record_id)))


@pytest.mark.parametrize(("kind", "code"), [("401", "E902"), ("403-html", "E902"), ("307-other-host", "E904")])
def test_what_no_record_can_help_stops_the_run(name: str, server: Emulator, kind: str, code: str) -> None:
    """Who may not, or is sent elsewhere, sends nothing more."""
    to, fields, _changes = CRMS[name]
    outcome = struck(name, server, kind, Write(object=to, fields=fields))
    assert outcome.halt is not None
    assert outcome.halt.code == code


def spellings(secret: str) -> set[str]:
    """Give the ways in which a secret could be written: raw, in a URL, and as Base64 at any offset."""
    encoded = {base64.b64encode(b"\0" * offset + secret.encode()).decode()[4:-4] for offset in range(3)}
    return encoded | {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], secret[2:-2]}


async def used(target: RestTarget, name: str) -> str:
    """Read, create and change something; give all that comes of it, as text."""
    to, fields, changes = CRMS[name]
    ghost = "11111111-2222-4333-8444-555555555555" if name.startswith("crelate") else "999999"
    shown: list[str] = []
    for asked in (target.identify(), target.get(to, ghost), anext(aiter(target.read(to)), None)):
        try:
            shown.append(f"{await asked!r}")
        except TargetError as error:
            shown += [str(error), repr(error), *traceback.format_exception(error)]
    for change in (Write(object=to, fields=fields), Write(object=to, fields=changes, id=ghost)):
        outcome = await target.write(change)
        shown += [repr(outcome), str(outcome.halt), repr(target), repr(vars(target))]
    return "\n".join(shown)


@pytest.mark.parametrize("kind", ["", *KINDS])
def test_secrets_come_out_nowhere(name: str, server: Emulator, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    """No log record at DEBUG, no message, no exception and no value holds a secret, however it is spelled."""
    caplog.set_level(logging.DEBUG)
    methods = ("GET", "POST", "PUT", "PATCH") if kind else ()
    server.script(*(f"{kind}@{method}#1{ARGUMENTS.get(kind, '')}" for method in methods))

    async def ask(target: RestTarget) -> str:
        return await used(target, name)

    shown = speak(definition_of(name), server, ask, timeout_seconds=0.1 if kind in HANGING else 5)
    shown += caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    secrets = {spelled for secret in server.secrets.values() for spelled in spellings(secret)}
    assert [spelled for spelled in secrets if spelled in shown] == []
    server.script()
