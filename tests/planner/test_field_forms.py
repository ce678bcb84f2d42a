"""Field forms and the keys beside them: which value a row gives."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from planning_cases import refusal_or, scope_of

from migrator.located import parse_located
from migrator.planner.forms import compile_value
from migrator.spec.forms import Scope as SpecScope
from migrator.spec.forms import read_value

COLUMNS = ("A", "B", "C", "Tags")


def value_of(form: str, row: Mapping[str, Any], **constants: Any) -> Any:
    """Read a form as it stands in a mapping, and take its value from one row, with its notes; or give the problems."""
    document = parse_located(f"f: {form}", name="acme.yaml")
    reading = SpecScope(document=document, vars=constants, chains={"shout": ["trim", "upper"]})
    value = read_value(document.data["f"], ("f",), reading)
    scope = scope_of(*COLUMNS, constants=constants)
    get = compile_value(value, scope)
    if problems := [*reading.problems, *scope.problems]:
        return f"? {'; '.join(f'{problem.code} {problem.fact}' for problem in problems)}"
    return refusal_or(lambda notes: get([row.get(name, "") for name in COLUMNS], notes))


@pytest.mark.parametrize(
    ("form", "row", "expected"),
    [
        ("A", {"A": "x"}, "x"),
        ("A", {}, None),
        ("'{{ A }}-{{ B }}'", {"A": "x", "B": "y"}, "x-y"),
        ("{template: 'no {{ A }}'}", {"A": "x"}, "no x"),
        ("{template: 'no names'}", {}, "no names"),
        ("{from: A}", {"A": "x"}, "x"),
        ("{from: [A, B, C]}", {"B": "y", "C": "z"}, "y"),
        ("{from: [A, B, C]}", {}, None),
        ("{from: [A, B]}", {"A": 0, "B": "y"}, 0),
        ("{from: [A, B]}", {"A": False, "B": "y"}, False),
        ("{value: text}", {}, "text"),
        ("{value: 5}", {}, 5),
        ("{value: 1.50}", {}, Decimal("1.50")),
        ("{value: true}", {}, True),
        ("{value: null}", {}, None),
        ("{value: [a, b]}", {}, ["a", "b"]),
        ("{value: '{{ A }}'}", {"A": "x"}, "{{ A }}"),
        ("{value: 'in {{ vars.region }}'}", {}, "in GB"),
        ("{value: '{{ vars.number }}'}", {}, 7),
        ("{value: ['{{ vars.region }}', {k: '{{ vars.number }}'}]}", {}, ["GB", {"k": 7}]),
    ],
)
def test_form_gives_its_value(form: str, row: Mapping[str, Any], expected: Any) -> None:
    """A column, a template, the first filled column, or a constant taken literally but for `vars`."""
    found = value_of(form, row, region="GB", number=7)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("form", "row", "expected"),
    [
        ("{list: [A, B]}", {"A": "x", "B": "y"}, ["x", "y"]),
        ("{list: [A, B]}", {"B": "y"}, ["y"]),
        ("{list: [A, B]}", {"A": "x", "B": "x"}, ["x"]),
        ("{list: [A, B]}", {}, None),
        ("{list: [A, {value: always}]}", {"A": "x"}, ["x", "always"]),
        ("{list: [A, {value: always}]}", {}, None),
        ("{list: [{value: a}, {value: [b, a]}]}", {}, ["a", "b"]),
        ("{list: [{from: Tags, transform: [{split: ';'}]}, B]}", {"Tags": "a;b", "B": "b"}, ["a", "b"]),
        ("{list: [{from: A, transform: [upper]}, '{{ A }}']}", {"A": "x"}, ["X", "x"]),
        ("{list: [A, {list: [B, C]}]}", {"A": "x", "C": "z"}, ["x", "z"]),
        ("{list: [A, B], transform: [upper]}", {"A": "x", "B": "y"}, ["X", "Y"]),
        ("{list: [A, B], transform: [{join: '+'}]}", {"A": "x", "B": "y"}, "x+y"),
    ],
)
def test_list_drops_blanks_and_repeats(form: str, row: Mapping[str, Any], expected: Any) -> None:
    """All parts come in one flat list; constants alone keep nothing alive."""
    assert value_of(form, row) == expected


@pytest.mark.parametrize(
    ("form", "row", "expected"),
    [
        ("{lines: ['{{ A }}', 'B: {{ B }}']}", {"A": "x", "B": "y"}, "x\nB: y"),
        ("{lines: ['{{ A }}', 'B: {{ B }}']}", {"A": "x"}, "x"),
        ("{lines: ['{{ A }}', 'B: {{ B }}']}", {"B": "y"}, "B: y"),
        ("{lines: ['{{ A }}', 'B: {{ B }}']}", {}, None),
        ("{lines: ['B: {{ B }} {{ C }}']}", {"C": "z"}, "B:  z"),
        ("{lines: ['always', '{{ A }}']}", {}, "always"),
        ("{lines: ['{{ A }}', '{{ B }}'], with: ', '}", {"A": "x", "B": "y"}, "x, y"),
        ("{lines: ['{{ A }}'], transform: [upper]}", {"A": "x"}, "X"),
        ("{lines: ['{{ A }}', '{{ vars.region }} {{ B }}']}", {"A": "x"}, "x"),
        ("{lines: ['{{ A }}', '{{ D }}']}", {}, "? E017 no column 'D' in f.lines[1]"),
    ],
)
def test_line_is_left_out_when_all_its_columns_are_blank(form: str, row: Mapping[str, Any], expected: Any) -> None:
    """Templates are joined; one that would show nothing of the row is no line."""
    assert value_of(form, row, region="GB") == expected


@pytest.mark.parametrize(
    ("form", "row", "expected"),
    [
        ("{from: A, default: B}", {"B": "y"}, "y"),
        ("{from: A, default: B}", {"A": "x", "B": "y"}, "x"),
        ("{from: A, default: {value: none}}", {}, "none"),
        ("{from: A, default: 'no {{ B }}'}", {"B": "y"}, "no y"),
        ("{from: A, transform: [{regex: {pattern: '[0-9]'}}], default: {value: '0'}}", {"A": "x"}, "0"),
        ("{from: A, default: {from: B, transform: [upper]}}", {"B": "y"}, "Y"),
        ("{from: A, transform: [upper], default: B}", {"B": "y"}, "y"),
        ("{from: A, default: {from: B, default: {value: z}}}", {}, "z"),
        ("{from: A, when: '{{ B == \"y\" }}'}", {"A": "x", "B": "y"}, "x"),
        ("{from: A, when: '{{ B == \"y\" }}'}", {"A": "x", "B": "n"}, None),
        ("{value: 5, when: '{{ A }}'}", {}, None),
        ("{from: A, transform: [number], when: '{{ B }}'}", {"A": "x"}, None),
        ("{from: A, when: 'B'}", {}, "? E017 'B' is no condition in f"),
        ("{from: A, transform: [shout]}", {"A": " x "}, "X"),
        ("{from: A, transform: ['shout', {replace: {pattern: X, with: '{{ vars.region }}'}}]}", {"A": "x"}, "GB"),
        ("{from: A, transform: [shuot]}", {}, "? E012 unknown transform 'shuot' in f.transform[0]"),
        ("'{{ D }}'", {}, "? E017 no column 'D' in f"),
    ],
)
def test_default_when_and_named_chains(form: str, row: Mapping[str, Any], expected: Any) -> None:
    """The default is for what is blank after the transforms; `when` makes blank before them; chains have names."""
    assert value_of(form, row, region="GB") == expected


@pytest.mark.parametrize(
    ("form", "row", "expected"),
    [
        ("{from: A, transform: [date], on_error: reject}", {"A": "x"}, "! E110 is not a date: 'x' (expected %Y-%m-%d)"),
        ("{from: A, transform: [date]}", {"A": "x"}, "! E110 is not a date: 'x' (expected %Y-%m-%d)"),
        ("{from: A, transform: [date], on_error: blank}", {"A": "x"}, (None, "W110 left blank: is not a date: 'x'")),
        ("{from: A, transform: [date], on_error: keep}", {"A": "x"}, ("x", "W110 kept as it is: is not a date: 'x'")),
        (
            "{from: A, transform: [upper, number], on_error: keep}",
            {"A": "x"},
            ("x", "W110 kept as it is: is not a number: 'X'"),
        ),
        (
            "{from: Tags, transform: [{split: ';'}, number], on_error: blank}",
            {"Tags": "1;x;2"},
            (None, "W110 left blank: is not a number: 'x'"),
        ),
        (
            "{from: A, transform: [number], on_error: blank, default: {value: 0}}",
            {"A": "x"},
            (0, "W110 left blank: is not a number: 'x'"),
        ),
        ("{from: A, transform: [date], on_error: blank}", {}, None),
        ("{from: A, transform: [{truncate: 2}]}", {"A": "xyz"}, ("xy", "W101 cut from 3 to 2 characters")),
    ],
)
def test_failing_transform_does_what_on_error_says(form: str, row: Mapping[str, Any], expected: Any) -> None:
    """It rejects the row, or leaves the value blank, or keeps what came in; the plan says so."""
    assert value_of(form, row) == expected


def test_chain_that_uses_itself_is_refused() -> None:
    """A named chain must not come back to itself."""
    document = parse_located("f: {from: A, transform: [one]}", name="acme.yaml")
    scope = SpecScope(document=document, vars={}, chains={"one": ["two"], "two": ["trim", "one"]})
    read_value(document.data["f"], ("f",), scope)
    assert [str(problem) for problem in scope.problems] == [
        "acme.yaml:1:1: E013 transform 'one' uses itself (take it out of its own chain)"
    ]
