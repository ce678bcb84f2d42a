"""The values of fields: each held against its type, and put into the form in which it is kept."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from migrator.emulators.crelate.lookups import GUID
from migrator.emulators.crelate3.models import ENTITY_NAMES, SHAPES, TARGETS, Type
from migrator.emulators.crelate3.phones import e164
from migrator.emulators.crelate3.tables import Row, Tables

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?Z?)?")
_EVERY_BIT = 7


class WrongValue(ValueError):
    """A value that its field cannot hold; the text says where and why. It never leaves this folder."""


def settled(tables: Tables, name: str, kind: Type, value: Any, before: Any) -> Any:
    """Give a value in the form in which it is kept, None where it empties its field. Raises WrongValue.

    `before` is what the field holds now: the parts of an object keep their `Id`.
    """
    if kind in SHAPES:
        return _shaped(tables, name, kind, value, before)
    if kind in _LINKS:
        return _LINKS[kind](tables, name, value)
    if not _CHECKS[kind](value):
        raise WrongValue(f"{name}: expected {kind}")
    return _FORMS[kind](value) if kind in _FORMS else value


def _is_date(pattern: re.Pattern[str], value: Any) -> bool:
    """Tell whether a value is a date; with any other form "the operation may fail" (vendor), and here it does."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value[:19])
    except ValueError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS: dict[Type, Callable[[Any], bool]] = {
    Type.TEXT: lambda value: isinstance(value, str),
    Type.FLAG: lambda value: isinstance(value, bool),
    Type.INTEGER: _is_whole,
    Type.NUMBER: _is_number,
    Type.MASK: lambda value: _is_whole(value) and 0 <= value <= _EVERY_BIT,
    Type.MOMENT: lambda value: _is_date(_MOMENT, value),
    Type.DAY: lambda value: _is_date(_DAY, value),
    Type.PHONE_NUMBER: lambda value: isinstance(value, str) and e164(value) is not None,
}

_FORMS: dict[Type, Callable[[Any], Any]] = {
    Type.DAY: lambda value: f"{value[:10]}T00:00:00",  # date-only values come back without Z (client)
    Type.PHONE_NUMBER: e164,
}


def _shaped(tables: Tables, name: str, kind: Type, value: Any, before: Any) -> Row | None:
    """Settle an object part by part; one whose Value is empty empties the field (inferred)."""
    shape = SHAPES[kind]
    if not isinstance(value, dict):
        raise WrongValue(f"{name}: expected {kind}")
    if "Value" in shape and value.get("Value") in (None, ""):
        return None
    parts = {
        member: settled(tables, member, part, value[member], None)
        for member, part in shape.items()
        if value.get(member) is not None
    }
    old = before or {}
    return {"Id": old.get("Id") or tables.new_id(), "IsPrimary": False, **parts}


def _lookup(tables: Tables, name: str, value: Any) -> Row | None:
    """Settle `{"Id", "Title"}`: the title is the one of what it points at; one without an id empties the field."""
    if not isinstance(value, dict) or not isinstance(value.get("Id"), str | None):
        raise WrongValue(f"{name}: expected {Type.LOOKUP}")
    record_id = (value.get("Id") or "").lower()
    if not record_id and value.get("Title"):
        raise WrongValue(f"{name}: expected {Type.LOOKUP}")  # a name alone neither finds nor creates (inferred)
    return {"Id": record_id, "Title": _title(tables, name, record_id)} if record_id else None


def _title(tables: Tables, name: str, record_id: str) -> str | None:
    """Find what a lookup points at, and give its name. Raises WrongValue."""
    target = TARGETS.get(name)
    if target is not None and target in tables.catalogue.lists:
        title = tables.catalogue.title(target, record_id)
        if title is None:
            raise WrongValue(f"{name}: there is no entry of {target} with the id {record_id}")
        return title
    row = tables.find(target, record_id) if target else tables.find_any(record_id)
    if not GUID.fullmatch(record_id) or row is None:
        raise WrongValue(f"{name}: there is no record with the id {record_id}")
    return row.get("Name") or None


def _lookups(tables: Tables, name: str, value: Any) -> list[Row]:
    if not isinstance(value, list):
        raise WrongValue(f"{name}: expected {Type.LOOKUPS}")
    found = [(_lookup(tables, name, item), item) for item in value]
    if any(entry is None for entry, _item in found):
        raise WrongValue(f"{name}: expected {Type.LOOKUPS}")
    if name != "Owners":
        return [entry for entry, _item in found if entry]
    return [{**entry, "IsPrimary": item.get("IsPrimary") is True} for entry, item in found if entry]


def _parent(tables: Tables, name: str, value: Any) -> Row:
    """Settle a lookup that may point at several objects and says at which by `EntityName` (client)."""
    if not isinstance(value, dict) or not isinstance(value.get("Id"), str):
        raise WrongValue(f"{name}: expected {Type.PARENT}")
    entity_name, record_id = str(value.get("EntityName")), value["Id"].lower()
    if entity_name not in ENTITY_NAMES:
        raise WrongValue(f"{name}: expected an EntityName, one of {', '.join(ENTITY_NAMES)}")
    row = tables.find(ENTITY_NAMES[entity_name], record_id)
    if row is None:
        raise WrongValue(f"{name}: there is no record in {ENTITY_NAMES[entity_name]} with the id {record_id}")
    return {"Id": record_id, "Title": row.get("Name") or None, "EntityName": entity_name}


def _tags(tables: Tables, name: str, value: Any) -> Row:
    """Settle `{category id: [{"Id", "Title"}]}`; one without an id is found by its title, or will be new (inferred)."""
    if not isinstance(value, dict) or not all(isinstance(items, list) for items in value.values()):
        raise WrongValue(f"{name}: expected {Type.TAGS}")
    return {
        category.lower(): items
        for category, given in value.items()
        if (items := list(_tag_items(tables, category.lower(), given)))
    }


def _tag_items(tables: Tables, category: str, given: list[Any]) -> Iterator[Row]:
    if not tables.catalogue.has_category(category):
        raise WrongValue(f"Tags: there is no tag category {category}")
    for item in given:
        members = item if isinstance(item, dict) else {}
        record_id, title = members.get("Id"), members.get("Title")
        if isinstance(record_id, str) and record_id:
            row = tables.find("tags", record_id.lower())
            if row is None or row["CategoryId"] != category:
                raise WrongValue(f"Tags: there is no tag {record_id} in the category {category}")
            yield {"Id": row["Id"], "Title": row["Title"]}
        elif isinstance(title, str) and title.strip():
            yield {"Title": title}
        else:
            raise WrongValue(f"Tags: expected {Type.TAGS}")


_LINKS: dict[Type, Callable[[Tables, str, Any], Any]] = {
    Type.LOOKUP: _lookup,
    Type.LOOKUPS: _lookups,
    Type.PARENT: _parent,
    Type.TAGS: _tags,
}
