"""What an answer proves where a connector says more: successes without an id, ids in headers, and rules of errors."""

from pathlib import Path
from typing import Any

import pytest
from clocks import FakeClock
from scripting import Server, define, httpx, people, refusal, talk, told

from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.target import RestTarget
from migrator.errors import Problem
from migrator.records import Outcome, Verdict, Write

RULED = Outcome(verdict=Verdict.NOT_APPLIED, status=418)
GONE = "the target no longer has this record"
NO_PROOF = "the answer is no proof of success"
ADA = Write(object="people", fields={"name": "Ada", "key": "old-1"})
CHANGE = Write(object="people", fields={"name": "Ada"}, id="7")
MARKED = "objects: {people: {marker: key, tier: A, fields: {text: name key}}}"
NO_ID = '{method: POST, path: "/{object}", id: null, ok: {status: OK}}'
FIND = '{query: {"{field}": "{value}"}}'


def written(definition: Definition, change: Write, *answers: Any) -> tuple[Outcome, list[str]]:
    """Write once; give the outcome, and what the server was asked."""
    server = Server(*answers)
    return talk(definition, server, lambda target: target.write(change)), server.lines


def doubt(message: str = NO_PROOF, status: int = 200, *, is_success: bool = False) -> Outcome:
    """Make an outcome in doubt."""
    return Outcome(verdict=Verdict.IN_DOUBT, status=status, message=message, is_success=is_success)


def test_create_without_an_id_is_found_by_its_marker(tmp_path: Path) -> None:
    """A success that names no record is followed by a look for the marker that was just sent."""
    definition = define(tmp_path, MARKED, create=NO_ID, find=FIND)
    outcome, lines = written(definition, ADA, told({"status": "OK"}), told([{"id": 9, "key": "old-1"}]))
    assert outcome.target_id == "9"
    assert outcome.verdict is Verdict.APPLIED
    assert lines == ["POST /people", "GET /people?key=old-1"]


@pytest.mark.parametrize(
    "found",
    [
        told([]),
        told([{"id": 9, "key": "old-2"}]),
        told([{"id": 9}]),
        told([{"id": 8, "key": "old-1"}, {"id": 9, "key": "old-1"}]),
        told({"message": "no"}, 401),
    ],
    ids=["none", "another", "without", "two", "refused"],
)
def test_create_that_is_not_found_again_stays_in_doubt(tmp_path: Path, found: Any) -> None:
    """None, two, or another one that the server's own search gave: nothing is proved; a write never raises."""
    definition = define(tmp_path, MARKED, create=NO_ID, find=FIND)
    outcome, lines = written(definition, ADA, told({"status": "OK"}), found)
    assert (outcome, len(lines)) == (doubt(is_success=True), 2)


@pytest.mark.parametrize("answer", [{"status": "ERROR"}, {}, None])
def test_create_that_is_no_success_is_not_looked_for(tmp_path: Path, answer: Any) -> None:
    """Only what the connector calls a success is looked for at once."""
    definition = define(tmp_path, MARKED, create=NO_ID, find=FIND)
    assert written(definition, ADA, told(answer)) == (doubt(), ["POST /people"])


@pytest.mark.parametrize(
    ("change", "find"), [(ADA, "null"), (Write(object="people", fields={"name": "Ada"}), FIND)], ids=["find", "marker"]
)
def test_create_that_cannot_be_found_again_is_in_doubt(tmp_path: Path, change: Write, find: str) -> None:
    """Without a search, or without a marker, whoever asked decides."""
    definition = define(tmp_path, MARKED, create=NO_ID, find=find)
    assert written(definition, change, told({"status": "OK"})) == (doubt(is_success=True), ["POST /people"])


APPLIED = Outcome(verdict=Verdict.APPLIED, target_id="7", status=200)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (told({"status": "OK"}), APPLIED),
        (told({"status": "OK", "id": "8"}), APPLIED),
        (told({"status": "ERROR"}), doubt()),
        (told({}), doubt()),
        (told(None), doubt()),
        (told([]), doubt()),
        (httpx.Response(200, html="<h1>OK</h1>"), doubt()._replace(is_page=True)),
        (httpx.Response(200, text='{"status": "OK"}'), doubt()),
        (told(None, 204), Outcome(verdict=Verdict.APPLIED, target_id="7", status=204)),
        (told(None, 202), doubt("", 202)),
    ],
)
def test_update_is_proved_by_what_the_connector_says(tmp_path: Path, answer: Any, expected: Outcome) -> None:
    """An update whose answer holds no record needs the words of a success; 204 has none and is one."""
    update = '{method: PATCH, path: "/{object}/{id}", id: null, ok: {status: {in: [OK, DONE]}}}'
    definition = define(tmp_path, "success: {status: [200, 204]}", update=update)
    assert written(definition, CHANGE, answer) == (expected, ["PATCH /people/7"])


def test_no_content_is_no_proof_where_an_id_is_told(tmp_path: Path) -> None:
    """Where an update answers with its record, an empty answer is none; nor is one with a status that is not stated."""
    definition = define(tmp_path, "success: {status: [200, 204]}")
    assert written(definition, CHANGE, told(None, 204))[0] == doubt(NO_PROOF, 204)
    update = '{method: PATCH, path: "/{object}/{id}", id: null}'
    assert written(define(tmp_path, update=update), CHANGE, told(None, 204))[0] == doubt("", 204)


LOCATION = '{method: POST, path: "/{object}", id: "header:Location"}'


@pytest.mark.parametrize(
    ("location", "target_id"),
    [
        ("http://127.0.0.1:9/api/people/42", "42"),
        ("/api/people/42/", "42"),
        ("42", "42"),
        ("/api/people/42?key=x", "42"),
        ("/api/login", ""),
        ("/", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("body", [None, {}])
def test_id_stands_in_a_header(tmp_path: Path, location: str, target_id: str, body: Any) -> None:
    """The last part of the address is the id, if it looks like one, with or without a body."""
    definition = define(tmp_path, "success: {status: [201], id_pattern: '^[0-9]+$'}", create=LOCATION)
    outcome, _lines = written(definition, ADA, told(body, 201, {"Location": location}))
    applied = Outcome(verdict=Verdict.APPLIED, target_id=target_id, status=201)
    assert outcome == (applied if target_id else doubt(NO_PROOF, 201))


def test_id_in_a_header_does_not_make_a_page_a_success(tmp_path: Path) -> None:
    """A page of HTML proves nothing, whatever its headers are."""
    definition = define(tmp_path, create=LOCATION)
    page = httpx.Response(201, html="<h1>Welcome</h1>", headers={"Location": "/api/people/42"})
    assert written(definition, ADA, page)[0] == doubt(NO_PROOF, 201)._replace(is_page=True)


@pytest.mark.parametrize(
    ("answer", "target_id"),
    [({"id": "5"}, "5"), ({"data": {"key": 6}}, "6"), ({"id": "", "data": {"key": 6}}, "6"), ({"data": {}}, "")],
)
def test_first_path_that_leads_to_an_id_counts(tmp_path: Path, answer: Any, target_id: str) -> None:
    """Several places of the id are tried in order."""
    definition = define(tmp_path, create='{method: POST, path: "/{object}", id: [id, data.key]}')
    outcome, _lines = written(definition, ADA, told(answer))
    assert outcome == (Outcome(verdict=Verdict.APPLIED, target_id=target_id, status=200) if target_id else doubt())


def ruled(folder: Path, *rules: str) -> Definition:
    """Read a tiny connector with rules of errors."""
    return define(folder, "errors:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules))


@pytest.mark.parametrize(
    ("rule", "answer", "is_refused"),
    [
        ("status: [418, 499], is: invalid", told({"m": "x"}, 499), True),
        ("status: [418, 499], is: invalid", told({"m": "x"}, 498), False),
        ("body: {e: bad}, is: invalid", told({"e": "bad", "m": "x"}), True),
        ("body: {e: bad}, is: invalid", told({"e": "good"}), False),
        ("body: {e.code: {in: [1, 2]}}, is: invalid", told({"e": {"code": 2}}, 503), True),
        ("body: {e.code: {in: [1, 2]}}, is: invalid", told({"e": {"code": 3}}, 503), False),
        ("body: {m: {matches: '(?i)^bad'}}, is: invalid", told({"m": "BAD name"}, 503), True),
        ("body: {m: {matches: '(?i)^bad'}}, is: invalid", told({"m": 7}, 503), False),
        ("body: {e: {exists: true}}, is: invalid", told({"e": 0}, 503), True),
        ("body: {e: {exists: true}}, is: invalid", told({"m": 0}, 503), False),
        ("body: {e: {exists: false}}, is: invalid", told({}, 503), True),
        ("body: {e: {equals: [1]}}, is: invalid", told({"e": [1]}, 503), True),
        ("body: {e.0.code: 4}, is: invalid", told({"e": [{"code": 4}]}, 503), True),
        ("status: 503, body: {e: bad}, is: invalid", told({"e": "bad"}, 502), False),
        ("header: {x-error: {exists: true}}, is: invalid", told({"m": "x"}, 200, {"X-Error": "1"}), True),
        ("header: {x-error: {exists: true}}, is: invalid", told({"m": "x"}, 200), False),
        ("body: {e: bad}, is: invalid", httpx.Response(503, text="e: bad"), False),
    ],
)
def test_rule_fits_by_status_body_and_header(tmp_path: Path, rule: str, answer: Any, *, is_refused: bool) -> None:
    """All that a rule states must hold; then it goes before the table and before success."""
    outcome, _lines = written(ruled(tmp_path, rule), ADA, answer)
    assert outcome.verdict is (Verdict.REFUSED if is_refused else Verdict.IN_DOUBT)


@pytest.mark.parametrize(
    ("rule", "body", "message"),
    [
        ("fields: errors", {"errors": {"name": ["long", "odd"], "mail": "taken"}}, "name: long, odd; mail: taken"),
        ("fields: d.errors, message: m", {"m": "no", "d": {"errors": {"name": "odd"}}}, "name: odd"),
        ("fields: errors, message: m", {"m": "no", "errors": None}, "no"),
        ("message: e.text", {"e": {"text": "no", "trace": "secret"}}, "no"),
        ("message: e.0", {"e": ["no", "more"]}, "no"),
        ("message: gone", {"e": "no"}, '{"e":"no"}'),
        ("confirm: false", {"e": "no", "f": {"g": ["more"]}}, "no; more"),
    ],
)  # fmt: skip
def test_refusal_is_told_by_field(tmp_path: Path, rule: str, body: Any, message: str) -> None:
    """Messages by field go first, then the text for people, then all there is."""
    outcome, _lines = written(ruled(tmp_path, f"status: 422, is: invalid, {rule}"), ADA, told(body, 422))
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=422, message=message)


HALTS = [
    ("quota", "E704 the account's quota is used up (run it again when the account may send more)"),
    ("auth", "E902 not authorised (418) (it says: no)"),
    ("forbidden", "E902 not authorised (418) (it says: no)"),
    ("fatal", "E905 the target cannot do this (418): no (report it: the connector sends what it should not)"),
    (
        "not_found",
        "E905 the target does not offer this (418) (check the base URL; the request is not one that this target knows)",
    ),
]


@pytest.mark.parametrize(("means", "problem"), HALTS)
def test_rule_stops_the_run(tmp_path: Path, means: str, problem: str) -> None:
    """What no other record can change either ends the run; this one was not applied."""
    outcome, _lines = written(ruled(tmp_path, f"status: 418, is: {means}, message: m"), ADA, told({"m": "no"}, 418))
    assert (outcome.verdict, outcome.message) == (Verdict.NOT_APPLIED, "no")
    assert str(outcome.halt) == f"tiny: {problem}"


@pytest.mark.parametrize(("means", "problem"), HALTS[:4])
def test_rule_ends_a_read(tmp_path: Path, means: str, problem: str) -> None:
    """A read that such a rule refuses is not repeated."""
    server = Server(told({"m": "no"}, 418))
    definition = ruled(tmp_path, f"status: 418, is: {means}, message: m")
    assert refusal(definition, server, lambda target: target.get("people", "7")) == f"tiny: {problem}"


@pytest.mark.parametrize(
    ("rule", "change", "expected"),
    [
        ("is: duplicate, message: m", ADA, RULED._replace(verdict=Verdict.REFUSED, message="no")),
        ("is: invalid, confirm: true", ADA, RULED._replace(verdict=Verdict.REFUSED, message="no", confirm=True)),
        ("is: rate_limited", ADA, RULED._replace(wait_seconds=5.0, message="too many requests")),
        ("is: transient", ADA, doubt('{"m":"no"}', 418)),
        ("is: in_doubt", CHANGE, doubt('{"m":"no"}', 418)),
        ("is: not_found", CHANGE, RULED._replace(verdict=Verdict.GONE, message=GONE)),
    ],
)  # fmt: skip
def test_rule_says_what_became_of_a_record(tmp_path: Path, rule: str, change: Write, expected: Outcome) -> None:
    """Refused, waited for, in doubt or gone: the connector's word."""
    definition = ruled(tmp_path, f"status: 418, {rule}")
    assert written(definition, change, told({"m": "no"}, 418))[0] == expected


def test_full_storage_is_in_doubt_and_stops_the_run(tmp_path: Path) -> None:
    """Whether the record still fitted in is read before it is sent again."""
    outcome, _lines = written(ruled(tmp_path, "status: 507, is: storage"), ADA, told({"m": "full"}, 507))
    halt = Problem(code="E703", place="tiny", fact="the account's storage is full", hint="free some, then apply again")
    assert outcome == Outcome(verdict=Verdict.IN_DOUBT, status=507, message='{"m":"full"}', halt=halt)


def test_record_that_a_rule_calls_missing_is_none(tmp_path: Path) -> None:
    """A read of what a rule calls not found gives nothing, whatever the status."""
    definition = ruled(tmp_path, "status: 200, body: {error: {matches: none}}, is: not_found")
    server = Server(told({"error": "none such"}))
    assert talk(definition, server, lambda target: target.get("people", "7")) is None


@pytest.mark.parametrize("empties", [1, 2])
def test_empty_answer_is_believed_when_it_comes_again(tmp_path: Path, empties: int) -> None:
    """An answer with nothing in it is asked for once more; the second one says that there is nothing."""
    server = Server(*[told(None)] * empties, told({"id": "7"}))
    found = talk(define(tmp_path), server, lambda target: target.get("people", "7"))
    assert (found is None, len(server.requests)) == (empties == 2, 2)


@pytest.mark.parametrize("change", [ADA, CHANGE], ids=["create", "update"])
@pytest.mark.parametrize("location", ["/api/persons", "https://evil.example/api/people"])
def test_write_is_never_sent_on(tmp_path: Path, change: Write, location: str) -> None:
    """Not even within the host: whether the first server did something is read first."""
    outcome, lines = written(define(tmp_path), change, told(None, 307, {"Location": location}))
    hint = "correct the base URL; nothing was sent to the new address"
    halt = Problem(code="E904", place="tiny", fact=f"the target has moved to {location}", hint=hint)
    assert (outcome, len(lines)) == (Outcome(verdict=Verdict.IN_DOUBT, status=307, halt=halt), 1)


def test_what_remains_is_heeded_after_each_answer(tmp_path: Path) -> None:
    """An answer that tells that nothing remains holds the next request back, be it a read or a write."""
    definition = define(tmp_path, "limits: {remaining: X-Left, reset: X-Reset}")
    clock, used_up = FakeClock(), {"X-Left": "0", "X-Reset": "7"}
    server = Server(told({"id": "7"}, headers=used_up), told({"id": "7"}, headers={"X-Left": "5", "X-Reset": "9"}))

    async def twice(target: RestTarget) -> None:
        await target.write(ADA)
        await target.get("people", "7")

    talk(definition, server, twice, clock=clock)
    assert (clock.sleeps, len(server.requests)) == ([7.0], 2)


@pytest.mark.parametrize(("rule", "calls"), [("is: invalid", 1), ("is: invalid, confirm: true", 5)])
def test_read_that_is_refused_is_told_at_once(tmp_path: Path, rule: str, calls: int) -> None:
    """A question that is wrong stays wrong; a refusal that may be a fault is asked again."""
    definition = define(tmp_path, f"errors: [{{status: 422, message: m, {rule}}}]")
    server = Server(*[told({"m": "no such filter"}, 422)] * 5)
    expected = (
        "E906 the target refuses to read people (422): no such filter" if calls == 1 else "the server answers 422"
    )
    assert expected in refusal(definition, server, people)
    assert len(server.requests) == calls
