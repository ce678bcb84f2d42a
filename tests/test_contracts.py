"""The words in which data that breaks a schema is explained, tried on the schema of mappings."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from migrator.contracts import dotted, schema_names, schema_problems
from migrator.located import Pointer, parse_located, read_located
from migrator.resources import bundled

MAPPING = """\
mapping: 1
name: m
source: {connector: files}
target: {connector: crelate}
objects:
  people:
    from: p.csv
    to: contacts
    key: Id
    fields:
      LastName: Last
"""
TOP = "mapping, name, description, source, sources, target, vars, limits, ledger, tables, transforms, objects"
ONE_FORM = "exactly one of from, template, value, list, lines, file, lookup is needed"


def problems_of(text: str) -> list[str]:
    """Hold a text against the schema of mappings."""
    return [str(problem) for problem in schema_problems(parse_located(text, name="m.yaml"), "mapping")]


def problems_with(old: str, new: str) -> list[str]:
    """Hold the small mapping, with one part of it replaced, against the schema."""
    assert old in MAPPING
    return problems_of(MAPPING.replace(old, new))


def problems_of_field(form: str) -> list[str]:
    """Hold the small mapping with this form of a field against the schema."""
    return problems_with("LastName: Last", f"LastName: {form}")


def problems_of_key(line: str) -> list[str]:
    """Hold the small mapping with one more key in its object, line 7, against the schema."""
    return problems_with("    from:", f"    {line}\n    from:")


def test_small_mapping_has_no_problem() -> None:
    """What all the others break is whole."""
    assert problems_of(MAPPING) == []


def test_whole_example_fits_the_schema() -> None:
    """The example that the language is explained by, with about everything in it, has no problem."""
    example = Path(__file__).parent / "spec" / "acme.yaml"
    assert schema_problems(read_located(example), "mapping") == []


def test_schemas_are_found_by_name() -> None:
    """All schemas travel with the program, and say what they are."""
    assert schema_names() == ["connector", "decisions", "mapping"]
    titles = [json.loads((bundled("schemas") / f"{name}.schema.json").read_text())["title"] for name in schema_names()]
    assert titles == [f"migrator {name}, version 1" for name in schema_names()]


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ((), ""),
        (("name",), "name"),
        (("objects", "people", "match", 0, 1), "objects.people.match[0][1]"),
        ((0, "a"), "[0].a"),
    ],
)
def test_pointer_is_written_with_dots(pointer: Pointer, expected: str) -> None:
    """A path into the data is written as people do."""
    assert dotted(pointer) == expected


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("name: m", "nmae: m", ["2:1: E012 unknown key 'nmae' (did you mean 'name'?)"]),
        ("objects:", "objcts:", ["5:1: E012 unknown key 'objcts' (did you mean 'objects'?)"]),
        ("mapping: 1", "mapping: 1\nxyz: 1", [f"2:1: E012 unknown key 'xyz' (allowed: {TOP})"]),
        ("name: m", "name: m\nlimits: {create: 1}", [
            "3:10: E012 unknown key 'create' in limits (did you mean 'creates'?)",
        ]),
        ("    fields:", "    fileds: {}\n    fields:", [
            "10:5: E012 unknown key 'fileds' in objects.people (did you mean 'fields'?)",
        ]),
        ("p.csv", "{qery: x}", ["7:12: E012 unknown key 'qery' in objects.people.from (did you mean 'query'?)"]),
    ],
)  # fmt: skip
def test_unknown_key_is_named_with_the_nearest(old: str, new: str, problems: list[str]) -> None:
    """A key that does not exist has the one that was meant beside it, else all that are allowed."""
    assert problems_with(old, new) == [f"m.yaml:{problem}" for problem in problems]


@pytest.mark.parametrize(
    ("form", "unknown", "meant"),
    [
        ("{form: a}", "11:18: E012 unknown key 'form' in {}", "from"),
        ("{from: a, transfrom: [trim]}", "11:27: E012 unknown key 'transfrom' in {}", "transform"),
        ("{lookup: x, by: [{key: a}], onmissing: skip}", "11:45: E012 unknown key 'onmissing' in {}", "on_missing"),
        ("{list: [a, {form: b}]}", "11:29: E012 unknown key 'form' in {}.list[1]", "from"),
        ("{from: a, default: {frm: b}}", "11:37: E012 unknown key 'frm' in {}.default", "from"),
        (
            "{lookup: x, by: [{Name: {from: a, transfrom: []}}]}",
            "11:51: E012 unknown key 'transfrom' in {}.by[0].Name",
            "transform",
        ),
        (
            "{from: a, transform: [{number: {decmal: ','}}]}",
            "11:49: E012 unknown key 'decmal' in {}.transform[0].number",
            "decimal",
        ),
        (
            "{from: a, transform: [{datetime: {fromat: x}}]}",
            "11:51: E012 unknown key 'fromat' in {}.transform[0].datetime",
            "format",
        ),
        (
            "{from: a, transform: [{regex: {patern: x}}]}",
            "11:48: E012 unknown key 'patern' in {}.transform[0].regex",
            "pattern",
        ),
    ],
)
def test_mistyped_key_of_a_form_is_one_problem(form: str, unknown: str, meant: str) -> None:
    """A mistyped key is named once; that the right one is missing is only its echo."""
    place = unknown.format("objects.people.fields.LastName")
    assert problems_of_field(form) == [f"m.yaml:{place} (did you mean '{meant}'?)"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("marker: {fild: X}", "7:14: E012 unknown key 'fild' in objects.people.marker (did you mean 'field'?)"),
        (
            "match: [[{an: [a]}]]",
            "7:15: E012 unknown key 'an' in objects.people.match[0][0] (did you mean 'any'?)",
        ),
        ("rows: [{wher: x}]", "7:13: E012 unknown key 'wher' in objects.people.rows[0] (did you mean 'where'?)"),
        (
            "examples: [{rwo: {}, record: {}}]",
            "7:17: E012 unknown key 'rwo' in objects.people.examples[0] (did you mean 'row'?)",
        ),
    ],
)
def test_mistyped_key_of_an_object_is_one_problem(line: str, problem: str) -> None:
    """The same holds inside markers, lines, steps and examples."""
    assert problems_of_key(line) == [f"m.yaml:{problem}"]


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("mapping: 1\n", "", ["1:1: E014 'mapping' is missing"]),
        ("name: m\n", "", ["1:1: E014 'name' is missing"]),
        ("{connector: files}", "{}", ["3:9: E014 'connector' is missing in source"]),
        ("name: m", "name: m\ntables: {a: {rows: []}}", ["3:13: E014 'from' is missing in tables.a"]),
        ("Last\n", "{lookup: {A: b}, by: [{key: a}]}\n", [
            "11:26: E014 'column' is missing in objects.people.fields.LastName.lookup",
        ]),
        ("Last\n", "{from: a, transform: [{pad: {with: x}}]}\n", [
            "11:45: E014 'width' is missing in objects.people.fields.LastName.transform[0].pad",
        ]),
        ("    key:", "    parent: {lookup: a}\n    key:", ["9:13: E014 'by' is missing in objects.people.parent"]),
        ("    key:", "    marker: {value: key}\n    key:", ["9:13: E014 'field' is missing in objects.people.marker"]),
        ("    key:", "    rows: [{join: {}}]\n    key:", [
            "9:19: E014 'with' is missing in objects.people.rows[0].join",
            "9:19: E014 'on' is missing in objects.people.rows[0].join",
        ]),
    ],
)  # fmt: skip
def test_missing_key_is_named(old: str, new: str, problems: list[str]) -> None:
    """Each key that must be there and is not is a problem of its own, at the place of what lacks it."""
    assert problems_with(old, new) == [f"m.yaml:{problem}" for problem in problems]


def test_missing_key_is_named_beside_an_unknown_one() -> None:
    """A key that is unknown and near to nothing does not hide that another is missing."""
    assert problems_with("name: m", "xyz: m") == [
        "m.yaml:1:1: E014 'name' is missing",
        f"m.yaml:2:1: E012 unknown key 'xyz' (allowed: {TOP})",
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "on_match: updat",
            "'updat' is not one of update, fill, skip, reject in objects.people.on_match (did you mean 'update'?)",
        ),
        ("on_match: replace", "'replace' is not one of update, fill, skip, reject in objects.people.on_match"),
        ("on_match: 1", "'1' is not one of update, fill, skip, reject in objects.people.on_match"),
        ("on_duplicate: no", "'no' is not one of reject, first, last, merge in objects.people.on_duplicate"),
        (
            "on_conflict: targt",
            "'targt' is not one of source, target, ask in objects.people.on_conflict (did you mean 'target'?)",
        ),
    ],
)
def test_choice_that_does_not_exist_is_named(line: str, problem: str) -> None:
    """A value out of a closed set is named with the whole set, and with the nearest of it."""
    assert problems_of_key(line) == [f"m.yaml:7:{line.index(' ') + 6}: E012 {problem}"]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("{from: a, on_error: skip}", "11:37: E012 'skip' is not one of reject, blank, keep in {}.on_error"),
        (
            "{from: a, transform: [{currency: cod}]}",
            "11:50: E012 'cod' is not one of code, name in {}.transform[0].currency (did you mean 'code'?)",
        ),
        (
            "{from: a, transform: [{map: {}, else: kep}]}",
            "11:55: E012 'kep' is not one of reject, keep, blank in {}.transform[0].else (did you mean 'keep'?)",
        ),
        (
            "{lookup: x, by: [{key: a}], on_missing: creat}",
            "11:57: E012 'creat' is not one of create, reject, blank, skip in {}.on_missing (did you mean 'create'?)",
        ),
    ],
    ids=["on_error", "currency", "else", "on_missing"],
)
def test_choice_inside_a_form_is_named(form: str, problem: str) -> None:
    """The same holds where text and a longer form are both possible: a word is taken for a mistyped word."""
    assert problems_of_field(form) == [f"m.yaml:{problem.format('objects.people.fields.LastName')}"]


@pytest.mark.parametrize(
    ("value", "got", "hint"),
    [
        ("12", "a whole number", " (quote it: '12')"),
        ("1.50", "a number", " (quote it: '1.50')"),
        ("[a]", "a list", ""),
        ("{a: 1}", "a mapping", ""),
        ("", "nothing", ""),
    ],
)
def test_value_that_is_no_text_is_quoted(value: str, got: str, hint: str) -> None:
    """What should be text and is a number says how it becomes text."""
    place = f"m.yaml:2:{7 if value else 6}"
    assert problems_with("name: m", f"name: {value}".rstrip()) == [
        f"{place}: E013 expected text, got {got} in name{hint}"
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{connector: files}", "files", "3:9: E013 expected a mapping, got text in source"),
        ("{connector: files}", "{connector: files, pad: yes}", (
            "3:33: E013 expected true or false, got text in source.pad"
        )),
        ("{connector: files}", "{connector: files, concurrency: 1.0}", (
            "3:41: E013 expected a whole number, got a number in source.concurrency"
        )),
        ("{connector: files}", "{connector: files, odd: [a]}", (
            "3:33: E013 expected text or a number or true or false or nothing, got a list in source.odd"
        )),
        ("name: m", "name: m\ntransforms: {a: trim}", "3:17: E013 expected a list, got text in transforms.a"),
        ("p.csv", "1", "7:11: E013 expected text, got a whole number in objects.people.from (quote it: '1')"),
        ("Id", "[a, 1]", "9:14: E013 expected text, got a whole number in objects.people.key[1] (quote it: '1')"),
        ("Last\n", "5\n", (
            "11:17: E013 expected text, got a whole number in objects.people.fields.LastName (quote it: '5')"
        )),
        ("Last\n", "[a]\n", "11:17: E013 expected text, got a list in objects.people.fields.LastName"),
        ("Last\n", "{from: a, transform: trim}\n", (
            "11:38: E013 expected a list, got text in objects.people.fields.LastName.transform"
        )),
        ("Last\n", "{from: a, transform: [{date: 5}]}\n", (
            "11:46: E013 expected text, got a whole number in objects.people.fields.LastName.transform[0].date"
            " (quote it: '5')"
        )),
        ("Last\n", "{lookup: x, by: [a]}\n", (
            "11:34: E013 expected a mapping, got text in objects.people.fields.LastName.by[0]"
        )),
    ],
)  # fmt: skip
def test_value_of_another_type_says_what_is_expected(old: str, new: str, problem: str) -> None:
    """The type that is needed, and the one that is there, in the words of people; of several forms the nearest."""
    assert problems_with(old, new) == [f"m.yaml:{problem}"]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("{}", f"{ONE_FORM} in objects.people.fields.LastName"),
        ("{required: true}", f"{ONE_FORM} in objects.people.fields.LastName"),
        ("{from: a, value: 1}", f"{ONE_FORM} in objects.people.fields.LastName"),
        ("{lookup: x}", "'lookup' goes with 'by' in objects.people.fields.LastName (add 'by' or take 'lookup' out)"),
        (
            "{from: a, by: [{key: a}]}",
            "'by' goes with 'lookup' in objects.people.fields.LastName (add 'lookup' or take 'by' out)",
        ),
        (
            "{from: a, with: ','}",
            "'with' goes with 'lines' in objects.people.fields.LastName (add 'lines' or take 'with' out)",
        ),
    ],
)
def test_form_that_is_none_or_two_is_explained(form: str, problem: str) -> None:
    """A field is of exactly one form, and some keys go with one form only."""
    assert problems_of_field(form) == [f"m.yaml:11:17: E013 {problem}"]


def test_source_is_stated_once() -> None:
    """A mapping has a source or several under names, not none and not both."""
    problem = "m.yaml:1:1: E013 exactly one of source, sources is needed"
    assert problems_with("source: {connector: files}\n", "") == [problem]
    assert problems_with("target:", "sources: {a: {connector: files}}\ntarget:") == [problem]


def test_example_states_a_record_or_a_refusal() -> None:
    """An example says one of the two."""
    problem = "m.yaml:7:16: E013 exactly one of record, reject is needed in objects.people.examples[0]"
    assert problems_of_key("examples: [{row: {}}]") == [problem]
    assert problems_of_key("examples: [{row: {}, record: {}, reject: E110}]") == [problem]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("name: m", "name: 'a b'", (
            "2:7: E013 'a b' is not written as this needs in name (Identity of the migration: the ledger, the markers"
            " and the reports carry it. Letters, digits, dot, dash and underscore.)"
        )),
        ("name: m", "name: m\nlimits: {updates: 10 %}", (
            "3:19: E013 '10 %' is not written as this needs in limits.updates (A share, such as 2%.)"
        )),
        ("name: m", "name: m\nlimits: {updates: many}", (
            "3:19: E013 'many' is not written as this needs in limits.updates (A share, such as 2%.)"
        )),
        ("  people:", "  1st:", (
            "6:3: E013 '1st' is not written as this needs in objects (pattern ^[A-Za-z][A-Za-z0-9_-]*$)"
        )),
        ("    key:", "    examples: [{row: {}, reject: e110}]\n    key:", (
            "9:34: E013 'e110' is not written as this needs in objects.people.examples[0].reject"
            " (The code for which the row must be refused.)"
        )),
        ("mapping: 1", "mapping: 2", "1:10: E013 '2' is not 1 in mapping"),
    ],
)  # fmt: skip
def test_text_of_another_pattern_says_how_it_is_written(old: str, new: str, problem: str) -> None:
    """Text that breaks a pattern has the description of the place as its hint, else the pattern."""
    assert problems_with(old, new) == [f"m.yaml:{problem}"]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("match: []", "7:12: E013 this is empty in objects.people.match"),
        ("match: [[]]", "7:13: E013 this is empty in objects.people.match[0]"),
        ("match: [[{any: []}]]", "7:20: E013 this is empty in objects.people.match[0][0].any"),
        ("rows: [{}]", "7:12: E013 this is empty in objects.people.rows[0]"),
        ("rows: [{distinct: []}]", "7:23: E013 this is empty in objects.people.rows[0].distinct"),
        ("parent: {lookup: a, by: []}", "7:29: E013 this is empty in objects.people.parent.by"),
        ("parent: {lookup: a, by: [{}]}", "7:30: E013 this is empty in objects.people.parent.by[0]"),
        ("parent: {lookup: '', by: [a: b]}", "7:22: E013 this is empty in objects.people.parent.lookup"),
    ],
)
def test_what_is_empty_is_to_be_filled(line: str, place: str) -> None:
    """An empty list, mapping or text where something must stand."""
    assert problems_of_key(line) == [f"m.yaml:{place} (fill it or take it out)"]


def test_problems_come_in_the_order_of_the_text() -> None:
    """All problems are found at once, and stand as they do in the file."""
    text = MAPPING.replace("name: m", "nam: m").replace("to: contacts", "to: contacts\n    on_match: x")
    text = text.replace("key: Id", "key: 1").replace("Last\n", "{form: a, required: 1}\n")
    assert problems_of(text) == [
        "m.yaml:2:1: E012 unknown key 'nam' (did you mean 'name'?)",
        "m.yaml:9:15: E012 'x' is not one of update, fill, skip, reject in objects.people.on_match",
        "m.yaml:10:10: E013 expected text, got a whole number in objects.people.key (quote it: '1')",
        "m.yaml:12:18: E012 unknown key 'form' in objects.people.fields.LastName (did you mean 'from'?)",
        "m.yaml:12:37: E013 expected true or false, got a whole number in objects.people.fields.LastName.required",
    ]


def test_decimal_is_a_number() -> None:
    """There is no float: a plain number with a point is a Decimal, and fits wherever a number does."""
    text = MAPPING.replace("{connector: files}", "{connector: files, timeout_seconds: 1e3, settle_seconds: 0.5}")
    document = parse_located(text.replace("name: m", "name: m\nvars: {share: 0.10}"), name="m.yaml")
    assert [type(document.data["vars"]["share"]), document.data["source"]["timeout_seconds"]] == [Decimal, 1000]
    assert schema_problems(document, "mapping") == []


@pytest.mark.parametrize(("value", "got"), [("true", "true or false"), ("'1'", "text")])
def test_number_is_neither_truth_nor_text(value: str, got: str) -> None:
    """`true` counts as 1 in Python; here it does not."""
    problems = problems_with("{connector: files}", f"{{connector: files, settle_seconds: {value}}}")
    assert problems == [f"m.yaml:3:44: E013 expected a number, got {got} in source.settle_seconds"]
