"""What the system does to a run from outside: two at once, closed outputs, a process that is held up."""

import signal
import time

import pytest
from conftest import Project


@pytest.mark.parametrize("arguments", [("apply", "two.plan"), ("plan", "acme.yaml", "-o", "three.plan")])
def test_one_process_at_a_time_holds_the_ledger(project: Project, arguments: tuple[str, ...]) -> None:
    """Another plan of the same ledger is neither applied nor made meanwhile: exit 8, and who holds it."""
    project.plan()
    project.plan("two.plan")
    project.server.script("hang-before@POST#1:60")
    first = project.begin("apply", "acme.plan", CRELATE_TIMEOUT_SECONDS="60")
    while project.writes() == 0:
        assert first.poll() is None
    second = project.run(*arguments)
    shown = project.run("show", "two.plan")
    first.kill()
    first.communicate(timeout=30)
    assert (second.returncode, shown.returncode) == (8, 0)
    assert f"E801 the ledger is held by process {first.pid} on " in second.stderr
    assert not (project.folder / "three.plan").exists()


def test_process_that_is_held_up_goes_on(project: Project) -> None:
    """Stopped and continued, a run ends as if nothing had been."""
    project.plan()
    project.server.script("hang-after@POST#2:0.3")
    running = project.begin("apply", "acme.plan")
    while project.writes() < 2:
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    running.send_signal(signal.SIGCONT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 0, out + err
    assert (len(project.held("companies")), len(project.held("contacts"))) == (2, 3)


@pytest.mark.parametrize("option", [(), ("--json",)])
@pytest.mark.parametrize(("fault", "code"), [("", 0), ("422@POST#1", 5)])
def test_closed_output_changes_nothing_of_a_run(
    project: Project, option: tuple[str, ...], fault: str, code: int
) -> None:
    """`apply | head`: all is written and journalled, the results too, and the exit code is that of the run."""
    project.plan()
    if fault:
        project.server.script(fault)
    running = project.begin("apply", "acme.plan", *option)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    running.stderr.close()
    assert running.wait(timeout=30) == code
    assert len(project.held("contacts")) == (3 if code == 0 else 1)
    if not option:
        assert (project.folder / "acme.report" / "results.csv").exists()
