"""What `apply` says and asks before it writes: changed files, old plans, the question, the log."""

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from conftest import MAPPING, PEOPLE, Project

from migrator.cli import applying
from migrator.cli.main import run


def test_changed_source_is_said_and_the_plan_goes_on(project: Project) -> None:
    """The rows stand in the plan, so a file changed since is a warning."""
    project.plan()
    project.write("people.csv", PEOPLE.replace("Ada", "Augusta"))
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 0
    assert ended.stderr.splitlines()[0] == (
        "people.csv: W403 changed after planning (the rows are applied as they were planned)"
    )
    assert sorted(str(person["FirstName"]) for person in project.held("contacts")) == ["Ada", "Charles", "Grace"]


def test_changed_source_is_refused_where_that_was_asked_for(project: Project) -> None:
    """`--strict-source` names every file that changed, and nothing is sent."""
    project.plan()
    project.write("people.csv", PEOPLE.replace("Ada", "Augusta"))
    (project.folder / "companies.csv").unlink()
    ended = project.run("apply", "acme.plan", "--strict-source")
    assert (ended.returncode, project.writes()) == (6, 0)
    assert ended.stderr.splitlines() == [
        "companies.csv: E615 changed after planning (plan again, or apply without --strict-source)",
        "people.csv: E615 changed after planning (plan again, or apply without --strict-source)",
    ]


def test_changed_files_that_rows_name_are_said_once(project: Project) -> None:
    """The first of them, with how many more there are; the text is applied as it was planned."""
    project.write(
        "acme.yaml", MAPPING.replace("Website_Business", "Description: {file: letter}\n      Website_Business")
    )
    project.write("companies.csv", "id,name,website,letter\n1,One,,a.txt\n2,Two,,b.txt\n")
    for name in ("a.txt", "b.txt"):
        project.write(name, "as planned")
    project.plan()
    for name in ("a.txt", "b.txt"):
        project.write(name, "changed since")
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 0
    assert ended.stderr.splitlines()[0] == (
        "a.txt: W403 changed after planning, and 1 more of the files that rows name"
        " (the rows are applied as they were planned)"
    )
    assert {company["Description"] for company in project.held("companies")} == {"as planned"}


def test_old_plan_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan of the day before yesterday is applied, and its age is told."""
    project.plan()

    class TheDayAfterTomorrow:
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(hours=48)

    monkeypatch.setattr(applying, "SystemClock", TheDayAfterTomorrow)
    monkeypatch.chdir(project.folder)
    for name, value in project.settings.items():
        monkeypatch.setenv(name, value)
    assert run(["--no-input", "apply", "acme.plan"]) == 0
    assert capsys.readouterr().err.splitlines()[0] == (
        "acme.plan: W601 the plan is 48 hours old (what changed in the target since is found record by record)"
    )


def test_server_that_went_down_after_planning_leaves_the_plan_as_it_is(project: Project) -> None:
    """Apply ends with 9, sends nothing, and can be repeated."""
    project.plan()
    before = (project.folder / "acme.plan").read_bytes()
    project.server.close()
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 9
    assert ended.stderr == (
        "crelate: E901 cannot be reached: connection refused"
        f" (is {project.settings['CRELATE_BASE_URL']} the right address, and is it up?)\n"
    )
    assert (project.folder / "acme.plan").read_bytes() == before
    assert project.run("status", "acme.plan").stdout == "acme.plan: never applied.\nNext: migrator apply acme.plan\n"


@pytest.mark.parametrize(("answer", "code", "writes"), [("n", 7, 0), ("y", 0, 5)])
def test_a_terminal_is_asked_before_anything_is_sent(project: Project, answer: str, code: int, writes: int) -> None:
    """The question stands on the terminal; no sends nothing."""
    project.plan()
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in project.environ().items() if name != "CI"}
    child = subprocess.Popen(
        [sys.executable, "-m", "migrator", "apply", "acme.plan"],
        cwd=project.folder,
        env=environ,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.write(ours, f"{answer}\n".encode())
    said, _ = child.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert said.startswith(f"Apply 5 writes to {project.server.base_url}? [y/N]: ")
    assert (child.returncode, project.writes()) == (code, writes)


def test_log_takes_details_and_no_secret(project: Project) -> None:
    """An unexpected failure's traceback goes to the log, privately, with the key blacked out wherever it stands."""
    key = project.server.api_key
    program = (
        "from migrator.cli import main, planning\n"
        f"def fail(*_): raise RuntimeError('odd: https://crm.example/?api_key={key}')\n"
        "planning.write_reports = fail\n"
        "main.main(['--log', 'run.log', 'plan', 'acme.yaml'])\n"
    )
    environ = project.environ()
    ended = subprocess.run([sys.executable, "-c", program], cwd=project.folder, env=environ, check=False)
    log = project.folder / "run.log"
    assert ended.returncode == 1
    assert log.stat().st_mode & 0o777 == 0o600
    assert "Traceback" in log.read_text()
    assert "RuntimeError: odd: https://crm.example/?api_key=***" in log.read_text()
    assert key not in log.read_text()
