"""Runs that are undone in each of the practice CRMs: its snapshot is as before, but for what is said up front."""

import json
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import pytest
from conftest import Project
from test_crm_targets import settings_of

from migrator.emulators import Emulator, start

TOP = "mapping: 1\nname: acme\nsource: {{connector: files, path: .}}\ntarget: {{connector: {}}}\nobjects:\n"
FIRMS = "id,name,about,city\n1,New Firm,first,Rome\n2,Old Firm,second,Oslo\n3,Third Firm,third,Bonn\n"
PEOPLE = (
    "id,first,last,firm,friend,phone\n"
    "1,Ada,Love,1,2,+1 415 555 0101\n2,Bob,Babb,1,1,\n3,Zoe,Zander,2,,+1 415 555 0103\n"
)
NOTES = "id,person,text\n1,1,hello\n2,3,there\n"
BEFORE: dict[Path, tuple[str, Mapping[str, Any]]] = {}
STAMPS = re.compile(r"(?i)modif|updat|^lm$")


class Case(NamedTuple):
    """One CRM: what it holds before, the objects of the mapping, and what its undo cannot take back."""

    seed: Mapping[str, list[dict[str, Any]]]
    objects: str
    stays: tuple[str, ...] = ()


CASES = {
    "crelate3": Case(
        {"contacts": [{"FirstName": "Zoe", "LastName": "Zander"}]},
        """\
  people:
    from: people.csv
    to: contacts
    key: id
    match: [[FirstName, LastName]]
    fields:
      FirstName: first
      LastName: last
      PhoneNumbers_Mobile.Value: phone
      RelatedContacts_OtherContact.Value.Id: {lookup: people, by: [{key: friend}]}
      Description: {from: first, write: last}
  notes: {from: notes.csv, to: notes, key: id, parent: {lookup: people, by: [{key: person}]}, fields: {Display: text}}
""",
        ("+ contacts", "+ notes"),
    ),
    "spotler": Case(
        {"accounts": [{"name": "Old Firm", "notes": "old"}]},
        """\
  firms:
    from: firms.csv
    to: accounts
    key: id
    match: [[name]]
    marker: custom.Migration Key
    fields: {name: name, notes: about, addresscity: {from: city, write: last}}
  people:
    from: people.csv
    to: contacts
    key: id
    marker: custom.Migration Key
    fields: {first: first, last: last, mobile: phone, accountid: {lookup: firms, by: [{key: firm}]}}
  notes:
    from: notes.csv
    to: activities
    key: id
    fields: {description: text, type: {value: Call}, contactid: {lookup: people, by: [{key: person}]}}
""",
    ),
    "centralstation": Case(
        {"people": [{"first_name": "Zoe", "name": "Zander"}], "companies": [{"name": "Old Firm"}]},
        """\
  firms: {from: firms.csv, to: companies, key: id, match: [[name]], fields: {name: name, background: about}}
  people:
    from: people.csv
    to: people
    key: id
    match: [[first_name, name]]
    fields: {first_name: first, name: last, background: {from: first, write: last}}
  posts:
    from: people.csv
    to: positions
    key: id
    parent: {lookup: people, by: [{key: id}]}
    fields: {company_id: {lookup: firms, by: [{key: firm}]}}
  tels:
    from: people.csv
    to: tels
    key: id
    rows: [{where: "{{ phone }}"}]
    parent: {lookup: people, by: [{key: id}]}
    fields: {name: phone, atype: {value: mobile}}
  notes:
    from: notes.csv
    to: protocols
    key: id
    fields:
      content: text
      type: {value: ProtocolObjectNote}
      person_ids: {lookup: people, by: [{key: person}]}
""",
    ),
    "clevertim": Case(
        {"company": [{"cn": "Old Firm", "description": "old"}], "contact": [{"fn": "Zoe", "ln": "Zander"}]},
        """\
  firms: {from: firms.csv, to: company, key: id, match: [[cn]], fields: {cn: name, description: about}}
  people:
    from: people.csv
    to: contact
    key: id
    match: [[fn, ln]]
    fields:
      fn: first
      ln: last
      phones[0].no: phone
      phones[0].type: {template: "{{ 'Work' if phone else '' }}"}
      tags: {value: [Ours]}
      companyId: {lookup: firms, by: [{key: firm}]}
      description: {from: first, write: last}
  notes:
    from: notes.csv
    to: note
    key: id
    fields: {desc: text, cust: {lookup: people, by: [{key: person}]}}
""",
    ),
    "opencrm": Case(
        {
            "company": [{"accountname": "Old Firm", "description": "old"}],
            "contact": [{"firstname": "Zoe", "lastname": "Zander"}],
        },
        """\
  firms:
    from: firms.csv
    to: company
    key: id
    match: [[accountname]]
    fields: {accountname: name, description: about}
  people:
    from: people.csv
    to: contact
    key: id
    match: [[firstname, lastname]]
    fields:
      firstname: first
      lastname: last
      mobile: phone
      accountid: {lookup: firms, by: [{key: firm}]}
      reportsto: {lookup: people, by: [{key: friend}]}
      description: {from: first, write: last}
""",
        ("+ company", "+ contact"),
    ),
    "crelate": Case(
        {
            "companies": [{"Name": "Old Firm", "Description": "old"}],
            "contacts": [{"FirstName": "Zoe", "LastName": "Zander", "Tags": {"Default": ["Mine"]}}],
        },
        """\
  firms: {from: firms.csv, to: companies, key: id, match: [[Name]], fields: {Name: name, Description: about}}
  people:
    from: people.csv
    to: contacts
    key: id
    match: [[FirstName, LastName]]
    fields:
      FirstName: first
      LastName: last
      PhoneNumber_Mobile: phone
      Tags.Default: {value: [Ours]}
      CurrentPosition_Company_Id: {lookup: firms, by: [{key: firm}]}
      RelatedContact_Other_Id: {lookup: people, by: [{key: friend}]}
      Description: {from: first, write: last}
  notes: {from: notes.csv, to: notes, key: id, parent: {lookup: people, by: [{key: person}]}, fields: {Body: text}}
""",
    ),
}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what differs between two snapshots: records that came or went, and fields, but for time stamps."""
    found = set()
    for name, records in before.items():
        found |= {f"+ {name}" for key in after[name] if key not in records}
        for key, record in records.items():
            held = after[name].get(key)
            found |= {f"- {name}"} if held is None else set()
            fields = {**record, **held} if held else {}
            names = [field for field in fields if (record.get(field) or None) != (held.get(field) or None)]
            found |= {f"~ {name}.{field}" for field in names if not STAMPS.search(field)}
    return tuple(sorted(found))


@pytest.fixture(params=CASES)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """Serve one of the CRMs with records of its own, and apply a plan of creates, updates, links and children to it."""
    with start(request.param, seed=1) as server:
        yield applied(request.param, server, tmp_path)


@pytest.fixture
def crelate(tmp_path: Path) -> Iterator[Project]:
    """Serve Crelate alone."""
    with start("crelate", seed=1) as server:
        yield applied("crelate", server, tmp_path)


def applied(name: str, server: Emulator, folder: Path) -> Project:
    """Fill a CRM, plan and apply, and keep its snapshot from before."""
    case = CASES[name]
    for target, records in case.seed.items():
        server.seed_records(target, records)
    made = Project(folder=folder, server=server, settings=settings_of(name, server))
    for file, text in (("firms.csv", FIRMS), ("people.csv", PEOPLE), ("notes.csv", NOTES)):
        made.write(file, text)
    made.write("acme.yaml", TOP.format(name) + case.objects)
    BEFORE[folder] = (name, server.snapshot())
    made.plan()
    ended = made.run("apply", "acme.plan", "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return made


def left(crm: Project) -> tuple[str, ...]:
    """Name what is not as it was before the run."""
    return difference(BEFORE[crm.folder][1], crm.server.snapshot())


def rolled_back(crm: Project, *options: str) -> str:
    """Plan the undo; gives what is printed."""
    ended = crm.run("rollback", "acme.plan", "-o", "undo.plan", *options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_undone_run_leaves_the_crm_as_it_was(crm: Project) -> None:
    """But for what cannot be deleted there, which the plan names; a second time there is nothing to do."""
    assert len(left(crm)) >= 4
    shown = rolled_back(crm)
    stays = CASES[BEFORE[crm.folder][0]].stays
    assert ("creates of" in shown, "W622" in shown) == (bool(stays), bool(stays))
    ended = crm.run("apply", "undo.plan", "--yes")
    assert (ended.returncode, left(crm)) == (0, stays), ended.stdout + ended.stderr
    assert "Next: nothing to do: nothing of it is left to undo" in rolled_back(crm)


def test_killed_undo_goes_on(crm: Project) -> None:
    """Months later, with plan and source gone: killed after an answer that nobody noted, it undoes the rest."""
    for file in ("acme.plan", "people.csv", "firms.csv", "notes.csv"):
        (crm.folder / file).unlink()
    rolled_back(crm)
    killed = crm.run("apply", "undo.plan", "--yes", MIGRATOR_FAILPOINTS="answered=kill9@2")
    assert killed.returncode == -signal.SIGKILL
    ended = crm.run("apply", "undo.plan", "--yes")
    assert (ended.returncode, left(crm)) == (0, CASES[BEFORE[crm.folder][0]].stays), ended.stdout + ended.stderr


def of(crm: Project, name: str, field: str, value: str) -> dict[str, Any]:
    """Find a record that the CRM holds."""
    return next(dict(one) for one in crm.held(name) if one[field] == value)


def test_edited_record_is_kept_with_the_reason(crelate: Project) -> None:
    """A person edits Bob: he stays, and so do Ada and the firm, at which he points; all else is undone."""
    bob = of(crelate, "contacts", "FirstName", "Bob")
    firm = of(crelate, "companies", "Name", "New Firm")
    changed = json.dumps({**bob, "LastName": "Builder"}).encode()
    url = f"{crelate.server.base_url}/contacts/{bob['Id']}?api_key={crelate.server.api_key}"
    header = {"Content-Type": "application/json"}
    urlopen(Request(url, data=changed, method="PUT", headers=header)).close()  # noqa: S310 - the practice server
    shown = rolled_back(crelate)
    assert f"W620  1 people  changed since the run  key 2, {bob['Id']}: changed since in LastName" in shown
    assert f"W621  1 firms  something links to it  key 1, {firm['Id']}: contacts " in shown
    crelate.run("apply", "undo.plan", "--yes")
    assert left(crelate) == ("+ companies", "+ contacts")
    assert sorted(str(one["FirstName"]) for one in crelate.held("contacts")) == ["Ada", "Bob", "Zoe"]


def test_record_that_somebody_links_to_is_kept(crelate: Project) -> None:
    """A person of the CRM's own joins the new firm, which stays for her."""
    firm = of(crelate, "companies", "Name", "New Firm")
    crelate.server.seed_records("contacts", [{"LastName": "Eve", "CurrentPosition_Company_Id": firm["Id"]}])
    assert "W621  1 firms  something links to it" in rolled_back(crelate)
    assert crelate.run("apply", "undo.plan", "--yes").returncode == 0
    assert sorted(str(one["Name"]) for one in crelate.held("companies")) == ["New Firm", "Old Firm"]


def test_undo_is_told_in_every_report(crelate: Project) -> None:
    """As text, as JSON, as a page, and in the results."""
    shown = rolled_back(crelate)
    assert shown.startswith("Undo of run 1 of acme.yaml    source what run 1 of acme.plan wrote    target crelate at ")
    assert "Plan: 0 to create, 2 to update, 0 unchanged, 0 skipped, 0 rejected, 6 to delete.\n" in shown
    data = json.loads(crelate.run("show", "undo.plan", "--json").stdout)
    assert (data["totals"]["delete"], data["totals"]["update"], data["plan"]["undo"]["run"]) == (6, 2, 1)
    crelate.run("apply", "undo.plan", "--yes")
    page = (crelate.folder / "undo.report" / "report.html").read_text(encoding="utf-8")
    assert ("<h1>Undo of run 1 of acme</h1>" in page, "<h2>What cannot be undone</h2>" in page) == (True, True)
    results = (crelate.folder / "undo.report" / "results.csv").read_text(encoding="utf-8")
    assert results.count('"delete","APPLIED"') == 6


def test_undo_of_one_object_or_key(crelate: Project) -> None:
    """Only what is asked for is planned; the run may be named by its number."""
    assert "1 to delete" in rolled_back(crelate, "--only", "notes", "--row", "1")
    told = crelate.run("explain", "undo.plan", "notes:1").stdout
    assert told.startswith(
        f"(undo)  notes  key 1: delete\n  the row\n  the record\n  - delete {crelate.held('notes')[0]['Id']}"
    )
    ended = crelate.run("rollback", "1", "-o", "undo.plan", "--only", "nothing")
    assert (ended.returncode, "E622 run 1 wrote nothing of object 'nothing'" in ended.stderr) == (6, True)
    ended = crelate.run("rollback", "9")
    assert (ended.returncode, "E603 no run '9'" in ended.stderr) == (6, True)
