"""The routes: which method of which path does what. There is no DELETE: no client is known to send one (client)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from migrator.emulators.crelate3.envelopes import Refused, enveloped
from migrator.emulators.crelate3.lists import cut, filtered
from migrator.emulators.crelate3.models import ACTIVITIES, CONTACTS, MODELS, NOTES, TAGS, Model
from migrator.emulators.crelate3.options import Crelate3Options, PatchReply
from migrator.emulators.crelate3.saving import (
    changed,
    check,
    created,
    entities,
    entity,
    refuse_duplicate,
    require,
    shown,
)
from migrator.emulators.crelate3.tables import Row, Tables
from migrator.emulators.exact import parse_json
from migrator.emulators.messages import Answer, Change, Request

_NOT_LISTED = frozenset({NOTES, ACTIVITIES})


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request on its way, and what it is done with."""

    tables: Tables
    options: Crelate3Options
    create_status: int
    request: Request

    def answer(self, status: int, data: Any, changes: Iterable[Change] = ()) -> Answer:
        """Answer with data."""
        return enveloped(self.tables, self.request, status, data, changes)


def route(call: Call, path: str) -> Answer:
    """Do what the path and the method say; a slash at the end makes no difference. Raises Refused."""
    match [unquote(part) for part in path.removesuffix("/").split("/")]:
        case [name] if name in MODELS:
            return _whole_object(call, MODELS[name])
        case [name] if name == TAGS or name in call.tables.catalogue.lists:
            return _fixed_list(call, name)
        case ["contacts", "bulk"]:
            return _bulk(call, MODELS[CONTACTS])
        case ["users", "self"]:
            return _single(call, call.tables.catalogue.user)
        case ["organizations", "self"]:
            return _single(call, call.tables.catalogue.organisation)
        case [name, record_id] if name in MODELS:
            return _one_record(call, MODELS[name], record_id.lower())
    raise Refused(404, "There is no such resource.")


def _take_only(call: Call, *methods: str) -> None:
    """Refuse every other method."""
    if call.request.method not in methods:
        raise Refused(405, f"The method {call.request.method} is not allowed here.")


def _body(call: Call) -> Any:
    if "json" not in call.request.headers.get("content-type", "").lower():
        raise Refused(415, "The body is not application/json.")
    try:
        return parse_json(call.request.body)
    except ValueError:
        raise Refused(400, "The body is no JSON in UTF-8.") from None


def _single(call: Call, data: Row) -> Answer:
    _take_only(call, "GET")
    return call.answer(200, data)


def _fixed_list(call: Call, name: str) -> Answer:
    """List what lookups choose from; the statuses of one workflow only if asked for (client)."""
    _take_only(call, "GET")
    rows = call.tables.rows(TAGS) if name == TAGS else list(call.tables.catalogue.lists[name])
    kinds = (call.request.parameter("workflow_type_ids") or "").lower()
    return _page(call, [row for row in rows if not kinds or row.get("WorkflowTypeId", kinds) in kinds.split(",")])


def _page(call: Call, rows: list[Row]) -> Answer:
    return call.answer(200, cut(rows, call.request, call.options))


def _whole_object(call: Call, model: Model) -> Answer:
    """List or create; of notes and activities no list is known."""
    is_listed = model.name not in _NOT_LISTED or call.options.lists_notes
    _take_only(call, *(["GET"] if is_listed else []), *(["POST"] if model.is_writable else []))
    if call.request.method == "GET":
        rows = filtered(model.name, call.tables.rows(model.name), call.request)
        return _page(call, [shown(model, row) for row in rows])
    fields = _checked(call, model, entity(_body(call)))
    changes = created(call.tables, model, fields)
    return call.answer(call.create_status, changes[-1].id, changes)


def _checked(call: Call, model: Model, given: Row) -> Row:
    """Give the fields of a new record. Raises Refused; nothing is stored yet."""
    fields = check(call.tables, model, given)
    require(model, fields, call.options)
    refuse_duplicate(call.tables, model, fields, call.options)
    return fields


def _bulk(call: Call, model: Model) -> Answer:
    """Create many records, or none where one is refused; `Data` are the ids "in request order" (client)."""
    _take_only(call, "POST")
    checked: list[Row] = []
    wrong: list[str] = []
    for position, given in enumerate(entities(_body(call), call.options.max_batch)):
        try:
            checked.append(_checked(call, model, given))
        except Refused as refused:
            wrong += [f"entities[{position}]: {message}" for message in refused.messages]
    if wrong:
        raise Refused(400, *wrong)
    changes = [created(call.tables, model, fields) for fields in checked]
    ids = [of_one[-1].id for of_one in changes]
    return call.answer(call.create_status, ids, [change for of_one in changes for change in of_one])


def _one_record(call: Call, model: Model, record_id: str) -> Answer:
    _take_only(call, "GET", *(["PATCH"] if model.is_writable else []))
    before = call.tables.find(model.name, record_id)
    if before is None:
        raise Refused(404, f"There is no record in {model.name} with the id {record_id}.")
    if call.request.method == "GET":
        return call.answer(200, shown(model, before))
    fields = check(call.tables, model, entity(_body(call)), before)
    require(model, {**before, **fields}, call.options)
    changes = changed(call.tables, model, fields, before)
    return call.answer(200, _patched(call, model, record_id), changes)


def _patched(call: Call, model: Model, record_id: str) -> Any:
    if call.options.patch_reply is PatchReply.ENTITY:
        return shown(model, call.tables.find(model.name, record_id) or {})
    return record_id if call.options.patch_reply is PatchReply.ID else None
