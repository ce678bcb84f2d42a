"""One migration after another, at the user's desk: only what changed flows, and what left the source is told."""

import json

from conftest import PEOPLE, Project
from test_end_to_end import _by_key, _put


def applied(project: Project, name: str) -> int:
    """Plan and apply; gives how many writes that took."""
    before = project.writes()
    project.plan(name)
    ended = project.run("apply", name, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return project.writes() - before


def planned(project: Project) -> list[str]:
    """Plan, and give what is said."""
    return project.run("plan", "acme.yaml", "-o", "look.plan").stdout.splitlines()


def first_names(project: Project) -> list[str]:
    """Give the first names that the CRM holds, by last name."""
    return [str(one["FirstName"]) for one in sorted(project.held("contacts"), key=lambda one: str(one["LastName"]))]


def test_only_what_changed_flows(project: Project) -> None:
    """After a whole first run there is nothing to do; a changed cell is one write, and their own change stays."""
    assert applied(project, "one.plan") == 5
    assert "Plan: 0 to create, 0 to update, 5 unchanged, 0 skipped, 0 rejected." in planned(project)
    _put(project, "contacts", {**_by_key(project, "contacts")["1"], "FirstName": "Augusta"})
    project.write("people.csv", PEOPLE.replace("Grace", "Amazing"))
    assert applied(project, "two.plan") == 1
    project.write("people.csv", PEOPLE.replace("Grace", "Amazing Grace"))
    assert applied(project, "three.plan") == 1
    assert first_names(project) == ["Charles", "Amazing Grace", "Augusta"]
    assert "Plan: 0 to create, 0 to update, 5 unchanged, 0 skipped, 0 rejected." in planned(project)


def test_row_that_left_the_source_is_listed_and_nothing_more(project: Project) -> None:
    """In the text, for scripts, in the page and in a table; its record stays."""
    applied(project, "one.plan")
    project.write("people.csv", PEOPLE.replace("2,Charles", "9,Charles").replace("charles@", "c@"))
    assert "  Gone  no row states these keys of earlier runs any longer: contacts 1 -> look.report/gone.csv" in planned(
        project
    )
    (charles,) = [key for key, one in project.server.snapshot()["contacts"].items() if one["FirstName"] == "Charles"]
    report = project.folder / "look.report"
    listed = (report / "gone.csv").read_text().splitlines()
    assert listed == ['"object","key","target_id"', f'"contacts","2","{charles}"']
    assert "contacts: no row states 1 key of earlier runs any longer." in (report / "report.html").read_text()
    found = json.loads(project.run("show", "look.plan", "--json").stdout)
    assert {name: counts["gone"] for name, counts in found["objects"].items()} == {"companies": 0, "contacts": 1}
    assert applied(project, "two.plan") == 1
    assert first_names(project) == ["Charles", "Charles", "Grace", "Ada"]
