"""`migrator runs` and `migrator export`: what was applied when, what became of each key, and the end of old values."""

import csv
import json
import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import PEOPLE, Project


def test_runs_are_listed_the_newest_first(project: Project) -> None:
    """Each with its state, how much it sent, and its plan; one that was killed says so."""
    project.plan()
    killed = project.run("apply", "acme.plan", MIGRATOR_FAILPOINTS="answered=kill9@2")
    assert killed.returncode == -signal.SIGKILL
    assert re.fullmatch(
        r" +1  \d{4}-\d\d-\d\d \d\d:\d\d UTC  killed +2 sent  acme.plan", project.run("runs").stdout.splitlines()[0]
    )
    assert project.run("apply", "acme.plan").returncode == 0
    lines = project.run("runs").stdout.splitlines()
    assert [" ".join(line.split()[4:]) for line in lines[:2]] == ["done 3 sent acme.plan", "killed 2 sent acme.plan"]
    assert lines[2:] == ["2 runs.", "Next: migrator show RUN"]
    found = json.loads(project.run("runs", "--json").stdout)
    assert (found["v"], [run["run"] for run in found["runs"]]) == (1, [2, 1])
    assert project.run("show", "1").returncode == 0


def test_project_without_a_ledger_has_no_runs(project: Project) -> None:
    """It says how one comes about."""
    ended = project.run("runs")
    assert ended.returncode == 7
    assert ended.stderr.endswith("E702 there is no ledger here (it is made by the first plan)\n")


def age(project: Project, moment: str) -> None:
    """Let all runs have ended long ago."""
    with sqlite3.connect(project.folder / ".migrator" / "ledger.sqlite") as db:
        db.execute("UPDATE run SET ended=? WHERE ended IS NOT NULL", (moment,))
    db.close()


def test_before_images_of_old_runs_are_deleted(project: Project) -> None:
    """The plan, and what shows values; journal, id map and results stay, and a later plan still knows the records."""
    project.plan()
    project.run("apply", "acme.plan")
    project.run("verify")
    project.write("people.csv", PEOPLE.replace("Grace", "Amazing"))
    project.plan("two.plan")
    project.run("apply", "two.plan", "--limit", "1")
    project.plan("three.plan")
    age(project, "2020-01-01T00:00:00+00:00")
    ended = project.run("runs", "--purge-older-than", "90d")
    assert ended.stdout.splitlines() == [
        "Deleted acme.plan and what showed its values.",
        "Deleted two.plan and what showed its values.",
        "2 plan files deleted, the images of 2 plans taken out of the ledger; the journal and the id map stay.",
        "Next: migrator runs",
    ]
    there = {path.name for path in project.folder.rglob("*") if path.is_file()}
    assert there.isdisjoint({"acme.plan", "two.plan", "verify.csv"})
    assert {"three.plan", "results.csv", "rejects.csv"} <= there
    assert "acme.plan (no longer there)" in project.run("runs").stdout
    project.plan("four.plan")
    assert json.loads(project.run("show", "four.plan", "--json").stdout)["totals"]["unchanged"] == 5


def test_purged_run_is_not_rolled_back(project: Project) -> None:
    """Its old values are in no file of the ledger any more; the refusal says so."""
    project.plan()
    project.run("apply", "acme.plan")
    ledger = project.folder / ".migrator" / "ledger.sqlite"
    assert counted(ledger) == [5, 1]
    age(project, "2020-01-01T00:00:00+00:00")
    project.run("runs", "--purge-older-than", "90d")
    assert counted(ledger) == [0, 0]
    ended = project.run("rollback", "1")
    fact = "E622 nothing is known of what run 1 wrote: purged, or applied by an older version"
    assert (ended.returncode, fact in ended.stderr) == (6, True)
    again = project.run("runs", "--purge-older-than", "90d")
    assert "0 plan files deleted, the images of 0 plans taken out of the ledger" in again.stdout


def counted(ledger: Path) -> list[int]:
    """Count the images, and the plans of which is known what they were made for."""
    with closing(sqlite3.connect(ledger)) as db:
        queries = ("SELECT COUNT(*) FROM image", "SELECT COUNT(*) FROM origin")
        return [db.execute(query).fetchone()[0] for query in queries]


def test_young_open_and_other_plans_are_kept(project: Project) -> None:
    """What did not end, ended lately, or is another file by now."""
    project.plan()
    project.run("apply", "acme.plan", "--limit", "1")
    age(project, "2020-01-01T00:00:00+00:00")
    assert "0 plan files deleted" in project.run("runs", "--purge-older-than", "1h").stdout
    project.run("apply", "acme.plan")
    assert "0 plan files deleted" in project.run("runs", "--purge-older-than", "1h").stdout
    age(project, "2020-01-01T00:00:00+00:00")
    project.plan()
    assert "0 plan files deleted" in project.run("runs", "--purge-older-than", "1h").stdout
    assert (project.folder / "acme.plan").exists()


@pytest.mark.parametrize("text", ["90", "d", "-1d", "1y", "1.5d"])
def test_age_is_a_number_with_its_unit(project: Project, text: str) -> None:
    """Anything else is told before anything is deleted."""
    ended = project.run("runs", "--purge-older-than", text)
    assert ended.returncode == 2
    assert "hours, days or weeks, such as 12h, 90d or 4w" in ended.stderr


def exported(project: Project, *arguments: str) -> list[list[str]]:
    """Read what was exported."""
    assert project.run("export", *arguments).returncode == 0
    with (project.folder / "id_map.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_id_map_has_a_line_for_each_record(project: Project) -> None:
    """Object, key, id and state, of what landed, what did not, and what was there already."""
    project.plan()
    project.server.script("422@POST#2")
    project.run("apply", "acme.plan")
    ids = {str(one.get("ExternalPrimaryKey")): one["Id"] for name in ("companies", "contacts")
           for one in project.held(name)}  # fmt: skip
    assert exported(project, "acme.plan") == [
        ["object", "source_key", "target_id", "state"],
        ["companies", "1", ids["acme/companies/1"], "APPLIED"],
        ["companies", "2", "", "REJECTED"],
        ["contacts", "1", ids["acme/contacts/1"], "APPLIED"],
        ["contacts", "2", ids["acme/contacts/2"], "APPLIED"],
        ["contacts", "3", "", "BLOCKED"],
    ]
    assert (project.folder / "id_map.csv").stat().st_mode & 0o777 == 0o600
    project.write("people.csv", PEOPLE.replace("Charles", "Chas"))
    project.plan("two.plan")
    assert sorted(exported(project, "two.plan")[1:]) == [
        ["companies", "1", ids["acme/companies/1"], "UNCHANGED"],
        ["companies", "2", "", "PLANNED"],
        ["contacts", "1", ids["acme/contacts/1"], "UNCHANGED"],
        ["contacts", "2", ids["acme/contacts/2"], "PLANNED"],
        ["contacts", "3", "", "PLANNED"],
    ]


def test_id_map_counts_its_lines(project: Project) -> None:
    """Of the last run, into the file that was named; a cycle's record has one line although it has a link too."""
    text = (project.folder / "acme.yaml").read_text(encoding="utf-8")
    billing = "      AdditionalContact_Billing_Id: {lookup: contacts, by: [{key: billing}]}\n"
    project.write("acme.yaml", text.replace("  contacts:\n", billing + "  contacts:\n", 1))
    project.write("companies.csv", "id,name,website,billing\n1,Analytical Engines,,2\n2,US Navy,,3\n")
    project.plan()
    project.run("apply", "acme.plan")
    ended = project.run("export", "-o", "out/map.csv")
    assert ended.stdout.splitlines() == ["5 records of acme.plan in out/map.csv.", "Next: open out/map.csv"]
    assert len((project.folder / "out" / "map.csv").read_text(encoding="utf-8").splitlines()) == 6
