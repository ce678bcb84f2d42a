"""What `from` and `with` take → the names of tables, each of a source that the mapping has."""

from collections.abc import Mapping
from typing import Any

from migrator.located import Pointer
from migrator.records import Query
from migrator.spec.forms import Scope, as_names
from migrator.spelling import did_you_mean

SQL = "sql"


def read_tables(raw: str | list[str] | Mapping[str, Any], pointer: Pointer, scope: Scope) -> tuple[str, ...]:
    """Read the names of tables, or a query; with several sources each name begins with that of its source."""
    if isinstance(raw, Mapping):
        return _read_query(raw["query"], (*pointer, "query"), scope)
    names = as_names(raw)
    if "" in scope.sources or (len(names) == 1 and names[0] in scope.prepared):
        return names
    heads = [name.partition("/")[0] for name in names]
    for head, name in zip(heads, names, strict=True):
        if head not in scope.sources or head == name:
            hint = did_you_mean(head, scope.sources) or f"write {' or '.join(f'{one}/…' for one in scope.sources)}"
            scope.refuse("E012", pointer, f"'{name}' names no source", hint)
            return (f"{next(iter(scope.sources))}/{name}",)
    if len(set(heads)) > 1:
        scope.refuse("E013", pointer, f"tables of several sources ({', '.join(dict.fromkeys(heads))}) are no one table")
    return names


def _read_query(text: str, pointer: Pointer, scope: Scope) -> tuple[str, ...]:
    """Give a query to the one source that takes it."""
    takers = [name for name, block in scope.sources.items() if block.connector == SQL]
    if len(takers) != 1:
        fact = (
            "a query needs a source with the connector 'sql'" if not takers else "several sources could take the query"
        )
        scope.refuse("E013", pointer, fact, "name a table instead")
    return (Query(f"{takers[0]}/{text}" if takers and takers[0] else text),)
