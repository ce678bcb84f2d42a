"""JSON Lines: one object a line, types kept, nothing that JSON does not have."""

from decimal import Decimal
from pathlib import Path

import pytest
from file_reading import TRY_CP1252, Walked, read, refused

NO_OBJECT = "E406 not one JSON object:"


def read_lines(folder: Path, *lines: str, name: str = "a.jsonl") -> Walked:
    """Read a file of these lines."""
    return read(folder, "".join(f"{line}\n" for line in lines), name)


def refused_lines(folder: Path, *lines: str) -> list[str]:
    """Give the problems for which a file of these lines is refused."""
    return refused(folder, "".join(f"{line}\n" for line in lines), "a.jsonl")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"x"', "x"),
        ('" x "', " x "),
        ('"2024-01-02"', "2024-01-02"),
        ("7", 7),
        ("-0", 0),
        ("12345678901234567890123", 12345678901234567890123),
        ("0.1", Decimal("0.1")),
        ("1.50", Decimal("1.50")),
        ("1E3", Decimal("1E+3")),
        ("1e400", Decimal("1E+400")),
        ("-0.0", Decimal("-0.0")),
        ("true", True),
        ("[1, [2.5], {}]", [1, [Decimal("2.5")], {}]),
        ('{"b": {"c": 1.10}}', {"b": {"c": Decimal("1.10")}}),
        ('"\\ud83d\\ude00"', "😀"),
        ('"\\uD83D\\uDE00"', "😀"),
        ('"\\\\ud83d"', "\\ud83d"),
        ('"\\u0000"', "\0"),
    ],
)
def test_value_keeps_its_type(text: str, value: object, tmp_path: Path) -> None:
    """Numbers with a point are Decimal, to the last digit; there is no float."""
    table = read_lines(tmp_path, f'{{"k": 1, "a": {text}}}')
    assert (table.is_text, repr(table.rows)) == (False, repr([(1, value)]))


def test_keys_of_all_lines_are_the_columns(tmp_path: Path) -> None:
    """A key that comes late is a column, too; lines that lack it are blank there."""
    table = read_lines(tmp_path, '{"a": 1}', '{"b": 2}', '{"c": 3, "a": 4}')
    assert table.columns == ("a", "b", "c")
    assert table.numbered == [(1, (1, None, None)), (2, (None, 2, None)), (3, (4, None, 3))]
    assert table.notes == ("utf-8 (the default), JSON Lines",)


@pytest.mark.parametrize(
    "content", ['{"a": 1}\n{"a": 2}', '{"a": 1}\r\n{"a": 2}\r\n', '\ufeff{"a": 1}\n{"a": 2}\n', ' {"a": 1} \n{"a":2}\n']
)
def test_lines_end_as_they_like(content: str, tmp_path: Path) -> None:
    """The last line need not end; a mark at the beginning and white space around a line are nothing."""
    assert read(tmp_path, content, "a.ndjson").numbered == [(1, (1,)), (2, (2,))]


def test_lines_without_text_keep_the_count(tmp_path: Path) -> None:
    """An empty line is skipped, and the ones after it keep their number."""
    assert read_lines(tmp_path, "", '{"a": 1}', "  ", '{"a": 2}').numbered == [(2, (1,)), (4, (2,))]


def test_objects_without_a_value_are_blank_rows(tmp_path: Path) -> None:
    """An object in which nothing stands is counted as blank; a zero and a false stand for something."""
    table = read_lines(tmp_path, '{"a": 0, "b": ""}', '{"a": null, "b": ""}', "{}", '{"a": false}')
    assert table.numbered == [(1, (0, "")), (4, (False, None))]
    assert (table.facts[0].rows, table.facts[0].blank_rows) == (2, 2)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": [Infinity]}', "Infinity is no JSON number"),
        ('{"a": -Infinity}', "-Infinity is no JSON number"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "the key 'b' stands twice"),
        ('{"a": tru}', "Expecting value: line 1 column 7 (char 6)"),
        ('{"a": 01}', "Expecting ',' delimiter: line 1 column 8 (char 7)"),
        ('{"a": "x\ty"}', "Invalid control character at: line 1 column 9 (char 8)"),
        ('{"a": 1} {"a": 2}', "Extra data: line 1 column 10 (char 9)"),
    ],
)
def test_what_json_does_not_have_is_refused(line: str, reason: str, tmp_path: Path) -> None:
    """Python's reader takes some of it in silence: here the line is named."""
    assert refused_lines(tmp_path, '{"a": 0}', line) == [f"a.jsonl:2: {NO_OBJECT} {reason}"]


@pytest.mark.parametrize("line", ["[1]", '"x"', "1", "null", "[]"])
def test_line_that_is_no_object_is_refused(line: str, tmp_path: Path) -> None:
    """A list, or a value alone, has no columns."""
    assert refused_lines(tmp_path, '{"a": 1}', "", line) == ["a.jsonl:3: E406 a line must be a JSON object"]


@pytest.mark.parametrize(
    "line", ['{"a": "x\\ud83d"}', '{"\\ud83d": 1}', '{"a": [{"b": "\\ude00"}]}', '{"a": "\\ude00\\ud83d"}']
)
def test_half_of_a_surrogate_pair_is_refused(line: str, tmp_path: Path) -> None:
    """Half a character is refused at the boundary, in keys and deep inside too: it could never be written."""
    fact = "E406 half of a surrogate pair is no character:"
    assert refused_lines(tmp_path, '{"a": 0}', line) == [f"a.jsonl:2: {fact} {line}"]


def test_other_encoding_is_refused(tmp_path: Path) -> None:
    """JSON is UTF-8."""
    content = '{"a": 1}\n{"a": "é"}\n'.encode("cp1252")
    problem = f'a.jsonl:2: E404 not UTF-8: line 2: byte 0xe9 in \'{{"a": "é"}}\' ({TRY_CP1252})'
    assert refused(tmp_path, content, "a.jsonl") == [problem]


@pytest.mark.parametrize("content", ["", "\n\n", "{}\n"])
def test_file_without_a_key_is_refused(content: str, tmp_path: Path) -> None:
    """Without any key there are no columns."""
    fact = "the file is empty, without a header (the first row names the columns)"
    assert refused(tmp_path, content, "a.jsonl") == [f"a.jsonl:1: E403 {fact}"]


def test_keys_that_trim_to_one_are_refused(tmp_path: Path) -> None:
    """Keys are names of columns, and those are trimmed."""
    fact = "the column 'a' stands 2 times: positions 1, 2 (rename all but one of them)"
    assert refused_lines(tmp_path, '{"a": 1}', '{" a": 2}') == [f"a.jsonl:1: E403 {fact}"]


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    """A line that is nested without end exhausts nothing."""
    (problem,) = refused_lines(tmp_path, '{"a": ' + "[" * 100_000)
    assert problem.startswith(f"a.jsonl:1: {NO_OBJECT} maximum recursion depth exceeded")
