"""The end points: one for each action on each module, asked by GET or by POST."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from migrator.emulators.messages import Answer, Request, json_answer
from migrator.emulators.opencrm.access import Access
from migrator.emulators.opencrm.lists import chosen, part
from migrator.emulators.opencrm.modules import MODULES, Module
from migrator.emulators.opencrm.options import EditReply, Missing, OpenCrmOptions
from migrator.emulators.opencrm.parameters import SPECIAL, as_number
from migrator.emulators.opencrm.records import showing
from migrator.emulators.opencrm.refusals import refused
from migrator.emulators.opencrm.tables import Row, Tables

LOGIN = "login"

_NOT_FOUND, _UNKNOWN = "Record not found", "Unknown end point"
_NAME = re.compile(rf"(get|edit)_({'|'.join(MODULES)})(|_list|_list_full|_list_count)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request that has found its module."""

    tables: Tables
    module: Module
    parameters: dict[str, str]
    options: OpenCrmOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """What a request meets: the records, the keys, and what the rehearsal varies."""

    tables: Tables
    access: Access
    options: OpenCrmOptions


def act(office: Office, request: Request, end_point: str, parameters: dict[str, str]) -> Answer:
    """Do what an end point says. Raises Refusal."""
    if request.method not in {"GET", "POST"}:
        raise refused("Method not allowed", 405)
    if end_point == LOGIN:
        return json_answer(200, office.access.login(request, parameters))  # a bare text (client)
    office.access.admit(request, parameters)
    found = _NAME.fullmatch(end_point)
    do = _ACTIONS.get((found[1], found[3])) if found else None
    if found is None or do is None:
        raise refused(_UNKNOWN, 404)
    return do(Call(tables=office.tables, module=MODULES[found[2]], parameters=parameters, options=office.options))


def _count(call: Call) -> Answer:
    """Count the rows of a list: a bare number, or a text of digits (client)."""
    number = len(_chosen(call))
    return json_answer(200, str(number) if call.options.counts_as_text else number)


def _list(call: Call) -> Answer:
    """List records: a bare array of flat objects, or a single object (client)."""
    shown = _showing(call)
    rows = [shown(row) for row in part(_chosen(call), call.parameters, call.options.limit_end)]
    return json_answer(200, rows[0] if len(rows) == 1 and call.options.single_as_object else rows)


def _chosen(call: Call) -> list[Row]:
    rows = call.tables.rows(call.module.name)
    return list(chosen(call.module, rows, call.parameters, call.options))


def _showing(call: Call) -> Callable[[Row], Row]:
    return showing(call.module, call.parameters, is_escaped=call.options.escapes_html)


def _get(call: Call) -> Answer:
    row = call.tables.find(call.module.name, as_number(call.parameters.get("crmid", "")))
    if row is not None:
        return json_answer(200, _showing(call)(row))
    if call.options.missing is Missing.EMPTY:
        return json_answer(200, [])
    raise refused(_NOT_FOUND, 404 if call.options.missing is Missing.NOT_FOUND else 200)


def _edit(call: Call) -> Answer:
    """Create or change a record, whatever its values are: nothing is required, checked, or compared (vendor).

    This is the trap for updates: without an id, with an empty one, with 0 (client) and with what is no number at all
    (inferred) a new record is created. Fields that the module does not have are ignored.
    """
    if call.module.is_sales and not call.options.edits_sales:
        raise refused(_UNKNOWN, 404)
    fields = {name: value for name, value in call.parameters.items() if name not in SPECIAL and call.module.has(name)}
    crmid = as_number(call.parameters.get("crmid", ""))
    if crmid == 0:
        change = call.tables.create(call.module.name, fields)
    elif call.tables.find(call.module.name, crmid) is None:
        raise refused(_NOT_FOUND)
    else:
        change = call.tables.change(call.module.name, crmid, fields)
    replies = {EditReply.NUMBER: int(change.id), EditReply.TEXT: change.id, EditReply.OBJECT: {"record_id": change.id}}
    return json_answer(200, replies[call.options.edit_reply], [change])


# what stands before and behind the name of the module; "basic" and "full" lists are the same here (inferred)
_ACTIONS: dict[tuple[str, str], Callable[[Call], Answer]] = {
    ("get", ""): _get,
    ("get", "_list"): _list,
    ("get", "_list_full"): _list,
    ("get", "_list_count"): _count,
    ("edit", ""): _edit,
}
