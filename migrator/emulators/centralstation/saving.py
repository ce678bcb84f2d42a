"""What happens to a body that is posted or put: checked whole, with all that it nests, before anything is stored."""

from collections.abc import Iterator
from dataclasses import dataclass

from migrator.emulators.centralstation.models import DETAILS, KINDS, MODELS, Model, Type
from migrator.emulators.centralstation.refusals import invalid
from migrator.emulators.centralstation.rules import findings, is_attached_to_something
from migrator.emulators.centralstation.tables import Row, Tables
from migrator.emulators.centralstation.values import Wrong, read

UNDECIDED = -1  # stands for the id of an owner that is about to be made

_ATTRIBUTES = "_attributes"
_KIND_OF = {name: kind for kind, name in KINDS.items()}
_ALL = (*DETAILS, "addrs", "positions", "tags", "custom_fields")
_NESTED_OF = {"people": _ALL, "companies": _ALL, "deals": ("custom_fields", "tags")}
_OWNER_OF_POSITION = {"people": "person_id", "companies": "company_id"}
_LIST_OF = {"people": "person_ids", "companies": "company_ids", "deals": "deal_ids", "projects": "project_ids"}

Found = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A body that may be saved: the record as it will be, the one that it replaces, and the records that it nests.

    `is_deleted` marks a nested record that is to go.
    """

    model: Model
    row: Row
    before: Row | None = None
    nested: tuple["Checked", ...] = ()
    is_deleted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What a body is held against: the account, what the path or the nesting record decides, and the old record."""

    tables: Tables
    owner: Row
    before: Row | None = None
    put_replaces: bool = False
    waived: frozenset[str] = frozenset()  # fields that the account does not require


def nested_names(model: Model) -> frozenset[str]:
    """Name the lists of nested records that a body may have."""
    return frozenset(f"{name}{_ATTRIBUTES}" for name in _NESTED_OF.get(model.name, ()))


def owner_fields(model: Model, name: str, record_id: int) -> Row:
    """Give the fields by which a record hangs on one of the object `name`."""
    if model.name == "positions":
        return {_OWNER_OF_POSITION[name]: record_id}
    if model.name == "protocols":
        return {_LIST_OF[name]: [record_id]}
    return {"attachable_type": _KIND_OF[name], "attachable_id": record_id}


def check(desk: Desk, model: Model, body: Row) -> Checked:
    """Hold a body against the model and the account. Raises Refusal; nothing is stored yet.

    Fields that the object does not have are ignored (inferred).
    """
    found: Found = {}
    checked = _checked(desk, model, body, found)
    if found:
        raise invalid(found)
    return checked


def _checked(desk: Desk, model: Model, body: Row, found: Found) -> Checked:
    fields = _read_fields(desk, model, body, found)
    row = _whole(desk, model, fields)
    for name in model.required:
        if name not in {*found, *desk.waived} and not str(row.get(name, "")).strip():
            found[name] = ["can't be blank"]
    nested = tuple(_nested(desk, model, body, found))
    if not found:
        found |= _wrong_links(desk, model, row)
    if not found:
        found |= findings(desk.tables, model.name, row)
    return Checked(model=model, row=row, before=desk.before, nested=nested)


def _read_fields(desk: Desk, model: Model, body: Row, found: Found) -> Row:
    fields: Row = {}
    for name, value in body.items():
        if name not in model.fields or (name in desk.owner and not isinstance(desk.owner[name], list)):
            continue
        try:
            fields[name] = read(model.fields[name], value)
        except Wrong as wrong:
            found[name] = [str(wrong)]
    return fields


def _whole(desk: Desk, model: Model, fields: Row) -> Row:
    """Give the record that the fields make of the old one; what is null is not set."""
    before = desk.before or {}
    kept = {name: one for name, one in before.items() if not desk.put_replaces or not _is_lost(model, name)}
    first = model.first if desk.before is None or desk.put_replaces else {}
    row = {**first, **kept, **fields}
    for name, value in desk.owner.items():
        row[name] = list(dict.fromkeys([*row.get(name, []), *value])) if isinstance(value, list) else value
    return {name: value for name, value in row.items() if value is not None}


def _is_lost(model: Model, name: str) -> bool:
    """Tell whether a PUT that replaces loses a field which it leaves out; where a record hangs, it stays."""
    return name in model.fields and not name.endswith(("_id", "_ids", "_type"))


def _wrong_links(desk: Desk, model: Model, row: Row) -> Found:
    """Name the fields that refer to nothing, unless they did before."""
    before, found = desk.before or {}, {}
    for name, field in model.fields.items():
        value = row.get(name)
        if not field.object or value is None or value == before.get(name):
            continue
        ids = value if field.type is Type.IDS else [value]
        if not all(one == UNDECIDED or desk.tables.find(field.object, one) for one in ids):
            found[name] = ["must exist"]
    is_free = row.get("attachable_id") in {None, UNDECIDED, before.get("attachable_id")}
    if not is_free and not is_attached_to_something(desk.tables, row):
        found["attachable"] = ["must exist"]
    return found


def _nested(desk: Desk, model: Model, body: Row, found: Found) -> Iterator[Checked]:
    """Check the lists of nested records, such as `tels_attributes` (client)."""
    for name in _NESTED_OF.get(model.name, ()):
        items = body.get(f"{name}{_ATTRIBUTES}") or []
        if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
            found[name] = ["is invalid"]
            continue
        owner = owner_fields(MODELS[name], model.name, (desk.before or {}).get("id", UNDECIDED))
        yield from (_nested_one(desk, MODELS[name], owner, item, found) for item in items)


def _nested_one(desk: Desk, model: Model, owner: Row, item: Row, found: Found) -> Checked:
    """Check one nested record: with an `id` it changes one of the owner's, with `_destroy` it deletes it (inferred)."""
    before = None
    if item.get("id") is not None:
        before = desk.tables.find(model.name, item["id"] if isinstance(item["id"], int) else 0)
        if before is None or any(before.get(name) != value for name, value in owner.items()):
            found[f"{model.name}.id"] = ["must exist"]
            return Checked(model=model, row={})
        if str(item.get("_destroy", "")).lower() in {"true", "1"}:
            return Checked(model=model, row=before, before=before, is_deleted=True)
    inner: Found = {}
    checked = _checked(Desk(tables=desk.tables, owner=owner, before=before), model, item, inner)
    found |= {f"{model.name}.{name}": texts for name, texts in inner.items()}
    return checked
