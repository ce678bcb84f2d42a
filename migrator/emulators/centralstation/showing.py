"""How records are read: wrapped by their singular name, with what a request wants beside it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from migrator.emulators.centralstation.models import DETAILS, MODELS, Model
from migrator.emulators.centralstation.tables import Row, Tables
from migrator.emulators.centralstation.values import with_offset
from migrator.emulators.messages import Request

_MOMENTS = {"created_at", "updated_at", "precise_time"}
_ALL = "all"
_HANGING = (*DETAILS, "addrs", "positions", "tags", "custom_fields", "protocols", "tasks")
_INCLUDES = {
    "people": (*_HANGING, "companies", "deals", "projects"),
    "companies": (*_HANGING, "people", "deals", "projects"),
    "deals": ("tags", "custom_fields", "protocols", "tasks", "people", "companies"),
    "projects": ("tags", "custom_fields", "protocols", "tasks", "people", "companies"),
    "protocols": ("attachments",),
}
_WRAPPERS_BY_TYPE = {
    "ProtocolObjectNote": "protocol_object_note",
    "ProtocolExternal": "protocol_external",
    "ProtocolEmail": "protocol_email",
}
_LINK_OF = {"people": "person_id", "companies": "company_id"}


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What a request wants to see: "companies tags" in `includes`, "backlink salutation_formal" in `methods` (vendor).

    Names that the object does not have are passed over (inferred).
    """

    tables: Tables
    utc_offset_hours: int
    includes: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()


def view(tables: Tables, request: Request, utc_offset_hours: int) -> View:
    """Read what a request wants to see."""
    names = {key: frozenset((request.parameter(key) or "").split()) for key in ("includes", "methods")}
    return View(tables=tables, utc_offset_hours=utc_offset_hours, includes=names["includes"], methods=names["methods"])


def wrapper_of(model: Model, row: Row) -> str:
    """Name the wrapper of a record; that of a protocol "depends on the type" (client)."""
    return _WRAPPERS_BY_TYPE[row["type"]] if model.name == "protocols" else model.wrapper


def wrapped(seen: View, model: Model, row: Row) -> dict[str, Any]:
    """Wrap a record, with what it includes inside of the wrapper and not wrapped itself (client)."""
    names = _INCLUDES.get(model.name, ())
    wanted = names if _ALL in seen.includes else [name for name in names if name in seen.includes]
    nested = {name: [_shown(seen, MODELS[name], one) for one in _included(seen, model, row, name)] for name in wanted}
    methods = _METHODS if _ALL in seen.methods else [name for name in _METHODS if name in seen.methods]
    extra = {name: _METHODS[name](seen, model, row) for name in methods}
    return {wrapper_of(model, row): {**_shown(seen, model, row), **nested, **extra}}


def _included(seen: View, model: Model, row: Row, name: str) -> list[Row]:
    """List what is included: what hangs on a record, and across positions and ids what it is linked with."""
    if model.name in _LINK_OF and name in _LINK_OF:
        positions = seen.tables.below((model.name, row["id"]), "positions")
        ids = [one.get(_LINK_OF[name]) for one in positions]
    elif name in _LINK_OF:
        ids = [row.get(_LINK_OF[name]), *row.get("person_ids_set", ())] if name == "people" else [row.get("company_id")]
    else:
        return seen.tables.below((model.name, row["id"]), name)
    found = [seen.tables.find(name, one) for one in dict.fromkeys(one for one in ids if one)]
    return [one for one in found if one is not None]


def _shown(seen: View, model: Model, row: Row) -> Row:
    """Give all fields of an object, null where nothing is set."""
    derive = _DERIVED.get(model.name)
    whole = {**row, **(derive(seen.tables, row) if derive else {})}
    shown = {name: whole.get(name) for name in model.shown}
    for name in _MOMENTS & shown.keys():
        shown[name] = with_offset(str(shown[name]), seen.utc_offset_hours) if shown[name] else None
    return shown


def _of_protocol(tables: Tables, row: Row) -> Row:
    attachments = len(tables.below(("protocols", row["id"]), "attachments"))
    people, companies = row.get("person_ids", []), row.get("company_ids", [])
    return {"attachments_count": attachments, "person_id": (*people, None)[0], "company_id": (*companies, None)[0]}


def _of_custom_field(tables: Tables, row: Row) -> Row:
    kind = tables.find("custom_fields_types", row["custom_fields_type_id"])
    return {"custom_fields_type_name": kind["name"]} if kind else {}


def _of_phone(_tables: Tables, row: Row) -> Row:
    return {"name_clean": re.sub(r"[^0-9+]", "", row["name"])}


_DERIVED: dict[str, Callable[[Tables, Row], Row]] = {
    "protocols": _of_protocol,
    "custom_fields": _of_custom_field,
    "tels": _of_phone,
}


def _backlink(seen: View, model: Model, row: Row) -> str:
    return f"https://account-{seen.tables.account_id}.centralstationcrm.net/{model.name}/{row['id']}"


def _salutation_formal(_seen: View, _model: Model, row: Row) -> str:
    """Greet formally; the wording is (inferred)."""
    return " ".join(text for text in ("Dear", row.get("title"), row.get("first_name"), row.get("name")) if text)


def _responsible_user(seen: View, _model: Model, row: Row) -> str | None:
    user = seen.tables.find("users", row.get("user_id") or 0)
    return f"{user['first']} {user['name']}" if user else None


_METHODS: dict[str, Callable[[View, Model, Row], Any]] = {
    "backlink": _backlink,
    "salutation_formal": _salutation_formal,
    "responsible_user_natural_name": _responsible_user,
}
