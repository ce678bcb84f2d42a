"""The sockets: who may speak to the server, and how fast it answers."""

import socket
import time

import pytest
from practising import practice, raw_exchange

from migrator.emulators.server import MAX_BODY_BYTES


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", ""])
def test_foreign_host_is_refused(host: str) -> None:
    """A Host that is not this server answers 403, changes nothing, and stands in the history."""
    with practice() as crm:
        received, ended = raw_exchange(crm, {"LastName": "x"}, Host=host.format(port=crm.server.port))
        assert (received[:22], ended) == (b"HTTP/1.1 403 Forbidden", "closed")
        assert received.endswith(b'{"Message":"The header Host does not name this server."}')
        assert ([one.answered for one in crm.server.history()], crm.count()) == ([403], 0)


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_own_host_is_served(host: str) -> None:
    """The three names of this machine are its own."""
    with practice() as crm:
        received, _ended = raw_exchange(crm, {}, Host=host.format(port=crm.server.port))
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")


def test_server_listens_on_loopback_only() -> None:
    """Another address, even another one of this machine's loopback network, finds nobody."""
    with practice() as crm, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", crm.server.port), timeout=1)


def test_other_paths_answer_404() -> None:
    """What is outside the vendor's base path answers 404 and is written down."""
    with practice() as crm:
        answers = [crm.http.get(f"http://127.0.0.1:{crm.server.port}{path}") for path in ("/", "/api/pub/v2/contacts")]
        assert [one.path for one in crm.server.history()] == ["/", "/api/pub/v2/contacts"]
    assert [(one.status_code, one.json()) for one in answers] == [(404, {"Message": "There is nothing here."})] * 2


def test_large_body_is_refused() -> None:
    """A body over the cap answers 413, without being kept, and ends the connection."""
    with practice() as crm:
        answer = crm.send_text("POST", "/contacts", '"' + "x" * MAX_BODY_BYTES + '"')
        assert (crm.count(), crm.server.history()[0].body) == (0, None)
    message = {"Message": f"The body is larger than {MAX_BODY_BYTES} bytes."}
    assert (answer.status_code, answer.json()) == (413, message)


def test_large_body_is_read_to_its_end() -> None:
    """A client that is still sending gets its 413, and not a broken connection."""
    with practice() as crm:
        received, ended = raw_exchange(crm, "x" * 4 * MAX_BODY_BYTES)
    assert (received[:13], ended) == (b"HTTP/1.1 413 ", "closed")


def test_body_of_the_size_of_the_cap_is_taken() -> None:
    """A body just at the cap is a body."""
    with practice() as crm:
        body = '{"Description":"' + "x" * (MAX_BODY_BYTES - 18) + '"}'
        assert len(body) == MAX_BODY_BYTES
        assert crm.send_text("POST", "/contacts", body).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Transfer_Encoding": "chunked"}, b"411 Length"),
        ({"Content_Length": "x"}, b"400 Bad"),
        ({"Content_Length": "-1"}, b"400 Bad"),
    ],
)
def test_body_without_a_length_is_refused(headers: dict[str, str], status: bytes) -> None:
    """A body that does not say how long it is ends the connection and changes nothing."""
    with practice() as crm:
        received, ended = raw_exchange(crm, {}, **headers)
        assert (received[9:].startswith(status), ended, crm.count()) == (True, "closed", 0)


def test_body_that_stops_short_is_no_request() -> None:
    """A client that leaves before the end of its body has asked for nothing."""
    with practice() as crm:
        with socket.create_connection(("127.0.0.1", crm.server.port), timeout=3) as connection:
            head = (
                f"POST /api/pub/v1/contacts?api_key={crm.server.api_key} HTTP/1.1\r\nHost: 127.0.0.1:{crm.server.port}"
            )
            connection.sendall(f"{head}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{{}}".encode())
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100) == b""
        assert (crm.server.history(), crm.count()) == ([], 0)


def test_head_has_no_body() -> None:
    """A HEAD is refused without the body that would put the connection out of step."""
    with practice() as crm:
        assert (crm.send("HEAD", "/contacts").status_code, crm.send("HEAD", "/contacts").content) == (405, b"")
        assert crm.send("GET", "/domain/workflowTypes").status_code == 200


def test_connection_is_kept() -> None:
    """Many requests share one connection and each answer comes at once, without Nagle's forty milliseconds."""
    with practice() as crm:
        crm.create("/contacts")
        begun = time.perf_counter()
        for _ in range(200):
            crm.create("/contacts")
        seconds = time.perf_counter() - begun
    assert seconds < 2


def test_pieces_of_an_answer_come_at_once() -> None:
    """An answer that is sent in several pieces is not held back by the network."""
    with practice("drip@1:0") as crm:
        crm.create("/contacts")
        begun = time.perf_counter()
        for _ in range(50):
            crm.create("/contacts")
        seconds = time.perf_counter() - begun
    assert seconds < 1


def test_answer_has_a_date() -> None:
    """The header Date is the server's time, against which waits are counted."""
    with practice() as crm:
        answer = crm.send("GET", "/domain/workflowTypes")
    assert answer.headers["date"].endswith(" GMT")
    assert "connection" not in answer.headers
