"""The history: what came, what it did, what was answered."""

import dataclasses
import hashlib
from datetime import timedelta
from decimal import Decimal
from threading import Thread

import pytest
from practising import FixedClock, practice

from migrator.emulators import Change, Deed, Entry, Options
from migrator.emulators.exact import parse_json


def test_entry_says_it_all() -> None:
    """A create leaves one entry, with everything but the key."""
    clock = FixedClock()
    with practice(options=Options(clock=clock)) as crm:
        body = '{ "LastName": "Köng", "Salary": 10.50 }'
        record_id = crm.send_text("POST", "/contacts/", body).json()["Id"]
        entries = crm.server.history()
    assert entries == [
        Entry(
            n=1,
            method="POST",
            path="/api/pub/v1/contacts/",
            query={},
            body={"LastName": "Köng", "Salary": Decimal("10.50")},
            body_sha256=hashlib.sha256(body.encode()).hexdigest(),
            received_at=clock.moment,
            committed_at=clock.moment,
            changes=(Change(deed=Deed.CREATED, object="contacts", id=record_id),),
            answered=200,
            answered_at=clock.moment,
        )
    ]
    assert (entries[0].committed, entries[0].record_id) == (True, record_id)


def test_reads_and_refusals_commit_nothing() -> None:
    """A read, a refused body and a wrong key are received and answered, and nothing else."""
    with practice() as crm:
        crm.send("GET", "/jobs/recent", modified=5, take="")
        crm.send("POST", "/jobs", {})
        crm.send("POST", "/jobs", {"Name": "n"}, api_key="wrong")
        crm.send_text("POST", "/jobs", "{")
        seen = [(one.query, one.body, one.committed, one.record_id, one.answered) for one in crm.server.history()]
    assert seen == [
        ({"modified": "5", "take": ""}, None, False, "", 400),
        ({}, {}, False, "", 500),
        ({}, {"Name": "n"}, False, "", 401),
        ({}, None, False, "", 400),
    ]


def test_deeds_are_told_apart() -> None:
    """Created, changed and deleted, each with the id of the record."""
    with practice() as crm:
        record_id = crm.create("/notes", Body="b")
        crm.send("PUT", f"/notes/{record_id}", {"Body": "c"})
        crm.send("DELETE", f"/notes/{record_id}")
        changes = [one.changes for one in crm.server.history()]
    deeds = (Deed.CREATED, Deed.CHANGED, Deed.DELETED)
    assert changes == [(Change(deed=deed, object="notes", id=record_id),) for deed in deeds]


def test_key_is_nowhere_in_the_history() -> None:
    """Neither the right key nor a wrong one is kept."""
    with practice() as crm:
        crm.create("/contacts")
        crm.send("GET", "/contacts", email="a@b.c", api_key="secret-of-somebody")
        text = repr(crm.server.history()) + crm.control("GET", "history").text
        assert crm.server.api_key not in text
    assert "secret-of-somebody" not in text


def test_entries_cannot_be_changed() -> None:
    """An entry is frozen, and the list is the caller's own."""
    with practice() as crm:
        crm.create("/contacts")
        crm.server.history().clear()
        with pytest.raises(dataclasses.FrozenInstanceError):
            crm.server.history()[0].answered = 500  # type: ignore[misc]
        assert len(crm.server.history()) == 1


def test_entry_is_made_on_receipt() -> None:
    """A rehearsal may look at each request before anything is done about it."""
    seen: list[tuple[int, bool, int | None]] = []
    options = Options(on_received=lambda entry: seen.append((entry.n, entry.committed, entry.answered)))
    with practice("429@#2", options=options) as crm:
        for _ in range(3):
            crm.send("POST", "/contacts", {})
        crm.http.get(f"http://127.0.0.1:{crm.server.port}/")
        crm.control("GET", "history")
    assert seen == [(n, False, None) for n in range(1, 5)]


def test_moments_of_an_entry_are_in_order() -> None:
    """Received, then committed, then answered."""
    with practice() as crm:
        crm.create("/contacts")
        entry = crm.server.history()[0]
    assert entry.committed_at is not None
    assert entry.answered_at is not None
    assert entry.received_at <= entry.committed_at <= entry.answered_at < entry.received_at + timedelta(seconds=5)


def test_many_threads_make_one_history() -> None:
    """Requests side by side get numbers without gaps, and each commit belongs to its own request."""
    with practice() as crm:

        def work(name: str) -> None:
            for _ in range(25):
                crm.create("/contacts", LastName=name)

        threads = [Thread(target=work, args=(str(number),)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        entries, contacts = crm.server.history(), crm.server.snapshot()["contacts"]
    assert [one.n for one in entries] == list(range(1, 201))
    assert {one.record_id: one.body["LastName"] for one in entries} == {
        record_id: contact["LastName"] for record_id, contact in contacts.items()
    }


def test_history_as_json_is_the_same() -> None:
    """The control route gives each entry as plain data, numbers with their digits."""
    with practice("slow@#1:0", options=Options(clock=FixedClock())) as crm:
        record_id = crm.send_text("POST", "/contacts", '{"Salary":10.50}').json()["Id"]
        text = crm.control("GET", "history").content
    assert b'"body":{"Salary":10.50}' in text
    moment = "2024-05-06T07:08:09.12Z"
    assert parse_json(text) == [
        {
            "n": 1,
            "method": "POST",
            "path": "/api/pub/v1/contacts",
            "query": {},
            "body": {"Salary": Decimal("10.50")},
            "body_sha256": hashlib.sha256(b'{"Salary":10.50}').hexdigest(),
            "received_at": moment,
            "fault": "slow@#1:0",
            "committed": True,
            "committed_at": moment,
            "changes": [{"deed": "created", "object": "contacts", "id": record_id}],
            "record_id": record_id,
            "answered": 200,
            "answered_at": moment,
        }
    ]
