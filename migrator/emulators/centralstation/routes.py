"""The routes: which method of which path does what. Paths end in `.json` (vendor) or do not (client)."""

import re
from base64 import b64decode
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from migrator.emulators.centralstation.lists import Listed, ordered, page, selected
from migrator.emulators.centralstation.models import DETAILS, MODELS, Model
from migrator.emulators.centralstation.options import CentralStationOptions
from migrator.emulators.centralstation.refusals import lacking, not_authorised, not_found, refused
from migrator.emulators.centralstation.saving import Checked, Desk, check, owner_fields
from migrator.emulators.centralstation.searching import can_be_searched, searched
from migrator.emulators.centralstation.showing import view, wrapped
from migrator.emulators.centralstation.storing import store
from migrator.emulators.centralstation.tables import Place, Row, Tables
from migrator.emulators.exact import parse_json
from migrator.emulators.messages import Answer, Request, json_answer

NO_CONTENT = 204

_ID = re.compile(r"[0-9]{1,18}")
_TOP = (
    *("people", "companies", "deals", "projects", "tasks", "tags", "custom_fields_types", "protocols", "attachments"),
    "users",
)
_READ_ONLY = {"users"}
_DETAILS_PATH = "contact_details"
_SHARED = ("tags", "custom_fields", "protocols", "tasks")
_BELOW = {
    "people": (*_SHARED, *DETAILS, "addrs", "positions", _DETAILS_PATH),
    "companies": (*_SHARED, *DETAILS, "addrs", "positions", _DETAILS_PATH),
    "deals": _SHARED,
    "projects": _SHARED,
    "protocols": ("attachments",),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request on its way, and what it is done with."""

    tables: Tables
    options: CentralStationOptions
    create_status: int
    request: Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """Where records are listed: those of some objects, all or those that hang on `owner`."""

    models: tuple[Model, ...]
    owner: Place | None = None


def route(call: Call, path: str) -> Answer:
    """Do what the path and the method say. Raises Refusal."""
    if call.options.is_read_only and call.request.method != "GET":
        raise not_authorised()
    parts = [unquote(part) for part in path.removesuffix(".json").strip("/").split("/")]
    shelf, rest = _shelf(call, parts)
    match rest:
        case []:
            return _whole_shelf(call, shelf)
        case ["count"]:
            _take_only(call, "GET")
            return json_answer(200, {call.options.count_key: len(_selected(call, shelf))})
        case ["search"] if shelf.owner is None and can_be_searched(shelf.models[0].name):
            _take_only(call, "GET")
            rows = searched(call.tables, shelf.models[0].name, call.request)
            return _page(call, [(shelf.models[0], row) for row in rows])
        case [record_id]:
            return _one_record(call, shelf, record_id)
    raise not_found()


def _shelf(call: Call, parts: list[str]) -> tuple[Shelf, list[str]]:
    """Follow a path as deep as it leads below records; give what is left of it."""
    name, *rest = parts
    if name not in _TOP:
        raise not_found()
    shelf = Shelf(models=(MODELS[name],))
    while len(rest) > 1:
        record_id, child, *rest = rest
        owner, _row = _found(call, shelf, record_id)
        if child not in _BELOW.get(owner.name, ()):
            raise not_found()
        names = tuple(DETAILS) if child == _DETAILS_PATH else (child,)
        shelf = Shelf(models=tuple(MODELS[one] for one in names), owner=(owner.name, int(record_id)))
    return shelf, rest


def _rows(call: Call, shelf: Shelf) -> list[Listed]:
    if shelf.owner is None:
        return [(shelf.models[0], row) for row in call.tables.rows(shelf.models[0].name)]
    return [(model, row) for model in shelf.models for row in call.tables.below(shelf.owner, model.name)]


def _found(call: Call, shelf: Shelf, record_id: str) -> Listed:
    """Find a record on a shelf; one that hangs elsewhere is not there."""
    for model in shelf.models if _ID.fullmatch(record_id) else ():
        row = call.tables.find(model.name, int(record_id))
        if row is not None and (shelf.owner is None or row in call.tables.below(shelf.owner, model.name)):
            return model, row
    raise not_found()


def _take_only(call: Call, *methods: str) -> None:
    """Refuse every other method; a method that a path does not take is not found (inferred)."""
    if call.request.method not in methods:
        raise not_found()


def _selected(call: Call, shelf: Shelf) -> list[Listed]:
    return selected(call.tables, _rows(call, shelf), shelf.models, call.request)


def _page(call: Call, rows: list[Listed]) -> Answer:
    seen = view(call.tables, call.request, call.options.utc_offset_hours)
    found = page(
        ordered(rows, call.request.parameter("order") or call.options.default_order),
        call.request,
        call.options.default_perpage,
    )
    return json_answer(200, [wrapped(seen, model, row) for model, row in found])


def _whole_shelf(call: Call, shelf: Shelf) -> Answer:
    """List, or create; a create answers 201 with the wrapped record (client)."""
    if call.request.method == "GET":
        return _page(call, _selected(call, shelf))
    _take_only(call, "GET" if shelf.models[0].name in _READ_ONLY else "POST")
    model, body = _body(call, shelf.models)
    owner = owner_fields(model, *shelf.owner) if shelf.owner else {}
    checked = check(_desk(call, owner), model, body)
    same = _same_tag(call, checked) if call.options.merges_same_tags else None
    if same is not None:
        return json_answer(call.create_status, _wrapped(call, model, same))
    _ask_for_room(call, checked)
    changes = store(call.tables, checked)
    row = call.tables.find(model.name, int(changes[-1].id)) or {}
    return json_answer(call.create_status, _wrapped(call, model, row), changes)


def _wrapped(call: Call, model: Model, row: Row) -> dict[str, Any]:
    return wrapped(view(call.tables, call.request, call.options.utc_offset_hours), model, row)


def _same_tag(call: Call, checked: Checked) -> Row | None:
    """Find the tag that a record has already, of the name of a new one."""
    if checked.model.name != "tags":
        return None
    keys = ("attachable_type", "attachable_id", "name")
    same = [one for one in call.tables.rows("tags") if all(one[key] == checked.row[key] for key in keys)]
    return same[0] if same else None


def _ask_for_room(call: Call, checked: Checked) -> None:
    """Refuse what there is no storage for: 507, "insufficient_storage" (vendor)."""
    room = call.options.storage_bytes
    is_full = call.options.is_storage_full
    if room is not None and checked.model.name == "attachments":
        taken = sum(one["size"] for one in call.tables.rows("attachments"))
        is_full = is_full or taken + len(b64decode(checked.row.get("data", ""))) > room
    if is_full:
        raise refused(507, "the storage of this account is full")


def _one_record(call: Call, shelf: Shelf, record_id: str) -> Answer:
    """Read, change or delete a record; a change and a deletion answer a message without the record (client)."""
    model, row = _found(call, shelf, record_id)
    _take_only(call, "GET", *(() if model.name in _READ_ONLY else ("PUT", "DELETE")))
    if call.request.method == "GET":
        return json_answer(200, _wrapped(call, model, row))
    if call.request.method == "DELETE":
        changes = call.tables.remove(model.name, row["id"])
        if call.options.delete_status == NO_CONTENT:
            return Answer(status=NO_CONTENT, changes=tuple(changes))
        return json_answer(call.options.delete_status, {"message": f"{model.noun} deleted"}, changes)
    _model, body = _body(call, (model,))
    owner = owner_fields(model, *shelf.owner) if shelf.owner and model.name != "protocols" else {}
    changes = store(call.tables, check(_desk(call, owner, row), model, body))
    return json_answer(200, {"message": f"{model.noun} updated"}, changes)


def _desk(call: Call, owner: Row, before: Row | None = None) -> Desk:
    waived = frozenset() if call.options.requires_target_date else frozenset({"target_date"})
    replaces = call.options.put_replaces and before is not None
    return Desk(tables=call.tables, owner=owner, before=before, put_replaces=replaces, waived=waived)


def _body(call: Call, models: tuple[Model, ...]) -> tuple[Model, Row]:
    """Read a body, wrapped by the singular name of its object; what is beside the wrapper is passed over."""
    is_json = "json" in call.request.headers.get("content-type", "").lower()
    try:
        body = parse_json(call.request.body) if is_json else {}
    except ValueError:
        raise refused(400, "the body is no JSON in UTF-8") from None
    for model in models:
        inner = body.get(model.wrapper) if isinstance(body, dict) else None
        if isinstance(inner, dict) and inner:
            return model, inner
    raise lacking(models[0].wrapper if len(models) == 1 else "contact_detail")
