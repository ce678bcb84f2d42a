"""Templates: what an expression may say, what it gives, and how it says no."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from planning_cases import names_of, refusal_or

from migrator.planner.naming import TemplateRefusedError
from migrator.planner.templates import MAX_OUTPUT, compile_condition, compile_text

COLUMNS = ("A", "B", "First Name", "tels", "n")
TEXT = "the template fails: arithmetic and order need numbers or dates, this is text: put '|number' behind it"


def rendered(source: str, row: Mapping[str, Any], **constants: Any) -> Any:
    """Render a template for one row: its text, or a refusal behind `! `, one of the mapping behind `? `."""
    cells = [row.get(name, "") for name in COLUMNS]
    try:
        render, _used = compile_text(source, names_of(*COLUMNS, **constants))
    except TemplateRefusedError as error:
        return f"? {error.fact}" + (f" ({error.hint})" if error.hint else "")
    return refusal_or(lambda _notes: render(cells))


def judged(source: str, row: Mapping[str, Any], **constants: Any) -> Any:
    """Judge a condition for one row, or give the refusal."""
    cells = [row.get(name, "") for name in COLUMNS]
    try:
        judge, _used = compile_condition(source, names_of(*COLUMNS, **constants))
    except TemplateRefusedError as error:
        return f"? {error.fact}" + (f" ({error.hint})" if error.hint else "")
    return refusal_or(lambda _notes: judge(cells))


@pytest.mark.parametrize(
    ("source", "row", "expected"),
    [
        ("{{ A }}", {"A": "x"}, "x"),
        ("  {{ A }}\n", {"A": "x"}, "x"),
        ("Dear {{ A }} {{ B }}!", {"A": "Ada", "B": "King"}, "Dear Ada King!"),
        ("Dear {{ A }}", {}, "Dear"),
        ("{{ A }}{{ B }}", {}, None),
        ("{{ A }} {{ B }}", {}, None),
        ("{{ '' }}", {}, None),
        ('{{ row["First Name"] }}', {"First Name": "Ada"}, "Ada"),
        ('{{ row["A"] ~ A }}', {"A": "x"}, "xx"),
        ('{{ get("tels[atype=mobile].no") }}', {"tels": [{"atype": "work"}, {"atype": "mobile", "no": "12"}]}, "12"),
        ('{{ get("tels[0].no") }}', {"tels": [{"no": "12"}]}, "12"),
        ('{{ get("tels[].no") }}', {"tels": [{"no": "1"}, {"no": "2"}]}, "1, 2"),
        ('{{ get("tels[3].no") }}', {"tels": []}, None),
        ("{{ A ~ '-' ~ B }}", {"A": "x", "B": "y"}, "x-y"),
        ("{{ 'yes' if A else 'no' }}", {"A": "x"}, "yes"),
        ("{{ 'yes' if A else 'no' }}", {}, "no"),
        ("{% if A == 'x' %}one{% elif B %}two{% else %}three{% endif %}", {"B": "y"}, "two"),
        ("{% if A == 'x' %}one{% elif B %}two{% else %}three{% endif %}", {}, "three"),
        ("{{ A or B or 'none' }}", {"B": "y"}, "y"),
        ("{{ A and B }}", {"A": "x", "B": "y"}, "y"),
        ("{{ not A }}", {}, "true"),
        ("{{ A == 'x' and B != 'x' }}", {"A": "x"}, "true"),
        ("{{ A in ['x', 'y'] }}", {"A": "y"}, "true"),
        ("{{ A not in ['x', 'y'] }}", {"A": "y"}, "false"),
        ("{{ 'b' in A }}", {"A": "abc"}, "true"),
        ("{{ A is blank }}", {}, "true"),
        ("{{ A is not blank }}", {"A": "x"}, "true"),
        ("{{ A|upper }}", {"A": "x"}, "X"),
        ("{{ A|trim|title }}", {"A": " ada "}, "Ada"),
        ("{{ A|default('none') }}", {}, "none"),
        ("{{ A|default(B) }}", {"B": "y"}, "y"),
        ("{{ A|default('none') }}", {"A": "x"}, "x"),
        ("{{ A|upper }}", {}, None),
        ("{{ A|replace(pattern='x', with='y') }}", {"A": "xx"}, "yy"),
        ("{{ A|regex(pattern='[0-9]+') }}", {"A": "a12"}, "12"),
        ("{{ A|regex(pattern='[0-9]+') }}", {"A": "a"}, None),
        ("{{ A|split(';')|join(' / ') }}", {"A": "a; b"}, "a / b"),
        ("{{ A|split(';')|first }}", {"A": "a; b"}, "a"),
        ("{{ A|split(';') }}", {"A": "a; b"}, "a, b"),
        ("{{ A|truncate(3) }}", {"A": "abcdef"}, "abc"),
        ("{{ A|slice([1, 3]) }}", {"A": "abcdef"}, "bc"),
        ("{{ A|date('%d.%m.%Y') }}", {"A": "31.01.2024"}, "2024-01-31"),
        ("{{ A|date('%d.%m.%Y')|format('%Y/%m') }}", {"A": "31.01.2024"}, "2024/01"),
        ("{{ A|map({'x': 'y'}) }}", {"A": "x"}, "? 'dict' is not allowed in a template"),
        ("{{ A|country('name') }}", {"A": "de"}, "Germany"),
        ("{{ A|boolean }}", {"A": "TRUE"}, "true"),
        ("{{ vars.region }}", {}, "GB"),
        ("{{ vars.region ~ A }}", {"A": "x"}, "GBx"),
        ("{# not shown #}{{ A }}", {"A": "x"}, "x"),
        ("{% raw %}{{ A }}{% endraw %}", {"A": "x"}, "{{ A }}"),
        ("{{ [A, B] }}", {"A": "x", "B": "y"}, "x, y"),
        ("{{ n }}", {"n": Decimal("1.50")}, "1.5"),
        ("{{ n }}", {"n": True}, "true"),
        ("{{ n }}", {"n": None}, None),
        ("{{ true }} {{ 5 }}", {}, "true 5"),
    ],
)
def test_template_gives_text(source: str, row: Mapping[str, Any], expected: str | None) -> None:
    """Names, paths, constants, logic, filters and `if` give text; nothing left of it is blank."""
    assert rendered(source, row, region="GB") == expected


@pytest.mark.parametrize(
    ("source", "row", "expected"),
    [
        ("{{ A|number + 1 }}", {"A": "1.10"}, "2.1"),
        ("{{ (A|number) * (B|number) }}", {"A": "3", "B": "0.1"}, "0.3"),
        ("{{ (A|integer) - 5 }}", {"A": "3"}, "-2"),
        ("{{ (A|number) / 4 }}", {"A": "1"}, "0.25"),
        ("{{ (A|integer) // 2 }}", {"A": "7"}, "3"),
        ("{{ (A|integer) % 4 }}", {"A": "7"}, "3"),
        ("{{ -(A|integer) }}", {"A": "7"}, "-7"),
        ("{{ (A|number) > 9 }}", {"A": "10"}, "true"),
        ("{{ (A|number) < (B|number) }}", {"A": "9", "B": "10"}, "true"),
        ("{{ n + 1 }}", {"n": Decimal("0.1")}, "1.1"),
        ("{{ (A|date) < (B|date) }}", {"A": "2024-01-31", "B": "2024-02-01"}, "true"),
        ("{{ A + 1 }}", {"A": "1"}, f"! E140 {TEXT}"),
        ("{{ A + B }}", {"A": "1", "B": "2"}, f"! E140 {TEXT}"),
        ("{{ A + 'x' }}", {"A": "1"}, f"! E140 {TEXT}"),
        ("{{ 'x' + 'y' }}", {}, f"! E140 {TEXT}"),
        ("{{ 2 * A }}", {"A": "1"}, f"! E140 {TEXT}"),
        ("{{ 'ab' * 3 }}", {}, f"! E140 {TEXT}"),
        ("{{ '%s' % A }}", {"A": "1"}, f"! E140 {TEXT}"),
        ("{{ [A] + [B] }}", {"A": "1"}, f"! E140 {TEXT}"),
        ("{{ n + 1 }}", {"n": True}, f"! E140 {TEXT}"),
        ("{{ A < B }}", {"A": "9", "B": "10"}, f"! E140 {TEXT}"),
        ("{{ A >= 9 }}", {"A": "10"}, f"! E140 {TEXT}"),
        ("{{ 'a' < B }}", {"B": "b"}, f"! E140 {TEXT}"),
        ("{{ (A|upper) > 'B' }}", {"A": "x"}, f"! E140 {TEXT}"),
        ("{{ (A|number) / 0 }}", {"A": "1"}, "! E140 the template divides by zero"),
        ("{{ (A|integer) % (B|integer) }}", {"A": "1", "B": "0"}, "! E140 the template divides by zero"),
        ("{{ (A|number) * (A|number) }}", {"A": "9" * 20}, "! E140 the template fails: the number is too large"),
        ("{{ A|number }}", {"A": "x"}, "! E110 is not a number: 'x' (expected such as 1234.5)"),
        ("{{ A|map('x') }}", {"A": "x"}, "! E140 map: it takes a table, as in {map: {A: B}}"),
        ("{{ A|regex(pattern='(a+)+') }}", {"A": "x"}, "! E140 regex: a repeat inside a repeat can take for ever"),
    ],
)
def test_template_counts_with_numbers_only(source: str, row: Mapping[str, Any], expected: str) -> None:
    """Arithmetic is exact and for numbers; text is neither added nor put in order, since "9" < "10" is false."""
    assert rendered(source, row) == expected


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ("{{ C }}", "no column 'C' (a column that is no identifier is row[\"Its Name\"])"),
        ("{{ a }}", "no column 'a' (did you mean 'A'?)"),
        ("{{ tel }}", "no column 'tel' (did you mean 'tels'?)"),
        ('{{ row["First name"] }}', "no column 'First name' (did you mean 'First Name'?)"),
        ('{{ get("phones[0]") }}', "no column 'phones[0]' (a column that is no identifier is row[\"Its Name\"])"),
        ("{{ vars.regoin }}", "unknown constant 'vars.regoin' (did you mean 'region'?)"),
        ("{{ vars }}", '\'vars\' stands alone (write row["Column"], get("path") or vars.x)'),
        ("{{ row }}", '\'row\' stands alone (write row["Column"], get("path") or vars.x)'),
        ("{{ get }}", '\'get\' stands alone (write row["Column"], get("path") or vars.x)'),
        ("{{ A|uper }}", "unknown filter 'uper' (did you mean 'upper'?)"),
        ("{{ A|tojson }}", "unknown filter 'tojson' (did you mean 'join'?)"),
        ("{{ A is defined }}", "unknown test 'defined' (there is: blank)"),
        ("{{ " + "A ~ " * 1200 + "A }}", "the template is longer than 4,096 characters"),
    ],
)
def test_template_with_an_unknown_name_is_refused(source: str, refusal: str) -> None:
    """A name that there is not is told when the mapping is read, with the nearest one."""
    assert rendered(source, {}, region="GB") == f"? {refusal}"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{{ A", "unexpected end of template, expected 'end of print statement'."),
        ("{{ A B }}", "expected token 'end of print statement', got 'B'"),
        ("{{ }}", "Expected an expression, got 'end of print statement'"),
        ("{{ A | }}", "expected token 'name', got 'end of print statement'"),
        ("{{ 'A }}", 'unexpected char "\'" at 3'),
        ("{% endif %}", "Encountered unknown tag 'endif'."),
    ],
)
def test_template_that_is_no_expression_is_refused(source: str, why: str) -> None:
    """What cannot be read is refused in the words of its reader."""
    assert rendered(source, {}) == f"? the template cannot be read: {why} (see 'Templates' in the manual)"


BRACES = "{{ A }}{% if A %}{{ vars.region }}{{ 7 * 7 }}{# x #}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ A }}",
        "{{ A ~ '' }}",
        '{{ row["A"] }}',
        '{{ get("A") }}',
        "{{ A|trim }}",
        "{% if A %}{{ A }}{% endif %}",
        "{{ vars.text }}",
        "{{ A|default('x') }}",
        "{{ [A] }}",
    ],
)
def test_braces_in_data_are_text(source: str) -> None:
    """What stands in a cell is never read as a template."""
    assert rendered(source, {"A": BRACES}, text=BRACES, region="GB") == BRACES


@pytest.mark.parametrize(
    ("source", "row", "expected"),
    [
        ("{{ A == 'x' }}", {"A": "x"}, True),
        ("  {{A}}  ", {}, False),
        ("{{ A is blank or B == 'y' }}", {"A": "x", "B": "y"}, True),
        ("{{ A|number > 5 }}", {"A": "6"}, True),
        ('{{ row["First Name"] in ["Ada", "Bob"] }}', {"First Name": "Bob"}, True),
        ('{{ get("tels[0].no") == "1" }}', {"tels": [{"no": "1"}]}, True),
        ("{{ A == vars.region }}", {"A": "GB"}, True),
        ("{{ n > 5 }}", {"n": 6}, True),
        ("{{ A > 5 }}", {"A": "6"}, f"! E140 {TEXT}"),
        ("A == 'x'", {}, "? 'A == 'x'' is no condition (write one expression: {{ Status == 'active' }})"),
        ("", {}, "? '' is no condition (write one expression: {{ Status == 'active' }})"),
        ("{{ A }} {{ B }}", {}, "? '{{ A }} {{ B }}' is no condition (write one expression: {{ Status == 'active' }})"),
        (
            "{% if A %}{{ A }}{% endif %}",
            {},
            "? '{% if A %}{{ A }}{% endif %}' is no condition (write one expression: {{ Status == 'active' }})",
        ),
        ("{{ C }}", {}, "? no column 'C' (a column that is no identifier is row[\"Its Name\"])"),
        (
            "{{ A.upper() }}",
            {},
            '? a part of a value is not to be had in a template (write get("path") or row["Column"])',
        ),
    ],
)
def test_condition_is_one_expression(source: str, row: Mapping[str, Any], expected: object) -> None:
    """A condition is one expression, judged as true or false."""
    assert judged(source, row, region="GB") == expected


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("no names", set()),
        ("{{ A }} {{ B }} {{ A }}", {"A", "B"}),
        ('{{ row["First Name"] }}{{ get("tels[0].no") }}', {"First Name", "tels[0].no"}),
        ("{{ vars.region }}{{ 'x' if A else B|upper }}", {"A", "B"}),
    ],
)
def test_template_tells_the_columns_that_it_reads(source: str, used: set[str]) -> None:
    """What a template reads is known without a row; constants are no columns."""
    assert compile_text(source, names_of(*COLUMNS, region="GB"))[1] == used


@pytest.mark.parametrize("source", ["{{ A }}{{ A }}", "{{ A ~ A }}", "{{ A|trim ~ A }}", '{{ A }}{{ row["A"] }}'])
def test_template_has_a_budget(source: str) -> None:
    """A template gives at most so many characters for one row, counted before it is rendered."""
    half = MAX_OUTPUT // 2
    assert rendered(source, {"A": "x" * half}) == "x" * MAX_OUTPUT
    assert rendered(source, {"A": "x" * (half + 1)}) == "! E140 the template would give more than 1,048,576 characters"
