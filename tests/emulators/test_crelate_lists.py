"""The lists: recent, by e-mail address, and the notes of a job."""

import pytest
from practising import FixedClock, practice

from migrator.emulators import Options


def test_recent_lists_the_last_changed_first() -> None:
    """A record moves to the front of the list when it is changed, and out of it when it is deleted."""
    with practice() as crm:
        ids = [crm.create("/companies", Name=str(n)) for n in range(4)]
        crm.send("PUT", f"/companies/{ids[1]}", {"Name": "one"})
        crm.send("DELETE", f"/companies/{ids[2]}")
        listed = crm.send("GET", "/companies/recent", modified=5).json()
        assert listed == {
            "MoreRecords": False,
            "Results": [crm.read(f"/companies/{ids[n]}") for n in (1, 3, 0)],
        }


@pytest.mark.parametrize("path", ["/contacts/recent", "/companies/recent", "/jobs/recent"])
@pytest.mark.parametrize("query", [{}, {"modified": ""}, {"modified": "-5"}, {"modified": "soon"}])
def test_recent_needs_minutes(path: str, query: dict[str, str]) -> None:
    """Without a number of minutes the list answers 400."""
    with practice() as crm:
        answer = crm.send("GET", path, **query)
    message = {"Message": "The parameter 'modified' is required: a number of minutes."}
    assert (answer.status_code, answer.json()) == (400, message)


@pytest.mark.parametrize(
    ("minutes", "expected"), [("0", 1), ("59.5", 1), ("60", 2), ("31104000", 2), ("999999999999999", 2)]
)
def test_recent_counts_minutes_by_the_servers_clock(minutes: str, expected: int) -> None:
    """Only what was changed within so many minutes is listed; fractions and huge numbers are fine."""
    clock = FixedClock()
    with practice(options=Options(clock=clock)) as crm:
        crm.create("/jobs", Name="old")
        clock.go_on(minutes=60)
        crm.create("/jobs", Name="new")
        assert len(crm.send("GET", "/jobs/recent", modified=minutes).json()["Results"]) == expected


@pytest.mark.parametrize(
    ("query", "numbers", "more"),
    [
        ({}, range(50), True),
        ({"take": 3}, range(3), True),
        ({"take": 3, "skip": 508}, range(508, 510), False),
        ({"take": 2, "skip": 508}, range(508, 510), False),
        ({"take": 500}, range(500), True),
        ({"take": 9999}, range(500), True),
        ({"take": 9999, "skip": 10}, range(10, 510), False),
        ({"take": 0}, range(0), True),
        ({"skip": 510}, range(0), False),
    ],
)
def test_recent_is_cut_into_pages(query: dict[str, int], numbers: range, *, more: bool) -> None:
    """A page has 50 records, or as many as asked for up to 500, and says whether more follow."""
    with practice() as crm:
        crm.server.seed_records("companies", [{"Name": str(n)} for n in reversed(range(510))])
        listed = crm.send("GET", "/companies/recent", modified=5, **query).json()
    assert [int(one["Name"]) for one in listed["Results"]] == list(numbers)
    assert listed["MoreRecords"] is more


@pytest.mark.parametrize("name", ["take", "skip"])
@pytest.mark.parametrize("value", ["-1", "x", "", "1.5"])
def test_page_numbers_must_be_numbers(name: str, value: str) -> None:
    """A page that is no number answers 400."""
    with practice() as crm:
        answer = crm.send("GET", "/jobs/recent", modified=5, **{name: value})
    assert (answer.status_code, answer.json()) == (400, {"Message": f"The parameter '{name}' is no number."})


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (None, "none one two four six seven"),
        ("0", "none one two four six seven"),
        ("null", "none"),
        ("1", "one seven"),
        ("2", "two six seven"),
        ("4", "four six seven"),
        ("6", "six seven"),
        ("7", "seven"),
    ],
)
def test_recent_contacts_by_type(wanted: str | None, names: str) -> None:
    """The type is a bit mask of which a contact must have all; 0 is all contacts, null those without a type."""
    kinds = {"one": ["Candidate"], "two": ["Sales Client Contact"], "four": ["Lead"], "six": ["Client Contact", "Lead"]}
    kinds |= {"none": [], "seven": ["candidate", "Client Contact", "Lead Contact"]}
    with practice() as crm:
        crm.server.seed_records("contacts", [{"LastName": name, "RecordType": kind} for name, kind in kinds.items()])
        query = {} if wanted is None else {"type": wanted}
        listed = crm.send("GET", "/contacts/recent", modified=5, **query).json()["Results"]
    assert sorted(one["LastName"] for one in listed) == sorted(names.split())


def test_recent_contacts_of_no_type_that_there_is() -> None:
    """Another type answers 400; companies and jobs have no types and do not look."""
    with practice() as crm:
        answer = crm.send("GET", "/contacts/recent", modified=5, type="8")
        assert crm.send("GET", "/jobs/recent", modified=5, type="8").status_code == 200
    message = {"Message": "The parameter 'type' is one of null, 0, 1, 2, 3, 4, 5, 6, 7."}
    assert (answer.status_code, answer.json()) == (400, message)


def test_contacts_by_email() -> None:
    """The filter finds an address in any of its three fields and in any case, and nothing that only begins so."""
    with practice() as crm:
        fields = ["EmailAddress_Work", "EmailAddress_Personal", "EmailAddress_Other", "NickName"]
        ids = [crm.create("/contacts", **{name: "Ada@Example.org"}) for name in fields]
        crm.create("/contacts", EmailAddress_Work="ada@example.org.uk")
        listed = crm.send("GET", "/contacts", email="ada@example.ORG").json()
        assert listed == {"MoreRecords": False, "Results": [crm.read(f"/contacts/{one}") for one in reversed(ids[:3])]}


def test_contacts_by_email_follow_changes() -> None:
    """A changed or deleted address is found no more, a new one at once."""
    with practice() as crm:
        changed, deleted = (crm.create("/contacts", EmailAddress_Work="old@example.org") for _ in range(2))
        crm.send("PUT", f"/contacts/{changed}", {"EmailAddress_Other": "new@example.org"})
        crm.send("DELETE", f"/contacts/{deleted}")
        found = [crm.send("GET", "/contacts", email=f"{name}@example.org").json() for name in ("old", "new")]
    assert [[one["Id"] for one in page["Results"]] for page in found] == [[], [changed]]


def test_contacts_need_an_email() -> None:
    """There is no list of all contacts: without the filter the route answers 400."""
    with practice() as crm:
        answers = [crm.send("GET", "/contacts"), crm.send("GET", "/contacts", email="")]
    message = {"Message": "The parameter 'email' is required."}
    assert [(one.status_code, one.json()) for one in answers] == [(400, message)] * 2


def test_notes_of_a_job() -> None:
    """The notes of a job are the only ones that can be listed, the newest first."""
    with practice() as crm:
        job_id = crm.create("/jobs", Name="n")
        ids = [crm.create(f"/jobs/{job_id}/notes", Body=str(n)) for n in range(3)]
        crm.create(f"/jobs/{job_id}/tasks", Body="no note")
        crm.send("DELETE", f"/notes/{ids[1]}")
        listed = crm.send("GET", f"/jobs/{job_id}/notes", take=1).json()
        whole = crm.send("GET", f"/jobs/{job_id}/notes").json()
        assert listed == {"MoreRecords": True, "Results": [crm.read(f"/notes/{ids[2]}")]}
    assert [one["Id"] for one in whole["Results"]] == [ids[2], ids[0]]
