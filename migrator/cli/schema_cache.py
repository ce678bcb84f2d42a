"""What an account told of its fields, kept beside the mapping: private, since names of fields tell of a company."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrator.connectors.rest.discovery import Found
from migrator.records import Field, Kind
from migrator.reports.writing import write_file

VERSION = 1


def read_cache(path: Path) -> dict[str, Found]:
    """Read what was found; nothing where nothing was, or where another version wrote it."""
    return {name: _read_found(item) for name, item in read_kept(path).get("objects", {}).items()}


def read_kept(path: Path) -> dict[str, Any]:
    """Read a file of facts; nothing where there is none, or where another version wrote it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) and data.get("v") == VERSION else {}


def write_cache(path: Path, found: Mapping[str, Found]) -> None:
    """Write what was found. Raises StoreError."""
    objects = {name: _plain(item) for name, item in found.items()}
    text = json.dumps({"v": VERSION, "objects": objects}, ensure_ascii=False, indent=1)
    write_file(path, lambda file: file.write(text))


def _plain(found: Found) -> dict[str, Any]:
    fields = [
        {
            "name": one.name,
            "kind": str(one.kind),
            "required": one.required,
            "refused": one.refused,
            "max_length": one.max_length,
        }
        for one in found.fields.values()
    ]
    return {"fields": fields, "labels": dict(found.labels), "options": dict(found.options)}


def _read_found(raw: Mapping[str, Any]) -> Found:
    fields = {one["name"]: Field(**{**one, "kind": Kind(one["kind"])}) for one in raw["fields"]}
    options = {name: tuple(values) for name, values in raw["options"].items()}
    return Found(fields=fields, labels=raw["labels"], options=options)
