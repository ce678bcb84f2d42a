"""What becomes of a body that is posted or put."""

from decimal import Decimal
from typing import Any

import pytest
from practising import FixedClock, practice

from migrator.emulators import Options
from migrator.emulators.exact import parse_json

PATHS = ["/contacts", "/companies", "/jobs", "/notes", "/tasks"]


@pytest.mark.parametrize("path", PATHS)
def test_create_answers_the_id(path: str) -> None:
    """A create answers 200 and nothing but the id, under which the record is read."""
    with practice() as crm:
        answer = crm.send("POST", path, {"Name": "n", "Body": "b"})
        assert (answer.status_code, list(answer.json())) == (200, ["Id"])
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert crm.read(f"{path}/{answer.json()['Id']}")["Id"] == answer.json()["Id"]


def test_create_status_is_an_option() -> None:
    """Where the vendor is silent, 200 or 201, a rehearsal can have either."""
    with practice(options=Options(create_status=201)) as crm:
        job = crm.send("POST", "/jobs", {"Name": "n"})
        contact = crm.send("POST", "/contacts", {})
        below = crm.send("POST", f"/jobs/{job.json()['Id']}/notes", {"Body": "b"})
        stage = crm.send("POST", f"/jobs/{job.json()['Id']}/contacts/{contact.json()['Id']}", {})
        replaced = crm.send("PUT", f"/contacts/{contact.json()['Id']}", {})
    assert [one.status_code for one in (job, contact, below, stage, replaced)] == [201, 201, 201, 201, 200]


def test_task_is_shown_whole() -> None:
    """A record shows what was sent, what the server manages, and null for the rest."""
    with practice(options=Options(clock=FixedClock())) as crm:
        record_id = crm.create("/tasks", Body="Call", When="2017-01-01T15:00:00Z", Pinned=False)
        shown = crm.read(f"/tasks/{record_id}")
    user = shown["CreatedBy_Id"]
    assert shown == {
        "Id": record_id,
        "Body": "Call",
        "When": "2017-01-01T15:00:00Z",
        "Pinned": False,
        "Completed": None,
        "Announced": None,
        "ExternalPrimaryKey": None,
        "Parent_Id": None,
        "Parent_Name": None,
        "CreatedOn": "2024-05-06T07:08:09.12Z",
        "CreatedBy_Id": user,
        "CreatedBy_Name": "Practice User",
        "ModifiedOn": "2024-05-06T07:08:09.12Z",
        "ModifiedBy_Id": user,
        "ModifiedBy_Name": "Practice User",
        "Owners": [{"Id": user, "Name": "Practice User", "IsPrimary": True}],
    }


def test_server_manages_status_name_and_code() -> None:
    """A contact has a name and a status, jobs are numbered, without anybody's sending it."""
    with practice() as crm:
        names = [{"FirstName": "Ada", "LastName": "King"}, {"LastName": "King"}, {"FirstName": "Ada"}, {}]
        contacts = [crm.read(f"/contacts/{crm.create('/contacts', **fields)}") for fields in names]
        jobs = [crm.read(f"/jobs/{crm.create('/jobs', Name='n')}") for _ in range(2)]
    assert [contact["Name"] for contact in contacts] == ["King, Ada", "King", "Ada", None]
    assert [(job["JobCode"], job["Status_Name"], job["Attachments"]) for job in jobs] == [
        ("1", "Active", []),
        ("2", "Active", []),
    ]


def test_put_replaces_all_fields() -> None:
    """What a PUT leaves out is lost, except what the server itself manages."""
    clock = FixedClock()
    with practice(options=Options(clock=clock)) as crm:
        record_id = crm.create("/contacts", FirstName="Ada", LastName="King", Salary=5, Tags={"Skills": ["x"]})
        before = crm.read(f"/contacts/{record_id}")
        clock.go_on(hours=1)
        answer = crm.send("PUT", f"/contacts/{record_id}", {"FirstName": "Bea"})
        after = crm.read(f"/contacts/{record_id}")
    assert (answer.status_code, answer.json()) == (200, {"Id": record_id})
    changed = {"FirstName": "Bea", "LastName": None, "Salary": None, "Tags": None, "Name": "Bea"}
    assert after == before | changed | {"ModifiedOn": "2024-05-06T08:08:09.12Z"}


def test_put_of_what_was_read_changes_nothing() -> None:
    """To get, change and put, as the vendor says, loses nothing; what only the server may set is ignored."""
    with practice(options=Options(clock=FixedClock())) as crm:
        company_id = crm.create("/companies", Name="Acme")
        record_id = crm.create("/jobs", Name="n", Company_Id=company_id, JobTypes=[{"Name": "Temp"}], IsLead=True)
        before = crm.read(f"/jobs/{record_id}")
        crm.send("PUT", f"/jobs/{record_id}", before | {"CreatedOn": "x", "JobCode": 5, "Id": "other"})
        assert crm.read(f"/jobs/{record_id}") == before
        assert crm.count() == 3


def test_put_of_a_note_keeps_its_parent() -> None:
    """A note that is replaced stays where it is."""
    with practice() as crm:
        contact_id = crm.create("/contacts", LastName="King")
        note_id = crm.create(f"/contacts/{contact_id}/notes", Body="b")
        crm.send("PUT", f"/notes/{note_id}", {"Body": "c"})
        shown = crm.read(f"/contacts/{contact_id}/notes/{note_id}")
    assert (shown["Body"], shown["Parent_Id"], shown["Parent_Name"]) == ("c", contact_id, "King")


def test_unknown_fields_are_ignored() -> None:
    """A name that the model does not have is dropped without a word, and so is wrong case."""
    with practice() as crm:
        record_id = crm.create("/companies", Name="Acme", Nam="x", name="y", Id="z", Website="w", CreatedOn=7)
        assert crm.read(f"/companies/{record_id}")["Name"] == "Acme"
        assert "Website" not in crm.held("companies")[0]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("Name", 5, "text"),
        ("Name", ["a"], "text"),
        ("IsLead", "true", "true or false"),
        ("IsLead", 1, "true or false"),
        ("NumberOfOpenings", 1.5, "a whole number"),
        ("NumberOfOpenings", True, "a whole number"),
        ("Salary", "10", "a number"),
        ("Salary", False, "a number"),
        ("StartDate", 20170101, "a date such as 2017-01-01T15:00:00Z"),
        ("JobTypes", ["Temp"], "a list of objects with Id and Name"),
        ("JobTypes", [{"Id": 5}], "a list of objects with Id and Name"),
        ("Tags", ["x"], "an object from the name of each tag category to a list of tags"),
        ("Tags", {"Default": "x"}, "an object from the name of each tag category to a list of tags"),
    ],
)
def test_wrong_type_is_refused(field: str, value: Any, expected: str) -> None:
    """A value of another type answers 400 with field and type, and stores nothing."""
    with practice() as crm:
        answer = crm.send("POST", "/jobs", {"Name": "n", field: value})
        message = {"Message": "The request is invalid.", "ModelState": {field: [f"expected {expected}"]}}
        assert (answer.status_code, answer.json()) == (400, message)
        assert crm.count() == 0


def test_wrong_list_of_texts_is_refused() -> None:
    """A list of texts takes texts only."""
    with practice() as crm:
        answer = crm.send("POST", "/contacts", {"RecordType": ["Candidate", 1]})
    assert answer.json()["ModelState"] == {"RecordType": ["expected a list of texts"]}


@pytest.mark.parametrize(
    "text",
    ["{", "", '{"Name": NaN}', '{"Name": "\\ud800"}', '{"a":' * 99_999, '{"Salary": 1e99999999999999999999}'],
)
def test_malformed_json_is_refused(text: str) -> None:
    """What is no JSON in UTF-8 answers 400."""
    with practice() as crm:
        answer = crm.send_text("POST", "/jobs", text)
    message = {"Message": "The request is invalid.", "ModelState": {"": ["not valid JSON in UTF-8"]}}
    assert (answer.status_code, answer.json()) == (400, message)


def test_body_must_be_an_object() -> None:
    """A list, where one record is expected, answers 400."""
    with practice() as crm:
        answer = crm.send("POST", "/jobs", [{"Name": "n"}])
    message = {"Message": "The request is invalid.", "ModelState": {"": ["expected an object"]}}
    assert (answer.status_code, answer.json()) == (400, message)


def test_form_is_refused() -> None:
    """A body of another media type answers 415."""
    with practice() as crm:
        answer = crm.send_text("POST", "/jobs", "Name=n", content_type="application/x-www-form-urlencoded")
    message = {"Message": "The media type of the request is not supported: send application/json."}
    assert (answer.status_code, answer.json()) == (415, message)


@pytest.mark.parametrize(("path", "field"), [*zip(PATHS[1:], ["Name", "Name", "Body", "Body"], strict=True)])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_field_is_a_500_with_a_list(path: str, field: str, value: str | None) -> None:
    """A record without its required field answers 500 with the list of what is missing, and stores nothing (vendor)."""
    with practice() as crm:
        answer = crm.send("POST", path, {field: value, "ExternalPrimaryKey": "k"})
        message = f"The following required fields are missing: {field}"
        assert (answer.status_code, answer.json()) == (500, {"Message": message, "MissingFields": [field]})
        assert crm.count() == 0


def test_put_needs_the_required_fields_too() -> None:
    """A PUT without a name is refused whole: the record stays as it was."""
    with practice() as crm:
        record_id = crm.create("/companies", Name="Acme")
        assert crm.send("PUT", f"/companies/{record_id}", {"Description": "d"}).status_code == 500
        assert crm.read(f"/companies/{record_id}")["Name"] == "Acme"


def test_contact_needs_no_field() -> None:
    """An empty contact is a contact."""
    with practice() as crm:
        assert crm.send("POST", "/contacts", {}).status_code == 200
        assert len(crm.held("contacts")) == 1


@pytest.mark.parametrize("text", ["2017-01-01T15:00:00Z", "2005-03-07T00:00:00.35Z", "1999-12-31T23:59:59.1234567Z"])
def test_date_is_kept_as_given(text: str) -> None:
    """A moment in UTC comes back with the same digits."""
    with practice() as crm:
        record_id = crm.create("/contacts", KeyDate_Birthday=text)
        assert crm.read(f"/contacts/{record_id}")["KeyDate_Birthday"] == text


@pytest.mark.parametrize(
    "text",
    [
        *("2017-01-01", "2017-01-01T15:00:00", "2017-01-01T15:00:00+00:00", "01/02/2017", ""),
        *("2017-02-30T00:00:00Z", "2017-01-01T25:00:00Z", "2017-01-01 15:00:00Z", "2017-01-01T15:00:00z"),
    ],
)
def test_other_form_of_date_is_refused(text: str) -> None:
    """Anything but ISO 8601 in UTC fails, as the vendor warns."""
    with practice() as crm:
        answer = crm.send("POST", "/tasks", {"Body": "b", "When": text})
    state = {"When": ["expected a date such as 2017-01-01T15:00:00Z"]}
    assert (answer.status_code, answer.json()["ModelState"]) == (400, state)


def test_tags_of_the_vendors_example() -> None:
    """Tags come back by category, without the empty one (vendor)."""
    with practice() as crm:
        tags = {"Default": ["High Priority", ""], "Skills": ["Tech", ".NET", "SQL"], "Industry": [""]}
        record_id = crm.create("/contacts", Tags=tags)
        shown = crm.read(f"/contacts/{record_id}")["Tags"]
    assert shown == {"Default": ["High Priority"], "Skills": ["Tech", ".NET", "SQL"]}


def test_unknown_tag_category_is_refused() -> None:
    """A category that the organisation does not have answers 400."""
    with practice() as crm:
        answer = crm.send("POST", "/contacts", {"Tags": {"Default": ["a"], "skills": ["b"]}})
        message = {
            "Message": "The request is invalid.",
            "ModelState": {"Tags": ["there is no tag category 'skills'"]},
        }
        assert (answer.status_code, answer.json()) == (400, message)
        assert crm.count() == 0


def test_external_key_is_verbatim() -> None:
    """The external key comes back character by character, blanks and case and all."""
    with practice() as crm:
        key = " Acme/Contacts/0007 ÄöÜ\t…😀 "
        record_id = crm.create("/contacts", ExternalPrimaryKey=key)
        assert crm.read(f"/contacts/{record_id}")["ExternalPrimaryKey"] == key


@pytest.mark.parametrize("digits", ["10.50", "0.1", "1234567890.123456789012345678", "-0.0", "1E+2", "7", "3.0"])
def test_number_keeps_its_digits(digits: str) -> None:
    """A number is written back as it came, in a record, in a list and in the snapshot."""
    with practice() as crm:
        record_id = crm.send_text("POST", "/contacts", f'{{"Salary":{digits},"LastName":"x"}}').json()["Id"]
        record = crm.send("GET", f"/contacts/{record_id}").content
        listed = crm.send("GET", "/contacts/recent", modified=5).content
        snapshot = crm.control("GET", "snapshot").content
    assert f'"Salary":{digits},'.encode() in record
    assert f'"Salary":{digits},'.encode() in listed
    assert parse_json(snapshot)["contacts"][record_id]["Salary"] == Decimal(digits)
