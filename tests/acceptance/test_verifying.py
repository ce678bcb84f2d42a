"""`migrator verify`, `apply --canary` and `--only` against a practice Crelate."""

import csv
import json

import httpx
import pytest
from conftest import Project

PLANNED = {"EQUAL": 5, "NORMALISED": 0, "DIFFERENT": 0, "MISSING": 0}


@pytest.fixture
def applied(project: Project) -> Project:
    """Apply the plan."""
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    return project


def edit(project: Project, last: str, **fields: str) -> None:
    """Change a contact as a person would."""
    (one,) = (one for one in project.held("contacts") if one["LastName"] == last)
    url = f"{project.server.base_url}/contacts/{one['Id']}"
    body = {**{key: value for key, value in one.items() if value is not None}, **fields}
    assert httpx.put(url, params={"api_key": project.server.api_key}, json=body).status_code == 200


def test_run_that_stands_as_planned(applied: Project) -> None:
    """Exit 0, only reads at the server, the same again; the report has a section of it."""
    before = applied.writes()
    ended = applied.run("verify", "acme.plan")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[1:] == [
        "          5  EQUAL: as planned",
        "  companies: 2 in the target now, before 0, created 2",
        "  contacts: 3 in the target now, before 0, created 3",
        "Next: open acme.report/report.html",
    ]
    assert applied.run("verify", "--all").stdout.splitlines()[1:] == lines[1:]
    assert applied.writes() == before
    assert "Read back after apply" in (applied.folder / "acme.report" / "report.html").read_text(encoding="utf-8")
    status = applied.run("status").stdout
    assert "5 of 5 read back" in status


def test_difference_is_named(applied: Project) -> None:
    """Exit 5: the record, the field, and in the private table what was planned and what stands there."""
    edit(applied, "Hopper", FirstName="Amazing")
    ended = applied.run("verify", "acme.plan", "--json")
    assert ended.returncode == 5
    found = json.loads(ended.stdout)
    (one,) = found["verify"]["findings"]
    assert (found["v"], found["plan"]) == (1, "acme.plan")
    assert (one["object"], one["key"], one["match"], one["field"]) == ("contacts", "3", "DIFFERENT", "FirstName")
    assert found["verify"]["records"] == PLANNED | {"EQUAL": 4, "DIFFERENT": 1}
    assert "Amazing" not in ended.stdout
    with (applied.folder / "acme.report" / "verify.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["key"]: row for row in csv.DictReader(file) if row["object"] == "contacts"}
    assert (rows["3"]["planned"], rows["3"]["found"], rows["1"]["match"]) == ("Grace", "Amazing", "EQUAL")


def test_record_that_somebody_deleted_is_missing(applied: Project) -> None:
    """The words stand in the output, with key and id."""
    (one,) = (one for one in applied.held("contacts") if one["LastName"] == "Babbage")
    url = f"{applied.server.base_url}/contacts/{one['Id']}"
    assert httpx.delete(url, params={"api_key": applied.server.api_key}).status_code < 300
    ended = applied.run("verify", "1")
    assert ended.returncode == 5
    line = f"  MISSING contacts:2  people.csv:3  {one['Id']}  the target has no such record"
    assert line in ended.stdout.splitlines()


def test_second_record_of_one_marker_is_a_duplicate(applied: Project) -> None:
    """Made behind our back with our marker: both ids are told."""
    (one,) = (one for one in applied.held("companies") if one["Name"] == "US Navy")
    applied.server.seed_records("companies", [{"Name": "Other", "ExternalPrimaryKey": one["ExternalPrimaryKey"]}])
    ended = applied.run("verify", "last")
    assert ended.returncode == 5
    (line,) = (line for line in ended.stdout.splitlines() if "DUPLICATE" in line)
    assert line.startswith("  DUPLICATE companies:2  ")
    assert line.endswith("  marker  2 records")
    assert str(one["Id"]) in line


def test_masked_table_holds_no_value(applied: Project) -> None:
    """--mask hides values in the table as everywhere."""
    edit(applied, "Hopper", FirstName="Amazing")
    assert applied.run("--mask", "verify", "last").returncode == 5
    assert "Amazing" not in (applied.folder / "acme.report" / "verify.csv").read_text(encoding="utf-8")


def test_run_that_is_going_on_is_not_read_back(project: Project) -> None:
    """One process at a time holds the ledger."""
    project.plan()
    project.server.script("hang-before@POST#1:60")
    first = project.begin("apply", "acme.plan", CRELATE_TIMEOUT_SECONDS="60")
    while project.writes() == 0:
        assert first.poll() is None
    ended = project.run("verify", "acme.plan")
    first.kill()
    first.communicate(timeout=30)
    assert ended.returncode == 8


def test_canary_stops_for_a_decision(project: Project) -> None:
    """So many are written and read back; nobody is there to decide, so it stops, and apply goes on."""
    project.plan()
    ended = project.run("apply", "acme.plan", "--canary", "3")
    assert (ended.returncode, project.writes()) == (7, 3)
    lines = ended.stdout.splitlines()
    assert "          3  EQUAL: as planned" in lines
    assert lines[-1] == "Next: migrator apply acme.plan   (goes on with the rest)"
    assert project.run("apply", "acme.plan").returncode == 0
    assert project.writes() == 5


def test_canary_goes_on_where_that_was_said_before(project: Project) -> None:
    """With --yes the rest follows, if what was read back stands as planned."""
    project.plan()
    ended = project.run("apply", "acme.plan", "--canary", "3", "--yes")
    assert (ended.returncode, project.writes()) == (0, 5)
    assert "Read back 3 of 3 operations" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "Next: migrator verify acme.plan   (report: acme.report/report.html)"


def test_canary_that_differs_stops_whatever_was_said(project: Project) -> None:
    """The target alters a value: the other records are not sent, though --yes was given."""
    project.plan()
    project.server.script("dropped-field@POST#1:Website_Business")
    ended = project.run("apply", "acme.plan", "--canary", "2", "--yes")
    assert (ended.returncode, project.writes()) == (7, 2)
    assert "MISSING" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "Next: open acme.report/verify.csv"


@pytest.mark.parametrize("size", ["5", "9"])
def test_canary_as_large_as_the_plan_ends_it(project: Project, size: str) -> None:
    """Nothing is left to decide: what was written is read back, and the run is done."""
    project.plan()
    ended = project.run("apply", "acme.plan", "--canary", size)
    assert (ended.returncode, project.writes()) == (0, 5)
    assert "          5  EQUAL: as planned" in ended.stdout.splitlines()
    assert project.run("apply", "acme.plan").returncode == 6


def test_canary_of_machines_is_data(project: Project) -> None:
    """With --json every line is one object, that of the reading back too."""
    project.plan()
    ended = project.run("apply", "acme.plan", "--canary", "3", "--json")
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert found[-1]["verify"]["records"] == PLANNED | {"EQUAL": 3}


def test_one_object_is_written_alone(project: Project) -> None:
    """The rest stays planned; what waits for other objects waits on."""
    project.plan()
    first = project.run("apply", "acme.plan", "--only", "companies")
    assert (first.returncode, len(project.held("companies")), len(project.held("contacts"))) == (7, 2, 0)
    assert "E709 stopped after 2 writes, as asked" in first.stdout
    assert project.run("apply", "acme.plan", "--only", "contacts").returncode == 0
    assert len(project.held("contacts")) == 3


def test_object_that_waits_is_not_written_alone(project: Project) -> None:
    """People of companies that are not there yet are not sent, and not blocked."""
    project.plan()
    assert project.run("apply", "acme.plan", "--only", "contacts").returncode == 7
    assert (project.writes(), "5  not sent yet" in project.run("status").stdout) == (0, True)
    assert project.run("apply", "acme.plan").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--only", "company"), "no object 'company' in acme.plan (did you mean 'companies'?)"),
        (("--only", "x"), "no object 'x' in acme.plan (there are: companies, contacts)"),
        (("--canary", "2", "--limit", "2"), "either --canary or --limit"),
    ],
)
def test_wrong_wish_is_usage(project: Project, arguments: tuple[str, ...], said: str) -> None:
    """Nothing is sent."""
    project.plan()
    ended = project.run("apply", "acme.plan", *arguments)
    assert (ended.returncode, project.writes()) == (2, 0)
    assert said in ended.stderr
