"""What is asked and sent: forms and parts, wrapped records, routes under a parent, several records in one call."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from scripting import Server, define, refusal, talk, told

from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.target import RestTarget
from migrator.records import Outcome, TargetRecord, Verdict, Write

FORM = "auth: {form: {session: '{api_key}'}}"
KINDS = """
objects:
  people: {fields: {text: name, decimal: salary, boolean: is_vip, integer: age, list: tags, date: born}}
"""
PARTED = re.compile(rb'name="([^"]*)"\r\n(?:Content-Type:[^\r]*\r\n)?\r\n(.*?)\r\n--', re.DOTALL)
NESTED = """
objects:
  companies: {one: company, fields: {text: name}}
  people:
    one: person
    parents: companies
    fields: {text: name}
    actions:
      list: {method: GET, path: "/{parent}/{object}"}
      create: {method: POST, path: "/{object}", under: "/{parent}/{parent_id}/{parent_one}_{object}", wrap: "{one}"}
      update: {method: PUT, path: "/{object}/{id}", under: "/{parent}/{parent_id}/{object}/{id}"}
"""
ADA = Write(object="people", fields={"name": "Ada"})
BORIS = Write(object="people", fields={"name": "Boris"})
FOUND = TargetRecord(id="7", fields={"name": "Ada"}, raw={"id": "7", "name": "Ada"})
UNCLEAR = "the answer does not tell what became of each record"
BULK = '{method: POST, path: "/{object}/bulk", wrap: people, items: results, max: 3}'


def sent(definition: Definition, *changes: Write) -> Server:
    """Write changes, each of which is applied; give the server that took them."""
    server = Server(*(told({"id": change.id or "7"}) for change in changes))

    async def write(target: RestTarget) -> list[Verdict]:
        return [(await target.write(change)).verdict for change in changes]

    assert talk(definition, server, write) == [Verdict.APPLIED] * len(changes)
    return server


def test_form_holds_the_session_and_each_field(tmp_path: Path) -> None:
    """Texts as they are; numbers without exponent, booleans as in JSON, several of one name for a list."""
    create = '{method: POST, path: "/{object}", body: form, put: {mode: new}}'
    fields = {"name": "Ada & Söhne", "salary": "0.0000001", "is_vip": True, "age": 36, "tags": ["a", "b"]}
    server = sent(define(tmp_path, FORM + KINDS, create=create), Write(object="people", fields=fields))
    assert server.bodies == [
        "session=K3Y-of-tests&name=Ada+%26+S%C3%B6hne&salary=0.0000001&is_vip=true&age=36&tags=a&tags=b&mode=new"
    ]
    assert server.headers("content-type") == ["application/x-www-form-urlencoded"]


def test_session_field_is_not_sent_with_a_read_or_json(tmp_path: Path) -> None:
    """Fields that join a form join nothing else."""
    server = Server(told({"id": "7"}), told({"id": "7"}))

    async def both(target: RestTarget) -> None:
        await target.get("people", "7")
        await target.write(ADA)

    talk(define(tmp_path, FORM), server, both)
    assert server.bodies == ["", '{"name": "Ada"}']


def test_multipart_holds_the_same_fields(tmp_path: Path) -> None:
    """Each field is a part of its own, the session's first."""
    create = '{method: POST, path: "/{object}", body: multipart}'
    change = Write(object="people", fields={"name": "Zoë", "tags": ["a", "b"], "age": 7})
    server = sent(define(tmp_path, FORM + KINDS, create=create), change)
    assert server.headers("content-type")[0].startswith("multipart/form-data; boundary=")
    parts = [(name.decode(), text.decode()) for name, text in PARTED.findall(server.requests[0].content)]
    assert parts == [("session", "K3Y-of-tests"), ("name", "Zoë"), ("tags", "a"), ("tags", "b"), ("age", "7")]


def test_record_that_lies_deeper_in_a_form_is_json(tmp_path: Path) -> None:
    """A wrapped record travels as one field."""
    server = sent(define(tmp_path, create='{method: POST, path: "/{object}", body: form, wrap: data}'), ADA)
    assert server.bodies == ["data=%7B%22name%22%3A+%22Ada%22%7D"]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("wrap: person", {"person": {"name": "Ada"}}),
        ("wrap: data.person", {"data": {"person": {"name": "Ada"}}}),
        ("wrap: person, put: {source: '{object}', n: 1}", {"source": "people", "n": 1, "person": {"name": "Ada"}}),
        ("put: {name: fixed, kind: x}", {"name": "fixed", "kind": "x"}),
    ],
)
def test_record_is_wrapped(tmp_path: Path, how: str, expected: Any) -> None:
    """A record stands below its path; no field takes the place of what the action states."""
    server = sent(define(tmp_path, create=f'{{method: POST, path: "/{{object}}", {how}}}'), ADA)
    assert [json.loads(body) for body in server.bodies] == [expected]


def test_action_has_its_own_query_and_header(tmp_path: Path) -> None:
    """Holes are filled; a template of JSON travels as text."""
    create = (
        """{method: POST, path: "/{object}", header: {X-One: "{object}"}, query: {notify: "false", q: {json: [1]}}}"""
    )
    server = sent(define(tmp_path, create=create), ADA)
    assert (server.lines, server.headers("x-one")) == (["POST /people?notify=false&q=%5B1%5D"], ["people"])


def test_record_under_a_parent_has_its_route(tmp_path: Path) -> None:
    """With a parent the nested path, without one the plain; names in the singular where the path wants them."""
    parent = ("companies", "c/1")
    changes = (
        Write(object="people", fields={"name": "Ada"}, parent=("companies", "c1")),
        ADA,
        Write(object="people", fields={"name": "Ada"}, parent=("companies", "c1"), id="7"),
    )
    definition = define(tmp_path, NESTED)
    server = sent(definition, *changes)
    assert server.lines == ["POST /companies/c1/company_people", "POST /people", "PUT /companies/c1/people/7"]
    assert json.loads(server.bodies[0]) == {"person": {"name": "Ada"}}
    bad = talk(definition, Server(), lambda target: target.write(Write(object="people", fields={}, parent=parent)))
    assert bad == Outcome(verdict=Verdict.REFUSED, message="'c/1' is no id of this target")


def test_body_names_the_parent_that_no_path_leads_to(tmp_path: Path) -> None:
    """Each parent has its own fields in the body; one without any has its route."""
    definition = define(
        tmp_path,
        """
        objects:
          companies: {one: company, fields: {text: name}}
          jobs: {one: job, fields: {text: name}}
          people:
            parents: {companies: {owner: {type: "{parent_one}", id: "{parent_id}"}}, jobs: null}
            fields: {text: name}
        """,
    )
    changes = [Write(object="people", fields={"name": "Ada"}, parent=(name, "9")) for name in ("companies", "jobs")]
    bodies = [json.loads(body) for body in sent(definition, *changes).bodies]
    assert bodies == [{"name": "Ada", "owner": {"type": "company", "id": "9"}}, {"name": "Ada"}]
    assert definition.catalog.objects["people"].parents == ("companies", "jobs")


def test_list_of_children_is_asked_for_each_parent(tmp_path: Path) -> None:
    """A list whose path names the parent is read once for each object that has such children."""
    server = Server(told([{"id": "1"}]))
    found = talk(define(tmp_path, NESTED), server, lambda target: anext(aiter(target.read("people"))))
    assert ([record.id for record in found], server.lines) == (["1"], ["GET /companies/people"])


@pytest.mark.parametrize("record_id", ["", ".", "..", "a/b", "a b"])
def test_delete_needs_an_id(tmp_path: Path, record_id: str) -> None:
    """No path is made of what is no id."""
    change = Write(object="people", fields={}, id=record_id)
    outcome = talk(define(tmp_path), Server(), lambda target: target.delete(change))
    assert outcome == Outcome(verdict=Verdict.REFUSED, message=f"'{record_id}' is no id of this target")


def test_record_is_deleted(tmp_path: Path) -> None:
    """The answer to a delete holds no id; the one that was asked for is kept."""
    server = Server(told({}), told(None, 404))

    async def both(target: RestTarget) -> list[Verdict]:
        return [(await target.delete(Write(object="people", fields={}, id="7"))).verdict for _ in range(2)]

    assert talk(define(tmp_path), server, both) == [Verdict.APPLIED, Verdict.GONE]
    assert server.lines == ["DELETE /people/7"] * 2


def many(definition: Definition, answer: Any) -> list[Outcome]:
    """Create two records in one call."""
    return talk(definition, Server(answer), lambda target: target.write_many([ADA, BORIS]))


def test_several_records_go_in_one_call(tmp_path: Path) -> None:
    """Their ids come back in the order in which they went."""
    definition = define(tmp_path, bulk=BULK)
    server = Server(told({"results": [{"id": "1"}, {"id": "2"}]}))
    outcomes = talk(definition, server, lambda target: target.write_many([ADA, BORIS]))
    assert outcomes == [Outcome(verdict=Verdict.APPLIED, target_id=n, status=200) for n in ("1", "2")]
    assert server.lines == ["POST /people/bulk"]
    assert json.loads(server.bodies[0]) == {"people": [{"name": "Ada"}, {"name": "Boris"}]}


def test_several_records_may_be_a_bare_list(tmp_path: Path) -> None:
    """Without a wrapping key the body is the list, and the answer may be one of bare records."""
    server = Server(told([{"r": {"id": "1"}}, {"r": {"id": "2"}}]))
    definition = define(tmp_path, bulk='{method: POST, path: "/{object}/bulk", record: r, max: 3}')
    outcomes = talk(definition, server, lambda target: target.write_many([ADA, BORIS]))
    assert [outcome.target_id for outcome in outcomes] == ["1", "2"]
    assert json.loads(server.bodies[0]) == [{"name": "Ada"}, {"name": "Boris"}]


@pytest.mark.parametrize(
    "results",
    [
        [],
        [{"id": "1"}],
        [{"id": "1"}, {"id": "2"}, {"id": "3"}],
        [{"id": "1"}, {"id": "1"}],
        [{"id": "1"}, {}],
        [{"id": "1"}, {"id": None}],
        {"1": "2"},
    ],
)
def test_call_whose_ids_do_not_add_up_is_in_doubt(tmp_path: Path, results: Any) -> None:
    """An id for each record or none: a half-told call is in doubt as a whole."""
    doubt = Outcome(verdict=Verdict.IN_DOUBT, status=200, message="the answer is no proof of success")
    assert many(define(tmp_path, bulk=BULK), told({"results": results})) == [doubt] * 2
    single = told({"results": results, "id": "9"})
    unclear = Outcome(verdict=Verdict.IN_DOUBT, status=200, message=UNCLEAR)
    assert many(define(tmp_path, bulk=BULK), single) == [unclear] * 2


@pytest.mark.parametrize(
    ("status", "verdict", "message"),
    [(400, Verdict.REFUSED, "no"), (503, Verdict.IN_DOUBT, '{"message":"no"}'), (429, Verdict.NOT_APPLIED, None)],
)
def test_call_that_is_refused_is_refused_for_each(
    tmp_path: Path, status: int, verdict: Verdict, message: str | None
) -> None:
    """What holds for the call holds for every record in it."""
    outcomes = many(define(tmp_path, bulk=BULK), told({"message": "no"}, status))
    assert len(set(map(repr, outcomes))) == 1
    assert [(one.verdict, one.message) for one in outcomes] == [(verdict, message or "too many requests")] * 2


def test_target_tells_what_one_call_takes(tmp_path: Path) -> None:
    """The size of a call is the connector's; without such a call it is one."""
    assert talk(define(tmp_path, bulk=BULK), Server(), size) == (3, 0)
    find = '{query: {name: "{value}"}}'
    assert talk(define(tmp_path, find=find), Server(), size) == (1, 1)


async def size(target: RestTarget) -> tuple[int, int]:
    """Give how many creates and how many values one call takes."""
    return target.bulk_size("people"), target.can_find("people")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"person": {"id": "7", "name": "Ada"}}, FOUND),
        ({"person": {}}, None),
        ({"person": None}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_record_stands_where_the_action_says(tmp_path: Path, answer: Any, expected: TargetRecord | None) -> None:
    """One record is unwrapped; where there is none there is no record."""
    definition = define(tmp_path, get='{method: GET, path: "/{object}/{id}", record: person}')
    assert talk(definition, Server(told(answer)), lambda target: target.get("people", "7")) == expected


def test_other_record_than_asked_for_is_an_error(tmp_path: Path) -> None:
    """Nobody writes back what belongs to another."""
    server = Server(told({"id": "8"}))
    found = refusal(define(tmp_path), server, lambda target: target.get("people", "7"))
    assert found == "tiny: E906 asked for people 7, the answer holds '8' (nothing was written)"
