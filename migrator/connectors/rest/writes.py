"""Writing: each change sent once, several in one call where the CRM offers it, and what the answers prove."""

from collections.abc import Sequence

from migrator.connectors.protocols import Intend
from migrator.connectors.rest.answers import MAX_WAIT_SECONDS, classify, find_id, parsed
from migrator.connectors.rest.bodies import Request, bulk_request, path_values, request_for, write_request
from migrator.connectors.rest.definition import Action, Definition
from migrator.connectors.rest.http import Answer, NoAnswerError, NotSentError
from migrator.connectors.rest.limiter import Limiter
from migrator.connectors.rest.reads import Reader
from migrator.connectors.rest.settings import Connection
from migrator.connectors.rest.substitution import at_path
from migrator.errors import Problem, SpecError, TargetError
from migrator.records import Outcome, Verdict, Write

_UNCLEAR = "the answer does not tell what became of each record"


class Writer:
    """Writes to one account. It never sends twice; whoever asked decides over that."""

    def __init__(self, definition: Definition, connection: Connection, reader: Reader, limiter: Limiter) -> None:
        self._definition = definition
        self._connection = connection
        self._reader = reader
        self._limiter = limiter

    async def write(self, change: Write, intend: Intend) -> Outcome:
        """Send one change once, and say what its answer proves."""
        kind = "update" if change.id else "create"
        action = self._definition.objects[change.object].actions.get(kind)
        if action is None:
            return Outcome(verdict=Verdict.REFUSED, message=f"{change.object} are read only: there is no {kind}")
        for record_id in filter(None, (change.id, change.parent[1] if change.parent else "")):
            if not self._definition.is_id(record_id):
                return Outcome(verdict=Verdict.REFUSED, message=f"'{record_id[:60]}' is no id of this target")
        if unknown := self._unknown([change]):
            return unknown
        request = write_request(self._definition, change, self._connection.zone)
        return await self.perform(action, request, change, intend)

    async def delete(self, change: Write, intend: Intend) -> Outcome:
        """Delete one record once, and say what the answer proves."""
        if not self._definition.is_id(change.id):
            return Outcome(verdict=Verdict.REFUSED, message=f"'{change.id[:60]}' is no id of this target")
        action = self._definition.objects[change.object].actions["delete"]
        values = path_values(self._definition, change.object, change.id, change.parent)
        return await self.perform(action, request_for(action, values), change, intend)

    async def write_many(self, changes: Sequence[Write], intend: Intend) -> list[Outcome]:
        """Create several records of one object in one call; their answers are told apart by position.

        A call that is refused as a whole, or that nobody can tell the end of, gives that outcome for each.
        """
        name = changes[0].object
        action = self._definition.objects[name].actions["bulk"]
        if unknown := self._unknown(changes):
            return [unknown] * len(changes)
        answer = await self.send(bulk_request(self._definition, changes, self._connection.zone), name, intend)
        if isinstance(answer, Outcome):
            return [answer] * len(changes)
        ids = self._bulk_ids(action, answer)
        if len(ids) == len(changes) and all(ids) and len(set(ids)) == len(ids):
            return [Outcome(verdict=Verdict.APPLIED, target_id=one, status=answer.status) for one in ids]
        whole = self._held(classify(self._definition, action, changes[0], answer))
        if whole.verdict is Verdict.APPLIED:
            whole = whole._replace(verdict=Verdict.IN_DOUBT, target_id="", message=_UNCLEAR)
        return [whole] * len(changes)

    async def perform(self, action: Action, request: Request, change: Write, intend: Intend) -> Outcome:
        """Send the request of an action once, and say what its answer proves."""
        answer = await self.send(request, change.object, intend)
        if isinstance(answer, Outcome):
            return answer
        return self._held(classify(self._definition, action, change, answer))

    async def send(self, request: Request, name: str, intend: Intend) -> Answer | Outcome:
        """Send once; a request without an answer has its outcome already."""
        try:
            return await self._reader.exchange(request, name, intend)
        except NotSentError as error:
            halt = self._reader.unreachable(str(error)) if error.is_final else None
            return Outcome(verdict=Verdict.NOT_SENT, message=str(error), halt=halt)
        except NoAnswerError as error:
            halt = self._reader.unreadable(str(error)) if error.is_final else None
            return Outcome(verdict=Verdict.IN_DOUBT, message=str(error), halt=halt)
        except (TargetError, SpecError) as error:  # the login was refused, so the request itself never left
            return Outcome(verdict=Verdict.NOT_SENT, message=str(error), halt=error.problems[0])

    def _unknown(self, changes: Sequence[Write]) -> Outcome | None:
        """Stop before anything is sent where a planned field is not known any more: it would be left out in silence."""
        item = self._definition.objects[changes[0].object].type
        names = {name for change in changes for name in change.fields}
        names = {name for name in names if item.field(name) is None}
        if not names:
            return None
        fact = f"the fields of this account that are known do not have '{min(names)}' of {item.name}, which is planned"
        problem = Problem(code="E905", place=self._definition.name, fact=fact, hint="run 'migrator discover' again")
        return Outcome(verdict=Verdict.NOT_SENT, message=fact, halt=problem)

    def _bulk_ids(self, action: Action, answer: Answer) -> list[str]:
        """Give the ids of a success in the order of the request; empty for any other answer."""
        listed = at_path(parsed(answer), action.items) if answer.status in self._definition.success_status else None
        if not answer.is_json or not isinstance(listed, list):
            return []
        return [find_id(self._definition, action.ids, at_path(item, action.record)) for item in listed]

    def _held(self, outcome: Outcome) -> Outcome:
        """Send nothing more before the time that the target named."""
        if outcome.wait_seconds:
            self._limiter.hold(min(outcome.wait_seconds, MAX_WAIT_SECONDS))
        return outcome
