"""A practice account of Clevertim: its token, its records, and requests to its interface."""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from migrator.emulators.account import Options, Snapshot, variants
from migrator.emulators.clevertim.models import MODELS, Model
from migrator.emulators.clevertim.options import ClevertimOptions
from migrator.emulators.clevertim.refusals import refusal_answer
from migrator.emulators.clevertim.routes import route
from migrator.emulators.clevertim.saving import check, completed, store
from migrator.emulators.clevertim.tables import Tables
from migrator.emulators.messages import Answer, Request
from migrator.emulators.refusal import Refusal
from migrator.emulators.seeding import as_sent, check_names, model_to_seed, refusals_told
from migrator.ports import Rng

BASE_PATH = "/api"

_CHALLENGE = (("WWW-Authenticate", 'Basic realm="Clevertim"'),)
_BYTES_TOKEN = re.compile(r"b'(.*)'")


class ClevertimAccount:
    """The practice account; its token and all its ids come from `rng`. A request is done whole or not at all."""

    def __init__(self, rng: Rng, options: Options) -> None:
        self.base_path = BASE_PATH
        self.secret_parameters: frozenset[str] = frozenset()  # the token travels in a header only
        self._options = variants(options, ClevertimOptions)
        self._rng = rng
        self.key = rng.token()
        self._tables = Tables(rng, options.clock)

    def answer(self, request: Request) -> Answer:
        """Answer a request; the token has to be the user of Basic authentication, with any password (vendor)."""
        if not self._is_authorised(request.headers.get("authorization", "")):
            status = self._options.unauthorised_status
            return replace(refusal_answer(status, "the API token is missing or wrong"), headers=_CHALLENGE)
        try:
            return route(self._tables, request, request.path.removeprefix(f"{BASE_PATH}/"), self._options)
        except Refusal as refusal:
            return refusal.answer

    def _is_authorised(self, header: str) -> bool:
        scheme, _, encoded = header.partition(" ")
        mistaken = _BYTES_TOKEN.fullmatch(encoded.strip())
        if mistaken and self._options.tolerates_bytes_token:
            encoded = mistaken[1]
        try:
            user = base64.b64decode(encoded.strip(), validate=True).partition(b":")[0]
        except (binascii.Error, ValueError):
            return False
        return scheme.casefold() == "basic" and hmac.compare_digest(user, self.key.encode())

    def snapshot(self) -> Snapshot:
        """Copy all records, also the users and groups, which nobody can change."""
        return self._tables.snapshot()

    def regenerate_key(self) -> str:
        """Replace the token, as a user may who suspects that "your token might have been compromised" (vendor)."""
        self.key = self._rng.token()
        return self.key

    def seed(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Store records as if each had been sent to the interface; also users, groups and files, which cannot be.

        Raises SpecError for what the interface would refuse or ignore; the records before that one stay.
        """
        model = model_to_seed(MODELS, object_name)
        return [self._seed_one(model, record, f"seed {object_name}[{n}]") for n, record in enumerate(records)]

    def _seed_one(self, model: Model, record: Mapping[str, Any], place: str) -> str:
        body = as_sent(record)
        check_names(body, model.types, place)
        with refusals_told(place):
            row = completed(model, check(self._tables, model, body), None, is_replaced=True)
        return store(self._tables, model, row).id
