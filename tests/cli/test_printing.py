"""Problems in words: whole, harmless, and on a terminal with the line of YAML that is meant."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from migrator.cli.printing import MAX_WIDTH, print_problems
from migrator.errors import Problem

TEXT = """\
mapping: 1
name: acme
objects:
  contacts: {fileds: x}
"""


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Print a problem at a place to a terminal, and give the lines that stand there."""

    def printed(place: str) -> list[str]:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        print_problems([Problem(code="E012", place=place, fact="x")])
        return capsys.readouterr().err.splitlines()

    return printed


def written(folder: Path, name: str = "acme.yaml", text: str = TEXT) -> Path:
    """Write a file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_problem_is_printed_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Place, code, fact and hint on stderr; where that is no terminal, nothing else."""
    place = f"{written(tmp_path)}:4:14"
    problems = [
        Problem(code="E012", place=place, fact="unknown key 'fileds'", hint="did you mean 'fields'?"),
        Problem(code="E100", fact="no place"),
    ]
    print_problems(problems)
    assert capsys.readouterr() == ("", f"{place}: E012 unknown key 'fileds' (did you mean 'fields'?)\nE100 no place\n")


def test_problem_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """What a cell holds may stand in a fact."""
    print_problems([Problem(code="E110", place="a\x1b[2J.csv:2", fact="'\x07\u202e' is not a date\n", hint="\x9b1m")])
    words = "a\\u001b[2J.csv:2: E110 '\\u0007\\u202e' is not a date  (\\u009b1m)\n"
    assert capsys.readouterr().err == words


def test_place_in_yaml_is_shown_with_a_caret(terminal: Callable[[str], list[str]], tmp_path: Path) -> None:
    """The line that is meant, the one before it, and a caret under the column."""
    place = f"{written(tmp_path)}:4:14"
    assert terminal(place) == [
        f"{place}: E012 x",
        "     3 | objects:",
        "     4 |   contacts: {fileds: x}",
        "                      ^",
    ]


def test_first_line_is_shown_alone(terminal: Callable[[str], list[str]], tmp_path: Path) -> None:
    """There is none before it."""
    assert terminal(f"{written(tmp_path, 'a.yml')}:1:1")[1:] == ["     1 | mapping: 1", "         ^"]


@pytest.mark.parametrize("name", ["people.csv", "acme.yaml.bak", "acme.json", "acme"])
def test_only_yaml_is_shown(terminal: Callable[[str], list[str]], tmp_path: Path, name: str) -> None:
    """A row of data is not printed, wherever its file lies."""
    place = f"{written(tmp_path, name)}:4:14"
    assert terminal(place) == [f"{place}: E012 x"]


@pytest.mark.parametrize("suffix", ["", ":4", ":4:", ":x:1", ":4:14:1x"])
def test_only_a_whole_place_is_shown(terminal: Callable[[str], list[str]], tmp_path: Path, suffix: str) -> None:
    """A place without line and column names no line."""
    place = f"{written(tmp_path)}{suffix}"
    assert terminal(place) == [f"{place}: E012 x"]


def test_file_that_is_gone_is_not_shown(terminal: Callable[[str], list[str]], tmp_path: Path) -> None:
    """The problem is told all the same."""
    place = f"{tmp_path / 'gone.yaml'}:4:14"
    assert terminal(place) == [f"{place}: E012 x"]


def test_shown_line_is_short_and_harmless(terminal: Callable[[str], list[str]], tmp_path: Path) -> None:
    """A line of the mapping is cut, and escape sequences in it are spelled out."""
    path = written(tmp_path, text=f"a: \x1b[2J{'x' * 500}\n")
    assert terminal(f"{path}:1:1")[1] == "     1 | " + f"a: \\u001b[2J{'x' * 500}"[:MAX_WIDTH]
