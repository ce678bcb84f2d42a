"""A real Tryton on this machine: its own server in a process of its own, over an SQLite database made for the test."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

OFFICE = Path(__file__).with_name("tryton_office.py")
PROGRAMS = Path(sys.executable).parent
DATABASE = "crm"
START_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Site:
    """A Tryton with one database: where its files are, and its port."""

    folder: Path
    port: int

    @property
    def base_url(self) -> str:
        """Give the address below which the models are."""
        return f"http://127.0.0.1:{self.port}/{DATABASE}/rest/model"

    @property
    def log(self) -> Path:
        """Give the server's own log, a line for each request."""
        return self.folder / "server.log"

    @property
    def config(self) -> Path:
        """Give the file of Tryton's configuration."""
        return self.folder / "trytond.conf"

    def make(self) -> None:
        """Make the database: the modules activated, and an administrator."""
        self._configure()
        (self.folder / "db").mkdir()
        (self.folder / "db" / f"{DATABASE}.sqlite").touch()
        (self.folder / "password").write_text("practice", encoding="utf-8")
        modules = ["-u", "sale_opportunity", "--activate-dependencies"]
        self._call(
            [PROGRAMS / "trytond-admin", "-c", self.config, "-d", DATABASE, *modules, "--email", "a@example.org"]
        )

    def adopt(self, database: Path) -> None:
        """Begin with a copy of the database that another site made."""
        self._configure()
        shutil.copytree(database, self.folder / "db")

    def office(self, what: str, *arguments: Path) -> Any:
        """Have something done in Tryton's own way."""
        return json.loads(self._call([sys.executable, OFFICE, what, self.config, DATABASE, *arguments]))

    @contextmanager
    def served(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run Tryton's server until the block ends."""
        with self.log.open("ab") as log:
            command = [str(PROGRAMS / "trytond"), "-c", str(self.config), "-d", DATABASE]
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=_environ())
            try:
                self._await(process)
                yield process
            finally:
                process.kill()
                process.wait()

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the server lets nobody in who has no key, which is when it is up."""
        opener = build_opener(ProxyHandler({}))
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            try:
                opener.open(f"{self.base_url}/party.party", timeout=START_SECONDS)
            except HTTPError as error:
                error.close()
                if error.code == 401:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    def _configure(self) -> None:
        self.folder.mkdir(parents=True)
        database = f"[database]\nuri = sqlite://\npath = {self.folder / 'db'}\n"
        self.config.write_text(f"{database}[web]\nlisten = 127.0.0.1:{self.port}\n", encoding="utf-8")

    def _call(self, command: list[Any]) -> str:
        environ = _environ() | {"TRYTONPASSFILE": str(self.folder / "password")}
        ended = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=180, check=False, stdin=subprocess.DEVNULL
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


def free_port() -> int:
    """Find a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environ() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
