"""Picklists at the user's desk: options are added to a practice Spotler once, before the first record is written."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Project
from test_crm_targets import settings_of

from migrator.emulators import Options, start
from migrator.emulators.spotler.options import SpotlerOptions

MAPPING = """\
mapping: 1
name: acme
source: {connector: files, path: .}
target: {connector: spotler}
objects:
  firms:
    from: firms.csv
    to: accounts
    key: id
    match: [[name]]
    marker: custom.Migration Key
    fields: {name: name, type: {from: kind, options: append}, sector: {from: sector, options: blank}}
"""
FIRMS = "id,name,kind,sector\n1,One,Agent,Retail\n2,Two,AGENT,Farming\n3,Three,customer,\n4,Four,Broker,\n"
FIRST = ["Prospect", "Customer", "Supplier", "Partner"]


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Project]:
    """Serve a Spotler that refuses what its lists lack, and make a project of four accounts."""
    with start("spotler", seed=1, options=Options(vendor=SpotlerOptions(refuses_unknown_choices=True))) as server:
        made = Project(folder=tmp_path, server=server, settings=settings_of("spotler", server))
        made.write("acme.yaml", MAPPING)
        made.write("firms.csv", FIRMS)
        yield made


def types(crm: Project) -> list[str]:
    """Give the list of types that the CRM holds."""
    return list(crm.server.snapshot()["lookups"]["type"]["items"])


def test_options_are_in_the_list_once_and_the_records_carry_them(crm: Project) -> None:
    """The plan shows each, apply adds them before the first record, and planning again finds nothing to do."""
    said = crm.run("plan", "acme.yaml", "-o", "acme.plan").stdout
    assert "  > firms.type  will be added to its list, for 2 rows\n" in said
    assert "Plan: 4 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected, 2 options to add.\n" in said
    ended = crm.run("apply", "acme.plan", "--yes")
    assert (ended.returncode, types(crm)) == (0, [*FIRST, "Agent", "Broker"])
    assert [(one["type"], one.get("sector")) for one in crm.held("accounts")] == [
        ("Agent", "Retail"), ("Agent", None), ("Customer", None), ("Broker", None),
    ]  # fmt: skip
    sent = [entry.method for entry in crm.server.history() if entry.method != "GET"]
    assert sent == ["PATCH", "POST", "POST", "POST", "POST"]
    assert "Plan: 0 to create, 0 to update, 4 unchanged" in crm.run("plan", "acme.yaml", "-o", "next.plan").stdout


def test_plan_lists_the_options_in_every_report(crm: Project) -> None:
    """Object, field, value and how many rows want it: for scripts, in the page, and in a table beside it."""
    found = json.loads(crm.run("plan", "acme.yaml", "-o", "acme.plan", "--json").stdout)
    assert found["options"] == {
        "append": 2,
        "blank": 1,
        "send": 0,
        "values": [
            {"object": "firms", "field": "type", "value": "Agent", "options": "append", "rows": 2},
            {"object": "firms", "field": "type", "value": "Broker", "options": "append", "rows": 1},
            {"object": "firms", "field": "sector", "value": "Farming", "options": "blank", "rows": 1},
        ],
    }
    assert (found["calls"]["options"], found["plan"]["operations"]) == (2, 6)
    page = (crm.folder / "acme.report" / "report.html").read_text()
    assert '<td>Broker</td><td>will be added to its list</td><td class="count">1</td>' in page
    assert (crm.folder / "acme.report" / "options.csv").read_text().splitlines()[1:] == [
        '"firms","type","Agent","append","2"',
        '"firms","type","Broker","append","1"',
        '"firms","sector","Farming","blank","1"',
    ]


@pytest.mark.parametrize("point", ["intended", "answered"])
def test_killed_while_adding_it_goes_on_and_adds_nothing_twice(crm: Project, point: str) -> None:
    """Whether the request went or not, the list is read before anything is sent."""
    crm.plan()
    assert crm.run("apply", "acme.plan", "--yes", MIGRATOR_FAILPOINTS=f"{point}=kill9@1").returncode == -9
    assert crm.held("accounts") == []
    assert crm.run("apply", "acme.plan", "--yes").returncode == 0
    assert (types(crm), len(crm.held("accounts"))) == ([*FIRST, "Agent", "Broker"], 4)
    assert sum(entry.method == "PATCH" for entry in crm.server.history()) == 1


def test_refused_option_halts_with_nothing_written(crm: Project) -> None:
    """The list is not ours to change: it is said, and no record goes without it."""
    crm.plan()
    crm.server.script("403-html@PATCH#1")
    ended = crm.run("apply", "acme.plan", "--yes")
    assert (ended.returncode, crm.held("accounts"), types(crm)) == (9, [], FIRST)
    assert crm.run("apply", "acme.plan", "--yes").returncode == 0
