"""A practice tenant of Crelate's api3: its key, its records, and requests to its interface."""

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Any

from migrator.emulators.account import Options, Snapshot, variants
from migrator.emulators.crelate3.envelopes import Refused, refusal
from migrator.emulators.crelate3.models import MODELS, Model
from migrator.emulators.crelate3.options import Crelate3Options
from migrator.emulators.crelate3.routes import Call, route
from migrator.emulators.crelate3.saving import check, created, require
from migrator.emulators.crelate3.tables import Tables
from migrator.emulators.messages import Answer, Request
from migrator.emulators.seeding import as_sent, model_to_seed
from migrator.errors import Problem, SpecError
from migrator.ports import Rng

BASE_PATH = "/api3"

_KEY_HEADER, _KEY_PARAMETER = "x-api-key", "api_key"


class Tenant:
    """The practice account; its key and all its ids come from `rng`. A request is done whole or not at all."""

    def __init__(self, rng: Rng, options: Options) -> None:
        self.base_path = BASE_PATH
        self.secret_parameters = frozenset({_KEY_PARAMETER})
        self._rng = rng
        self.key = rng.token()
        self._options = variants(options, Crelate3Options)
        self._create_status = options.create_status or 201
        self._tables = Tables(rng, options.clock)

    def answer(self, request: Request) -> Answer:
        """Answer a request; its key stands in a header or in the query (client)."""
        call = Call(tables=self._tables, options=self._options, create_status=self._create_status, request=request)
        if not self._is_known(request):
            denied = Refused(self._options.denied_status, "The API key is missing or wrong.")
            return refusal(self._tables, request, denied)
        try:
            return route(call, request.path.removeprefix(f"{BASE_PATH}/"))
        except Refused as refused:
            return refusal(self._tables, request, refused)

    def _is_known(self, request: Request) -> bool:
        """Tell whether a request has the key; where both places name one, the header's counts (inferred)."""
        key = request.headers.get(_KEY_HEADER, request.parameter(_KEY_PARAMETER) or "")
        return compare_digest(key.encode(), self.key.encode())

    def snapshot(self) -> Snapshot:
        """Copy all records, and the tags."""
        return self._tables.snapshot()

    def regenerate_key(self) -> str:
        """Generate a new key; with the old one "existing API processes will begin to fail" (vendor)."""
        self.key = self._rng.token()
        return self.key

    def seed(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Store records as if each had been posted, also of objects that can only be read.

        Raises SpecError for what the interface would refuse or ignore; the records before that one stay.
        """
        model = model_to_seed(MODELS, object_name)
        return [self._seed_one(model, record, f"seed {object_name}[{n}]") for n, record in enumerate(records)]

    def _seed_one(self, model: Model, record: Mapping[str, Any], place: str) -> str:
        fields = as_sent(record)
        unknown = [name for name in fields if not model.takes(name)]
        if unknown:
            raise SpecError(Problem(code="E098", place=place, fact=f"unknown field '{unknown[0]}'"))
        try:
            checked = check(self._tables, model, fields)
            require(model, checked, self._options)
        except Refused as refused:
            raise SpecError(Problem(code="E098", place=place, fact="; ".join(refused.messages))) from None
        return created(self._tables, model, checked)[-1].id
