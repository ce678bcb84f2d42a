"""The objects of a mapping, with their defaults, and `like`."""

from dataclasses import replace
from pathlib import Path

import pytest
from mapping_texts import FIELD, MAPPING, only_field, problems_of, read, replaced, with_field, with_key

from migrator.spec.steps import Distinct, Where
from migrator.spec.values import (
    ByLine,
    Example,
    FieldSpec,
    From,
    Lookup,
    Marker,
    MatchLine,
    ObjectSpec,
    Value,
)

PEOPLE = ("objects", "people")
SMALL = ObjectSpec(
    name="people",
    tables=("p.csv",),
    to="contacts",
    key=("Id",),
    fields=(
        FieldSpec(
            name="LastName",
            value=Value(form=From(columns=("Last",)), pointer=FIELD),
            overwrite="always",
            on_conflict="ask",
            replaces_list=False,
            clears=False,
        ),
    ),
    match=(),
    rows=(),
    parent=None,
    marker=Marker(field="", is_bare_key=False, pointer=(*PEOPLE, "marker")),
    on_match="update",
    on_no_match="create",
    on_ambiguous="reject",
    on_duplicate="reject",
    is_trimmed=True,
    examples=(),
    pointer=PEOPLE,
)
PARENT = ByLine(
    kind="id",
    inputs=(("id", Value(form=From(columns=("C",)), pointer=(*PEOPLE, "parent", "by", 0, "id"))),),
    pointer=(*PEOPLE, "parent", "by", 0),
)


def test_small_object_has_the_defaults(tmp_path: Path) -> None:
    """What an object does not state is as the language says."""
    assert dict(read(tmp_path, MAPPING).objects) == {"people": SMALL}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("on_match: skip", {"on_match": "skip"}),
        ("on_no_match: reject", {"on_no_match": "reject"}),
        ("on_ambiguous: first", {"on_ambiguous": "first"}),
        ("on_duplicate: last", {"on_duplicate": "last"}),
        ("trim: false", {"is_trimmed": False}),
        ("match: [[A], [B, C]]", {
            "match": (
                MatchLine(parts=(("A",),), pointer=(*PEOPLE, "match", 0)),
                MatchLine(parts=(("B",), ("C",)), pointer=(*PEOPLE, "match", 1)),
            )
        }),
        ("rows: [{where: '{{ A }}'}, {distinct: [A, B]}]", {
            "rows": (
                Where(expression="{{ A }}", pointer=(*PEOPLE, "rows", 0, "where")),
                Distinct(columns=("A", "B"), pointer=(*PEOPLE, "rows", 1, "distinct")),
            )
        }),
        ("marker: Legacy", {"marker": Marker(field="Legacy", pointer=(*PEOPLE, "marker"))}),
        ("marker: {field: L}", {"marker": Marker(field="L", pointer=(*PEOPLE, "marker"))}),
        ("marker: {field: L, value: marker}", {"marker": Marker(field="L", pointer=(*PEOPLE, "marker"))}),
        ("marker: {field: L, value: key}", {
            "marker": Marker(field="L", is_bare_key=True, pointer=(*PEOPLE, "marker"))
        }),
        ("parent: {lookup: target/jobs, by: [{id: C}], on_missing: skip}", {
            "parent": Lookup(objects=("target/jobs",), lines=(PARENT,), on_missing="skip")
        }),
        ("examples: [{row: {A: 1}, record: {B: 2}}, {row: {}, reject: E110}]", {
            "examples": (
                Example(row={"A": 1}, record={"B": 2}, reject="", pointer=(*PEOPLE, "examples", 0)),
                Example(row={}, record=None, reject="E110", pointer=(*PEOPLE, "examples", 1)),
            )
        }),
    ],
    ids=lambda one: one.split(":")[0] if isinstance(one, str) else "",
)  # fmt: skip
def test_key_of_an_object_is_read(line: str, expected: dict[str, object], tmp_path: Path) -> None:
    """Each key changes what it says, and nothing else."""
    spec = read(tmp_path, with_key(line))
    assert spec.objects["people"] == replace(SMALL, **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("p.csv", "[a.csv, b.csv]", {"tables": ("a.csv", "b.csv")}),
        ("p.csv", "'book.xlsx#Sheet 1'", {"tables": ("book.xlsx#Sheet 1",)}),
        ("Id", "[Id, Part]", {"key": ("Id", "Part")}),
        ("{connector: files}", "{connector: files, trim: false}", {"is_trimmed": False}),
    ],
)
def test_names_of_an_object_are_read(old: str, new: str, expected: dict[str, object], tmp_path: Path) -> None:
    """Several files are one table, several columns one key; the source's `trim` holds for all objects."""
    assert read(tmp_path, replaced(old, new)).objects["people"] == replace(SMALL, **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("overwrite: never", {"overwrite": "never"}),
        ("overwrite: if_blank", {"overwrite": "if_blank"}),
        ("on_conflict: source", {"on_conflict": "source"}),
        ("merge: replace", {"replaces_list": True}),
        ("merge: add", {"replaces_list": False}),
        ("clear: true", {"clears": True}),
    ],
)
def test_who_wins_is_read(keys: str, expected: dict[str, object], tmp_path: Path) -> None:
    """A field says who wins against a matched record."""
    field = only_field(read(tmp_path, with_field(f"{{from: Last, {keys}}}")))
    assert field == replace(SMALL.fields[0], **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "form", "overwrite", "on_conflict"),
    [
        ("on_match: fill", "C", "if_blank", "ask"),
        ("on_match: fill", "{from: C, overwrite: always}", "always", "ask"),
        ("on_match: skip", "C", "always", "ask"),
        ("on_conflict: target", "C", "always", "target"),
        ("on_conflict: target", "{from: C, on_conflict: ask}", "always", "ask"),
    ],
)
def test_object_says_who_wins_by_default(
    line: str, form: str, overwrite: str, on_conflict: str, tmp_path: Path
) -> None:
    """The object's word holds for the fields that say nothing themselves; `fill` writes blank fields only."""
    text = with_key(line).replace("LastName: Last", f"LastName: {form}")
    field = only_field(read(tmp_path, text))
    assert (field.overwrite, field.on_conflict) == (overwrite, on_conflict)


def test_fields_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """The order of a file is no part of its meaning."""
    text = replaced("LastName: Last", "C: x\n      A: y\n      B: z")
    assert [field.name for field in read(tmp_path, text).objects["people"].fields] == ["A", "B", "C"]


def like(folder: Path, *objects: str) -> dict[str, ObjectSpec]:
    """Read the small mapping with more objects after its own."""
    return dict(read(folder, MAPPING + "".join(f"  {one}\n" for one in objects)).objects)


def test_like_takes_over_what_is_not_stated(tmp_path: Path) -> None:
    """An object like another has all of it but its name and what it says itself; its fields are its own."""
    found = like(tmp_path, "other: {like: people, from: o.csv, on_match: fill}")["other"]
    (field,) = found.fields
    assert (found.name, found.tables, found.to, found.key) == ("other", ("o.csv",), "contacts", ("Id",))
    assert (field.name, field.value.form, field.overwrite) == ("LastName", From(columns=("Last",)), "if_blank")


def test_like_goes_on_over_several(tmp_path: Path) -> None:
    """An object may be like one that is like another, whichever stands first; the nearest word holds."""
    objects = like(
        tmp_path, "a: {like: b, key: A}", "b: {like: people, to: jobs, key: B, fields: {Name: N}}"
    )  # fmt: skip
    assert [(one.to, one.key, one.tables) for one in (objects["a"], objects["b"])] == [
        ("jobs", ("A",), ("p.csv",)),
        ("jobs", ("B",), ("p.csv",)),
    ]
    assert [field.name for field in objects["a"].fields] == ["Name"]


WHOLE = "from: f, to: t, key: k, fields: {}"


@pytest.mark.parametrize(
    ("objects", "problems"),
    [
        (f"  a: {{like: peple, {WHOLE}}}\n", ["12:13: E012 unknown object 'peple' (did you mean 'people'?)"]),
        (f"  a: {{like: zzz, {WHOLE}}}\n", ["12:13: E012 unknown object 'zzz'"]),
        (f"  a: {{like: a, {WHOLE}}}\n", ["12:13: E013 'a' is like itself (take 'like' out of one of them)"]),
        (f"  a: {{like: b, {WHOLE}}}\n  b: {{like: a, {WHOLE}}}\n", [
            "13:13: E013 'b' is like itself (take 'like' out of one of them)",
            "12:13: E013 'a' is like itself (take 'like' out of one of them)",
        ]),
    ],
)  # fmt: skip
def test_like_that_leads_nowhere_is_refused(objects: str, problems: list[str], tmp_path: Path) -> None:
    """An object like none that there is, or in the end like itself, is refused."""
    assert problems_of(tmp_path, MAPPING + objects) == [f"m.yaml:{problem}" for problem in problems]


@pytest.mark.parametrize(
    ("stated", "missing"),
    [
        ("{}", ["from", "to", "key", "fields"]),
        ("{to: t, fields: {}}", ["from", "key"]),
        ("{from: f, to: t, fields: {}}", ["key"]),
    ],
)
def test_object_that_lacks_something_is_refused(stated: str, missing: list[str], tmp_path: Path) -> None:
    """What neither stands in an object nor is taken over is missing, each by its name."""
    text = MAPPING + f"  other: {stated}\n"
    expected = [f"m.yaml:12:10: E014 '{key}' is missing in objects.other" for key in missing]
    assert problems_of(tmp_path, text) == expected
