"""Each kind of value as the connector writes it on the wire, field by field, there and back."""

from datetime import UTC, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scripting import define

from migrator.connectors.rest.json_text import dump_json, load_json
from migrator.connectors.rest.wire import decode_record, encode_body
from migrator.records import Kind, Write

BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = """
objects:
  people:
    fields:
      text: name address.{street,city} phones[].kind
      date: born
      datetime: seen
      decimal: pay
      integer: age
      boolean: is_vip
      list: labels
      phone: phones[].number
"""
PARTS = """
objects:
  people:
    fields:
      text: address.street address.city company.id
      phone: phones[].number
      date: phones[].since
      decimal: phones[].cost
    read_only: {text: address.changed}
    creates_from_names: company.name
    formats: {"phones[].since": "%d.%m.%Y"}
"""


def there_and_back(folder: Path, wire: str, name: str, value: Any, zone: tzinfo = UTC) -> tuple[Any, Any]:
    """Write one value, and read what was written."""
    definition = define(folder, f"wire: {{{wire}}}\n{FIELDS}")
    action = definition.objects["people"].actions["create"]
    body = encode_body(definition, Write(object="people", fields={name: value}), action, zone)
    travelled = load_json(dump_json(body), "")
    return body[name], decode_record(definition, "people", travelled, zone).fields[name]


@pytest.mark.parametrize(
    ("wire", "name", "value", "travels"),
    [
        ("", "born", "1815-12-10", "1815-12-10"),
        ("date: '%d.%m.%Y'", "born", "0815-12-01", "01.12.0815"),
        ("date: '%m/%d/%Y'", "born", "2024-01-02", "01/02/2024"),
        ("date: '%Y%m%d'", "born", "2024-01-31", "20240131"),
        ("date: {y: '%Y', mo: '%m', d: '%d'}", "born", "1815-02-01", {"y": 1815, "mo": 2, "d": 1}),
        ("date: {__class__: Date, day: '%Y-%m-%d'}", "born", "1815-02-01", {"__class__": "Date", "day": "1815-02-01"}),
        ("", "seen", "2024-01-31T08:40:49Z", "2024-01-31T08:40:49Z"),
        ("", "seen", "2024-01-31T08:40:49.35Z", "2024-01-31T08:40:49.35Z"),
        ("datetime: '%Y-%m-%d %H:%M:%S'", "seen", "2024-01-31T08:40:49Z", "2024-01-31 08:40:49"),
        ("datetime: '%Y-%m-%dT%H:%M:%S%z'", "seen", "2024-01-31T08:40:49Z", "2024-01-31T08:40:49+0000"),
        (
            "datetime: {y: '%Y', mo: '%m', d: '%d', h: '%H', mi: '%M'}",
            "seen",
            "2024-01-31T08:05:00Z",
            {"y": 2024, "mo": 1, "d": 31, "h": 8, "mi": 5},
        ),
        ("", "pay", "0.10", Decimal("0.10")),
        ("decimal: text", "pay", "1234567890.5", "1234567890.5"),
        (
            "decimal: {__class__: Decimal, decimal: '{value}'}",
            "pay",
            "12.5",
            {"__class__": "Decimal", "decimal": "12.5"},
        ),
        ("", "age", 36, 36),
        ("integer: text", "age", -36, "-36"),
        ("", "is_vip", True, True),
        ("boolean: ['0', '1']", "is_vip", True, "1"),
        ("boolean: ['0', '1']", "is_vip", False, "0"),
        ("boolean: [0, 1]", "is_vip", False, 0),
        ("boolean: [nein, ja]", "is_vip", True, "ja"),
        ("", "labels", ["a", "b c"], ["a", "b c"]),
        ("list: ' |##| '", "labels", ["a", "b, c"], "a |##| b, c"),
        ("list: ';'", "labels", ["a"], "a"),
    ],
)
def test_value_travels_in_its_format(tmp_path: Path, wire: str, name: str, value: Any, travels: Any) -> None:
    """What is written is what the connector states, and reading it gives the same value."""
    written, read = there_and_back(tmp_path, wire, name, value)
    assert (written, type(written)) == (travels, type(travels))
    assert (read, type(read)) == ("0.1" if value == "0.10" else value, type(value))


@pytest.mark.parametrize(
    ("wire", "value", "travels"),
    [
        ("datetime: '%Y-%m-%d %H:%M:%S'", "2024-07-31T06:00:00Z", "2024-07-31 08:00:00"),
        ("datetime: '%Y-%m-%d %H:%M:%S'", "2024-01-31T06:00:00Z", "2024-01-31 07:00:00"),
        ("datetime: {d: '%d', h: '%H', m: '%m', y: '%Y'}", "2024-12-31T23:00:00Z", {"d": 1, "h": 0, "m": 1, "y": 2025}),
        ("datetime: '%Y-%m-%dT%H:%M:%SZ'", "2024-07-31T06:00:00Z", "2024-07-31T06:00:00Z"),
    ],
)
def test_moment_without_a_zone_is_the_accounts(tmp_path: Path, wire: str, value: str, travels: Any) -> None:
    """A format that names no zone is local time of the account, summer and winter; one with Z stays UTC."""
    assert there_and_back(tmp_path, wire, "seen", value, BERLIN) == (travels, value)


@pytest.mark.parametrize(
    ("wire", "raw", "expected"),
    [
        ("date: '%d.%m.%Y'", {"born": "31.02.2024"}, "31.02.2024"),
        ("date: '%d.%m.%Y'", {"born": "2024-02-01"}, "2024-02-01"),
        ("date: {y: '%Y', m: '%m'}", {"born": {"m": 2}}, "{'m': 2}"),
        ("boolean: [0, 1]", {"is_vip": "1"}, True),
        ("boolean: [0, 1]", {"is_vip": 2}, 2),
        ("integer: text", {"age": "7a"}, "7a"),
        ("integer: text", {"age": Decimal("7.0")}, 7),
        ("decimal: {v: '{value}'}", {"pay": 7}, "7"),
        ("decimal: {v: '{value}'}", {"pay": {"w": 7}}, "None"),
        ("list: ';'", {"labels": "a;;b;"}, ["a", "b"]),
        ("list: ';'", {"labels": ["a;b"]}, ["a;b"]),
    ],
)
def test_value_that_does_not_fit_its_format_is_kept(tmp_path: Path, wire: str, raw: Any, expected: Any) -> None:
    """Nothing is made up: what cannot be read is shown as it came, so that a difference is seen."""
    definition = define(tmp_path, f"wire: {{{wire}}}\n{FIELDS}")
    (found,) = decode_record(definition, "people", raw).fields.values()
    assert (found, type(found)) == (expected, type(expected))


def test_field_may_have_a_format_of_its_own(tmp_path: Path) -> None:
    """It goes before that of its kind, and leaves the other fields alone."""
    text = "objects: {people: {fields: {date: born met}, formats: {met: '%d/%m/%y'}}}"
    definition = define(tmp_path, "wire: {date: '%d.%m.%Y'}\n" + text)
    change = Write(object="people", fields={"born": "2024-01-31", "met": "2024-01-31"})
    body = encode_body(definition, change, definition.objects["people"].actions["create"])
    assert body == {"born": "31.01.2024", "met": "31/01/24"}
    assert decode_record(definition, "people", body).fields == change.fields


def test_other_fields_than_those_that_are_needed_are_not_looked_at(tmp_path: Path) -> None:
    """A field that nobody needs is neither read nor judged; the id always is."""
    definition = define(tmp_path, f"wire: {{date: '%d.%m.%Y'}}\n{FIELDS}")
    raw = {"id": "7", "name": "Ada", "age": 3, "odd": "x"}
    found = decode_record(definition, "people", raw, only=("name", "nothing"))
    assert (found.id, found.fields) == ("7", {"name": "Ada"})


def cleared(folder: Path, wire: str, *, record_id: str = "7", action: str = "update") -> dict[str, Any]:
    """Clear a field of a record; give the body."""
    definition = define(folder, f"wire: {{{wire}}}\n{FIELDS}", update="{method: PUT, path: '/{object}/{id}'}")
    before = decode_record(definition, "people", {"id": "7", "name": "Ada", "age": 3})
    change = Write(object="people", fields={"name": None, "age": 4}, id=record_id, before=before if record_id else None)
    return encode_body(definition, change, definition.objects["people"].actions[action])


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("", {"name": None, "age": 4}),
        ("null: 'null'", {"name": None, "age": 4}),
        ("null: empty", {"name": "", "age": 4}),
        ("null: omit", {"age": 4}),
    ],
)
def test_cleared_field_travels_as_the_connector_says(tmp_path: Path, wire: str, expected: Any) -> None:
    """Null, an empty text, or nothing where this target cannot clear a field; a create has nothing to clear."""
    assert cleared(tmp_path, wire) == expected
    assert cleared(tmp_path, wire, record_id="", action="create") == {"age": 4}


def update(folder: Path, raw: dict[str, Any], *, replaces: str = "", **fields: Any) -> dict[str, Any]:
    """Update a record as it was read; give the body, and see that what was read is untouched."""
    definition = define(folder, PARTS, update=f"{{method: PUT, path: '/{{object}}/{{id}}'{replaces}}}")
    before = decode_record(definition, "people", raw)
    untouched = load_json(dump_json(raw), "")
    change = Write(object="people", fields=fields, id="7", before=before)
    body = encode_body(definition, change, definition.objects["people"].actions["update"])
    assert raw == untouched
    return body


def test_part_of_an_object_keeps_its_siblings(tmp_path: Path) -> None:
    """A partial update sends the whole object around a field, without what is null or the target's own."""
    raw = {"id": "7", "address": {"street": "A 1", "city": "Rome", "zip": None, "x": {"y": 1}, "changed": "now"}}
    body = update(tmp_path, raw, **{"address.city": "Oslo"})
    assert body == {"address": {"street": "A 1", "city": "Oslo", "x": {"y": 1}}}


def test_part_of_an_object_never_sends_a_name_beside_its_id(tmp_path: Path) -> None:
    """A name from which the target would make a record stays out of the object that is sent back."""
    raw = {"id": "7", "company": {"id": "1", "name": "Old", "kind": "x"}}
    assert update(tmp_path, raw, **{"company.id": "2"}) == {"company": {"id": "2", "kind": "x"}}


@pytest.mark.parametrize("raw", [{}, {"address": None}, {"address": "A 1"}, {"address": []}])
def test_part_of_an_object_that_is_not_there_makes_it(tmp_path: Path, raw: dict[str, Any]) -> None:
    """Where the record held no such object, it holds our fields only."""
    body = update(tmp_path, {"id": "7", **raw}, **{"address.city": "Oslo", "address.street": "B 2"})
    assert body == {"address": {"city": "Oslo", "street": "B 2"}}


def test_whole_record_keeps_all_but_what_is_never_sent(tmp_path: Path) -> None:
    """A replacing update sends all back, deep down too, and leaves a cleared part out."""
    raw = {"id": "7", "address": {"street": "A", "city": "Rome", "changed": "now"}, "company": {"name": "n"}, "x": 1}
    body = update(tmp_path, raw, replaces=", replaces: all", **{"address.street": None})
    assert body == {"id": "7", "address": {"city": "Rome"}, "company": {}, "x": 1}


ITEMS: list[dict[str, Any]] = [{"number": "1", "since": "2024-01-31", "cost": "1.5"}, {"number": "2"}]
TRAVELLING: list[dict[str, Any]] = [{"number": "1", "since": "31.01.2024", "cost": Decimal("1.5")}, {"number": "2"}]


def test_objects_in_a_list_are_one_field(tmp_path: Path) -> None:
    """Each part has its kind and its format, there and back; unknown and empty parts are left out."""
    definition = define(tmp_path, PARTS)
    field = definition.objects["people"].type.field("phones")
    assert field is not None
    kinds = {name: part.kind for name, part in field.items.items()}
    expected = {"number": Kind.PHONE, "since": Kind.DATE, "cost": Kind.DECIMAL}
    assert (field.kind, kinds) == (Kind.ITEMS, expected)
    raw = {"id": "7", "phones": [{**TRAVELLING[0], "id": 3}, {**TRAVELLING[1], "cost": None, "since": ""}]}
    assert decode_record(definition, "people", raw).fields == {"phones": ITEMS}


def test_objects_in_a_list_are_written_whole(tmp_path: Path) -> None:
    """Only what the connector knows is sent; a part that is null is no part."""
    items = [{**ITEMS[0], "odd": 1}, {**ITEMS[1], "since": None}]
    assert update(tmp_path, {"id": "7", "phones": []}, phones=items) == {"phones": TRAVELLING}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [({"number": "1"}, [{"number": "1"}]), (["x"], [{}]), ([None, {"number": "2"}], [{}, {"number": "2"}])],
)
def test_list_of_objects_that_is_none_is_read_as_far_as_it_goes(tmp_path: Path, raw: Any, expected: Any) -> None:
    """One object stands for a list of one; what is no object has no parts."""
    assert decode_record(define(tmp_path, PARTS), "people", {"phones": raw}).fields == {"phones": expected}
