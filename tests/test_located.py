"""YAML text → plain data and places: what is kept as text, what is refused, and where everything stands."""

import os
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.errors import SpecError
from migrator.located import MAX_BYTES, MAX_VALUES, Located, parse_located, quoted, read_located

SCALARS: list[tuple[str, Any]] = [
    # words that YAML 1.1 takes for something else
    ("NO", "NO"),
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("Off", "Off"),
    ("y", "y"),
    ("True", "True"),
    ("TRUE", "TRUE"),
    ("Null", "Null"),
    ("NULL", "NULL"),
    # numbers that it counts in another base, groups or takes for times
    ("012", "012"),
    ("089", "089"),
    ("00", "00"),
    ("-012", "-012"),
    ("0o7", "0o7"),
    ("0x1F", "0x1F"),
    ("0b101", "0b101"),
    ("1_000", "1_000"),
    ("12:30", "12:30"),
    ("12:30:45", "12:30:45"),
    ("190:20:30.15", "190:20:30.15"),
    ("2024-01-02", "2024-01-02"),
    ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
    ("2024-01-02 03:04:05", "2024-01-02 03:04:05"),
    (".inf", ".inf"),
    ("-.inf", "-.inf"),
    (".nan", ".nan"),
    ("=", "="),
    ("1.2.3", "1.2.3"),
    ("1e", "1e"),
    ("e3", "e3"),
    ("1,5", "1,5"),
    ("1 2", "1 2"),
    (".", "."),
    ("+", "+"),
    ("-", [None]),
    # numbers, never a float
    ("0", 0),
    ("-0", 0),
    ("+0", 0),
    ("7", 7),
    ("+7", 7),
    ("-12", -12),
    ("12345678901234567890123", 12345678901234567890123),
    ("1.5", Decimal("1.5")),
    ("0.10", Decimal("0.10")),
    ("5.", Decimal(5)),
    (".5", Decimal("0.5")),
    ("-.5", Decimal("-0.5")),
    ("-0.0", Decimal("-0.0")),
    ("1e3", Decimal("1E+3")),
    ("1.5E-2", Decimal("0.015")),
    ("012.5", Decimal("12.5")),
    # the rest
    ("true", True),
    ("false", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("''", ""),
    ("'true'", "true"),
    ('"7"', "7"),
    ("'~'", "~"),
    ("'it''s'", "it's"),
    ('"a\\tb\\u00e9\\U0001F600"', "a\tbé😀"),
    ("|\n  a\n  b\n", "a\nb\n"),
    (">\n  a\n  b\n", "a b\n"),
    ("plain text # remark", "plain text"),
    ("ünï", "ünï"),
]


def problems_of(text: str) -> list[str]:
    """Give all that is wrong with a text."""
    with pytest.raises(SpecError) as caught:
        parse_located(text, name="m.yaml")
    return [str(problem) for problem in caught.value.problems]


def problems_of_file(path: Path) -> list[str]:
    """Give all that is wrong with a file."""
    with pytest.raises(SpecError) as caught:
        read_located(path, name="m.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(("text", "expected"), SCALARS, ids=[text.strip() or "blank" for text, _value in SCALARS])
def test_scalar_has_its_exact_type(text: str, expected: object) -> None:
    """Scalars are those of YAML 1.2: whatever a country list or a phone list may hold stays text."""
    value = parse_located(f"key: {text}" if text != "-" else "key:\n  -", name="m.yaml").data["key"]
    assert (type(value), repr(value)) == (type(expected), repr(expected))


@pytest.mark.parametrize("key", ["1", "true", "null", "1.5", "NO", "012", "2024-01-02", "a b", "ä"])
def test_key_is_always_text(key: str) -> None:
    """A key is what is written, whatever a value of that spelling would be."""
    assert parse_located(f"{key}: x", name="m.yaml").data == {key: "x"}


@pytest.mark.parametrize("text", ["", "---\n", "# a remark\n", "\n\n", "---\n...\n"])
def test_empty_text_is_no_data(text: str) -> None:
    """A file without a value is read as none."""
    assert parse_located(text, name="m.yaml").data is None


ANCHORS = "anchors and aliases are not allowed (use 'like:' or 'transforms:')"
ODD_KEY = "a key must be plain text, and '<<' is not allowed"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: 1\na: 2", ["m.yaml:2:1: E011 'a' is set twice: line 1 and line 2"]),
        ("a: 1\nb: 2\n'a': 3", ["m.yaml:3:1: E011 'a' is set twice: line 1 and line 3"]),
        ("1: a\n'1': b", ["m.yaml:2:1: E011 '1' is set twice: line 1 and line 2"]),
        ("x:\n  - {a: 1,\n     a: 2}", ["m.yaml:3:6: E011 'a' is set twice: line 2 and line 3"]),
        (
            "a: {b: 1, b: 2}\nc: 3\na: 4",
            [
                "m.yaml:1:11: E011 'b' is set twice: line 1 and line 1",
                "m.yaml:3:1: E011 'a' is set twice: line 1 and line 3",
            ],
        ),
        (
            "a: 1\na: 2\na: 3",
            [
                "m.yaml:2:1: E011 'a' is set twice: line 1 and line 2",
                "m.yaml:3:1: E011 'a' is set twice: line 2 and line 3",
            ],
        ),
        ("<<: {a: 1}", [f"m.yaml:1:1: E010 {ODD_KEY}"]),
        ("a:\n  '<<': 1", [f"m.yaml:2:3: E010 {ODD_KEY}"]),
        ("? [a, b]\n: 1", [f"m.yaml:1:3: E010 {ODD_KEY}"]),
        ("? {a: 1}\n: 1\nb: 1\nb: 2", [
            f"m.yaml:1:3: E010 {ODD_KEY}",
            "m.yaml:4:1: E011 'b' is set twice: line 3 and line 4",
        ]),
    ],
)  # fmt: skip
def test_key_that_hides_something_is_refused(text: str, problems: list[str]) -> None:
    """A key twice, a merge key and a key that is no text are refused, all of them at once."""
    assert problems_of(text) == problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &x 1\nb: *x", f"m.yaml:1: E010 {ANCHORS}"),
        ("a: 1\nb: &x {c: d}", f"m.yaml:2: E010 {ANCHORS}"),
        ("a: 1\nb: [*x]", f"m.yaml:2: E010 {ANCHORS}"),
        ("&a", f"m.yaml:1: E010 {ANCHORS}"),
        ("a: !!str 1", "m.yaml:1: E010 the tag 'tag:yaml.org,2002:str' is not allowed (write the value without it)"),
        ("a: 1\nb: !ruby/x y", "m.yaml:2: E010 the tag '!ruby/x' is not allowed (write the value without it)"),
        ("a: ! 1", "m.yaml:1: E010 the tag '!' is not allowed (write the value without it)"),
        (
            "!!python/object:x [ls]",
            "m.yaml:1: E010 the tag 'tag:yaml.org,2002:python/object:x' is not allowed (write the value without it)",
        ),
        (
            "%TAG ! tag:x.org,2000:\n---\na: !b 1",
            "m.yaml:3: E010 the tag 'tag:x.org,2000:b' is not allowed (write the value without it)",
        ),
        (
            "a: 1\n---\nb: 2",
            "m.yaml:2:1: E010 not valid YAML: but found another document, expected a single document in the stream",
        ),
    ],
)
def test_what_could_change_the_meaning_is_refused(text: str, problem: str) -> None:
    """Anchors, aliases, tags and a second document are refused with their line."""
    assert problems_of(text) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1, 2", "2:1: E010 not valid YAML: did not find expected ',' or ']', while parsing a flow sequence"),
        ("a: b: c", "1:5: E010 not valid YAML: mapping values are not allowed in this context"),
        (
            "a:\n\tb: 1",
            "2:1: E010 not valid YAML: found character that cannot start any token, while scanning for the next token",
        ),
        ("a: 'x", "1:6: E010 not valid YAML: found unexpected end of stream, while scanning a quoted scalar"),
        (
            "- a\nb: c",
            "2:1: E010 not valid YAML: did not find expected '-' indicator, while parsing a block collection",
        ),
        (
            'ab: "\\ud83d"',
            "1:8: E010 not valid YAML: found invalid Unicode character escape code, while parsing a quoted scalar",
        ),
    ],
)
def test_syntax_error_has_line_and_column(text: str, problem: str) -> None:
    """What is no YAML is refused at its place; half of a surrogate pair is among it."""
    assert problems_of(text) == [f"m.yaml:{problem}"]


@pytest.mark.parametrize(
    ("char", "name"), [("\0", "0000"), ("\a", "0007"), ("\x1b", "001B"), ("\x7f", "007F"), ("\ufffe", "FFFE")]
)
def test_control_character_is_refused(char: str, name: str) -> None:
    """NUL and its kin may not stand in a file, not even in quotes; the line is told."""
    problem = f"E010 character U+{name} may not stand in a YAML file (take it out)"
    assert problems_of(f"a: 'x{char}y'") == [f"m.yaml:1: {problem}"]
    assert problems_of(f"ä: {'ö' * 99}\n\nb: 'x{char}y'\nc: 2\n") == [f"m.yaml:3: {problem}"]


@pytest.mark.parametrize("bracket", ["[", "- ", "{a: ", "? "])
def test_nesting_beyond_the_limit_is_refused(bracket: str) -> None:
    """Fifty levels are read, and one more is refused however many follow."""
    assert problems_of(bracket * 51) == ["m.yaml:1: E010 nested deeper than 50 (flatten the file)"]
    assert problems_of(bracket * 3000) == ["m.yaml:1: E010 nested deeper than 50 (flatten the file)"]


def test_nesting_up_to_the_limit_is_read() -> None:
    """Fifty levels are fine."""
    value = parse_located("[" * 50 + "]" * 50, name="m.yaml").data
    for _level in range(49):
        assert len(value) == 1
        value = value[0]
    assert value == []


def test_number_of_values_is_limited() -> None:
    """As many values as the limit says are read, the list itself among them, and one more is refused."""
    fits = parse_located("[" + "0," * (MAX_VALUES - 1) + "]", name="m.yaml").data
    assert len(fits) == MAX_VALUES - 1
    assert problems_of("[\n" + "0," * MAX_VALUES + "]") == [
        "m.yaml:2: E010 more than 100000 values (move data out of it)"
    ]


ALIAS_BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize("bomb", [ALIAS_BOMB, "[" * 1_000_000, "- " * 500_000, "{a: " * 250_000, "&a " * 300_000])
def test_bomb_is_refused_at_once(bomb: str) -> None:
    """A text that would explode, or exhaust the stack, takes no time to be refused."""
    started = time.perf_counter()
    assert len(problems_of(bomb)) == 1
    assert time.perf_counter() - started < 0.1


TEXT = """\
ä: {b: [1, 'x']}
ünï: ö
list:
  - a: 1
    b: |
      text
  -
    - deep
empty:
"""


def test_values_and_keys_have_positions() -> None:
    """Each value and each key knows its line and its column, counted from 1 and in characters."""
    located = parse_located(TEXT, name="m.yaml")
    assert located.positions == {
        (): (1, 1), ("ä",): (1, 4), ("ä", "b"): (1, 8), ("ä", "b", 0): (1, 9), ("ä", "b", 1): (1, 12),
        ("ünï",): (2, 6), ("list",): (4, 3), ("list", 0): (4, 5), ("list", 0, "a"): (4, 8), ("list", 0, "b"): (5, 8),
        ("list", 1): (8, 5), ("list", 1, 0): (8, 7), ("empty",): (9, 7),
    }  # fmt: skip
    assert located.keys == {
        ("ä",): (1, 1), ("ä", "b"): (1, 5), ("ünï",): (2, 1), ("list",): (3, 1), ("list", 0, "a"): (4, 5),
        ("list", 0, "b"): (5, 5), ("empty",): (9, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pointer", "of_value", "of_key"),
    [
        ((), "m.yaml:1:1", "m.yaml:1:1"),
        (("ünï",), "m.yaml:2:6", "m.yaml:2:1"),
        (("list", 1), "m.yaml:8:5", "m.yaml:8:5"),
        (("list", 0, "b"), "m.yaml:5:8", "m.yaml:5:5"),
        (("list", 0, "zzz", 3), "m.yaml:4:5", "m.yaml:4:5"),
        (("nowhere", "at", "all"), "m.yaml:1:1", "m.yaml:1:1"),
    ],
)
def test_place_is_that_of_the_nearest_parent(pointer: tuple[str | int, ...], of_value: str, of_key: str) -> None:
    """A place is written file:line:column; what does not stand in the file has its parent's."""
    located = parse_located(TEXT, name="m.yaml")
    assert (located.place(pointer), located.place(pointer, key=True)) == (of_value, of_key)


def test_file_is_read_under_its_path(tmp_path: Path) -> None:
    """A file keeps its text, and is called by its path or by the name that it is given."""
    path = tmp_path / "m.yaml"
    path.write_bytes(b"a: [1]\r\n")
    located = read_located(path)
    assert (located.name, located.data, located.text) == (str(path), {"a": [1]}, "a: [1]\r\n")
    assert read_located(path, name="mine").place(("a", 0)) == "mine:1:5"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"a: 1\nb: caf\xe9\n", "m.yaml:2: E010 byte 0xe9 is not UTF-8 (save the file as UTF-8)"),
        ("a: ä\n".encode("utf-16"), "m.yaml:1: E010 byte 0xff is not UTF-8 (save the file as UTF-8)"),
        (b"a: \xed\xa0\xbd", "m.yaml:1: E010 byte 0xed is not UTF-8 (save the file as UTF-8)"),
        (b"a: x\0y", "m.yaml:1: E010 character U+0000 may not stand in a YAML file (take it out)"),
        (b"#" * (MAX_BYTES + 1), "m.yaml: E010 larger than 1 MiB (move data out of it)"),
    ],
    ids=["latin-1", "utf-16", "surrogate", "nul", "large"],
)
def test_file_that_is_no_text_is_refused(raw: bytes, problem: str, tmp_path: Path) -> None:
    """Another encoding, NUL and more than 1 MiB are refused before anything is built."""
    (tmp_path / "m.yaml").write_bytes(raw)
    assert problems_of_file(tmp_path / "m.yaml") == [problem]


def test_file_of_one_mebibyte_is_read(tmp_path: Path) -> None:
    """The limit itself still fits."""
    (tmp_path / "m.yaml").write_bytes(b"a: 1\n" + b"#" * (MAX_BYTES - 5))
    assert read_located(tmp_path / "m.yaml").data == {"a": 1}


def test_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    """The mark that some editors put first is no part of the first key, and moves no column."""
    (tmp_path / "m.yaml").write_bytes("a: 1\nb: 2\n".encode("utf-8-sig"))
    located = read_located(tmp_path / "m.yaml", name="m.yaml")
    assert (located.data, located.place(("a",))) == ({"a": 1, "b": 2}, "m.yaml:1:4")


def test_missing_file_is_a_problem(tmp_path: Path) -> None:
    """A file that is not there, and a folder in its place, are refused with the system's reason."""
    hint = "(check path and permissions)"
    assert problems_of_file(tmp_path / "none.yaml") == [
        f"m.yaml: E001 cannot read the file: {os.strerror(2)} {hint}"
    ]  # fmt: skip
    assert problems_of_file(tmp_path) == [f"m.yaml: E001 cannot read the file: {os.strerror(21)} {hint}"]


def test_located_text_may_be_called_anything() -> None:
    """A document that was never read has its first place, too."""
    assert Located(name="x", data=None, text="", sha256="", positions={}, keys={}).place(("a",), key=True) == "x:1:1"


@settings(deadline=None)
@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\"\\\n\r\t\x85\u2028\ufeff:#-'"))))
def test_quoted_text_reads_back_as_it_was(text: str) -> None:
    """Whatever text it is, under the strict rules of reading, as a value and in a list."""
    assert parse_located(f"key: {quoted(text)}\nlist:\n  - {quoted(text)}\n", name="x").data == {
        "key": text,
        "list": [text],
    }


def test_half_of_a_surrogate_pair_is_written_as_a_lost_character() -> None:
    """It is no character, and no file can hold it."""
    assert quoted("a\ud800b") == '"a\ufffdb"'
