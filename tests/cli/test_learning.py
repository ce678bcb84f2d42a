"""What an account tells of its fields: printed, kept, and held against mappings before anything is sent."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from migrator.cli.check import check_mapping
from migrator.cli.discover import command
from migrator.cli.main import Manner
from migrator.emulators import Emulator, Options, start
from migrator.emulators.spotler import Shape, SpotlerOptions

MAPPING = """\
mapping: 1
name: acme
source: {{connector: files, path: .}}
target: {{connector: spotler}}
objects:
  firms:
    from: firms.csv
    to: accounts
    key: id
    marker: custom.Migration Key
    fields: {{name: name, {field}}}
    examples:
      - row: {{id: "1", name: Acme, type: Custmer}}
        reject: {reject}
"""


@pytest.fixture
def spotler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve a Spotler, and work in a folder that knows it."""
    (tmp_path / "firms.csv").write_text("id,name,type\n1,Acme,Customer\n", encoding="utf-8")
    with start("spotler", seed=1) as crm:
        settle(crm, tmp_path, monkeypatch)
        yield crm


def settle(crm: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what speaks to a server, and work in a folder."""
    for name, value in (("BASE_URL", crm.base_url), ("ACCESS_TOKEN", crm.api_key), ("RATE", "none")):
        monkeypatch.setenv(f"SPOTLER_{name}", value)
    monkeypatch.chdir(folder)


def discover(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(command, list(arguments), obj=Manner(), standalone_mode=False)


def checked(folder: Path, field: str, *, is_online: bool, reject: str = "E116") -> list[str]:
    """Check a mapping; give what is wrong with it."""
    path = folder / "acme.yaml"
    path.write_text(MAPPING.format(field=field, reject=reject), encoding="utf-8")
    return [str(problem).replace(f"{folder}/", "") for problem in check_mapping(path, "", is_online=is_online)[1]]


@pytest.mark.usefixtures("spotler")
def test_fields_options_and_custom_fields_are_told(tmp_path: Path) -> None:
    """Types, what is demanded and what a list holds, with the fields of this account that no file knows."""
    lines = discover("spotler", "accounts").output.splitlines()
    assert lines[0] == "accounts: 22 fields, 1 of this account"
    assert "  name                             text, required" in lines
    assert "  migrationkey                     text" in lines
    assert "  type                             text, one of Prospect, Customer, Supplier, Partner" in lines
    assert lines[-2] == f"Kept in {tmp_path}/.migrator/schema/spotler.json"


@pytest.mark.usefixtures("spotler")
def test_what_was_told_is_kept_private(tmp_path: Path) -> None:
    """The file can be read by its owner alone, and holds each object that was asked for."""
    discover("spotler", "accounts", "contacts")
    path = tmp_path / ".migrator/schema/spotler.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(json.loads(path.read_text(encoding="utf-8"))["objects"]) == ["accounts", "contacts"]


@pytest.mark.parametrize("shape", [Shape.LIST, Shape.OBJECT])
def test_dictionary_may_have_either_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: Shape) -> None:
    """The vendor does not show it: a list of fields, or an object with one under each name."""
    with start("spotler", seed=1, options=Options(vendor=SpotlerOptions(dictionary_shape=shape))) as crm:
        settle(crm, tmp_path, monkeypatch)
        assert discover("spotler", "accounts").output.startswith("accounts: 22 fields, 1 of this account\n")


@pytest.mark.usefixtures("spotler")
def test_custom_field_is_known_once_it_was_told(tmp_path: Path) -> None:
    """Without the account its label is unknown; online it leads to the key, and the mapping is right."""
    hint = "ask the account for its own fields: 'check --online', or 'discover'"
    unknown = f"acme.yaml:10:5: E016 spotler has no field 'custom.Migration Key' in accounts ({hint})"
    assert checked(tmp_path, "type: type", is_online=False)[:1] == [unknown]
    assert checked(tmp_path, "type: type", is_online=True) == []


@pytest.mark.usefixtures("spotler")
@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("createdby: id", "acme.yaml:11:26: E021 'createdby' may not be written (the target sets it itself)"),
        ("nmae: id", "acme.yaml:11:26: E016 spotler has no field 'nmae' in accounts (did you mean 'name'?)"),
    ],
)
def test_wrong_field_is_found_before_anything_is_sent(tmp_path: Path, field: str, problem: str) -> None:
    """A field that the account does not know, or sets itself."""
    assert problem in checked(tmp_path, field, is_online=True)


def test_mandatory_field_of_an_account_is_demanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an account demands beyond its vendor is missing in the mapping."""
    options = Options(vendor=SpotlerOptions(required={"accounts": ("sector",)}))
    with start("spotler", seed=1, options=options) as crm:
        settle(crm, tmp_path, monkeypatch)
        (tmp_path / "firms.csv").write_text("id,name,type\n1,Acme,Customer\n", encoding="utf-8")
        fact = "spotler demands 'sector' of accounts, and no field gives it"
        assert checked(tmp_path, "type: type", is_online=True) == [f"acme.yaml:11:13: E023 {fact} (add 'sector')"]


@pytest.mark.usefixtures("spotler")
def test_unknown_object_is_told() -> None:
    """The nearest name is given."""
    result = discover("spotler", "acounts")
    assert str(result.exception) == "spotler: E016 no object 'acounts' (did you mean 'accounts'?)"
