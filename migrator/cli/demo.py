"""`migrator demo`: the whole story on bundled data, against a practice CRM on this machine."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from migrator.cli.construct import report_folder
from migrator.emulators import Emulator, start
from migrator.errors import MigratorError, Problem
from migrator.resources import bundled

MAPPING = "crelate.yaml"
PLAN = "demo.plan"
KILLED_AT = 280


@click.command("demo")
@click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Work there; a new folder by default."
)
def command(folder: Path | None) -> int:
    """Take 500 real contacts and their 55 companies to a practice Crelate: plan, apply, kill, resume, count.

    It needs no account and no network, and it runs the very commands that you would.
    """
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="migrator-demo-"))
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(bundled("demo").iterdir()):
        shutil.copyfile(file, folder / file.name)
    with start("crelate") as server:
        _tell(
            f"The data: {folder}/contacts.csv, {folder}/{MAPPING}. The target: a practice Crelate on {server.base_url}."
        )
        story = _Story(folder, server)
        story.run("check", MAPPING)
        story.run("plan", MAPPING, "-o", PLAN)
        _tell(f"Now it is applied, and killed with signal 9 at write {KILLED_AT}, as a power cut would.")
        story.run("apply", PLAN, "--yes", killed_at=KILLED_AT)
        _tell(f"The target holds {_count(server)} by now. What was under way is read before anything is sent again.")
        story.run("apply", PLAN, "--yes")
        _check(server)
    report = report_folder(folder / PLAN)
    _tell(f"Counted in the target: {_count(server)}, not one twice.")
    click.echo(f"Report:  {report}/report.html\nRejects: {report}/rejects.csv (none this time)")
    click.echo(f"Next: look at {folder}/{MAPPING}, change it, and try it yourself:\n{_own_steps(folder)}")
    return 0


class _Story:
    """Runs commands as a person would, each in a process of its own."""

    def __init__(self, folder: Path, server: Emulator) -> None:
        self._folder = folder
        self._environ = {
            **os.environ,
            "CRELATE_BASE_URL": server.base_url,
            "CRELATE_API_KEY": server.api_key,
            "CRELATE_RATE": "none",
            "CRELATE_SETTLE_SECONDS": "0.5",
        }

    def run(self, *arguments: str, killed_at: int = 0) -> None:
        """Run a command and show it. Raises MigratorError if it does not end as it should."""
        click.secho(f"\n$ migrator {' '.join(arguments)}", bold=True)
        environ = dict(self._environ)
        if killed_at:
            environ["MIGRATOR_FAILPOINTS"] = f"answered=kill9@{killed_at}"
        command = [sys.executable, "-m", "migrator", *arguments]
        ended = subprocess.run(command, cwd=self._folder, env=environ, check=False).returncode  # noqa: S603 - our own
        expected = -signal.SIGKILL if killed_at else 0
        if ended != expected:
            fact = f"'migrator {' '.join(arguments)}' ended with {ended}, not with {expected}"
            raise MigratorError(Problem(code="E100", fact=fact, hint=f"see {self._folder}"))


def _tell(text: str) -> None:
    click.secho(f"\n{text}", fg="cyan")


def _count(server: Emulator) -> str:
    held = server.snapshot()
    return f"{len(held['contacts'])} contacts and {len(held['companies'])} companies"


def _check(server: Emulator) -> None:
    """Hold the target's own snapshot against the file: each row once, each contact at its company."""
    held = server.snapshot()
    for name, expected in (("contacts", 500), ("companies", 55)):
        keys = {record["ExternalPrimaryKey"] for record in held[name].values()}
        if len(held[name]) != expected or len(keys) != expected:
            fact = f"the target holds {len(held[name])} {name} with {len(keys)} keys, not {expected}"
            raise MigratorError(Problem(code="E100", fact=fact, hint="please report this"))


def _own_steps(folder: Path) -> str:
    steps = [
        f"cd {folder}",
        "migrator emulate crelate --port 8101 --env-file .env    # in another terminal, same folder",
        f"migrator plan {MAPPING} -o mine.plan",
        "migrator apply mine.plan",
    ]
    return "\n".join(f"  {step}" for step in steps)
