"""Lookups: by id they attach, by name they create."""

import pytest
from practising import GHOST, practice


def test_id_attaches_and_names_are_ignored() -> None:
    """With an id the names are those of the record, whatever was sent (vendor)."""
    with practice() as crm:
        contact_id = crm.create("/contacts", FirstName="Ada", LastName="King")
        names = {"AdditionalContact_Billing_FirstName": "Bob", "AdditionalContact_Billing_LastName": "Miller"}
        company_id = crm.create("/companies", Name="Acme", AdditionalContact_Billing_Id=contact_id.upper(), **names)
        shown = crm.read(f"/companies/{company_id}")
        assert len(crm.held("contacts")) == 1
    found = [shown[f"AdditionalContact_Billing_{part}"] for part in ("Id", "FirstName", "LastName")]
    assert found == [contact_id, "Ada", "King"]


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_names_without_id_create_a_contact_each_time(blank: str | None) -> None:
    """With a blank id each save makes another contact of that name and attaches it (vendor)."""
    fields = {"Name": "Acme", "AdditionalContact_Billing_Id": blank}
    names = {"AdditionalContact_Billing_FirstName": "Ada", "AdditionalContact_Billing_LastName": "King"}
    with practice() as crm:
        company_id = crm.create("/companies", **fields, **names)
        first = crm.read(f"/companies/{company_id}")["AdditionalContact_Billing_Id"]
        crm.send("PUT", f"/companies/{company_id}", {**fields, **names})
        second = crm.read(f"/companies/{company_id}")["AdditionalContact_Billing_Id"]
        contacts = crm.server.snapshot()["contacts"]
    assert [(contacts[one]["FirstName"], contacts[one]["LastName"]) for one in (first, second)] == [("Ada", "King")] * 2
    assert len(contacts) == 2


def test_hidden_contact_stands_in_the_history() -> None:
    """What a lookup created is among the changes of the request, before the record itself."""
    with practice() as crm:
        names = {"RelatedContact_Spouse_FirstName": "Bob", "RelatedContact_Spouse_LastName": "King"}
        contact_id = crm.create("/contacts", LastName="King", **names)
        spouse_id = crm.read(f"/contacts/{contact_id}")["RelatedContact_Spouse_Id"]
        entry = crm.server.history()[0]
    assert [(one.deed, one.object, one.id) for one in entry.changes] == [
        ("created", "contacts", spouse_id),
        ("created", "contacts", contact_id),
    ]
    assert entry.record_id == contact_id


def test_one_name_alone_creates_nobody() -> None:
    """A contact takes first and last name; with one of them nothing is created or attached."""
    with practice() as crm:
        contact_id = crm.create("/contacts", RelatedContact_Client_LastName="King")
        shown = crm.read(f"/contacts/{contact_id}")
        assert len(crm.held("contacts")) == 1
    assert (shown["RelatedContact_Client_Id"], shown["RelatedContact_Client_LastName"]) == (None, None)


@pytest.mark.parametrize(
    ("path", "prefix", "made"),
    [
        ("contacts", "CurrentPosition_Company", "companies"),
        ("companies", "ParentAccount", "companies"),
        ("jobs", "Company", "companies"),
        ("jobs", "ParentJob", "jobs"),
    ],
)
def test_name_without_id_creates_a_record(path: str, prefix: str, made: str) -> None:
    """Lookups of companies and jobs create from a bare name too; a known name makes no difference."""
    with practice() as crm:
        known_id = crm.create(f"/{made}", Name="Acme")
        record_id = crm.create(f"/{path}", Name="n", **{f"{prefix}_Name": "Acme"})
        made_id = crm.read(f"/{path}/{record_id}")[f"{prefix}_Id"]
        assert crm.read(f"/{made}/{made_id}")["Name"] == "Acme"
    assert made_id not in {known_id, record_id, None}


@pytest.mark.parametrize(
    ("path", "prefix"),
    [("contacts", "Salutation"), ("contacts", "Education_Institution"), ("jobs", "JobTitle"), ("jobs", "LeadSource")],
)
def test_name_without_id_adds_to_a_list(path: str, prefix: str) -> None:
    """A name for a list makes an entry of that list each time, which its id attaches again."""
    with practice() as crm:
        ids = [crm.create(f"/{path}", Name="n", **{f"{prefix}_Name": "X"}) for _ in range(2)]
        entries = [crm.read(f"/{path}/{one}")[f"{prefix}_Id"] for one in ids]
        third = crm.read(f"/{path}/{crm.create(f'/{path}', Name='n', **{f'{prefix}_Id': entries[0]})}")
        options = crm.server.snapshot()["options"]
    assert options == {one: {"Id": one, "List": prefix, "Name": "X"} for one in entries}
    assert (third[f"{prefix}_Id"], third[f"{prefix}_Name"], len(options)) == (entries[0], "X", 2)


def test_job_types_are_lookups_too() -> None:
    """Each job type is attached by id or created from its name; one without either is dropped."""
    with practice() as crm:
        first = crm.read(f"/jobs/{crm.create('/jobs', Name='n', JobTypes=[{'Name': 'Temp'}])}")["JobTypes"]
        wanted = [{"Id": first[0]["Id"], "Name": "other"}, {"Id": "", "Name": "Perm"}, {"Name": ""}]
        second = crm.read(f"/jobs/{crm.create('/jobs', Name='n', JobTypes=wanted)}")["JobTypes"]
    assert [one["Name"] for one in second] == ["Temp", "Perm"]
    assert second[0] == first[0]


@pytest.mark.parametrize(
    ("path", "field", "kind"),
    [
        ("contacts", "RelatedContact_Spouse_Id", "record in contacts"),
        ("contacts", "CurrentPosition_Company_Id", "record in companies"),
        ("jobs", "ParentJob_Id", "record in jobs"),
        ("jobs", "Priority_Id", "entry of the list Priority"),
    ],
)
def test_unknown_id_is_refused(path: str, field: str, kind: str) -> None:
    """An id that no such record has answers 400, and no other lookup of the body creates anything."""
    with practice() as crm:
        body = {"Name": "n", field: GHOST, "LeadSource_Name": "x", "Salutation_Name": "x"}
        answer = crm.send("POST", f"/{path}", body)
        message = {"Message": "The request is invalid.", "ModelState": {field: [f"there is no {kind} with this id"]}}
        assert (answer.status_code, answer.json()) == (400, message)
        assert crm.count() == 0


def test_id_of_another_object_is_refused() -> None:
    """A contact is no company, and an entry of one list is none of another."""
    with practice() as crm:
        contact = crm.read(f"/contacts/{crm.create('/contacts', Gender_Name='x')}")
        company = crm.send("POST", "/contacts", {"CurrentPosition_Company_Id": contact["Id"]})
        source = crm.send("POST", "/contacts", {"Source_Id": contact["Gender_Id"]})
    assert company.json()["ModelState"] == {
        "CurrentPosition_Company_Id": ["there is no record in companies with this id"]
    }
    assert source.json()["ModelState"] == {"Source_Id": ["there is no entry of the list Source with this id"]}


def test_text_that_is_no_id_is_refused() -> None:
    """An id is a GUID."""
    with practice() as crm:
        answer = crm.send("POST", "/jobs", {"Name": "n", "Company_Id": "Acme"})
    message = {"Message": "The request is invalid.", "ModelState": {"Company_Id": ["expected an id"]}}
    assert (answer.status_code, answer.json()) == (400, message)


def test_reference_outlives_its_record() -> None:
    """A deleted record's id stays in others and may be put back there, but is attached nowhere else."""
    with practice() as crm:
        company_id = crm.create("/companies", Name="Acme")
        job_id = crm.create("/jobs", Name="n", Company_Id=company_id)
        crm.send("DELETE", f"/companies/{company_id}")
        shown = crm.read(f"/jobs/{job_id}")
        again = crm.send("PUT", f"/jobs/{job_id}", shown)
        kept = crm.read(f"/jobs/{job_id}")
        elsewhere = crm.send("POST", "/jobs", {"Name": "m", "Company_Id": company_id})
    assert (again.status_code, elsewhere.status_code) == (200, 400)
    assert (kept["Company_Id"], kept["Company_Name"]) == (company_id, "Acme")
