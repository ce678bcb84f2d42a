"""Holes and paths: `{dotted.path}` filled in with types, values found and set at a path, and the tiny predicates."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

_HOLE = re.compile(r"\{([a-z_]+)\}")


def substitute(template: Any, values: Mapping[str, Any]) -> Any:
    """Fill the holes of a tree of templates; text that is one hole and nothing else takes over the value's type.

    `{json: tree}` and `{base64: tree}` become the tree as JSON text, plain or in URL-safe Base64.
    """
    if isinstance(template, str):
        whole = _HOLE.fullmatch(template)
        if whole and whole[1] in values:
            return values[whole[1]]
        return _HOLE.sub(lambda found: str(values.get(found[1], found[0])), template)
    if isinstance(template, list):
        return [substitute(item, values) for item in template]
    if not isinstance(template, Mapping):
        return template
    if set(template) in ({"json"}, {"base64"}):
        how, tree = next(iter(template.items()))
        text = json.dumps(substitute(tree, values), ensure_ascii=False, separators=(",", ":"))
        return text if how == "json" else urlsafe_b64encode(text.encode()).decode()
    return {substitute(key, values): substitute(item, values) for key, item in template.items()}


def at_path(data: Any, path: str) -> Any:
    """Give what stands at a dotted path, digits being positions in a list; None where nothing does.

    `*` is the only value of an object, whatever its name.
    """
    for part in path.split(".") if path else ():
        if part == "*" and isinstance(data, Mapping):
            data = next(iter(data.values())) if len(data) == 1 else None
        elif data.__class__ is dict or isinstance(data, Mapping):  # asked in full takes longer than the look itself
            data = data.get(part)
        elif isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def with_path(path: str, value: Any) -> Any:
    """Put a value below a dotted path of names: `a.b` gives `{"a": {"b": value}}`."""
    for part in reversed(path.split(".") if path else ()):
        value = {part: value}
    return value


def set_path(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set a value at a dotted path, making the objects on the way; what stands beside it stays."""
    *way, last = path.split(".")
    for part in way:
        found = tree.get(part)
        tree[part] = dict(found) if isinstance(found, Mapping) else {}
        tree = tree[part]
    tree[last] = value


def drop_path(tree: dict[str, Any], path: str) -> None:
    """Take away what stands at a dotted path, if anything does."""
    *way, last = path.split(".")
    for part in way:
        if not isinstance(found := tree.get(part), Mapping):
            return
        tree[part] = dict(found)
        tree = tree[part]
    tree.pop(last, None)


def fits(predicate: Mapping[str, Any], data: Any) -> bool:
    """Tell whether data hold all that a predicate states: path → value, or `equals`, `in`, `matches`, `exists`."""
    return all(_holds(condition, at_path(data, path)) for path, condition in predicate.items())


def _holds(condition: Any, found: Any) -> bool:
    if not isinstance(condition, Mapping):
        return bool(found == condition)
    (how, wanted), *_ = condition.items()
    match how:
        case "exists":
            return (found is not None) is wanted
        case "in":
            return found in wanted
        case "matches":
            return isinstance(found, str) and re.search(wanted, found) is not None
    return bool(found == wanted)
