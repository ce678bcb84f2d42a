"""Data held against one of the JSON Schemas in schemas/, every problem explained with its place.

jsonschema is imported here and nowhere else, and only for a file that a quick look did not find whole. Its own messages
speak to people who wrote the schema; these speak to people who wrote the file.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from migrator.errors import Problem
from migrator.fitting import is_type, surely_fits
from migrator.located import Located, Pointer
from migrator.resources import bundled
from migrator.spelling import did_you_mean, nearest

if TYPE_CHECKING:
    from jsonschema import TypeChecker, ValidationError
    from jsonschema.protocols import Validator

_TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def schema_names() -> list[str]:
    """List the schemas that travel with the program."""
    return sorted(path.name.removesuffix(".schema.json") for path in bundled("schemas").glob("*.schema.json"))


def schema_problems(document: Located, schema: str) -> list[Problem]:
    """Hold a document against the schema of that name: all problems, in the order of the text."""
    if surely_fits(document.data, _read(schema)):
        return []
    errors = [leaf for error in _validator(schema).iter_errors(document.data) for leaf in _leaves(error)]
    unknown = {(_pointer(error), name) for error in errors for name in _unknown_keys(error)}
    meant = {(pointer, nearest(name, _known_keys(errors, pointer))) for pointer, name in unknown}
    touched = {pointer for pointer, _name in unknown}
    touched |= {_pointer(error) for error in errors if error.validator == "type"}
    found: dict[str, Problem] = {}
    for error in errors:
        if error.validator in {"oneOf", "dependentRequired"} and _pointer(error) in touched:
            continue  # the unknown key, or the wrong type, is the cause; this is its echo
        for problem in _explain(document, error):
            if (_pointer(error), problem.field) not in meant or problem.code != "E014":
                found.setdefault(str(problem), problem)
    return sorted(found.values(), key=lambda problem: _line(problem.place))


def dotted(pointer: Pointer) -> str:
    """Write a pointer as people do: `objects.contacts.match[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in pointer).lstrip(".")


@cache
def _read(schema: str) -> dict[str, Any]:
    text = (bundled("schemas") / f"{schema}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def _validator(schema: str) -> "Validator":
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - for a file with something wrong

    number = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number)
    strict: type[Validator] = validators.extend(Draft202012Validator, type_checker=number)  # type: ignore[no-untyped-call]
    return strict(_read(schema))


def _is_number(_checker: "TypeChecker", value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _leaves(error: "ValidationError") -> "Iterator[ValidationError]":
    """Follow oneOf and anyOf into the branch that the author most likely meant."""
    if not error.context or all(child.validator == "required" for child in error.context):
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for child in error.context:
        branches.setdefault(child.schema_path[0], []).append(child)
    for child in min(branches.values(), key=lambda branch: _cost(error, branch)):
        yield from _leaves(child)


def _cost(error: "ValidationError", branch: "list[ValidationError]") -> tuple[bool, int, int, int]:
    root = [child for child in branch if not child.relative_path]
    wrong_type = any(child.validator == "type" for child in root)
    if isinstance(error.instance, str) and any(child.validator == "enum" for child in root):
        wrong_type = False
    missing = sum(child.validator in {"required", "const"} for child in root)
    return wrong_type, missing, len(branch), -max(len(child.relative_path) for child in branch)


def _pointer(error: "ValidationError") -> Pointer:
    return tuple(error.absolute_path)


def _unknown_keys(error: "ValidationError") -> list[str]:
    if error.validator != "additionalProperties" or error.validator_value is not False:
        return []
    instance: Any = error.instance
    return [name for name in instance if name not in _properties(error)]


def _properties(error: "ValidationError") -> list[str]:
    return list(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []


def _known_keys(errors: "list[ValidationError]", pointer: Pointer) -> list[str]:
    return [name for error in errors if _pointer(error) == pointer for name in _properties(error)]


def _explain(document: Located, error: "ValidationError") -> Iterator[Problem]:
    """Say one schema error in the words of the file's author; `field` names the key that is missing or unknown."""
    pointer = _pointer(error)
    where = f" in {dotted(pointer)}" if pointer else ""
    if unknown := _unknown_keys(error):
        known = _properties(error)
        for name in unknown:
            hint = did_you_mean(name, known) or f"allowed: {', '.join(known)}"
            place = document.place((*pointer, name), key=True)
            yield Problem(code="E012", place=place, fact=f"unknown key '{name}'{where}", hint=hint, field=name)
        return
    place = document.place(pointer)
    rule: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "required":
        for name in rule:
            if name not in instance:
                yield Problem(code="E014", place=place, fact=f"'{name}' is missing{where}", field=name)
        return
    if error.validator == "pattern" and "propertyNames" in error.absolute_schema_path:
        place = document.place((*pointer, str(instance)), key=True)
    fact, hint = _say(error)
    code = "E012" if error.validator == "enum" else "E013"
    yield Problem(code=code, place=place, fact=f"{fact}{where}", hint=hint)


def _say(error: "ValidationError") -> tuple[str, str]:
    """Give fact and hint of an error about one value."""
    value: Any = error.instance
    rule: Any = error.validator_value
    match error.validator:
        case "enum":
            return f"'{value}' is not one of {', '.join(map(str, rule))}", did_you_mean(str(value), map(str, rule))
        case "const":
            return f"'{value}' is not {rule}", ""
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            return _wrong_type(value, kinds)
        case "oneOf":
            keys = [name for branch in rule for name in branch.get("required", [])]
            return f"exactly one of {', '.join(keys)} is needed", ""
        case "dependentRequired":
            trigger, needed = next((key, need) for key, need in rule.items() if key in value and set(need) - set(value))
            return f"'{trigger}' goes with '{needed[0]}'", f"add '{needed[0]}' or take '{trigger}' out"
        case "pattern" | "propertyNames":
            hint = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
            return f"'{value}' is not written as this needs", hint or f"pattern {rule}"
        case "anyOf":
            keys = [name for branch in rule for name in branch.get("required", [])]
            return f"this needs {' or '.join(keys)} beside it", "take it out, or add what it goes with"
    return _say_amount(str(error.validator), value, rule)


def _say_amount(validator: str, value: Any, rule: Any) -> tuple[str, str]:
    """Say what is wrong with a size or a number."""
    if validator.startswith("min") and hasattr(value, "__len__"):
        return ("this is empty", "fill it or take it out") if not value else (f"expected {rule}, got {len(value)}", "")
    if validator.startswith("max") and hasattr(value, "__len__"):
        return (
            f"expected at most {rule}, got {len(value)}",
            "write one step for each" if validator == "maxProperties" else "",
        )
    words = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
    }
    return f"expected {words.get(validator, validator)} {rule}, got {value}", ""


def _wrong_type(value: object, kinds: list[str]) -> tuple[str, str]:
    expected = " or ".join(_TYPE_WORDS[kind] for kind in kinds)
    got = next(word for kind, word in _TYPE_WORDS.items() if is_type(value, kind))
    is_plain = "string" in kinds and not isinstance(value, dict | list | None.__class__)
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"expected {expected}, got {got}", f"quote it: '{written}'" if is_plain else ""


def _line(place: str) -> tuple[int, int]:
    line, column = place.rsplit(":", 2)[1:]
    return int(line), int(column)
