"""A server that answers scripted requests and no others: for trying a connector file against its own examples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from migrator.emulators.account import Factory, Options, Snapshot
from migrator.emulators.exact import parse_json, write_json
from migrator.emulators.messages import Answer, Request, message_answer
from migrator.errors import Problem, SpecError
from migrator.ports import Rng


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request as it must come, and what it is answered; a query or body of None is not looked at."""

    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Any = None
    status: int = 200
    header: Mapping[str, str] = field(default_factory=dict)
    answer: Any = None


class Script:
    """An account without records: it knows exchanges only, each as often as it comes; any other is refused."""

    def __init__(self, exchanges: Iterable[Exchange], refused: list[str]) -> None:
        self._refused = refused
        self.base_path = ""
        self.secret_parameters: frozenset[str] = frozenset()
        self.key = "scripted"
        self._exchanges = list(exchanges)

    def answer(self, request: Request) -> Answer:
        """Answer the first exchange that a request fits; any other request is told what differs."""
        for exchange in self._exchanges:
            if not _differing(exchange, request):
                body = b"" if exchange.answer is None else write_json(exchange.answer).encode()
                return Answer(status=exchange.status, headers=tuple(exchange.header.items()), body=body)
        self._refused += _differing(self._exchanges[0], request)
        return message_answer(400, self._refused[-1])

    def snapshot(self) -> Snapshot:
        """Hold nothing."""
        return {}

    def seed(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:  # noqa: ARG002 - as the protocol has it
        """Refuse records: raises SpecError."""
        raise SpecError(Problem(code="E098", place=f"seed {object_name}", fact="a script holds no records"))

    def regenerate_key(self) -> str:
        """Keep the key."""
        return self.key


def scripted(exchanges: Iterable[Exchange], refused: list[str]) -> Factory:
    """Give the factory of a server for these exchanges; `refused` takes in what differs in any other request."""
    listed = list(exchanges)

    def make(_rng: Rng, _options: Options) -> Script:
        return Script(listed, refused)

    return make


def _differing(exchange: Exchange, request: Request) -> list[str]:
    """Say in what a request is another one than that of an exchange."""
    found = []
    if (request.method, request.path) != (exchange.method, exchange.path):
        found.append(f"expected {exchange.method} {exchange.path}, got {request.method} {request.path}")
    if exchange.query is not None and (query := _pairs(exchange.query)) != sorted(request.query):
        found.append(f"expected the query {write_json(query)}, got {write_json(sorted(request.query))}")
    if exchange.body is not None and _body(request) != exchange.body:
        found.append(f"expected the body {write_json(exchange.body)}, got {write_json(_body(request))}")
    return found


def _pairs(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give a query as it travels: a name several times where it holds a list."""
    listed = {name: value if isinstance(value, list) else [value] for name, value in query.items()}
    return sorted((name, str(value)) for name, values in listed.items() for value in values)


def _body(request: Request) -> Any:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    try:
        return parse_json(request.body) if request.body else {}
    except ValueError:
        return request.body.decode(errors="replace")
