"""Parameters: "URL parameters, Form data fields or alternatively raw JSON payload in the body" (vendor)."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from migrator.emulators.exact import parse_json
from migrator.emulators.forms import form_fields
from migrator.emulators.messages import Request
from migrator.emulators.opencrm.refusals import refused

KEYS = ("apikey", "key")
PASS_KEY, ACCESS_KEY = "passkey", "accesskey"
SECRETS = frozenset({*KEYS, PASS_KEY, ACCESS_KEY, "key1", "key2"})
SPECIAL = frozenset(
    {"crmid", "query_string", "keywords", "limit_start", "limit_end", "change_assignedidtouser"}
    | {"dateOverride", "dateTimeOverride", *SECRETS}
)

_DIGITS = re.compile(r"\s*([+-]?[0-9]{1,18})")


def read_parameters(request: Request, path: str) -> tuple[str, dict[str, str]]:
    """Give the end point that a path names, and all parameters as texts; of one name the body's wins, then the query's.

    In the path names and values take turns, such as `/dateOverride/c` (vendor).
    """
    end_point, *rest = [unquote(part) for part in path.removesuffix("/").split("/")]
    in_path = dict(zip(rest[::2], [*rest[1::2], ""], strict=False))
    return end_point, {**in_path, **dict(request.query), **_body(request)}


def _body(request: Request) -> dict[str, str]:
    fields = form_fields(request)
    if fields is not None or not request.body:
        return fields or {}
    try:
        value = parse_json(request.body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise refused("Invalid JSON")
    return dict(_texts(value))


def _texts(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give members as texts: flags are "0" and "1" (vendor), null is the same as absent (inferred)."""
    for name, member in value.items():
        if isinstance(member, bool):
            yield name, str(int(member))
        elif isinstance(member, str | int | Decimal):
            yield name, str(member)
        elif member is not None:
            raise refused(f"Invalid value for {name}")


def as_number(text: str) -> int:
    """Read a number as PHP does: its first digits, and 0 where there are none (inferred)."""
    found = _DIGITS.match(text)
    return int(found[1]) if found else 0
