"""The quick yes to a schema: never where the library says no, and certain of all files that travel along."""

import copy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.contracts import _read, _validator
from migrator.fitting import surely_fits
from migrator.located import read_located

ROOT = Path(__file__).parents[1]
CONNECTORS = sorted([*ROOT.glob("migrator/connectors/definitions/*.yaml"), *ROOT.glob("examples/*/*.connector.yaml")])
MAPPINGS = [ROOT / "tests" / "spec" / "acme.yaml", *sorted(ROOT.glob("mappings/*.yaml"))]
MAPPINGS += sorted(ROOT.glob("examples/*/mapping.yaml"))
FILES = [*((path, "connector") for path in CONNECTORS), *((path, "mapping") for path in MAPPINGS)]
WHOLE = [(schema, read_located(path).data) for path, schema in FILES]
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    10**9,
    Decimal("0.5"),
    Decimal(1),
    1.0,
    "",
    "x",
    "E101",
    "2%",
    "^",
    [],
    {},
]
ODD += [[""], ["x", "x"], [[]], {"": 1}, {"from": "x"}, {"from": "x", "value": 1}, {"lookup": "x"}, {"by": []}]


def places(data: Any) -> list[tuple[Any, Any]]:
    """Give each container in a document with each of its keys."""
    keys = list(data) if isinstance(data, dict) else list(range(len(data))) if isinstance(data, list) else []
    return [(data, key) for key in keys] + [pair for key in keys for pair in places(data[key])]


@pytest.mark.parametrize(("path", "schema"), FILES, ids=lambda value: getattr(value, "name", value))
def test_file_of_the_project_fits_at_once(path: Path, schema: str) -> None:
    """What travels with the project needs no second look, so that it costs no import."""
    assert surely_fits(read_located(path).data, _read(schema))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_spoilt_file_never_fits_more_than_the_library_says(draw: st.DataObject) -> None:
    """Values put, keys renamed and taken out anywhere: where the quick look is content, the library is as well."""
    schema, whole = draw.draw(st.sampled_from(WHOLE))
    spoilt = copy.deepcopy(whole)
    for _time in range(draw.draw(st.integers(1, 3))):
        container, key = draw.draw(st.sampled_from(places(spoilt)))
        how = draw.draw(st.sampled_from(["put", "put", "take", "add"]))
        if how == "put":
            container[key] = copy.deepcopy(draw.draw(st.sampled_from(ODD)))
        elif how == "take":
            del container[key]
        elif isinstance(container, dict):
            container[draw.draw(st.sampled_from(["x", "like", "value", "", "match", "max"]))] = container[key]
        if not places(spoilt):
            break
    assert not surely_fits(spoilt, _read(schema)) or _validator(schema).is_valid(spoilt)


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        (1.0, {"type": "integer"}),
        ([1], {"const": [1]}),
        ("x", {"contains": {}}),
        ({"x": 1}, {"patternProperties": {"x": True}, "additionalProperties": False}),
        ([1], {"prefixItems": [True], "items": False}),
        (1, {"$ref": "https://example.org/schema"}),
    ],
)
def test_what_it_does_not_know_is_left_to_the_library(data: Any, schema: dict[str, Any]) -> None:
    """A word or a value that it is not made for is no yes."""
    assert not surely_fits(data, schema)


@pytest.mark.parametrize(
    ("data", "schema", "fits"),
    [
        (True, {"type": "integer"}, False),
        (True, {"enum": [1]}, False),
        (Decimal("0.5"), {"exclusiveMinimum": 0}, True),
        (0, {"exclusiveMinimum": 0}, False),
        (0, {"exclusiveMaximum": 0}, False),
        (-1, {"minimum": 0}, False),
        (1, {"maximum": 0}, False),
        ("", {"minLength": 1}, False),
        ("ab", {"maxLength": 1}, False),
        ([], {"minItems": 1}, False),
        ([1, 2], {"maxItems": 1}, False),
        ({}, {"minProperties": 1}, False),
        ({"a": 1, "b": 2}, {"maxProperties": 1}, False),
        ("b", {"pattern": "^a"}, False),
        ({"b": 1}, {"propertyNames": {"pattern": "^a"}}, False),
        ({"a": 1}, {"dependentSchemas": {"a": {"required": ["b"]}}}, False),
        (["x"], {"items": {"type": "null"}}, False),
        ({"a": 1}, {"dependentRequired": {"a": ["b"]}}, False),
        (1, {"oneOf": [{"type": "integer"}, {"minimum": 0}]}, False),
        (1, False, False),
    ],
)
def test_each_word_is_kept(data: Any, schema: Any, fits: bool) -> None:  # noqa: FBT001 - a column of the table
    """Some words of the schemas, each at the edge of what it allows."""
    assert surely_fits(data, schema) is fits
