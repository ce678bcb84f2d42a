"""The program's version, and the files that travel with it, in a wheel and in a checkout alike."""

from pathlib import Path

VERSION = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = {"schemas": "schemas", "mappings": "mappings", "demo": "examples/demo"}


def bundled(kind: str) -> Path:
    """Give the folder of `schemas`, `mappings` or `demo`. Raises FileNotFoundError when the installation is broken."""
    for folder in (_PACKAGE / "_bundled" / kind, _PACKAGE.parent / _CHECKOUT[kind]):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"'{kind}' did not travel with this installation of migrator")


def packaged(*parts: str) -> Path:
    """Give the path of a data file that stands inside the package, such as a connector definition."""
    return _PACKAGE.joinpath(*parts)
