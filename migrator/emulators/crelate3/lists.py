"""The lists: a page of the records that the filters leave, in the order of their creation or as asked (inferred).

The names of the filters are those that clients send (client); how each compares is (inferred): texts without case,
several values between commas. A parameter of any other name is ignored without a word (inferred), so that a misspelt
filter lists everything.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from migrator.emulators.crelate3.envelopes import Page, Refused
from migrator.emulators.crelate3.models import CONTACTS
from migrator.emulators.crelate3.options import Crelate3Options
from migrator.emulators.crelate3.tables import Row
from migrator.emulators.messages import Request

_NUMBER = re.compile(r"[0-9]{1,9}")
_SORT = re.compile(r"([a-z]+)( asc| desc)?", re.IGNORECASE)
_SORTED_BY = {"createdon": "CreatedOn", "modifiedon": "ModifiedOn", "name": "Name"}

Test = Callable[[Row], bool]


def filtered(name: str, rows: list[Row], request: Request) -> list[Row]:
    """Keep the records that all filters of a request are true of, and put them in its order. Raises Refused."""
    tests = list(_tests(name, request))
    found = [row for row in rows if all(test(row) for test in tests)]
    return _ordered(found, request.parameter("sort_by"))


def cut(rows: list[Row], request: Request, options: Crelate3Options) -> Page:
    """Cut the page that `limit` and `offset` ask for; the offset counts rows from 0 (client). Raises Refused."""
    limit = min(_number(request, "limit", options.default_limit), options.max_limit)
    offset = _number(request, "offset", 0)
    page = rows[offset : offset + limit]
    return Page(rows=page, total=len(rows), has_more=offset + len(page) < len(rows))


def _number(request: Request, name: str, default: int) -> int:
    text = request.parameter(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or (name == "limit" and not int(text)):
        raise Refused(400, f"{name}: expected a whole number{' above 0' if name == 'limit' else ''}")
    return int(text)


def _tests(name: str, request: Request) -> Iterator[Test]:
    if since := request.parameter("modified_after"):
        moment = _asked_moment(since)
        yield lambda row: _moment(row["ModifiedOn"]) > moment
    readers = {**_EVERYWHERE, **(_OF_CONTACTS if name == CONTACTS else {})}
    for parameter, reader in readers.items():
        wanted = _several(request.parameter(parameter))
        if wanted:
            yield _any_of(reader, wanted)
    if words := (request.parameter("search") or "").casefold():
        yield lambda row: any(words in text for text in _searched(row))


def _asked_moment(text: str) -> datetime:
    try:
        return _moment(text.replace(" ", "+"))  # a plus in a query that was not encoded is a blank
    except ValueError:
        raise Refused(400, "modified_after: expected a date such as 2017-01-01T15:00:00Z") from None


def _moment(text: str) -> datetime:
    """Read a moment; without a zone it is taken to be UTC (inferred)."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _several(text: str | None) -> set[str]:
    return {part.strip().casefold() for part in (text or "").split(",") if part.strip()}


def _any_of(reader: Callable[[Row], Iterator[str]], wanted: set[str]) -> Test:
    return lambda row: any(text.casefold() in wanted for text in reader(row))


def _texts_of(name: str) -> Callable[[Row], Iterator[str]]:
    def read(row: Row) -> Iterator[str]:
        if isinstance(row.get(name), str):
            yield row[name]

    return read


def _emails(row: Row) -> Iterator[str]:
    yield from (value["Value"] for name, value in row.items() if name.startswith("EmailAddresses_"))


def _creator(row: Row) -> Iterator[str]:
    yield row["CreatedById"]["Id"]


def _owners(row: Row) -> Iterator[str]:
    yield from (owner["Id"] for owner in row["Owners"])


def _primary_owner(row: Row) -> Iterator[str]:
    yield from (owner["Id"] for owner in row["Owners"] if owner["IsPrimary"])


def _tag_names(row: Row) -> Iterator[str]:
    yield from (tag["Title"] for tags in row.get("Tags", {}).values() for tag in tags)


_EVERYWHERE: dict[str, Callable[[Row], Iterator[str]]] = {
    "created_by": _creator,
    "owner": _owners,
    "primary_owner": _primary_owner,
    "tag_names": _tag_names,
}
_OF_CONTACTS: dict[str, Callable[[Row], Iterator[str]]] = {
    "first_name": _texts_of("FirstName"),
    "last_name": _texts_of("LastName"),
    "emails": _emails,
}


def _searched(row: Row) -> Iterator[str]:
    """Give what a search looks into: the name and the e-mail addresses."""
    yield str(row.get("Name") or "").casefold()
    yield from (address.casefold() for address in _emails(row))


def _ordered(rows: list[Row], text: str | None) -> list[Row]:
    if not text:
        return rows
    found = _SORT.fullmatch(text)
    name = _SORTED_BY.get(found[1].lower()) if found else None
    if found is None or name is None:
        raise Refused(400, f"sort_by: cannot sort by '{text}'")
    return sorted(rows, key=lambda row: _sort_key(name, row), reverse=(found[2] or "").strip().lower() == "desc")


def _sort_key(name: str, row: Row) -> Any:
    return str(row.get(name) or "").casefold() if name == "Name" else _moment(row[name])
