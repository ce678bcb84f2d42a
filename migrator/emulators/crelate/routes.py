"""The routes: which method of which path does what. Ids in a path stand as `*` in the table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from migrator.emulators.crelate import lists, stages
from migrator.emulators.crelate.lookups import GUID
from migrator.emulators.crelate.models import COMPANY, CONTACT, CONTACTS, JOB, JOBS, NOTE, TASK, Model
from migrator.emulators.crelate.refusals import invalid, refused
from migrator.emulators.crelate.saving import check, store
from migrator.emulators.crelate.tables import Row, Tables
from migrator.emulators.exact import parse_json
from migrator.emulators.messages import Answer, Request, json_answer, message_answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request that has found its route; `ids` are those in the path, in order."""

    tables: Tables
    request: Request
    parts: tuple[str, ...]
    ids: tuple[str, ...]
    create_status: int


Route = Callable[[Call], Answer]
Methods = dict[str, Route]


def route(tables: Tables, request: Request, path: str, create_status: int) -> Answer:
    """Find the route of a path and do what it says; a slash at its end makes no difference. Raises Refusal."""
    parts = tuple(path.removesuffix("/").split("/"))
    ids = tuple(part.lower() for part in parts if GUID.fullmatch(part.lower()))
    methods = _ROUTES.get(tuple("*" if GUID.fullmatch(part.lower()) else part for part in parts))
    if methods is None:
        raise refused(404, "No resource was found that matches the request URI.")
    if request.method not in methods:
        return message_answer(405, f"The requested resource does not support the method {request.method}.")
    call = Call(tables=tables, request=request, parts=parts, ids=ids, create_status=create_status)
    return methods[request.method](call)


def _body(call: Call) -> Any:
    if "json" not in call.request.headers.get("content-type", "").lower():
        raise refused(415, "The media type of the request is not supported: send application/json.")
    try:
        return parse_json(call.request.body)
    except ValueError:
        raise invalid({"": "not valid JSON in UTF-8"}) from None


def _found(call: Call, model: Model, position: int = -1) -> Row:
    """Give the record that an id in the path names, which must live below the record named before it, if any."""
    row = call.tables.find(model.name, call.ids[position])
    if row is None or (position == -1 and len(call.ids) > 1 and not _is_below(call, row)):
        raise refused(404, f"There is no record in {model.name} with the id {call.ids[position]}.")
    return row


def _is_below(call: Call, row: Row) -> bool:
    return row.get("Parent_Id") == call.ids[0] and call.tables.find(call.parts[0], call.ids[0]) is not None


def _create(model: Model, call: Call) -> Answer:
    checked = check(call.tables, model, _body(call))
    changes = store(call.tables, model, checked)
    return json_answer(call.create_status, {"Id": changes[-1].id}, changes)


def _create_below(parent_model: Model, model: Model, call: Call) -> Answer:
    parent = _found(call, parent_model)
    checked = check(call.tables, model, _body(call))
    changes = store(call.tables, model, checked, parent=parent)
    return json_answer(call.create_status, {"Id": changes[-1].id}, changes)


def _read(model: Model, call: Call) -> Answer:
    return json_answer(200, lists.shown(model, _found(call, model)))


def _replace(model: Model, call: Call) -> Answer:
    before = _found(call, model)
    checked = check(call.tables, model, _body(call), before)
    changes = store(call.tables, model, checked, before=before)
    return json_answer(200, {"Id": before["Id"]}, changes)


def _delete(model: Model, call: Call) -> Answer:
    row = _found(call, model)
    return json_answer(200, {"Id": row["Id"]}, call.tables.remove(model.name, row["Id"]))


def _recent(model: Model, call: Call) -> Answer:
    return lists.recent(call.tables, model, call.request)


def _by_email(model: Model, call: Call) -> Answer:
    return lists.by_email(call.tables, model, call.request)


def _job_notes(call: Call) -> Answer:
    return lists.notes_of(call.tables, _found(call, JOB)["Id"], call.request)


def _list_stages(model: Model, call: Call) -> Answer:
    return stages.list_stages(call.tables, model.name, _found(call, model)["Id"])


def _pair(call: Call, first: Model) -> tuple[str, str]:
    """Give contact and job, whichever stands first in the path; both must be there."""
    second = JOB if first is CONTACT else CONTACT
    ids = {first.name: _found(call, first, 0)["Id"], second.name: _found(call, second, 1)["Id"]}
    return ids[CONTACTS], ids[JOBS]


def _enter(first: Model, call: Call) -> Answer:
    return stages.enter(call.tables, *_pair(call, first), _body(call), call.create_status)


def _move(first: Model, call: Call) -> Answer:
    return stages.move(call.tables, *_pair(call, first), _body(call))


def _leave(first: Model, call: Call) -> Answer:
    return stages.leave(call.tables, *_pair(call, first))


def _domain(name: str, call: Call) -> Answer:
    return json_answer(200, list(getattr(call.tables.domain, name)))


def _single(model: Model) -> Methods:
    return {"GET": partial(_read, model), "PUT": partial(_replace, model), "DELETE": partial(_delete, model)}


def _all_routes() -> Iterator[tuple[tuple[str, ...], Methods]]:
    for model in (CONTACT, COMPANY, JOB, NOTE, TASK):
        listing: Methods = {"GET": partial(_by_email, CONTACT)} if model is CONTACT else {}
        yield (model.name,), {"POST": partial(_create, model), **listing}
        yield (model.name, "*"), _single(model)
    for parent in (CONTACT, COMPANY, JOB):
        yield (parent.name, "recent"), {"GET": partial(_recent, parent)}
        for child in (NOTE, TASK):
            listing = {"GET": _job_notes} if (parent, child) == (JOB, NOTE) else {}
            yield (parent.name, "*", child.name), {"POST": partial(_create_below, parent, child), **listing}
            yield (parent.name, "*", child.name, "*"), _single(child)
    for first, second in ((CONTACT, JOB), (JOB, CONTACT)):
        yield (first.name, "*", second.name), {"GET": partial(_list_stages, first)}
        yield (
            (first.name, "*", second.name, "*"),
            {"POST": partial(_enter, first), "PUT": partial(_move, first), "DELETE": partial(_leave, first)},
        )
    yield ("domain", "documentTypes"), {"GET": partial(_domain, "document_types")}
    yield ("domain", "tagCategories"), {"GET": partial(_domain, "tag_categories")}
    yield ("domain", "workflowStatuses"), {"GET": partial(_domain, "workflow_statuses")}
    yield ("domain", "workflowTypes"), {"GET": partial(_domain, "workflow_types")}


_ROUTES: dict[tuple[str, ...], Methods] = dict(_all_routes())
