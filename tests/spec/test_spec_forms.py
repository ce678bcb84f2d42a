"""Field forms, transforms and lookups, read into values."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mapping_texts import FIELD, only_field, problems_of, read, replaced, value_of, with_field

from migrator.located import Pointer
from migrator.spec.values import ByLine, Constant, Form, From, Lines, ListOf, Lookup, Template, Transform, Value


def column(name: str, *pointer: str | int) -> Value:
    """State the value of one column, as it stands at a place of the field."""
    return Value(form=From(columns=(name,)), pointer=(*FIELD, *pointer))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Last Name", From(columns=("Last Name",))),
        ("'addrs[0].street'", From(columns=("addrs[0].street",))),
        ("{from: C}", From(columns=("C",))),
        ("{from: [C1, C2]}", From(columns=("C1", "C2"))),
        ("'Dear {{ Name }}'", Template(text="Dear {{ Name }}")),
        ("{template: plain}", Template(text="plain")),
        ("{template: '{{ A }}'}", Template(text="{{ A }}")),
        ("{value: text}", Constant(value="text")),
        ("{value: 7}", Constant(value=7)),
        ("{value: 1.50}", Constant(value=Decimal("1.50"))),
        ("{value: true}", Constant(value=True)),
        ("{value: ~}", Constant(value=None)),
        ("{value: [a, {b: 1}]}", Constant(value=["a", {"b": 1}])),
        ("{value: '{{ A }}'}", Constant(value="{{ A }}")),
        ("{lines: ['{{ A }}', b]}", Lines(templates=("{{ A }}", "b"), separator="\n")),
        ("{lines: [a], with: ', '}", Lines(templates=("a",), separator=", ")),
    ],
)
def test_form_is_read(text: str, form: Form, tmp_path: Path) -> None:
    """Text is a column, or a template as soon as it holds braces; the long forms say what they are."""
    assert value_of(tmp_path, text) == Value(form=form, pointer=FIELD)


def test_list_is_read(tmp_path: Path) -> None:
    """A list holds any forms, each with its own transforms."""
    trim = Transform(name="trim", pointer=(*FIELD, "list", 1, "transform", 0))
    items = (
        column("C", "list", 0),
        Value(form=From(columns=("D",)), transforms=(trim,), pointer=(*FIELD, "list", 1)),
        Value(form=Constant(value="V"), pointer=(*FIELD, "list", 2)),
        Value(form=Template(text="{{ E }}"), pointer=(*FIELD, "list", 3)),
    )
    form = "{list: [C, {from: D, transform: [trim]}, {value: V}, '{{ E }}']}"
    assert value_of(tmp_path, form) == Value(form=ListOf(items=items), pointer=FIELD)


def test_keys_beside_the_form_are_read(tmp_path: Path) -> None:
    """What may stand beside any form: a default, which is any form again, and what makes and breaks the value."""
    form = "{from: C, default: {from: D, default: '{{ E }}'}, required: true, when: '{{ F }}', on_error: keep}"
    last = Value(form=Template(text="{{ E }}"), pointer=(*FIELD, "default", "default"))
    default = Value(form=From(columns=("D",)), default=last, pointer=(*FIELD, "default"))
    assert value_of(tmp_path, form) == Value(
        form=From(columns=("C",)), default=default, is_required=True, when="{{ F }}", on_error="keep", pointer=FIELD
    )


@pytest.mark.parametrize(
    ("item", "name", "argument", "otherwise"),
    [
        ("trim", "trim", None, "reject"),
        ("{date: '%d.%m.%Y'}", "date", "%d.%m.%Y", "reject"),
        ("{number: {decimal: ','}}", "number", {"decimal": ","}, "reject"),
        ("{slice: [0, 5]}", "slice", [0, 5], "reject"),
        ("{map: {A: B}, else: keep}", "map", {"A": "B"}, "keep"),
        ("{else: {value: 7}, map: {A: B}}", "map", {"A": "B"}, {"value": 7}),
        ("{map_from: {file: f, key: K, value: V}}", "map_from", {"file": "f", "key": "K", "value": "V"}, "reject"),
        ("{phone: {region: '{{ vars.region }}'}}", "phone", {"region": "GB"}, "reject"),
        ("lowr", "lowr", None, "reject"),
    ],
)
def test_transform_is_read(item: str, name: str, argument: object, otherwise: object, tmp_path: Path) -> None:
    """A transform is a name, or a name with its argument, beside which `else` may stand."""
    text = with_field(f"{{from: C, transform: [trim, {item}]}}").replace("name: m", "name: m\nvars: {region: GB}")
    assert only_field(read(tmp_path, text)).value.transforms[1] == Transform(
        name=name, argument=argument, otherwise=otherwise, pointer=(*FIELD, "transform", 1)
    )


def steps_of(folder: Path, chains: str, used: str) -> list[tuple[str, Any, Pointer]]:
    """Read a chain that uses named ones."""
    text = with_field(f"{{from: C, transform: {used}}}").replace("name: m", f"name: m\ntransforms: {chains}")
    return [(one.name, one.argument, one.pointer) for one in only_field(read(folder, text)).value.transforms]


def test_named_chain_stands_for_its_steps(tmp_path: Path) -> None:
    """A name of the mapping's own is replaced by what stands under it, and each step keeps its place."""
    assert steps_of(tmp_path, "{us: [{phone: {region: US}}]}", "[trim, us, upper]") == [
        ("trim", None, (*FIELD, "transform", 0)),
        ("phone", {"region": "US"}, ("transforms", "us", 0)),
        ("upper", None, (*FIELD, "transform", 2)),
    ]


def test_named_chains_are_nested_and_repeated(tmp_path: Path) -> None:
    """A chain may use another, and any chain may be used again."""
    lower = ("lower", None, ("transforms", "b", 0))
    chains = "{a: [b, trim, b], b: [lower]}"
    assert steps_of(tmp_path, chains, "[a, b]") == [lower, ("trim", None, ("transforms", "a", 1)), lower, lower]


def test_named_chain_goes_before_a_built_in_one(tmp_path: Path) -> None:
    """A bare name is looked for in the mapping first; with an argument it is always the built-in one."""
    assert steps_of(tmp_path, "{phone: [trim]}", "[phone, {phone: {region: US}}]") == [
        ("trim", None, ("transforms", "phone", 0)),
        ("phone", {"region": "US"}, (*FIELD, "transform", 1)),
    ]


@pytest.mark.parametrize(
    ("chains", "place"),
    [("{a: [a]}", "3:18"), ("{a: [trim, b], b: [trim, a]}", "3:38"), ("{a: [b], b: [c], c: [b]}", "3:34")],
)
def test_chain_that_uses_itself_is_refused(chains: str, place: str, tmp_path: Path) -> None:
    """A chain that comes back to itself is refused where it does."""
    text = with_field("{from: C, transform: [a]}").replace("name: m", f"name: m\ntransforms: {chains}")
    name = "b" if "c: [b]" in chains else "a"
    problem = f"m.yaml:{place}: E013 transform '{name}' uses itself (take it out of its own chain)"
    assert problems_of(tmp_path, text) == [problem]


CONSTANTS = "name: m\nvars: {n: 5, d: 1.50, yes: true, text: x, none: ~}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'{{ vars.n }}'", 5),
        ("' {{vars.d}} '", Decimal("1.50")),
        ("'{{ vars.yes }}'", True),
        ("'{{ vars.none }}'", None),
        ("'a{{ vars.n }}-{{ vars.text }}'", "a5-x"),
        ("['{{ vars.n }}', {k: '{{ vars.d }}'}]", [5, {"k": Decimal("1.50")}]),
        ("'{{ n }}'", "{{ n }}"),
        ("'{{ vars.n | trim }}'", "{{ vars.n | trim }}"),
        ("'vars.n'", "vars.n"),
    ],
)
def test_constants_are_filled_in(text: str, value: object, tmp_path: Path) -> None:
    """A constant alone gives its own type, inside of text it is text; nothing else is put in."""
    mapping = with_field(f"{{value: {text}}}").replace("name: m", CONSTANTS)
    (form,) = [one.value.form for one in read(tmp_path, mapping).objects["people"].fields]
    assert isinstance(form, Constant)
    assert (repr(form.value), type(form.value)) == (repr(value), type(value))


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("{value: '{{ vars.txt }}'}", "12:25: E012 unknown constant 'vars.txt' (did you mean 'text'?)"),
        ("{value: ['a {{ vars.zz }}']}", "12:26: E012 unknown constant 'vars.zz' (state it under 'vars')"),
        ("{from: C, transform: [{phone: {region: '{{ vars.zz }}'}}]}", (
            "12:39: E012 unknown constant 'vars.zz' (state it under 'vars')"
        )),
    ],
)  # fmt: skip
def test_unknown_constant_is_refused(form: str, problem: str, tmp_path: Path) -> None:
    """A constant that the mapping does not state is named with the nearest one."""
    mapping = with_field(form).replace("name: m", CONSTANTS)
    assert problems_of(tmp_path, mapping) == [f"m.yaml:{problem}"]


@pytest.mark.parametrize(
    ("line", "kind", "names"),
    [
        ("{id: C}", "id", ["id"]),
        ("{key: C}", "key", ["key"]),
        ("{Name: C}", "fields", ["Name"]),
        ("{Name: C, City: D}", "fields", ["City", "Name"]),
        ("{key: C, Name: D}", "fields", ["Name", "key"]),
    ],
)
def test_line_of_a_lookup_is_read(line: str, kind: str, names: list[str], tmp_path: Path) -> None:
    """A line looks by the target's id, by the source's key, or by fields in the order of their names."""
    lookup = value_of(tmp_path, f"{{lookup: people, by: [{{key: X}}, {line}]}}").form
    assert isinstance(lookup, Lookup)
    assert (lookup.lines[1].kind, [name for name, _value in lookup.lines[1].inputs]) == (kind, names)
    assert lookup.lines[1].fields == (tuple(names) if kind == "fields" else ())


def test_lookup_is_read(tmp_path: Path) -> None:
    """The value side of a line is any form; what is not stated is by default."""
    template = Value(form=Template(text="{{ N }}"), pointer=(*FIELD, "by", 0, "Name"))
    line = ByLine(kind="fields", inputs=(("Name", template),), pointer=(*FIELD, "by", 0))
    form = "{lookup: target/jobs, by: [{Name: '{{ N }}'}]}"
    expected = Lookup(objects=("target/jobs",), lines=(line,), on_missing="reject", on_ambiguous="reject", create=None)
    assert value_of(tmp_path, form) == Value(form=expected, pointer=FIELD)


def test_lookup_creates_what_it_says(tmp_path: Path) -> None:
    """What a missing record is made of is any form by field; a field form's own keys stand beside the lookup."""
    form = "{lookup: people, by: [{key: K}], on_missing: create, on_ambiguous: first, create: {B: C, A: {value: 1}}"
    value = value_of(tmp_path, form + ", required: true}")
    create = (
        ("A", Value(form=Constant(value=1), pointer=(*FIELD, "create", "A"))),
        ("B", column("C", "create", "B")),
    )
    line = ByLine(kind="key", inputs=(("key", column("K", "by", 0, "key")),), pointer=(*FIELD, "by", 0))
    lookup = Lookup(objects=("people",), lines=(line,), on_missing="create", on_ambiguous="first", create=create)
    assert value == Value(form=lookup, is_required=True, pointer=FIELD)


def test_problems_of_all_fields_are_found(tmp_path: Path) -> None:
    """One wrong field does not hide the next."""
    text = replaced("LastName: Last", "B: {value: '{{ vars.b }}'}\n      A: {value: '{{ vars.a }}'}")
    assert sorted(problems_of(tmp_path, text)) == [
        "m.yaml:11:18: E012 unknown constant 'vars.b' (state it under 'vars')",
        "m.yaml:12:18: E012 unknown constant 'vars.a' (state it under 'vars')",
    ]
