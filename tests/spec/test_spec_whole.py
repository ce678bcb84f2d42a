"""The whole example of the language, read into values."""

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from migrator.located import Pointer
from migrator.spec.read import read_spec
from migrator.spec.values import (
    Block,
    ByLine,
    Constant,
    Example,
    FieldSpec,
    Form,
    From,
    Limit,
    Limits,
    Lines,
    Lookup,
    MappingSpec,
    Marker,
    MatchLine,
    ObjectSpec,
    Template,
    Transform,
    Value,
)

ACME = Path(__file__).with_name("acme.yaml")
COMPANIES: Pointer = ("objects", "companies")
CONTACTS: Pointer = ("objects", "contacts")
COMPANY: Pointer = (*CONTACTS, "fields", "CurrentPosition_Company_Id")


@pytest.fixture(scope="module", name="acme")
def read_acme() -> MappingSpec:
    """Read it once."""
    return read_spec(ACME)


def field(owner: Pointer, name: str, form: Form, *transforms: Transform, **settings: str) -> FieldSpec:
    """State a field as it should come out; `overwrite` and `on_error` where they are not the usual."""
    pointer = (*owner, "fields", name)
    steps = [
        Transform(name=step.name, argument=step.argument, otherwise=step.otherwise, pointer=(*pointer, "transform", n))
        for n, step in enumerate(transforms)
    ]
    value = Value(form=form, transforms=tuple(steps), on_error=settings.get("on_error", "reject"), pointer=pointer)
    return FieldSpec(name=name, value=value, overwrite=settings.get("overwrite", "always"), on_conflict="ask")


def required(owner: Pointer, name: str, column: str) -> FieldSpec:
    """State a required field of one column."""
    value = Value(form=From(columns=(column,)), is_required=True, pointer=(*owner, "fields", name))
    return FieldSpec(name=name, value=value, overwrite="always", on_conflict="ask")


def test_head_is_read(acme: MappingSpec) -> None:
    """Name, folders, hash and constants."""
    assert (acme.name, acme.path, acme.vars) == ("acme-to-crelate", ACME, {"region": "GB"})
    assert (acme.project, acme.ledger) == (ACME.parent, ACME.parent / ".migrator" / "ledger.sqlite")
    assert acme.sha256 == hashlib.sha256(ACME.read_bytes()).hexdigest()


def test_blocks_are_read(acme: MappingSpec) -> None:
    """Each block has its connector, its prefix, and the settings that stand in it."""
    settings = {"path": "data", "blank_values": ["N/A", "-"]}
    assert acme.source == Block(connector="files", env="FILES", settings=settings, pointer=("source",))
    assert acme.target == Block(connector="crelate", env="CRELATE", settings={}, pointer=("target",))


def test_limits_are_read(acme: MappingSpec) -> None:
    """A number is a number, a share is a share."""
    assert acme.limits == Limits(
        creates=Limit(number=20000), updates=Limit(percent=Decimal(10)), rejects=Limit(percent=Decimal(2))
    )


def test_companies_are_read(acme: MappingSpec) -> None:
    """An object of plain fields: match lines in order, fields in the order of their names, the rest by default."""
    assert acme.objects["companies"] == ObjectSpec(
        name="companies",
        tables=("organizations.csv",),
        to="companies",
        key=("Organization Id",),
        match=(
            MatchLine(parts=(("Website_Business",),), pointer=(*COMPANIES, "match", 0)),
            MatchLine(parts=(("Name",),), pointer=(*COMPANIES, "match", 1)),
        ),
        fields=(
            field(COMPANIES, "Description", Lines(templates=("{{ Description }}", "Industry: {{ Industry }}"))),
            required(COMPANIES, "Name", "Name"),
            field(COMPANIES, "RecordType", Constant(value=["Company"])),
            field(
                COMPANIES,
                "Tags.Default",
                From(columns=("Industry",)),
                Transform(name="split", argument=";"),
                Transform(name="map", argument={"IT": "Technology"}, otherwise="keep"),
            ),
            field(COMPANIES, "Website_Business", From(columns=("Website",)), Transform(name="url")),
        ),
        marker=Marker(pointer=(*COMPANIES, "marker")),
        pointer=COMPANIES,
    )


def test_contacts_are_read(acme: MappingSpec) -> None:
    """The other object's plain fields, with what they state beside their form; constants are filled in."""
    contacts = acme.objects["contacts"]
    assert (contacts.to, contacts.tables, contacts.key) == ("contacts", ("people.csv",), ("User Id",))
    assert [line.parts for line in contacts.match] == [(("EmailAddress_Work",),), (("FirstName",), ("LastName",))]
    assert [one for one in contacts.fields if one.name != "CurrentPosition_Company_Id"] == [
        field(
            CONTACTS, "EmailAddress_Work", From(columns=("Email",)), Transform(name="email"), overwrite="if_blank"
        ),
        field(CONTACTS, "FirstName", From(columns=("First Name",))),
        field(
            CONTACTS,
            "KeyDate_Birthday",
            From(columns=("Date of birth",)),
            Transform(name="date", argument="%d/%m/%Y"),
            on_error="blank",
        ),
        required(CONTACTS, "LastName", "Last Name"),
        field(
            CONTACTS,
            "PhoneNumber_Mobile",
            From(columns=("Mobile", "Phone 2")),
            Transform(name="phone", argument={"region": "GB"}),
        ),
    ]  # fmt: skip


def test_lookup_is_read(acme: MappingSpec) -> None:
    """A reference has its lines in order, each with its inputs, and what a missing record is made of."""
    key = Value(form=From(columns=("Company Id",)), pointer=(*COMPANY, "by", 0, "key"))
    name = Value(form=From(columns=("Company",)), pointer=(*COMPANY, "by", 1, "Name"))
    create = Value(form=Template(text="{{ Company }}"), pointer=(*COMPANY, "create", "Name"))
    lines = (
        ByLine(kind="key", inputs=(("key", key),), pointer=(*COMPANY, "by", 0)),
        ByLine(kind="fields", inputs=(("Name", name),), pointer=(*COMPANY, "by", 1)),
    )
    lookup = Lookup(objects=("companies",), lines=lines, on_missing="create", create=(("Name", create),))
    assert acme.objects["contacts"].fields[0] == field(CONTACTS, "CurrentPosition_Company_Id", lookup)
    assert [line.fields for line in lines] == [(), ("Name",)]


def test_examples_are_read(acme: MappingSpec) -> None:
    """An example keeps its row and its record as they are written: a date without quotes is text."""
    pointer = (*CONTACTS, "examples")
    row = {
        "User Id": "7", "First Name": " Ada ", "Last Name": "Lovelace", "Email": "ADA@X.ORG",
        "Date of birth": "10/12/1815", "Company Id": "17",
    }  # fmt: skip
    record = {
        "FirstName": "Ada", "LastName": "Lovelace", "EmailAddress_Work": "ADA@x.org", "KeyDate_Birthday": "1815-12-10",
        "CurrentPosition_Company_Id": {"lookup": "companies", "key": "17"},
    }  # fmt: skip
    assert acme.objects["contacts"].examples == (
        Example(row=row, record=record, reject="", pointer=(*pointer, 0)),
        Example(row={"User Id": "8", "First Name": "Bob"}, record=None, reject="E120", pointer=(*pointer, 1)),
    )


def test_value_is_found_in_the_text(acme: MappingSpec) -> None:
    """Whatever was read knows its place in the file, for the problems that are found later."""
    lines = ACME.read_text(encoding="utf-8").splitlines()
    for one in acme.objects["contacts"].fields:
        line, column = acme.place(one.pointer, key=True).removeprefix(f"{ACME}:").split(":")
        assert lines[int(line) - 1][int(column) - 1 :].startswith(f"{one.name}:")
