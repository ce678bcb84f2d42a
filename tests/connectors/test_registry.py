"""Every connector by its name, and what is said about names that there are not."""

import shutil
from pathlib import Path

import pytest

from migrator.connectors.registry import READ_ONLY, find_definition
from migrator.connectors.rest.reading import shipped
from migrator.errors import SpecError
from migrator.resources import packaged

PLACE = "acme.yaml:3:22"
FILE = packaged("connectors", "definitions", "crelate.yaml")


def no_definition(tmp_path: Path, name: str) -> str:
    """Give why a connector cannot be used."""
    with pytest.raises(SpecError) as caught:
        find_definition(name, project=tmp_path, base=tmp_path, place=PLACE)
    return str(caught.value)


@pytest.mark.parametrize("name", shipped())
def test_shipped_connector_is_known(tmp_path: Path, name: str) -> None:
    """Each definition that travels with the program can be read, and bears the name of its file."""
    assert find_definition(name, project=tmp_path, base=tmp_path, place=PLACE).name == name


@pytest.mark.parametrize("name", ["own.yaml", "own.yml", "sub/own.yaml"])
def test_connector_may_be_a_file_of_ones_own(tmp_path: Path, name: str) -> None:
    """A path that ends in .yaml or .yml is read beside the mapping."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    shutil.copy(FILE, tmp_path / name)
    assert find_definition(name, project=tmp_path, base=tmp_path, place=PLACE) == find_definition(
        "crelate", project=tmp_path, base=tmp_path, place=PLACE
    )


def test_connector_file_outside_the_project_is_refused(tmp_path: Path) -> None:
    """A mapping does not reach out of its project."""
    project = tmp_path / "project"
    project.mkdir()
    shutil.copy(FILE, tmp_path / "own.yaml")
    with pytest.raises(SpecError) as caught:
        find_definition("../own.yaml", project=project, base=project, place=PLACE)
    hint = "move it in, or put a migrator.yaml into the folder that holds both"
    assert str(caught.value) == f"{PLACE}: E017 '../own.yaml' lies outside the project folder ({hint})"


def test_connector_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """It is named, with what to check."""
    expected = "own.yaml: E001 cannot read the file: No such file or directory (check path and permissions)"
    assert no_definition(tmp_path, "own.yaml") == expected


def test_connector_file_that_is_wrong_is_told(tmp_path: Path) -> None:
    """A file of one's own is held against the schema as the shipped ones are."""
    text = FILE.read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(text.replace("\npaging: ", "\npagin: "), encoding="utf-8")
    line = text[: text.index("\npaging: ")].count("\n") + 2
    expected = f"own.yaml:{line}:1: E012 unknown key 'pagin' (did you mean 'paging'?)"
    assert no_definition(tmp_path, "own.yaml") == expected


@pytest.mark.parametrize("name", READ_ONLY)
def test_files_and_databases_are_no_definition_yet(tmp_path: Path, name: str) -> None:
    """They are read only, in this version."""
    expected = f"{PLACE}: E090 '{name}' cannot be written to yet (this version knows: {', '.join(shipped())})"
    assert no_definition(tmp_path, name) == expected


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("crelat", "did you mean 'crelate'?"),
        ("CRELATE", "did you mean 'crelate'?"),
        ("file", "did you mean 'files'?"),
        ("Files", "did you mean 'files'?"),
        ("salesforce", f"there are: {', '.join(shipped())}"),
        ("own.json", f"there are: {', '.join(shipped())}"),
        ("", f"there are: {', '.join(shipped())}"),
    ],
)
def test_unknown_connector_is_told_with_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    """A name that nobody knows, and what was probably meant."""
    assert no_definition(tmp_path, name) == f"{PLACE}: E012 unknown connector '{name}' ({hint})"
