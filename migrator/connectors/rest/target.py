"""A CRM as a `Target`: the engine put together around one definition and one connection."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Self

from migrator.connectors.protocols import Intend, Pages, go_ahead
from migrator.connectors.rest.auth import Session
from migrator.connectors.rest.bodies import Request, path_values, request_for
from migrator.connectors.rest.definition import Action, Definition
from migrator.connectors.rest.http import Http, check_address
from migrator.connectors.rest.limiter import Limiter
from migrator.connectors.rest.paging import Lists
from migrator.connectors.rest.picklists import append_options, read_options
from migrator.connectors.rest.reads import Reader, link_request
from migrator.connectors.rest.settings import Connection
from migrator.connectors.rest.substitution import at_path, fits, substitute
from migrator.connectors.rest.wire import decode_record, encode_datetime
from migrator.connectors.rest.writes import Writer
from migrator.errors import Problem, TargetError
from migrator.ports import Clock, Rng
from migrator.records import Identity, Kind, Outcome, TargetRecord, Verdict, Write, canonical_datetime

Parent = tuple[str, str]


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
        limiter = Limiter(connection.windows, clock, definition.limits)
        session = Session(definition, connection)
        self._http = Http(connection, session, limiter, user_agent=definition.user_agent, transport=transport)
        self._reader = Reader(definition, connection, (self._http, session, limiter), (clock, rng))
        self._writer = Writer(definition, connection, self._reader, limiter)
        self._lists = Lists(self._reader.ask, partial(link_request, connection), definition.id_path)
        self.pages_left: Callable[[str], int | None] = self._lists.left.get

    async def __aenter__(self) -> Self:
        for name, setting in self._definition.settings.items():
            address = str(self._connection.values[name])
            if address and (setting.hosts or name == "base_url"):
                check_address(self._connection, self._definition.name, setting.hosts, address)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.close()

    async def identify(self) -> Identity:
        """Hash the ids of a list that only this account has. Raises TargetError."""
        ids: list[str] = []
        if identity := self._definition.identity:
            reply = await self._reader.ask(Request(method="GET", path=identity.path))
            found = at_path(reply.data, identity.items)
            if not found and not identity.optional:
                hint = "without it the account cannot be told from another one"
                fact = f"the list {identity.path} is not there"
                raise TargetError(Problem(code="E906", place=self._definition.name, fact=fact, hint=hint))
            keyed = found if isinstance(found, Mapping) else {}
            listed = found if isinstance(found, list) else []
            ids = sorted([*keyed, *(str(at_path(item, identity.id)) for item in listed if fits(identity.where, item))])
        digest = hashlib.sha256("\n".join([self._connection.base_url, *ids]).encode()).hexdigest()
        return Identity(origin=self._connection.base_url, fingerprint=digest)

    async def read(self, name: str, *, minutes: int | None = None, only: Collection[str] = ()) -> Pages:
        """Read an object's records in pages, or those changed in the last minutes. Raises TargetError."""
        item = self._definition.objects[name]
        action = item.actions["list"]
        asked = action.all_minutes if minutes is None else min(minutes, action.all_minutes or minutes)
        since = None if minutes is None else self._since(minutes)
        parents = [*item.type.parents] if "{parent}" in action.path else [""]
        for parent in parents:
            values = {**path_values(self._definition, name, "", (parent, "")), "minutes": asked, "since": since}
            async for page in self._pages(name, _for_parent(action, values), values, only):
                yield page

    async def find(self, name: str, field: str, values: Sequence[str]) -> Pages:
        """Read the records whose field has one of the values, as many values at once as a call takes.

        The answer is the CRM's word: whoever asks compares once more. Raises TargetError.
        """
        action = self._definition.objects[name].actions["find"]
        size = action.max or 1
        for start in range(0, len(values), size):
            part = list(values[start : start + size])
            asked = {"object": name, "field": field, "values": part, "value": part[0]}
            async for page in self._pages(name, action, asked, ()):
                yield page

    def can_find(self, name: str) -> int:
        """Tell how many values of a field one call can look for; 0 where the CRM has no such call."""
        action = self._definition.objects[name].actions.get("find")
        return (action.max or 1) if action else 0

    async def get(self, name: str, record_id: str, parent: Parent | None = None) -> TargetRecord | None:
        """Read one record afresh; None if the target does not have it. Raises TargetError."""
        if not self._definition.is_id(record_id):
            return None
        action = self._definition.objects[name].actions["get"]
        reply = await self._reader.ask(
            request_for(action, path_values(self._definition, name, record_id, parent)), name
        )
        data = at_path(reply.data, action.record)
        if not isinstance(data, dict) or not data:
            return None
        found = decode_record(self._definition, name, data, self._connection.zone)
        if found.id.lower() != record_id.lower():
            fact = f"asked for {name} {record_id}, the answer holds '{found.id[:60]}'"
            raise TargetError(Problem(code="E906", place=self._definition.name, fact=fact, hint="nothing was written"))
        return found

    async def write(self, change: Write, intend: Intend = go_ahead) -> Outcome:
        """Send one change once, and say what its answer proves."""
        outcome = await self._writer.write(change, intend)
        return await self._find_again(change, outcome) if outcome.is_success else outcome

    def can_delete(self, name: str) -> bool:
        """Tell whether the CRM has a call that deletes records of an object."""
        return "delete" in self._definition.objects[name].actions

    async def delete(self, change: Write, intend: Intend = go_ahead) -> Outcome:
        """Delete one record once, and say what the answer proves."""
        return await self._writer.delete(change, intend)

    @property
    def first_page(self) -> int | None:
        """Give the number of the first page, where it had to be found out and was."""
        return self._lists.first_page

    async def send(self, action: Action, request: Request, change: Write, intend: Intend) -> Outcome:
        """Send the request of an action that is none of an object's own, once, and say what its answer proves."""
        return await self._writer.perform(action, request, change, intend)

    async def write_many(self, changes: Sequence[Write], intend: Intend = go_ahead) -> list[Outcome]:
        """Create several records of one object in one call, and say what its answer proves about each."""
        return await self._writer.write_many(changes, intend)

    def bulk_size(self, name: str) -> int:
        """Tell how many creates of an object go into one call; 1 where the CRM has no such call."""
        action = self._definition.objects[name].actions.get("bulk")
        return action.max if action else 1

    async def options(self, name: str, field: str) -> tuple[str, ...]:
        """Read the picklist of a field as it stands now; none where it has none. Raises TargetError."""
        stated = self._definition.options
        return await read_options(stated, self, name, field) if stated else ()

    async def append_options(self, name: str, field: str, values: Sequence[str], intend: Intend = go_ahead) -> Outcome:
        """Add values to the picklist of a field, but for those that it has. Raises TargetError."""
        stated = self._definition.options
        if stated is None:
            return Outcome(verdict=Verdict.REFUSED, message="the connector knows no picklists")
        return await append_options(stated, self, (name, field), values, intend)

    def write_calls(self, name: str, *, is_update: bool) -> int:
        """Count the requests of one write: an update is read afresh first."""
        return 2 if is_update and "get" in self._definition.objects[name].actions else 1

    async def ask(self, path: str, name: str = "") -> Any:
        """Read what is at a path that a connector file names; None if nothing is. Raises TargetError."""
        return (await self._reader.ask(Request(method="GET", path=path), name)).data

    async def _find_again(self, change: Write, outcome: Outcome) -> Outcome:
        """Find the record that a CRM made without telling its id: the one that bears the marker just sent."""
        marker = self._definition.objects[change.object].type.marker
        value = str(change.fields.get(marker) or "")
        if not value or not self.can_find(change.object):
            return outcome
        try:
            found = [record async for page in self.find(change.object, marker, [value]) for record in page]
        except TargetError:
            return outcome  # it is read again when all else is settled
        mine = [record.id for record in found if record.fields.get(marker) == value]
        return outcome._replace(verdict=Verdict.APPLIED, target_id=mine[0]) if len(mine) == 1 else outcome

    def _since(self, minutes: int) -> Any:
        """Write the moment so many minutes ago as the target wants it."""
        moment = canonical_datetime(self._clock.now().replace(microsecond=0) - timedelta(minutes=minutes))
        return encode_datetime(self._definition.formats[Kind.DATETIME], moment, self._connection.zone)

    async def _pages(self, name: str, action: Action, values: Mapping[str, Any], only: Collection[str] = ()) -> Pages:
        async for page in self._lists.pages(request_for(action, values), action, name):
            yield [decode_record(self._definition, name, raw, self._connection.zone, only) for raw in page]


def _for_parent(action: Action, values: Mapping[str, Any]) -> Action:
    """Fill what an answer holds by the parent's name."""
    return replace(action, unwrap=substitute(action.unwrap, values), each=substitute(action.each, values))
