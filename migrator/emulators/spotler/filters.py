"""The parameters `q` and `order`: which records a list has, and in which order.

Texts are compared without case (inferred, from the databases that such services run on), so a client that needs more
has to compare again. A field that is not set equals null only, and is neither before nor after anything.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from migrator.emulators.exact import parse_json
from migrator.emulators.refusal import Refusal
from migrator.emulators.spotler.models import Model, Type
from migrator.emulators.spotler.refusals import BAD_REQUEST, refused
from migrator.emulators.spotler.tables import Row

Test = Callable[[Row], bool]
Reading = Callable[[Any], Any]

_PAIR = 2
_LIST_OPERATORS = {"$in", "$nin", "$bt"}
_TEXT_OPERATORS = {"$sw", "$ew", "$con"}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$not": lambda held, given: bool(held != given),
    "$in": lambda held, given: held in given,
    "$nin": lambda held, given: held not in given,
    "$gt": lambda held, given: held is not None and given is not None and held > given,
    "$gte": lambda held, given: held is not None and given is not None and held >= given,
    "$lt": lambda held, given: held is not None and given is not None and held < given,
    "$lte": lambda held, given: held is not None and given is not None and held <= given,
    "$bt": lambda held, given: held is not None and None not in given and given[0] <= held <= given[1],
    "$sw": lambda held, given: (held or "").startswith(given or ""),
    "$ew": lambda held, given: (held or "").endswith(given or ""),
    "$con": lambda held, given: (given or "") in (held or ""),
}


def filtered(model: Model, rows: list[Row], text: str | None) -> list[Row]:
    """Keep the records that a query is true of. Raises Refusal for a query that is none."""
    if text is None:
        return rows
    test = _all_of(model, _object(text, "q"))
    return [row for row in rows if test(row)]


def ordered(model: Model, rows: list[Row], text: str | None) -> list[Row]:
    """Sort by the fields in `order`, the first counting most; what is not set stands first. Raises Refusal."""
    wanted = {} if text is None else _object(text, "order")
    for name, direction in reversed(wanted.items()):
        reading, way = _reading(model, name), str(direction).lower()
        if way not in {"asc", "desc"}:
            raise _bad(f"the direction of '{name}' is neither asc nor desc")
        rows = sorted(rows, key=partial(_sort_key, reading, name), reverse=way == "desc")
    return rows


def _sort_key(reading: Reading, name: str, row: Row) -> tuple[bool, Any]:
    value = reading(row.get(name))
    return (value is not None, 0 if value is None else value)


def _object(text: str, parameter: str) -> dict[str, Any]:
    try:
        value = parse_json(text.encode())
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _bad(f"the parameter {parameter} is no JSON object")
    return value


def _bad(fact: str) -> Refusal:
    return refused(400, f"{BAD_REQUEST}: {fact}")


def _all_of(model: Model, query: dict[str, Any]) -> Test:
    """Combine the conditions of one object: a record has to meet all of them."""
    tests = [test for name, wanted in query.items() for test in _tests(model, name, wanted)]
    return lambda row: all(test(row) for test in tests)


def _tests(model: Model, name: str, wanted: Any) -> Iterator[Test]:
    if name == "$or":
        if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
            raise _bad("$or takes a list of objects")
        alternatives = [_all_of(model, one) for one in wanted]
        yield lambda row: any(test(row) for test in alternatives)
    elif isinstance(wanted, dict):
        yield from (_condition(model, name, operator, given) for operator, given in wanted.items())
    else:
        reading = _reading(model, name)
        expected = reading(wanted)
        yield lambda row: bool(reading(row.get(name)) == expected)


def _condition(model: Model, name: str, operator: str, given: Any) -> Test:
    reading = _text if operator in _TEXT_OPERATORS else _reading(model, name)
    _reading(model, name)
    if operator not in _OPERATORS:
        raise _bad(f"there is no operator '{operator}'")
    compare, expected = _OPERATORS[operator], _operand(operator, given, reading)
    return lambda row: compare(reading(row.get(name)), expected)


def _operand(operator: str, given: Any, reading: Reading) -> Any:
    if operator not in _LIST_OPERATORS:
        return reading(given)
    if not isinstance(given, list) or (operator == "$bt" and len(given) != _PAIR):
        raise _bad(f"{operator} takes a list of {'two ' if operator == '$bt' else ''}values")
    return [reading(one) for one in given]


def _reading(model: Model, name: str) -> Reading:
    """Say how values of a field are compared. Raises Refusal for a field that the data dictionary lacks."""
    kind = model.all_types.get(name)
    if kind is None:
        raise _bad(f"there is no field '{name}' in {model.name}")
    return _number if kind is Type.NUMBER else _text


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal("NaN" if value is None else str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value).casefold()
