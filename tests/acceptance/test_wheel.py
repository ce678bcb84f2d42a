"""The wheel: built, installed elsewhere, run from an empty folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True, timeout=100)
    (made,) = folder.glob("*.whl")
    return made


def test_wheel_carries_what_it_needs_and_nothing_else(wheel: Path) -> None:
    """Schemas, mappings and the demo's data travel; tests do not."""
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "migrator/_bundled/schemas/mapping.schema.json",
        "migrator/_bundled/mappings/csv-to-crelate.yaml",
        "migrator/_bundled/demo/contacts.csv",
        "migrator/_bundled/demo/LICENSE.md",
        "migrator/connectors/definitions/crelate.yaml",
        "migrator/reports/templates/report.html.j2",
        "migrator/planner/transforms/codes.json",
        "migrator/codes.toml",
        "migrator/py.typed",
    ):
        assert needed in names
    assert [name for name in names if not name.startswith(("migrator/", "migrator-"))] == []


def test_wheel_runs_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """Unpacked away from the checkout, the program finds its files and runs the demo."""
    site, empty = tmp_path / "site", tmp_path / "empty"
    zipfile.ZipFile(wheel).extractall(site)
    empty.mkdir()

    def run(*arguments: str) -> str:
        start = f"import sys; sys.path.insert(0, {str(site)!r}); from migrator.cli.main import main; main()"
        environ = {"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-c", start, *arguments]
        ended = subprocess.run(command, cwd=empty, env=environ, capture_output=True, text=True, check=False, timeout=60)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    assert run("schema", "list").splitlines() == ["connector", "decisions", "mapping"]
    assert str(site) in run("schema", "path", "mapping")
    assert "Counted in the target: 500 contacts and 55 companies" in run("demo", "--dir", str(tmp_path / "demo"))
