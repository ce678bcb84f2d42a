"""The search: `/people/search?name&first_name&email&phone`, for companies without the first name (client)."""

import re
from collections.abc import Callable

from migrator.emulators.centralstation.refusals import refused
from migrator.emulators.centralstation.tables import Row, Tables
from migrator.emulators.messages import Request

_NAMES = {"people": ("name", "first_name"), "companies": ("name",)}
_DETAILS = ("email", "phone")


def can_be_searched(name: str) -> bool:
    """Tell whether an object has a search."""
    return name in _NAMES


def searched(tables: Tables, name: str, request: Request) -> list[Row]:
    """Find records: names that contain the text, an e-mail or a number that equals it, all without case (inferred).

    Raises Refusal without any of the parameters (inferred), and for "email or phone, not both" (client).
    """
    given = {key: request.parameter(key) for key in (*_NAMES[name], *_DETAILS)}
    wanted = {key: text for key, text in given.items() if text}
    if not wanted:
        raise refused(400, f"search by one of {', '.join(given)}")
    if set(_DETAILS) <= set(wanted):
        raise refused(400, "search by email or phone, not both")
    return [row for row in tables.rows(name) if all(_is_met(tables, name, row, *one) for one in wanted.items())]


def _is_met(tables: Tables, name: str, row: Row, key: str, text: str) -> bool:
    if key in _NAMES[name]:
        return text.casefold() in row.get(key, "").casefold()
    object_name, plain = _PLAIN[key]
    return any(plain(one["name"]) == plain(text) for one in tables.below((name, row["id"]), object_name))


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


_PLAIN: dict[str, tuple[str, Callable[[str], str]]] = {"email": ("emails", str.casefold), "phone": ("tels", _digits)}
