"""Records of CentralStationCRM: wrappers, messages and refusals."""

from typing import Any

import pytest
from centralstation_practising import NOT_FOUND, create, error, practice
from practising import FixedClock

MOMENT = "2024-05-06T07:08:09.120Z"
DEAL = {"name": "d", "value": "1", "value_type": "total", "target_date": "2024-05-06"}
BLANK = ["can't be blank"]
UNLISTED = ["is not included in the list"]
MISSING = ["must exist"]


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_create_answers_the_wrapped_record(suffix: str) -> None:
    """A create answers 201 with the whole record in its wrapper (client), and so does reading it."""
    with practice() as crm:
        answer = crm.send("POST", f"/companies{suffix}", {"company": {"name": " Äcme\t😀 "}})
        company = answer.json()["company"]
        assert crm.read(f"/companies/{company['id']}{suffix}") == answer.json()
        assert crm.read(f"/companies{suffix}") == [answer.json()]
        user, account = crm.held("users")[0]["id"], company["account_id"]
    shown = {"id": company["id"], "account_id": account, "group_id": None, "user_id": user, "name": " Äcme\t😀 "}
    stamps = {"created_by_user_id": user, "updated_by_user_id": user, "created_at": MOMENT, "updated_at": MOMENT}
    assert (answer.status_code, company) == (201, {**shown, "background": None, **stamps})


def test_create_status_is_an_option() -> None:
    """A create may answer 200 too."""
    with practice(create_status=200) as crm:
        assert crm.send("POST", "/people", {"person": {"name": "a"}}).status_code == 200


@pytest.mark.parametrize(("replaces", "left"), [(False, "here"), (True, None)])
def test_update_answers_a_message(*, replaces: bool, left: str | None) -> None:
    """A PUT answers a message without the record (client); what it leaves out stays or, with the option, is lost."""
    with practice(put_replaces=replaces) as crm:
        record_id = create(crm, "/people", person={"name": "a", "background": "here"})["id"]
        answer = crm.send("PUT", f"/people/{record_id}.json", {"person": {"name": "b", "title": None}})
        person = crm.read(f"/people/{record_id}")["person"]
    assert (answer.status_code, answer.json()) == (200, {"message": "person updated"})
    assert (person["name"], person["background"], person["user_id"] is None) == ("b", left, False)


def test_update_clears_and_stamps() -> None:
    """Null clears a field, and only the moment of the change moves on."""
    clock = FixedClock()
    with practice(clock=clock) as crm:
        before = create(crm, "/people", person={"name": "a", "title": "Dr"})
        clock.go_on(seconds=1)
        crm.send("PUT", f"/people/{before['id']}", {"person": {"title": None, "id": 5, "created_at": "2001-01-01"}})
        assert crm.read(f"/people/{before['id']}")["person"] == {
            **before,
            "title": None,
            "updated_at": "2024-05-06T07:08:10.120Z",
        }


@pytest.mark.parametrize(
    ("path", "body", "noun"),
    [
        ("/people", {"person": {"name": "a"}}, "person"),
        ("/companies", {"company": {"name": "a"}}, "company"),
        ("/deals", {"deal": DEAL}, "deal"),
        ("/projects", {"project": {"name": "a"}}, "project"),
        ("/protocols", {"protocol": {"type": "ProtocolExternal"}}, "protocol"),
        (
            "/custom_fields_types",
            {"custom_fields_type": {"position": 1, "category": "Deal", "ftype": "url", "name": "a"}},
            "custom_fields_type",
        ),
    ],
)
def test_delete_answers_a_message(path: str, body: dict[str, Any], noun: str) -> None:
    """A deletion answers 200 with a message (client); afterwards the record is not found."""
    with practice() as crm:
        url = f"{path}/{create(crm, path, **body)['id']}"
        answer = crm.send("DELETE", url)
        assert (answer.status_code, answer.json()) == (200, {"message": f"{noun} deleted"})
        for method in ("GET", "PUT", "DELETE"):
            answer = crm.send(method, url, body)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_delete_may_answer_nothing() -> None:
    """With the option a deletion answers 204 (client)."""
    with practice(delete_status=204) as crm:
        answer = crm.send("DELETE", f"/people/{create(crm, '/people', person={'name': 'a'})['id']}")
        assert (answer.status_code, answer.content, crm.held("people")) == (204, b"", [])


@pytest.mark.parametrize(
    ("path", "body", "findings"),
    [
        ("/people", {"person": {"first_name": "a"}}, {"name": BLANK}),
        ("/people", {"person": {"name": " "}}, {"name": BLANK}),
        ("/people", {"person": {"name": "a" * 81}}, {"name": ["is too long (maximum is 80 characters)"]}),
        ("/people", {"person": {"name": "a", "gender": "x"}}, {"gender": UNLISTED}),
        (
            "/people",
            {"person": {"name": ["a"], "user_id": "x"}},
            {"name": ["is invalid"], "user_id": ["is not a number"]},
        ),
        ("/companies", {"company": {"name": "a" * 121}}, {"name": ["is too long (maximum is 120 characters)"]}),
        ("/deals", {"deal": {"name": "a"}}, {"value": BLANK, "value_type": BLANK, "target_date": BLANK}),
        ("/deals", {"deal": {**DEAL, "value": "1,5"}}, {"value": ["is not a number"]}),
        ("/deals", {"deal": {**DEAL, "target_date": "6.5.24"}}, {"target_date": ["is not a valid date"]}),
        ("/deals", {"deal": {**DEAL, "company_id": 5}}, {"company_id": MISSING}),
        ("/deals", {"deal": {**DEAL, "person_ids_set": "5"}}, {"person_ids_set": MISSING}),
        ("/tasks", {"task": {"name": "a"}}, {"user_id": BLANK}),
        ("/tasks", {"task": {"name": "a", "user_id": 1, "attachable_type": "Note"}}, {"attachable_type": UNLISTED}),
        (
            "/tasks",
            {"task": {"name": "a", "user_id": 1, "attachable_type": "Deal", "attachable_id": 5}},
            {"attachable": MISSING},
        ),
        ("/tags", {"tag": {"name": "a"}}, {"attachable_type": BLANK, "attachable_id": BLANK}),
        ("/protocols", {"protocol": {"type": "x"}}, {"type": UNLISTED}),
        ("/protocols", {"protocol": {"type": "ProtocolEmail", "badge": "research"}}, {"badge": UNLISTED}),
        (
            "/custom_fields_types",
            {"custom_fields_type": {"position": 1, "category": "Deal", "ftype": "select", "name": "a"}},
            {"options": BLANK},
        ),
        (
            "/custom_fields_types",
            {"custom_fields_type": {"position": 1, "category": "Deal", "ftype": "url", "name": "a", "options": "b"}},
            {"options": ["is invalid"]},
        ),
        (
            "/custom_fields_types",
            {"custom_fields_type": {"position": 1, "category": "Deal", "ftype": "url", "name": "a", "options": [5]}},
            {"options": ["is invalid"]},
        ),
    ],
)
def test_wrong_value_is_unprocessable(path: str, body: dict[str, Any], findings: dict[str, list[str]]) -> None:
    """Broken rules answer 422 (vendor), each field with a list of messages (client), and nothing is stored."""
    with practice() as crm:
        before = crm.server.snapshot()
        answer = crm.send("POST", path, body)
        assert (answer.status_code, answer.json(), crm.server.snapshot()) == (422, findings, before)


@pytest.mark.parametrize(
    "text", ['{"name": "a"}', "{}", "[]", '{"person": {}}', '{"person": []}', '{"company": {"name": "a"}}']
)
def test_body_without_its_wrapper_is_a_bad_request(text: str) -> None:
    """A body has to have the singular name of its object around its fields (client)."""
    with practice() as crm:
        answer = crm.send_text("POST", "/people", text)
    missing = error("param-missing", "param is missing or the value is empty: person")
    assert (answer.status_code, answer.json()) == (400, missing)


@pytest.mark.parametrize("text", ["{", "", '{"person": {"name": NaN}}'])
def test_malformed_body_is_a_bad_request(text: str) -> None:
    """What is no JSON answers 400 (vendor), and a form is none."""
    with practice() as crm:
        answer, form = crm.send_text("POST", "/people", text), crm.send_text("POST", "/people", "person[name]=a", "a/b")
        assert (answer.status_code, answer.json()) == (400, error("bad_request", "the body is no JSON in UTF-8"))
        assert (form.status_code, crm.held("people")) == (400, [])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/persons"),
        ("GET", "/"),
        ("GET", "/people/5"),
        ("GET", "/people/x"),
        ("GET", "/people/5/addrs"),
        ("GET", "/addrs"),
        ("GET", "/deals/search"),
        ("PUT", "/people"),
        ("DELETE", "/people"),
        ("PATCH", "/people/{id}"),
        ("GET", "/people/{id}/colours"),
        ("GET", "/people/{id}/addrs/5"),
        ("POST", "/people/count"),
        ("POST", "/users"),
    ],
)
def test_anything_else_is_not_found(method: str, path: str) -> None:
    """Unknown paths, records and methods answer 404."""
    with practice() as crm:
        person = create(crm, "/people", person={"name": "a"})
        answer = crm.send(method, path.format(id=person["id"]), {"person": {"name": "b"}})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_other_fields_are_ignored() -> None:
    """Unknown fields, and those that only the server sets, change nothing."""
    with practice() as crm:
        record = create(
            crm, "/people", person={"name": "a", "id": 5, "account_id": 5, "colour": "red", "created_at": "x"}
        )
        assert [one["id"] for one in crm.held("people")] == [record["id"]]
    assert (record["id"] == 5, record["account_id"] == 5, "colour" in record) == (False, False, False)
    assert record["created_at"] == MOMENT


@pytest.mark.parametrize(
    ("sent", "value", "total"),
    [
        ({"value": "12.50"}, "12.5", "12.5"),
        ({"value": 10}, "10.0", "10.0"),
        ({"value": "2.25", "value_type": "monthly", "value_count": "12"}, "2.25", "27.0"),
    ],
)
def test_deal_has_decimals_as_texts(sent: dict[str, Any], value: str, total: str) -> None:
    """A value is a decimal in a text (client), multiplied where it recurs."""
    with practice() as crm:
        deal = create(crm, "/deals", deal={**DEAL, **sent})
    assert (deal["value"], deal["value_sum"], deal["currency"], deal["current_state"]) == (
        value,
        total,
        "EUR",
        "open_0",
    )


def test_target_date_may_be_waived() -> None:
    """Depending on the pipeline a deal needs no target date (client)."""
    with practice(requires_target_date=False) as crm:
        deal = create(crm, "/deals", deal={**DEAL, "target_date": None})
        assert crm.send("PUT", f"/deals/{deal['id']}", {"deal": {"name": "e"}}).json() == {"message": "deal updated"}
    assert deal["target_date"] is None


def test_people_of_a_deal_are_written_only() -> None:
    """`person_ids_set` is a text of ids (client), and shows in the includes alone."""
    with practice() as crm:
        ids = [create(crm, "/people", person={"name": name})["id"] for name in "ab"]
        deal = create(crm, "/deals", deal={**DEAL, "person_ids_set": f"{ids[0]}, {ids[1]}"})
        included = crm.read(f"/deals/{deal['id']}", includes="people")["deal"]["people"]
    assert ([one["id"] for one in included], "person_ids_set" in deal) == (ids, False)


def test_moments_may_have_an_offset() -> None:
    """Moments end in Z or, as recorded from German accounts, have an offset (client)."""
    with practice(utc_offset_hours=2) as crm:
        assert create(crm, "/people", person={"name": "a"})["created_at"] == "2024-05-06T09:08:09.120+02:00"


def test_users_are_read_only() -> None:
    """Users are listed, also the active ones alone (client), but never changed."""
    with practice() as crm:
        crm.server.seed_records("users", [{"first": "Old", "name": "User", "login": "old", "active": False}])
        users = [one["user"]["first"] for one in crm.read("/users", active="true")]
        assert (users, len(crm.read("/users"))) == (["Practice", "Second"], 3)
        assert [one["user"]["first"] for one in crm.read("/users", active="false")] == ["Old"]
        answer = crm.send("PUT", f"/users/{crm.held('users')[0]['id']}", {"user": {"name": "x"}})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
