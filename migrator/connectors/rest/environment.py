"""Where settings stand outside of a mapping: the environment, the project's `.env`, and what a profile points at."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrator.errors import Problem, SpecError

ENV_FILE = ".env"

_GROUP_AND_OTHERS = 0o077
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_QUOTED = re.compile(r"""(["'])(.*)\1""", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """The three places of a setting: environment under a prefix, profile, and the block of the mapping."""

    prefix: str
    environ: Mapping[str, str] = field(repr=False)
    profile: Mapping[str, Any]
    block: Mapping[str, Any]

    def find(self, name: str, *, is_shared: bool = True) -> tuple[str | None, str]:
        """Give a setting as text, and where it was found; one that is not shared never comes from the mapping."""
        variable = f"{self.prefix}_{name.upper()}"
        if variable in self.environ:
            return self.environ[variable], f"environment {variable}"
        if name in self.profile:
            return _dereference(str(self.profile[name]), self.environ), "profile"
        if is_shared and name in self.block:
            return str(self.block[name]), "mapping"
        return None, "default"

    def keep(self, name: str, secret: str) -> None:
        """Write a secret that was replaced back to the private file that a profile names for it.

        The old text stays until the new one is safe on disk. Raises OSError.
        """
        path = Path(str(self.profile[name]).partition(":")[2])
        fresh = path.with_name(path.name + ".new")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def read_environment(project: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment, with the project's `.env` below it. Raises SpecError if others can read that file."""
    path = project / ENV_FILE
    if not path.is_file():
        return dict(environ)
    return {**dict(_env_lines(path)), **environ}


def is_reference(stated: str) -> bool:
    """Tell whether the text of a profile points at a secret and is none itself."""
    return stated.startswith(("env:", "file:", "keyring:"))


def _env_lines(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_read_private(path).splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise _unsafe(f"{path}:{number}", "not a setting", "a line is NAME=value")
        quoted = _QUOTED.fullmatch(found[2])
        yield found[1], quoted[2] if quoted else found[2]


def _dereference(text: str, environ: Mapping[str, str]) -> str | None:
    """Follow `env:NAME`, `file:PATH` and `keyring:SERVICE/NAME`; other text is taken as it stands."""
    kind, _, rest = text.partition(":")
    if kind == "env":
        return environ.get(rest)
    if kind == "file":
        return _read_private(Path(rest)).strip()
    return _ask_keyring(rest) if kind == "keyring" else text


def _read_private(path: Path) -> str:
    """Read a file of secrets. Raises SpecError if it is not there, not text, or others can read it."""
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _GROUP_AND_OTHERS:
                raise _unsafe(str(path), "others can read this file of secrets", f"chmod 600 {path}")
            return file.read()
    except UnicodeDecodeError:
        raise _unsafe(str(path), "this file of secrets is not UTF-8", "save it as UTF-8") from None
    except OSError as error:
        fact = f"this file of secrets cannot be read: {error.strerror}"
        raise _unsafe(str(path), fact, "check the path and its owner") from None


def _ask_keyring(rest: str) -> str | None:
    """Ask the keyring of the system. Raises SpecError where there is none."""
    service, _, name = rest.rpartition("/")
    place = f"keyring:{rest}"
    try:
        import keyring  # noqa: PLC0415 - an extra
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        raise _unsafe(place, "keyring is not installed", "pip install 'migrator[keyring]'") from None
    try:
        password: str | None = keyring.get_password(service, name)
    except KeyringError as error:
        raise _unsafe(place, f"the keyring does not answer: {error}", "unlock it, or use env: or file:") from None
    return password


def _unsafe(place: str, fact: str, hint: str) -> SpecError:
    return SpecError(Problem(code="E019", place=place, fact=fact, hint=hint))
