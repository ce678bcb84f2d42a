"""A practice system of OpenCRM: its keys, its records, and requests to its interface."""

from collections.abc import Iterable, Mapping
from typing import Any

from migrator.emulators.account import Options, Snapshot, variants
from migrator.emulators.messages import Answer, Request
from migrator.emulators.opencrm.access import Access, is_blocked
from migrator.emulators.opencrm.end_points import Office, act
from migrator.emulators.opencrm.modules import MODULES, Module
from migrator.emulators.opencrm.options import OpenCrmOptions
from migrator.emulators.opencrm.parameters import SECRETS, SPECIAL, read_parameters
from migrator.emulators.opencrm.refusals import WALL, refused
from migrator.emulators.opencrm.tables import Tables
from migrator.emulators.refusal import Refusal
from migrator.errors import Problem, SpecError
from migrator.ports import Rng

BASE_PATH = "/api/rest"


class System:
    """The practice account; its keys and all its ids come from `rng`. A request is done whole or not at all.

    `key` is the API key, which travels as KEY1, apikey or key; `passkey` is the pass key, which travels as KEY2 or
    passkey. Both are needed, and both are replaced together.
    """

    def __init__(self, rng: Rng, options: Options) -> None:
        self.base_path = BASE_PATH
        self.secret_parameters = SECRETS
        self._options = variants(options, OpenCrmOptions)
        self._access = Access(rng, options.clock, self._options)
        self._tables = Tables(rng, options.clock)
        self._seen = 0
        self.key, self.passkey = self._access.key, self._access.passkey

    def answer(self, request: Request) -> Answer:
        """Answer a request, once it is through "our web application firewall" (vendor)."""
        if is_blocked(request, self._options):
            return WALL
        office = Office(tables=self._tables, access=self._access, options=self._options)
        try:
            end_point, parameters = read_parameters(request, request.path.removeprefix(f"{BASE_PATH}/"))
            self._charge()
            return act(office, request, end_point, parameters)
        except Refusal as refusal:
            return refusal.answer

    def _charge(self) -> None:
        self._seen += 1
        if 0 < self._options.requests_allowed < self._seen:
            raise refused("API request limit exceeded", self._options.limit_status)

    def snapshot(self) -> Snapshot:
        """Copy all records."""
        return {name: dict(rows) for name, rows in self._tables.snapshot().items()}

    def regenerate_key(self) -> str:
        """Replace both keys, as the vendor's support may; gives the new API key."""
        self._access.regenerate()
        self.key, self.passkey = self._access.key, self._access.passkey
        return self.key

    def seed(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Store records as if each had been sent to the interface. Raises SpecError for what that would ignore."""
        module = MODULES.get(object_name)
        if module is None:
            fact, hint = f"there is no object '{object_name}'", f"one of {', '.join(MODULES)}"
            raise SpecError(Problem(code="E098", place="seed", fact=fact, hint=hint))
        return [self._seed_one(module, record, f"seed {object_name}[{n}]") for n, record in enumerate(records)]

    def _seed_one(self, module: Module, record: Mapping[str, Any], place: str) -> str:
        for name, value in record.items():
            if name in SPECIAL or not module.has(name):
                raise SpecError(Problem(code="E098", place=place, fact=f"unknown field '{name}'"))
            if not isinstance(value, str):
                raise SpecError(Problem(code="E098", place=place, fact=f"'{name}' is no text, as all values here are"))
        return self._tables.create(module.name, dict(record)).id
