"""Each kind of fault: what the client gets, how the connection ends, and what was really done."""

import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from practising import Crm, FixedClock, eventually, practice, raw_exchange

from migrator.emulators import Options
from migrator.emulators.fault_kinds import KINDS

Outcome = tuple[str, bytes, str, bool, int | None]

_BARE = ("400", "401", "402", "404", "405", "408", "409", "422", "429", "501", "503", "507")
_SPOILT = ("no-id", "other-id", "garbage-json", "nan-json", "duplicate-keys", "deep-json", "bom", "wrong-charset")
_ODD = ("wrong-charset-latin", "truncated-json", "short-length", "dropped-field", "trimmed-value", "changed-case")


def outcome(status: int, *, argument: str = "", ended: str = "closed", committed: bool = False) -> Outcome:
    """Expect a status, in the first line and in the history."""
    return argument, f"HTTP/1.1 {status} ".encode(), ended, committed, status


# kind: (argument, first bytes, how the connection ends, committed, what the history says was answered)
OUTCOMES: dict[str, Outcome] = {
    **{status: outcome(int(status)) for status in _BARE},
    **{f"{status}-other-host": outcome(status) for status in (301, 302, 307, 308)},
    **{f"429-{how}": outcome(429) for how in ("date", "bare", "garbage")},
    **{kind: outcome(200) for kind in ("html-200", "empty-200", "status-error", "error-200")},
    "401-once": outcome(401),
    "403-html": outcome(403),
    "500-before": outcome(500),
    "503-date": outcome(503),
    "redirect-loop": outcome(307),
    "reset-before": ("", b"", "reset", False, None),
    "close-before": ("", b"", "closed", False, None),
    "hang-before": (":0.05", b"", "closed", False, None),
    "500-after": outcome(500, committed=True),
    "502-html-after": outcome(502, committed=True),
    "504-late": outcome(504, argument=":0.05", committed=True),
    "html-200-after": outcome(200, committed=True),
    "empty-200-after": outcome(200, committed=True),
    "reset-after": ("", b"", "reset", True, None),
    "close-after": ("", b"", "closed", True, None),
    "hang-after": (":0.05", b"", "closed", True, None),
    "late-commit": (":0.05", b"", "closed", True, None),
    **{kind: outcome(200, committed=True) for kind in (*_SPOILT, *_ODD)},
    "reset-body": outcome(200, ended="reset", committed=True),
    "reset-headers": ("", b"HTTP/1.1 200 OK", "reset", True, None),
    "garbage-status": ("", b"\x16\x03\x01 not HTTP at all\r\n", "closed", True, None),
    "1xx-flood": ("", b"HTTP/1.1 103 Early Hints\r\n", "closed", True, 200),
    "stalled-chunk": outcome(200, argument=":0.05", committed=True),
    "drip": outcome(200, argument=":0.001", committed=True),
    "slow": outcome(200, argument=":0.05", committed=True),
    "huge-body": outcome(200, argument=":100000", committed=True),
    "gzip-bomb": outcome(200, argument=":100000", committed=True),
}


def test_every_kind_has_an_outcome() -> None:
    """No kind of fault goes without a test."""
    assert set(OUTCOMES) == set(KINDS)
    assert len(KINDS) >= 40


@pytest.mark.parametrize("kind", KINDS)
def test_fault_does_what_its_name_says(kind: str) -> None:
    """The client sees what it should, and the history tells whether the record is really there."""
    argument, first, ended, committed, answered = OUTCOMES[kind]
    with practice(f"{kind}@#1{argument}") as crm:
        received, how = raw_exchange(crm, {"LastName": "King", "EmailAddress_Work": "ada@example.org"})
        assert (received.startswith(first), bool(received), how) == (True, bool(first), ended)
        assert eventually(lambda: crm.server.history()[0].committed is committed)
        assert (crm.server.history()[0].answered, len(crm.held("contacts"))) == (answered, int(committed))
        assert (crm.server.history()[0].record_id in crm.server.snapshot()["contacts"]) is committed
        assert crm.send("POST", "/contacts", {}).status_code == 200


def struck(fault: str, body: dict[str, Any] | None = None) -> tuple[httpx.Response, list[dict[str, Any]]]:
    """Send one create through a fault; give the answer and the contacts that there are then."""
    with practice(fault, options=Options(clock=FixedClock())) as crm:
        return crm.send("POST", "/contacts", body or {}), crm.held("contacts")


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        ("429@1", "1"),
        ("429@1:7", "7"),
        ("503@1:120", "120"),
        ("429-date@1:90", "Mon, 06 May 2024 07:09:39 GMT"),
        ("503-date@1", "Mon, 06 May 2024 07:08:10 GMT"),
        ("429-garbage@1", "soon"),
        ("429-bare@1", None),
    ],
)
def test_wait_is_told(fault: str, header: str | None) -> None:
    """Retry-After comes as seconds, as a date counted from the answer's own Date, as rubbish, or not at all."""
    answer, _contacts = struck(fault)
    assert answer.headers.get("retry-after") == header
    assert parsedate_to_datetime(answer.headers["date"]) == FixedClock().moment.replace(microsecond=0)
    assert answer.json() == {"Message": f"scripted fault: {answer.status_code}"}


@pytest.mark.parametrize("kind", ["301-other-host", "302-other-host", "307-other-host", "308-other-host"])
def test_redirect_leads_to_another_host(kind: str) -> None:
    """A redirect points at another server with path and query; whoever follows it hands over the key there."""
    with practice() as other, practice(f"{kind}@1:{other.server.base_url.removesuffix('/api/pub/v1')}") as crm:
        answer = crm.send("POST", "/contacts/", {})
        assert answer.headers["location"] == f"{other.server.base_url}/contacts/?api_key={crm.server.api_key}"
        assert other.server.history() == []
    assert struck(f"{kind}@1")[0].headers["location"].startswith("http://other.invalid/api/pub/v1/contacts?api_key=")


def test_redirect_loop_leads_to_itself() -> None:
    """A loop points at the very same request."""
    with practice("redirect-loop@1") as crm:
        answer = crm.send("GET", "/contacts", email="a@b.c")
        assert answer.headers["location"] == f"/api/pub/v1/contacts?api_key={crm.server.api_key}&email=a%40b.c"


@pytest.mark.parametrize("kind", ["403-html", "html-200", "html-200-after", "502-html-after", "504-late"])
def test_page_is_html(kind: str) -> None:
    """What a proxy answers is a page."""
    answer, _contacts = struck(f"{kind}@1")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!DOCTYPE html><html><head><title>Down for maintenance</title>")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("empty-200", b""),
        ("empty-200-after", b""),
        ("status-error", b'{"status":"ERROR"}'),
        ("error-200", b'{"error":"scripted fault"}'),
        ("no-id", b"{}"),
        ("other-id", b'{"Id":"00000000-0000-4000-8000-000000000000"}'),
        ("garbage-json", b'{"Id": nonsense]'),
    ],
)
def test_answer_is_not_the_truth(kind: str, body: bytes) -> None:
    """An answer that calls itself JSON and success, and is of no use."""
    answer, _contacts = struck(f"{kind}@1")
    assert (answer.content, answer.headers["content-type"]) == (body, "application/json; charset=utf-8")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("nan-json", '{{"Score":NaN,"Id":"{id}"}}'),
        ("duplicate-keys", '{{"Id":"00000000-0000-4000-8000-000000000000","Id":"{id}"}}'),
        ("deep-json", '{{"Deep":' + "[" * 5000 + "]" * 5000 + ',"Id":"{id}"}}'),
        ("bom", '\ufeff{{"Id":"{id}"}}'),
        ("1xx-flood", '{{"Id":"{id}"}}'),
        ("drip", '{{"Id":"{id}"}}'),
        ("slow", '{{"Id":"{id}"}}'),
        ("huge-body", '{{"Id":"{id}","Padding":"xxxxx"}}'),
    ],
)
def test_answer_is_odd_but_has_the_id(kind: str, text: str) -> None:
    """An answer that a careful client may still take the right id from."""
    argument = {"drip": ":0.001", "slow": ":0", "huge-body": ":5"}.get(kind, "")
    answer, contacts = struck(f"{kind}@1{argument}")
    assert answer.content.decode() == text.format(id=contacts[0]["Id"])


@pytest.mark.parametrize(
    ("kind", "declared", "real"),
    [("wrong-charset", "utf-8", "cp1252"), ("wrong-charset-latin", "iso-8859-1", "utf-8")],
)
def test_charset_is_not_what_is_declared(kind: str, declared: str, real: str) -> None:
    """The bytes are in another charset than the header says."""
    answer, contacts = struck(f"{kind}@1")
    assert answer.headers["content-type"] == f"application/json; charset={declared}"
    assert json.loads(answer.content.decode(real)) == {"Id": contacts[0]["Id"], "Message": "naïve café"}


def test_gzip_bomb_is_small_on_the_wire() -> None:
    """A body that grows a hundredfold when it is unpacked."""
    answer, contacts = struck("gzip-bomb@1:1000000")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 5000
    assert answer.json() == {"Id": contacts[0]["Id"], "Padding": "x" * 1_000_000}


def test_truncated_answer_shows_no_error() -> None:
    """Without a length the client gets half of the JSON and no exception at all."""
    answer, contacts = struck("truncated-json@1")
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    assert f'{{"Id":"{contacts[0]["Id"]}"}}'.startswith(answer.text)
    assert len(answer.text) == 22


@pytest.mark.parametrize(
    "kind", ["short-length", "reset-body", "reset-headers", "reset-after", "close-after", "garbage-status"]
)
def test_broken_answer_is_an_error(kind: str) -> None:
    """An answer that breaks off is a transport error to any client, and so is one that is no HTTP."""
    with practice(f"{kind}@1") as crm:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            crm.send("POST", "/contacts", {})
        assert len(crm.held("contacts")) == 1


def post_impatiently(crm: Crm) -> None:
    """Send a create and wait for its answer for a moment only."""
    url, timeout = f"{crm.server.base_url}/contacts?api_key={crm.server.api_key}", httpx.Timeout(5, read=0.05)
    crm.http.post(url, json={}, timeout=timeout)


@pytest.mark.parametrize(("kind", "committed"), [("hang-before", 0), ("hang-after", 1), ("stalled-chunk", 1)])
def test_hanging_request_times_out(kind: str, committed: int) -> None:
    """A client that waits less than the server holds runs into its own timeout."""
    with practice(f"{kind}@1:30") as crm:
        with pytest.raises(httpx.ReadTimeout):
            post_impatiently(crm)
        assert eventually(lambda: len(crm.held("contacts")) == committed)


@pytest.mark.parametrize("fault", ["hang-after@1:30", "drip@1:30", "slow@1:30"])
def test_closing_ends_all_waiting(fault: str) -> None:
    """A server that is closed lets nobody hang, and commits nothing any more."""
    with practice(fault) as crm:
        with pytest.raises(httpx.ReadTimeout):
            post_impatiently(crm)
        begun = time.perf_counter()
        crm.server.close()
        assert time.perf_counter() - begun < 0.9
        assert len(crm.held("contacts")) == int(not fault.startswith("slow"))


@pytest.mark.parametrize(("kind", "gone"), [("late-commit", True), ("504-late", False)])
def test_late_commit_comes_after_the_answer(kind: str, *, gone: bool) -> None:
    """First the client is told nothing or 504, later the record appears all the same."""
    with practice(f"{kind}@#1:0.2") as crm:
        received, _ended = raw_exchange(crm, {"LastName": "King"})
        assert (crm.held("contacts"), crm.server.history()[0].committed, received == b"") == ([], False, gone)
        assert eventually(lambda: crm.server.history()[0].committed)
        assert [one["LastName"] for one in crm.held("contacts")] == ["King"]


def test_late_commit_does_not_outlive_the_server() -> None:
    """What had not been committed when the server was closed never is."""
    with practice("late-commit@1:0.1") as crm:
        raw_exchange(crm, {})
        crm.server.close()
        time.sleep(0.15)
        assert crm.held("contacts") == []


def test_drip_takes_its_time() -> None:
    """The body comes byte by byte, each within any timeout for a single read."""
    begun = time.perf_counter()
    struck("drip@1:0.004")
    assert time.perf_counter() - begun > 45 * 0.004


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("dropped-field@1", {"EmailAddress_Work": None}),
        ("dropped-field@1:FirstName", {"FirstName": None}),
        ("dropped-field@1:Nothing", {}),
        ("trimmed-value@1", {"EmailAddress_Work": "Ada@example.or"}),
        ("trimmed-value@1:LastName", {"LastName": "Kin"}),
        ("trimmed-value@1:Salary", {}),
        ("changed-case@1", {"EmailAddress_Work": "aDA@EXAMPLE.ORG"}),
        ("changed-case@1:LastName", {"LastName": "kING"}),
    ],
)
def test_something_else_is_stored(fault: str, changed: dict[str, str | None]) -> None:
    """The answer is right, the history holds what was sent, and the record is different."""
    sent = {"FirstName": "Ada", "Salary": 5, "LastName": "King", "EmailAddress_Work": "Ada@example.org"}
    with practice(fault) as crm:
        answer = crm.send("POST", "/contacts", sent)
        held = crm.held("contacts")[0]
        assert (answer.json(), crm.server.history()[0].body) == ({"Id": held["Id"]}, sent)
    assert {name: held.get(name) for name in sent} == sent | changed


@pytest.mark.parametrize("body", ["[]", "{", "{}"])
def test_nothing_to_alter_is_left_alone(body: str) -> None:
    """A body without fields is passed on as it is."""
    with practice("dropped-field@1") as crm, practice() as other:
        assert crm.send_text("POST", "/contacts", body).status_code == (
            other.send_text("POST", "/contacts", body).status_code
        )


def test_spoilt_read_changes_nothing() -> None:
    """Reads are struck too; a list loses nothing by a missing id."""
    with practice("no-id@GET#1", "500-after@GET#2", "reset-after@GET#3") as crm:
        record_id = crm.create("/contacts", LastName="King")
        assert "Id" not in crm.read(f"/contacts/{record_id}")
        assert crm.send("GET", f"/contacts/{record_id}").status_code == 500
        with pytest.raises(httpx.ReadError):
            crm.read(f"/contacts/{record_id}")
        assert [one.committed for one in crm.server.history()] == [True, False, False, False]
