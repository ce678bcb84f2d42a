"""The data dictionary and the lookup lists of Spotler."""

from typing import Any

import pytest
from spotler_practising import bad, error, practice

from migrator.emulators import Change, Deed
from migrator.emulators.spotler import Shape
from migrator.emulators.spotler.models import MODELS

NOT_FOUND = error(404, "Record or page not found")
LINE_FIELDS = {
    "id": {"type": "number", "required": False},
    "product": {"type": "string", "required": False, "lookup": "product"},
    "opportunityid": {"type": "number", "required": True},
    "quantity": {"type": "number", "required": False},
    "unitprice": {"type": "number", "required": False},
    "migrationkey": {"type": "string", "required": False},
    "createdby": {"type": "number", "required": False},
    "modifiedby": {"type": "number", "required": False},
}


@pytest.mark.parametrize("shape", [Shape.LIST, Shape.OBJECT])
def test_dictionary_lists_all_fields(shape: Shape) -> None:
    """Every field with its type, whether it is required, and here its list; as a list or as an object."""
    as_list = [{"name": name, **entry} for name, entry in LINE_FIELDS.items()]
    with practice(dictionary_shape=shape) as crm:
        assert crm.read("/datadictionary/opportunity_lines") == (LINE_FIELDS if shape is Shape.OBJECT else as_list)


@pytest.mark.parametrize("name", MODELS)
def test_dictionary_names_what_a_record_has(name: str) -> None:
    """Each object's dictionary has the fields that its records show, custom ones too."""
    with practice() as crm:
        fields = {one["name"]: one for one in crm.read(f"/datadictionary/{name}")}
    assert set(fields) == {"id", "migrationkey", *MODELS[name].types, *MODELS[name].read_only}
    assert {key for key, entry in fields.items() if entry["required"]} == set(MODELS[name].required)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Shape.OBJECT, {"items": [{"value": "User Subscription", "id": "User Subscription"}]}),
        (Shape.LIST, [{"value": "User Subscription", "id": "User Subscription"}]),
        (Shape.TEXTS, ["User Subscription"]),
    ],
)
def test_lookup_lists_values(shape: Shape, expected: Any) -> None:
    """The values of a list are read through the field that is picked from it."""
    with practice(lookup_shape=shape) as crm:
        assert crm.read("/lookup/opportunity_lines/product") == expected


@pytest.mark.parametrize(
    "path", ["/lookup/accounts/name", "/lookup/accounts/addresscounty%2Fstate", "/lookup/accounts/a/b"]
)
def test_field_without_a_list_is_not_found(path: str) -> None:
    """A field that is picked from no list answers 404."""
    with practice() as crm:
        answer = crm.send("GET", path)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_append_answers_the_vendors_sample() -> None:
    """Appended values are answered as in the vendor's sample, are in the list, and stand in the history."""
    values = ["new one", "another new one"]
    with practice(lookup_shape=Shape.TEXTS) as crm:
        answer = crm.send("PATCH", "/lookup/sector", {"items": values})
        assert crm.read("/lookup/accounts/sector") == ["Design", "Finance", "Manufacturing", "Retail", *values]
        assert crm.server.snapshot()["lookups"]["sector"]["items"][-2:] == values
        assert crm.server.history()[0].changes == (Change(deed=Deed.CHANGED, object="lookups", id="sector"),)
    expected = {"message": "Lookup values added", "items": [{"value": value, "id": value} for value in values]}
    assert (answer.status_code, answer.json()) == (200, expected)


def test_value_is_appended_once() -> None:
    """A value that is there already is answered again, but neither added nor committed."""
    with practice(lookup_shape=Shape.TEXTS) as crm:
        crm.send("PATCH", "/lookup/product", {"items": ["Hour", "Hour"]})
        again = crm.send("PATCH", "/lookup/product", {"items": ["Hour"]})
        assert crm.read("/lookup/opportunity_lines/product") == ["User Subscription", "Hour"]
        assert [one.committed for one in crm.server.history()] == [True, False, False]
    assert again.json() == {"message": "Lookup values added", "items": [{"value": "Hour", "id": "Hour"}]}


def test_fields_share_a_list() -> None:
    """What is appended to a list is in the lists of all its fields."""
    with practice(lookup_shape=Shape.TEXTS) as crm:
        crm.send("PATCH", "/lookup/source", {"items": ["Fair"]})
        assert [crm.read(f"/lookup/{name}/source")[-1] for name in ("accounts", "opportunities")] == ["Fair", "Fair"]


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": "x"}, {"items": [1]}, {"items": ["a", " "]}, ["a"]])
def test_wrong_items_are_a_bad_request(body: Any) -> None:
    """Only texts can be appended, and at least one."""
    with practice() as crm:
        answer = crm.send("PATCH", "/lookup/type", body)
        assert (answer.status_code, answer.json()) == (400, bad("items is no list of texts"))
        assert crm.server.history()[0].committed is False


def test_unknown_list_is_not_found() -> None:
    """A list that is not there cannot be appended to."""
    with practice() as crm:
        answer = crm.send("PATCH", "/lookup/colour", {"items": ["red"]})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
