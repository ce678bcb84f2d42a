"""The field lists, held against the vendor's own definition."""

import json
from pathlib import Path

import pytest
from practising import practice

from migrator.emulators.crelate.models import MODELS, Type, expanded

FIELDS = json.loads(Path(__file__).with_name("crelate_v1_fields.json").read_text(encoding="utf-8"))
TYPES = {
    "String": Type.TEXT,
    "Boolean": Type.FLAG,
    "Integer": Type.INTEGER,
    "Float": Type.NUMBER,
    "DateTime": Type.MOMENT,
    "Array<String>": Type.TEXTS,
    "Hash<String, Array<String>>": Type.TAGS,
    "Array<PublicApiSaveJobRequestJobType>": Type.PICKS,
}


def test_families_expand() -> None:
    """Braces multiply out, from the left, and may hold nothing."""
    assert list(expanded("A_{B,C}{,_D} E")) == ["A_B", "A_B_D", "A_C", "A_C_D", "E"]


@pytest.mark.parametrize(
    ("name", "saved", "read"),
    [("contacts", 132, 144), ("companies", 67, 78), ("jobs", 88, 120), ("notes", 4, 14), ("tasks", 6, 16)],
)
def test_model_is_the_vendors(name: str, saved: int, read: int) -> None:
    """Each model has the vendor's fields with the vendor's types, and no others."""
    expected = {field: TYPES[kind] for kind, names in FIELDS[name]["saved"].items() for field in names.split()}
    assert MODELS[name].types == expected
    assert set(MODELS[name].blank) == {*expected, *FIELDS[name]["read_only"].split()}
    assert (len(expected), len(MODELS[name].blank)) == (saved, read)


@pytest.mark.parametrize("name", ["contacts", "companies", "jobs", "notes", "tasks"])
def test_record_shows_all_fields_of_its_model(name: str) -> None:
    """A record that is read has every field of the vendor's model, those that are not set as null."""
    with practice() as crm:
        record_id = crm.create(f"/{name}", Name="n", Body="b")
        shown = crm.read(f"/{name}/{record_id}")
    saved = {field for names in FIELDS[name]["saved"].values() for field in names.split()}
    assert set(shown) == saved | set(FIELDS[name]["read_only"].split())
    assert {field for field in saved if shown[field] is not None} <= {"Name", "Body"}


@pytest.mark.parametrize("name", ["contacts", "companies", "jobs", "notes", "tasks"])
def test_every_plain_field_is_kept(name: str) -> None:
    """What is written into each field that is no lookup comes back the same."""
    samples = {Type.TEXT: " Ä x ", Type.FLAG: True, Type.INTEGER: 7, Type.NUMBER: 2, Type.TEXTS: ["a"]}
    samples |= {Type.MOMENT: "2017-01-01T15:00:00Z", Type.TAGS: {"Default": ["t"]}}
    lookups = {field for one in MODELS[name].lookups for field in (one.id, *one.names)} | {"JobTypes"}
    fields = {field: samples[kind] for field, kind in MODELS[name].types.items() if field not in lookups}
    with practice() as crm:
        shown = crm.read(f"/{name}/{crm.create(f'/{name}', **fields)}")
    assert {field: shown[field] for field in fields} == fields
