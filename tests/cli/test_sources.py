"""What a source block opens: files, or the account of a CRM."""

import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from migrator.cli.construct import spec_of
from migrator.cli.opening import source_of
from migrator.connectors.files.source import FileSource
from migrator.connectors.rest.source import RestSource
from migrator.connectors.sql import SqlSource
from migrator.errors import SpecError

MAPPING = """\
mapping: 1
name: acme
source: {{connector: {connector}, blank_values: ["-"]}}
target: {{connector: crelate}}
objects:
  people: {{from: accounts, to: companies, key: id, fields: {{Name: name}}}}
"""


def opened(folder: Path, connector: str) -> object:
    """Open the source of a mapping."""
    (folder / "m.yaml").write_text(MAPPING.format(connector=connector), encoding="utf-8")
    return source_of(spec_of(folder / "m.yaml"))


def test_files_are_opened_as_files(tmp_path: Path) -> None:
    """With the blank values of the block."""
    source = opened(tmp_path, "files")
    assert isinstance(source, FileSource)
    assert source.blank_values == {"-"}


def test_crm_is_opened_without_its_secrets(tmp_path: Path) -> None:
    """A check needs the names of its fields only; they come from the connector's file."""
    source = opened(tmp_path, "spotler")
    assert isinstance(source, RestSource)
    assert source.blank_values == {"-"}
    assert "addresscounty/state" in source.columns(("accounts",))


@pytest.mark.parametrize("connector", ["files", "spotler"])
def test_file_that_a_row_names_lies_beside_the_mapping(tmp_path: Path, connector: str) -> None:
    """Whatever the rows come from."""
    source = opened(tmp_path, connector)
    assert isinstance(source, FileSource | RestSource)
    (tmp_path / "letter.txt").write_bytes(b"Dear Ada")
    assert source.content("letter.txt") == b"Dear Ada"


@pytest.mark.parametrize("name", ["sql", "crm.sqlite"])
def test_database_is_opened_by_another_process_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """`--engine processes` hands the source over, whether an address names it or its file."""
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as db:
        db.execute("CREATE TABLE accounts(id, name)")
    if name == "sql":
        monkeypatch.setenv("SQL_URL", f"sqlite:///{tmp_path / 'crm.sqlite'}")
    source = opened(tmp_path, "sql, path: crm.sqlite")
    handed = pickle.loads(pickle.dumps(source))  # noqa: S301 - our own, from the line itself
    assert isinstance(handed, SqlSource)
    assert (handed.name, handed.columns(("accounts",))) == (name, ("id", "name"))


@pytest.mark.parametrize(
    ("connector", "message"),
    [
        ("sql", "E020 no database is named"),
        ("spotlr", "E012 unknown connector 'spotlr' (did you mean 'spotler'?)"),
    ],
)
def test_unknown_source_is_told(tmp_path: Path, connector: str, message: str) -> None:
    """With its place, and what was probably meant."""
    with pytest.raises(SpecError) as caught:
        opened(tmp_path, connector)
    assert f"m.yaml:3:21: {message}" in str(caught.value)


def test_several_sources_are_opened_as_one(tmp_path: Path) -> None:
    """Each with its own connector and settings; the plan says of which each file is."""
    sources = "sources: {old: {connector: files, path: data}, crm: {connector: spotler}}"
    text = MAPPING.format(connector="files").replace('source: {connector: files, blank_values: ["-"]}', sources)
    text = text.replace("accounts", "old/people.csv")
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "people.csv").write_text("id,name\n", encoding="utf-8")
    source = source_of(spec_of(tmp_path / "m.yaml"))
    assert source.columns(("old/people.csv",)) == ("id", "name")
    assert "addresscounty/state" in source.columns(("crm/accounts",))


def database(folder: Path, block: str) -> object:
    """Open the database of a block, with an address in the environment of the project."""
    (folder / ".env").write_text("OLD_URL=sqlite://\n", encoding="utf-8")
    (folder / ".env").chmod(0o600)
    text = MAPPING.format(connector="sql").replace('blank_values: ["-"]', block)
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    return source_of(spec_of(folder / "m.yaml"))


@pytest.mark.parametrize(("block", "name"), [("path: crm.sqlite", "crm.sqlite"), ("env: OLD", "sql")])
def test_database_is_a_file_or_an_address_outside_of_the_mapping(tmp_path: Path, block: str, name: str) -> None:
    """The name in a plan is that of the file, and never the address."""
    source = database(tmp_path, block)
    assert isinstance(source, SqlSource)
    assert source.name == name


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("path: ../crm.sqlite", "E017 '../crm.sqlite' lies outside the project folder"),
        ("env: NEW", "E020 no database is named (state 'path' of an SQLite file here, or set NEW_URL in"),
        ("url: 'sqlite://'", "E018 'url' may not stand in a mapping"),
    ],
)
def test_database_that_may_not_be_opened_is_told(tmp_path: Path, block: str, message: str) -> None:
    """A mapping is shared: it names no address, and no file outside of its project."""
    with pytest.raises(SpecError) as caught:
        database(tmp_path, block)
    assert message in str(caught.value)
