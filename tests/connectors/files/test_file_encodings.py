"""Encodings: declared, told by a mark, or UTF-8; never guessed."""

from pathlib import Path

import pytest
from file_reading import DECLARE, TRY_CP1252, read, refused

FULL_OF_NUL = "it is full of NUL characters: it looks like UTF-16 or UTF-32"
SAVE_IT = "(save the file as UTF-8, or state its 'encoding' in the source block)"
TABLE = "a,b\nö€,ß\n😀,x\n"
LATIN = "a,b\nö,ß\n"


@pytest.mark.parametrize(
    ("content", "declared", "note"),
    [
        (TABLE.encode(), "", "utf-8 (the default)"),
        (TABLE.encode(), "UTF-8", "utf-8 (declared)"),
        (TABLE.encode("utf-8-sig"), "", "utf-8 (byte order mark)"),
        (TABLE.encode("utf-8-sig"), "cp1252", "utf-8 (byte order mark)"),
        (TABLE.encode("utf-16"), "", "utf-16 (byte order mark)"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "", "utf-16 (byte order mark)"),
        (TABLE.encode("utf-16"), "cp1252", "utf-16 (byte order mark)"),
        (TABLE.encode("utf-16"), "utf-16-le", "utf-16 (byte order mark)"),
        (TABLE.encode("utf-32"), "", "utf-32 (byte order mark)"),
        (b"\0\0\xfe\xff" + TABLE.encode("utf-32-be"), "", "utf-32 (byte order mark)"),
        (TABLE.encode("utf-16-le"), "utf-16-le", "utf-16-le (declared)"),
        (TABLE.encode("utf-16-be"), "utf-16-be", "utf-16-be (declared)"),
        (TABLE.encode("utf-32-le"), "utf-32-le", "utf-32-le (declared)"),
    ],
)
def test_encoding_is_told(content: bytes, declared: str, note: str, tmp_path: Path) -> None:
    """A mark decides, then the mapping, then UTF-8; the mark never leaks into the first header."""
    table = read(tmp_path, content, encoding=declared)
    assert (table.columns, table.rows) == (("a", "b"), [("ö€", "ß"), ("😀", "x")])
    assert table.notes[0] == note


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp850", "mac_roman", "iso-8859-15"])
def test_declared_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    """Encodings of one byte are read where they are declared."""
    table = read(tmp_path, LATIN.encode(encoding), encoding=encoding)
    assert (table.rows, table.notes[0]) == ([("ö", "ß")], f"{encoding} (declared)")


def test_undecodable_file_shows_three_lines(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused with the first three such lines, as cp1252 reads them."""
    content = "a,b\nö,1\nx,2\nü,ß\né,4\nè,5\n".encode("cp1252")
    shown = "line 2: byte 0xf6 in 'ö,1'; line 4: byte 0xfc in 'ü,ß'; line 5: byte 0xe9 in 'é,4'"
    assert refused(tmp_path, content) == [f"a.csv:2: E404 not UTF-8: {shown} ({TRY_CP1252})"]


def test_undecodable_line_is_shown_around_its_byte(tmp_path: Path) -> None:
    """Of a long line only the neighbourhood of the byte is shown."""
    content = ("a,b\n" + "x" * 100 + "é" + "y" * 100 + ",2\n").encode("cp1252")
    shown = f"line 2: byte 0xe9 in '{'x' * 20}é{'y' * 20}'"
    assert refused(tmp_path, content) == [f"a.csv:2: E404 not UTF-8: {shown} ({TRY_CP1252})"]


def test_undecodable_byte_far_down_is_found(tmp_path: Path) -> None:
    """The sample at the beginning is not the whole file: the walk finds what comes later, and its line."""
    content = b"a,b\n" + b"x,y\n" * 100_000 + "é,1\n".encode("cp1252")
    shown = "line 100002: byte 0xe9 in 'é,1'"
    assert refused(tmp_path, content) == [f"a.csv:100002: E404 not UTF-8: {shown} ({TRY_CP1252})"]


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_undefined_byte_of_cp1252_is_named(byte: int, tmp_path: Path) -> None:
    """Five bytes mean nothing in cp1252: they are refused, though other programs let them through."""
    content = b"a,b\n1,2\nx," + bytes([byte]) + b"\n"
    problem = f"a.csv:3: E404 not CP1252: line 3: byte 0x{byte:02x} in 'x,\ufffd' ({DECLARE})"
    assert refused(tmp_path, content, encoding="cp1252") == [problem]


@pytest.mark.parametrize(
    ("content", "encoding", "problem"),
    [
        (b"a,b\n\xc3\xb6,2\n", "ascii", "a.csv:2: E404 not ASCII: line 2: byte 0xc3 in 'Ã¶,2'"),
        (b"a,b\nx,\xff\n", "shift_jis", "a.csv:2: E404 not SHIFT_JIS: line 2: byte 0xff in 'x,ÿ'"),
    ],
)
def test_other_declared_encoding_is_held_to_its_word(
    content: bytes, encoding: str, problem: str, tmp_path: Path
) -> None:
    """A declared encoding that the bytes are not of is refused without another suggestion."""
    assert refused(tmp_path, content, encoding=encoding) == [f"{problem} ({DECLARE})"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a,b\n\xed\xa0\xbd,2\n", "line 2: byte 0xed in 'í\xa0½,2'"),
        (b"a,b\n\xc0\xaf,2\n", "line 2: byte 0xc0 in 'À¯,2'"),
        (b"a,b\nx,\xc3\n", "line 2: byte 0xc3 in 'x,Ã'"),
        (b"a,b\nx,\xf5\x80\x80\x80\n", "line 2: byte 0xf5 in 'x,õ€€€'"),
    ],
    ids=["surrogate", "overlong", "cut", "beyond"],
)
def test_malformed_utf8_is_refused(content: bytes, problem: str, tmp_path: Path) -> None:
    """Half of a surrogate pair, an overlong form, a cut character and one beyond Unicode are no UTF-8."""
    assert refused(tmp_path, content) == [f"a.csv:2: E404 not UTF-8: {problem} ({TRY_CP1252})"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_utf16_without_a_mark_is_recognised(encoding: str, tmp_path: Path) -> None:
    """Read as UTF-8 it would decode without an error, into NUL characters."""
    problem = f"a.csv: E404 read as UTF-8 {FULL_OF_NUL} {SAVE_IT}"
    assert refused(tmp_path, "a,b\nx,2\n".encode(encoding)) == [problem]


def test_utf32_under_a_mark_of_utf16_is_recognised(tmp_path: Path) -> None:
    """A mark that lies is found out the same way."""
    content = b"\xff\xfe" + "a,b\nx,2\n".encode("utf-32-le")
    assert refused(tmp_path, content) == [f"a.csv: E404 read as UTF-16 {FULL_OF_NUL} {SAVE_IT}"]


@pytest.mark.parametrize("declared", ["cp1252", "latin-1"])
def test_utf16_under_a_wrong_declaration_is_recognised(declared: str, tmp_path: Path) -> None:
    """An encoding of one byte reads anything: the NUL characters give it away."""
    content = "a,b\nx,2\n".encode("utf-16-le")
    problem = f"a.csv: E404 read as {declared.upper()} {FULL_OF_NUL} {SAVE_IT}"
    assert refused(tmp_path, content, encoding=declared) == [problem]


def test_few_nul_characters_pass_to_the_row(tmp_path: Path) -> None:
    """A NUL in a cell is the business of the row that uses it."""
    assert read(tmp_path, "a,b\nx\0y,a cell that is long enough\n").rows == [("x\0y", "a cell that is long enough")]


def test_unknown_encoding_is_named(tmp_path: Path) -> None:
    """An encoding that does not exist is refused."""
    problem = "a.csv: E404 unknown encoding 'klingon' (such as cp1252)"
    assert refused(tmp_path, "a,b\n", encoding="klingon") == [problem]


def test_replacement_characters_are_text(tmp_path: Path) -> None:
    """What another program has spoilt already is read as it stands."""
    assert read(tmp_path, "a,b\n\ufffd,Ã¼\n").rows == [("\ufffd", "Ã¼")]
