"""Records of Clevertim: the four verbs, envelopes, refusals, and what points at what."""

from typing import Any

import pytest
from clevertim_practising import create, error, one, practice
from practising import FixedClock

MOMENT = "2024-05-06T07:08:09Z"
COMMON = {"is_private": False, "gid": 0, "puser": None, "ao": MOMENT, "lm": MOMENT}
SHARED: dict[str, Any] = {**COMMON, "cf": {}, "files": [], "lfiles": []}
LISTS: dict[str, list[int]] = {"notes": [], "opportunities": [], "tasks": [], "cases": []}
GHOST = 999_999_999
OBJECTS = "expected a list of objects with"
EITHER = "expected one of them, since a comment is attached to either a note or a task"
VALUES = "values is required for a select"


def test_create_answers_the_record_in_a_list() -> None:
    """A POST answers 200, never 201, and the new element alone in the list (vendor)."""
    sent = {"ln": "King", "email": ["a@b.c"], "phones": [{"type": "Work", "no": "1"}], "tags": ["vip"]}
    with practice() as crm:
        answer = crm.send("POST", "/contact", sent)
        record_id = answer.json()["content"][0]["id"]
        assert crm.read(f"/contact/{record_id}") == answer.json()
        assert crm.read("/contact") == answer.json()
    record = {"id": record_id, "is_company": False, **SHARED, **sent, **LISTS}
    assert (answer.status_code, answer.json()) == (200, {"status": "OK", "content": [record]})


@pytest.mark.parametrize(
    ("path", "sent", "shown"),
    [
        ("/company", {"cn": "Acme"}, {"is_company": True, "tags": [], **SHARED, **LISTS}),
        ("/case", {"name": "Case"}, {"tags": [], **SHARED, "tasks": [], "notes": []}),
        ("/folder", {"name": "Plans"}, {"is_dir": True, **COMMON}),
    ],
)
def test_record_shows_what_is_blank(path: str, sent: dict[str, Any], shown: dict[str, Any]) -> None:
    """What is never set is blank, or not there at all."""
    with practice() as crm:
        record = one(crm, f"{path}/{create(crm, path, **sent)}")
    assert record == {"id": record["id"], **sent, **shown}


def test_list_has_all_entries_whatever_is_asked() -> None:
    """There is only "read all entries" (vendor): no pages and no filters."""
    with practice() as crm:
        crm.server.seed_records("company", [{"cn": f"c {n}"} for n in range(600)])
        listed = crm.read("/company", page=2, limit=5, cn="c 1")["content"]
    assert [record["cn"] for record in listed] == [f"c {n}" for n in range(600)]


@pytest.mark.parametrize(("variants", "left"), [({}, None), ({"put_replaces": False}, "here")])
def test_update_replaces_or_keeps_what_is_left_out(variants: dict[str, Any], left: str | None) -> None:
    """A PUT loses what it leaves out, or with the option keeps it; the record comes back in a list (vendor)."""
    with practice(**variants) as crm:
        record_id = create(crm, "/case", name="New case", description="here")
        answer = crm.send("PUT", f"/case/{record_id}", {"name": "New case 2"})
        assert answer.json() == crm.read(f"/case/{record_id}")
        record = one(crm, f"/case/{record_id}")
    assert (answer.status_code, record["name"], record.get("description")) == (200, "New case 2", left)


def test_update_moves_the_stamp_of_the_change_only() -> None:
    """Id, author and the moment of creation stay, whatever is sent."""
    clock = FixedClock()
    with practice(clock=clock) as crm:
        before = crm.send("POST", "/note", {"desc": "a"}).json()["content"][0]
        clock.go_on(seconds=1)
        sent = {**before, "desc": "b", "ao": "2001-01-01T00:00:00Z", "userId": 1, "lm": "x"}
        after = crm.send("PUT", f"/note/{before['id']}", sent).json()["content"][0]
    assert after == {**before, "desc": "b", "lm": "2024-05-06T07:08:10Z"}


def test_reference_may_stay_although_it_points_nowhere() -> None:
    """What a record points at already may be sent back after it was deleted; elsewhere it is refused."""
    with practice() as crm:
        gone = create(crm, "/company", cn="a")
        contact, other = (create(crm, "/contact", fn="b", **fields) for fields in ({"companyId": gone}, {}))
        crm.send("DELETE", f"/company/{gone}")
        sent = {"fn": "c", "companyId": gone}
        assert one(crm, f"/contact/{contact}")["companyId"] == gone
        assert crm.send("PUT", f"/contact/{contact}", sent).status_code == 200
        assert crm.send("PUT", f"/contact/{other}", sent).json() == error("companyId: expected the id of a company")


@pytest.mark.parametrize("path", ["/opportunity", "/task", "/note"])
def test_author_is_the_user_of_the_token(path: str) -> None:
    """Who made a record is read only (client): the first user."""
    with practice() as crm:
        record = one(crm, f"{path}/{create(crm, path, name='a', desc='a', userId=5)}")
        assert record["userId"] == crm.held("user")[0]["id"]


def test_id_in_the_body_must_fit() -> None:
    """The id of another record in the body is refused."""
    with practice() as crm:
        record_id = create(crm, "/case", name="a")
        assert crm.send("PUT", f"/case/{record_id}", {"id": record_id, "name": "b"}).status_code == 200
        answer = crm.send("PUT", f"/case/{record_id}", {"id": 5, "name": "c"})
        assert one(crm, f"/case/{record_id}")["name"] == "b"
    assert (answer.status_code, answer.json()) == (400, error(f"id: expected {record_id} as in the path"))


def test_delete_answers_a_status_only() -> None:
    """A deletion has no content, a body is not looked at, and afterwards the element "cannot be found" (vendor)."""
    with practice() as crm:
        url = f"/case/{create(crm, '/case', name='a')}"
        answer = crm.send("DELETE", url, {"name": "New case 2"})
        assert (answer.status_code, answer.json(), crm.held("case")) == (200, {"status": "OK"}, [])
        for method in ("GET", "PUT", "DELETE"):
            answer = crm.send(method, url, {"name": "b"})
            missing = error(f"there is no case with the id {url.rpartition('/')[2]}")
            assert (answer.status_code, answer.json()) == (404, missing)


@pytest.mark.parametrize("path", ["/contacts", "/", "/contact/1/notes", "/Contact"])
def test_unknown_resource_is_not_found(path: str) -> None:
    """Resources are singular and not nested."""
    with practice() as crm:
        answer = crm.send("GET", path)
    assert (answer.status_code, answer.json()) == (404, error(f"there is no resource {path[1:]}"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/contact/1"),
        ("PUT", "/contact"),
        ("POST", "/contact/1"),
        ("DELETE", "/contact"),
        ("PUT", "/comment/1"),
        ("POST", "/user"),
        ("DELETE", "/group/1"),
        ("POST", "/file"),
    ],
)
def test_unsupported_operation_says_so(method: str, path: str) -> None:
    """What the interface does not offer answers 501 (vendor), such as to update a comment."""
    with practice() as crm:
        answer = crm.send(method, path, {})
    assert (answer.status_code, answer.json()) == (501, error(f"{method} is not supported here"))


@pytest.mark.parametrize("text", ["{", "", '{"cn": NaN}', "cn=a"])
def test_unreadable_body_answers_500(text: str) -> None:
    """A body that "cannot be parsed" answers 500 (vendor)."""
    with practice() as crm:
        answer = crm.send_text("POST", "/company", text)
        assert (answer.status_code, answer.json()) == (500, error("the JSON cannot be parsed"))
        assert crm.held("company") == []


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/contact", {"title": "Dr", "fn": " "}, "fn or ln is required"),
        ("/company", {"fn": "a"}, "cn is required"),
        ("/opportunity", {"value": "5"}, "name is required"),
        ("/customfield", {"name": "a", "elemType": "input"}, "modelType is required"),
        ("/customfield", {"name": "a", "elemType": "select", "modelType": ["cases"]}, VALUES),
        ("/company", [{"cn": "a"}], "expected an object"),
        ("/company", {"cn": 5}, "cn: expected a text"),
        ("/company", {"cn": "a", "email": "a@b.c"}, "email: expected a list of texts"),
        ("/company", {"cn": "a", "phones": [{"type": "Car", "no": "1"}]}, f"phones: {OBJECTS} type and no"),
        ("/company", {"cn": "a", "smids": [{"type": "Skype"}]}, f"smids: {OBJECTS} type and smid"),
        ("/company", {"cn": "a", "ctype": "Z"}, f"ctype: expected one of {', '.join('ACDEFHILMNOPRSTVWX')}"),
        ("/contact", {"fn": "a", "companyId": GHOST}, "companyId: expected the id of a company"),
        ("/case", {"name": "a", "cust": GHOST}, "cust: expected the id of a contact or company"),
        ("/opportunity", {"name": "a", "value": 4500}, "value: expected a text"),
        ("/opportunity", {"name": "a", "leadUser": "x"}, "leadUser: expected the id of a user"),
        ("/task", {"name": "a", "case": [GHOST]}, "case: expected the id of a case"),
        ("/task", {"name": "a", "is_completed": "yes"}, "is_completed: expected true or false"),
        ("/note", {"desc": "a", "type": "E"}, "type: expected one of M, N, S"),
        ("/comment", {"comment": "a"}, f"nid, tid: {EITHER}"),
        ("/comment", {"comment": "a", "nid": []}, f"nid, tid: {EITHER}"),
    ],
)
def test_wrong_value_is_a_bad_request(path: str, body: Any, message: str) -> None:
    """A rule that is broken answers 400 with one sentence, and nothing is stored."""
    with practice() as crm:
        before = crm.server.snapshot()
        answer = crm.send("POST", path, body)
        assert (answer.status_code, answer.json()) == (400, error(message))
        assert crm.server.snapshot() == before


def test_further_fields_may_be_required() -> None:
    """What a note needs is not documented, so that a rehearsal can ask for more."""
    with practice(required={"note": ("desc", "cust")}) as crm:
        answer = crm.send("POST", "/note", {"desc": "a"})
        assert (answer.status_code, answer.json()) == (400, error("cust is required"))
    with practice() as crm:
        assert crm.send("POST", "/note", {}).status_code == 200


def test_other_fields_are_ignored() -> None:
    """Unknown fields, read-only lists and null change nothing."""
    with practice() as crm:
        sent = {"cn": "a", "colour": "red", "notes": [1], "id": 5, "city": None, "is_company": False}
        record = one(crm, f"/company/{create(crm, '/company', **sent)}")
    assert record == {"id": record["id"], "cn": "a", "is_company": True, "tags": [], **SHARED, **LISTS}


def test_children_are_attached_from_their_side() -> None:
    """What names a customer stands in the customer's lists, until it names another or is deleted (vendor)."""
    with practice() as crm:
        contact, company = create(crm, "/contact", fn="a"), create(crm, "/company", cn="b")
        case = create(crm, "/case", name="c", cust=contact)
        task = create(crm, "/task", name="t", cust=contact, case=case)
        note = create(crm, "/note", desc="n", cust=[contact, company])
        assert [one(crm, f"/contact/{contact}")[name] for name in LISTS] == [[note], [], [task], [case]]
        assert (one(crm, f"/case/{case}")["tasks"], one(crm, f"/company/{company}")["notes"]) == ([task], [note])
        crm.send("PUT", f"/note/{note}", {"desc": "n", "cust": company})
        crm.send("DELETE", f"/task/{task}")
        assert [one(crm, f"/contact/{contact}")[name] for name in LISTS] == [[], [], [], [case]]


def test_contacts_and_companies_share_their_ids() -> None:
    """No contact has the id of a company, since `cust` names either (inferred)."""
    with practice() as crm:
        ids = [create(crm, "/contact", fn="a") if n % 2 else create(crm, "/company", cn="b") for n in range(20)]
        assert len(set(ids)) == 20
        assert crm.send("GET", f"/contact/{ids[0]}").status_code == 404


@pytest.mark.parametrize("as_list", [True, False])
def test_reference_is_stored_as_it_was_sent(*, as_list: bool) -> None:
    """One id or a list of them: both are taken and come back as they came (vendor, client)."""
    with practice() as crm:
        company, case = create(crm, "/company", cn="a"), create(crm, "/case", name="c")
        sent = [company] if as_list else company
        assert one(crm, f"/note/{create(crm, '/note', desc='n', cust=sent)}")["cust"] == sent
        task = create(crm, "/task", name="t", case=[case] if as_list else case)
        assert one(crm, f"/task/{task}")["case"] == ([case] if as_list else case)


def test_comments_go_with_what_they_are_about() -> None:
    """Comments stand in the list of a note, and are deleted with it."""
    with practice() as crm:
        note = create(crm, "/note", desc="n")
        comments = [create(crm, "/comment", comment="c", nid=nid) for nid in (note, [note])]
        assert one(crm, f"/note/{note}")["comments"] == comments
        assert crm.send("DELETE", f"/comment/{comments[0]}").json() == {"status": "OK"}
        crm.send("DELETE", f"/note/{note}")
        assert crm.held("comment") == []
        deeds = [[(change.object, change.deed.value) for change in entry.changes] for entry in crm.server.history()]
    assert deeds[-1] == [("comment", "deleted"), ("note", "deleted")]
    assert deeds[:2] == [[("note", "created")], [("comment", "created")]]


def test_history_tells_a_change_from_a_creation() -> None:
    """An update is no creation."""
    with practice() as crm:
        crm.send("PUT", f"/case/{create(crm, '/case', name='a')}", {"name": "b"})
        assert [entry.changes[0].deed.value for entry in crm.server.history()] == ["created", "changed"]


@pytest.mark.parametrize(
    ("value", "is_good"),
    [
        ({"y": 2024, "mo": 2, "d": 29, "h": 13, "mi": 45}, True),
        ({"y": 2024, "mo": 2, "d": 29}, True),
        ({"y": 2023, "mo": 2, "d": 29}, False),
        ({"y": 2024, "mo": 2}, False),
        ({"y": 2024, "mo": "2", "d": 1}, False),
        ({"y": 2024, "mo": 2, "d": 1, "s": 5}, False),
        ("2024-02-29", False),
    ],
)
def test_date_is_an_object(value: Any, *, is_good: bool) -> None:
    """Dates of tasks are objects of numbers and come back as they were sent; others are refused."""
    with practice() as crm:
        answer = crm.send("POST", "/task", {"name": "t", "startDate": value})
    message = error("startDate: expected an object with the numbers y, mo, d and perhaps h, mi")
    assert answer.json().get("content", [{}])[0].get("startDate") == (value if is_good else None)
    assert is_good or (answer.status_code, answer.json()) == (400, message)


FIELDS: dict[str, dict[str, Any]] = {
    "input": {"elemType": "input"},
    "date": {"elemType": "date"},
    "select": {"elemType": "select", "values": ["small", "large"], "multiple": True},
    "user": {"elemType": "user"},
}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("input", " Äö\t😀 ", ""),
        ("input", ["a"], "a text"),
        ("date", "2012-11-22", ""),
        ("date", "22.11.2012", "a date such as 2012-11-22"),
        ("select", ["small"], ""),
        ("select", "small", "a list of texts"),
        ("select", ["huge"], "one of small, large"),
        ("user", "5", "the id of a user as a text"),
    ],
)
def test_custom_value_is_held_against_its_field(kind: str, value: Any, expected: str) -> None:
    """Values stand in `cf` under the id of their field, as texts or as a list of them (vendor)."""
    with practice() as crm:
        field = str(create(crm, "/customfield", name=kind, modelType=["companies"], **FIELDS[kind]))
        answer = crm.send("POST", "/company", {"cn": "a", "cf": {field: value}})
    if expected:
        assert (answer.status_code, answer.json()) == (400, error(f"cf.{field}: expected {expected}"))
    else:
        assert answer.json()["content"][0]["cf"] == {field: value}


def test_custom_field_belongs_to_its_resources() -> None:
    """A field of other resources, or none at all, is refused; "customers" are the contacts (vendor)."""
    with practice() as crm:
        field = str(create(crm, "/customfield", name="a", elemType="input", modelType=["customers"]))
        answer = crm.send("POST", "/company", {"cn": "a", "cf": {field: "x"}})
        assert answer.json() == error(f"cf: expected the ids of custom fields for companies, got '{field}'")
        assert crm.send("POST", "/contact", {"fn": "a", "cf": {field: "x"}}).status_code == 200


def test_account_has_a_field_for_a_marker() -> None:
    """One custom field is there from the beginning, for all four resources that have some."""
    with practice() as crm:
        (field,) = crm.read("/customfield")["content"]
        case = create(crm, "/case", name="a", cf={str(field["id"]): "m/case/1"})
        assert one(crm, f"/case/{case}")["cf"] == {str(field["id"]): "m/case/1"}
    assert field["modelType"] == ["cases", "companies", "customers", "opportunities"]
