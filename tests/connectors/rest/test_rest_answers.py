"""What each answer to a write proves, row by row of the protocol's table."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from connecting import CRELATE, GHOST
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.connectors.rest.answers import classify, halt_problem
from migrator.connectors.rest.definition import Action, ErrorRule
from migrator.connectors.rest.http import Answer
from migrator.errors import Problem
from migrator.records import Outcome, Verdict, Write

OTHER = "00000000-0000-4000-8000-000000000000"
JSON = {"content-type": "application/json; charset=utf-8"}
HTML = {"content-type": "text/html; charset=utf-8"}
PAGE = "<!DOCTYPE html><html><h1>Be right back</h1></html>"
CREATE = Write(object="companies", fields={"Name": "Acme"})
UPDATE = CREATE._replace(id=GHOST)
ID = json.dumps({"Id": GHOST})
MESSAGE = '{"Message": "no"}'
NO_PROOF = "the answer is no proof of success"
MISSING = '{"Message": "The following required fields are missing: Name", "MissingFields": ["Name"]}'

APPLIED, REFUSED, GONE = Verdict.APPLIED, Verdict.REFUSED, Verdict.GONE
NOT_APPLIED, IN_DOUBT = Verdict.NOT_APPLIED, Verdict.IN_DOUBT


def action_of(change: Write) -> Action:
    """Give the action that sends a change."""
    return CRELATE.objects[change.object].actions["update" if change.id else "create"]


def answered(status: int, body: str | bytes = "", headers: Mapping[str, str] = JSON) -> Answer:
    """Make an answer."""
    return Answer(status=status, headers=headers, body=body.encode() if isinstance(body, str) else body)


def read_as(change: Write, status: int, body: str | bytes = "", headers: Mapping[str, str] = JSON) -> Outcome:
    """Classify an answer."""
    return classify(CRELATE, action_of(change), change, answered(status, body, headers))


def halt(code: str, fact: str, hint: str) -> Problem:
    """Say why the run stops."""
    return Problem(code=code, place="crelate", fact=fact, hint=hint)


@pytest.mark.parametrize("change", [CREATE, UPDATE], ids=["create", "update"])
@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(
    "body", [ID, f'{{"Id": "{GHOST}", "Name": "Acme"}}', f"\ufeff{ID}", f' {{"x": [1],\n{ID[1:]} ']
)
@pytest.mark.parametrize("content_type", ["application/json", "text/json; charset=iso-8859-1", "application/hal+json"])
def test_success_is_proved_by_an_id(change: Write, status: int, body: str, content_type: str) -> None:
    """Status, content type, JSON and the id together are a success."""
    expected = Outcome(verdict=APPLIED, target_id=GHOST, status=status)
    assert read_as(change, status, body, {"content-type": content_type}) == expected


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"status": "ERROR"}',
        '{"Id": null}',
        '{"Id": ""}',
        '{"Id": 7}',
        '{"Id": true}',
        '{"Id": ["a"]}',
        '{"Id": "../../admin"}',
        f'{{"Id": "{GHOST}/x"}}',
        f'{{"id": "{GHOST}"}}',
        f'{{"Data": {ID}}}',
        f'"{GHOST}"',
        f"[{ID}]",
        "null",
    ],
)
def test_create_without_an_id_of_its_kind_is_in_doubt(body: str) -> None:
    """An answer that names no record, or no GUID, may follow a create that happened."""
    assert read_as(CREATE, 200, body) == Outcome(verdict=IN_DOUBT, status=200, message=NO_PROOF)


@pytest.mark.parametrize("change", [CREATE, UPDATE], ids=["create", "update"])
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("", JSON),
        ("", {}),
        (PAGE, HTML),
        (PAGE, JSON),
        (f"\n  {PAGE}", JSON),
        (ID, HTML),
        (ID, {}),
        (ID, {"content-type": "text/plain"}),
        (ID[:-2], JSON),
        (f"{ID}{ID}", JSON),
        ('{"Id": nonsense]', JSON),
        (f'{{"Score": NaN, {ID[1:]}', JSON),
        (f'{{"Deep": {"[" * 100_000}, {ID[1:]}', JSON),
        (ID.encode() + b"\xe9", JSON),
        (ID.encode("utf-16"), JSON),
    ],
)
def test_success_that_cannot_be_read_is_in_doubt(change: Write, body: str | bytes, headers: Mapping[str, str]) -> None:
    """A page of a proxy's, half an answer or bytes of another charset are no proof, on a create or an update."""
    is_page = isinstance(body, str) and PAGE in body
    assert read_as(change, 200, body, headers) == Outcome(
        verdict=IN_DOUBT, status=200, message=NO_PROOF, is_page=is_page
    )


def test_update_that_names_another_record_is_in_doubt() -> None:
    """The id of another record is no proof that ours was changed."""
    outcome = read_as(UPDATE, 200, json.dumps({"Id": OTHER}))
    assert outcome == Outcome(verdict=IN_DOUBT, status=200, message=NO_PROOF)


@pytest.mark.parametrize("change", [CREATE, UPDATE], ids=["create", "update"])
@pytest.mark.parametrize("status", [400, 422])
def test_refusal_is_told_in_the_words_of_the_target(change: Write, status: int) -> None:
    """A status of refusal is one, and each text of the answer is kept."""
    body = json.dumps({"Message": "The request is invalid.", "ModelState": {"Salary": ["expected a number"], "n": 1}})
    message = "The request is invalid.; expected a number"
    assert read_as(change, status, body) == Outcome(verdict=REFUSED, status=status, message=message)


@pytest.mark.parametrize(
    ("body", "message"),
    [("", ""), (PAGE, PAGE), ("{}", "{}"), ('"no"', "no"), ("[1]", "[1]"), ('["a", {"b": "c"}]', "a; c")],
)
def test_refusal_without_words_is_told_as_it_came(body: str, message: str) -> None:
    """Where there is no text in it, the answer itself is kept."""
    assert read_as(CREATE, 400, body) == Outcome(verdict=REFUSED, status=400, message=message)


def test_conflict_is_believed_after_a_read() -> None:
    """A 409 is a refusal, but the record may be there."""
    for change in (CREATE, UPDATE):
        expected = Outcome(verdict=REFUSED, status=409, message="no", confirm=True)
        assert read_as(change, 409, MESSAGE) == expected


@pytest.mark.parametrize(
    ("object_name", "body", "is_refusal"),
    [
        ("companies", MISSING, True),
        ("companies", "Name", True),
        ("companies", '["Name"]', True),
        ("jobs", "missing: Name.", True),
        ("notes", '{"MissingFields":["Body"]}', True),
        ("tasks", "Body is required", True),
        ("companies", "", False),
        ("companies", "ServerName, Username, name, Names", False),
        ("companies", "ParentAccount_Name", False),
        ("companies", "Body", False),
        ("notes", "Name", False),
        ("contacts", MISSING, False),
        ("companies", '{"Message": "An error has occurred."}', False),
    ],
)
def test_server_error_that_names_a_required_field_is_a_refusal(
    object_name: str, body: str, *, is_refusal: bool
) -> None:
    """The vendor refuses with 500 and a list of missing fields; any other 500 proves nothing."""
    outcome = read_as(Write(object=object_name, fields={}), 500, body)
    assert (outcome.verdict, outcome.confirm, outcome.halt) == (REFUSED if is_refusal else IN_DOUBT, is_refusal, None)


def test_server_error_keeps_what_it_said() -> None:
    """The words of a refusal, and the beginning of an answer that proves nothing."""
    words = "The following required fields are missing: Name; Name"
    assert read_as(CREATE, 500, MISSING) == Outcome(verdict=REFUSED, status=500, message=words, confirm=True)
    assert read_as(CREATE, 500, MESSAGE) == Outcome(verdict=IN_DOUBT, status=500, message=MESSAGE)


@pytest.mark.parametrize("change", [CREATE, UPDATE], ids=["create", "update"])
@pytest.mark.parametrize(
    "status",
    [
        100,
        199,
        202,
        203,
        204,
        206,
        299,
        406,
        408,
        410,
        415,
        418,
        423,
        425,
        431,
        499,
        502,
        503,
        504,
        511,
        520,
        599,
        600,
        999,
    ],
)
def test_any_other_status_is_in_doubt(change: Write, status: int) -> None:
    """What neither proves success nor refusal is read first; also a 2xx that the connector does not name."""
    assert read_as(change, status, ID) == Outcome(verdict=IN_DOUBT, status=status, message=ID)
    assert read_as(change, status, PAGE, HTML) == Outcome(verdict=IN_DOUBT, status=status, message=PAGE)


MOVED = "correct the base URL; nothing was sent to the new address"
NOT_OFFERED = "check the base URL; the request is not one that this target knows"
FIREWALL = "a firewall answers: check the network"


KEY_GONE = "regenerated, switched off or mistyped?"


@pytest.mark.parametrize("change", [CREATE, UPDATE], ids=["create", "update"])
@pytest.mark.parametrize(
    ("status", "headers", "hint"),
    [
        (401, JSON, KEY_GONE),
        (401, HTML, KEY_GONE),
        (402, JSON, "check the key"),
        (403, JSON, "the key's user may not do this"),
        (403, HTML, FIREWALL),
        (403, {}, FIREWALL),
    ],
)
def test_run_stops_without_authority(change: Write, status: int, headers: Mapping[str, str], hint: str) -> None:
    """Where we are not let in, no further request is any use; this one did nothing."""
    problem = halt("E902", f"not authorised ({status})", hint)
    expected = Outcome(verdict=NOT_APPLIED, status=status, message=MESSAGE, halt=problem)
    assert read_as(change, status, MESSAGE, headers) == expected


def test_request_that_is_not_offered_stops_the_run() -> None:
    """A verb that the target does not know did nothing, and never will."""
    problem = halt("E905", "the target does not offer this (405)", NOT_OFFERED)
    for change in (CREATE, UPDATE):
        expected = Outcome(verdict=NOT_APPLIED, status=405, message=MESSAGE, halt=problem)
        assert read_as(change, 405, MESSAGE) == expected


def test_path_that_is_not_there_stops_the_run() -> None:
    """A create of an object that the target does not know is a wrong address."""
    problem = halt("E905", "the target does not offer this (404)", NOT_OFFERED)
    assert read_as(CREATE, 404, MESSAGE) == Outcome(verdict=NOT_APPLIED, status=404, message=MESSAGE, halt=problem)


def test_record_that_is_not_there_is_gone() -> None:
    """An update of a record that the target no longer has concerns that record only."""
    expected = Outcome(verdict=GONE, status=404, message="the target no longer has this record")
    assert read_as(UPDATE, 404, MESSAGE) == expected


@pytest.mark.parametrize("change", [CREATE, UPDATE], ids=["create", "update"])
@pytest.mark.parametrize(
    ("status", "code", "fact", "hint"),
    [
        (501, "E905", "the target does not offer this (501)", NOT_OFFERED),
        (507, "E703", "the account's storage is full", "free some, then apply again"),
    ],
)
def test_run_stops_in_doubt(change: Write, status: int, code: str, fact: str, hint: str) -> None:
    """Where an answer stops the run but proves nothing, the record is read before it is sent again."""
    expected = Outcome(verdict=IN_DOUBT, status=status, message=MESSAGE, halt=halt(code, fact, hint))
    assert read_as(change, status, MESSAGE) == expected


@pytest.mark.parametrize("change", [CREATE, UPDATE], ids=["create", "update"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "where"),
    [
        ({"location": "https://new.example/x"}, "https://new.example/x"),
        ({"location": "/login"}, "/login"),
        ({}, "elsewhere"),
    ],
)
def test_redirect_stops_the_run(change: Write, status: int, location: Mapping[str, str], where: str) -> None:
    """A moved target is named, and nothing goes there; its query, which may echo the key, is cut off at the wire."""
    problem = halt("E904", f"the target has moved to {where}", MOVED)
    assert read_as(change, status, "", {**JSON, **location}) == Outcome(verdict=IN_DOUBT, status=status, halt=problem)


@pytest.mark.parametrize("change", [CREATE, UPDATE], ids=["create", "update"])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({}, 5.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "soon"}, 5.0),
        ({"retry-after": "900"}, 900.0),
    ],
)
def test_too_many_requests_are_waited_for(change: Write, header: Mapping[str, str], seconds: float) -> None:
    """Nothing was applied; the time to wait is the one that is named, else a few seconds."""
    expected = Outcome(verdict=NOT_APPLIED, status=429, wait_seconds=seconds, message="too many requests")
    assert read_as(change, 429, MESSAGE, {**JSON, **header}) == expected


@pytest.mark.parametrize(("text", "told"), [("901", "901"), ("86400", "86,400"), ("999999999", "999,999,999")])
def test_longer_wait_stops_the_run(text: str, told: str) -> None:
    """Beyond a quarter of an hour the run ends and says how long."""
    problem = halt("E704", f"the target asks to wait {told} s", "run it again after that time")
    expected = Outcome(verdict=NOT_APPLIED, status=429, wait_seconds=float(text), halt=problem)
    assert read_as(CREATE, 429, MESSAGE, {"retry-after": text}) == expected


@pytest.mark.parametrize(
    ("rule", "status", "verdict", "confirm"),
    [
        (ErrorRule(statuses=frozenset({503}), means="invalid"), 503, REFUSED, False),
        (ErrorRule(statuses=frozenset({503}), means="invalid", confirm=True), 503, REFUSED, True),
        (ErrorRule(statuses=frozenset({400}), means="in_doubt"), 400, IN_DOUBT, False),
        (ErrorRule(statuses=frozenset({418}), means="rate_limited"), 418, NOT_APPLIED, False),
        (ErrorRule(statuses=frozenset({403}), means="forbidden"), 403, NOT_APPLIED, False),
        (ErrorRule(statuses=frozenset({400}), means="in_doubt", names_required=True), 400, REFUSED, False),
        (ErrorRule(statuses=frozenset({401}), means="invalid"), 400, REFUSED, False),
    ],
)
def test_rule_of_the_vendor_goes_first(rule: ErrorRule, status: int, verdict: Verdict, *, confirm: bool) -> None:
    """A connector's own rule decides before the table that holds for every CRM, where status and body fit."""
    outcome = classify(replace(CRELATE, errors=(rule,)), action_of(CREATE), CREATE, answered(status, MESSAGE))
    assert (outcome.verdict, outcome.status, outcome.confirm) == (verdict, status, confirm)


def test_first_rule_that_fits_decides() -> None:
    """The order of the rules is theirs, and one whose body does not fit is passed over."""
    rules = (
        ErrorRule(statuses=frozenset({500}), means="invalid", names_required=True),
        ErrorRule(statuses=frozenset({500}), means="rate_limited"),
        ErrorRule(statuses=frozenset({500}), means="invalid"),
    )
    own = replace(CRELATE, errors=rules)
    verdicts = [classify(own, action_of(CREATE), CREATE, answered(500, body)).verdict for body in (MISSING, MESSAGE)]
    assert verdicts == [REFUSED, NOT_APPLIED]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, f"E904 the target has moved to elsewhere ({MOVED})"),
        (401, "E902 not authorised (401) (regenerated, switched off or mistyped?)"),
        (404, f"E905 the target does not offer this (404) ({NOT_OFFERED})"),
        (507, "E703 the account's storage is full (free some, then apply again)"),
    ],
)
def test_reason_to_stop_reads_well(status: int, expected: str) -> None:
    """What a person sees when the run stops."""
    assert str(halt_problem(CRELATE, answered(status))) == f"crelate: {expected}"


@given(
    status=st.integers(100, 999),
    body=st.binary(max_size=60),
    is_update=st.booleans(),
    content_type=st.sampled_from(["application/json", "text/html", ""]),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_only_an_id_is_applied(status: int, body: bytes, content_type: str, *, is_update: bool) -> None:
    """No rubbish is ever taken for a create that was applied, and every answer is an outcome."""
    outcome: Any = read_as(UPDATE if is_update else CREATE, status, body, {"content-type": content_type})
    assert outcome.status == status
    assert outcome.verdict is not APPLIED or (is_update and status in {200, 201})
