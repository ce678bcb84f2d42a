"""The envelopes around records and lists, with the inconsistencies of the vendor's samples.

A list says that its `url` is `/account`, in the singular, while its records have `/accounts`; the parent of a record in
a list is "/", of a record alone null (vendor).
"""

from collections.abc import Iterable
from typing import Any

from migrator.emulators.spotler.models import LINES, Model
from migrator.emulators.spotler.tables import Row, Tables

_LINE_FIELDS = ("id", "opportunityid", "product", "quantity", "unitprice")


def shown(model: Model, row: Row) -> Row:
    """Give a record with all fields of its type."""
    return {**model.blank, **row}


def with_lines(tables: Tables, record: Row) -> Row:
    """Add the line items of an opportunity "inline under the key of 'lines'" (vendor)."""
    model = tables.models[LINES]
    lines = [shown(model, line) for line in tables.rows(LINES) if line.get("opportunityid") == record["id"]]
    return {**record, "lines": [{name: line[name] for name in _LINE_FIELDS} for line in lines]}


def enveloped(model: Model, record: Row, parent: str | None = None) -> dict[str, Any]:
    """Wrap one record."""
    return {"metadata": _metadata(model, record["id"], parent), "record": record}


def nothing(model: Model, record_id: int) -> dict[str, Any]:
    """Wrap no record at all."""
    return {"metadata": _metadata(model, record_id, None), "record": {}}


def _metadata(model: Model, record_id: int, parent: str | None) -> dict[str, Any]:
    return {
        "url": f"/{model.name}/{record_id}",
        "list_url": f"/{model.name}",
        "parent": parent,
        "object_type": "record",
        "record_type": model.record_type,
    }


def listed(model: Model, records: Iterable[Row], parent: str, *, total: int, has_more: bool) -> dict[str, Any]:
    """Wrap one page of a list."""
    metadata = {"url": f"/{model.record_type}", "object_type": "list", "total_count": total, "has_more": has_more}
    return {"metadata": metadata, "list": [enveloped(model, record, parent) for record in records]}
