"""Many rows read together say what each of them says by itself: plain ones, odd ones, and both mixed."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import Desk, TypedSource

from migrator.connectors.protocols import BadCell
from migrator.planner.bundle import Bundle, Memo
from migrator.planner.cleaning import Cleaning, cleaner
from migrator.planner.compiling import Compiled, compile_mapping
from migrator.planner.contents import Contents
from migrator.planner.forms import Note, ReadFiles
from migrator.planner.identities import marker_of
from migrator.planner.normal import normal, normal_all
from migrator.planner.reading import Refused, RowReader, Sheaf
from migrator.planner.refusal import CONTROL, Refusal, ValueRefusedError
from migrator.planner.rows import Finding, _encoding_findings, looked_at
from migrator.planner.shaping.bench import Row
from migrator.planner.stating import Stating
from migrator.planner.together import LEFT_ALONE, Together
from migrator.planner.transforms.registry import transform_kinds
from migrator.records import Catalog, Field, Kind, ObjectType, Tier
from migrator.store.cells import MARK, are_texts, is_printable, pack_cells, pack_rows

COLUMNS = ("id", "a", "b", "c")
FIELDS = {
    "text": Field(name="text", kind=Kind.TEXT),
    "short": Field(name="short", kind=Kind.TEXT, max_length=24),
    "mail": Field(name="mail", kind=Kind.EMAIL, max_length=40),
    "site": Field(name="site", kind=Kind.URL),
    "phone": Field(name="phone", kind=Kind.PHONE),
    "count": Field(name="count", kind=Kind.INTEGER),
    "sum": Field(name="sum", kind=Kind.DECIMAL),
    "is_open": Field(name="is_open", kind=Kind.BOOLEAN),
    "day": Field(name="day", kind=Kind.DATE),
    "moment": Field(name="moment", kind=Kind.DATETIME),
    "color": Field(name="color", kind=Kind.TEXT, options=("red", "x", "Germany")),
    "added": Field(name="added", kind=Kind.TEXT, options=("red",), can_append=True),
    "kinds": Field(name="kinds", kind=Kind.LIST, options=("a", "b", "x")),
    "tags": Field(name="tags", kind=Kind.TAGS),
    "items": Field(name="items", kind=Kind.ITEMS, items={"no": Field(name="no", kind=Kind.TEXT)}),
    "boss": Field(name="boss", kind=Kind.REFERENCE),
    "mark": Field(name="mark", kind=Kind.TEXT, max_length=20),
}
TRANSFORMS = {
    "amount": "{amount: {decimal: '.'}}",
    "boolean": "{boolean: {'true': [x, 'true'], 'false': ['no', '-3']}}",
    "date": "{date: '%d.%m.%Y'}",
    "datetime": "{datetime: {format: '%d.%m.%Y', zone: Europe/Berlin}}",
    "format": "{date: '%d.%m.%Y'}, {format: '%Y'}",
    "join": "{split: ';'}, {join: '+'}",
    "map": "{map: {x: y, Germany: DE, '12.50': '31.02.1990'}}",
    "map_from": "{map_from: {file: m.csv, key: k, value: v}}",
    "name": "{name: last}",
    "pad": "{pad: {width: 6, with: '0'}}",
    "phone": "{phone: {region: DE}}",
    "regex": "{regex: {pattern: '[a-z]+'}}",
    "replace": "{replace: {pattern: a, with: '\"<'}}",
    "slice": "{slice: [0, 2]}",
    "split": "{split: ';'}",
    "truncate": "{truncate: 5}",
}
TEXTS = (
    *("", "x", " x ", "X y", "a;b;;a", "red", "Red", "true", "12.50", "-3", "1,5", "Germany", "germany", "EUR"),
    *("a@B.org", "A.b+c@Sub.Example.COM", "bad@", "@", "a..b@c.de", "a@b", "ä@b.org"),
    *("a@b.org\nc@D.org", "q" * 64 + "@b.co", "www.site.org", "http://Site.org/p", "https://x-y.org:80/a?b=c"),
    *("://", "ftp://x.org", "a.b\nc.d", f"{'l' * 64}.org", "01.02.1990", "31.02.1990", "1990-02-01", "25.12.2024"),
    *("2024-01-31T08:40:49Z", "+49 30 123456", "Dr. Ada King", "Ünlü ß", "Caf\ufffd", "MÃ¼ller"),
    *(
        "a\x00b",
        "a\nb",
        "a\x1fb",
        "a\x7f",
        "\u00a0",
        '"q"',
        "\\",
        "<b>x</b>&quot;",
        "y" * 30,
        "a\n&#7;",
        "&#7;",
        "\u00a0&#7;",
    ),
)
TYPED = (None, 5, -3, True, Decimal("1.50"), date(2024, 2, 1), ["a", "b"], {"k": "v"}, BadCell("#REF!"))


@cache
def catalog() -> Catalog:
    """Make a CRM of people with a field of every kind, and firms."""
    people = ObjectType(name="people", fields=FIELDS, tier=Tier.MARKER, marker="mark", label=("text",))
    firms = ObjectType(name="firms", fields={one: FIELDS[one] for one in ("text", "short")}, label=("text",))
    return Catalog(connector="small", version="1", objects={"people": people, "firms": firms})


@cache
def compiled(fields: str, *settings: str) -> Compiled:
    """Compile people with these fields; lookups may ask for people by text, and by columns."""
    asks = "boss: {lookup: people, by: [{row: {b: a}}, {mail: b, text: c}, {text: a}]}"
    lines = ["from: p.csv, to: people", *(settings or ("key: id",)), f"fields: {{{fields}}}"]
    objects = f"  people: {{{', '.join(lines)}}}\n  firms: {{from: f.csv, to: firms, key: id, fields: {{text: a}}}}\n"
    if "boss" not in fields:
        objects += f"  others: {{from: p.csv, to: people, key: id, fields: {{{asks}}}}}\n"
    with TemporaryDirectory() as name:
        spec = Desk(folder=Path(name), source_block="source: {connector: files}").spec(objects)
        read = ReadFiles(lambda _stated: {"x": "z", "red": "01.02.1990"})
        return compile_mapping(spec, catalog(), dict.fromkeys(spec.objects, COLUMNS), read)


def cleaning_of(*, is_text: bool) -> Cleaning:
    """Trim, and let a dash count as blank."""
    return Cleaning(is_text=is_text, is_trimmed=True, blank_values=frozenset({"-"}))


def rows_of(tables: Sequence[Sequence[Any]], *, is_text: bool, is_raw: bool = False) -> list[Row | Refused]:
    """Make rows as they come out of a source; one in seven is refused by a step, or noted by one."""
    clean = list if is_raw else cleaner(cleaning_of(is_text=is_text))
    found: list[Row | Refused] = []
    for n, cells in enumerate(tables, start=2):
        row = Row(n, 1, n, pack_cells(cells), clean(cells))
        note = Finding("W105", "", "", "noted", "") if n % 7 == 6 else None
        refused = Finding("E131", "reject", "", "refused", "") if n % 7 == 5 else None
        found.append(Refused(row, "k", refused) if refused else row._replace(notes=(note,)) if note else row)
    return found


def both_ways(whole: Compiled, rows: list[Row | Refused]) -> tuple[list[Sheaf], list[Sheaf]]:
    """Read rows twice together and twice one by one: what is kept of the first time makes no difference."""
    reader = RowReader(whole, "people", Contents(TypedSource(COLUMNS, [])))
    return (
        [*chain(*(reader.read(rows, first) for first in (1, 101)))],
        [*chain(*(reader.read_each(rows, first) for first in (1, 101)))],
    )


def transformed(name: str) -> str:
    """Write a chain that begins with a transform of this name."""
    return TRANSFORMS.get(name, name)


CELLS = st.sampled_from(TEXTS)
PLAIN = st.tuples(
    st.sampled_from([*"123456789", "k" * 20]), *[st.sampled_from(["x", "red", "Germany", "", "+49 (30) 1"])] * 3
)
ODD = st.tuples(st.sampled_from(["1", "2", "", " 3 ", "a|b", "k" * 20]), CELLS, CELLS, CELLS)
TABLES = st.lists(st.one_of(PLAIN, ODD), max_size=12)
NAMED = {"tags": "tags.Work", "items": "'items[1].no'"}
NAMES = [NAMED.get(name, name) for name in FIELDS if name not in {"boss", "mark"}]
FORMS = (
    "{field}: a",
    "{field}: {{from: a, required: true}}",
    "{field}: {{from: a, clear: true}}",
    "{field}: {{from: [a, b]}}",
    "{field}: {{from: [b, c], transform: [trim, {{truncate: 3}}]}}",
    "{field}: {{from: a, default: {{value: red}}}}",
    "{field}: {{from: a, when: \"{{{{ b == 'x' }}}}\"}}",
    "{field}: {{value: red}}",
    "{field}: '{{{{ a }}}} {{{{ b }}}}'",
    "{field}: {{lines: ['{{{{ a }}}}', '{{{{ c }}}}']}}",
    "'items[0].no': a, {field}: c",
)
LOOKUPS = (
    "{lookup: people, by: [{text: a}]}",
    "{lookup: people, by: [{key: a}]}",
    "{lookup: people, by: [{id: a}]}",
    "{lookup: people, by: [{row: {b: a}}]}",
    "{lookup: people, by: [{day: a}]}",
    "{lookup: people, by: [{short: a}], required: true}",
    "{lookup: people, by: [{text: a, short: b}, {key: c}]}",
    "{lookup: people, by: [{mail: a}], on_missing: create}",
    "{lookup: people, by: [{text: {from: a, transform: [email]}}], clear: true}",
    "{lookup: people, by: [{key: {from: a, transform: [{split: ';'}]}}]}",
    "{lookup: people, by: [{text: a}], default: {value: x}}",
    "{lookup: people, by: [{text: a}], on_missing: create, create: {text: a, mail: b}}",
    "{lookup: people, by: [{phone: a}]}",
    "{lookup: people, by: [{phone: a}], when: \"{{ b == 'x' }}\"}",
    "{lookup: [people, firms], by: [{text: a}]}",
    "{lookup: {column: b, x: people, red: firms}, by: [{text: a}]}",
    "{lookup: target/firms, by: [{text: a}]}",
)


def test_every_transform_is_tried() -> None:
    """A new transform is held against itself, too: one that takes an argument needs one here."""
    assert [name for name in TRANSFORMS if name not in transform_kinds()] == []
    for name in transform_kinds():
        compiled(f"text: {{from: a, transform: [{transformed(name)}]}}")


@settings(max_examples=300, deadline=None)
@given(
    rows=TABLES,
    field=st.sampled_from(NAMES),
    name=st.sampled_from(sorted(transform_kinds())),
    more=st.sampled_from(["", ", trim", ", lower, upper", ", {truncate: 3}"]),
    on_error=st.sampled_from(["reject", "blank", "keep"]),
)
def test_transformed_columns_say_what_cells_say(
    rows: list[tuple[str, ...]], field: str, name: str, more: str, on_error: str
) -> None:
    """Whatever the transform and the kind of field."""
    form = f"{{from: a, transform: [{transformed(name)}{more}], on_error: {on_error}}}"
    together, alone = both_ways(compiled(f"{field}: {form}, mark: b"), rows_of(rows, is_text=True))
    assert together == alone


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(*(st.one_of(CELLS, st.sampled_from(TYPED)) for _ in COLUMNS)), max_size=9) | TABLES,
    field=st.sampled_from(NAMES),
    form=st.sampled_from(FORMS),
    key=st.sampled_from(["key: id", "key: [id, b]"]),
)
def test_forms_say_of_many_rows_what_they_say_of_each(
    rows: list[tuple[Any, ...]], field: str, form: str, key: str
) -> None:
    """Whatever the form and the kind of field, and whether cells are text or typed."""
    is_text = all(isinstance(cell, str) for row in rows for cell in row)
    together, alone = both_ways(compiled(form.format(field=field), key), rows_of(rows, is_text=is_text))
    assert together == alone


@settings(max_examples=500, deadline=None)
@given(
    rows=TABLES,
    lookup=st.sampled_from(LOOKUPS),
    match=st.sampled_from(
        ["[[mail]]", "[[text], [short, mail]]", "[[tags], [phone]]", "[[phone], [mark]]", "[[mail], [text]]"]
    ),
)
def test_lookups_and_matches_of_many_rows_are_those_of_each(
    rows: list[tuple[str, ...]], lookup: str, match: str
) -> None:
    """Their references, their identities and how they are staged."""
    fields = f"boss: {lookup}, mail: a, text: b, short: c, phone: c"
    together, alone = both_ways(compiled(fields, "key: id", f"match: {match}"), rows_of(rows, is_text=True))
    assert together == alone


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(*(st.sampled_from(["1", " x ", "-", " -", "", "a@b.c ", *TYPED]),) * 4), max_size=9))
def test_cells_are_cleaned_before_or_while_they_are_read(rows: list[tuple[Any, ...]]) -> None:
    """Where no step looks at them, they are cleaned by whoever reads them; it makes no difference."""
    is_text = all(isinstance(cell, str) for row in rows for cell in row)
    reader = RowReader(compiled("text: a, mail: b, day: c"), "people", Contents(TypedSource(COLUMNS, [])))
    before, raw = (rows_of(rows, is_text=is_text, is_raw=is_raw) for is_raw in (False, True))
    for read in (reader.read, reader.read_each):
        assert [*read(raw, 1, cleaning_of(is_text=is_text))] == [*read(before, 1)]


def shout(cells: Sequence[Any], notes: list[Note]) -> str | None:
    """Make capitals of the second cell; an address cannot be used, and of an `x` a note is made."""
    if "@" in cells[1]:
        raise ValueRefusedError("E110", "no")
    notes += [Note("W110", "noted")] if cells[1] == "x" else []
    return cells[1].upper() or None


@given(
    batches=st.lists(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), max_size=4),
    bound=st.sampled_from([("MOST_KEPT", 5), ("MOST_CHARACTERS", 40)]),
)
def test_what_follows_from_one_column_is_kept_up_to_a_bound(
    batches: list[list[tuple[str, str]]], bound: tuple[str, int]
) -> None:
    """What is not kept is made again; text that cannot be used is refused each time, or makes its rows odd."""
    name, most = bound
    with patch(f"migrator.planner.bundle.{name}", most):
        memo = Memo(shout, 1)
        for rows in batches:
            before = set(memo)
            bundle = Bundle(rows, [], is_text=True)
            found = memo.of(bundle)
            assert bundle.odd == {n for n, (_, text) in enumerate(rows) if text == "x"}
            no = {n: Refusal("E110", "", "no", "") for n, (_, text) in enumerate(rows) if "@" in text}
            assert bundle.take_refused() == no
            plain = [n for n in range(len(rows)) if n not in bundle.odd]
            assert [found[n] for n in plain] == [None if n in no else rows[n][1].upper() or None for n in plain]
            is_full = len(before) >= most if name == "MOST_KEPT" else sum(map(len, before)) >= most
            assert set(memo) == (before if is_full else before | {text for _, text in rows})


NEARLY_PLAIN = (
    *("", "a@b.org\nc@D.org", f"a@{'l' * 64}.org", f"a@{'l' * 63}.org", f"{'l' * 33}@B.org", f"{'l.' * 32}l@b.org"),
    *("a@" + 9 * ("b" * 30 + ".") + "org", "a.b.org\nc.d.org", f"{'l' * 64}.org", f"x.{'l' * 31}-{'l' * 32}.org"),
)
ADDRESSES = st.one_of(
    st.sampled_from(NEARLY_PLAIN),
    st.text("aZ0-_.@:/ é\n", max_size=12),
    st.from_regex(r"[a-z]{1,9}(\.[a-z]{1,5}){0,4}@([a-z-]{1,9}\.){1,4}[A-Z]{1,5}", fullmatch=True),
    st.from_regex(r"(https?://)?([a-z-]{1,9}\.){1,4}[a-z]{1,5}(/[a-z.?]{0,5})?", fullmatch=True),
)


@settings(max_examples=300)
@given(name=st.sampled_from(["email", "url"]), texts=st.lists(ADDRESSES, min_size=1, max_size=3))
def test_addresses_of_a_column_are_checked_as_each_is(name: str, texts: list[str]) -> None:
    """One look at a whole column finds what a look at each finds, and what the full check finds."""
    of_text = transform_kinds()[name].of_text
    assert of_text
    alone = [tried(of_text.one, text) for text in texts]
    assert tried(of_text.many, texts) == (None if None in alone else alone)
    with patch(f"migrator.planner.transforms.contact._PLAIN_{'ADDRESS' if name == 'email' else 'URL'}", re.compile("")):
        assert [tried(of_text.one, text) for text in texts] == alone


def tried(function: Callable[[Any], Any], given: Any) -> Any:
    """Call a function; None where it refuses what it is given, and for blank text."""
    try:
        return given and function(given)
    except ValueRefusedError:
        return None


def test_line_breaks_do_not_hide_what_a_transform_brings_in() -> None:
    """A row with a line break is read with the others, unless a control character stands in its fields."""
    whole = compiled('text: {from: a, transform: [{replace: {pattern: q, with: "\\x07"}}]}')
    rows = rows_of([("1", "x", "", ""), ("2", "a\nb", "", ""), ("3", "a\nq", "", "")], is_text=True)
    together, alone = both_ways(whole, rows)
    assert together == alone
    assert [problem.fact for problem in together[0].problems] == ["holds the control character U+0007"]


@pytest.mark.parametrize("more", ["", ", clear: true", ", required: true"])
def test_rows_with_values_that_cannot_be_used_are_read_together(more: str) -> None:
    """They say what they say by themselves, in their order among rows that are read one by one."""
    whole = compiled(f"day: {{from: a{more}}}, count: b, boss: {{lookup: people, by: [{{day: c}}]}}")
    tables = [("", "x", "", ""), ("2", "x", "y", "z"), ("3", "", "y", "2024-01-01")]
    rows = rows_of(tables, is_text=True)
    together, alone = both_ways(whole, rows)
    assert together == alone
    said = Together(whole.objects["people"].read, whole.waves, has_steps=False).read(tables, pack_rows(tables), [])
    assert said.odd == [0]
    assert {n: [one.field for one in found] for n, found in said.refused.items()} == {
        1: ["count", "day", "boss"],
        2: ["count", "day"] if "required" in more else ["count"],
    }


def test_rows_after_bad_ones_are_read_one_by_one_for_a_while() -> None:
    """Where most rows are odd, no time goes into a look at the next few, and then there is one again."""
    together = Together(compiled("mail: {from: a, transform: [email]}").objects["people"].read, (), has_steps=False)
    bad, good = ([[key, "a@b.org", "", ""]] for key in ("", "1"))
    odd = [together.read(rows, pack_rows(rows), []).odd for rows in (good, bad, *[good] * LEFT_ALONE, good)]
    assert list(map(len, odd)) == [0, 1, *[1] * LEFT_ALONE, 0]


@given(st.sampled_from(Kind), st.lists(st.text(max_size=4) | CELLS, max_size=4))
def test_forms_that_are_compared_are_those_of_each(kind: Kind, values: list[str]) -> None:
    """Whatever the kind of the field, and whether the text is ASCII."""
    assert normal_all(kind, values) == [normal(kind, value) for value in values]


@given(st.lists(st.text("k", max_size=12), max_size=3))
def test_markers_of_many_keys_are_those_of_each(keys: list[str]) -> None:
    """One that is too long for its field does not shorten the others."""
    stating = Stating(compiled("text: a").objects["people"], "acme")
    assert [*stating.markers(keys)] == [marker_of("acme", "people", key, 20) for key in keys]


@given(st.lists(st.lists(CELLS | st.sampled_from(TYPED[:5]), max_size=3), max_size=5))
def test_rows_are_packed_as_each_is(rows: list[list[Any]]) -> None:
    """One cell that is no text, or that holds the separator, does not change how the others are written."""
    assert pack_rows(rows) == [pack_cells(cells) for cells in rows]
    assert are_texts(pack_rows(rows)) == all(text[0] == MARK for text in pack_rows(rows))


@given(st.lists(st.text(max_size=5) | CELLS, max_size=4))
def test_a_look_at_all_rows_misses_none_that_wants_one(texts: list[str]) -> None:
    """A row of which `read` may have something to say is odd; one that holds anything without a form is unclear."""
    written = [pack_cells([text, "x"]) for text in texts]
    looks = looked_at(written, is_text=are_texts(written))
    assert looks.unclear == [n for n, text in enumerate(written) if not is_printable(text)]
    lost = {n for n, text in enumerate(written) if any(_encoding_findings(text))}
    assert set(looks.odd) == lost | {n for n, text in enumerate(texts) if MARK in text or CONTROL.search(text)}
