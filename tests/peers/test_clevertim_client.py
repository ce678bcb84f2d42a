"""The practice Clevertim against the Python client that the vendor's own people wrote: `clevertimapi`."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from migrator.emulators import Emulator, Options, start
from migrator.emulators.clevertim import ClevertimOptions

pytestmark = pytest.mark.peers

clevertimapi_session = pytest.importorskip(
    "clevertimapi.session", reason="clevertimapi is not installed: pip install 'migrator[peers]'"
)
contact = pytest.importorskip("clevertimapi.contact")
company = pytest.importorskip("clevertimapi.company")


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Serve an empty practice Clevertim."""
    with start("clevertim", seed=3) as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the client's requests on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def session(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the client, mended where it was written for Python 2: it puts bytes into its header."""

    def encode(data: bytes) -> str:
        return base64.b64encode(data).decode()

    monkeypatch.setattr(clevertimapi_session.base64, "standard_b64encode", encode)
    return _connect(server)


def _connect(server: Emulator) -> Any:
    return clevertimapi_session.Session(server.api_key, endpoint_url=server.base_url, enable_caching=False)


def _person(session: Any, first: str, last: str, **more: Any) -> Any:
    made = contact.Contact(session)
    made.first_name, made.last_name = first, last
    for name, value in more.items():
        setattr(made, name, value)
    made.save()
    return made


def _held(server: Emulator, name: str) -> dict[str, dict[str, Any]]:
    return {str(key): dict(record) for key, record in server.snapshot()[name].items()}


def test_client_creates_what_the_server_holds(server: Emulator, session: Any) -> None:
    """Its POST of a company and of a person in it gives ids, under which the server holds all that was sent."""
    firm = company.Company(session)
    firm.name, firm.city, firm.tags = "Analytical Engines", "London", ["old", "engines"]
    firm.save()
    phone = contact.PhoneNumber(phone_number="+44 20 7946 0000", phone_type="Work")
    ada = _person(session, "Ada", "Lovelace", company=firm, emails=["ada@example.org"], phone_numbers=[phone])
    held = _held(server, "company")[str(firm.key)]
    assert (held["cn"], held["city"], held["tags"]) == ("Analytical Engines", "London", ["old", "engines"])
    person = _held(server, "contact")[str(ada.key)]
    assert (person["fn"], person["ln"], person["companyId"]) == ("Ada", "Lovelace", firm.key)
    assert (person["email"], person["phones"]) == (["ada@example.org"], [{"no": "+44 20 7946 0000", "type": "Work"}])
    assert [(entry.method, entry.path, entry.answered) for entry in server.history()] == [
        ("POST", "/api/company", 200),
        ("POST", "/api/contact", 200),
    ]


def test_client_reads_all_that_is_there(session: Any) -> None:
    """Its GET of a whole resource gives each of 120 records once, in one answer, and its GET of one the same."""
    made = {_person(session, f"First {n}", f"Last {n}").key: f"Last {n}" for n in range(120)}
    assert {one.key: one.last_name for one in contact.Contact.all(session)} == made
    key = next(iter(made))
    assert contact.Contact(session, key=key).last_name == made[key]


def test_client_updates_and_keeps_the_rest(server: Emulator, session: Any) -> None:
    """Its PUT sends the whole object: the changed field changes and no other is lost."""
    grace = _person(session, "Grace", "Hopper", emails=["grace@example.org"], city="Arlington")
    found = contact.Contact(session, key=grace.key)
    found.city = "New York"
    found.save()
    held = _held(server, "contact")[str(grace.key)]
    assert (held["city"], held["email"], held["ln"]) == ("New York", ["grace@example.org"], "Hopper")
    assert [entry.committed for entry in server.history() if entry.method == "PUT"] == [True]


def test_client_deletes(server: Emulator, session: Any) -> None:
    """Its DELETE takes the record away, and reading it then fails in the client's own way."""
    gone, kept = _person(session, "A", "Gone"), _person(session, "B", "Kept")
    key = gone.key
    gone.delete()
    assert list(_held(server, "contact")) == [str(kept.key)]
    with pytest.raises(clevertimapi_session.SessionError):
        contact.Contact(session, key=key)


def test_wrong_key_is_refused_as_the_client_expects(server: Emulator, session: Any) -> None:
    """A key that is not the account's is the client's HTTP 401."""
    session.api_key = "another"
    with pytest.raises(clevertimapi_session.SessionError, match="HTTP 401"):
        contact.Contact.all(session)
    assert [entry.answered for entry in server.history()] == [401]


def test_client_as_it_is_needs_the_tolerant_server() -> None:
    """Unmended, it sends `Basic b'...'`: a strict server refuses that, one that is told to takes it."""
    with start("clevertim", seed=3) as strict, pytest.raises(clevertimapi_session.SessionError, match="HTTP 401"):
        contact.Contact.all(_connect(strict))
    options = Options(vendor=ClevertimOptions(tolerates_bytes_token=True))
    with start("clevertim", seed=3, options=options) as tolerant:
        made = _person(_connect(tolerant), "Ada", "Lovelace")
        assert list(_held(tolerant, "contact")) == [str(made.key)]
