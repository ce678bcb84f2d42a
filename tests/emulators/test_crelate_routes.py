"""Paths and methods, keys, records below records, stages and the domain lists."""

import pytest
from practising import GHOST, practice

NO_ROUTE = {"Message": "No resource was found that matches the request URI."}
DENIED = {"Message": "Authorization has been denied for this request."}


@pytest.mark.parametrize("path", ["/contacts", "/companies", "/jobs", "/notes", "/tasks"])
def test_deleted_record_is_gone(path: str) -> None:
    """After a DELETE the record answers 404 to everything."""
    with practice() as crm:
        record_id = crm.create(path, Name="n", Body="b")
        first = crm.send("DELETE", f"{path}/{record_id}")
        later = [crm.send(method, f"{path}/{record_id}", {}) for method in ("GET", "PUT", "DELETE")]
        assert crm.count() == 0
    assert (first.status_code, first.json()) == (200, {"Id": record_id})
    message = {"Message": f"There is no record in {path[1:]} with the id {record_id}."}
    assert [(one.status_code, one.json()) for one in later] == [(404, message)] * 3


def test_slash_and_case_of_an_id_make_no_difference() -> None:
    """A path may end with a slash, as the vendor's own example does, and an id may be in capitals."""
    with practice() as crm:
        record_id = crm.create("/contacts/", LastName="King")
        shown = [crm.read(f"/contacts/{text}") for text in (record_id, f"{record_id}/", f"{record_id.upper()}/")]
    assert [one["LastName"] for one in shown] == ["King"] * 3


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/contacts/recent", ["POST", "PUT", "DELETE"]),
        ("/companies", ["GET", "PUT", "DELETE"]),
        ("/notes", ["GET"]),
        ("/tasks", ["GET"]),
        (f"/contacts/{GHOST}", ["POST", "PATCH", "OPTIONS"]),
        (f"/contacts/{GHOST}/notes", ["GET"]),
        (f"/jobs/{GHOST}/tasks", ["GET"]),
        ("/domain/tagCategories", ["POST"]),
    ],
)
def test_other_methods_are_refused(path: str, refused: list[str]) -> None:
    """Notes and tasks cannot be listed, and no route takes a method that the vendor does not name."""
    with practice() as crm:
        answers = [crm.send(method, path, {}) for method in refused]
    expected = [{"Message": f"The requested resource does not support the method {method}."} for method in refused]
    assert [(one.status_code, one.json()) for one in answers] == [(405, message) for message in expected]


@pytest.mark.parametrize(
    "path", ["/people", "/contacts/7", "/contacts//", f"/contacts/{GHOST}/attachments", "/jobPostings", "/domain", "/"]
)
def test_other_paths_are_not_there(path: str) -> None:
    """A path outside the vendor's routes, or one that this practice server leaves out, answers 404."""
    with practice() as crm:
        answer = crm.send("GET", path)
    assert (answer.status_code, answer.json()) == (404, NO_ROUTE)


@pytest.mark.parametrize("parent", ["contacts", "companies", "jobs"])
@pytest.mark.parametrize("child", ["notes", "tasks"])
def test_child_lives_below_its_parent(parent: str, child: str) -> None:
    """Notes and tasks are made, read, replaced and deleted below a record, and are the same at the top."""
    with practice() as crm:
        parent_id = crm.create(f"/{parent}", Name="Acme", LastName="Acme")
        child_id = crm.create(f"/{parent}/{parent_id}/{child}", Body="b")
        path = f"/{parent}/{parent_id}/{child}/{child_id}"
        shown = crm.read(path)
        assert (shown["Parent_Id"], shown["Parent_Name"], shown) == (
            parent_id,
            "Acme",
            crm.read(f"/{child}/{child_id}"),
        )
        assert crm.send("PUT", path, {"Body": "c"}).json() == {"Id": child_id}
        assert crm.read(path)["Body"] == "c"
        assert crm.send("DELETE", path).status_code == 200
        assert crm.held(child) == []


def test_child_is_found_below_its_own_parent_only() -> None:
    """A note answers 404 below another record, and below its own parent under another object's path."""
    with practice() as crm:
        parent_id = crm.create("/contacts", LastName="King")
        other_id = crm.create("/contacts", LastName="Other")
        note_id, loose_id = crm.create(f"/contacts/{parent_id}/notes", Body="b"), crm.create("/notes", Body="loose")
        wrong = [f"/contacts/{other_id}/notes/{note_id}", f"/jobs/{parent_id}/notes/{note_id}"]
        wrong += [f"/contacts/{parent_id}/notes/{loose_id}", f"/contacts/{parent_id}/tasks/{note_id}"]
        assert [crm.send("GET", path).status_code for path in wrong] == [404] * 4
        assert crm.send("DELETE", wrong[0]).status_code == 404
        assert len(crm.held("notes")) == 2


@pytest.mark.parametrize("path", [f"/contacts/{GHOST}/notes", f"/companies/{GHOST}/tasks", f"/jobs/{GHOST}/notes"])
def test_child_of_nobody_is_refused(path: str) -> None:
    """Below a record that is not there nothing is created."""
    with practice() as crm:
        assert crm.send("POST", path, {"Body": "b"}).status_code == 404
        assert crm.count() == 0


def test_children_go_with_their_parent() -> None:
    """A deleted record takes its notes, tasks and stages along, and the history says so."""
    with practice() as crm:
        contact_id, job_id = crm.create("/contacts", LastName="King"), crm.create("/jobs", Name="n")
        note_id = crm.create(f"/contacts/{contact_id}/notes", Body="b")
        task_id = crm.create(f"/contacts/{contact_id}/tasks", Body="b")
        stage_id = crm.create(f"/contacts/{contact_id}/jobs/{job_id}")
        crm.send("DELETE", f"/contacts/{contact_id}")
        changes = [(one.deed, one.id) for one in crm.server.history()[-1].changes]
        assert changes == [("deleted", one) for one in (note_id, task_id, stage_id, contact_id)]
        assert (crm.count(), crm.read(f"/jobs/{job_id}/contacts")) == (1, [])


@pytest.mark.parametrize("query", ["", "?api_key=", "?api_key=wrong", "?API_KEY={key}", "?api_key={key}&api_key={key}"])
def test_wrong_key_is_denied(query: str) -> None:
    """Without the key in the query, once and right, everything answers 401 and nothing happens."""
    with practice() as crm:
        url = f"{crm.server.base_url}/contacts{query.format(key=crm.server.api_key)}"
        answer = crm.http.post(url, json={}, headers={"X-Api-Key": crm.server.api_key})
        assert (answer.status_code, answer.json()) == (401, DENIED)
        assert crm.count() == 0


def test_regenerated_key_replaces_the_old() -> None:
    """After the key is regenerated the old one fails (vendor) and the new one works."""
    with practice() as crm:
        old = crm.server.api_key
        new = crm.server.regenerate_key()
        assert (crm.server.api_key, len(new)) == (new, 32)
        assert old != new
        assert crm.send("GET", "/domain/workflowTypes", api_key=old).status_code == 401
        assert crm.send("GET", "/domain/workflowTypes", api_key=new).status_code == 200


@pytest.mark.parametrize(("first", "second"), [("contacts", "jobs"), ("jobs", "contacts")])
def test_contact_moves_through_a_job(first: str, second: str) -> None:
    """A contact is moved into a job, to another stage and out of it again, from either side."""
    with practice() as crm:
        ids = {"contacts": crm.create("/contacts", LastName="King"), "jobs": crm.create("/jobs", Name="King")}
        statuses = {one["Name"]: one for one in crm.read("/domain/workflowStatuses")}
        path = f"/{first}/{ids[first]}/{second}/{ids[second]}"
        assert list(crm.send("POST", path, {"StatusName": "Interview"}).json()) == ["Id"]
        assert crm.send("PUT", path, {"StatusId": statuses["Placed"]["Id"]}).status_code == 200
        assert crm.read(f"/{first}/{ids[first]}/{second}") == [
            {
                "Id": ids[second],
                "Name": "King",
                "StageId": statuses["Placed"]["Id"],
                "StageName": "Placed",
                "WorkflowTypeId": statuses["Placed"]["WorkflowTypeId"],
                "WorkflowTypeName": "Recruiting",
            }
        ]
        assert crm.send("DELETE", path).status_code == 200
        assert crm.read(f"/{second}/{ids[second]}/{first}") == []


def test_stage_without_status_is_the_first() -> None:
    """A contact moved into a job without a status starts at the first."""
    with practice() as crm:
        contact_id, job_id = crm.create("/contacts"), crm.create("/jobs", Name="n")
        crm.send("POST", f"/contacts/{contact_id}/jobs/{job_id}", {})
        assert crm.read(f"/contacts/{contact_id}/jobs")[0]["StageName"] == "New"


def test_wrong_stages_are_refused() -> None:
    """An unknown status, a second entry, and a move or leave of who is not there, are refused."""
    with practice() as crm:
        contact_id, job_id = crm.create("/contacts"), crm.create("/jobs", Name="n")
        path = f"/contacts/{contact_id}/jobs/{job_id}"
        absent = [crm.send(method, path, {}) for method in ("PUT", "DELETE")]
        unknown = crm.send("POST", path, {"StatusName": "Nowhere"})
        nobody = crm.send("POST", f"/contacts/{GHOST}/jobs/{job_id}", {})
        twice = [crm.send("POST", path, {}) for _ in range(2)][1]
        broken = crm.send("PUT", path, [])
    assert [(one.status_code, one.json()) for one in absent] == [
        (404, {"Message": "The contact is not in this job."})
    ] * 2
    assert unknown.json()["ModelState"] == {"StatusName": ["there is no such workflow status"]}
    assert (unknown.status_code, nobody.status_code, broken.status_code) == (400, 404, 400)
    assert (twice.status_code, twice.json()) == (409, {"Message": "The contact is in this job already."})


def test_tag_categories_have_default_and_skills() -> None:
    """The organisation always has the category Default, and here Skills and some more (vendor)."""
    with practice() as crm:
        categories = crm.read("/domain/tagCategories")
    assert [one["Name"] for one in categories] == ["Default", "Skills", "Industry", "Certifications", "Languages"]
    assert {tuple(one) for one in categories} == {("Id", "Name")}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("documentTypes", ["Id", "Name", "AllowedOn"]),
        ("workflowTypes", ["Id", "Name"]),
        ("workflowStatuses", ["Id", "Name", "Description", "WorkflowTypeId", "WorkflowTypeName"]),
    ],
)
def test_domain_lists_have_the_vendors_shape(name: str, fields: list[str]) -> None:
    """Each domain route answers a bare list of the vendor's model."""
    with practice() as crm:
        entries = crm.read(f"/domain/{name}")
    assert [list(one) for one in entries] == [fields] * len(entries)
    assert len({one["Id"] for one in entries}) == len(entries) > 1
