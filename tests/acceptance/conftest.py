"""A project folder, a practice Crelate, and the real command in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from migrator.emulators import Emulator, start

ROOT = Path(__file__).parents[2]
MAPPING = """\
mapping: 1
name: acme
source: {connector: files, path: .}
target: {connector: crelate}
objects:
  companies:
    from: companies.csv
    to: companies
    key: id
    match: [[Name]]
    fields:
      Name: {from: name, required: true}
      Website_Business: {from: website, transform: [url]}
  contacts:
    from: people.csv
    to: contacts
    key: id
    match: [[EmailAddress_Work]]
    fields:
      FirstName: first
      LastName: {from: last, required: true}
      EmailAddress_Work: {from: email, transform: [email]}
      KeyDate_Birthday: {from: born, transform: [{date: "%d/%m/%Y"}]}
      CurrentPosition_Company_Id: {lookup: companies, by: [{key: company}]}
"""
COMPANIES = "id,name,website\n1,Analytical Engines,engines.example.org\n2,US Navy,\n"
PEOPLE = (
    "id,first,last,email,born,company\n"
    "1,Ada,Lovelace,ada@example.org,10/12/1815,1\n"
    "2,Charles,Babbage,charles@example.org,26/12/1791,1\n"
    "3,Grace,Hopper,grace@example.org,09/12/1906,2\n"
)
TRACEBACK = re.compile(r"Traceback|\.py\", line")


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder with a mapping and its data, and the practice server that its settings name."""

    folder: Path
    server: Emulator
    settings: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8", newline="")

    def environ(self, **more: str) -> dict[str, str]:
        """Give the environment of a command: nothing of this process's own settings, warnings as errors."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
        return {**kept, "PYTHONWARNINGS": "error", "PYTHONDONTWRITEBYTECODE": "1", **self.settings, **more}

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; it never prints a traceback."""
        return self.run_within((), *arguments, **more)

    def run_within(self, wrapper: tuple[str, ...], *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside another one."""
        ended = subprocess.run(
            [*wrapper, sys.executable, "-m", "migrator", *arguments],
            cwd=self.folder,
            env=self.environ(**more),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert not TRACEBACK.search(ended.stdout + ended.stderr), ended.stderr
        return ended

    def begin(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Begin a command and go on."""
        return subprocess.Popen(
            [sys.executable, "-m", "migrator", *arguments],
            cwd=self.folder,
            env=self.environ(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def plan(self, name: str = "acme.plan") -> None:
        """Make a plan that can be applied."""
        ended = self.run("plan", "acme.yaml", "-o", name)
        assert ended.returncode == 0, ended.stderr

    def writes(self) -> int:
        """Count the writes that the server received."""
        return sum(entry.method != "GET" for entry in self.server.history())

    def held(self, name: str) -> list[Mapping[str, object]]:
        """Give the target's own records of an object."""
        return list(self.server.snapshot()[name].values())


def settings_of(server: Emulator) -> dict[str, str]:
    """Give the settings of a practice server."""
    return {
        "CRELATE_BASE_URL": server.base_url,
        "CRELATE_API_KEY": server.api_key,
        "CRELATE_RATE": "none",
        "CRELATE_SETTLE_SECONDS": "0.2",
        "CRELATE_TIMEOUT_SECONDS": "5",
    }


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Serve an empty practice Crelate."""
    with start("crelate", seed=1) as emulator:
        yield emulator


@pytest.fixture
def project(tmp_path: Path, server: Emulator) -> Project:
    """Make a project of two companies and three people."""
    made = Project(folder=tmp_path, server=server, settings=settings_of(server))
    made.write("acme.yaml", MAPPING)
    made.write("companies.csv", COMPANIES)
    made.write("people.csv", PEOPLE)
    return made


@pytest.fixture(autouse=True)
def _children_do_not_inherit_masks() -> Iterator[None]:
    """Give signals back their way, whatever a test did to them."""
    yield
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
