"""Reads on a bad day: what fails in passing is asked again, what cannot succeed is not, and all comes to an end."""

import pytest
from clocks import FakeClock
from connecting import GHOST, all_pages, asked, failure, practice

from migrator.connectors.rest.reads import MAX_HOPS, READ_ATTEMPTS
from migrator.connectors.rest.target import RestTarget
from migrator.errors import Busy
from migrator.records import Verdict, Write

NOT_OFFERED = "check the base URL; the request is not one that this target knows"
NOTHING_SENT = "correct the base URL; nothing was sent to the new address"
NO_LIST = "the answer holds no list of records (is the base URL right?)"
RECENT = "/api/pub/v1/contacts/recent"


def rounded(sleeps: list[float]) -> list[float]:
    """Give waits to the microsecond."""
    return [round(seconds, 6) for seconds in sleeps]


@pytest.mark.parametrize(
    ("fault", "sleeps"),
    [
        ("429@GET#1", [0.5, 0.5]),
        ("429@GET#1:30", [0.5, 29.5]),
        ("429@GET#1:900", [0.5, 899.5]),
        ("429-date@GET#1:30", [0.5, 29.5]),
        ("429-bare@GET#1", [0.5]),
        ("429-garbage@GET#1", [0.5]),
        ("503@GET#1:0", [0.5]),
        ("503-date@GET#1:0", [0.5]),
        *((f"{kind}@GET#1", [0.5]) for kind in ("500-before", "502-html-after", "504-late")),
        *((f"{kind}@GET#1", [0.5]) for kind in ("html-200", "html-200-after", "empty-200", "empty-200-after")),
        *((f"{kind}@GET#1", [0.5]) for kind in ("reset-before", "reset-after", "reset-headers", "reset-body")),
        *((f"{kind}@GET#1", [0.5]) for kind in ("close-before", "close-after", "late-commit", "garbage-status")),
        *((f"{kind}@GET#1", [0.5]) for kind in ("garbage-json", "nan-json", "wrong-charset", "truncated-json")),
        *((f"{kind}@GET#1", [0.5]) for kind in ("short-length", "huge-body")),
        *((f"{kind}@GET#1", []) for kind in ("bom", "1xx-flood", "wrong-charset-latin")),
    ],
)  # fmt: skip
def test_read_that_fails_in_passing_is_repeated(fault: str, sleeps: list[float]) -> None:
    """A read changes nothing, so it is asked again, after the time that the server named."""
    clock = FakeClock()
    with practice(fault) as server:
        (record_id,) = server.seed_records("contacts", [{"LastName": "King"}])
        found = asked(server, lambda target: target.get("contacts", record_id), clock)
        assert (len(server.history()), rounded(clock.sleeps)) == (1 + bool(sleeps), sleeps)
    assert found is not None
    assert (found.id, found.fields["LastName"]) == (record_id, "King")


@pytest.mark.parametrize("fault", ["hang-before@GET#1", "stalled-chunk@GET#1", "drip@GET#1", "slow@GET#1:9"])
def test_read_that_takes_too_long_is_repeated(fault: str) -> None:
    """The deadline holds for each attempt."""
    with practice(fault) as server:
        assert asked(server, lambda target: target.get("contacts", GHOST), timeout_seconds=0.2) is None
        assert len(server.history()) == 2


@pytest.mark.parametrize(
    ("fault", "reason", "sleeps"),
    [
        ("429@GET", "too many requests", [0.5, 0.5, 1.0, 2.0, 4.0]),
        ("503@GET:0", "the server answers 503", [0.5, 1.0, 2.0, 4.0]),
        ("500-before@GET", "the server answers 500", [0.5, 1.0, 2.0, 4.0]),
        ("reset-before@GET", "connection reset by peer", [0.5, 1.0, 2.0, 4.0]),
        ("close-before@GET", "the connection ended before the answer did", [0.5, 1.0, 2.0, 4.0]),
        ("html-200@GET", "the answer is not JSON: Expecting value: line 1 column 1 (char 0)", [0.5, 1.0, 2.0, 4.0]),
        ("nan-json@GET", "the answer is not JSON: NaN is no JSON number", [0.5, 1.0, 2.0, 4.0]),
        ("wrong-charset@GET", "the answer is not JSON: the answer is not UTF-8", [0.5, 1.0, 2.0, 4.0]),
    ],
)
def test_read_that_fails_each_time_is_given_up(fault: str, reason: str, sleeps: list[float]) -> None:
    """After five attempts, each after a longer wait, the target counts as unreachable."""
    clock = FakeClock()
    with practice(fault) as server:
        (record_id,) = server.seed_records("contacts", [{"LastName": "King"}])
        found = failure(server, lambda target: target.get("contacts", record_id), clock)
        assert (len(server.history()), rounded(clock.sleeps)) == (READ_ATTEMPTS, sleeps)
    hint = f"is {server.base_url} the right address, and is it up?"
    assert found == f"crelate: E901 cannot be reached: {reason} ({hint})"


def test_target_that_is_down_is_given_up() -> None:
    """No connection, five times."""
    clock = FakeClock()
    with practice() as server:
        pass
    expected = (
        f"crelate: E901 cannot be reached: connection refused (is {server.base_url} the right address, and is it up?)"
    )
    assert failure(server, RestTarget.identify, clock) == expected
    assert clock.sleeps == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("401@GET", "crelate: E902 not authorised (401) (regenerated, switched off or mistyped?)"),
        ("402@GET", "crelate: E902 not authorised (402) (check the key)"),
        ("403-html@GET", "crelate: E902 not authorised (403) (a firewall answers: check the network)"),
        ("405@GET", f"crelate: E905 the target does not offer this (405) ({NOT_OFFERED})"),
        ("301-other-host@GET", f"crelate: E904 the target has moved to http://other.invalid{RECENT} ({NOTHING_SENT})"),
        ("404@GET", f"GET /contacts/recent: E906 {NO_LIST}"),
        ("status-error@GET", f"GET /contacts/recent: E906 {NO_LIST}"),
    ],
)
def test_read_that_cannot_succeed_is_not_repeated(fault: str, expected: str) -> None:
    """Where asking again is no use, the first answer decides."""
    clock = FakeClock()
    with practice(fault) as server:
        assert failure(server, all_pages, clock) == expected
        assert (len(server.history()), clock.sleeps) == (1, [])


def test_read_that_is_sent_round_in_a_circle_is_given_up() -> None:
    """A redirect within the same host is followed three times, and no further."""
    clock = FakeClock()
    with practice("redirect-loop@GET") as server:
        expected = f"crelate: E904 the target has moved to {RECENT} ({NOTHING_SENT})"
        assert failure(server, all_pages, clock) == expected
        assert (len(server.history()), clock.sleeps) == (1 + MAX_HOPS, [])


def test_read_does_not_wait_for_hours() -> None:
    """A longer wait than a quarter of an hour ends the run, resumable."""
    with practice("429@GET:1000") as server, pytest.raises(Busy) as caught:
        asked(server, RestTarget.identify)
    assert str(caught.value) == "crelate: E704 the target asks to wait 1,000 s (run it again after that time)"


def test_list_survives_a_bad_page() -> None:
    """A page that fails in passing is asked for again, and nothing is lost or read twice."""
    with practice("reset-body@GET#2", "503@GET#4") as server:
        ids = server.seed_records("companies", ({"Name": f"No {n}"} for n in range(1001)))
        pages = asked(server, lambda target: all_pages(target, "companies"))
        skips = [entry.query["skip"] for entry in server.history()]
    assert [record.id for page in pages for record in page] == ids[::-1]
    assert skips == ["0", "500", "500", "1000", "1000"]


@pytest.mark.parametrize(
    ("fault", "sleeps"), [("429@POST#1:7", [7.0]), ("429-bare@POST#1", [5.0]), ("429@POST#1:0", [])]
)
def test_next_request_waits_as_the_server_asked(fault: str, sleeps: list[float]) -> None:
    """A write that came too early is not repeated here, but nothing else goes before the time that was named."""
    clock = FakeClock()
    with practice(fault) as server:

        async def write(target: RestTarget) -> list[Verdict]:
            change = Write(object="contacts", fields={"LastName": "King"})
            return [(await target.write(change)).verdict for _ in range(3)]

        assert asked(server, write, clock) == [Verdict.NOT_APPLIED, Verdict.APPLIED, Verdict.APPLIED]
        assert (len(server.history()), clock.sleeps) == (3, sleeps)
