"""Runs that are ended with signal 9 at any moment, and go on: counted in the target's own history and snapshot."""

import csv
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from conftest import ROOT, Project

from migrator.emulators import Emulator

COPIES = 10
DEMO = ROOT / "examples" / "demo"


def _widened(folder: Path) -> list[dict[str, str]]:
    """Write the demo's contacts ten times over, each copy with ids, addresses and companies of its own."""
    with (DEMO / "contacts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wide = [
        {
            **row,
            "id": f"{row['id']}-{n}",
            "email_other": f"{n}.{row['email_other']}",
            "company_id": f"{row['company_id']}-{n}",
            "company_name": f"{row['company_name']} {n}",
        }
        for n in range(COPIES)
        for row in rows
    ]
    with (folder / "contacts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(wide)
    return wide


def _wrong_records(server: Emulator, rows: list[dict[str, str]]) -> list[str]:
    """Hold the target's own snapshot against the file: what is there twice, is missing, or differs."""
    held = server.snapshot()
    companies = {str(one["ExternalPrimaryKey"]).rpartition("/")[2]: one for one in held["companies"].values()}
    found = _counted(held["contacts"], (row["id"] for row in rows))
    found += _counted(held["companies"], (row["company_id"] for row in rows))
    contacts = {str(one["ExternalPrimaryKey"]).rpartition("/")[2]: one for one in held["contacts"].values()}
    for row in rows:
        one = contacts.get(row["id"], {})
        domain = row["email_other"].rpartition("@")[2]
        expected = {
            "FirstName": row["first_name"],
            "LastName": row["last_name"],
            "CurrentPosition_Title": row["title"],
            "CurrentPosition_Company_Id": companies.get(row["company_id"], {}).get("Id"),
            "EmailAddress_Other": row["email_other"].removesuffix(domain) + domain.lower(),
            "PhoneNumber_Home": row["phone_home"] or None,
            "Tags": {"Default": [tag.strip() for tag in row["tags"].split(",")]} if row["tags"] else None,
        }
        found += [f"{row['id']}: {name}" for name, value in expected.items() if one.get(name) != value]
    return found


def _counted(held: Mapping[str, Mapping[str, object]], keys: Iterable[str]) -> list[str]:
    """Compare markers as often as they stand in the target with the keys of the file, each once."""
    there = Counter(str(one["ExternalPrimaryKey"]).rpartition("/")[2] for one in held.values())
    wanted = Counter(set(keys))
    return [f"{key}: {count - wanted[key]:+d}" for key, count in (there - wanted).items()] + [
        f"{key}: missing" for key in wanted - there
    ]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("wanted", [6, pytest.param(60, marks=pytest.mark.heavy)])
def test_kill_at_any_moment_leaves_no_duplicate_and_no_gap(project: Project, wanted: int) -> None:
    """Kills at random moments of apply, each followed by apply again: 0 duplicates, 0 losses, 0 wrong fields."""
    chance = random.Random(20261122)  # noqa: S311 - a seed that repeats
    kills = 0
    project.write("acme.yaml", (DEMO / "crelate.yaml").read_text(encoding="utf-8").replace("  creates: 1000\n", ""))
    rows = _widened(project.folder)
    project.plan()
    while kills < wanted:
        running = project.begin("apply", "acme.plan")
        try:
            running.communicate(timeout=chance.uniform(0.3, 0.95))
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            kills += 1
        running.communicate()
        assert running.returncode in {0, -signal.SIGKILL}
        assert running.returncode != 0, f"the plan was applied after {kills} kills: make it larger"
    last = project.run("apply", "acme.plan")
    assert last.returncode == 0, last.stdout + last.stderr
    assert _wrong_records(project.server, rows) == []
    assert _sent_twice(project.server) == []


def _sent_twice(server: Emulator) -> list[str]:
    """Find markers that the server's history shows committed more than once."""
    sent = Counter(
        str(entry.body["ExternalPrimaryKey"])
        for entry in server.history()
        if entry.method == "POST" and entry.committed and isinstance(entry.body, dict)
    )
    return [marker for marker, count in sent.items() if count > 1]


POINTS = ["before-commit-intent", "after-commit-intent", "intended", "answered", "before-commit-outcome",
          "after-commit-outcome", "before-commit-begin", "after-commit-begin", "before-commit-end"]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_kill_at_a_named_point_is_resumed(project: Project, point: str) -> None:
    """Death at each point around the journal: the next apply ends it, and the target holds each record once."""
    project.plan()
    hit = 3 if "begin" not in point and "end" not in point else 1
    killed = project.run("apply", "acme.plan", MIGRATOR_FAILPOINTS=f"{point}=kill9@{hit}")
    assert killed.returncode == -signal.SIGKILL
    assert project.run("status", "acme.plan").returncode == 0
    assert project.run("apply", "acme.plan").returncode in {0, 6}
    assert sorted(str(one["LastName"]) for one in project.held("contacts")) == ["Babbage", "Hopper", "Lovelace"]
    assert sorted(str(one["Name"]) for one in project.held("companies")) == ["Analytical Engines", "US Navy"]


def test_kill_while_planning_leaves_nothing_in_the_way(project: Project) -> None:
    """A plan whose making was cut is not applied; planning again just works."""
    killed = project.run("plan", "acme.yaml", "-o", "acme.plan", MIGRATOR_FAILPOINTS="sealed=kill9")
    assert killed.returncode == -signal.SIGKILL
    refused = project.run("apply", "acme.plan")
    assert refused.returncode == 6
    assert "E604 the ledger does not know this plan" in refused.stderr
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0


FAULTS = [
    "reset-after@POST#3",
    "hang-after@POST#3:30",
    "502-html-after@POST#3",
    "500-after@POST#3",
    "html-200-after@POST#3",
    "truncated-json@POST#3",
    "no-id@POST#3",
    "reset-before@POST#3",
    "500-before@POST#3",
    "503@POST#3",
    "429@POST#3",
    "late-commit@POST#3:0.1",
]


@pytest.mark.parametrize("fault", FAULTS)
def test_lost_answer_is_settled_by_reading(project: Project, fault: str) -> None:
    """One answer is lost, wrong or late: the same run reads the target, and every record is there once."""
    project.plan()
    project.server.script(fault)
    ended = project.run("apply", "acme.plan", CRELATE_TIMEOUT_SECONDS="0.5")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert sorted(str(one["LastName"]) for one in project.held("contacts")) == ["Babbage", "Hopper", "Lovelace"]
    assert len(project.held("companies")) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_first_signal_stops_in_order(project: Project, number: signal.Signals) -> None:
    """What is under way ends, the run is journalled, exit 7; the same command goes on."""
    project.plan()
    project.server.script("drip@POST#2")
    running = project.begin("apply", "acme.plan")
    while project.writes() < 2:
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(number)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 7, out + err
    assert re.search(r"Run 1 of acme.plan: interrupted\n +2  written and in the target\n +3  not sent yet\n", out)
    assert "Next: migrator apply acme.plan   (goes on where it stopped; nothing is sent twice)" in out
    assert project.run("apply", "acme.plan").returncode == 0
    assert len(project.held("contacts")) == 3


def test_second_signal_cuts_and_stays_consistent(project: Project) -> None:
    """Twice Ctrl-C: the request is cut and in doubt; the same command reads before it sends."""
    project.plan()
    project.server.script("hang-after@POST#2:30")
    running = project.begin("apply", "acme.plan", CRELATE_TIMEOUT_SECONDS="60")
    while project.writes() < 2:
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=10)
    assert running.returncode == 7, out + err
    assert re.search(r"\n +1  in doubt, to be read before anything is sent\n", out)
    assert project.run("apply", "acme.plan").returncode == 0
    assert (len(project.held("companies")), len(project.held("contacts"))) == (2, 3)


INTERRUPTED_TWICE = """
import asyncio, os, signal
from migrator.cli.main import main
from migrator.store.together import Together

async def durable(self, commit=Together.durable):
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(30)
    await commit(self)

Together.durable = durable
main()
"""


def test_second_signal_before_the_request_leaves_nothing_in_doubt(project: Project) -> None:
    """Both come between the intent and its request: nothing was sent, the journal says so, and the next run sends."""
    project.plan()
    script = [sys.executable, "-c", INTERRUPTED_TWICE, "apply", "acme.plan"]
    ended = subprocess.run(
        script, cwd=project.folder, env=project.environ(), capture_output=True, text=True, timeout=20, check=False
    )
    assert (ended.returncode, project.writes()) == (7, 0), ended.stderr
    assert re.search(r"Run 1 of acme.plan: interrupted\n +5  not sent yet\n", ended.stdout)
    assert project.run("apply", "acme.plan").returncode == 0
    assert (len(project.held("companies")), project.writes()) == (2, 5)
