"""A practice organisation of Crelate: its key, its records, and requests to its public interface."""

from collections.abc import Iterable, Mapping
from typing import Any

from migrator.emulators.account import Options, Snapshot
from migrator.emulators.crelate.models import MODELS, NOTES, TASKS, Model
from migrator.emulators.crelate.routes import route
from migrator.emulators.crelate.saving import check, store
from migrator.emulators.crelate.tables import Row, Tables
from migrator.emulators.messages import Answer, Request, message_answer
from migrator.emulators.refusal import Refusal
from migrator.emulators.seeding import as_sent, check_names, model_to_seed, refusals_told
from migrator.errors import Problem, SpecError
from migrator.ports import Rng

BASE_PATH = "/api/pub/v1"

_KEY = "api_key"
_PARENT = "Parent_Id"


class Organisation:
    """The practice account; its key and all its ids come from `rng`. A request is done whole or not at all."""

    def __init__(self, rng: Rng, options: Options) -> None:
        self.base_path = BASE_PATH
        self.secret_parameters = frozenset({_KEY})
        self._rng = rng
        self.key = rng.token()
        self._create_status = options.create_status or 200
        self._tables = Tables(rng, options.clock)

    def answer(self, request: Request) -> Answer:
        """Answer a request; its key has to stand in the query (vendor)."""
        if request.parameter(_KEY) != self.key:
            return message_answer(401, "Authorization has been denied for this request.")
        try:
            return route(self._tables, request, request.path.removeprefix(f"{BASE_PATH}/"), self._create_status)
        except Refusal as refusal:
            return refusal.answer

    def snapshot(self) -> Snapshot:
        """Copy all records, and also who is in which job (`stages`) and the entries of lists (`options`)."""
        return self._tables.snapshot()

    def regenerate_key(self) -> str:
        """Replace the key: after that "existing API processes will begin to fail" (vendor)."""
        self.key = self._rng.token()
        return self.key

    def seed(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Store records as if each had been sent to the interface; notes and tasks may name a `Parent_Id`.

        Raises SpecError for what the interface would refuse or ignore; the records before that one stay.
        """
        model = model_to_seed(MODELS, object_name)
        return [self._seed_one(model, record, f"seed {object_name}[{n}]") for n, record in enumerate(records)]

    def _seed_one(self, model: Model, record: Mapping[str, Any], place: str) -> str:
        fields = as_sent(record)
        parent = self._parent(model, fields.pop(_PARENT, None), place)
        check_names(fields, model.types, place)
        with refusals_told(place):
            checked = check(self._tables, model, fields)
        return store(self._tables, model, checked, parent=parent)[-1].id

    def _parent(self, model: Model, parent_id: str | None, place: str) -> Row | None:
        if parent_id is None:
            return None
        found = [self._tables.find(name, parent_id) for name in MODELS if name not in {NOTES, TASKS}]
        rows = [row for row in found if row is not None]
        if model.name not in {NOTES, TASKS} or not rows:
            raise SpecError(Problem(code="E098", place=place, fact=f"there is no parent '{parent_id}' for it"))
        return rows[0]
