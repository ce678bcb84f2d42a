"""The control routes: with the token only, and never for a web page."""

import pytest
from practising import practice

ROUTES = [("GET", "history"), ("GET", "snapshot"), ("POST", "regenerate-key"), ("POST", "faults")]
NO_TOKEN = {"Message": "The header X-Emulator-Token is missing or wrong."}


@pytest.mark.parametrize(("method", "route"), [*ROUTES, ("GET", "nothing")])
@pytest.mark.parametrize("token", ["", "wrong", "wröng"])
def test_control_needs_the_token(method: str, route: str, token: str) -> None:
    """Without the token each route answers 403, and nothing is changed."""
    with practice() as crm:
        key = crm.server.api_key
        url = f"http://127.0.0.1:{crm.server.port}/_emulator/{route}"
        headers = {b"X-Emulator-Token": token.encode()} if token else {}
        answer = crm.http.request(method, url, json=["401@1"], headers=headers)
        assert (answer.status_code, answer.json()) == (403, NO_TOKEN)
        assert (crm.server.api_key, crm.send("GET", "/domain/workflowTypes").status_code) == (key, 200)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Origin": "http://127.0.0.1:{port}", "Sec_Fetch_Site": "same-site"},
    ],
)
def test_foreign_page_changes_nothing(headers: dict[str, str]) -> None:
    """A POST from another page is refused even with the token."""
    with practice() as crm:
        key = crm.server.api_key
        answer = crm.control(
            "POST", "regenerate-key", **{name: text.format(port=crm.server.port) for name, text in headers.items()}
        )
        assert (answer.status_code, answer.json()) == (403, {"Message": "Requests from other pages are refused."})
        assert crm.server.api_key == key


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_own_page_may_post(host: str) -> None:
    """A page of the server's own may do it."""
    with practice() as crm:
        headers = {"Origin": f"http://{host}:{crm.server.port}", "Sec_Fetch_Site": "same-origin"}
        assert crm.control("POST", "faults", [], **headers).status_code == 200


def test_control_needs_the_host_too() -> None:
    """A foreign Host is refused here as everywhere."""
    with practice() as crm:
        assert crm.control("POST", "regenerate-key", Host="evil.example").status_code == 403


def test_key_is_regenerated_by_request() -> None:
    """The route answers the new key, which is the server's from now on."""
    with practice() as crm:
        old = crm.server.api_key
        answer = crm.control("POST", "regenerate-key")
        assert (answer.status_code, answer.json()) == (200, {"api_key": crm.server.api_key})
        assert crm.server.api_key != old


def test_snapshot_by_request() -> None:
    """The route answers what the account holds, and tells browsers neither to keep nor to guess it."""
    with practice() as crm:
        crm.create("/contacts", LastName="King")
        answer = crm.control("GET", "snapshot")
        assert answer.json() == crm.server.snapshot()
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")


def test_faults_by_request() -> None:
    """The route adds faults to the script."""
    with practice() as crm:
        answer = crm.control("POST", "faults", ["409@#1", "422@#2"])
        assert (answer.status_code, answer.json()) == (200, {"faults": ["409@#1", "422@#2"]})
        assert [crm.send("POST", "/contacts", {}).status_code for _ in range(3)] == [409, 422, 200]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"faults": []}, 'Expected a JSON list of fault texts, such as ["429@0.05"].'),
        ([1], 'Expected a JSON list of fault texts, such as ["429@0.05"].'),
        (
            ["401@1", "429@0.0"],
            "fault '429@0.0': E097 a chance of 0 never strikes (leave the fault out)",
        ),
    ],
)
def test_wrong_faults_are_refused_whole(body: object, message: str) -> None:
    """Where one text is wrong none is added."""
    with practice() as crm:
        answer = crm.control("POST", "faults", body)
        assert (answer.status_code, answer.json()) == (400, {"Message": message})
        assert crm.send("POST", "/contacts", {}).status_code == 200


def test_faults_that_are_no_json_are_refused() -> None:
    """Text that is no JSON is no list of faults."""
    with practice() as crm:
        url = f"http://127.0.0.1:{crm.server.port}/_emulator/faults"
        answer = crm.http.post(url, content=b"429@1", headers={"X-Emulator-Token": crm.server.token})
    assert answer.json() == {"Message": 'Expected a JSON list of fault texts, such as ["429@0.05"].'}


def test_other_control_routes_are_refused() -> None:
    """What changes something is not to be had by GET, and an unknown route is not there."""
    with practice() as crm:
        key = crm.server.api_key
        answers = [crm.control("GET", "regenerate-key"), crm.control("POST", "history"), crm.control("GET", "x")]
        assert crm.server.api_key == key
    assert [(one.status_code, one.json()["Message"]) for one in answers] == [
        (405, "This control route takes POST only."),
        (405, "This control route takes GET only."),
        (404, "There is no control route /_emulator/x."),
    ]


def test_control_is_no_part_of_the_rehearsal() -> None:
    """Control requests meet no faults, count for none, and leave no trace in the history."""
    with practice("500-before@1") as crm:
        assert [crm.control("GET", route).status_code for route in ("history", "snapshot", "history/")] == [200] * 3
        assert crm.server.history() == []
