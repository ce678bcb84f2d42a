"""Which base URLs data may go to, by their spelling and by the addresses that they resolve to."""

import asyncio
import socket
from dataclasses import replace
from typing import Any, NoReturn

import pytest
from connecting import CRELATE, connection, entered

from migrator.connectors.rest.http import check_address
from migrator.errors import SpecError, TargetError

HOSTS = CRELATE.settings["base_url"].hosts
SCHEME = (
    "crelate: E019 the base URL is not one that data may go to"
    " (https://… for a real account, http://127.0.0.1:PORT… for a practice server)"
)
PUBLIC = ["13.107.42.14"]


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[tuple[Any, ...]]:
    """Let every name resolve to these addresses, and note what was asked."""
    asked: list[tuple[Any, ...]] = []

    def answer(host: str, port: int, **_how: Any) -> list[tuple[Any, ...]]:
        asked.append((host, port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def refusal(url: str, hosts: tuple[str, ...] = HOSTS) -> str:
    """Give why an address is refused; empty if it is not."""
    try:
        check_address(connection(url), "crelate", hosts)
    except SpecError as error:
        return str(error)
    return ""


def inside(host: str, address: str) -> str:
    """Say that a host leads into this network."""
    return f"crelate: E019 '{host}' leads to an address inside this network: {address} (use the vendor's own address)"


@pytest.mark.parametrize(
    "url",
    [
        "http://app.crelate.com/api/pub/v1",
        "HTTP://app.crelate.com",
        "ftp://app.crelate.com",
        "file:///etc/passwd",
        "gopher://app.crelate.com",
        "httpss://app.crelate.com",
        "app.crelate.com",
        "//app.crelate.com",
        "https:app.crelate.com",
        "https:///api",
        "https://",
        "https://?app.crelate.com",
        "https://user@app.crelate.com",
        "https://user:word@app.crelate.com",
        "https://app.crelate.com@app.crelate.com",
        "https://evil.example\\@app.crelate.com",
        "http://127.0.0.1:8765@app.crelate.com",
        "http://user@127.0.0.1:8765/",
        "http://2130706433/",
        "http://127.1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://127.0.0.2/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::]/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://LOCALHOST/",
        "http://localhost.localdomain/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
    ],
)
def test_odd_address_is_refused_unresolved(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Only https without a user goes out, and only three spellings are loopback; no name is looked up for others."""
    asked = resolving(monkeypatch, *PUBLIC)
    assert (refusal(url), asked) == (SCHEME, [])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://evil.example/api/pub/v1", "evil.example"),
        ("https://crelate.com/", "crelate.com"),
        ("https://xcrelate.com/", "xcrelate.com"),
        ("https://app.crelate.com.evil.example/", "app.crelate.com.evil.example"),
        ("https://app.crelate.com./", "app.crelate.com."),
        ("https://app.crelate.co/", "app.crelate.co"),
        ("https://evil.example/.crelate.com", "evil.example"),
        ("https://evil.example?.crelate.com", "evil.example"),
        ("https://evil.example#.crelate.com", "evil.example"),
        ("https://app-crelate.com/", "app-crelate.com"),
        ("https://2130706433/", "2130706433"),
        ("https://127.1/", "127.1"),
        ("https://0/", "0"),
        ("https://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
        ("https://[fe80::1]/", "fe80::1"),
        ("https://192.168.1.1/", "192.168.1.1"),
        ("https://app.crelate.cоm/", "app.crelate.cоm"),  # noqa: RUF001 - a Cyrillic letter is the point
    ],
)
def test_foreign_host_is_refused_unresolved(monkeypatch: pytest.MonkeyPatch, url: str, host: str) -> None:
    """A host outside the connector's pattern is named, and not looked up."""
    asked = resolving(monkeypatch, *PUBLIC)
    assert (refusal(url), asked) == (f"crelate: E019 '{host}' is no host of crelate (expected *.crelate.com)", [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",  # noqa: S104 - refused, not bound
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "2001:db8::1",
    ],
)
def test_name_of_an_inner_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """A name of the vendor's that leads into this network is refused, also if it leads to the outside as well."""
    asked = resolving(monkeypatch, *PUBLIC, address)
    assert refusal("https://app.crelate.com:8443/api") == inside("app.crelate.com", address)
    assert asked == [("app.crelate.com", 8443)]


@pytest.mark.parametrize(
    "url",
    [
        "https://app.crelate.com/api/pub/v1",
        "https://sandbox.crelate.com/api/pub/v1",
        "https://a.b.crelate.com:8443/",
        "HTTPS://APP.CRELATE.COM/",
    ],
)
@pytest.mark.parametrize("address", ["13.107.42.14", "2620:1ec:21::14", "1.1.1.1"])
def test_address_of_the_vendor_is_allowed(monkeypatch: pytest.MonkeyPatch, url: str, address: str) -> None:
    """A host of the vendor's with a public address may be asked."""
    asked = resolving(monkeypatch, address)
    assert (refusal(url), len(asked)) == ("", 1)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8765/api", "http://localhost:8765", "http://[::1]:8765/", "https://127.0.0.1:8765/"]
)
def test_loopback_is_allowed_to_who_wishes_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A practice server needs no look-up, but an address that a connector's file brings along may not be there."""
    asked = resolving(monkeypatch, *PUBLIC)
    assert (refusal(url), asked) == ("", [])
    with pytest.raises(SpecError):
        check_address(replace(connection(url), is_loopback_allowed=False), "crelate", HOSTS)


def test_connector_without_a_pattern_is_held_to_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connector of the user's own may go to any host, but not into this network and not without TLS."""
    resolving(monkeypatch, *PUBLIC)
    assert [refusal("https://any.example/", ()), refusal("http://any.example/", ())] == ["", SCHEME]
    resolving(monkeypatch, "192.168.0.1")
    assert refusal("https://any.example/", ()) == inside("any.example", "192.168.0.1")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("2130706433", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0", "0.0.0.0"),  # noqa: S104 - refused, not bound
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("10.1", "10.0.0.1"),
    ],
)
def test_odd_spelling_of_an_address_is_resolved_first(host: str, address: str) -> None:
    """The machine's own resolver takes a number for an address: what it makes of it is what counts."""
    assert refusal(f"https://{host}/", ()) == inside(host, address)


def test_name_that_does_not_resolve_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer of the name server is no fault of the mapping."""

    def fail(*_asked: Any, **_how: Any) -> NoReturn:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(TargetError) as caught:
        check_address(connection(), "crelate", HOSTS)
    assert str(caught.value) == "crelate: E901 'app.crelate.com' does not resolve (check the base URL and the network)"


def test_target_is_entered_only_at_a_good_address() -> None:
    """The check stands at the door: nothing can be asked before it."""

    async def enter() -> None:
        async with entered(connection("https://evil.example/")):
            pytest.fail("it was entered")

    with pytest.raises(SpecError) as caught:
        asyncio.run(enter())
    assert str(caught.value) == "crelate: E019 'evil.example' is no host of crelate (expected *.crelate.com)"
