"""`tables:` of a mapping → tables that are no objects, each with its steps."""

from collections.abc import Mapping
from typing import Any

from migrator.spec.forms import Scope
from migrator.spec.steps import Join, read_steps
from migrator.spec.tables import read_tables
from migrator.spec.values import TableSpec, is_trimmed


def read_prepared(raw: Mapping[str, Any], scope: Scope) -> dict[str, TableSpec]:
    """Read all prepared tables; notes a problem for one that joins itself, also by way of others."""
    found = {}
    for name, item in raw.items():
        pointer = ("tables", name)
        tables = read_tables(item["from"], (*pointer, "from"), scope)
        rows = read_steps(item.get("rows", []), (*pointer, "rows"), scope)
        trims = is_trimmed(scope.sources, tables)
        found[name] = TableSpec(name=name, tables=tables, rows=rows, is_trimmed=trims, pointer=pointer)
    for name, table in found.items():
        if name in _joined(table, found, set()):
            scope.refuse("E013", table.pointer, f"the table '{name}' joins itself", "take the step out")
    return found


def _joined(table: TableSpec, known: Mapping[str, TableSpec], seen: set[str]) -> set[str]:
    """Name the prepared tables that a table is made of."""
    for step in table.rows:
        name = step.tables[0] if isinstance(step, Join) else ""
        if name in known and name not in seen:
            seen.add(name)
            _joined(known[name], known, seen)
    return seen
