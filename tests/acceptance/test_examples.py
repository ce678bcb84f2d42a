"""The examples beside the demo: each is checked as a user checks it, with no network."""

import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Project

EXAMPLES = [path for path in (ROOT / "examples").glob("*/*-to-*.yaml") if path.parent.name != "demo"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_sound(path: Path, project: Project) -> None:
    """Its connector file, its mapping and the mapping's own examples hold."""
    shutil.copytree(path.parent, project.folder / "example")
    ended = project.run("check", f"example/{path.name}")
    assert ended.returncode == 0, ended.stderr
    assert f"{path.name}: ok" in ended.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_says_where_its_data_come_from(path: Path) -> None:
    """Each data file stands in ORIGIN.md, with its licence."""
    origin = (path.parent / "data" / "ORIGIN.md").read_text(encoding="utf-8")
    files = [file.name for file in (path.parent / "data").iterdir() if file.suffix == ".csv"]
    assert files
    assert [name for name in files if f"`{name}`" not in origin] == []
    assert "licence" in origin
