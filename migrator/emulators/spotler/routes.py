"""The routes: which method of which path does what."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from migrator.emulators.exact import parse_json
from migrator.emulators.messages import Answer, Request, json_answer
from migrator.emulators.spotler import dictionary
from migrator.emulators.spotler.envelopes import enveloped, listed, nothing, shown, with_lines
from migrator.emulators.spotler.filters import filtered, ordered
from migrator.emulators.spotler.models import OPPORTUNITIES, Model
from migrator.emulators.spotler.options import Absent, SpotlerOptions
from migrator.emulators.spotler.refusals import BAD_REQUEST, FORBIDDEN, NOT_ALLOWED, NOT_FOUND, refused
from migrator.emulators.spotler.saving import Rules, change, check, create
from migrator.emulators.spotler.tables import Row, Tables

LIMIT, MAX_LIMIT = 10, 100

_ID = re.compile(r"[0-9]{1,18}")
_LINK_OF = {"accounts": "accountid", "contacts": "contactid", "cases": "caseid", "opportunities": "opportunityid"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request on its way, and what it is done with."""

    tables: Tables
    options: SpotlerOptions
    create_status: int
    request: Request

    @property
    def rules(self) -> Rules:
        """Give what the options say about saving."""
        return Rules(
            replaces_owner=self.options.replaces_owner, refuses_unknown_choices=self.options.refuses_unknown_choices
        )


def route(call: Call) -> Answer:
    """Do what the path and the method say. Raises Refusal."""
    match [unquote(part) for part in call.request.path.strip("/").split("/")]:
        case ["datadictionary", name]:
            return _dictionary(call, name)
        case ["lookup", list_name]:
            return _append(call, list_name)
        case ["lookup", name, *field_name]:
            return _lookup(call, name, "/".join(field_name))
        case [name] if name not in {"", "datadictionary", "lookup"}:
            return _whole_object(call, _model(call, name))
        case [name, record_id]:
            return _one_record(call, _model(call, name), record_id)
        case [name, record_id, child]:
            return _below(call, name, record_id, child)
    raise refused(404, NOT_FOUND)


def _dictionary(call: Call, name: str) -> Answer:
    _take_only(call, "GET")
    return dictionary.fields_of(_model(call, name), call.options.dictionary_shape)


def _append(call: Call, list_name: str) -> Answer:
    _take_only(call, "PATCH")
    return dictionary.append(call.tables.lists, list_name, _body(call))


def _lookup(call: Call, name: str, field_name: str) -> Answer:
    _take_only(call, "GET")
    return dictionary.values_of(call.tables.lists, _model(call, name), field_name, call.options.lookup_shape)


def _take_only(call: Call, *methods: str) -> None:
    """Refuse every other method."""
    if call.request.method not in methods:
        raise refused(405, NOT_ALLOWED)


def _model(call: Call, name: str) -> Model:
    """Find a record type: 500 for an unknown one, as in the vendor's sample of an error."""
    model = call.tables.models.get(name)
    if model is None:
        raise refused(500, f"Invalid record type ({name})")
    if name in call.options.outside_plan:
        status = call.options.outside_plan_status
        raise refused(status, NOT_FOUND if status == 404 else FORBIDDEN)  # noqa: PLR2004 - the status
    return model


def _body(call: Call) -> Any:
    if "json" not in call.request.headers.get("content-type", "").lower():
        raise refused(400, f"{BAD_REQUEST}: send application/json")
    try:
        return parse_json(call.request.body)
    except ValueError:
        raise refused(400, f"{BAD_REQUEST}: the body is no JSON in UTF-8") from None


def _whole_object(call: Call, model: Model) -> Answer:
    """List or create; PATCH and DELETE fail: "Without the ID, the request will fail" (vendor)."""
    if call.request.method == "GET":
        return _page(call, model, call.tables.rows(model.name), "/")
    _take_only(call, "POST")
    fields = check(call.tables, model, _body(call), call.rules)
    done = create(call.tables, model, fields, call.rules)
    row = call.tables.find(model.name, int(done.id)) or {}
    return json_answer(call.create_status, enveloped(model, shown(model, row)), [done])


def _one_record(call: Call, model: Model, record_id: str) -> Answer:
    _take_only(call, "GET", "PATCH", "DELETE")
    row = _find(call, model, record_id)
    if row is None:
        return _absent(call, model, record_id)
    if call.request.method == "DELETE":
        return json_answer(200, {}, [call.tables.remove(model.name, row["id"])])
    if call.request.method == "GET":
        return json_answer(200, enveloped(model, _record(call, model, row)))
    done = change(call.tables, model, check(call.tables, model, _body(call), call.rules, row), row)
    return json_answer(200, enveloped(model, shown(model, call.tables.find(model.name, row["id"]) or {})), [done])


def _find(call: Call, model: Model, record_id: str) -> Row | None:
    return call.tables.find(model.name, int(record_id)) if _ID.fullmatch(record_id) else None


def _absent(call: Call, model: Model, record_id: str) -> Answer:
    """Say that a record is not there: a GET "will return the record [...] or nothing" (vendor)."""
    absent = call.options.absent
    if call.request.method != "GET" or absent is Absent.NOT_FOUND or not _ID.fullmatch(record_id):
        raise refused(404, NOT_FOUND)
    return Answer(status=200) if absent is Absent.EMPTY_BODY else json_answer(200, nothing(model, int(record_id)))


def _record(call: Call, model: Model, row: Row) -> Row:
    has_lines = model.name == OPPORTUNITIES and call.request.parameter("lines") == "true"
    return with_lines(call.tables, shown(model, row)) if has_lines else shown(model, row)


def _below(call: Call, name: str, record_id: str, child: str) -> Answer:
    """List the records of one object that refer to a record, as in `/accounts/{id}/contacts` (client)."""
    parent, model, link = _model(call, name), _model(call, child), _LINK_OF.get(name, "")
    _take_only(call, "GET")
    row = _find(call, parent, record_id)
    if row is None or link not in model.types:
        raise refused(404, NOT_FOUND)
    rows = [one for one in call.tables.rows(child) if one.get(link) == row["id"]]
    return _page(call, model, rows, f"/{name}/{row['id']}")


def _page(call: Call, model: Model, rows: list[Row], parent: str) -> Answer:
    """Cut a page out of a list; "if the page cannot be found, no records will be returned" (vendor)."""
    found = filtered(model, rows, call.request.parameter("q"))
    found = ordered(model, found, call.request.parameter("order"))
    limit = min(_limit(call.request), MAX_LIMIT)
    start = limit * _pages_before(call.request, call.options.page_base)
    records = [_record(call, model, row) for row in found[start : start + limit]]
    has_more = start + limit < len(found)
    return json_answer(200, listed(model, records, parent, total=len(found), has_more=has_more))


def _limit(request: Request) -> int:
    """Read the limit; above 100 it is 100 (inferred): "All GET requests are limited to 100 records" (vendor)."""
    text = request.parameter("limit")
    if text is None:
        return LIMIT
    if not re.fullmatch(r"[0-9]{1,9}", text) or not int(text):
        raise refused(400, f"{BAD_REQUEST}: the limit is no number above 0")
    return int(text)


def _pages_before(request: Request, page_base: int) -> int:
    """Count the pages before the one asked for; a missing or senseless number is the first page (inferred)."""
    text = request.parameter("page") or ""
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else page_base
    return max(number - page_base, 0)
