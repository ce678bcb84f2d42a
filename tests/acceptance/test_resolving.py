"""Operations that wait for a person, decided on the command line; a lock whose holder cannot be ended."""

import re
import signal
import sqlite3
import time

import pytest
from conftest import MAPPING, Project

NOTES = """\
  notes:
    from: notes.csv
    to: notes
    key: id
    parent: {lookup: contacts, by: [{key: person}]}
    fields:
      Body: {from: text, required: true}
"""


@pytest.fixture
def waiting(project: Project) -> Project:
    """Apply a plan whose first note stays without an answer: nobody can find out whether it is there."""
    project.write("acme.yaml", MAPPING + NOTES)
    project.write("notes.csv", "id,person,text\n7,1,first\n8,1,second\n")
    project.plan()
    project.server.script("reset-after@POST#6")
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 5
    assert ended.stdout.splitlines()[-1] == "Next: migrator resolve acme.plan   (report: acme.report/report.html)"
    return project


def test_operations_in_quarantine_are_listed(waiting: Project) -> None:
    """Each with object and key, by which it is decided, its place, its reason and its id."""
    ended = waiting.run("resolve", "acme.plan")
    assert ended.returncode == 5
    lines = ended.stdout.splitlines()
    reason = "in doubt: this target offers no way to find out whether it was created"
    assert lines[0] == f"notes:7  notes.csv:2    {reason}"
    assert re.fullmatch(r"  operation [0-9a-f]{24}", lines[1])
    assert lines[2:] == [
        "1 operation in quarantine.",
        "Next: migrator resolve acme.plan OBJECT:KEY --adopt ID | --not-applied | --skip",
    ]


def test_operation_that_was_not_applied_goes_out_again(waiting: Project) -> None:
    """A person looked it up: the next apply sends it."""
    ended = waiting.run("resolve", "acme.plan", "notes:7", "--not-applied", "--why", "not on her page", "--who", "ada")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [
        "notes:7 is PLANNED now, decided by ada.",
        "0 operations in quarantine.",
        "Next: migrator apply acme.plan",
    ]
    before = waiting.writes()
    assert waiting.run("apply", "last").returncode == 0
    assert waiting.writes() == before + 1
    with sqlite3.connect(waiting.folder / ".migrator" / "ledger.sqlite") as db:
        found = db.execute("SELECT who, why, state, wall<>'' FROM decision").fetchall()
    db.close()
    assert found == [("ada", "not on her page", "PLANNED", 1)]


def test_decision_after_another_plan_leads_to_a_new_one(waiting: Project) -> None:
    """The old plan is stale by now: what is still to be sent is planned again."""
    waiting.plan("two.plan")
    assert waiting.run("apply", "two.plan").returncode == 0
    ended = waiting.run("resolve", "acme.plan", "notes:7", "--not-applied")
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "Next: migrator plan acme.yaml")


def test_operation_that_is_left_out_ends_the_plan(waiting: Project) -> None:
    """Skipped, it is no finding any longer, and the report written anew says so."""
    ended = waiting.run("resolve", "last", "notes:7", "--skip")
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "Next: migrator verify acme.plan")
    assert re.fullmatch(r"notes:7 is SKIPPED now, decided by \S+@\S+\.", ended.stdout.splitlines()[0])
    assert waiting.run("apply", "acme.plan").returncode == 6
    assert "quarantined" not in (waiting.folder / "acme.report" / "results.csv").read_text().lower()


def test_contact_is_adopted_by_its_id(project: Project) -> None:
    """The record is read: one that is not there is not adopted, one that is ours is."""
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    project.write("people.csv", "id,first,last,email,born,company\n3,Grace M.,Hopper,grace@example.org,09/12/1906,2\n")
    project.plan("two.plan")
    (grace,) = (one for one in project.held("contacts") if one["LastName"] == "Hopper")
    record = {key: value for key, value in grace.items() if value is not None}
    url = f"{project.server.base_url}/contacts/{grace['Id']}"
    import httpx  # noqa: PLC0415 - a person's browser, so to speak

    httpx.put(url, params={"api_key": project.server.api_key}, json={**record, "FirstName": "Amazing"})
    assert project.run("apply", "two.plan").returncode == 5
    other = "00000000-0000-4000-8000-000000000001"
    refused = project.run("resolve", "two.plan", "contacts:3", "--adopt", other)
    assert (refused.returncode, refused.stderr) == (
        6,
        f"two.plan: E624 the target has no contacts {other} (name the id of the record that is this row)\n",
    )
    adopted = project.run("resolve", "two.plan", "contacts:3", "--adopt", str(grace["Id"]), "--who", "ada")
    assert (adopted.returncode, adopted.stdout.splitlines()[0]) == (0, "contacts:3 is APPLIED now, decided by ada.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("acme.plan", "notes:7"),
        ("acme.plan", "notes:7", "--skip", "--not-applied"),
        ("acme.plan", "--skip"),
        ("--adopt", "x"),
    ],
)
def test_half_a_decision_is_usage(project: Project, arguments: tuple[str, ...]) -> None:
    """What is said must be one thing about one operation."""
    ended = project.run("resolve", *arguments)
    assert ended.returncode == 2
    assert "a decision is PLAN, OP and one of --adopt ID, --not-applied, --skip" in ended.stderr


def test_lock_of_a_stopped_process_is_taken_by_its_id(project: Project) -> None:
    """A held-up apply keeps the lock; with its id it is taken over, and when it wakes up it sends nothing more."""
    project.plan()
    project.server.script("hang-after@POST#2:1")
    first = project.begin("apply", "acme.plan")
    while project.writes() < 2:
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)
    refused = project.run("apply", "acme.plan")
    assert refused.returncode == 8
    found = re.search("--force-unlock ([0-9a-f]{12}) takes it from a process that cannot be ended", refused.stderr)
    assert found is not None
    assert project.run("apply", "acme.plan", "--force-unlock", "0" * 12).returncode == 8
    second = project.run("apply", "acme.plan", "--force-unlock", found[1])
    assert second.returncode == 0, second.stderr
    before = project.writes()
    first.send_signal(signal.SIGCONT)
    _out, err = first.communicate(timeout=30)
    assert first.returncode == 7
    assert "E802 this run was ousted" in _out + err
    assert project.writes() == before
    assert (len(project.held("companies")), len(project.held("contacts"))) == (2, 3)
