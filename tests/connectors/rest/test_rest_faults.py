"""Every fault of the practice server on a create and on an update: what we conclude, and what was really done."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from clocks import FakeClock
from connecting import each_library, entered, practice, to_server

from migrator.emulators import Deed, Emulator, Entry
from migrator.emulators.fault_kinds import KINDS
from migrator.records import Outcome, TargetRecord, Verdict, Write

__all__ = ["each_library"]

pytestmark = pytest.mark.usefixtures("each_library")

OTHER = "00000000-0000-4000-8000-000000000000"
SETTLED = {Verdict.REFUSED, Verdict.NOT_APPLIED, Verdict.NOT_SENT, Verdict.GONE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What one kind of fault leads to: the verdict on a create and on an update, and the code that stops the run."""

    create: Verdict
    update: Verdict | None = None
    committed: bool = False
    halt: str = ""


def same(verdict: Verdict, *, committed: bool = False, halt: str = "") -> Expected:
    """Expect the same on a create and an update."""
    return Expected(create=verdict, update=verdict, committed=committed, halt=halt)


DOUBT = Verdict.IN_DOUBT
LOST = same(DOUBT, committed=True)
EXPECTED: dict[str, Expected] = {
    **dict.fromkeys(("400", "409", "422"), same(Verdict.REFUSED)),
    **dict.fromkeys(("401", "401-once", "402", "403-html"), same(Verdict.NOT_APPLIED, halt="E902")),
    **dict.fromkeys(("429", "429-date", "429-bare", "429-garbage"), same(Verdict.NOT_APPLIED)),
    **dict.fromkeys(("301-other-host", "302-other-host", "307-other-host"), same(DOUBT, halt="E904")),
    **dict.fromkeys(("308-other-host", "redirect-loop"), same(DOUBT, halt="E904")),
    "404": Expected(create=Verdict.NOT_APPLIED, update=Verdict.GONE, halt="E905"),
    "405": same(Verdict.NOT_APPLIED, halt="E905"),
    "501": same(DOUBT, halt="E905"),
    "507": same(DOUBT, halt="E703"),
    **dict.fromkeys(("408", "500-before", "503", "503-date", "html-200", "empty-200"), same(DOUBT)),
    **dict.fromkeys(("reset-before", "close-before", "hang-before", "slow", "late-commit", "504-late"), same(DOUBT)),
    **dict.fromkeys(("500-after", "502-html-after", "html-200-after", "empty-200-after"), LOST),
    **dict.fromkeys(("reset-after", "close-after", "hang-after", "reset-headers", "reset-body"), LOST),
    **dict.fromkeys(("garbage-json", "nan-json", "wrong-charset", "truncated-json", "short-length"), LOST),
    **dict.fromkeys(("stalled-chunk", "garbage-status", "drip"), LOST),
    **dict.fromkeys(("huge-body", "gzip-bomb"), replace(LOST, halt="E906")),
    **dict.fromkeys(("bom", "1xx-flood", "wrong-charset-latin"), same(Verdict.APPLIED, committed=True)),
    **dict.fromkeys(("dropped-field", "trimmed-value", "changed-case"), same(Verdict.APPLIED, committed=True)),
    "duplicate-keys": same(Verdict.APPLIED, committed=True),
    "other-id": Expected(create=Verdict.APPLIED, update=DOUBT, committed=True),
    "no-id": Expected(create=DOUBT, committed=True),
    "status-error": Expected(create=DOUBT),
    "error-200": Expected(create=DOUBT),
}
HANGING = {"hang-before", "hang-after", "stalled-chunk", "drip", "slow"}
ARGUMENTS = {"gzip-bomb": f":{17 << 20}", "late-commit": ":0", "504-late": ":0"}


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """Serve one practice account for all faults."""
    with practice() as server:
        yield server


def struck(server: Emulator, kind: str, change: Write) -> tuple[Outcome, Entry]:
    """Send one change through a fault; give what was concluded, and the server's own word on it."""
    server.script(f"{kind}@{'PUT' if change.id else 'POST'}#1{ARGUMENTS.get(kind, '')}")
    seen = len(server.history())

    async def exchange() -> Outcome:
        found = to_server(server, timeout_seconds=0.1 if kind in HANGING else 5)
        async with entered(found, FakeClock()) as target:
            return await target.write(change)

    outcome = asyncio.run(exchange())
    (entry,) = server.history()[seen:]
    return outcome, entry


def seeded(server: Emulator) -> Write:
    """Put a contact there, and change it."""
    raw = {"LastName": "King", "EmailAddress_Work": "ada@example.org"}
    (record_id,) = server.seed_records("contacts", [raw])
    before = TargetRecord(id=record_id, fields=raw, raw=raw)
    return Write(object="contacts", fields={"LastName": "Lovelace"}, id=record_id, before=before)


def halt_code(outcome: Outcome) -> str:
    """Give the code that stops the run, if one does."""
    return outcome.halt.code if outcome.halt else ""


def test_every_kind_is_expected() -> None:
    """No kind of fault goes without a verdict; deep JSON is beside, since its depth is the interpreter's affair."""
    assert set(EXPECTED) | {"deep-json"} == set(KINDS)


@pytest.mark.parametrize("kind", EXPECTED)
def test_create_through_a_fault_is_concluded_rightly(server: Emulator, kind: str) -> None:
    """The verdict is the one that the protocol demands, and never contradicts what the server did; it is sent once."""
    expected = EXPECTED[kind]
    outcome, entry = struck(
        server, kind, Write(object="contacts", fields={"LastName": "King", "EmailAddress_Work": "a@b.c"})
    )
    assert (outcome.verdict, halt_code(outcome)) == (expected.create, expected.halt)
    assert late(entry) or entry.committed is expected.committed
    assert outcome.target_id in ({entry.record_id, OTHER} if outcome.verdict is Verdict.APPLIED else {""})


@pytest.mark.parametrize("kind", [kind for kind, expected in EXPECTED.items() if expected.update])
def test_update_through_a_fault_is_concluded_rightly(server: Emulator, kind: str) -> None:
    """The same for an update, but that a record which is gone does not stop the run."""
    expected = EXPECTED[kind]
    change = seeded(server)
    outcome, entry = struck(server, kind, change)
    halt = "" if expected.update is Verdict.GONE else expected.halt
    assert (outcome.verdict, halt_code(outcome)) == (expected.update, halt)
    assert late(entry) or entry.committed is expected.committed
    assert outcome.target_id == (change.id if outcome.verdict is Verdict.APPLIED else "")


def late(entry: Entry) -> bool:
    """Tell whether a request may be committed after its answer, at any moment."""
    return entry.fault.startswith(("late-commit", "504-late"))


@pytest.mark.parametrize("kind", ["late-commit", "504-late"])
def test_late_commit_was_in_doubt(server: Emulator, kind: str) -> None:
    """What a server does after we have gone is the reason for the settle wait."""
    held = len(server.snapshot()["contacts"])
    outcome, entry = struck(server, kind, Write(object="contacts", fields={"LastName": "Late"}))
    for thread in threading.enumerate():
        if thread.name == "late-commit":
            thread.join(5)
    assert outcome.verdict is DOUBT
    assert server.history()[entry.n - 1].changes[-1].deed is Deed.CREATED
    assert len(server.snapshot()["contacts"]) == held + 1


@pytest.mark.parametrize("is_update", [False, True])
def test_deep_answer_breaks_nothing(server: Emulator, *, is_update: bool) -> None:
    """An answer too deep for this interpreter is in doubt; one that it can read is what it is."""
    change = seeded(server) if is_update else Write(object="contacts", fields={"LastName": "King"})
    outcome, entry = struck(server, "deep-json", change)
    assert (outcome.verdict in {DOUBT, Verdict.APPLIED}, entry.committed) == (True, True)
    assert outcome.target_id in {"", entry.record_id}


def test_no_verdict_contradicts_what_is_done() -> None:
    """Nothing that we call settled is committed, and nothing applied is not: whatever else the table may say."""
    verdicts = [(kind, verdict) for kind, one in EXPECTED.items() for verdict in (one.create, one.update)]
    assert [kind for kind, verdict in verdicts if verdict in SETTLED and EXPECTED[kind].committed] == []
    assert [kind for kind, verdict in verdicts if verdict is Verdict.APPLIED and not EXPECTED[kind].committed] == []
