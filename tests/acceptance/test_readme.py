"""The README is true: its files, commands and Python are taken out of it and run."""

import re
import subprocess
import sys

from conftest import MAPPING, ROOT, Project

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def _block(language: str, holding: str) -> str:
    """Give the one block of a language that holds a text."""
    (found,) = [text for kind, text in BLOCKS if kind == language and holding in text]
    return str(found)


def _prepare(project: Project) -> None:
    project.write("people.csv", _block("", "id,first,last"))
    project.write("people.yaml", _block("yaml", "name: people-to-crelate"))


def test_readme_mapping_of_ones_own_does_what_it_says(project: Project) -> None:
    """Every command of the ten minutes, in order; row 4 is refused, corrected, and then created alone."""
    _prepare(project)
    commands = [line.partition("#")[0].split() for line in _block("sh", "migrator check").splitlines()]
    for _migrator, *arguments in commands:
        if arguments[0] != "emulate":
            ended = project.run(*arguments)
            assert ended.returncode == 0, f"{arguments}: {ended.stdout}{ended.stderr}"
    rejects = (project.folder / "people.report" / "rejects.csv").read_text(encoding="utf-8")
    assert '"4","contacts","E110","EmailAddress_Work","grace@@example.org","is not an e-mail address' in rejects
    assert sorted(str(one["LastName"]) for one in project.held("contacts")) == ["Babbage", "Lovelace"]
    project.write("people.csv", _block("", "id,first,last").replace("grace@@", "grace@"))
    again = project.run("plan", "people.yaml", "-o", "again.plan")
    assert "Plan: 1 to create, 0 to update, 4 unchanged, 0 skipped, 0 rejected." in again.stdout.splitlines()


def test_readme_python_runs_as_it_stands(project: Project) -> None:
    """The ten lines of Python make the same migration."""
    _prepare(project)
    script = _block("python", "from migrator import")
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project.folder,
        env=project.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    totals, state, is_clean = ended.stdout.splitlines()
    assert "'create': 4" in totals
    assert (state, is_clean) == ("DONE", "True")
    assert len(project.held("contacts")) == 2


def test_readme_error_example_is_what_is_printed(project: Project) -> None:
    """The message that the README shows is one that the program gives."""
    _prepare(project)
    text = _block("yaml", "name: people-to-crelate").replace(
        "    fields:\n      FirstName", "    feilds:\n      FirstName"
    )
    project.write("people.yaml", text)
    shown = re.search(r"`(people\.yaml:[^`]+)`", README)
    assert shown is not None
    ended = project.run("check", "people.yaml")
    place = re.compile(r"^people\.yaml:[0-9]+:[0-9]+")
    assert place.sub("", ended.stderr.splitlines()[0]) == place.sub("", shown[1])


def test_readme_names_every_command() -> None:
    """No command is shown that there is not."""
    from migrator.cli.main import COMMANDS  # noqa: PLC0415 - beside its test

    shown = set(re.findall(r"^migrator (\w+)", README, re.MULTILINE))
    assert shown <= set(COMMANDS)


def test_readme_reference_finds_what_it_says(project: Project) -> None:
    """The lookup that is shown, put into a mapping: by Id, by name, and blank where nobody has it."""
    shown = _block("yaml", "{key: Company Id}").replace("\n", "\n      ")
    project.write("acme.yaml", re.sub(r"CurrentPosition_Company_Id: .*\n", lambda _found: shown, MAPPING))
    rows = "1,Ada,X,,,1,US Navy\n2,Bob,X,,,,us navy\n3,Cyd,X,,,,Nobody\n"
    project.write("people.csv", f"id,first,last,email,born,Company Id,Company\n{rows}")
    project.plan()
    assert project.run("apply", "acme.plan", "--yes").returncode == 0
    firms = {one["Id"]: one["Name"] for one in project.held("companies")}
    found = {one["FirstName"]: firms.get(one.get("CurrentPosition_Company_Id")) for one in project.held("contacts")}
    assert found == {"Ada": "Analytical Engines", "Bob": "US Navy", "Cyd": None}


def test_readme_names_examples_that_are_there() -> None:
    """Each example that says what must come out is in the table, and no other."""
    shown = re.findall(r"^\| \[.*?\]\(examples/(.*?)\) ", README, re.MULTILINE)
    assert sorted(shown) == sorted(path.parent.name for path in (ROOT / "examples").glob("*/expected.yaml"))
