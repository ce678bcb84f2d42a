"""The unit tests that a mapping carries: each comes out as stated, or says what came out instead."""

from pathlib import Path

import pytest
from planning_cases import CRELATE, Desk

from migrator.planner.compiling import compile_mapping
from migrator.planner.examples import example_problems
from migrator.planner.forms import ReadFiles

COLUMNS = ("id", "first", "last", "born", "tags", "firm", "name")
PEOPLE = """\
  contacts:
    from: people.csv
    to: contacts
    key: id
    fields:
      FirstName: first
      LastName: {from: last, required: true}
      KeyDate_Birthday: {from: born, transform: [{date: "%d.%m.%Y"}]}
      Tags.Default: {from: tags, transform: [{split: ";"}]}
      CurrentPosition_Company_Id:
        lookup: companies
        by: [{key: firm}, {Name: name}]
        on_missing: create
        create: {Name: "{{ name }}", Description: first}
    examples:
      - EXAMPLE
  companies: {from: firms.csv, to: companies, key: id, fields: {Name: name}}
"""
HINT = "(correct the fields or the example)"


def told(folder: Path, example: str, objects: str = PEOPLE) -> list[str]:
    """Run one example; give what it says, without the place's folder."""
    columns = {"contacts": COLUMNS, "companies": COLUMNS, "notes": COLUMNS}
    compiled = compile_mapping(
        Desk(folder=folder).spec(objects.replace("EXAMPLE", example)), CRELATE, columns, ReadFiles(lambda _stated: {})
    )
    return [str(problem).replace(f"{folder}/acme.yaml:", "") for problem in example_problems(compiled)]


@pytest.mark.parametrize(
    "example",
    [
        '{row: {id: "7", last: King}, record: {LastName: King}}',
        '{row: {id: 7, first: " Ada ", last: King}, record: {FirstName: Ada, LastName: King}}',
        '{row: {id: "7", last: K, born: 10.12.1815}, record: {LastName: K, KeyDate_Birthday: 1815-12-10}}',
        '{row: {id: "7", last: K, born: 10.12.1815}, record: {LastName: K, KeyDate_Birthday: "1815-12-10T00:00:00Z"}}',
        '{row: {id: "7", last: K, tags: a;b}, record: {LastName: K, Tags.Default: [b, a]}}',
        '{row: {id: "7", last: K, firm: "17"}, record: {LastName: K, FIRM: {lookup: companies, key: "17"}}}',
        '{row: {id: "7", last: K, name: X}, record: {LastName: K, FIRM: {lookup: companies, fields: {Name: X}}}}',
        '{row: {id: "8", first: Bob}, reject: E120}',
        '{row: {id: "8", last: K, born: 31.02.1990}, reject: E110}',
        "{row: {last: K}, reject: E121}",
    ],
)
def test_example_that_comes_out_as_stated_says_nothing(tmp_path: Path, example: str) -> None:
    """Records are stated in canonical values, references as what they look for; columns left out are blank."""
    assert told(tmp_path, example.replace("FIRM", "CurrentPosition_Company_Id")) == []


@pytest.mark.parametrize(
    ("example", "facts"),
    [
        ('{row: {id: "7", last: King}, record: {LastName: Kong}}', ['LastName: expected "Kong", got "King"']),
        ('{row: {id: "7", last: King}, record: {}}', ['LastName: expected nothing, got "King"']),
        (
            '{row: {id: "7", last: King}, record: {LastName: King, FirstName: Ada}}',
            ['FirstName: expected "Ada", got nothing'],
        ),
        (
            '{row: {id: "7", first: A, last: K}, record: {LastName: A, FirstName: K}}',
            ['FirstName: expected "K", got "A"', 'LastName: expected "A", got "K"'],
        ),
        ("{row: {last: K}, record: {LastName: K}}", ["the row is refused: E121 id the key is blank"]),
        ('{row: {id: "7", last: K}, reject: E120}', ["the row must be refused with E120, it is accepted"]),
        ('{row: {id: "7"}, reject: E110}', ["the row must be refused with E110, it is refused with E120"]),
        ('{row: {id: "7", lost: K}, reject: E120}', ["the source has no column 'lost'"]),
        (
            '{row: {id: "7", last: K}, record: {LastName: K, KeyDate_Birthday: 10.12.1815}}',
            [
                "KeyDate_Birthday: the stated value is not a date-time",
                "KeyDate_Birthday: expected nothing, got nothing",
            ][:1],
        ),
        (
            '{row: {id: "7", last: K, firm: "17"}, record: {LastName: K}}',
            ['CurrentPosition_Company_Id: expected nothing, got {"key":"17","lookup":"companies"}'],
        ),
    ],
)
def test_example_that_comes_out_otherwise_says_how(tmp_path: Path, example: str, facts: list[str]) -> None:
    """The place of the example, what was expected, and what came out."""
    assert told(tmp_path, example) == [f"21:9: E024 {fact} {HINT}" for fact in facts]


def test_example_of_a_child_states_its_parent(tmp_path: Path) -> None:
    """The parent is shown under its own word."""
    notes = """\
  contacts: {from: people.csv, to: contacts, key: id, fields: {LastName: last}}
  notes:
    from: notes.csv
    to: notes
    key: id
    parent: {lookup: contacts, by: [{key: firm}]}
    fields: {Body: name}
    examples:
      - EXAMPLE
"""
    good = '{row: {id: "1", firm: "7", name: Hi}, record: {Body: Hi, parent: {lookup: contacts, key: "7"}}}'
    assert told(tmp_path, good, notes) == []
    assert told(tmp_path, '{row: {id: "1", name: Hi}, reject: E120}', notes) == []
    bad = '{row: {id: "1", firm: "7", name: Hi}, record: {Body: Hi}}'
    fact = 'parent: expected nothing, got {"key":"7","lookup":"contacts"}'
    assert told(tmp_path, bad, notes) == [f"14:9: E024 {fact} {HINT}"]


DERIVED = """\
  contacts:
    from: people.csv
    to: contacts
    key: k
    rows: [{rename: {id: k}}, {set: {full: "{{ first }} {{ last }}"}}, {where: "{{ false }}"}]
    fields: {LastName: full}
    examples:
      - EXAMPLE
"""


def test_row_of_an_example_is_the_row_after_all_steps(tmp_path: Path) -> None:
    """It states derived columns itself, the steps do not run, and a column that is gone is unknown."""
    assert told(tmp_path, '{row: {k: "7", full: Ada King}, record: {LastName: Ada King}}', DERIVED) == []
    expected = [f"13:9: E024 the source has no column 'id' {HINT}"]
    assert told(tmp_path, '{row: {id: "7"}, record: {}}', DERIVED) == expected
