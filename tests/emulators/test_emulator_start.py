"""Starting, seeding and closing a practice server."""

import socket
from typing import Any

import httpx
import pytest
from practising import GHOST, practice

from migrator.emulators import EMULATORS, start
from migrator.errors import SpecError

INVALID = '{"Message":"The request is invalid.","ModelState":{"Salary":["expected a number"]}}'


def ids_of(seed: int | None, *faults: str) -> list[str]:
    """Give the key, the token, the ids of the domain and those of three new records."""
    with practice(*faults, seed=seed) as crm:
        lists = ("tagCategories", "workflowTypes", "workflowStatuses", "documentTypes")
        domain = [one["Id"] for name in lists for one in crm.read(f"/domain/{name}")]
        return [crm.server.api_key, crm.server.token, *domain, *(crm.create("/contacts") for _ in range(3))]


def test_same_seed_is_the_same_account() -> None:
    """One seed gives the same ids in the same order, whatever faults are drawn beside them."""
    first = ids_of(5)
    assert first == ids_of(5) == ids_of(5, "slow@0.5:0")
    assert len(set(first)) == len(first)


@pytest.mark.parametrize(("one", "other"), [(5, 6), (None, None), (None, 5)])
def test_other_account_has_other_ids(one: int | None, other: int | None) -> None:
    """Another seed, or none, shares no id, no key and no token with the first."""
    assert not set(ids_of(one)) & set(ids_of(other))


def test_unknown_name_is_explained() -> None:
    """A name without a practice server is refused with the one that was meant."""
    with pytest.raises(
        SpecError, match=r"^E098 there is no practice server for 'crelat' \(did you mean 'crelate'\?\)$"
    ):
        start("crelat")
    with pytest.raises(
        SpecError, match=rf"^E098 there is no practice server for 'x' \(one of {', '.join(EMULATORS)}\)$"
    ):
        start("x")
    assert "crelate" in EMULATORS


def test_wrong_fault_starts_nothing() -> None:
    """A wrong fault text is refused before a port is taken."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SpecError):
        start("crelate", port=port, faults=["nonsense@1"])
    with start("crelate", port=port) as server:
        assert server.base_url == f"http://127.0.0.1:{port}/api/pub/v1"


def test_taken_port_is_an_os_error() -> None:
    """A port that somebody else listens on is refused."""
    with start("crelate") as server, pytest.raises(OSError, match="in use"):
        start("crelate", port=server.port)


def test_seeded_records_are_there() -> None:
    """Seeded records are read like any other, follow lookups, and leave no trace in the history."""
    with practice() as crm:
        company_id = crm.server.seed_records("companies", [{"Name": "Acme"}])[0]
        contact = {"LastName": "King", "CurrentPosition_Company_Id": company_id, "Salary": 10.5}
        contact_ids = crm.server.seed_records("contacts", [contact, {}])
        note_id = crm.server.seed_records("notes", [{"Body": "b", "Parent_Id": contact_ids[0]}])[0]
        assert crm.server.history() == []
        shown = crm.read(f"/contacts/{contact_ids[0]}")
        assert crm.read(f"/contacts/{contact_ids[0]}/notes/{note_id}")["Parent_Name"] == "King"
    assert (shown["CurrentPosition_Company_Name"], shown["Salary"], len(set(contact_ids))) == ("Acme", 10.5, 2)


@pytest.mark.parametrize(
    ("name", "records", "message"),
    [
        ("people", [{}], "seed: E098 there is no object 'people' (one of contacts, companies, jobs, notes, tasks)"),
        ("contacts", [{}, {"Lastname": "x"}], "seed contacts[1]: E098 unknown field 'Lastname'"),
        ("notes", [{"Body": "b", "Parent_Id": GHOST}], f"seed notes[0]: E098 there is no parent '{GHOST}' for it"),
        ("contacts", [{"Parent_Id": GHOST}], f"seed contacts[0]: E098 there is no parent '{GHOST}' for it"),
        ("contacts", [{"Salary": "x"}], f"seed contacts[0]: E098 {INVALID}"),
    ],
)
def test_wrong_seed_is_refused(name: str, records: list[dict[str, Any]], message: str) -> None:
    """What the vendor would refuse or silently ignore cannot be seeded."""
    with practice() as crm:
        with pytest.raises(SpecError) as caught:
            crm.server.seed_records(name, records)
        assert str(caught.value) == message
        assert crm.count() == len(records) - 1


def test_snapshot_is_a_copy() -> None:
    """A snapshot holds only what is set, and nobody changes the account through it."""
    with practice() as crm:
        record_id = crm.create("/contacts", LastName="King", Tags={"Skills": ["a"]}, FirstName=None)
        crm.server.snapshot()["contacts"][record_id]["Tags"]["Skills"].append("b")
        snapshot = crm.server.snapshot()
    assert list(snapshot) == ["contacts", "companies", "jobs", "notes", "tasks", "stages", "options"]
    assert snapshot["contacts"][record_id]["Tags"] == {"Skills": ["a"]}
    assert "FirstName" not in snapshot["contacts"][record_id]


def test_closed_server_still_gives_evidence() -> None:
    """After closing, twice even, nobody gets through, but history and snapshot can be read."""
    with practice() as crm:
        record_id = crm.create("/contacts")
        crm.server.close()
        crm.server.close()
        with pytest.raises(httpx.TransportError):
            crm.read(f"/contacts/{record_id}")
        assert [one.record_id for one in crm.server.history()] == [record_id]
        assert list(crm.server.snapshot()["contacts"]) == [record_id]
