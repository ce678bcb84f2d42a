"""Records that point at each other, from the files into a practice Crelate, and the reasons for their order."""

import pytest
from conftest import Project

MAPPING = """\
mapping: 1
name: acme
source: {connector: files, path: .}
target: {connector: crelate}
objects:
  companies:
    from: companies.csv
    to: companies
    key: id
    fields:
      Name: name
      ParentAccount_Id: {lookup: companies, by: [{key: over}]}
      AdditionalContact_Billing_Id: {lookup: contacts, by: [{key: pays}]}
      Description: {from: about, write: last}
  contacts:
    from: people.csv
    to: contacts
    key: id
    fields:
      LastName: last
      CurrentPosition_Company_Id: {lookup: companies, by: [{key: company}]}
"""


@pytest.fixture
def cyclic(project: Project) -> Project:
    """Make a project of three companies below each other and their people, two of whom pay for their own company."""
    project.write("acme.yaml", MAPPING)
    project.write("companies.csv", "id,name,over,pays,about\n1,One,2,11,first\n2,Two,3,12,\n3,Three,,,third\n")
    project.write("people.csv", "id,last,company\n11,Ada,1\n12,Bob,2\n13,Cyd,1\n")
    return project


def test_cycle_is_written_with_few_links(cyclic: Project) -> None:
    """Each record is created once, after its parent; a link a pair closes the cycles; what is last comes last."""
    cyclic.plan()
    ended = cyclic.run("apply", "acme.plan", "--yes")
    assert ended.returncode == 0, ended.stderr
    firms = {one["Name"]: one for one in cyclic.held("companies")}
    people = {one["LastName"]: one for one in cyclic.held("contacts")}
    assert [firms[name]["ParentAccount_Id"] for name in ("One", "Two")] == [firms["Two"]["Id"], firms["Three"]["Id"]]
    assert [firms[name]["AdditionalContact_Billing_Id"] for name in ("One", "Two")] == [
        people["Ada"]["Id"],
        people["Bob"]["Id"],
    ]
    assert {one["CurrentPosition_Company_Id"] for one in people.values()} == {firms["One"]["Id"], firms["Two"]["Id"]}
    assert [firms[name].get("Description") for name in ("One", "Two", "Three")] == ["first", None, "third"]
    assert cyclic.writes() == 6 + 2 + 2
    assert cyclic.run("plan", "acme.yaml", "-o", "again.plan").stdout.splitlines()[-2] == (
        "Plan: 0 to create, 0 to update, 6 unchanged, 0 skipped, 0 rejected."
    )


def test_order_is_explained(cyclic: Project) -> None:
    """Why objects and records stand where they stand, which cycles were broken where, and what is written last."""
    cyclic.plan()
    assert cyclic.run("explain", "acme.plan", "order").stdout.splitlines() == [
        "  1  companies  no parents; AdditionalContact_Billing_Id linked afterwards, ParentAccount_Id record by record",
        "  2  contacts   companies (CurrentPosition_Company_Id)",
        "",
        "companies, contacts: records point at each other, so each is written after what it needs: 4 layers",
        "  companies.AdditionalContact_Billing_Id: linked afterwards in 2",
        "  such as companies 2 -> contacts 12 -> companies 2",
        "  such as companies 1 -> contacts 11 -> companies 1",
        "",
        "Written last, when all else is there:",
        "  companies.Description: 2",
    ]


def test_record_is_explained(cyclic: Project) -> None:
    """A record of the plan by object and key, whole or in one field; what is not there is told with the nearest."""
    cyclic.plan()
    told = cyclic.run("--show-values", "explain", "acme.plan", "companies:1", "Description").stdout
    assert told.splitlines() == [
        "companies.csv:2  companies  key 1: create",
        "  the record",
        "    Description                      'first'",
        "  & link",
        "    Description                      (blank) -> 'first'",
    ]
    assert cyclic.run("explain", "acme.plan", "companies:1", "Description").stdout.splitlines()[2].endswith("  …")
    ended = cyclic.run("explain", "acme.plan", "company:1")
    fact = "E603 no object 'company' in this plan (did you mean 'companies'?)"
    assert (ended.returncode, ended.stderr) == (6, f"acme.plan: {fact}\n")
    fact = "E603 no '9' among the companies (a row that a step left out has no record)"
    assert cyclic.run("explain", "acme.plan", "companies:9").stderr == f"acme.plan: {fact}\n"
