"""Templates of strangers: no way out of the sandbox, and no way to take its time or memory."""

import time
import tracemalloc

import pytest
from planning_cases import names_of, refusal_or

from migrator.planner.naming import TemplateRefusedError
from migrator.planner.templates import MAX_DEPTH, MAX_SOURCE, compile_text

PART = 'a part of a value is not to be had in a template (write get("path") or row["Column"])'
NO_COLUMN = 'a column that is no identifier is row["Its Name"]'
MAX_SECONDS = 0.1
MAX_BYTES = 50 * 1024 * 1024


def answer(source: str, cell: str = "x") -> str | None:
    """Render a template for one cell: its text, or the refusal of the mapping or of the row."""
    try:
        render, _used = compile_text(source, names_of("A"))
    except TemplateRefusedError as error:
        return f"? {error.fact}" + (f" ({error.hint})" if error.hint else "")
    found = refusal_or(lambda _notes: render([cell]))
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ("{{ A.__class__ }}", PART),
        ("{{ A.__class__.__mro__[1].__subclasses__() }}", PART),
        ("{{ ''.__class__ }}", PART),
        ("{{ ().__class__.__base__ }}", PART),
        ("{{ A['__class__'] }}", PART),
        ("{{ A|attr('__class__') }}", "unknown filter 'attr'"),
        ("{{ ''|attr('format') }}", "unknown filter 'attr'"),
        ("{{ '{0.__class__}'.format(A) }}", PART),
        ("{{ '{0.__class__}'.format_map({}) }}", PART),
        ("{{ A.format }}", PART),
        ("{{ 'x'.join }}", PART),
        ("{{ A.upper() }}", PART),
        ("{{ self }}", f"no column 'self' ({NO_COLUMN})"),
        ("{{ self.__init__.__globals__ }}", PART),
        ("{{ cycler }}", f"no column 'cycler' ({NO_COLUMN})"),
        ("{{ cycler.__init__.__globals__.os }}", PART),
        ("{{ lipsum.__globals__['os'].popen('id') }}", PART),
        ("{{ joiner }}", f"no column 'joiner' ({NO_COLUMN})"),
        ("{{ namespace(a=1) }}", PART),
        ("{{ dict(a=1) }}", PART),
        ("{{ range(5) }}", PART),
        ("{{ get(A) }}", PART),
        ("{{ get('A').upper() }}", PART),
        ("{{ get('A', 'B') }}", PART),
        ("{{ get(path='A') }}", PART),
        ("{{ get.__globals__ }}", PART),
        ("{{ get('A.__class__')('x') }}", PART),
        ("{{ row.__class__ }}", PART),
        ("{{ row[A] }}", PART),
        ("{{ row['A'].x }}", PART),
        ("{{ row['A']['x'] }}", PART),
        ("{{ vars['A'] }}", PART),
        ("{{ vars.__class__ }}", "unknown constant 'vars.__class__'"),
        ("{{ A[0:5] }}", PART),
        ("{{ {'a': A} }}", "'dict' is not allowed in a template"),
        ("{% set x = A %}", "'assign' is not allowed in a template"),
        ("{% set x %}{{ A }}{% endset %}", "'assignblock' is not allowed in a template"),
        ("{% for x in A %}{{ x }}{% endfor %}", "'for' is not allowed in a template"),
        ("{% macro m() %}x{% endmacro %}", "'macro' is not allowed in a template"),
        ("{% call A() %}x{% endcall %}", "'callblock' is not allowed in a template"),
        ("{% filter upper %}x{% endfilter %}", "'filterblock' is not allowed in a template"),
        ("{% block b %}x{% endblock %}", "'block' is not allowed in a template"),
        ("{% include 'x' %}", "'include' is not allowed in a template"),
        ("{% import 'x' as x %}", "'import' is not allowed in a template"),
        ("{% from 'x' import y %}", "'fromimport' is not allowed in a template"),
        ("{% extends 'x' %}", "'extends' is not allowed in a template"),
        ("{% with x = A %}{{ x }}{% endwith %}", "'with' is not allowed in a template"),
        ("{% autoescape true %}x{% endautoescape %}", "'scope' is not allowed in a template"),
        ("{{ 10 ** 2 }}", "'pow' is not allowed in a template"),
    ],
)
def test_way_out_of_the_sandbox_is_refused(source: str, refusal: str) -> None:
    """Only what is on the list may stand in a template; it is judged before any row is read."""
    assert answer(source) == f"? {refusal}"


@pytest.mark.parametrize("kind", ["debug", "do", "trans", "continue", "break"])
def test_extension_of_the_language_is_unknown(kind: str) -> None:
    """No extension of the engine is switched on."""
    why = f"the template cannot be read: Encountered unknown tag '{kind}'."
    assert answer(f"{{% {kind} x %}}") == f"? {why} (see 'Templates' in the manual)"


TEXT = "! E140 the template fails: arithmetic and order need numbers or dates, this is text: put '|number' behind it"
LARGE = "! E140 the template fails: the number is too large"
GROWN = "! E110 would grow beyond 10,485,760 characters"
GROWS = "the template would give more than 1,048,576 characters"
DEEP = f"the template is nested deeper than {MAX_DEPTH}"
LONG = f"the template is longer than {MAX_SOURCE:,} characters"


@pytest.mark.parametrize(
    ("source", "cell", "refusal"),
    [
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
            "",
            "? 'for' is not allowed in a template",
        ),
        ("{{ range(10 ** 9) }}", "", f"? {PART}"),
        ("{{ range(999999999)|join }}", "", f"? {PART}"),
        ("{{ 'a' * 2000000000 }}", "", TEXT),
        ("{{ A * 2000000000 }}", "a", TEXT),
        ("{{ [A] * 2000000000 }}", "a", TEXT),
        ("{{ 10 ** 10 ** 10 }}", "", "? 'pow' is not allowed in a template"),
        ("{{ 9" + "9" * 4080 + " }}", "", "9" * 4081),
        ("{{ 9" + "9" * 2000 + " * 9" + "9" * 2000 + " }}", "", LARGE),
        ("{{ 9999999999999999 * 9999999999999999 }}", "", LARGE),
        ("{{ (A|number) * (A|number) }}", "9" * 4000, LARGE),
        ("{{ A|center(2000000000) }}", "a", "? unknown filter 'center' (did you mean 'integer'?)"),
        ("{{ A.ljust(2000000000) }}", "a", f"? {PART}"),
        ("{{ A.zfill(2000000000) }}", "a", f"? {PART}"),
        ("{{ '%2000000000d'|format(5) }}", "", "! E140 format: it takes a pattern, as in {format: '%d.%m.%Y'}"),
        ("{{ '%2000000000d' % 5 }}", "", TEXT),
        (
            "{{ 5|format('2000000000d') }}",
            "",
            "! E110 is neither a date nor a number: '5' (put 'date' or 'number' before it)",
        ),
        ("{{ '{:>2000000000}'.format(A) }}", "a", f"? {PART}"),
        ("{{ A|pad(width=2000000000) }}", "a", "! E140 pad: a width beyond 1,000"),
        (
            "{{ A|replace(pattern='a', with='" + "b" * 1000 + "') }}",
            "a" * 1_000_000,
            GROWN,
        ),
        (
            "{{ A|replace(pattern='', with='" + "b" * 1000 + "') }}",
            "a" * 1_000_000,
            GROWN,
        ),
        ("{{ A|indent(2000000000) }}", "a", "? unknown filter 'indent'"),
        ("{{ A|wordwrap(1) }}", "a", "? unknown filter 'wordwrap'"),
        ("{{ A|batch(1, 'x')|list }}", "a", "? unknown filter 'list' (did you mean 'last'?)"),
        ("{{ A|sort|reverse }}", "a", "? unknown filter 'reverse'"),
        ("{{ lipsum(n=1000000) }}", "", f"? {PART}"),
        ("{{ A ~ A }}", "a" * 600_000, f"! E140 {GROWS}"),
        ("{{ A }}" * 500, "a" * 10_000, f"! E140 {GROWS}"),
        ("{{ [A, A, A, A] }}", "a" * 300_000, f"! E140 {GROWS}"),
        ("{{ A|upper ~ A|lower }}", "a" * 600_000, f"! E140 {GROWS}"),
        ("{{ A if A == A else A }}", "a" * 300_000, f"! E140 {GROWS}"),
        ("{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}", "", f"? {DEEP}"),
        ("{{ " + "[" * 2000 + "1" + "]" * 2000 + " }}", "", f"? {DEEP}"),
        ("{{ " + "not " * 1000 + "A }}", "", f"? {DEEP}"),
        ("{{ " + "-" * 4000 + "1 }}", "", f"? {DEEP}"),
        ("{{ " + "1+" * 1900 + "1 }}", "", f"? {DEEP}"),
        ("{{ A" + "|trim" * 800 + " }}", "", f"? {DEEP}"),
        ("{{ " + "A if A else " * 300 + "A }}", "", f"? {DEEP}"),
        ("{% if A %}" * 100 + "x" + "{% endif %}" * 100, "", f"? {DEEP}"),
        ("{{ 1" + " and 1" * 600 + " }}", "", f"? {DEEP}"),
        ("{{ '" + "a" * 5000 + "' }}", "", f"? {LONG}"),
        ("{#" + "x" * 5000 + "#}", "", f"? {LONG}"),
        ("{{ A|regex(pattern='(a+)+$') }}", "a" * 50, "! E140 regex: a repeat inside a repeat can take for ever"),
        ("{{ A|number }}", "9" * 1_000_000, f"! E110 is not a number: '{'9' * 200}…' (expected such as 1234.5)"),
        ("{{ A|integer }}", "9" * 4301, f"! E110 is not a number: '{'9' * 200}…' (expected such as 1234.5)"),
        ("{{ A|email }}", "a@" * 500_000, f"! E110 is not an e-mail address: '{'a@' * 100}…'"),
        ("{{ A|date }}", "1" * 1_000_000, f"! E110 is not a date: '{'1' * 200}…' (expected %Y-%m-%d)"),
        ("{{ A|hash }}", "", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bomb_goes_off_in_no_time_and_space(source: str, cell: str, refusal: str | None) -> None:
    """Whatever a template asks for, the answer comes within 100 ms and 50 MB."""
    begun = time.process_time()
    found = answer(source, cell)
    assert time.process_time() - begun < MAX_SECONDS
    assert found == refusal
    tracemalloc.start()
    try:
        answer(source, cell)
        assert tracemalloc.get_traced_memory()[1] < MAX_BYTES
    finally:
        tracemalloc.stop()


def test_template_may_be_as_deep_as_is_said() -> None:
    """The limit counts from the template itself down to the constant."""
    deepest = MAX_DEPTH - 2
    assert answer("{{ " + "[" * deepest + "1" + "]" * deepest + " }}") == "[" * (deepest - 1) + "1" + "]" * (
        deepest - 1
    )
    assert answer("{{ " + "[" * (deepest + 1) + "1" + "]" * (deepest + 1) + " }}") == f"? {DEEP}"
