"""One CRM into another: read as typed rows, planned, written, and found unchanged when planned again."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Project, settings_of

from migrator.emulators import Emulator, start

MAPPING = """\
mapping: 1
name: move
source: {connector: spotler}
target: {connector: crelate}
objects:
  companies:
    from: accounts
    to: companies
    key: id
    match: [[Name]]
    fields:
      Name: {from: name, required: true}
      Address_Business_State: addresscounty/state
      Description: migrationkey
  contacts:
    from: contacts
    to: contacts
    key: id
    match: [[EmailAddress_Work]]
    fields:
      LastName: last
      EmailAddress_Work: email
      KeyDate_Other: createddate
      CurrentPosition_Company_Id: {lookup: companies, by: [{key: accountid}]}
"""


@pytest.fixture
def spotler() -> Iterator[Emulator]:
    """Serve a Spotler with more accounts than a page holds, and two contacts."""
    with start("spotler", seed=2) as crm:
        firms = [{"name": f"Firm {n}", "addresscounty/state": "Kent", "migrationkey": f"k{n}"} for n in range(130)]
        ids = crm.seed_records("accounts", firms)
        people = [("Hopper", "grace@x.org", ids[0]), ("Lovelace", "ada@x.org", ids[129])]
        crm.seed_records("contacts", [{"last": a, "email": b, "accountid": int(c)} for a, b, c in people])
        yield crm


@pytest.fixture
def move(tmp_path: Path, server: Emulator, spotler: Emulator) -> Project:
    """Make a project that moves a Spotler into a Crelate."""
    own = {"SPOTLER_BASE_URL": spotler.base_url, "SPOTLER_ACCESS_TOKEN": spotler.api_key, "SPOTLER_RATE": "none"}
    made = Project(folder=tmp_path, server=server, settings={**settings_of(server), **own})
    made.write("acme.yaml", MAPPING)
    return made


def by_name(records: list[Mapping[str, Any]], field: str) -> dict[Any, Mapping[str, Any]]:
    """Give records by one of their fields."""
    return {record[field]: record for record in records}


def test_one_crm_moves_into_another(move: Project, spotler: Emulator) -> None:
    """All records arrive once, with custom fields, moments in UTC, and each person at the right company."""
    move.plan()
    assert move.run("apply", "acme.plan", "--yes").returncode == 0
    companies, people = by_name(move.held("companies"), "Name"), by_name(move.held("contacts"), "LastName")
    assert sorted(companies) == sorted(f"Firm {n}" for n in range(130))
    assert (companies["Firm 7"]["Description"], companies["Firm 7"]["Address_Business_State"]) == ("k7", "Kent")
    assert people["Lovelace"]["CurrentPosition_Company_Id"] == companies["Firm 129"]["Id"]
    created = next(one for one in spotler.snapshot()["contacts"].values() if one["last"] == "Hopper")["createddate"]
    assert people["Hopper"]["KeyDate_Other"] == created.replace(" ", "T") + "Z"


def test_planning_again_finds_nothing_to_do(move: Project) -> None:
    """What was moved is recognised, and no record is written twice."""
    move.plan()
    move.run("apply", "acme.plan", "--yes")
    ended = move.run("plan", "acme.yaml", "-o", "again.plan")
    assert "Plan: 0 to create, 0 to update, 132 unchanged, 0 skipped, 0 rejected." in ended.stdout


def test_source_is_only_read(move: Project, spotler: Emulator) -> None:
    """Nothing is written to the source, and each of its pages is read once: two, one to learn their base, one more."""
    move.plan()
    methods = {entry.method for entry in spotler.history()}
    lists = [entry for entry in spotler.history() if entry.path == "/accounts"]
    assert (methods, len(lists)) == ({"GET"}, 3)


def test_unknown_object_of_the_source_is_told(move: Project) -> None:
    """A table that the CRM has not, with the nearest one that it has."""
    move.write("acme.yaml", MAPPING.replace("from: accounts", "from: acounts"))
    ended = move.run("check", "acme.yaml")
    assert (ended.returncode, ended.stderr) == (4, "spotler: E401 no list 'acounts' (did you mean 'accounts'?)\n")


def test_unknown_field_of_the_source_is_told_with_its_place(move: Project) -> None:
    """A field that the object has not is no column."""
    move.write("acme.yaml", MAPPING.replace("LastName: last", "LastName: lst"))
    ended = move.run("check", "acme.yaml")
    assert ended.stderr.splitlines()[-1] == "acme.yaml:21:17: E015 no column 'lst' in contacts (did you mean 'last'?)"


def test_wrong_key_of_the_source_ends_before_anything_is_sent(move: Project) -> None:
    """The message names the CRM, and the target is not asked for anything."""
    ended = move.run("plan", "acme.yaml", "-o", "acme.plan", SPOTLER_ACCESS_TOKEN="wrong")
    assert (ended.returncode, move.server.history()) == (9, [])
    assert ended.stderr.startswith("spotler: E902 not authorised (402)")
