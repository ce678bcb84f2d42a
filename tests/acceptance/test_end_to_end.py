"""Whole migrations, each read back from the target's own snapshot."""

import csv
import json
from pathlib import Path

import pytest
from conftest import MAPPING, PEOPLE, ROOT, Project

ACCOUNTS = ROOT / "tests" / "data" / "accountData.csv"
ACCOUNT_MAPPING = """\
mapping: 1
name: accounts
source: {connector: files, path: ., encoding: cp1252}
target: {connector: crelate}
objects:
  companies:
    from: accountData.csv
    to: companies
    key: ID
    fields:
      Name: {from: NAME, required: true}
      PhoneNumber_Main: PHONE
      PhoneNumber_Fax: FAX
      Address_Business_Line1: BILLINGSTREET
      Address_Business_City: BILLINGCITY
      Address_Business_State: BILLINGSTATE
      Address_Business_ZipCode: BILLINGPOSTALCODE
      Address_Business_Country: BILLINGCOUNTRY
      Description: {lines: ["{{ DESCRIPTION }}", "Industry: {{ INDUSTRY }}"]}
"""


def _by_key(project: Project, name: str) -> dict[str, dict[str, object]]:
    """Give the target's records of an object by the source key in their marker."""
    return {str(one["ExternalPrimaryKey"]).rpartition("/")[2]: dict(one) for one in project.held(name)}


def test_accounts_in_cp1252_arrive_without_one_damaged_character(project: Project) -> None:
    """423 accounts of a real export: all accounted for, each cell in the target letter for letter."""
    (project.folder / "accountData.csv").write_bytes(ACCOUNTS.read_bytes())
    project.write("acme.yaml", ACCOUNT_MAPPING)
    planned = project.run("plan", "acme.yaml", "-o", "acme.plan", "--json")
    totals = json.loads(planned.stdout)["totals"]
    assert (totals["rows"], totals["create"], totals["reject"]) == (423, 423, 0)
    assert project.run("apply", "acme.plan").returncode == 0
    held = _by_key(project, "companies")
    with ACCOUNTS.open(encoding="cp1252", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {"Name": "NAME", "Address_Business_Line1": "BILLINGSTREET", "Address_Business_City": "BILLINGCITY"}
    wrong = [
        (row["ID"], name)
        for row in rows
        for name, column in columns.items()
        if held[row["ID"]].get(name) != (row[column].strip(" \t\r\n\v\f\u00a0") or None)
    ]
    assert wrong == []


def test_accounts_without_declared_encoding_stop_with_the_way_out(project: Project) -> None:
    """The same file undeclared: exit 4, the first line that is not UTF-8, and cp1252 as a proposal."""
    (project.folder / "accountData.csv").write_bytes(ACCOUNTS.read_bytes())
    project.write("acme.yaml", ACCOUNT_MAPPING.replace(", encoding: cp1252", ""))
    ended = project.run("plan", "acme.yaml")
    assert ended.returncode == 4
    assert ended.stderr == (
        'accountData.csv:72: E404 not UTF-8: line 72: byte 0xba in \'/ San Romualdo, 26 5º","MADRID","","28037\';'
        ' line 87: byte 0xe9 in \'gAAM","false","","Crédito Inmobiliario Te\';'
        " line 361: byte 0xba in 'de la Castellana, Nº 77, Edif. Azu\",\"MAD'"
        " (state the file's 'encoding' in the source block, 'encoding: cp1252' if these lines read right as shown)\n"
    )


def test_second_plan_has_nothing_to_do(project: Project) -> None:
    """What was written is recognised, field by field."""
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    again = project.run("plan", "acme.yaml", "-o", "again.plan", "--exit-code")
    assert again.returncode == 0
    assert "Plan: 0 to create, 0 to update, 5 unchanged, 0 skipped, 0 rejected." in again.stdout.splitlines()
    assert again.stdout.splitlines()[-1] == "Next: nothing to do: the target holds all of it"


def test_changed_row_updates_its_own_fields_only(project: Project) -> None:
    """An update writes what changed in the source; what stands beside it in the target stays."""
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    project.write("people.csv", PEOPLE.replace("Grace,Hopper", "Grace Murray,Hopper"))
    project.plan("two.plan")
    before = _by_key(project, "contacts")["3"]
    assert project.run("apply", "two.plan").returncode == 0
    after = _by_key(project, "contacts")["3"]
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert after["FirstName"] == "Grace Murray"
    assert changed == {"FirstName", "ModifiedOn", "Name"}


def test_record_changed_in_the_target_is_a_conflict_not_an_overwrite(project: Project) -> None:
    """Changed here and there since the last run: said, and nothing is overwritten."""
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    grace = _by_key(project, "contacts")["3"]
    _put(project, "contacts", {**grace, "FirstName": "Amazing Grace"})
    project.write("people.csv", PEOPLE.replace("Grace,Hopper", "Grace Murray,Hopper"))
    planned = project.run("plan", "acme.yaml", "-o", "two.plan")
    assert (
        "Plan: 0 to create, 0 to update, 5 unchanged, 0 skipped, 0 rejected, 1 conflicts."
        in planned.stdout.splitlines()
    )
    assert (
        "   W210  1 contacts  FirstName: a conflict  e.g. people.csv:4  -> two.report/problems.jsonl"
        in planned.stdout.splitlines()
    )


def _put(project: Project, name: str, record: dict[str, object]) -> None:
    """Change a record as a person would in the CRM's own screen."""
    import httpx  # noqa: PLC0415 - a person's browser, so to speak

    server = project.server
    url = f"{server.base_url}/{name}/{record['Id']}"
    body = {key: value for key, value in record.items() if value is not None}
    answer = httpx.put(url, params={"api_key": server.api_key}, json=body)
    assert answer.status_code == 200, answer.text


def test_drift_after_planning_is_quarantined(project: Project) -> None:
    """A record that somebody changes between plan and apply is left alone, and the run ends with 5."""
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    project.write("people.csv", PEOPLE.replace("Grace,Hopper", "Grace Murray,Hopper"))
    project.plan("two.plan")
    grace = _by_key(project, "contacts")["3"]
    _put(project, "contacts", {**grace, "FirstName": "Amazing Grace"})
    ended = project.run("apply", "two.plan")
    assert ended.returncode == 5
    line = (
        f"  quarantined: contacts people.csv:4 (3) {grace['Id']}: drift: FirstName changed in the target after planning"
    )
    assert line in ended.stdout.splitlines()
    assert _by_key(project, "contacts")["3"]["FirstName"] == "Amazing Grace"


def test_people_are_matched_with_those_who_are_there(project: Project) -> None:
    """A contact of the same address is updated, not created; its own fields that the mapping does not write stay."""
    project.server.seed_records(
        "contacts",
        [{"FirstName": "A.", "LastName": "Lovelace", "EmailAddress_Work": "ADA@example.org", "NickName": "Countess"}],
    )
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    held = {str(one["LastName"]): one for one in project.held("contacts")}
    assert len(project.held("contacts")) == 3
    assert (held["Lovelace"]["FirstName"], held["Lovelace"]["NickName"]) == ("Ada", "Countess")
    assert "ExternalPrimaryKey" not in held["Lovelace"]


def test_missing_companies_are_created_once(project: Project) -> None:
    """A lookup that creates makes one record for each name, shown in the plan with a count of its own."""
    lookup = "{lookup: companies, by: [{key: company}]}"
    by_name = "{lookup: companies, by: [{Name: company}], on_missing: create}"
    project.write("acme.yaml", MAPPING.replace(lookup, by_name))
    people = PEOPLE.replace(",1\n", ",Analytical Engines\n").replace(",2\n", ",Eckert-Mauchly\n")
    project.write("people.csv", people + "4,Jean,Bartik,jean@example.org,27/12/1924,eckert-mauchly\n")
    planned = project.run("plan", "acme.yaml", "-o", "acme.plan")
    assert "Plan: 7 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected." in planned.stdout.splitlines()
    assert "2 + 1 for lookups" in planned.stdout
    assert project.run("apply", "acme.plan").returncode == 0
    companies = {str(one["Id"]): str(one["Name"]) for one in project.held("companies")}
    assert sorted(companies.values()) == ["Analytical Engines", "Eckert-Mauchly", "US Navy"]
    held = _by_key(project, "contacts")
    assert [companies[str(held[key]["CurrentPosition_Company_Id"])] for key in "1234"] == [
        "Analytical Engines", "Analytical Engines", "Eckert-Mauchly", "Eckert-Mauchly",
    ]  # fmt: skip


def test_cycle_is_linked_after_both_ends_exist(project: Project) -> None:
    """A company's billing contact is one of its own people: create, create, then link."""
    billing = "      AdditionalContact_Billing_Id: {lookup: contacts, by: [{key: billing}]}\n"
    project.write("acme.yaml", MAPPING.replace("  contacts:\n", billing + "  contacts:\n", 1))
    project.write("companies.csv", "id,name,website,billing\n1,Analytical Engines,,2\n2,US Navy,,3\n")
    planned = project.run("plan", "acme.yaml", "-o", "acme.plan")
    assert "Plan: 5 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected, 2 links." in planned.stdout.splitlines()
    assert project.run("apply", "acme.plan").returncode == 0
    contacts, companies = _by_key(project, "contacts"), _by_key(project, "companies")
    assert companies["1"]["AdditionalContact_Billing_Id"] == contacts["2"]["Id"]
    assert contacts["2"]["CurrentPosition_Company_Id"] == companies["1"]["Id"]


def test_notes_are_written_under_their_contact(project: Project) -> None:
    """A child goes under its parent, after it; one whose parent is rejected is rejected with the cause."""
    notes = """\
  notes:
    from: notes.csv
    to: notes
    key: id
    parent: {lookup: contacts, by: [{key: person}]}
    fields:
      Body: {from: text, required: true}
"""
    project.write("acme.yaml", MAPPING + notes)
    project.write("people.csv", PEOPLE.replace("grace@", "grace@@"))
    project.write("notes.csv", "id,person,text\n1,1,Wrote the first program.\n2,3,Found a moth.\n")
    planned = project.run("plan", "acme.yaml", "-o", "acme.plan")
    assert "Plan: 5 to create, 0 to update, 0 unchanged, 0 skipped, 2 rejected." in planned.stdout.splitlines()
    rejects = (project.folder / "acme.report" / "rejects.csv").read_text(encoding="utf-8")
    assert '"E204","parent","3","points at people.csv:4, which is rejected itself (E110)"' in rejects
    assert project.run("apply", "acme.plan").returncode == 0
    (note,) = project.held("notes")
    assert (note["Body"], note["Parent_Id"]) == ("Wrote the first program.", _by_key(project, "contacts")["1"]["Id"])
    again = project.run("plan", "acme.yaml", "-o", "again.plan")
    assert "Plan: 0 to create, 0 to update, 5 unchanged, 0 skipped, 2 rejected." in again.stdout.splitlines()


def test_refused_record_is_told_and_blocks_only_what_points_at_it(project: Project) -> None:
    """The target refuses one company: its people are blocked with the reason, all others are written; exit 5."""
    project.plan()
    project.server.script("422@POST#1")
    ended = project.run("apply", "acme.plan")
    assert ended.returncode == 5
    assert "          1  refused by the target" in ended.stdout.splitlines()
    assert "          2  blocked by what they point at" in ended.stdout.splitlines()
    assert [one["LastName"] for one in project.held("contacts")] == ["Hopper"]


def test_results_name_every_record(project: Project) -> None:
    """results.csv has a line for each operation, with the target id."""
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    with (project.folder / "acme.report" / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    held = {str(one["Id"]) for name in ("companies", "contacts") for one in project.held(name)}
    assert {row["target_id"] for row in rows} == held
    assert {(row["action"], row["state"]) for row in rows} == {("create", "APPLIED")}


def test_files_are_private(project: Project) -> None:
    """Plan, ledger and reports: 0600 in 0700 folders, whatever the umask."""
    project.run_within(("sh", "-c", 'umask 000; exec "$@"', "sh"), "plan", "acme.yaml", "-o", "acme.plan")
    assert project.run("apply", "acme.plan").returncode == 0
    made = [
        path
        for path in project.folder.rglob("*")
        if path.suffix != ".yaml" and path.name not in {"people.csv", "companies.csv"}
    ]
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in made}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_json_is_one_object(project: Project) -> None:
    """`show --json` has the fixed form that scripts rely on, and its totals add up."""
    project.write("people.csv", PEOPLE.replace("Lovelace", ""))
    project.plan()
    shown = json.loads(project.run("show", "acme.plan", "--json").stdout)
    assert set(shown) == {"v", "plan", "totals", "objects", "problems", "options", "calls", "reads", "run", "verify"}
    assert shown["totals"] == {
        "create": 4, "update": 0, "link": 0, "unchanged": 0, "skip": 0, "reject": 1, "conflict": 0, "rows": 5,
    }  # fmt: skip
    assert shown["problems"] == [
        {"code": "E120", "count": 1, "object": "contacts", "field": "LastName", "rows": ["people.csv:2"]}
    ]


def test_values_stay_off_pipes(project: Project) -> None:
    """Where the output is no terminal, no value of a record is printed, unless it is asked for."""
    project.plan()
    assert "Lovelace" not in project.run("show", "acme.plan").stdout
    assert "ada@example.org" in project.run("--show-values", "show", "acme.plan", "--row", "2").stdout
    masked = project.run("--mask", "report", "acme.plan", "-o", "masked.html")
    assert masked.returncode == 0
    assert "Lovelace" not in (project.folder / "masked.html").read_text(encoding="utf-8")


def test_no_secret_stands_in_any_file_or_output(project: Project) -> None:
    """The key is in no plan, ledger, report or output, also when the target fails."""
    project.server.script("500-after@POST#2", "401-once@POST#4", "429@0.2")
    said = ""
    for arguments in (
        ("plan", "acme.yaml", "-o", "acme.plan"),
        ("apply", "acme.plan"),
        ("apply", "acme.plan"),
        ("status", "acme.plan"),
    ):
        ended = project.run("-vv", *arguments)
        said += ended.stdout + ended.stderr
    files = [path for path in project.folder.rglob("*") if path.is_file()]
    key = project.server.api_key
    assert key not in said
    assert [path.name for path in files if key.encode() in path.read_bytes()] == []


def test_memory_stays_flat(project: Project) -> None:
    """Five times the rows take nearly the same memory; a million take it too (see the heavy test)."""

    def peak(rows: int) -> int:
        with (project.folder / "people.csv").open("w", encoding="utf-8") as file:
            file.write("id,first,last,email,born,company\n")
            file.writelines(f"{n},First{n},Last{n},p{n}@example.org,10/12/1975,{n % 2 + 1}\n" for n in range(rows))
        return _peak_megabytes(project, f"{rows}.plan")

    small, large = peak(20_000), peak(100_000)
    assert large < small * 1.2
    assert large < 120


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_million_rows_plan_within_300_megabytes(project: Project) -> None:
    """1,000,000 rows in 300 MB of resident memory."""
    with (project.folder / "people.csv").open("w", encoding="utf-8") as file:
        file.write("id,first,last,email,born,company\n")
        file.writelines(f"{n},First{n},Last{n},p{n}@example.org,10/12/1975,{n % 2 + 1}\n" for n in range(1_000_000))
    assert _peak_megabytes(project, "million.plan") < 300


def _peak_megabytes(project: Project, name: str) -> int:
    """Plan in a process of its own and give the most memory that it held.

    VmHWM is the process's own; ru_maxrss of a child is at least what its parent, the running tests, held.
    """
    code = (
        "import re, sys; from pathlib import Path; from migrator.cli.main import run;"
        " status = run(sys.argv[1:]);"
        " held = re.search(r'VmHWM:\\s+([0-9]+) kB', Path('/proc/self/status').read_text());"
        " print(int(held[1]) // 1024, file=sys.stderr); sys.exit(status)"
    )
    import subprocess  # noqa: PLC0415 - only here
    import sys  # noqa: PLC0415

    ended = subprocess.run(
        [sys.executable, "-c", code, "plan", "acme.yaml", "-o", name],
        cwd=project.folder, env=project.environ(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(ended.stderr.split()[-1])


def test_demo_tells_the_whole_story(tmp_path: Path) -> None:
    """500 contacts and 55 companies: planned, applied, killed, resumed, counted."""
    import subprocess  # noqa: PLC0415 - only here
    import sys  # noqa: PLC0415

    ended = subprocess.run(
        [sys.executable, "-m", "migrator", "demo", "--dir", str(tmp_path / "demo")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "Plan: 555 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected." in ended.stdout
    assert "Counted in the target: 500 contacts and 55 companies, not one twice." in ended.stdout
    assert (tmp_path / "demo" / "demo.report" / "report.html").is_file()
