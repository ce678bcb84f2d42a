"""The routes: a resource or one record of it, and the four verbs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from migrator.emulators.clevertim.models import MODELS, Model
from migrator.emulators.clevertim.options import ClevertimOptions
from migrator.emulators.clevertim.refusals import content, refused
from migrator.emulators.clevertim.saving import all_shown, check, completed, shown, store
from migrator.emulators.clevertim.tables import Row, Tables
from migrator.emulators.exact import parse_json
from migrator.emulators.messages import Answer, Request, json_answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request that has found its resource; `id` is the one in the path, empty where there is none."""

    tables: Tables
    model: Model
    request: Request
    options: ClevertimOptions
    id: str


def route(tables: Tables, request: Request, path: str, options: ClevertimOptions) -> Answer:
    """Find the resource of a path and do what the verb says; a slash at its end makes no difference. Raises Refusal."""
    name, _, record_id = path.removesuffix("/").partition("/")
    model = MODELS.get(name)
    if model is None or "/" in record_id:
        raise refused(404, f"there is no resource {path}")
    further = tuple((field_name,) for field_name in options.required.get(name, ()))
    model = replace(model, required=(*model.required, *further))
    act = _ROUTES.get((request.method, bool(record_id)))
    if act is None or request.method not in model.methods:
        raise refused(501, f"{request.method} is not supported here")  # "operation not supported" (vendor)
    if options.is_read_only and request.method != "GET":
        raise refused(options.forbidden_status, "this user has read-only access")
    return act(Call(tables=tables, model=model, request=request, options=options, id=record_id))


def _found(call: Call) -> Row:
    row = call.tables.tables[call.model.name].get(call.id)
    if row is None:
        raise refused(404, f"there is no {call.model.name} with the id {call.id}")
    return row


def _body(call: Call) -> Any:
    try:
        return parse_json(call.request.body)
    except ValueError:
        raise refused(500, "the JSON cannot be parsed") from None  # "your JSON cannot be parsed" (vendor)


def _read_all(call: Call) -> Answer:
    """Read all entries: without pages and without filters (vendor)."""
    return content(all_shown(call.tables, call.model))


def _read_one(call: Call) -> Answer:
    return content([shown(call.tables, call.model, _found(call))])


def _add(call: Call) -> Answer:
    """Add an element and answer it, with its new `id`, in a list (vendor)."""
    fields = check(call.tables, call.model, _body(call))
    return _stored(call, completed(call.model, fields, None, is_replaced=True), None)


def _update(call: Call) -> Answer:
    """Update an element and answer it in a list; an `id` in the body, which the vendor's examples have, must fit."""
    before, body = _found(call), _body(call)
    fields = check(call.tables, call.model, body, before)
    if body.get("id") not in (None, before["id"]):
        raise refused(400, f"id: expected {before['id']} as in the path")
    return _stored(call, completed(call.model, fields, before, is_replaced=call.options.put_replaces), before)


def _stored(call: Call, row: Row, before: Row | None) -> Answer:
    change = store(call.tables, call.model, row, before)
    new = call.tables.tables[call.model.name][change.id]
    return content([shown(call.tables, call.model, new)], [change])


def _delete(call: Call) -> Answer:
    """Delete an element: the answer has "not any content, only a status" (vendor), and a body is not looked at."""
    return json_answer(200, {"status": "OK"}, call.tables.remove(call.model.name, _found(call)["id"]))


# the verb, and whether an id stands in the path
_ROUTES: dict[tuple[str, bool], Callable[[Call], Answer]] = {
    ("GET", False): _read_all,
    ("GET", True): _read_one,
    ("POST", False): _add,
    ("PUT", True): _update,
    ("DELETE", True): _delete,
}
