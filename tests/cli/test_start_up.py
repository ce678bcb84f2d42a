"""What a command imports, counted: what it does not need would be waited for each time it is called."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TELL = """
import json, sys
known = set(sys.modules)
from migrator.cli.main import run
code = run(sys.argv[1:])
print()
print(json.dumps([code, sorted(set(sys.modules) - known)]))
"""
LIBRARIES = {"click", "httpx", "jinja2", "jsonschema", "petl", "rich", "yaml"}  # all that the project depends on
EXTRAS = {"aiohttp", "keyring", "nameparser", "phonenumbers", "python_calamine", "rapidfuzz", "sqlalchemy"}
SLOW = {"asyncio", "difflib", "email", "http", "multiprocessing", "sqlite3", "ssl", "zipfile"}
MAPPING = """
mapping: 1
name: start
source: {connector: SOURCE}
target: {connector: crelate}
objects: {contacts: {from: FROM, key: KEY, to: contacts, fields: {LastName: FIELD}}}
"""


def imported(folder: Path, *arguments: str) -> list[str]:
    """Run a command in a process of its own: the modules that it imported."""
    environ = {name: value for name, value in os.environ.items() if name != "COVERAGE_PROCESS_START"}
    ended = subprocess.run(
        [sys.executable, "-c", TELL, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    code, names = json.loads(ended.stdout.splitlines()[-1])
    assert code == 0, ended.stderr
    return [str(name) for name in names]


def libraries(names: list[str]) -> set[str]:
    """Give the libraries among modules that the project depends on, or can."""
    return (LIBRARIES | EXTRAS) & set(names)


def slow(names: list[str]) -> set[str]:
    """Give what is slow to import of Python's own."""
    return SLOW & set(names)


def check(
    folder: Path, field: str = "Name", key: str = "Id", source: str = "files, path: .", table: str = "people.csv"
) -> list[str]:
    """Check a mapping of one field: what that imported."""
    (folder / "people.csv").write_text("Id,Name\n", encoding="utf-8")
    text = MAPPING.replace("SOURCE", source).replace("FROM", table).replace("KEY", key).replace("FIELD", field)
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    return imported(folder, "check", "m.yaml")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_imports_click_and_four_files(tmp_path: Path, option: str) -> None:
    """Help and version need no command, no asyncio and no library but the one that reads the command line."""
    names = imported(tmp_path, option)
    own = [name for name in names if name.startswith("migrator")]
    assert own == [
        "migrator",
        "migrator.cli",
        "migrator.cli.main",
        "migrator.errors",
        "migrator.ports",
        "migrator.resources",
    ]
    assert (libraries(names), slow(names)) == ({"click"}, set())


def test_check_imports_no_network_no_templates_and_no_store(tmp_path: Path) -> None:
    """A check of files reads YAML, holds it against the schema and reads headers."""
    names = check(tmp_path)
    assert libraries(names) == {"click", "yaml", "petl"}
    rooms = {".".join(name.split(".")[:2]) for name in names if name.startswith("migrator.")}
    assert not rooms & {"migrator.executor", "migrator.emulators"}
    assert "migrator.connectors.rest.http" not in names
    assert "asyncio" not in names


def test_check_imports_jinja_for_a_template_only(tmp_path: Path) -> None:
    """The engine of templates comes with the first template."""
    names = check(tmp_path, field='"{{ Name }}"')
    assert libraries(names) == {"click", "yaml", "petl", "jinja2"}


def test_check_between_two_crms_imports_no_table_library(tmp_path: Path) -> None:
    """Where no file is read, petl is not there; the network is not either, since a check does not use it."""
    names = check(tmp_path, source="spotler", table="contacts", key="id", field="last")
    assert libraries(names) == {"click", "yaml"}
    assert slow(names) <= {"email", "sqlite3", "zipfile"}
