"""The lists: by e-mail address, by time of change, and below a record."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from migrator.emulators.crelate.models import CONTACTS, NOTE, NOTES, Model
from migrator.emulators.crelate.refusals import refused
from migrator.emulators.crelate.tables import Row, Tables
from migrator.emulators.messages import Answer, Request, json_answer

TAKE, MAX_TAKE = 50, 500

# how the texts in RecordType are spelt is not known; these are taken, in any case of letters, and others have no bit
_BITS = {"candidate": 1, "sales client contact": 2, "client contact": 2, "lead contact": 4, "lead": 4}
_EVERY_TYPE, _NO_TYPE = "0", "null"
_TYPES = frozenset({_NO_TYPE, *map(str, range(8))})


def recent(tables: Tables, model: Model, request: Request) -> Answer:
    """List what was "updated within a certain time frame" (client), the last changed first.

    `modified` is the required number of minutes, by this server's clock; deleted records are not in the list.
    """
    minutes = request.parameter("modified") or ""
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]+)?", minutes):
        raise refused(400, "The parameter 'modified' is required: a number of minutes.")
    try:
        since = tables.clock.now() - timedelta(minutes=float(minutes))
    except OverflowError:
        since = datetime.min.replace(tzinfo=UTC)
    rows = tables.tables[model.name].recent(since)
    return _page(model, _of_type(rows, request) if model.name == CONTACTS else rows, request)


def by_email(tables: Tables, model: Model, request: Request) -> Answer:
    """List the contacts with an e-mail address, "the only filter" (client); the address is compared without case."""
    address = request.parameter("email")
    if not address:
        raise refused(400, "The parameter 'email' is required.")
    return _page(model, tables.tables[model.name].by_email(address), request)


def notes_of(tables: Tables, parent_id: str, request: Request) -> Answer:
    """List the notes of a record, the newest first."""
    return _page(NOTE, tables.children(parent_id, NOTES), request)


def shown(model: Model, row: Row) -> Row:
    """Give a record with all fields of its model; what is not set is null."""
    return {**model.blank, **row}


def _page(model: Model, rows: Iterator[Row], request: Request) -> Answer:
    """Cut a page out of a list: `take` "limit 500, default 50", `skip` "default 0" (client)."""
    take = min(_number(request, "take", TAKE), MAX_TAKE)
    skip = _number(request, "skip", 0)
    found = list(islice(rows, skip, skip + take + 1))
    results = [shown(model, row) for row in found[:take]]
    return json_answer(200, {"MoreRecords": len(found) > take, "Results": results})


def _number(request: Request, name: str, default: int) -> int:
    text = request.parameter(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise refused(400, f"The parameter '{name}' is no number.")
    return int(text)


def _of_type(rows: Iterator[Row], request: Request) -> Iterator[Row]:
    """Keep contacts of all the record types in `type`: 1 candidate, 2 sales client contact, 4 lead contact.

    "0 = All contacts regardless of record type, null = contacts without a record type [...] type 7 will select only
    contacts who are all three types" (client).
    """
    wanted = request.parameter("type") or _EVERY_TYPE
    if wanted not in _TYPES:
        raise refused(400, "The parameter 'type' is one of null, 0, 1, 2, 3, 4, 5, 6, 7.")
    if wanted == _EVERY_TYPE:
        return rows
    if wanted == _NO_TYPE:
        return (row for row in rows if not row.get("RecordType"))
    return (row for row in rows if _bits(row) & int(wanted) == int(wanted))


def _bits(row: Row) -> int:
    bits = 0
    for name in row.get("RecordType", ()):
        bits |= _BITS.get(name.casefold(), 0)
    return bits
