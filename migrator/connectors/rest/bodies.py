"""What to ask for: actions with their holes filled, and bodies as JSON, form or multipart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import quote

from migrator.connectors.rest.definition import Action, Definition
from migrator.connectors.rest.json_text import dump_json
from migrator.connectors.rest.substitution import substitute, with_path
from migrator.connectors.rest.wire import encode_body
from migrator.records import Write


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What to ask: path below the base URL, query without secrets; a body as bytes, or the fields of a form.

    A login carries no other secrets than its own.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    form: Sequence[tuple[str, str]] = ()
    is_multipart: bool = False
    is_login: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def request_for(
    action: Action, values: Mapping[str, Any], body: Mapping[str, Any] | list[Any] | None = None
) -> Request:
    """Fill the holes of an action; ids in a path are percent-encoded whole, since they may come from anywhere."""
    path = action.under if values.get("parent_id") and action.under else action.path
    quoted = {name: quote(str(value), safe="") for name, value in values.items() if f"{{{name}}}" in path}
    query = {substitute(name, values): substitute(template, values) for name, template in action.query.items()}
    return Request(
        method=action.method,
        path=substitute(path, quoted),
        query={name: value for name, value in query.items() if value is not None},
        header={name: str(substitute(text, values)) for name, text in action.header.items()},
        **_encoded(action, values, body) if body is not None else {},
    )


def path_values(definition: Definition, name: str, record_id: str, parent: tuple[str, str] | None) -> dict[str, str]:
    """Give what fills the holes of a path: the record's id, and the parent's object, singular and id.

    Of a parent that the body names, the path knows nothing.
    """
    above, parent_id = parent or ("", "")
    if above in definition.objects[name].parent_fields:
        above, parent_id = "", ""
    ones = definition.objects[name].parent_ones
    own = {"object": name, "one": ones[name], "id": record_id}
    return {**own, "parent": above, "parent_id": parent_id, "parent_one": ones.get(above, "")}


def write_request(definition: Definition, change: Write, zone: tzinfo = UTC) -> Request:
    """Give the request of one change."""
    item = definition.objects[change.object]
    action = item.actions["update" if change.id else "create"]
    values = path_values(definition, change.object, change.id, change.parent)
    body = encode_body(definition, change, action, zone)
    above, parent_id = change.parent or ("", "")
    named = {"parent": above, "parent_id": parent_id, "parent_one": item.parent_ones.get(above, "")}
    body |= substitute(item.parent_fields.get(above, {}), {**values, **named})
    return request_for(action, values, with_path(action.wrap, body))


def bulk_request(definition: Definition, changes: Sequence[Write], zone: tzinfo = UTC) -> Request:
    """Give the one request of several creates of one object."""
    action = definition.objects[changes[0].object].actions["bulk"]
    bodies = [encode_body(definition, change, action, zone) for change in changes]
    return request_for(action, {}, with_path(action.wrap, bodies))


def _encoded(action: Action, values: Mapping[str, Any], body: Mapping[str, Any] | list[Any]) -> dict[str, Any]:
    if isinstance(body, list):
        return {"body": dump_json(body)}
    whole = {**body, **substitute(action.put, values)}  # no field takes the place of what the action states
    if action.body == "json":
        return {"body": dump_json(whole)}
    return {"form": tuple(_pairs(whole)), "is_multipart": action.body == "multipart"}


def _pairs(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the fields of a form: texts, several of one name for a list, all else as JSON spells it."""
    for name, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            text = "" if item is None else item
            yield name, text if isinstance(text, str) else dump_json(text).decode()
