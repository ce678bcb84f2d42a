"""What a source block opens: files, or the account of a CRM."""

from pathlib import Path

import pytest

from migrator.cli.construct import source_of, spec_of
from migrator.connectors.files.source import FileSource
from migrator.connectors.rest.source import RestSource
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


@pytest.mark.parametrize(
    ("connector", "message"),
    [
        ("sql", "E090 'sql' cannot be used yet"),
        ("spotlr", "E012 unknown connector 'spotlr' (did you mean 'spotler'?)"),
    ],
)
def test_unknown_source_is_told(tmp_path: Path, connector: str, message: str) -> None:
    """With its place, and what was probably meant."""
    with pytest.raises(SpecError) as caught:
        opened(tmp_path, connector)
    assert f"m.yaml:3:21: {message}" in str(caught.value)
