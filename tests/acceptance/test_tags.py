"""Tags at the user's desk: lists of a record, by category where the CRM has them, and records below another one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Project
from test_crm_targets import settings_of

from migrator.emulators import start

PEOPLE = "id,last,tags\n1,Ada,Gold;New\n2,Bob,gold\n3,Cyd,\n"
TAGS = "id,person,tag\n11,1,Gold\n12,1,New\n13,2,Gold\n"
DEFAULT = "00000000-0000-0000-0000-000000000000"  # api3 names the categories of tags by their ids
DEFAULT = "00000000-0000-0000-0000-000000000000"  # api3 names the categories of tags by their ids
LISTS = {  # object, last name, the field of the tags
    "crelate": ("contacts", "LastName", "Tags.Default"),
    "crelate3": ("contacts", "LastName", f"Tags.{DEFAULT}"),
    "clevertim": ("contact", "ln", "tags"),
    "opencrm": ("contact", "lastname", "contactdetails_tags"),
}


def project_of(name: str, folder: Path, objects: str) -> Iterator[Project]:
    """Serve a CRM, and make a project of three people and their tags."""
    with start(name, seed=1) as server:
        made = Project(folder=folder, server=server, settings=settings_of(name, server))
        made.write("people.csv", PEOPLE)
        made.write("tags.csv", TAGS)
        top = f"mapping: 1\nname: acme\nsource: {{connector: files, path: .}}\ntarget: {{connector: {name}}}\n"
        made.write("acme.yaml", f"{top}objects:\n{objects}")
        yield made


def tags_of(record: Mapping[str, Any], field: str) -> list[str]:
    """Give the tags of a record that a CRM holds, each of which writes them in its own way."""
    whole, _, category = field.partition(".")
    held = record.get(whole, [])
    listed = held.get(category, []) if isinstance(held, dict) else held.split(",") if isinstance(held, str) else held
    return [str(tag["Title"] if isinstance(tag, dict) else tag).lower() for tag in listed]


def applied(crm: Project, name: str) -> None:
    """Plan and apply."""
    crm.plan(name)
    ended = crm.run("apply", name, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def planned(crm: Project) -> str:
    """Plan, and give the line of the totals."""
    lines = crm.run("plan", "acme.yaml", "-o", "look.plan").stdout.splitlines()
    return next(line for line in lines if line.startswith("Plan: "))


@pytest.mark.parametrize("name", LISTS)
def test_tags_of_a_record_are_a_list(name: str, tmp_path: Path) -> None:
    """They are written whole, planning again finds nothing to do, and a tag more is one update that keeps theirs."""
    to, last, field = LISTS[name]
    fields = f'{{{last}: last, {field}: {{from: tags, transform: [{{split: ";"}}]}}}}'
    for crm in project_of(name, tmp_path, f"  people: {{from: people.csv, to: {to}, key: id, fields: {fields}}}\n"):
        applied(crm, "acme.plan")
        assert planned(crm) == "Plan: 0 to create, 0 to update, 3 unchanged, 0 skipped, 0 rejected."
        crm.write("people.csv", PEOPLE.replace("gold", "Old"))
        assert planned(crm) == "Plan: 0 to create, 1 to update, 2 unchanged, 0 skipped, 0 rejected."
        applied(crm, "next.plan")
        held = sorted(crm.held(to), key=lambda one: str(one[last]))
        assert [tags_of(one, field) for one in held] == [["gold", "new"], ["gold", "old"], []]
        assert planned(crm) == "Plan: 0 to create, 0 to update, 3 unchanged, 0 skipped, 0 rejected."


def test_tags_below_a_record_are_records(tmp_path: Path) -> None:
    """One row each: written below its person, and found again by the ledger; a row more is one record more."""
    objects = (
        "  people: {from: people.csv, to: people, key: id, match: [[name]], fields: {name: last}}\n"
        "  tags:\n    from: tags.csv\n    to: tags\n    key: id\n"
        "    parent: {lookup: people, by: [{key: person}]}\n    fields: {name: tag}\n"
    )
    for crm in project_of("centralstation", tmp_path, objects):
        applied(crm, "acme.plan")
        assert planned(crm) == "Plan: 0 to create, 0 to update, 6 unchanged, 0 skipped, 0 rejected."
        crm.write("tags.csv", TAGS + "14,3,New\n")
        applied(crm, "next.plan")
        assert planned(crm) == "Plan: 0 to create, 0 to update, 7 unchanged, 0 skipped, 0 rejected."
        names = {one["id"]: one["name"] for one in crm.held("people")}
        found = sorted((names[one["attachable_id"]], one["name"]) for one in crm.held("tags"))
        assert found == [("Ada", "Gold"), ("Ada", "New"), ("Bob", "Gold"), ("Cyd", "New")]
