"""What the language has and this version does not build: refused, each use of it once."""

from pathlib import Path

import pytest
from mapping_texts import MAPPING, problems_of, read, replaced, with_field, with_key

LOOKUP = "lookup: people, by: [{key: a}]"


def later(place: str, feature: str) -> list[str]:
    """State the one problem."""
    return [f"m.yaml:{place}: E090 {feature}: not built yet (take it out for now)"]


@pytest.mark.parametrize(
    ("form", "column", "feature"),
    [
        (f"{{{LOOKUP}, unless_similar: 0.93}}", 50, "the guard against typing errors"),
        (f"{{{LOOKUP}, on_ambiguous: ask}}", 50, "asking"),
    ],
)
def test_later_feature_of_a_field_is_refused_once(form: str, column: int, feature: str, tmp_path: Path) -> None:
    """What a field asks for and cannot have yet is one problem, at its key."""
    assert problems_of(tmp_path, with_field(form)) == later(f"11:{column}", feature)


@pytest.mark.parametrize(
    ("line", "column", "feature"),
    [
        ("on_ambiguous: ask", 5, "asking"),
        (f"parent: {{{LOOKUP}, on_ambiguous: ask}}", 46, "asking"),
    ],
)
def test_later_feature_of_an_object_is_refused_once(line: str, column: int, feature: str, tmp_path: Path) -> None:
    """The same holds for what an object asks for."""
    assert problems_of(tmp_path, with_key(line)) == later(f"7:{column}", feature)


def test_later_features_come_in_the_order_of_the_text(tmp_path: Path) -> None:
    """All of them are found at once."""
    text = replaced("LastName: Last", "B: {lookup: people, by: [{key: a}], unless_similar: 0.9}")
    text = text.replace("    key:", "    on_ambiguous: ask\n    key:")
    expected = [("9:5", "asking"), ("12:43", "the guard against typing errors")]
    assert problems_of(tmp_path, text) == [later(*one)[0] for one in expected]


@pytest.mark.parametrize(
    "form",
    [
        "{from: a, options: reject}",
        "{from: a, write: last}",
        "{from: a, options: append}",
        "{from: a, options: blank}",
        "{from: a, options: send}",
        "{from: a, merge: replace, clear: true, overwrite: never, on_conflict: ask}",
        "{from: a, transform: [{map: {write: last, lookup: x, on_ambiguous: ask, options: send}}]}",
        f"{{{LOOKUP}, on_ambiguous: first, on_missing: skip}}",
        "{lookup: target/jobs, by: [{id: a}, {Name: b}], on_missing: blank}",
        "{list: [{value: write}, {from: lookup}]}",
    ],
)
def test_form_that_is_built_is_read(form: str, tmp_path: Path) -> None:
    """What is there already is not refused, nor a word in a place where it means nothing."""
    assert list(read(tmp_path, with_field(form)).objects) == ["people"]


@pytest.mark.parametrize("name", ["write", "sources", "tables", "rows", "by", "lookup", "file", "query", "on_blank"])
def test_names_of_ones_own_are_free(name: str, tmp_path: Path) -> None:
    """Objects, constants, fields, chains and columns of examples may be called like a later feature."""
    text = MAPPING.replace("name: m", f"name: m\nvars: {{{name}: last}}\ntransforms: {{{name}: [trim]}}")
    text += f"  {name}:\n    like: people\n    fields: {{{name}: C, D: {{from: E, transform: [{name}]}}}}\n"
    text += f"    examples: [{{row: {{{name}: x}}, record: {{{name}: {{lookup: [a], on_missing: {{}}}}}}}}]\n"
    assert list(read(tmp_path, text).objects) == ["people", name]


def test_features_in_an_object_of_such_a_name_are_refused(tmp_path: Path) -> None:
    """A name that is free does not hide what stands below it."""
    text = MAPPING + "  write: {like: people, on_ambiguous: ask}\n"
    assert problems_of(tmp_path, text) == later("12:25", "asking")
