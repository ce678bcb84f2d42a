"""The lists: one condition, key words, and a part of the rows."""

import re
from collections.abc import Callable, Iterator, Mapping

from migrator.emulators.opencrm.modules import Module
from migrator.emulators.opencrm.options import LimitEnd, OpenCrmOptions
from migrator.emulators.opencrm.parameters import as_number
from migrator.emulators.opencrm.refusals import refused
from migrator.emulators.opencrm.tables import Row

DEFAULT_ROWS = 50  # without `limit_end`; how many the vendor gives is not known (inferred)

_SYSTEM = frozenset({"crmid", "createdtime", "modifiedtime"})

Test = Callable[[str, str], bool]

_OPERATORS: dict[str, Test] = {
    "=": lambda value, wanted: value == wanted,
    "LIKE": lambda value, wanted: _like(wanted).fullmatch(value) is not None,
    "BEGINS": lambda value, wanted: value.startswith(wanted),
    "ENDS": lambda value, wanted: value.endswith(wanted),
    "CONTAINS": lambda value, wanted: wanted in value,
}


def _like(pattern: str) -> re.Pattern[str]:
    """Read a pattern of SQL: % is any text, _ any character."""
    parts = (".*" if one == "%" else "." if one == "_" else re.escape(one) for one in pattern)
    return re.compile("".join(parts), re.DOTALL)


def chosen(module: Module, rows: list[Row], parameters: Mapping[str, str], options: OpenCrmOptions) -> Iterator[Row]:
    """Give the rows that a request is about; letters are compared without case, as the database does (inferred)."""
    found = iter(rows)
    if query := parameters.get("query_string", ""):
        condition = _condition(module, query, options.query_names)
        if condition is None and not options.ignores_wrong_queries:
            raise refused("Invalid query_string")
        found = (row for row in found if condition is None or condition(row))
    if words := parameters.get("keywords", "").casefold():
        found = (row for row in found if any(words in value.casefold() for value in row.values()))
    return found


def _condition(module: Module, query: str, names: Mapping[str, str]) -> Callable[[Row], bool] | None:
    """Read `FIELD|OP|VALUE`, None where it is wrong; a second condition is taken for part of the value (client).

    The name in a query "may differ from the field name you set" (vendor), and then only that one is known.
    """
    given, _, rest = query.partition("|")
    operator, bar, wanted = rest.partition("|")
    name = names.get(given, given)
    is_known = given not in names.values() and (name in _SYSTEM or module.has(name))
    test = _OPERATORS.get(operator.upper())
    if not bar or not is_known or test is None:
        return None
    expected = wanted.casefold()
    return lambda row: test(row.get(name, "").casefold(), expected)


def part(rows: list[Row], parameters: Mapping[str, str], limit_end: LimitEnd) -> list[Row]:
    """Cut the rows that `limit_start` and `limit_end` ask for; the first row is 0 (client)."""
    start = max(as_number(parameters.get("limit_start", "")), 0)
    limit = max(as_number(parameters.get("limit_end", "")), 0)
    if not limit:
        return rows[start : start + DEFAULT_ROWS]
    return rows[start:limit] if limit_end is LimitEnd.INDEX else rows[start : start + limit]
