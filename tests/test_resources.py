"""Finding the files that travel with the program, in a checkout and in a wheel."""

from pathlib import Path

import pytest

from migrator import resources
from migrator.resources import bundled, packaged

CHECKOUT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("kind", "folder", "holds"),
    [
        ("schemas", "schemas", "mapping.schema.json"),
        ("mappings", "mappings", ""),
        ("demo", "examples/demo", ""),
    ],
)
def test_checkout_holds_what_travels(kind: str, folder: str, holds: str) -> None:
    """In a checkout the folders at its top are found."""
    assert bundled(kind) == CHECKOUT / folder
    assert (bundled(kind) / holds).exists()


def test_wheel_holds_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel the copies inside the package are found, before anything that stands beside it."""
    package = tmp_path / "site-packages" / "migrator"
    own = package / "_bundled" / "schemas"
    own.mkdir(parents=True)
    (tmp_path / "site-packages" / "schemas").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert bundled("schemas") == own


def test_broken_installation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is nowhere is named."""
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "migrator")
    with pytest.raises(FileNotFoundError, match=r"^'demo' did not travel with this installation of migrator$"):
        bundled("demo")


def test_data_of_the_package_is_inside_it() -> None:
    """A data file of the package is found at its parts."""
    assert packaged("codes.toml") == CHECKOUT / "migrator" / "codes.toml"
    assert packaged("connectors", "definitions", "crelate.yaml").is_file()
