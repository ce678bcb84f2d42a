"""A practice edition of Spotler CRM: its access token, its records, and requests to its interface."""

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Any

from migrator.emulators.account import Options, Snapshot, variants
from migrator.emulators.messages import Answer, Request
from migrator.emulators.refusal import Refusal
from migrator.emulators.seeding import as_sent, check_names, model_to_seed, refusals_told
from migrator.emulators.spotler.models import Model, models_for
from migrator.emulators.spotler.options import SpotlerOptions
from migrator.emulators.spotler.refusals import FORBIDDEN, error_answer
from migrator.emulators.spotler.routes import Call, route
from migrator.emulators.spotler.saving import Rules, check, create
from migrator.emulators.spotler.tables import Tables
from migrator.ports import Rng

_SEEDING = Rules(replaces_owner=False, refuses_unknown_choices=False)
_UNAUTHENTICATED = 403


class Edition:
    """The practice account; its token and all its ids come from `rng`. A request is done whole or not at all."""

    def __init__(self, rng: Rng, options: Options) -> None:
        self.base_path = ""
        self.secret_parameters = frozenset({"access_token"})
        self._rng = rng
        self.key = _new_token(rng)
        self._options = variants(options, SpotlerOptions)
        self._create_status = options.create_status or 201
        models = models_for(self._options.required, self._options.custom_fields)
        self._tables = Tables(rng, options.clock, models)
        self._calls = 0

    def answer(self, request: Request) -> Answer:
        """Answer a request; its token has to stand in the header Authorization, as a bearer's (vendor)."""
        if not self._is_bearer(request.headers.get("authorization", "")):
            status = self._options.denied_status
            return error_answer(status, "Unauthenticated" if status == _UNAUTHENTICATED else FORBIDDEN)
        self._calls += 1
        if 0 < self._options.call_quota < self._calls:
            return error_answer(self._options.quota_status, "API call limit reached")
        try:
            return route(
                Call(tables=self._tables, options=self._options, create_status=self._create_status, request=request)
            )
        except Refusal as refusal:
            return refusal.answer

    def _is_bearer(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        return scheme.lower() == "bearer" and compare_digest(token.strip().encode(), self.key.encode())

    def snapshot(self) -> Snapshot:
        """Copy all records, and the lookup lists as `lookups`."""
        return self._tables.snapshot()

    def regenerate_key(self) -> str:
        """Generate a new token in place of the old one."""
        self.key = _new_token(self._rng)
        return self.key

    def seed(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Store records as if each had been posted, but with the owner that they name.

        Raises SpecError for what the interface would refuse or ignore; the records before that one stay.
        """
        model = model_to_seed(self._tables.models, object_name)
        return [self._seed_one(model, record, f"seed {object_name}[{n}]") for n, record in enumerate(records)]

    def _seed_one(self, model: Model, record: Mapping[str, Any], place: str) -> str:
        fields = as_sent(record)
        check_names(fields, model.types, place)
        with refusals_told(place):
            checked = check(self._tables, model, fields, _SEEDING)
        return create(self._tables, model, checked, _SEEDING).id


def _new_token(rng: Rng) -> str:
    """Make a token that looks like the live ones: three parts, the first the head of a JWT (client)."""
    return f"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{rng.token()}.{rng.token()}"
