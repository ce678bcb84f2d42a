"""`migrator retry`: rows that did not make it, mended in their rejects file or refused by the target, planned again."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import MAPPING, PEOPLE, Project

Row = dict[str, str]


def mend(project: Project, change: Callable[[Row], None], *, name: str = "acme", delimiter: str = ",") -> None:
    """Correct the rejects of a plan as a person does in a spreadsheet, and save them as fixed.csv."""
    with (project.folder / f"{name}.report" / "rejects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        change(row)
    with (project.folder / "fixed.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def totals(project: Project, name: str) -> tuple[int, int, int]:
    """Give how many rows a plan has, how many it creates and how many it refuses."""
    found = json.loads(project.run("show", name, "--json").stdout)["totals"]
    return found["rows"], found["create"], found["reject"]


@pytest.fixture
def rejected(project: Project) -> Project:
    """Apply a plan that refuses a company and a person; another person is refused with that company."""
    project.write("companies.csv", "id,name,website\n1,Analytical Engines,\n2,,navy.example\n")
    project.write("people.csv", PEOPLE.replace("ada@example.org", "=ada@@example.org").replace(",Ada", ",=Ada"))
    project.plan()
    assert totals(project, "acme.plan") == (5, 2, 3)
    assert project.run("apply", "acme.plan").returncode == 0
    return project


def correct(row: Row) -> None:
    """Fill what is missing, and write the address as it should be."""
    if row["_object"] == "companies":
        row["name"] = "US Navy"
    if row["email"]:
        row["email"] = row["email"].replace("'=ada@@", "ada@")


def test_mended_rejects_go_to_their_objects(rejected: Project) -> None:
    """Only these rows are planned; what they point at is found among them and among what was written before."""
    mend(rejected, correct)
    ended = rejected.run("retry", "acme.plan", "--rejects", "fixed.csv", "-o", "next.plan")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    assert totals(rejected, "next.plan") == (3, 3, 0)
    assert "Gone" not in ended.stdout
    assert ended.stdout.splitlines()[-1] == "Next: open next.report/report.html, then   migrator apply next.plan"
    assert rejected.run("apply", "next.plan").returncode == 0
    companies = {one["Id"]: one["Name"] for one in rejected.held("companies")}
    assert {one["LastName"]: companies[one["CurrentPosition_Company_Id"]] for one in rejected.held("contacts")} == {
        "Lovelace": "Analytical Engines", "Babbage": "Analytical Engines", "Hopper": "US Navy"
    }  # fmt: skip
    (ada,) = (one for one in rejected.held("contacts") if one["LastName"] == "Lovelace")
    assert (ada["FirstName"], ada["EmailAddress_Work"]) == ("=Ada", "ada@example.org")


def test_plan_names_the_rejects_file(rejected: Project) -> None:
    """Rows are told by their lines in it; it may be changed only with a warning, as any source."""
    mend(rejected, lambda row: row.update(email=row["email"].replace("'=ada@@", "ada@")), delimiter=";")
    ended = rejected.run("retry", "--rejects", "fixed.csv", "-o", "next.plan", "--json")
    found = json.loads(ended.stdout)
    assert [file["file"] for file in found["plan"]["files"]] == ["fixed.csv"]
    assert {row for problem in found["problems"] for row in problem["rows"]} == {"fixed.csv:2", "fixed.csv:4"}
    (rejected.folder / "fixed.csv").write_text("changed", encoding="utf-8")
    refused = rejected.run("apply", "next.plan", "--strict-source")
    assert (refused.returncode, refused.stderr) == (
        6, "fixed.csv: E615 changed after planning (plan again, or apply without --strict-source)\n"
    )  # fmt: skip
    assert "fixed.csv: W403" in rejected.run("apply", "next.plan").stderr


def test_rejects_of_a_retry_are_mended_again(rejected: Project) -> None:
    """What is still wrong is refused again, and can be corrected again."""
    mend(rejected, lambda row: row.update(email=row["email"].replace("'=ada@@", "ada@@")))
    assert rejected.run("retry", "--rejects", "fixed.csv", "-o", "two.plan").returncode == 0
    assert totals(rejected, "two.plan") == (3, 0, 3)

    def correct_now(row: Row) -> None:
        correct(row)
        row["email"] = row["email"].replace("@@", "@")

    mend(rejected, correct_now, name="two")
    assert rejected.run("retry", "two.plan", "--rejects", "fixed.csv", "-o", "three.plan").returncode == 0
    assert totals(rejected, "three.plan") == (3, 3, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace('"email"', '"e-mail"', 1),
            "fixed.csv:1: E409 no column 'e-mail' in the source (did you mean 'email'?)\n",
        ),
        (
            lambda text: text.replace('"companies"', '"company"'),
            "fixed.csv:2: E409 'company' is no object that may be planned again (did you mean 'companies'?)\n",
        ),
        (
            lambda text: text.replace('"companies"', '""'),
            "fixed.csv:2: E409 '_object' is blank (there are: companies, contacts)\n",
        ),
        (
            lambda text: text.replace('"_object"', '"_objekt"'),
            "fixed.csv:1: E409 no column '_object' (it says which object a row belongs to)\n",
        ),
    ],
)
def test_file_that_does_not_fit_is_told(rejected: Project, change: Callable[[str], str], said: str) -> None:
    """Unknown columns and objects stop it, with what was probably meant."""
    text = (rejected.folder / "acme.report" / "rejects.csv").read_text(encoding="utf-8")
    (rejected.folder / "fixed.csv").write_text(change(text), encoding="utf-8")
    ended = rejected.run("retry", "--rejects", "fixed.csv", "-o", "next.plan")
    assert (ended.returncode, ended.stderr) == (4, said)
    assert not (rejected.folder / "next.plan").exists()


def test_key_that_no_refused_row_has_is_told(rejected: Project) -> None:
    """It may be corrected, it may be a slip: it is planned, and said."""

    def rename(row: Row) -> None:
        correct(row)
        row["id"] = row["id"].replace("3", "33")

    mend(rejected, rename)
    ended = rejected.run("retry", "--rejects", "fixed.csv", "-o", "next.plan")
    assert (ended.returncode, totals(rejected, "next.plan")) == (0, (3, 3, 0))
    assert ended.stderr == (
        "fixed.csv:4: W407 no refused row of contacts has the key '33' (planned all the same; is the key right?)\n"
    )


def test_file_that_is_not_there_is_told(rejected: Project) -> None:
    """With the name that was given."""
    ended = rejected.run("retry", "--rejects", "none.csv")
    assert ended.returncode == 4
    assert ended.stderr.startswith("none.csv: E401 there is no such file")


def test_what_the_target_refused_is_planned_again(project: Project) -> None:
    """Without a file: the refused company, and the person that it blocked, and nothing else."""
    project.plan()
    project.server.script("422@POST#2")
    applied = project.run("apply", "acme.plan")
    assert applied.returncode == 5
    assert applied.stdout.splitlines()[-1] == "Next: open acme.report/results.csv, then   migrator retry acme.plan"
    ended = project.run("retry", "acme.plan")
    assert ended.returncode == 0, ended.stderr
    assert totals(project, "acme-retry.plan") == (2, 2, 0)
    assert "people.csv:4" in ended.stdout
    assert project.run("apply", "acme-retry.plan", "--strict-source").returncode == 0
    assert (len(project.held("companies")), len(project.held("contacts"))) == (2, 3)
    assert project.run("verify", "acme.plan").returncode == 0


def test_mapping_may_be_mended_instead(project: Project) -> None:
    """The rows are right and the mapping was not: they are planned with what it says now."""
    project.write("people.csv", PEOPLE.replace("09/12/1906", "1906-12-09"))
    project.plan()
    assert project.run("apply", "acme.plan").returncode == 0
    project.write("acme.yaml", MAPPING.replace('"%d/%m/%Y"', '"%Y-%m-%d"'))
    rejects = str(Path("acme.report") / "rejects.csv")
    assert project.run("retry", "--rejects", rejects, "-o", "next.plan").returncode == 0
    assert totals(project, "next.plan") == (1, 1, 0)


def test_rows_that_mean_nothing_alone_are_refused(project: Project) -> None:
    """What a step fills from the row above is not known of one row."""
    filled = MAPPING.replace("    to: contacts\n", "    to: contacts\n    rows: [{fill_down: [company]}]\n")
    project.write("acme.yaml", filled)
    project.write("people.csv", PEOPLE.replace("ada@example", "ada@@example"))
    project.plan()
    ended = project.run("retry", "acme.plan", "--rejects", "acme.report/rejects.csv")
    assert ended.returncode == 3
    assert ended.stderr == (
        "acme.yaml:17:24: E410 rows of 'contacts' mean nothing without those beside them, for 'fill_down'"
        " (correct the source itself, and plan all of it)\n"
    )


def test_row_that_became_several_is_planned_once(project: Project) -> None:
    """Both of its records were refused: its two lines are one row."""
    split = '    rows: [{split_rows: {column: email, by: ";"}}, {set: {part: "{{ id }}-{{ email }}"}}]\n'
    text = MAPPING.replace("    to: contacts\n    key: id\n", f"    to: contacts\n    key: part\n{split}")
    project.write("acme.yaml", text)
    project.write("people.csv", PEOPLE.replace("ada@example.org", "a@@x.org;b@@x.org"))
    project.plan()
    assert totals(project, "acme.plan") == (6, 4, 2)
    assert project.run("apply", "acme.plan").returncode == 0
    mend(project, lambda row: row.update(email="a@x.org;b@x.org"))
    ended = project.run("retry", "acme.plan", "--rejects", "fixed.csv", "-o", "next.plan")
    assert (ended.returncode, totals(project, "next.plan")) == (0, (2, 2, 0)), ended.stderr


def test_typed_cells_stay_what_they_were(project: Project) -> None:
    """Numbers of a JSON Lines file are numbers still, and what was blank is blank."""
    project.write("acme.yaml", MAPPING.replace("from: people.csv", "from: people.jsonl").replace(
        "      FirstName: first\n", '      FirstName: {value: A, when: "{{ age > 30 }}"}\n'))  # fmt: skip
    rows = [
        {"id": 7, "first": None, "last": "Lovelace", "email": "ada@@x.org", "born": None, "company": 1, "age": 36},
        {"id": 8, "first": None, "last": "Babbage", "email": "b@x.org", "born": None, "company": 1, "age": 20},
    ]
    project.write("people.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    project.plan()
    assert totals(project, "acme.plan") == (4, 3, 1)
    assert project.run("apply", "acme.plan").returncode == 0
    mend(project, lambda row: row.update(email="ada@x.org"))
    ended = project.run("retry", "acme.plan", "--rejects", "fixed.csv", "-o", "next.plan")
    assert (ended.returncode, totals(project, "next.plan")) == (0, (1, 1, 0)), ended.stderr + ended.stdout
    assert project.run("apply", "next.plan").returncode == 0
    assert {one.get("FirstName") for one in project.held("contacts")} == {"A", None}
