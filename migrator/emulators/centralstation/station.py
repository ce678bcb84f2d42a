"""A practice account of CentralStationCRM: its key, its records, and requests to its interface."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hmac import compare_digest
from typing import Any

from migrator.emulators.account import Options, Snapshot, variants
from migrator.emulators.centralstation.limiter import Limiter
from migrator.emulators.centralstation.models import MODELS, Model
from migrator.emulators.centralstation.options import CentralStationOptions
from migrator.emulators.centralstation.refusals import error_answer
from migrator.emulators.centralstation.routes import Call, route
from migrator.emulators.centralstation.saving import Desk, check, nested_names
from migrator.emulators.centralstation.storing import store
from migrator.emulators.centralstation.tables import Tables
from migrator.emulators.exact import parse_json
from migrator.emulators.messages import HTML_TYPE, Answer, Request
from migrator.emulators.refusal import Refusal
from migrator.emulators.seeding import as_sent, check_names, model_to_seed, refusals_told
from migrator.ports import Rng

BASE_PATH = "/api"

_PARAMETER = "apikey"
_HEADER = "x-apikey"


class Station:
    """The practice account; its key and all its ids come from `rng`. A request is done whole or not at all."""

    def __init__(self, rng: Rng, options: Options) -> None:
        self.base_path = BASE_PATH
        self.secret_parameters = frozenset({_PARAMETER})
        self._rng = rng
        self.key = rng.token()
        self._options = variants(options, CentralStationOptions)
        self._create_status = options.create_status or 201
        self._tables = Tables(rng, options.clock)
        self._limiter = Limiter(options.clock, self._options.requests_per_window, self._options.window_seconds)

    def answer(self, request: Request) -> Answer:
        """Answer a request: first the account, then the key, then the limit, which counts for a key (inferred)."""
        if not self._options.has_account:
            return Answer(status=302, content_type=HTML_TYPE, headers=(("Location", "/login"),))
        if not self._is_authorised(request):
            return error_answer(401, "the API key is missing or wrong")
        seconds = self._limiter.turn_away()
        if seconds:
            refusal = error_answer(429, "too many requests")
            return replace(refusal, headers=(("Retry-After", str(seconds)),))
        call = Call(tables=self._tables, options=self._options, create_status=self._create_status, request=request)
        try:
            return route(call, request.path.removeprefix(f"{BASE_PATH}/"))
        except Refusal as refusal:
            return refusal.answer

    def _is_authorised(self, request: Request) -> bool:
        given = [request.headers.get(_HEADER)]
        if self._options.accepts_parameter:
            given += [request.parameter(_PARAMETER), _key_in_body(request)]
        return any(compare_digest(one.encode(), self.key.encode()) for one in given if one)

    def snapshot(self) -> Snapshot:
        """Copy all records, also the users, whom nobody can change."""
        return self._tables.snapshot()

    def regenerate_key(self) -> str:
        """Make a new key in place of the old one."""
        self.key = self._rng.token()
        return self.key

    def seed(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Store records as if each had been posted, with what it nests; also users, whom nobody can post.

        Raises SpecError for what the interface would refuse or ignore; the records before that one stay.
        """
        model = model_to_seed(MODELS, object_name)
        return [self._seed_one(model, record, f"seed {object_name}[{n}]") for n, record in enumerate(records)]

    def _seed_one(self, model: Model, record: Mapping[str, Any], place: str) -> str:
        body = as_sent(record)
        check_names(body, [*model.fields, *nested_names(model)], place)
        with refusals_told(place):
            checked = check(Desk(tables=self._tables, owner={}), model, body)
        return store(self._tables, checked)[-1].id


def _key_in_body(request: Request) -> str | None:
    """Read the key that old clients put into the JSON body of a POST or PUT, beside the wrapper (client)."""
    try:
        body = parse_json(request.body)
    except ValueError:
        return None
    key = body.get(_PARAMETER) if isinstance(body, dict) else None
    return key if isinstance(key, str) else None
