"""A record as it is read: flat, every value a text, dates in the form that was asked for."""

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from migrator.emulators.opencrm.modules import OWNER, Module
from migrator.emulators.opencrm.php_dates import php_date
from migrator.emulators.opencrm.tables import USERS, Row

Show = Callable[[Row], Row]

_DATE, _DATE_TIME = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"
_DEFAULT_DATE, _DEFAULT_DATE_TIME = "d-m-Y", "Y-m-d H:i:s"  # 04-08-2015 and 2015-08-04 15:04:01 (vendor)
_ASSIGNED = "assigned_to"  # the name that the vendor's example has for the owner (vendor)
_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?")


def showing(module: Module, parameters: Mapping[str, str], *, is_escaped: bool) -> Show:
    """Give what shows the records of a module as a request asked for it."""
    dates = _pattern(parameters, "dateOverride", _DEFAULT_DATE)
    times = _pattern(parameters, "dateTimeOverride", _DEFAULT_DATE_TIME)
    named = _named(parameters)

    def shown(row: Row) -> Row:
        record = {"record_id": row["crmid"], "record_module": module.title, **module.blank, **row}
        for name in (*module.dates, "createdtime", "modifiedtime"):
            record[name] = _date(record.get(name, ""), dates, times)
        record |= {name: USERS.get(record[name], record[name]) for name in named if name in record}
        return {name: html.escape(value) for name, value in record.items()} if is_escaped else record

    return shown


def _pattern(parameters: Mapping[str, str], name: str, default: str) -> str:
    """Read a format in which "_ underscores" are spaces and stars are slashes (vendor)."""
    return parameters.get(name, "").replace("_", " ").replace("*", "/") or default


def _named(parameters: Mapping[str, str]) -> list[str]:
    """List the fields whose user ids become names: "insert a comma to affect multiple fields" (vendor)."""
    names = [name.strip() for name in parameters.get("change_assignedidtouser", "").split(",")]
    return [OWNER if name.casefold() == _ASSIGNED else name for name in names if name]


def _date(text: str, dates: str, times: str) -> str:
    """Write a date or a moment in another form; what is neither stays as sent, since nothing is checked (vendor)."""
    found = _SHAPE.fullmatch(text)
    if not found:
        return text
    try:
        moment = datetime.strptime(text, _DATE_TIME if found[1] else _DATE)  # noqa: DTZ007 - UTC
    except ValueError:
        return text
    return php_date(moment, times if found[1] else dates)
