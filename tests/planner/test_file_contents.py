"""Files that rows name: their text is the value, and the plan keeps hash and size of each."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from planning_cases import Desk, people

from migrator.connectors.files.source import MAX_CONTENT_BYTES
from migrator.errors import SpecError
from migrator.planner import contents

OUTSIDE = "lies outside the folder of the source"
FIELDS = "LastName: last, MiddleName: {file: letter}"


def desk_of(folder: Path, *rows: str) -> Desk:
    """Make a project whose source is a folder of its own, with letters beside its table."""
    desk = Desk(folder=folder, source_block="source: {connector: files, path: data}")
    (folder / "data" / "letters").mkdir(parents=True)
    desk.write("data/people.csv", "id,last,letter", *rows)
    return desk


def letter(folder: Path, name: str, content: bytes) -> None:
    """Write a file that a row may name."""
    (folder / "data" / name).write_bytes(content)


def contents_of(path: Path) -> list[tuple[Any, ...]]:
    """Give what a plan says of the files that rows name."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT name, sha256, size FROM content ORDER BY name").fetchall()


def test_content_is_the_value(tmp_path: Path) -> None:
    """As it stands, without the mark of its encoding; what holds white space only is blank, as is a blank name."""
    desk = desk_of(tmp_path, "1,Ada,letters/a.txt", "2,Bob,b.txt", "3,Cyd,c.txt", "4,Dan,")
    letter(tmp_path, "letters/a.txt", "Dear Ada,\r\n\tcafé\n".encode())
    letter(tmp_path, "b.txt", "\ufeffDear Bob".encode())
    letter(tmp_path, "c.txt", b" \n")
    seen = desk.plan(people("match: none", fields=FIELDS))
    assert seen.changes == {
        "+ contacts:1": {"LastName": "Ada", "MiddleName": "Dear Ada,\r\n\tcafé\n"},
        "+ contacts:2": {"LastName": "Bob", "MiddleName": "Dear Bob"},
        "+ contacts:3": {"LastName": "Cyd"},
        "+ contacts:4": {"LastName": "Dan"},
    }


def test_plan_keeps_hash_and_size_of_each_file_once(tmp_path: Path) -> None:
    """However many rows name it."""
    desk = desk_of(tmp_path, "1,Ada,a.txt", "2,Bob,b.txt", "3,Cyd,a.txt")
    letter(tmp_path, "a.txt", b"one")
    letter(tmp_path, "b.txt", b"three")
    seen = desk.plan(people("match: none", fields=FIELDS))
    assert contents_of(seen.path) == [
        ("a.txt", hashlib.sha256(b"one").hexdigest(), 3),
        ("b.txt", hashlib.sha256(b"three").hexdigest(), 5),
    ]
    assert seen.header["source"]["contents"] == {"files": 2, "bytes": 8}


def _link(folder: Path, target: str) -> None:
    (folder / "data" / "letters" / "link.txt").symlink_to(folder / target)


@pytest.mark.parametrize(
    ("name", "prepare", "fact"),
    [
        ("letters/ada.txt", lambda _: None, "there is no such file: 'letters/ada.txt' (did you mean 'anda.txt'?)"),
        ("../secret.txt", lambda _: None, f"{OUTSIDE}: '../secret.txt'"),
        ("letters/link.txt", lambda one: _link(one, "secret.txt"), f"{OUTSIDE}: 'letters/link.txt'"),
        ("letters", lambda _: None, "this is no regular file: 'letters'"),
        ("latin.txt", lambda one: letter(one, "latin.txt", b"caf\xe9"),
         "is no UTF-8: byte 4: 'latin.txt' (save it as UTF-8)"),
        ("big.txt", lambda one: letter(one, "big.txt", b"x" * (MAX_CONTENT_BYTES + 1)),
         "is larger than 1,048,576 bytes: 'big.txt' (shorten it, or filter the row out)"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_taken_refuses_its_row(
    tmp_path: Path, name: str, prepare: Callable[[Path], None], fact: str
) -> None:
    """And no other: it is named, with what would do."""
    desk = desk_of(tmp_path, f"1,Ada,{name}", "2,Bob,letters/anda.txt")
    (tmp_path / "secret.txt").write_text("secret")
    letter(tmp_path, "letters/anda.txt", b"fine")
    prepare(tmp_path)
    seen = desk.plan(people("match: none", fields=FIELDS))
    assert list(seen.problems) == [f"contacts:2 E117 MiddleName: {fact}"]
    assert list(seen.changes) == ["+ contacts:2"]


def test_file_outside_the_project_is_refused(tmp_path: Path) -> None:
    """Neither by its whole path nor by a link."""
    (tmp_path / "project").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    desk = desk_of(tmp_path / "project", f"1,Ada,{tmp_path}/secret.txt", "2,Bob,letters/link.txt")
    _link(tmp_path / "project", "../secret.txt")
    seen = desk.plan(people("match: none", fields=FIELDS))
    assert [problem.split(":")[2].strip() for problem in seen.problems] == [
        "the file lies outside the project folder"
    ] * 2


def test_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    """A link is no harm by itself."""
    desk = desk_of(tmp_path, "1,Ada,letters/link.txt")
    letter(tmp_path, "a.txt", b"one")
    _link(tmp_path, "data/a.txt")
    assert desk.plan(people("match: none", fields=FIELDS)).changes["+ contacts:1"]["MiddleName"] == "one"


def test_content_is_held_to_what_the_field_takes(tmp_path: Path) -> None:
    """Control characters are refused as in a cell, transforms and `default` hold, and the column must be there."""
    desk = desk_of(tmp_path, "1,Ada,a.txt", "2,Bob,b.txt", "3,Cyd,")
    letter(tmp_path, "a.txt", b"o\0ne")
    letter(tmp_path, "b.txt", b"<b>Bob</b>")
    fields = "LastName: last, MiddleName: {file: letter, transform: [html_to_text], default: {value: none}}"
    seen = desk.plan(people("match: none", fields=fields))
    hint = "(take it out of the file)"
    assert list(seen.problems) == [f"contacts:2 E112 MiddleName: holds the control character U+0000: 'a.txt' {hint}"]
    assert [change["MiddleName"] for change in seen.changes.values()] == ["Bob", "none"]


def test_rows_are_put_away_before_they_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of many files are not held together; the plan is the same."""
    monkeypatch.setattr(contents, "MAX_HELD_BYTES", 5)
    desk = desk_of(tmp_path, *(f"{n},L{n},f{n}.txt" for n in range(9)))
    for n in range(9):
        letter(tmp_path, f"f{n}.txt", b"four")
    seen = desk.plan(people("match: none", fields=FIELDS))
    assert (seen.totals("create"), len(contents_of(seen.path))) == ([9], 9)


def test_column_that_names_files_must_be_there(tmp_path: Path) -> None:
    """As every column."""
    with pytest.raises(SpecError) as refused:
        desk_of(tmp_path, "1,Ada,").plan(people("match: none", fields="LastName: last, MiddleName: {file: leter}"))
    (problem,) = refused.value.problems
    assert (problem.code, problem.fact) == ("E015", "no column 'leter' in people.csv")
