"""A small mapping for tests, and what comes of it when one part is replaced."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrator.errors import SpecError
from migrator.spec.read import read_spec
from migrator.spec.values import FieldSpec, MappingSpec, Value

MAPPING = """\
mapping: 1
name: m
source: {connector: files}
target: {connector: crelate}
objects:
  people:
    from: p.csv
    to: contacts
    key: Id
    fields:
      LastName: Last
"""
FIELD = ("objects", "people", "fields", "LastName")


def replaced(old: str, new: str) -> str:
    """Give the small mapping with one part replaced."""
    assert old in MAPPING
    return MAPPING.replace(old, new)


def with_field(form: str) -> str:
    """Give the small mapping with another form of its one field, on line 11 from column 17."""
    return replaced("LastName: Last", f"LastName: {form}")


def with_key(line: str) -> str:
    """Give the small mapping with one more key in its object, on line 7 from column 5."""
    return replaced("    from:", f"    {line}\n    from:")


def read(folder: Path, text: str, *, environ: Mapping[str, str] | None = None, profile: str = "") -> MappingSpec:
    """Write a mapping into the folder, and read it."""
    path = folder / "m.yaml"
    path.write_text(text, encoding="utf-8")
    return read_spec(path, environ=environ, profile=profile)


def problems_of(folder: Path, text: str, **given: Any) -> list[str]:
    """Give all that is wrong with a mapping; places are told without the folder."""
    with pytest.raises(SpecError) as caught:
        read(folder, text, **given)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def only_field(spec: MappingSpec) -> FieldSpec:
    """Give the one field of the small mapping."""
    (field,) = spec.objects["people"].fields
    return field


def value_of(folder: Path, form: str, **given: Any) -> Value:
    """Read a form of the one field."""
    return only_field(read(folder, with_field(form), **given)).value
