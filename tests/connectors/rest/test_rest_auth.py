"""Who we are: keys where the CRM wants them, and sessions that are renewed once for all."""

import asyncio
import base64
import stat
from pathlib import Path
from typing import Any

import pytest
from clocks import FakeClock
from scripting import BASE, KEY, Server, connected, define, httpx, people, refusal, talk, told

from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.target import RestTarget
from migrator.errors import Problem, SpecError, StoreError, TargetError
from migrator.records import Outcome, Verdict, Write

LOGIN = """
auth:
  query: {session: "{session}"}
  login: {path: /login, put: {key: "{api_key}", user: u}, session: data.token}
errors:
  - {body: {error: expired}, is: expired}
"""
OAUTH = """
settings: {base_url: {}, api_key: {secret: true}, refresh: {secret: true}, token_url: {}}
auth:
  header: {Authorization: "Bearer {session}"}
  login:
    url: "{token_url}"
    put: {grant_type: refresh_token, refresh_token: "{refresh}", client_secret: "{api_key}"}
    session: access_token
    rotates: {refresh: refresh_token}
errors:
  - {status: 401, is: expired}
"""
TOKEN_URL = "http://127.0.0.1:9/oauth/token"
PERSON = Write(object="people", fields={"name": "Ada"})
REFUSED = Problem(
    code="E902", place="tiny", fact="the login was refused (200)", hint="are the key and its user still good?"
)


class Desk:
    """A server with sessions: each login gives a new key, and only the last one is good, once `expire` was called."""

    def __init__(self) -> None:
        self.logins = 0
        self.good = 1
        self.waiting: list[asyncio.Event] = []

    async def __call__(self, request: Any) -> Any:
        """Log in, or answer whoever has a good key."""
        await asyncio.sleep(0)
        if request.url.path.endswith("/login"):
            self.logins += 1
            return told({"data": {"token": f"s{self.logins}"}})
        number = int(request.url.params["session"].removeprefix("s"))
        return told([{"id": "1"}] if number >= self.good else {"error": "expired"})


def test_basic_joins_user_and_password(tmp_path: Path) -> None:
    """The token is the user, with a fixed password, beside the headers that the connector states."""
    definition = define(tmp_path, 'auth: {basic: ["{api_key}", X], header: {X-App: migrator}}')
    server = Server(told([]))
    talk(definition, server, people)
    expected = "Basic " + base64.b64encode(f"{KEY}:X".encode()).decode()
    assert (server.headers("authorization"), server.headers("x-app")) == ([expected], ["migrator"])


def test_first_request_logs_in(tmp_path: Path) -> None:
    """The login carries its own fields only; the key it gives joins each request after it."""
    server = Server(told({"data": {"token": "s1"}}), told([]), told({"id": "7"}))
    talk(define(tmp_path, LOGIN), server, both)
    assert server.lines == ["POST /login", "GET /people?session=s1", "POST /people?session=s1"]
    assert server.bodies[0] == f"key={KEY}&user=u"


async def both(target: RestTarget) -> tuple[list[str], Outcome]:
    """Read, then write."""
    return await people(target), await target.write(PERSON)


def test_login_may_send_json(tmp_path: Path) -> None:
    """The body of a login is a form, or JSON where the connector says so."""
    server = Server(told({"data": {"token": "s1"}}), told([]))
    talk(define(tmp_path, LOGIN.replace("put:", "body: json, put:")), server, people)
    assert server.bodies[0] == f'{{"key": "{KEY}", "user": "u"}}'


def test_login_by_get_asks_in_the_query(tmp_path: Path) -> None:
    """A GET has no body: its fields stand in the query."""
    server = Server(told({"data": {"token": "s1"}}), told([]))
    talk(define(tmp_path, LOGIN.replace("put:", "method: GET, put:")), server, people)
    assert (server.lines[0], server.bodies[0]) == (f"GET /login?key={KEY}&user=u", "")


def test_many_in_flight_log_in_once(tmp_path: Path) -> None:
    """An expired session is renewed by one of those who hear of it, and all go on."""
    desk = Desk()

    async def crowd(target: RestTarget) -> list[list[str]]:
        first = await asyncio.gather(*(people(target) for _ in range(8)))
        desk.good = 2
        return [*first, *await asyncio.gather(*(people(target) for _ in range(8)))]

    assert talk(define(tmp_path, LOGIN), desk, crowd) == [["1"]] * 16
    assert desk.logins == 2


def test_expired_write_is_sent_again(tmp_path: Path) -> None:
    """The answer proves that it was not applied, so the same request goes once more."""
    session = [told({"data": {"token": f"s{n}"}}) for n in (1, 2)]
    server = Server(session[0], told({"error": "expired"}), session[1], told({"id": "7"}))
    outcome = talk(define(tmp_path, LOGIN), server, lambda target: target.write(PERSON))
    assert outcome == Outcome(verdict=Verdict.APPLIED, target_id="7", status=200)
    assert server.lines == ["POST /login", "POST /people?session=s1", "POST /login", "POST /people?session=s2"]


def test_each_request_of_a_write_is_intended(tmp_path: Path) -> None:
    """After the login, and once more for the second request; what fails then is not sent."""
    session = [told({"data": {"token": f"s{n}"}}) for n in (1, 2)]
    server = Server(session[0], told({"error": "expired"}), session[1], told({"id": "7"}))
    seen: list[int] = []

    async def intend() -> None:
        seen.append(len(server.requests))

    talk(define(tmp_path, LOGIN), server, lambda target: target.write(PERSON, intend))
    assert seen == [1, 3]


def test_intent_that_fails_is_no_answer(tmp_path: Path) -> None:
    """It goes through as it is, and only the login was sent."""
    server = Server(told({"data": {"token": "s1"}}))

    async def fail() -> None:
        raise StoreError(Problem(code="E701", fact="full"))

    with pytest.raises(StoreError):
        talk(define(tmp_path, LOGIN), server, lambda target: target.write(PERSON, fail))
    assert server.lines == ["POST /login"]


def test_session_that_expires_at_once_stops_the_run(tmp_path: Path) -> None:
    """There is one new login for a request, not one after the other."""
    session = [told({"data": {"token": f"s{n}"}}) for n in (1, 2)]
    server = Server(session[0], told({"error": "expired"}), session[1], told({"error": "expired"}))
    outcome = talk(define(tmp_path, LOGIN), server, lambda target: target.write(PERSON))
    problem = Problem(code="E902", place="tiny", fact="not authorised (200)", hint="it says: expired")
    expected = Outcome(verdict=Verdict.NOT_APPLIED, status=200, message="expired", halt=problem)
    assert (outcome, len(server.requests)) == (expected, 4)


@pytest.mark.parametrize(
    ("answer", "status"),
    [({"error": "no"}, 200), ({"data": {"token": ""}}, 200), ({"data": {"token": 7}}, 200), (None, 401)],
)
def test_refused_login_sends_nothing_else(tmp_path: Path, answer: Any, status: int) -> None:
    """A write was not sent and the run stops; a read fails alike."""
    definition = define(tmp_path, LOGIN)
    fact = f"the login was refused ({status})"
    halt = Problem(code="E902", place="tiny", fact=fact, hint=REFUSED.hint)
    outcome = talk(definition, Server(told(answer, status)), lambda target: target.write(PERSON))
    assert outcome == Outcome(verdict=Verdict.NOT_SENT, message=str(halt), halt=halt)
    assert refusal(definition, Server(told(answer, status)), people) == str(halt)


def test_refused_login_is_not_tried_again(tmp_path: Path) -> None:
    """Many in flight with a wrong password would lock the account: it is sent once."""
    server = Server(told({"error": "no"}))

    async def crowd(target: RestTarget) -> list[Outcome]:
        return await asyncio.gather(*(target.write(PERSON) for _ in range(8)))

    outcomes = talk(define(tmp_path, LOGIN), server, crowd)
    assert outcomes == [Outcome(verdict=Verdict.NOT_SENT, message=str(REFUSED), halt=REFUSED)] * 8
    assert server.lines == ["POST /login"]


def test_login_without_an_answer_proves_that_nothing_was_sent(tmp_path: Path) -> None:
    """What became of the login is not known, but the write itself never left."""

    def broken(_request: Any) -> Any:
        return httpx.Response(200, content=b"x" * (17 << 20))

    outcome = talk(define(tmp_path, LOGIN), broken, lambda target: target.write(PERSON))
    assert outcome == Outcome(verdict=Verdict.NOT_SENT, message="the answer is larger than 16 MiB")


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_login_that_fails_in_passing_is_no_refusal(tmp_path: Path, status: int) -> None:
    """A read logs in again after the time that was named; a write was not sent, and nothing stops."""
    clock, definition = FakeClock(), define(tmp_path, LOGIN)
    server = Server(told(None, status, {"Retry-After": "7"}), told({"data": {"token": "s1"}}), told([]))
    assert talk(definition, server, people, clock=clock) == []
    assert (len(server.requests), clock.sleeps) == (3, [0.5, 6.5])
    outcome = talk(definition, Server(told(None, status)), lambda target: target.write(PERSON))
    assert outcome == Outcome(verdict=Verdict.NOT_SENT, message=f"the server answers {status} to the login")


def test_whole_answer_may_be_the_key(tmp_path: Path) -> None:
    """A login may answer with the key alone."""
    server = Server(told("s1"), told([]))
    talk(define(tmp_path, LOGIN.replace("session: data.token", "session: ''")), server, people)
    assert server.lines == ["POST /login", "GET /people?session=s1"]


def oauth(tmp_path: Path) -> tuple[Definition, Path]:
    """Write a refresh token into a private file, and read the connector that uses it."""
    path = tmp_path / "refresh"
    path.write_text("r1", encoding="utf-8")
    path.chmod(0o600)
    return define(tmp_path, OAUTH), path


def test_rotated_token_is_written_back(tmp_path: Path) -> None:
    """Each refresh takes the token of the one before, and the last one stands in its private file."""
    definition, path = oauth(tmp_path)
    answers = [told({"access_token": f"a{n}", "refresh_token": f"r{n + 1}"}) for n in (1, 2)]
    server = Server(answers[0], told([]), told(None, 401), answers[1], told([]))
    found = connected(definition, {"refresh": f"file:{path}"}, token_url=TOKEN_URL)
    talk(definition, server, twice, found)
    assert server.headers("authorization") == ["", "Bearer a1", "Bearer a1", "", "Bearer a2"]
    secrets = [body for body in server.bodies if body]
    assert secrets == [f"grant_type=refresh_token&refresh_token=r{n}&client_secret={KEY}" for n in (1, 2)]
    assert (path.read_text(encoding="utf-8"), stat.S_IMODE(path.stat().st_mode)) == ("r3", 0o600)
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "tiny.yaml"]


async def twice(target: RestTarget) -> None:
    """Read two times."""
    await people(target)
    await people(target)


def test_token_that_stays_is_not_written(tmp_path: Path) -> None:
    """An answer without a new token leaves the old one where it is."""
    definition, path = oauth(tmp_path)
    found = connected(definition, {"refresh": f"file:{path}"}, token_url=TOKEN_URL)
    talk(definition, Server(told({"access_token": "a1"}), told([])), people, found)
    assert path.read_text(encoding="utf-8") == "r1"


def test_token_that_cannot_be_kept_stops_the_run(tmp_path: Path) -> None:
    """A new token that is lost locks us out of the account: this is told at once."""
    definition, path = oauth(tmp_path)
    (tmp_path / "refresh.new").mkdir()
    found = connected(definition, {"refresh": f"file:{path}"}, token_url=TOKEN_URL)
    server = Server(told({"access_token": "a1", "refresh_token": "r2"}))
    expected = (
        "tiny: E019 the new 'refresh' cannot be kept: Is a directory"
        " (let its file be written, and put a fresh one into it)"
    )
    assert refusal(definition, server, people, found) == expected


@pytest.mark.parametrize("place", ["environment", "env:", "nothing in the profile"])
def test_rotating_token_needs_a_file(tmp_path: Path, place: str) -> None:
    """A token that is replaced must stand where the new one can be put, and nothing may go before that place."""
    definition, path = oauth(tmp_path)
    profile = {"environment": f"file:{path}", "env:": "env:TINY_API_KEY"}.get(place)
    named = {"token_url": TOKEN_URL, **({} if place == "env:" else {"refresh": "r1"})}
    with pytest.raises(SpecError) as caught:
        connected(definition, {"refresh": profile} if profile else {}, **named)
    assert str(caught.value) == (
        "tiny: E019 'refresh' is replaced at each login, and there is no place to keep the new one"
        " (hold it in a file of its own: 'refresh: file:PATH' in a profile of migrator.yaml)"
    )


def test_secrets_of_a_session_are_struck_out(tmp_path: Path) -> None:
    """What a server echoes of a session key is kept without it."""
    server = Server(told({"data": {"token": "Sess10n-key"}}), told({"message": "bad Sess10n-key"}, 400))
    outcome = talk(define(tmp_path, LOGIN), server, lambda target: target.write(PERSON))
    assert outcome == Outcome(verdict=Verdict.REFUSED, status=400, message="bad ***")


def test_login_elsewhere_is_held_to_its_hosts(tmp_path: Path) -> None:
    """The address of a login is checked like the base URL."""
    definition, path = oauth(tmp_path)
    profile = {"refresh": f"file:{path}"}
    text = OAUTH.replace("token_url: {}", 'token_url: {hosts: ["login.tiny.example"]}')
    definition = define(tmp_path, text)
    found = connected(definition, profile, token_url="https://evil.example/token")
    with pytest.raises(SpecError) as caught:
        talk(definition, Server(), people, found)
    assert str(caught.value) == "tiny: E019 'evil.example' is no host of tiny (expected login.tiny.example)"
    assert found.base_url == BASE


def test_error_of_a_login_is_a_target_error(tmp_path: Path) -> None:
    """Whoever reads hears of a refused login as of any other refusal."""
    with pytest.raises(TargetError) as caught:
        talk(define(tmp_path, LOGIN), Server(told({})), people)
    assert caught.value.problems == (REFUSED,)
