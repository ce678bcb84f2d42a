"""Crelate's definition, held against the models of its vendor; and connector files that are wrong."""

from dataclasses import replace
from pathlib import Path

import pytest
from connecting import CRELATE
from crelate_models import ADDED, SAVED, fields_of
from scripting import define

from migrator.connectors.rest.definition import (
    Action,
    Auth,
    Definition,
    ErrorRule,
    Identity,
    Limits,
    Paging,
    Setting,
    Window,
)
from migrator.connectors.rest.reading import expand, read_definition, shipped
from migrator.errors import SpecError
from migrator.records import Catalog, Field, Kind, Tier
from migrator.resources import packaged

READ_ONLY = "the target sets it itself"
FROM_NAMES = "the target would create a record from it; map the '_Id' beside it with a lookup"
UNTYPED = "it holds values of a shape that this connector does not write"
KINDS = {
    "Boolean": Kind.BOOLEAN,
    "Integer": Kind.INTEGER,
    "Float": Kind.DECIMAL,
    "DateTime": Kind.DATETIME,
    "Array<String>": Kind.LIST,
    "Hash": Kind.TAGS,
}
PREFIXES = {"EmailAddress_": Kind.EMAIL, "PhoneNumber_": Kind.PHONE, "Website_": Kind.URL}
REFERENCES = {
    "companies": {
        "ParentAccount_Id": "companies",
        "AdditionalContact_Billing_Id": "contacts",
        "AdditionalContact_Other_Id": "contacts",
    },
    "contacts": {
        "CurrentPosition_Company_Id": "companies",
        **{f"RelatedContact_{who}_Id": "contacts" for who in ("Assistant", "Client", "Other", "ReferredBy", "Spouse")},
    },
    "jobs": {"Company_Id": "companies", "ParentJob_Id": "jobs", "AdditionalContact_Client_Id": "contacts"},
    "notes": {},
    "tasks": {},
}
REQUIRED = {("companies", "Name"), ("jobs", "Name"), ("notes", "Body"), ("tasks", "Body")}
MINIMAL = """\
connector: 1
name: tiny
version: "1"
settings: {base_url: {default: "https://tiny.example/api"}}
auth: {header: {X-Key: "{key}"}}
success: {status: [200]}
actions:
  create: {method: POST, path: "/{object}"}
objects:
  people:
    fields: {text: Name}
"""


def read(tmp_path: Path, text: str) -> Definition:
    """Read the text of a connector file."""
    path = tmp_path / "tiny.yaml"
    path.write_text(text, encoding="utf-8")
    return read_definition(path)


def is_name_of_lookup(name: str, model: dict[str, str]) -> bool:
    """Tell whether the target would create a record from this text: it names what an `_Id` beside it points at."""
    prefix, _, last = name.rpartition("_")
    return last in {"Name", "FirstName", "LastName"} and f"{prefix}_Id" in model


def kind_of(object_name: str, name: str, vendor_type: str) -> Kind:
    """Give the kind that a field of the vendor's should have."""
    if name in REFERENCES[object_name]:
        return Kind.REFERENCE
    prefix = name[: name.find("_") + 1]
    is_text = vendor_type == "String" and not name.endswith("_Extension")
    return PREFIXES.get(prefix, Kind.TEXT) if is_text else KINDS.get(vendor_type, Kind.TEXT)


def expected_fields(object_name: str) -> dict[str, Field]:
    """Say what each field of both models should be."""
    saved, added = fields_of(SAVED[object_name]), fields_of(ADDED[object_name])
    refused = dict.fromkeys(added, READ_ONLY) | dict.fromkeys(
        (name for name in saved if is_name_of_lookup(name, saved)), FROM_NAMES
    )
    return {
        name: Field(
            name=name,
            kind=kind_of(object_name, name, vendor_type),
            required=(object_name, name) in REQUIRED,
            refused=refused.get(name, UNTYPED if name == "JobTypes" else ""),
            references=REFERENCES[object_name].get(name, ""),
        )
        for name, vendor_type in (saved | added).items()
    }


@pytest.mark.parametrize("object_name", SAVED)
def test_definition_holds_every_field_of_the_models(object_name: str) -> None:
    """Each field of the save and the get model is there with its kind and why it may not be written, and no other."""
    assert dict(CRELATE.objects[object_name].type.fields) == expected_fields(object_name)


def test_definition_counts_as_the_vendor_does() -> None:
    """The models have as many fields as the vendor says: what can be saved, and what a GET holds."""
    counts = {name: len(item.type.fields) for name, item in CRELATE.objects.items()}
    assert {name: len(fields_of(SAVED[name])) for name in SAVED} == {
        "companies": 67, "contacts": 132, "jobs": 88, "notes": 4, "tasks": 6,
    }  # fmt: skip
    assert counts == {"companies": 78, "contacts": 144, "jobs": 120, "notes": 14, "tasks": 16}


@pytest.mark.parametrize("object_name", SAVED)
def test_definition_never_sends_what_the_target_sets_or_creates_from(object_name: str) -> None:
    """A replacing body leaves out the fields of the get model alone and the names of lookups; all else is sent back."""
    saved = fields_of(SAVED[object_name])
    from_names = {name for name in saved if is_name_of_lookup(name, saved)}
    assert CRELATE.objects[object_name].never_sent == from_names | set(fields_of(ADDED[object_name]))


@pytest.mark.parametrize(
    ("object_name", "tier", "parents", "label", "is_listed"),
    [
        ("companies", "A", (), ("Name",), True),
        ("contacts", "A", (), ("FirstName", "LastName", "EmailAddress_Work"), True),
        ("jobs", "A", (), ("Name",), True),
        ("notes", "C", ("contacts", "companies", "jobs"), ("Body",), False),
        ("tasks", "C", ("contacts", "companies", "jobs"), ("Body",), False),
    ],
)
def test_object_says_how_it_is_found_again(
    object_name: str, tier: str, parents: tuple[str, ...], label: tuple[str, ...], *, is_listed: bool
) -> None:
    """What can be listed is recognised by its marker; notes and tasks live under a parent and cannot be."""
    found = CRELATE.objects[object_name].type
    assert (found.name, found.marker) == (object_name, "ExternalPrimaryKey")
    assert (found.tier, found.parents, found.label, found.is_listed) == (Tier(tier), parents, label, is_listed)


def test_actions_are_the_routes_of_the_vendor() -> None:
    """List by time of change, get, create (also under a parent), replace and delete."""
    pages = Paging(offset="skip", size="take", max=500, more="MoreRecords")
    actions = {
        "list": Action(
            method="GET",
            path="/contacts/recent",
            query={"modified": "{minutes}"},
            items="Results",
            all_minutes=31_104_000,
        ),
        "get": Action(method="GET", path="/contacts/{id}"),
        "create": Action(method="POST", path="/contacts", under="/{parent}/{parent_id}/contacts"),
        "update": Action(method="PUT", path="/contacts/{id}", replaces="all"),
        "delete": Action(method="DELETE", path="/contacts/{id}"),
    }
    paged = {name: replace(action, paging=pages) for name, action in actions.items()}
    assert dict(CRELATE.objects["contacts"].actions) == paged
    assert sorted(CRELATE.objects["notes"].actions) == ["create", "delete", "get", "update"]
    assert [action.replaces_all for action in CRELATE.objects["tasks"].actions.values()].count(True) == 1


def test_definition_states_the_conventions_of_the_api() -> None:
    """Key in the query, dates with Z, pages of 500, 80 % of a guessed limit, a 500 that refuses."""
    assert CRELATE.settings == {
        "base_url": Setting(default="https://app.crelate.com/api/pub/v1", hosts=("*.crelate.com",)),
        "api_key": Setting(is_secret=True),
    }
    assert (CRELATE.auth, CRELATE.user_agent) == (Auth(query={"api_key": "{api_key}"}), "")
    assert CRELATE.formats == {
        Kind.DATE: "%Y-%m-%d",
        Kind.DATETIME: "%Y-%m-%dT%H:%M:%SZ",
        Kind.DECIMAL: "number",
        Kind.INTEGER: "number",
        Kind.BOOLEAN: [False, True],
        Kind.LIST: "array",
    }
    assert (CRELATE.success_status, CRELATE.id_path) == (frozenset({200, 201}), "Id")
    rule = ErrorRule(statuses=frozenset({500}), means="invalid", names_required=True, confirm=True)
    assert CRELATE.errors == (rule,)
    window = Window(requests=4, seconds=1.0)
    assert CRELATE.limits == Limits(
        windows=(window,), concurrency=1, timeout_seconds=30.0, settle_seconds=120.0, lag_seconds=5.0
    )
    assert CRELATE.identity == Identity(path="/domain/workflowStatuses", id="Id")


@pytest.mark.parametrize(
    ("spelled", "fits"),
    [
        ("450bf96e-eb32-42bc-d11f-6ce89035dd08", True),
        ("450BF96E-EB32-42BC-D11F-6CE89035DD08", True),
        ("450bf96eeb3242bcd11f6ce89035dd08", False),
        ("450bf96e-eb32-42bc-d11f-6ce89035dd0", False),
        ("x450bf96e-eb32-42bc-d11f-6ce89035dd08", False),
        ("450bf96e-eb32-42bc-d11f-6ce89035dd08/..", False),
        ("0", False),
    ],
)
def test_id_looks_like_a_guid(spelled: str, *, fits: bool) -> None:
    """An id is a GUID with dashes, and nothing else is."""
    assert bool(CRELATE.id_pattern.match(spelled)) is fits


def test_catalog_is_what_a_mapping_is_checked_against() -> None:
    """The catalog has the connector's name and version, and each object's type."""
    types = {name: item.type for name, item in CRELATE.objects.items()}
    assert CRELATE.catalog == Catalog(connector="crelate", version="1", objects=types)


def test_shipped_definitions_are_short() -> None:
    """A readable CRM takes less than 200 lines."""
    sizes = {
        name: len(packaged("connectors", "definitions", f"{name}.yaml").read_text().splitlines()) for name in shipped()
    }
    assert [name for name, size in sizes.items() if size >= 200] == []
    assert "crelate" in sizes


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Name", "Name"),
        ("A B", "A B"),
        ("A_{B,C}", "A_B A_C"),
        ("A_{B,C}_{D,E}", "A_B_D A_B_E A_C_D A_C_E"),
        ("{A,B}_Id C", "A_Id B_Id C"),
        ("{A}", "A"),
        ("A{,_X}", "A A_X"),
        ("  A \n B{1,2}  ", "A B1 B2"),
        ("", ""),
    ],
)
def test_family_is_written_out(words: str, expected: str) -> None:
    """Braces stand for each of their words, several of them for each pair."""
    assert " ".join(expand(words)) == expected


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("connector: 1\n", "connector: 2\n", "1:12: E013 '2' is not 1 in connector"),
        (
            "name: tiny",
            "name: Tiny!",
            "2:7: E013 'Tiny!' is not written as this needs in name (pattern ^[a-z][a-z0-9_]*$)",
        ),
        ("success: {status: [200]}\n", "", "1:1: E014 'success' is missing"),
        ("status: [200]", "status: []", "6:19: E013 this is empty in success.status (fill it or take it out)"),
        ('"1"', "1", "3:10: E013 expected text, got a whole number in version (quote it: '1')"),
        ("objects:", "object:", "9:1: E012 unknown key 'object' (did you mean 'objects'?)"),
        (
            "method: POST",
            "method: POSTS",
            (
                "8:20: E012 'POSTS' is not one of GET, POST, PUT, PATCH, DELETE in actions.create.method"
                " (did you mean 'POST'?)"
            ),
        ),
        (
            'path: "/{object}"',
            "path: people",
            (
                "8:32: E013 'people' is not written as this needs in actions.create.path"
                " (May hold {object}, {one}, {place}, {id}, {parent}, {parent_one} and {parent_id}.)"
            ),
        ),
        (
            "{text: Name}",
            "{string: Name}",
            (
                "11:14: E012 unknown key 'string' in objects.people.fields (allowed: text, email, phone, url, integer,"
                " decimal, boolean, date, datetime, list, tags, untyped, reference)"
            ),
        ),
        ("{text: Name}", "{text: [Name]}", "11:20: E013 expected text, got a list in objects.people.fields.text"),
        ("{text: Name}", "{text: Name}\n    tier: D", "12:11: E012 'D' is not one of A, B, C in objects.people.tier"),
        (
            "{base_url: ",
            "{key: {secret: yes}, base_url: ",
            "4:26: E013 expected true or false, got text in settings.key.secret",
        ),
        ("settings: {base_url: {", "settings: {url: {", "4:11: E014 'base_url' is missing in settings"),
    ],
)
def test_wrong_connector_file_is_explained(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """What is wrong with a connector file, with its place."""
    assert MINIMAL.count(old) == 1
    with pytest.raises(SpecError) as caught:
        read(tmp_path, MINIMAL.replace(old, new))
    assert str(caught.value) == f"tiny.yaml:{problem}"


def test_all_that_is_wrong_with_a_connector_file_comes_at_once(tmp_path: Path) -> None:
    """Nobody mends one line after the other; the problems stand in the order of the file."""
    text = MINIMAL.replace("POST", "PAST").replace("name:", "nam:").replace("[200]", "[404]").replace("text:", "txt:")
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)
    assert [str(problem) for problem in caught.value.problems] == [
        "tiny.yaml:2:1: E012 unknown key 'nam' (did you mean 'name'?)",
        "tiny.yaml:6:20: E013 expected at most 299, got 404 in success.status[0]",
        (
            "tiny.yaml:8:20: E012 'PAST' is not one of GET, POST, PUT, PATCH, DELETE in actions.create.method"
            " (did you mean 'POST'?)"
        ),
        "tiny.yaml:11:14: E012 unknown key 'txt' in objects.people.fields (did you mean 'text'?)",
    ]


def test_missing_connector_file_is_told(tmp_path: Path) -> None:
    """A connector file that is not there is named."""
    with pytest.raises(SpecError) as caught:
        read_definition(tmp_path / "gone.yaml")
    expected = "gone.yaml: E001 cannot read the file: No such file or directory (check path and permissions)"
    assert str(caught.value) == expected


def test_small_connector_file_gets_defaults(tmp_path: Path) -> None:
    """What a connector does not state is the careful value: one at a time, tier C, a wait of two minutes."""
    tiny = read(tmp_path, MINIMAL)
    assert (tiny.title, tiny.limits, tiny.identity, tiny.null) == ("tiny", Limits(), None, "null")
    assert (tiny.limits.concurrency, tiny.limits.windows) == (1, ())
    assert (tiny.limits.timeout_seconds, tiny.limits.settle_seconds, tiny.limits.lag_seconds) == (30.0, 120.0, 5.0)
    assert tiny.objects["people"].actions == {"create": Action(method="POST", path="/people")}
    assert (tiny.id_path, tiny.id_pattern.pattern, tiny.errors) == ("id", r"^[^\s/?#]+$", ())
    assert (tiny.objects["people"].type.tier, tiny.objects["people"].type.is_listed) == (Tier.BLIND, False)


def test_action_is_taken_away_by_null(tmp_path: Path) -> None:
    """For one object or for all, and what an object states goes before what holds for all, key by key."""
    text = MINIMAL.replace("actions:\n", "actions:\n  get: null\n  list: {method: GET, path: /all, items: rows}\n")
    tiny = read(tmp_path, text + '    actions: {create: null, list: {path: "/own"}}\n')
    expected = {"list": Action(method="GET", path="/own", items="rows")}
    assert dict(tiny.objects["people"].actions) == expected


@pytest.mark.parametrize(
    ("limits", "windows", "timeout", "settle"),
    [
        ("{windows: [{requests: 50, seconds: 10}]}", [(50, 10.0)], 30.0, 120.0),
        ("{guessed: true, windows: [{requests: 50, seconds: 10}]}", [(40, 10.0)], 30.0, 120.0),
        ("{guessed: true, windows: [{requests: 1, seconds: 0.5}]}", [(1, 0.5)], 30.0, 120.0),
        ("{timeout_seconds: 90}", [], 90.0, 180.0),
        ("{timeout_seconds: 90, settle_seconds: 7}", [], 90.0, 7.0),
    ],
)
def test_limits_are_read(
    tmp_path: Path, limits: str, windows: list[tuple[int, float]], timeout: float, settle: float
) -> None:
    """80 % of a guessed limit, but never none; the settle time is twice the deadline, at least two minutes."""
    found = read(tmp_path, f"{MINIMAL}limits: {limits}\n").limits
    assert [(window.requests, window.seconds) for window in found.windows] == windows
    assert (found.timeout_seconds, found.settle_seconds) == (timeout, settle)


def test_word_for_a_parent_is_what_the_body_holds_of_it(tmp_path: Path) -> None:
    """A constant in a parent's part of the body is the parent's word; what is filled in is none."""
    objects = """
        objects:
          people: {fields: {text: name}}
          notes: {fields: {text: name}, parents: {people: {type: Human, id: "{parent_id}"}}}
    """
    words = define(tmp_path, objects).catalog.objects["notes"].kind_words
    assert words == {"type": {"people": "Human"}}
