"""How a checked body is stored: what the server sets by itself, and what else changes with it."""

from migrator.emulators.centralstation.models import MODELS
from migrator.emulators.centralstation.rules import completed
from migrator.emulators.centralstation.saving import UNDECIDED, Checked
from migrator.emulators.centralstation.tables import Row, Tables
from migrator.emulators.messages import Change

_OWNED = {"people", "companies", "deals", "projects", "protocols", "attachments"}  # whose user is the key's (inferred)


def store(tables: Tables, checked: Checked) -> list[Change]:
    """Store a checked body and what it nests; the record itself comes last among the changes."""
    if checked.is_deleted:
        return tables.remove(checked.model.name, checked.row["id"])
    name, changes = checked.model.name, []
    row = dict(checked.row)
    if name == "positions":
        changes += _settle_company(tables, row)
    stamped = {**row, **_stamps(tables, checked)}
    own = tables.put(name, completed(tables, name, stamped))
    if name == "positions" and row.get("primary_function"):
        changes += _demote_others(tables, stamped)
    for nested in checked.nested:
        changes += store(tables, _owned(nested, stamped["id"]))
    return [*changes, own]


def _owned(checked: Checked, record_id: int) -> Checked:
    """Hang a nested record on its owner, which has an id by now."""
    row = {name: record_id if value == UNDECIDED else value for name, value in checked.row.items()}
    return Checked(model=checked.model, row=row, before=checked.before, is_deleted=checked.is_deleted)


def _stamps(tables: Tables, checked: Checked) -> Row:
    now, user = tables.now(), tables.user_id
    stamps = {"updated_at": now, "updated_by_user_id": user}
    if checked.before is None:
        stamps |= {"id": tables.new_id(), "account_id": tables.account_id, "created_at": now}
        stamps |= {"created_by_user_id": user}
        stamps |= {"user_id": user} if checked.model.name in _OWNED and "user_id" not in checked.row else {}
    return {name: value for name, value in stamps.items() if name in checked.model.shown}


def _settle_company(tables: Tables, row: Row) -> list[Change]:
    """Find the company that a position names, or create it: a second write that nobody asked for (client)."""
    name = row.pop("company_name", None)
    if name is None or "company_id" in row:
        return []
    known = [one for one in tables.rows("companies") if one.get("name") == name]
    if known:
        row["company_id"] = known[0]["id"]
        return []
    changes = store(tables, Checked(model=MODELS["companies"], row={"name": name}))
    row["company_id"] = int(changes[-1].id)
    return changes


def _demote_others(tables: Tables, row: Row) -> list[Change]:
    """Keep one primary position a person: "only one primary" (client)."""
    others = tables.below(("people", row["person_id"]), "positions")
    return [
        tables.put("positions", {**other, "primary_function": False})
        for other in others
        if other["id"] != row["id"] and other.get("primary_function")
    ]
