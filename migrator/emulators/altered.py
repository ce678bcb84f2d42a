"""Requests of which something is lost or changed on the way to the record, as if the vendor had not kept it.

The fields are found where vendors take them: in a form, in the JSON object itself or in its one member, and of a batch
in its last item. A value may stand in an object of its own, as its `Value`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from migrator.emulators.exact import parse_json, write_json
from migrator.emulators.forms import form_fields, with_form_fields
from migrator.emulators.messages import Request

Fields = dict[str, Any]
Alter = Callable[[Fields, str], Fields]

_VALUE = "Value"
_NO_FIELDS = frozenset({"crmid", "apikey", "key", "passkey", "accesskey"})  # in a form they stand beside the fields


def altered(request: Request, alter: Alter, name: str) -> Request:
    """Give the request with its fields altered, or with the one of this name; without fields it stays as it is."""
    form = form_fields(request)
    if form is not None:
        return with_form_fields(request, _beside(form, alter, name)) if form else request
    try:
        body = parse_json(request.body)
    except ValueError:
        return request
    if not isinstance(body, dict) or not body:
        return request
    return replace(request, body=write_json(_with_fields(body, alter, name)).encode())


def _beside(body: Fields, alter: Alter, name: str) -> Fields:
    """Alter the fields, and leave alone what names the record or the client."""
    kept = {key: value for key, value in body.items() if key in _NO_FIELDS and key != name}
    fields = {key: value for key, value in body.items() if key not in kept}
    return {**kept, **alter(fields, name)} if fields else body


def _with_fields(body: Fields, alter: Alter, name: str) -> Fields:
    only, member = next(iter(body.items()))
    if len(body) > 1 or name in body or not member:
        return _beside(body, alter, name)
    if isinstance(member, dict):  # as in {"person": {...}}
        return {only: alter(member, name)}
    if isinstance(member, list) and isinstance(member[-1], dict) and member[-1]:
        return {only: [*member[:-1], alter(member[-1], name)]}
    return _beside(body, alter, name)


def dropped(fields: Fields, name: str) -> Fields:
    """Lose a field, without a name the last."""
    lost = name or list(fields)[-1]
    return {key: value for key, value in fields.items() if key != lost}


def trimmed(fields: Fields, name: str) -> Fields:
    """Cut the last character of a text, without a name of the longest."""
    longest = max(fields, key=lambda key: len(_text(fields[key])), default="")
    meant = name or longest
    return {key: _with_text(value, _text(value)[:-1]) if key == meant else value for key, value in fields.items()}


def recased(fields: Fields, name: str) -> Fields:
    """Swap upper and lower case of a field or, without a name, of everything like an e-mail address, in lists too."""
    return {key: _swapped(value, is_any=bool(name)) if name in {"", key} else value for key, value in fields.items()}


def _swapped(value: Any, *, is_any: bool) -> Any:
    if isinstance(value, list):
        return [_swapped(one, is_any=is_any) for one in value]
    if isinstance(value, dict):
        return {key: _swapped(one, is_any=is_any) for key, one in value.items()}
    return value.swapcase() if isinstance(value, str) and (is_any or "@" in value) else value


def _text(value: Any) -> str:
    """Give the text of a field, empty where it holds none."""
    inner = value.get(_VALUE) if isinstance(value, dict) else value
    return inner if isinstance(inner, str) else ""


def _with_text(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return text
    return {**value, _VALUE: text} if isinstance(value, dict) and isinstance(value.get(_VALUE), str) else value
