"""Reading: repeated while it fails in passing, logged in anew where a session ended, and never led to another host."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from migrator.connectors.protocols import Intend, go_ahead
from migrator.connectors.rest.answers import (
    MAX_WAIT_SECONDS,
    REDIRECTS,
    find_rule,
    halt_problem,
    retry_after,
    rule_problem,
    told_by,
    wait_problem,
)
from migrator.connectors.rest.auth import Session
from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.definition import Definition, ObjectDefinition
from migrator.connectors.rest.http import Answer, Http, NoAnswerError, NotSentError
from migrator.connectors.rest.json_text import load_json
from migrator.connectors.rest.limiter import Limiter
from migrator.connectors.rest.settings import Connection
from migrator.errors import Busy, Problem, TargetError
from migrator.ports import Clock, Rng

READ_ATTEMPTS = 5
BACKOFF_SECONDS = 0.5
BACKOFF_CAP_SECONDS = 60.0
MAX_HOPS = 3

_OK = (200, 206)
_NOT_FOUND = (404, 416)
_TIMEOUT = 408
_TOO_MANY = 429
_SERVER_ERROR = 500
_MAY_BE_ABSENT = frozenset({402, 403, 404, 405})


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a read gave: parsed JSON, None where there is no such thing; and the headers."""

    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Reader:
    """Asks one account; every write goes through `exchange` as well, so that sessions are renewed in one place."""

    def __init__(
        self,
        definition: Definition,
        connection: Connection,
        layers: tuple[Http, Session, Limiter],
        ports: tuple[Clock, Rng],
    ) -> None:
        self._definition = definition
        self._connection = connection
        self._http, self._session, self._limiter = layers
        self._clock, self._rng = ports
        self._answered: set[str] = set()

    async def exchange(self, request: Request, name: str = "", intend: Intend = go_ahead) -> Answer:
        """Send once, or once more where the answer says that the session ended: that request was not applied."""
        if self._session.has_login and self._session.number == 0:
            await self._session.renew(0, self._log_in)
        seen = self._session.number
        answer = await self._http.send(request, intend)
        rule = find_rule(self._definition, name, answer)
        if self._session.has_login and rule is not None and rule.means == "expired":
            await self._session.renew(seen, self._log_in)
            answer = await self._http.send(request, intend)
        return answer

    async def _log_in(self, request: Request) -> Answer:
        """Send a login. What fails in passing is no refusal; the request that waits for it never left."""
        try:
            answer = await self._http.send(request)
        except NoAnswerError as error:
            raise NotSentError(str(error)) from None
        if answer.status >= _SERVER_ERROR or answer.status in {_TIMEOUT, _TOO_MANY}:
            self._limiter.hold(min(retry_after(answer) or 0.0, MAX_WAIT_SECONDS))
            raise NotSentError(f"the server answers {answer.status} to the login")
        return answer

    async def ask(self, request: Request, name: str = "") -> Reply:
        """Read, repeating what fails in passing; the reply is empty for what is not there. Raises TargetError."""
        reason = ""
        for attempt in range(READ_ATTEMPTS):
            if attempt:
                longest = min(BACKOFF_CAP_SECONDS, BACKOFF_SECONDS * 2**attempt)
                await self._clock.sleep(longest * self._rng.fraction())  # so that many do not come back at once
            try:
                answer = await self._follow(request, name)
            except NotSentError as error:
                if error.is_final:
                    raise TargetError(self.unreachable(str(error))) from None
                reason = str(error)
                continue
            except NoAnswerError as error:
                reason = str(error)
                continue
            if self._is_absent(request, answer, name):
                return Reply(headers=answer.headers)
            if reason := self._trouble(answer, name) or ("" if answer.body or attempt else "the answer is empty"):
                continue
            try:
                data = load_json(answer.body, answer.charset) if answer.body else None
            except ValueError as error:
                reason = f"the answer is not JSON: {error}"
                continue
            self._answered.add(name)
            return Reply(data=data, headers=answer.headers)
        raise TargetError(self.unreachable(reason))

    def unreadable(self, reason: str) -> Problem:
        """Say that what the target answers is nothing to work with."""
        hint = f"is {self._connection.base_url} the right address?"
        return Problem(code="E906", place=self._definition.name, fact=reason, hint=hint)

    def unreachable(self, reason: str) -> Problem:
        """Say that the target is not there."""
        hint = f"is {self._connection.base_url} the right address, and is it up?"
        return Problem(code="E901", place=self._definition.name, fact=f"cannot be reached: {reason}", hint=hint)

    def _is_absent(self, request: Request, answer: Answer, name: str) -> bool:
        """Tell whether the answer says that there is no such record. Raises TargetError where the object is lacking."""
        item = self._definition.objects.get(name)
        is_first = bool(self._answered) and name not in self._answered
        if item and item.is_optional and is_first and _may_lack(item, request, answer):
            why = "its plan lacks it, or the user may not see it"
            fact = f"this account does not offer {name} ({answer.status}): {why}"
            hint = "leave the object out, or ask the vendor"
            raise TargetError(Problem(code="E907", place=self._definition.name, fact=fact, hint=hint))
        rule = find_rule(self._definition, name, answer)
        return rule.means == "not_found" if rule else answer.status in _NOT_FOUND

    def _trouble(self, answer: Answer, name: str) -> str:
        """Say why an answer to a read is none; empty if it is one. Raises TargetError where repeating cannot help."""
        rule = find_rule(self._definition, name, answer)
        means = rule.means if rule else ""
        if means == "rate_limited" or (not means and answer.status == _TOO_MANY):
            return self._hold(answer)
        if rule and means in {"invalid", "duplicate"} and not rule.confirm:
            hint = "report it: the connector asks for what it should not"
            fact = f"the target refuses to read {name or 'this'} ({answer.status}): {told_by(rule, answer)[:200]}"
            raise TargetError(Problem(code="E906", place=self._definition.name, fact=fact, hint=hint))
        if rule and means not in {"transient", "in_doubt", "invalid", "duplicate", "not_found", "storage"}:
            raise (Busy if means == "quota" else TargetError)(rule_problem(self._definition, rule, answer))
        if rule or answer.status >= _SERVER_ERROR or answer.status == _TIMEOUT:
            self._limiter.hold(min(retry_after(answer) or 0.0, MAX_WAIT_SECONDS))
            return f"the server answers {answer.status}"
        if answer.status not in _OK:
            raise TargetError(halt_problem(self._definition, answer))
        return ""

    def _hold(self, answer: Answer) -> str:
        seconds = retry_after(answer)
        if seconds is not None and seconds > MAX_WAIT_SECONDS:
            raise Busy(wait_problem(self._definition, seconds))
        self._limiter.hold(seconds or 0.0)
        return "too many requests"

    async def _follow(self, request: Request, name: str) -> Answer:
        """Send, and follow a read to where it is sent on to, within the same host only."""
        for _hop in range(MAX_HOPS):
            answer = await self.exchange(request, name)
            there = self._same_host(request, answer) if answer.status in REDIRECTS else None
            if there is None:
                return answer
            request = there
        return await self.exchange(request, name)

    def _same_host(self, request: Request, answer: Answer) -> Request | None:
        """Give the request for where a read is sent on to: the same scheme, host and port only."""
        there = _below(self._connection, request, answer.headers.get("location", ""))
        return replace(request, path=there[0]) if there and request.method == "GET" else None


def link_request(connection: Connection, request: Request, link: str) -> Request | None:
    """Give the request for the next page's link; None for one that leads to another host."""
    there = _below(connection, request, link)
    return replace(request, path=there[0], query=parse_qs(there[1], keep_blank_values=True)) if there else None


def _below(connection: Connection, request: Request, link: str) -> tuple[str, str] | None:
    """Give path and query of a link as they stand below the base URL; None for one that leads away from it."""
    base = urlsplit(connection.base_url)
    there = urlsplit(urljoin(connection.base_url + request.path, link))
    if (there.scheme, there.netloc) != (base.scheme, base.netloc) or not there.path.startswith(f"{base.path}/"):
        return None
    return there.path.removeprefix(base.path), there.query


def _may_lack(item: ObjectDefinition, request: Request, answer: Answer) -> bool:
    """Tell whether an answer says that there is no such object at all: a 404 does so for its list only."""
    is_list = "list" in item.actions and request.path == item.actions["list"].path
    return answer.status in _MAY_BE_ABSENT and (answer.status not in _NOT_FOUND or is_list)
