"""Paths: nothing outside of the project is opened, and nothing that is no regular file."""

import os
import socket
from pathlib import Path

import pytest

from migrator.connectors.files.source import FileSource
from migrator.errors import SourceError

OUTSIDE = "the file lies outside the project folder"
MOVE_IN = "(move it in, or put a migrator.yaml into the folder that holds both)"


@pytest.fixture(name="project")
def make_project(tmp_path: Path) -> Path:
    """Make a project with a folder of data, files in and around it, and links that lead in and out."""
    data = tmp_path / "project" / "data"
    (data / "sub").mkdir(parents=True)
    tables = ["out.csv", "project/top.csv", "project/data/in.csv", "project/data/sub/deep.csv", "project2/x.csv"]
    for name in (*tables, "project/data/%2e%2e.csv", "project/data/sp ace.csv", "project/data/ünï.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a\n1\n", encoding="utf-8")
    links = {"link_in.csv": "project/top.csv", "link_out.csv": "out.csv", "dir_out": "project2", "gone.csv": "none.csv"}
    for link, target in links.items():
        (data / link).symlink_to(tmp_path / target)
    (data / "dir.csv").mkdir()
    os.mkfifo(data / "fifo.csv")
    return tmp_path / "project"


def columns(project: Path, name: str, path: str = "data") -> tuple[str, ...]:
    """Read the header of a file by its name in a mapping."""
    return FileSource(project=project, base=project, settings={"path": path}).columns((name,))


def refusal(project: Path, name: str, path: str = "data") -> list[str]:
    """Give the problems for which a name is refused."""
    with pytest.raises(SourceError) as caught:
        columns(project, name, path)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "name",
    [
        "in.csv",
        "./in.csv",
        "sub/deep.csv",
        "sub/../in.csv",
        "../top.csv",
        "../data/in.csv",
        "link_in.csv",
        "%2e%2e.csv",
        "sp ace.csv",
        "ünï.csv",
    ],
)
def test_file_inside_is_opened(name: str, project: Path) -> None:
    """A path is relative to the source's folder, may climb within the project, and may be a link within it."""
    assert columns(project, name) == ("a",)


@pytest.mark.parametrize(
    "name",
    [
        "../../out.csv",
        "../../project2/x.csv",
        "sub/../../../out.csv",
        "link_out.csv",
        "dir_out/x.csv",
        "gone.csv",
        "/etc/passwd",
        "/dev/zero",
        "/proc/self/environ",
        "//etc/passwd",
        "../../none.csv",
    ],
)
def test_file_outside_is_refused(name: str, project: Path) -> None:
    """Dots, absolute paths and links lead nowhere, whether there is a file or not."""
    assert refusal(project, name) == [f"{name}: E401 {OUTSIDE} {MOVE_IN}"]


@pytest.mark.parametrize("name", ["in.csv\0", "\0", "in.csv\0.jsonl", "../../out.csv\0"])
def test_what_is_no_path_is_refused(name: str, project: Path) -> None:
    """NUL stands in no path, and nothing is cut off at it; the reason is Python's own, which differs by version."""
    with pytest.raises(ValueError, match="embedded null") as caught:
        (project / "data" / name).resolve()
    assert refusal(project, name) == [f"{name}: E401 this is no path of a file: {caught.value} (check the path)"]


def test_absolute_path_is_refused_even_inside(project: Path) -> None:
    """A mapping that names the folders of one machine is of no use on another."""
    name = str(project / "data" / "in.csv")
    assert refusal(project, name) == [f"{name}: E401 {OUTSIDE} {MOVE_IN}"]


@pytest.mark.parametrize(("path", "name"), [("..", "out.csv"), ("data/dir_out", "x.csv"), ("/", "etc/passwd")])
def test_folder_outside_is_refused(path: str, name: str, project: Path) -> None:
    """The same holds for the folder that the source block names."""
    assert refusal(project, name, path) == [f"{name}: E401 {OUTSIDE} {MOVE_IN}"]


@pytest.mark.parametrize(("path", "name"), [(".", "top.csv"), ("data/sub", "deep.csv"), ("data/sub", "../in.csv")])
def test_folder_of_the_source_is_where_paths_begin(path: str, name: str, project: Path) -> None:
    """Names are relative to `path`."""
    assert columns(project, name, path) == ("a",)


@pytest.mark.parametrize("name", ["dir.csv", "fifo.csv", "sub", ".", ""])
def test_what_is_no_regular_file_is_refused(name: str, project: Path) -> None:
    """A folder has no rows, and a pipe would never end."""
    place = f"{name}: " if name else ""
    assert refusal(project, name) == [f"{place}E401 this is no regular file"]


def test_socket_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket cannot even be opened."""
    monkeypatch.chdir(project / "data")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock.csv")
        fact = "cannot read the file: No such device or address (check path and permissions)"
        assert refusal(project, "sock.csv") == [f"sock.csv: E401 {fact}"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("imn.csv", "did you mean 'in.csv'?"),
        ("IN.CSV", "did you mean 'in.csv'?"),
        ("in.csv ", "did you mean 'in.csv'?"),
        ("sub/dep.csv", "did you mean 'deep.csv'?"),
        ("C:\\in.csv", "did you mean 'in.csv'?"),
        ("sub/people", "looked in {}"),
        ("nowhere/in.csv", "looked in {}"),
        ("in.csv/in.csv", "looked in {}"),
        ("%2e%2e/top.csv", "looked in {}"),
        ("~/in.csv", "looked in {}"),
        ("$HOME/in.csv", "looked in {}"),
        ("file:///etc/passwd", "looked in {}"),
        ("https://example.org/in.csv", "looked in {}"),
        ("\\\\server\\share\\x", "looked in {}"),
    ],
)
def test_missing_file_is_named_with_the_nearest(name: str, hint: str, project: Path) -> None:
    """A name is a name: no home folders, no variables, no addresses; a mistyped one has its neighbour as a hint."""
    shown = hint.format(project / "data")
    assert refusal(project, name) == [f"{name}: E401 there is no such file ({shown})"]


def test_missing_folder_is_named(project: Path) -> None:
    """Where the folder itself is missing, the hint says where it was looked for."""
    assert refusal(project, "in.csv", "dta") == [
        f"in.csv: E401 there is no such file (looked in {project / 'dta'})"
    ]  # fmt: skip


def test_every_file_of_a_table_is_looked_at(project: Path) -> None:
    """A table of several files opens none that lies outside."""
    (project / "data" / "in.jsonl").write_text('{"a": 1}\n', encoding="utf-8")
    source = FileSource(project=project, base=project, settings={"path": "data"})
    with pytest.raises(SourceError) as caught:
        source.table(("in.jsonl", "../../out.csv"))
    assert [str(one) for one in caught.value.problems] == [f"../../out.csv: E401 {OUTSIDE} {MOVE_IN}"]


def test_file_that_is_exchanged_for_a_link_is_not_followed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that was resolved and has become a link meanwhile is refused when it is opened."""
    data = project / "data"
    (data / "in.csv").unlink()
    (data / "in.csv").symlink_to(project.parent / "out.csv")
    monkeypatch.setattr(Path, "resolve", lambda path: path)
    fact = "cannot read the file: Too many levels of symbolic links (check path and permissions)"
    assert refusal(project, "in.csv") == [f"in.csv: E401 {fact}"]
