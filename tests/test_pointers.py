"""What a record of a target points at, as an undo sees it."""

from migrator.connectors.rest.reading import read_definition
from migrator.pointers import Pointing, filled, may_point, pointing
from migrator.records import Field, Kind, ObjectType, TargetRecord
from migrator.resources import packaged

STATION = read_definition(packaged("connectors", "definitions", "centralstation.yaml")).catalog.objects


def test_word_for_the_kind_tells_what_an_id_is_of() -> None:
    """A task of person 5 is none of company 5."""
    fields = {"attachable_id": "5", "attachable_type": "Person", "user_id": "1"}
    task = TargetRecord(id="9", fields=fields, parents=(("people", "5"),))
    assert list(pointing(STATION["tasks"], task)) == [
        Pointing("tasks", "9", "user_id", "users", "1"),
        Pointing("tasks", "9", "attachable_id", "people", "5"),
    ]


def test_filled_fields_are_those_that_somebody_may_write() -> None:
    """Blanks, what the target keeps itself, what nobody knows, and lists in which children show are none."""
    fields = [Field(name="a", kind=Kind.TEXT), Field(name="b", kind=Kind.LIST), Field(name="c", kind=Kind.ITEMS)]
    kept = Field(name="d", kind=Kind.DATETIME, refused="the target keeps it")
    item = ObjectType(name="deals", fields={one.name: one for one in [*fields, kept]})
    held = {"a": "x", "b": ["y"], "c": [{"no": "1"}], "d": "2024-05-06T07:08:09Z", "e": "?"}
    assert filled(item, held) == {"a": "x", "b": ["y"]}
    assert filled(item, {"a": "", "b": []}) == {}


def test_lists_of_ids_and_of_objects_are_looked_into() -> None:
    """Each id in them is a link; one in a field for records of any kind may be of any object."""
    reference = Field(name="who", kind=Kind.REFERENCE, references="people")
    anything = Field(name="about", kind=Kind.REFERENCE)
    items = Field(name="roles", kind=Kind.ITEMS, items={"who": reference, "as": Field(name="as", kind=Kind.TEXT)})
    deal = ObjectType(name="deals", fields={"who": reference, "about": anything, "roles": items})
    fields = {"who": ["1", "2"], "about": "3", "roles": [{"who": "4", "as": "buyer"}, {"as": "seller"}]}
    found = list(pointing(deal, TargetRecord(id="9", fields=fields)))
    assert [(one.field, one.at, one.at_id) for one in found] == [
        ("who", "people", "1"),
        ("who", "people", "2"),
        ("about", "", "3"),
        ("roles", "people", "4"),
    ]


def test_only_lists_thatmay_point_are_read() -> None:
    """Those with a reference to what was created, or to anything, and those of its children."""
    found = {name for name, item in STATION.items() if may_point(item, {"deals"})}
    assert found == {"projects", "tasks", "protocols", "tags", "custom_fields"} | _ATTACHED


_ATTACHED = {"addrs", "sms", "ims", "emails", "homepages", "tels"}  # what they hang on is a field for any kind
