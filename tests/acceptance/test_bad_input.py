"""What goes wrong at a user's desk: each has a message with place and remedy, its exit code, and loses nothing."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import MAPPING, PEOPLE, Project, settings_of

from migrator.emulators import start


def test_wrong_yaml_is_told_with_line_and_column(project: Project) -> None:
    """A syntax error names its place."""
    project.write("acme.yaml", "mapping: 1\nname: [acme\nsource: {}\n")
    ended = project.run("check", "acme.yaml")
    assert ended.returncode == 3
    assert ended.stderr == (
        "acme.yaml:3:7: E010 not valid YAML: did not find expected ',' or ']', while parsing a flow sequence\n"
    )


def test_unknown_keys_are_told_all_at_once(project: Project) -> None:
    """Two typing errors give two messages, each with what was meant."""
    project.write("acme.yaml", MAPPING.replace("match:", "mach:").replace("first\n", "first\n      Lastname: last\n"))
    ended = project.run("check", "acme.yaml")
    assert ended.returncode == 3
    assert ended.stderr.splitlines() == [
        "acme.yaml:10:5: E012 unknown key 'mach' in objects.companies (did you mean 'match'?)",
        "acme.yaml:18:5: E012 unknown key 'mach' in objects.contacts (did you mean 'match'?)",
    ]


def test_unknown_field_of_the_target_is_told(project: Project) -> None:
    """A field that Crelate does not have is found without the network."""
    project.write("acme.yaml", MAPPING.replace("FirstName: first", "Firstname: first"))
    ended = project.run("check", "acme.yaml")
    assert ended.returncode == 3
    assert ended.stderr == (
        "acme.yaml:20:7: E016 crelate has no field 'Firstname' in contacts (did you mean 'FirstName'?)\n"
    )


def test_missing_column_is_told_with_the_nearest(project: Project) -> None:
    """A column that the file does not have is an error, never a blank."""
    project.write("people.csv", PEOPLE.replace("email", "e-mail", 1))
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 3
    assert ended.stderr == "acme.yaml:22:26: E015 no column 'email' in people.csv (did you mean 'e-mail'?)\n"


def test_missing_file_is_told_with_the_nearest(project: Project) -> None:
    """A file that is not there stops the plan before anything else."""
    (project.folder / "people.csv").rename(project.folder / "peoples.csv")
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 4
    assert ended.stderr == "people.csv: E401 there is no such file (did you mean 'peoples.csv'?)\n"


def test_empty_file_is_told(project: Project) -> None:
    """A file without even a header is no table."""
    project.write("people.csv", "")
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 4
    assert ended.stderr == "people.csv:1: E403 the file is empty, without a header (the first row names the columns)\n"


def test_header_without_rows_is_said_and_fine(project: Project) -> None:
    """No rows are nothing to do, and the plan says so."""
    project.write("people.csv", PEOPLE.splitlines()[0] + "\n")
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 0
    assert "  W402  people.csv: a header and no rows: there is nothing to do" in ended.stdout.splitlines()
    assert "Plan: 2 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected." in ended.stdout.splitlines()


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("4,Alan,Turing,alan@example.org,23/06/1912\n", "E130,,,the row has 5 cells, the header 6"),
        (
            "4,Alan,Turing,alan@example.org,31/02/1912,1\n",
            "E110,KeyDate_Birthday,31/02/1912,is not a date: '31/02/1912'",
        ),
        ("4,Alan,,alan@example.org,23/06/1912,1\n", "E120,LastName,,LastName is required and blank"),
        (
            "4,Alan,Turing,alan@@example.org,23/06/1912,1\n",
            "E110,EmailAddress_Work,alan@@example.org,is not an e-mail address: 'alan@@example.org'",
        ),
        (
            "4,Alan,Turing,alan@example.org,23/06/1912,9\n",
            "E203,CurrentPosition_Company_Id,9,no companies found, not in the source, nor in crelate: '9'",
        ),
    ],
    ids=["ragged row", "wrong date", "missing required field", "wrong e-mail", "missing parent"],
)
def test_bad_row_is_rejected_with_its_reason(project: Project, row: str, problem: str) -> None:
    """The other rows go on; the bad one stands in rejects.csv with code, field, value and what is wrong."""
    project.write("people.csv", PEOPLE + row)
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 0
    assert "Plan: 5 to create, 0 to update, 0 unchanged, 0 skipped, 1 rejected." in ended.stdout.splitlines()
    line = (project.folder / "acme.report" / "rejects.csv").read_text(encoding="utf-8").splitlines()[1]
    assert line.startswith('"4","Alan",')
    code, name, value, fact = problem.split(",", 3)
    assert f'"5","contacts","{code}","{name}","{value}","{fact}' in line


def test_wrong_key_is_told(project: Project) -> None:
    """A key that the target does not take ends with 9, and no secret is printed."""
    ended = project.run("plan", "acme.yaml", CRELATE_API_KEY="wrong-key-1234")
    assert ended.returncode == 9
    assert ended.stderr == "crelate: E902 not authorised (401) (regenerated, switched off or mistyped?)\n"


def test_missing_key_is_told_with_its_variable(project: Project) -> None:
    """A secret that is nowhere set is named by the variable that holds it."""
    del project.settings["CRELATE_API_KEY"]
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 3
    assert ended.stderr == (
        "crelate: E020 the secret 'api_key' is missing"
        " (set CRELATE_API_KEY in the environment, in .env, or in a profile of migrator.yaml)\n"
    )


def test_server_that_is_down_is_told(project: Project) -> None:
    """A target that does not answer ends with 9 and its address."""
    project.server.close()
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 9
    assert ended.stderr == (
        "crelate: E901 cannot be reached: connection refused"
        f" (is {project.settings['CRELATE_BASE_URL']} the right address, and is it up?)\n"
    )


def test_plan_edited_by_hand_is_refused(project: Project) -> None:
    """One changed letter in the plan file is found before anything is sent, and the operation is named."""
    project.plan()
    with sqlite3.connect(project.folder / "acme.plan") as db:
        db.execute("UPDATE record SET fields=replace(fields, 'Ada', 'Eve')")
    db.close()
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 6
    assert "acme.plan: E602 the plan is not as it was sealed" in ended.stderr
    assert "operation 3 (create contacts 1)" in ended.stderr
    assert project.writes() == 0


def test_plan_cut_short_is_refused(project: Project) -> None:
    """Half a plan is none."""
    project.plan()
    path = project.folder / "acme.plan"
    path.write_bytes(path.read_bytes()[:30_000])
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 6
    assert "E602" in ended.stderr
    assert project.writes() == 0


def test_plan_applied_twice_sends_nothing(project: Project) -> None:
    """A used plan is refused and told so."""
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    before = project.writes()
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 6
    assert ended.stderr == (
        "acme.plan: E605 the plan was applied to its end already"
        " (nothing to do; plan again to see what changed since)\n"
    )
    assert project.writes() == before


def test_two_applies_at_once_are_one(project: Project) -> None:
    """The second finds the ledger held and says by whom."""
    project.plan()
    project.server.script("hang-before@POST#1:1.5")
    first = project.begin("apply", "acme.plan")
    while project.writes() == 0:
        assert first.poll() is None
    second = project.run("apply", "acme.plan")
    first.communicate(timeout=30)
    assert second.returncode == 8
    assert f"E801 the ledger is held by process {first.pid} on " in second.stderr
    assert len(project.held("contacts")) == 3


def test_plan_for_another_target_is_refused(project: Project) -> None:
    """A plan is bound to the account that it was made for."""
    project.plan()
    with start("crelate", seed=2) as other:
        ended = project.run("apply", "acme.plan", **settings_of(other))
        assert ended.returncode == 6
        assert "acme.plan: E609 the plan was made for" in ended.stderr
        assert other.snapshot()["contacts"] == {}


def test_plan_of_a_changed_mapping_is_refused(project: Project) -> None:
    """A mapping that changed after planning stops apply; show still works."""
    project.plan()
    project.write("acme.yaml", MAPPING.replace("Website_Business", "Website_Other"))
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 6
    assert "acme.plan: E601 acme.yaml changed after the plan was made" in ended.stderr
    assert "run 'migrator plan acme.yaml -o acme.plan' again" in ended.stderr
    shown = project.run("show", "acme.plan")
    assert (shown.returncode, "Plan: 5 to create" in shown.stdout) == (0, True)
    assert shown.stderr.startswith("acme.plan: W602 acme.yaml changed after the plan was made (")
    assert project.writes() == 0


def test_stale_plan_is_refused(project: Project) -> None:
    """Of two plans, the second is stale when the first was applied."""
    project.plan("one.plan")
    project.plan("two.plan")
    assert project.run("apply", "one.plan").returncode == 0
    ended = project.run("apply", "two.plan")
    assert ended.returncode == 6
    assert "two.plan: E608 the plan is stale: another one was applied since" in ended.stderr


def test_plan_beyond_its_limits_is_made_and_not_applied(project: Project) -> None:
    """Too many rejects: exit 4 with all reports, and apply refuses."""
    project.write("acme.yaml", MAPPING.replace("objects:", "limits: {rejects: 10%}\nobjects:"))
    project.write("people.csv", PEOPLE.replace("Lovelace", ""))
    planned = project.run("plan", "acme.yaml", "-o", "acme.plan")
    assert planned.returncode == 4
    assert (project.folder / "acme.report" / "rejects.csv").is_file()
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 6
    assert (
        "E610 the plan goes beyond a limit of its mapping: 1 of 5 rows are rejected, the limit is 10%" in ended.stderr
    )
    assert project.writes() == 0


def test_key_regenerated_half_way_stops_resumable(project: Project) -> None:
    """401 in the middle: exit 9, nothing lost; with the new key the same command goes on."""
    project.plan()
    project.server.script("401-once@POST#3")
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 9
    assert "E902 not authorised (401)" in ended.stdout
    assert project.run("apply", "acme.plan").returncode == 0
    assert (len(project.held("companies")), len(project.held("contacts"))) == (2, 3)


def test_encoding_is_never_guessed(project: Project) -> None:
    """Without a declared encoding, cp1252 stops with the line, the byte and the way out."""
    (project.folder / "people.csv").write_bytes(PEOPLE.replace("Ada", "Zoë").encode("cp1252"))
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 4
    assert ended.stderr == (
        "people.csv:2: E404 not UTF-8: line 2: byte 0xeb in '1,Zoë,Lovelace,ada@exampl'"
        " (state the file's 'encoding' in the source block, 'encoding: cp1252' if these lines read right as shown)\n"
    )


def _without_override() -> tuple[str, ...]:
    """Give the wrapper under which file modes hold for root too."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and setpriv is not there to take that away")
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


def test_read_only_folder_is_told(project: Project) -> None:
    """A folder that cannot be written stops plan with 7 before the target is asked."""
    wrapper = _without_override()
    project.folder.chmod(0o500)
    try:
        ended = project.run_within(wrapper, "plan", "acme.yaml")
    finally:
        project.folder.chmod(0o700)
    assert ended.returncode == 7
    assert (
        "E702 cannot be written (make the folder writable and run the same command again; nothing is lost)"
        in ended.stderr
    )
    assert project.server.history() == []


def test_ledger_that_turns_read_only_stops_before_sending(project: Project) -> None:
    """A ledger that cannot be written any more: nothing is sent."""
    wrapper = _without_override()
    project.plan()
    folder = project.folder / ".migrator"
    folder.chmod(0o500)
    (folder / "ledger.sqlite").chmod(0o400)
    try:
        ended = project.run_within(wrapper, "apply", "acme.plan")
    finally:
        folder.chmod(0o700)
        (folder / "ledger.sqlite").chmod(0o600)
    assert ended.returncode == 7
    assert "E702" in ended.stderr
    assert project.writes() == 0
    assert project.run("apply", "acme.plan").returncode == 0


def _apply_with_small_files(project: Project, size: int) -> subprocess.CompletedProcess[str]:
    """Apply in a process whose files cannot grow beyond a size: the disk is full at that point."""
    return subprocess.run(
        [sys.executable, "-m", "migrator", "apply", "acme.plan"],
        cwd=project.folder,
        env=project.environ(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )


@pytest.mark.parametrize("kilobytes", [1, 8, 70, 90, 110, 130, 150])
def test_full_disk_loses_nothing_and_writes_nothing_twice(project: Project, kilobytes: int) -> None:
    """Wherever the disk is full, the run stops with 7 in words, and with room again the same command ends it."""
    project.plan()
    ended = _apply_with_small_files(project, kilobytes * 1024)
    assert ended.returncode in {0, 7}
    assert "Traceback" not in ended.stderr
    if ended.returncode:
        assert "E701" in ended.stderr + ended.stdout
        assert project.run("apply", "acme.plan").returncode == 0
    assert sorted(str(one["ExternalPrimaryKey"]) for one in project.held("contacts")) == [
        "acme/contacts/1",
        "acme/contacts/2",
        "acme/contacts/3",
    ]


def test_no_room_for_the_journal_is_told_before_sending(project: Project) -> None:
    """A disk with less room than the journal needs: nothing is sent."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:  # noqa: S607
        pytest.skip("a small disk of one's own needs root")
    script = f'mount -t tmpfs -o size=2m none /mnt && cp -r . /mnt && cd /mnt && "{sys.executable}" -m migrator "$@"'
    in_small = ("unshare", "-m", "sh", "-ec", script, "sh")
    planned = subprocess.run(
        [*in_small, "apply", "acme.yaml", "--yes"],
        cwd=project.folder,
        env=project.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert planned.returncode == 7
    assert "E701 " in planned.stderr + planned.stdout
    assert "MB free, 67 MB are needed for the journal" in planned.stderr + planned.stdout
    assert project.writes() == 0


def test_unknown_command_is_usage(project: Project) -> None:
    """A wrong word on the command line ends with 2 and a proposal."""
    ended = project.run("plam", "acme.yaml")
    assert ended.returncode == 2
    assert "plam" in ended.stderr


def test_plan_that_is_not_there_is_told(project: Project) -> None:
    """A plan file that does not exist is refused with the way to make one."""
    ended = project.run("apply", "none.plan")
    assert ended.returncode == 6
    assert ended.stderr == (
        "none.plan: E603 there is no such plan (make one with 'migrator plan MAPPING -o FILE.plan')\n"
    )


def test_secret_in_a_mapping_is_refused(project: Project) -> None:
    """A key that is written into the mapping is an error, and it is not repeated in the message."""
    project.write("acme.yaml", MAPPING.replace("connector: crelate", "connector: crelate, api_key: S3CR3T"))
    ended = project.run("check", "acme.yaml")
    assert ended.returncode == 3
    assert "E018 'api_key' may not stand in a mapping" in ended.stderr
    assert "S3CR3T" not in ended.stderr


def test_closed_pipe_does_not_stop_a_run(project: Project) -> None:
    """`migrator apply | head -0` goes on writing and journalling."""
    project.plan()
    running = project.begin("apply", "acme.plan")
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    running.stderr.close()
    running.wait(timeout=30)
    assert len(project.held("contacts")) == 3
    assert Path(project.folder / ".migrator").is_dir()
