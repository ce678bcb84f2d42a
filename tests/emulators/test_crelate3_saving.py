"""What becomes of an entity that is sent to Crelate's api3."""

from typing import Any

import pytest
from crelate3_practising import DEFAULT_CATEGORY, create, data, entry, names, patch, post, practice, told
from practising import GHOST, FixedClock

from migrator.emulators.crelate3 import PatchReply
from migrator.emulators.crelate3.models import MODELS, Type

NO_ENTITIES = "Expected an object with the member 'entities', a list of objects."


def test_created_contact_is_read_back() -> None:
    """A record shows what was sent, what the server adds, and null for everything else (client)."""
    with practice() as crm:
        user = data(crm, "/users/self")
        record_id = create(crm, "/contacts", FirstName="Ada", LastName="King", RecordType=3)
        record = data(crm, f"/contacts/{record_id}")
    me = {"Id": user["Id"], "Title": "Practice User"}
    assert {name: value for name, value in record.items() if value is not None} == {
        "Id": record_id,
        "Name": "King, Ada",
        "FirstName": "Ada",
        "LastName": "King",
        "RecordType": 3,
        "ContactNum": 1,
        "EntityStatus": 1,
        "Owners": [{**me, "IsPrimary": True}],
        "CreatedById": me,
        **dict.fromkeys(("CreatedOn", "ModifiedOn", "LastActivityOrModifiedOn"), "2024-05-06T07:08:09.12Z"),
    }
    assert set(MODELS["contacts"].types) < set(record)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("+1 (234) 567-8901", "+12345678901"),
        ("234.567.8901", "+12345678901"),
        ("1 234 567 8901", "+12345678901"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_phone_number_comes_back_normalised(sent: str, kept: str) -> None:
    """Numbers are kept as E.164 (client); their extension stays."""
    with practice() as crm:
        sent_number = {"Value": sent, "Extension": "12", "IsPrimary": True}
        record_id = create(crm, "/contacts", PhoneNumbers_Mobile=sent_number)
        number = data(crm, f"/contacts/{record_id}")["PhoneNumbers_Mobile"]
    assert number == {"Id": number["Id"], "IsPrimary": True, "Value": kept, "Extension": "12"}


@pytest.mark.parametrize(
    "value", ["020 7946 0958", "call me", "+1 234", "+1234567890123456", "+44 1234", "+44 1234567890123456"]
)
def test_phone_number_that_cannot_be_parsed_is_refused(value: str) -> None:
    """A refused number refuses the whole record (client)."""
    with practice() as crm:
        answer = post(crm, "/contacts", FirstName="Ada", PhoneNumbers_Home={"Value": value})
        message = "PhoneNumbers_Home: Value: expected a phone number that can be parsed"
        assert (told(answer), crm.held("contacts")) == ((400, None, [message]), [])


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ({"FirstName": 5}, ["FirstName: expected a text"]),
        ({"RecordType": 8}, ["RecordType: expected a sum of 1 (candidate), 2 (client contact) and 4 (lead)"]),
        (
            {"RecordType": ["Candidate"]},
            ["RecordType: expected a sum of 1 (candidate), 2 (client contact) and 4 (lead)"],
        ),
        ({"Salary": "1", "SpokenTo": 0}, ["Salary: expected a number", "SpokenTo: expected true or false"]),
        ({"EmailAddresses_Work": "a@b.example"}, ["EmailAddresses_Work: expected an object with Value and IsPrimary"]),
        (
            {"KeyDates_Birthday": {"Value": "6.5."}},
            ["KeyDates_Birthday: Value: expected a date such as 2005-03-07T00:00:00"],
        ),
        ({"GenderId": {"Title": "Female"}}, ["GenderId: expected an object with an Id"]),
        ({"GenderId": {"Id": GHOST}}, [f"GenderId: there is no entry of genders with the id {GHOST}"]),
        ({"AccountId": {"Id": GHOST}}, [f"AccountId: there is no record with the id {GHOST}"]),
        ({"Tags": {"Skills": ["SQL"]}}, ["Tags: there is no tag category skills"]),
        ({"Tags": {DEFAULT_CATEGORY: ["Hot"]}}, [f"Tags: expected {Type.TAGS}"]),
    ],
)
def test_wrong_values_are_refused(fields: dict[str, Any], messages: list[str]) -> None:
    """All wrong fields are told at once; a name alone neither finds nor creates what a lookup points at."""
    with practice() as crm:
        assert told(post(crm, "/contacts", **fields)) == (400, None, messages)
        assert [crm.held(name) for name in ("contacts", "companies", "tags")] == [[], [], []]


@pytest.mark.parametrize(
    ("path", "required", "others"),
    [
        ("/notes", "Display", {"Body": "text", "Display": " "}),
        ("/companies", "Name", {}),
        ("/jobs", "Name", {"Name": ""}),
        ("/activities", "ParentId, VerbId", {"Display": "a"}),
    ],
)
@pytest.mark.parametrize("status", [500, 400])
def test_missing_fields_are_listed(path: str, required: str, others: dict[str, str], status: int) -> None:
    """A record without a required field answers 500 with "a list of the missing fields" (vendor)."""
    with practice(missing_status=status) as crm:
        message = f"The following required fields are missing: {required}"
        assert told(post(crm, path, **others)) == (status, None, [message])
        assert crm.held(path[1:]) == []


def test_patch_changes_only_what_it_names() -> None:
    """All other fields stay as they are (client); null empties a field, and so does an empty value."""
    clock = FixedClock()
    with practice(clock=clock) as crm:
        email = {"Value": "a@b.example", "IsPrimary": True}
        record_id = create(crm, "/contacts", FirstName="Ada", LastName="King", NickName="A", EmailAddresses_Work=email)
        before = data(crm, f"/contacts/{record_id}")
        clock.go_on(seconds=1)
        answer = patch(
            crm, f"/contacts/{record_id}", LastName="Byron", NickName=None, EmailAddresses_Work={"Value": ""}
        )
        after = data(crm, f"/contacts/{record_id}")
    assert told(answer) == (200, record_id, [])
    moved = dict.fromkeys(("ModifiedOn", "LastActivityOrModifiedOn"), "2024-05-06T07:08:10.12Z")
    changed = {"LastName": "Byron", "Name": "Byron, Ada", "NickName": None, "EmailAddresses_Work": None, **moved}
    assert after == before | changed | {"UpdatedById": before["CreatedById"]}


@pytest.mark.parametrize("reply", PatchReply)
def test_answer_to_a_patch_can_be_varied(reply: PatchReply) -> None:
    """What Data is after a PATCH is not known: the id, the entity, or nothing."""
    with practice(patch_reply=reply) as crm:
        record_id = create(crm, "/contacts")
        answer = patch(crm, f"/contacts/{record_id.upper()}", FirstName="Ada").json()["Data"]
        entity = data(crm, f"/contacts/{record_id}")
    assert answer == {PatchReply.ID: record_id, PatchReply.ENTITY: entity, PatchReply.NOTHING: None}[reply]


def test_refused_patch_changes_nothing() -> None:
    """A PATCH is done whole or not at all, and it cannot empty a required field."""
    with practice() as crm:
        url = f"/companies/{create(crm, '/companies', Name='Acme')}"
        before = data(crm, url)
        answers = [patch(crm, url, Description="x", Name=None), patch(crm, url, Description="x", RecordType=9)]
        assert ([one.status_code for one in answers], data(crm, url)) == ([500, 400], before)


def test_part_of_a_record_keeps_its_id() -> None:
    """A changed e-mail address is the same object as before."""
    with practice() as crm:
        url = f"/contacts/{create(crm, '/contacts', EmailAddresses_Work={'Value': 'a@b.example'})}"
        before = data(crm, url)["EmailAddresses_Work"]
        patch(crm, url, EmailAddresses_Work={"Value": "c@d.example", "IsPrimary": True})
        assert data(crm, url)["EmailAddresses_Work"] == {"Id": before["Id"], "IsPrimary": True, "Value": "c@d.example"}


def test_unknown_fields_are_ignored_or_kept() -> None:
    """A contact loses what it has no field for, and nobody sets what the server sets; open records keep all else."""
    with practice() as crm:
        contact = create(crm, "/contacts", Colour="red", Id=GHOST, CreatedOn="x")
        company = create(crm, "/companies", Name="Acme", Colour={"red": [1.50]}, Id=GHOST)
        shown = [data(crm, f"/contacts/{contact}"), data(crm, f"/companies/{company}")]
    assert [one.get("Colour") for one in shown] == [None, {"red": [1.5]}]
    assert (GHOST in {contact, company}, shown[0]["CreatedOn"]) == (False, "2024-05-06T07:08:09.12Z")


def test_bulk_answers_ids_by_position() -> None:
    """Many contacts at once, their ids in request order (client)."""
    with practice() as crm:
        answer = crm.send("POST", "/contacts/bulk", {"entities": [{"LastName": str(n)} for n in range(100)]})
        ids = answer.json()["Data"]
        assert (answer.status_code, [data(crm, f"/contacts/{ids[n]}")["Name"] for n in (0, 57, 99)]) == (
            201,
            ["0", "57", "99"],
        )
        assert ids == [one["Id"] for one in crm.held("contacts")]


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({"entities": []}, [NO_ENTITIES]),
        ({"entities": [{}, 5]}, [NO_ENTITIES]),
        ({"entity": {}}, [NO_ENTITIES]),
        ({"entities": [{}] * 101}, ["There are 101 entities, more than 100."]),
        (
            {"entities": [{"FirstName": "Ada"}, {"FirstName": 1}, {}, {"Salary": "x", "Tags": []}]},
            [
                "entities[1]: FirstName: expected a text",
                "entities[3]: Salary: expected a number",
                f"entities[3]: Tags: expected {Type.TAGS}",
            ],
        ),
    ],
)
def test_bulk_is_refused_whole(body: dict[str, Any], messages: list[str]) -> None:
    """One wrong entity refuses all of them (client)."""
    with practice() as crm:
        answer = crm.send("POST", "/contacts/bulk", body)
        assert (told(answer), crm.held("contacts")) == ((400, None, messages), [])


def test_longest_batch_can_be_varied() -> None:
    """How many entities are too many is not known."""
    with practice(max_batch=1) as crm:
        assert crm.send("POST", "/contacts/bulk", {"entities": [{}]}).status_code == 201
        assert crm.send("POST", "/contacts/bulk", {"entities": [{}, {}]}).status_code == 400


@pytest.mark.parametrize("entity_name", ["Contacts", "Companies", "Jobs"])
def test_note_hangs_on_its_parent(entity_name: str) -> None:
    """The text of a note is Display, and its parent says of which object it is (client)."""
    with practice() as crm:
        fields = {"LastName": "King"} if entity_name == "Contacts" else {"Name": "King"}
        parent_id = create(crm, f"/{entity_name.lower()}", **fields)
        parent = {"Id": parent_id, "Title": None, "EntityName": entity_name}
        note_id = create(crm, "/notes", Display="b", ParentId=parent, RegardingId={"Id": parent_id})
        note = data(crm, f"/notes/{note_id}")
    assert {name: note[name] for name in ("Display", "ParentId", "RegardingId", "When")} == {
        "Display": "b",
        "ParentId": {**parent, "Title": "King"},
        "RegardingId": {"Id": parent_id, "Title": "King"},
        "When": "2024-05-06T07:08:09.12Z",
    }


@pytest.mark.parametrize(
    ("parent", "fact"),
    [
        ({"Id": GHOST, "EntityName": "Contacts"}, f"there is no record in contacts with the id {GHOST}"),
        ({"Id": GHOST, "EntityName": "People"}, "expected an EntityName, one of Contacts, Accounts, Companies, Jobs"),
        ({"Id": GHOST}, "expected an EntityName, one of Contacts, Accounts, Companies, Jobs"),
        (GHOST, "expected an object with Id and EntityName"),
    ],
)
def test_note_without_a_real_parent_is_refused(parent: Any, fact: str) -> None:
    """A parent has to be there, in the object that is named."""
    with practice() as crm:
        assert told(post(crm, "/notes", Display="b", ParentId=parent)) == (400, None, [f"ParentId: {fact}"])


def test_activity_is_recorded() -> None:
    """An activity has a verb of the list of types (client)."""
    with practice() as crm:
        verb, contact = entry(crm, "activitytypes", "Call"), create(crm, "/contacts", LastName="King")
        parent = {"Id": contact, "EntityName": "Contacts"}
        fields = {"Subject": "s", "When": "2024-01-02T03:04:05Z", "Completed": True}
        record_id = create(crm, "/activities", VerbId={"Id": verb["Id"]}, ParentId=parent, **fields)
        record = data(crm, f"/activities/{record_id}")
    assert {name: record[name] for name in ("VerbId", *fields)} == {"VerbId": verb, **fields}


def test_lookups_show_the_title_of_what_they_point_at() -> None:
    """A lookup is written by its id, in any case of letters, and read with its title (client)."""
    with practice() as crm:
        country, company = entry(crm, "countries", "Germany"), create(crm, "/companies", Name="Acme")
        address = {"Line1": "Am Markt 1", "City": "Bonn", "CountryId": {"Id": country["Id"].upper()}}
        position = {"JobTitle": "CTO", "CompanyId": {"Id": company, "Title": "other"}}
        record_id = create(crm, "/contacts", Addresses_Home=address, CurrentPosition=position)
        record = data(crm, f"/contacts/{record_id}")
    assert record["Addresses_Home"] | {"Id": ""} == {**address, "CountryId": country, "Id": "", "IsPrimary": False}
    assert record["CurrentPosition"]["CompanyId"] == {"Id": company, "Title": "Acme"}


def test_dates_without_time_come_back_with_one() -> None:
    """Date-only values are shown at midnight without a zone (client)."""
    with practice() as crm:
        record_id = create(crm, "/contacts", KeyDates_Birthday={"Value": "2005-03-07"})
        assert data(crm, f"/contacts/{record_id}")["KeyDates_Birthday"]["Value"] == "2005-03-07T00:00:00"


def test_tags_are_found_by_title_or_created() -> None:
    """The same tag has the same id on all records; the default category has the same id everywhere (client)."""
    with practice() as crm:
        ids = [create(crm, "/contacts", Tags={DEFAULT_CATEGORY: [{"Title": text}]}) for text in ("Hot", "hot")]
        first, second = (data(crm, f"/contacts/{one}")["Tags"] for one in ids)
        tags = data(crm, "/tags")
    assert first == second == {DEFAULT_CATEGORY: [{"Id": tags[0]["Id"], "Title": "Hot"}]}
    assert tags == [{"Id": tags[0]["Id"], "Title": "Hot", "CategoryId": DEFAULT_CATEGORY}]


def test_duplicate_companies_are_refused_if_wanted() -> None:
    """A second company of a name is a second company, or 409 where the rehearsal wants it."""
    with practice(refuses_duplicates=True) as crm:
        create(crm, "/companies", Name="Acme")
        answer = post(crm, "/companies", Name="ACME")
        assert told(answer) == (409, None, ["A company with the name 'ACME' exists already."])
    with practice() as crm:
        for name in ("Acme", "ACME"):
            create(crm, "/companies", Name=name)
        assert names(crm, "/companies") == ["Acme", "ACME"]


@pytest.mark.parametrize("fields", [{}, {"ExternalPrimaryKey": "k"}])
def test_same_contact_twice_is_two_contacts(fields: dict[str, str]) -> None:
    """Nothing is required of a contact, and nothing is unique, not even the external key (inferred)."""
    with practice() as crm:
        ids = {create(crm, "/contacts", **fields) for _ in range(2)}
        assert (len(ids), [one["ContactNum"] for one in crm.held("contacts")]) == (2, [1, 2])
