"""Parts of the connector format that the shipped files rest on: objects like others, choices, counts and wrappers."""

from pathlib import Path

import pytest

from migrator.connectors.rest.definition import Count, Definition
from migrator.connectors.rest.reading import read_definition
from migrator.connectors.rest.substitution import at_path
from migrator.errors import SpecError

HEAD = """
connector: 1
name: made_up
version: "1"
settings: {base_url: {default: "https://example.org"}}
auth: {header: {X-Key: k}}
success: {status: [200]}
actions:
  list: {method: GET, path: "/{place}", count: {path: "/{object}/count", at: total}}
  find: {query: {q: "{value}"}}
objects:
"""


def read(tmp_path: Path, objects: str) -> Definition:
    """Read a file with these objects."""
    path = tmp_path / "made_up.yaml"
    path.write_text(HEAD + objects, encoding="utf-8")
    return read_definition(path)


def test_object_is_like_another(tmp_path: Path) -> None:
    """What an object does not state itself is the other's."""
    objects = """
  tels: {place: details, label: name, required: name, fields: {text: name}, lengths: {name: 9}}
  mails: {like: tels, fields: {email: name}}
"""
    mails = read(tmp_path, objects).objects["mails"]
    name = mails.type.fields["name"]
    assert (mails.type.name, mails.type.label, mails.actions["list"].path) == ("mails", ("name",), "/details")
    assert (name.kind, name.required, name.max_length) == ("email", True, 9)


@pytest.mark.parametrize("like", ["nobody", "mails", "same"])
def test_object_is_like_one_that_is_spelled_out(tmp_path: Path, like: str) -> None:
    """There are no chains, and no circles."""
    objects = f"\n  tels: {{fields: {{}}}}\n  same: {{like: tels}}\n  mails: {{like: {like}}}\n"
    with pytest.raises(SpecError, match=f"E012 no object '{like}'"):
        read(tmp_path, objects)


def test_choices_may_have_blanks(tmp_path: Path) -> None:
    """They are words, or a list."""
    objects = "\n  tasks: {fields: {text: kind size}, choices: {kind: [TO DO, Call], size: big small}}\n"
    fields = read(tmp_path, objects).objects["tasks"].type.fields
    assert [fields[name].options for name in ("kind", "size")] == [("TO DO", "Call"), ("big", "small")]


def test_count_is_of_the_whole_list(tmp_path: Path) -> None:
    """What is looked for is not held against the number of all records."""
    actions = read(tmp_path, "\n  people: {fields: {text: name}}\n").objects["people"].actions
    assert (actions["list"].count, actions["find"].count) == (Count(path="/people/count", at="total"), None)


@pytest.mark.parametrize(("data", "found"), [({"a": 1}, 1), ({"a": 1, "b": 2}, None), ({}, None), ([1], None)])
def test_star_is_the_only_value(data: object, found: object) -> None:
    """A wrapper of any name, if there is but one."""
    assert at_path({"item": data}, "item.*") == found
