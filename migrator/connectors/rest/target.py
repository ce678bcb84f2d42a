"""A CRM as a `Target`: the engine put together around one definition and one connection."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any, Self
from urllib.parse import quote

from migrator.connectors.rest.answers import classify, halt_problem, retry_after
from migrator.connectors.rest.definition import Action, Definition
from migrator.connectors.rest.http import (
    Answer,
    Auth,
    Http,
    NoAnswerError,
    NotSentError,
    Request,
    check_address,
)
from migrator.connectors.rest.limiter import Limiter
from migrator.connectors.rest.paging import pages
from migrator.connectors.rest.settings import Connection
from migrator.connectors.rest.wire import at_path, decode_record, dump_json, encode_body, load_json
from migrator.errors import Busy, Problem, TargetError
from migrator.ports import Clock, Rng
from migrator.records import Identity, Outcome, TargetRecord, Verdict, Write

READ_ATTEMPTS = 5
BACKOFF_SECONDS = 0.5
BACKOFF_CAP_SECONDS = 60.0
MAX_WAIT_SECONDS = 900.0

_OK = 200
_NOT_FOUND = 404
_TIMEOUT = 408
_TOO_MANY = 429
_SERVER_ERROR = 500


class RestTarget:
    """Reads and writes one account. Reads are repeated when they fail; a write is sent once, and only classified."""

    def __init__(
        self, definition: Definition, connection: Connection, *, clock: Clock, rng: Rng, transport: Any = None
    ) -> None:
        self.catalog = definition.catalog
        self.concurrency = connection.concurrency
        self.settle_seconds = connection.settle_seconds
        self.lag_seconds = connection.lag_seconds
        rates = [window.requests / window.seconds for window in connection.windows]
        self.requests_per_second = min(rates) if rates else None
        self._definition = definition
        self._connection = connection
        self._clock = clock
        self._rng = rng
        self._limiter = Limiter(connection.windows, clock)
        auth = Auth(headers=definition.header, parameters=definition.query, values=connection.values)
        self._http = Http(connection, auth, self._limiter, transport)

    async def __aenter__(self) -> Self:
        check_address(self._connection, self._definition.name, self._definition.settings["base_url"].hosts)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.close()

    async def identify(self) -> Identity:
        """Hash the ids of a list that only this account has. Raises TargetError."""
        ids: list[str] = []
        if self._definition.identity:
            path, id_path = self._definition.identity
            found = await self._ask(Request(method="GET", path=path))
            if not isinstance(found, list) or not found:
                hint = "without it the account cannot be told from another one"
                fact = f"the list {path} is not there"
                raise TargetError(Problem(code="E906", place=self._definition.name, fact=fact, hint=hint))
            ids = sorted(str(at_path(item, id_path)) for item in found)
        digest = hashlib.sha256("\n".join([self._connection.base_url, *ids]).encode()).hexdigest()
        return Identity(origin=self._connection.base_url, fingerprint=digest)

    async def read(self, name: str, *, minutes: int | None = None) -> AsyncIterator[list[TargetRecord]]:
        """Read an object's records in pages, or those changed in the last minutes. Raises TargetError."""
        action = self._definition.objects[name].actions["list"]
        asked = str(action.all_minutes if minutes is None else min(minutes, action.all_minutes or minutes))
        query = {key: text.format(minutes=asked) for key, text in action.query.items()}
        request = Request(method=action.method, path=action.path.format(object=name), query=query)
        async for page in pages(self._ask, request, self._definition.paging, action.items):
            yield [decode_record(self._definition, name, item, self._connection.zone) for item in page]

    async def get(self, name: str, record_id: str) -> TargetRecord | None:
        """Read one record afresh; None if the target does not have it. Raises TargetError."""
        if not self._is_id(record_id):
            return None
        action = self._definition.objects[name].actions["get"]
        data = await self._ask(Request(method=action.method, path=_path(action, name, record_id)))
        if not isinstance(data, dict) or not data:
            return None
        found = decode_record(self._definition, name, data, self._connection.zone)
        if found.id.lower() != record_id.lower():
            fact = f"asked for {name} {record_id}, the answer holds '{found.id[:60]}'"
            raise TargetError(Problem(code="E906", place=self._definition.name, fact=fact, hint="nothing was written"))
        return found

    async def write(self, change: Write) -> Outcome:
        """Send one change once, and say what its answer proves."""
        for record_id in filter(None, (change.id, change.parent[1] if change.parent else "")):
            if not self._is_id(record_id):
                return Outcome(verdict=Verdict.REFUSED, message=f"'{record_id[:60]}' is no id of this target")
        request = self._write_request(change)
        try:
            answer = await self._http.send(request)
        except NotSentError as error:
            halt = self._unreachable(str(error)) if error.is_final else None
            return Outcome(verdict=Verdict.NOT_SENT, message=str(error), halt=halt)
        except NoAnswerError as error:
            return Outcome(verdict=Verdict.IN_DOUBT, message=str(error))
        outcome = classify(self._definition, change, answer)
        if outcome.wait_seconds:
            self._limiter.hold(min(outcome.wait_seconds, MAX_WAIT_SECONDS))
        return outcome

    def write_calls(self, name: str, *, is_update: bool) -> int:
        """Count the requests of one write: an update is read afresh first."""
        return 2 if is_update and "get" in self._definition.objects[name].actions else 1

    def _is_id(self, text: str) -> bool:
        """Tell whether a text may be an id; dots alone never are, since they would climb out of the path."""
        return bool(self._definition.id_pattern.fullmatch(text) and text.strip("."))

    def _write_request(self, change: Write) -> Request:
        action = self._definition.objects[change.object].actions["update" if change.id else "create"]
        path = _path(action, change.object, change.id)
        if change.parent and not change.id:
            parent, parent_id = change.parent
            path = action.under.format(object=change.object, parent=parent, parent_id=quote(parent_id, safe=""))
        return Request(method=action.method, path=path, body=dump_json(encode_body(self._definition, change)))

    async def _ask(self, request: Request) -> Any:
        """Read, repeating what fails in passing; gives parsed JSON, None for 404. Raises TargetError."""
        reason = ""
        for attempt in range(READ_ATTEMPTS):
            if attempt:
                await self._clock.sleep(self._backoff(attempt))
            try:
                answer = await self._http.send(request)
            except NotSentError as error:
                if error.is_final:
                    raise TargetError(self._unreachable(str(error))) from None
                reason = str(error)
                continue
            except NoAnswerError as error:
                reason = str(error)
                continue
            if answer.status == _NOT_FOUND:
                return None
            reason = self._trouble(answer)
            if not reason:
                return load_json(answer.body, answer.charset)
        raise TargetError(self._unreachable(reason))

    def _trouble(self, answer: Answer) -> str:
        """Say why an answer to a read is none; empty if it is one. Raises TargetError where repeating cannot help."""
        if answer.status == _TOO_MANY:
            seconds = retry_after(answer)
            if seconds is not None and seconds > MAX_WAIT_SECONDS:
                hint = "run it again after that time"
                fact = f"the target asks to wait {seconds:,.0f} s"
                raise Busy(Problem(code="E704", place=self._definition.name, fact=fact, hint=hint))
            self._limiter.hold(seconds or 0.0)
            return "too many requests"
        if answer.status >= _SERVER_ERROR or answer.status == _TIMEOUT:
            self._limiter.hold(min(retry_after(answer) or 0.0, MAX_WAIT_SECONDS))
            return f"the server answers {answer.status}"
        if answer.status != _OK:
            raise TargetError(halt_problem(self._definition, answer))
        try:
            load_json(answer.body, answer.charset)
        except ValueError as error:
            return f"the answer is not JSON: {error}"
        return ""

    def _backoff(self, attempt: int) -> float:
        """Wait longer each time, by a random share of it, so that many do not come back at once."""
        return float(min(BACKOFF_CAP_SECONDS, BACKOFF_SECONDS * 2**attempt) * self._rng.fraction())

    def _unreachable(self, reason: str) -> Problem:
        hint = f"is {self._connection.base_url} the right address, and is it up?"
        return Problem(code="E901", place=self._definition.name, fact=f"cannot be reached: {reason}", hint=hint)


def _path(action: Action, name: str, record_id: str) -> str:
    """Fill the holes of a path; an id is percent-encoded whole, since it may come from anywhere."""
    return action.path.format(object=name, id=quote(record_id, safe=""))
