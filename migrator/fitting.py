"""A quick yes to whether data fits a JSON Schema, for the many files that nothing is wrong with.

It knows the words that the schemas in schemas/ use and nothing more. Where it meets another one, or a value that it is
not made for, it is not sure, and says no: who asks then looks closely, with the library, which also finds the words
for what is wrong.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import reduce
from operator import getitem
from typing import Any

Schema = Any  # a mapping of words to rules, or true or false
Rule = Callable[[Any, Any, Mapping[str, Any], Mapping[str, Any]], bool]


class _UnsureError(Exception):
    """This value or this word is for the library."""


def surely_fits(data: Any, schema: Mapping[str, Any]) -> bool:
    """Tell whether data fits a schema; False also where that is not certain."""
    try:
        return _fits(data, schema, schema)
    except (_UnsureError, RecursionError):
        return False


def _fits(value: Any, schema: Schema, root: Mapping[str, Any]) -> bool:
    if isinstance(schema, bool):
        return schema
    for word, rule in schema.items():
        if word in _SILENT:
            continue
        judge = _WORDS.get(word)
        if judge is None:
            raise _UnsureError
        if not judge(value, rule, schema, root):
            return False
    return True


def is_type(value: Any, kind: str) -> bool:
    """Tell whether a value is of a kind that schemas name."""
    if isinstance(value, float):
        raise _UnsureError
    if isinstance(value, bool):
        return kind == "boolean"
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int)
        case "number":
            return isinstance(value, int | Decimal)
        case "null":
            return value is None
    return False


def _type(value: Any, rule: Any, _schema: object, _root: object) -> bool:
    return any(is_type(value, kind) for kind in ([rule] if isinstance(rule, str) else rule))


def _enum(value: Any, rule: Any, _schema: object, _root: object) -> bool:
    if any(isinstance(one, dict | list | float) for one in rule) or isinstance(value, float | Decimal):
        raise _UnsureError  # when two of these are one value is a long story
    return any(type(one) is type(value) and one == value for one in rule)


def _const(value: Any, rule: Any, schema: object, root: object) -> bool:
    return _enum(value, [rule], schema, root)


def _ref(value: Any, rule: str, _schema: object, root: Mapping[str, Any]) -> bool:
    start, *path = rule.split("/")
    if start != "#" or "~" in rule:
        raise _UnsureError
    return _fits(value, reduce(getitem, path, root), root)


def _required(value: Any, rule: Any, _schema: object, _root: object) -> bool:
    return not isinstance(value, dict) or all(name in value for name in rule)


def _properties(value: Any, rule: Any, _schema: object, root: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or all(_fits(value[name], rule[name], root) for name in rule if name in value)


def _additional(value: Any, rule: Schema, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    if "patternProperties" in schema:
        raise _UnsureError
    known = schema.get("properties", {})
    return all(_fits(part, rule, root) for name, part in value.items() if name not in known)


def _names(value: Any, rule: Schema, _schema: object, root: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or all(_fits(name, rule, root) for name in value)


def _items(value: Any, rule: Schema, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    if "prefixItems" in schema:
        raise _UnsureError
    return not isinstance(value, list) or all(_fits(item, rule, root) for item in value)


def _one_of(value: Any, rule: Any, _schema: object, root: Mapping[str, Any]) -> bool:
    return sum(_fits(value, branch, root) for branch in rule) == 1


def _any_of(value: Any, rule: Any, _schema: object, root: Mapping[str, Any]) -> bool:
    return any(_fits(value, branch, root) for branch in rule)


def _needed(value: Any, rule: Any, _schema: object, _root: object) -> bool:
    return not isinstance(value, dict) or all(name in value for key in rule if key in value for name in rule[key])


def _dependent(value: Any, rule: Any, _schema: object, root: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or all(_fits(value, rule[key], root) for key in rule if key in value)


def _pattern(value: Any, rule: str, _schema: object, _root: object) -> bool:
    return not isinstance(value, str) or re.search(rule, value) is not None


def _amount(kinds: type | tuple[type, ...], measure: Callable[[Any], Any], holds: Callable[[Any, Any], bool]) -> Rule:
    """Make the rule about a size or a number: what is of another kind always keeps it."""

    def judge(value: Any, rule: Any, _schema: object, _root: object) -> bool:
        if isinstance(value, float):
            raise _UnsureError
        return not isinstance(value, kinds) or isinstance(value, bool) or holds(measure(value), rule)

    return judge


_NUMBERS = (int, Decimal)
_SILENT = frozenset({"$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "format"})
_WORDS: Mapping[str, Rule] = {
    "$ref": _ref,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "items": _items,
    "oneOf": _one_of,
    "anyOf": _any_of,
    "dependentRequired": _needed,
    "dependentSchemas": _dependent,
    "pattern": _pattern,
    "minLength": _amount(str, len, lambda size, least: size >= least),
    "maxLength": _amount(str, len, lambda size, most: size <= most),
    "minItems": _amount(list, len, lambda size, least: size >= least),
    "maxItems": _amount(list, len, lambda size, most: size <= most),
    "minProperties": _amount(dict, len, lambda size, least: size >= least),
    "maxProperties": _amount(dict, len, lambda size, most: size <= most),
    "minimum": _amount(_NUMBERS, lambda value: value, lambda number, least: number >= least),
    "maximum": _amount(_NUMBERS, lambda value: value, lambda number, most: number <= most),
    "exclusiveMinimum": _amount(_NUMBERS, lambda value: value, lambda number, least: number > least),
    "exclusiveMaximum": _amount(_NUMBERS, lambda value: value, lambda number, most: number < most),
}
