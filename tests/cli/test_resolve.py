"""Questions of a plan: written beside the mapping, answered one by one or by options, replayed on the next plan."""

import io
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import migrator.planner.making
from migrator.cli.construct import spec_of
from migrator.cli.main import Manner, run
from migrator.cli.planning import Wish, plan_and_report, write_questions
from migrator.planner.compiling import Compiled
from migrator.planner.making import Planning
from migrator.records import Choice, Question
from migrator.spec.decisions import Decisions, answered, merged, read_decisions
from migrator.store.draft import Draft
from migrator.store.plan import Plan
from migrator.store.questions import add_questions

ACME = Question("q-a", "people", "Company_Id", "Acme", 2, (Choice("c1", "Acme", "city Bonn"), Choice("c2", "Acme", "")))
BETA = Question("q-b", "people", "Company_Id", "Beta", 5, (Choice("7", "Beta\x1b[2J", ""),))
MAPPING = """\
mapping: 1
name: acme
source: {connector: files}
target: {connector: crelate}
objects:
  people: {from: people.csv, to: contacts, key: id, fields: {LastName: last}}
"""


class Terminal(io.StringIO):
    """A keyboard on which somebody has typed already."""

    def isatty(self) -> bool:
        """Be a terminal."""
        return True


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with two open questions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "decisions.yaml").write_text(merged(Decisions(), [ACME, BETA], ()), encoding="utf-8")
    return tmp_path


def answers(folder: Path) -> Mapping[str, str]:
    """Read what was answered."""
    return read_decisions(folder / "decisions.yaml").answers


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Type something before it is asked for."""
    monkeypatch.setattr(sys, "stdin", Terminal(text))


@pytest.mark.parametrize(
    ("typed", "given", "code"),
    [
        ("1\n2\n", {"q-b": "7", "q-a": "c2"}, 0),
        ("c\nr\n", {"q-b": "create", "q-a": "reject"}, 0),
        ("s\n1\n", {"q-a": "c1"}, 5),
        ("1\nq\n", {"q-b": "7"}, 5),
        ("9\n1\n", {"q-b": "7"}, 5),
        ("1\n", {"q-b": "7"}, 5),
    ],
)
def test_questions_are_answered_one_after_the_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str, given: Mapping[str, str], code: int
) -> None:
    """Most rows first; a number, c, r, s and q; what is no answer is asked again, and the end keeps what was said."""
    type_in(monkeypatch, typed)
    assert run(["resolve"]) == code
    assert answers(folder) == given


def test_question_shows_what_tells_candidates_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Object, field, value, rows and candidates; what would act on a terminal is spelled out."""
    type_in(monkeypatch, "s\nq\n")
    run(["resolve", "--mapping", "acme.yaml"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "", "Question 1 of 2", "q-b  people.Company_Id 'Beta': 5 rows to decide", "  1  7  Beta\\u001b[2J",
        "  c create a new one   r reject its rows   s skip   q quit",
    ]  # fmt: skip
    assert "  1  c1  Acme  city Bonn" in lines
    assert lines[-2:] == [
        "2 questions open in decisions.yaml.",
        "Next: migrator resolve --answer ID=ANSWER, then   migrator plan acme.yaml",
    ]


@pytest.mark.parametrize(("option", "value"), [([], ""), (["--show-values"], " 'Beta'")])
def test_without_a_terminal_questions_are_listed(
    capsys: pytest.CaptureFixture[str], option: list[str], value: str
) -> None:
    """Values only where they were asked for; the exit code says that something is open."""
    assert run(["--no-input", *option, "resolve"]) == 5
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], len(lines)) == (f"q-b  people.Company_Id{value}: 5 rows to decide", 7)
    assert lines[1].startswith("  1  7")


def test_masked_question_shows_no_value(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids and numbers only, on a terminal too."""
    type_in(monkeypatch, "q\n")
    run(["--mask", "resolve"])
    out = capsys.readouterr().out
    assert ("q-b  people.Company_Id: 5 rows to decide" in out, "Beta" in out) == (True, False)


def test_answers_are_given_by_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several at once; also those that were answered before."""
    assert run(["resolve", "--answer", "q-a=c1", "--answer", "q-b=7"]) == 0
    assert run(["resolve", "--answer", "q-a=create"]) == 0
    assert answers(folder) == {"q-a": "create", "q-b": "7"}
    assert capsys.readouterr().out.splitlines()[:2] == [
        "0 questions open in decisions.yaml.",
        "Next: migrator plan MAPPING",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("q-a=c9", "'c9' is no answer to q-a: one of c1, c2, create, reject"),
        ("q-x=c1", "no question 'q-x' in decisions.yaml"),
        ("q-a", "ID=ANSWER, such as q-1f0c3a5b7d9e=create"),
    ],
)
def test_wrong_answer_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    """One that is wrong stops all; the message says what may be answered."""
    assert run(["resolve", "--answer", "q-b=7", "--answer", text]) == 2
    assert said in capsys.readouterr().err
    assert answers(folder) == {}


def test_folder_without_questions_is_done(folder: Path) -> None:
    """Nothing to answer is no failure, and no file is made."""
    (folder / "decisions.yaml").unlink()
    assert run(["--no-input", "resolve"]) == 0
    assert not (folder / "decisions.yaml").exists()


@pytest.fixture
def asking(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """Let every plan ask these questions."""
    (folder / "acme.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "people.csv").write_text("id,last\n1,Ada\n", encoding="utf-8")
    asked: list[Question] = []

    def note(_compiled: Compiled, draft: Draft, _first: int) -> None:
        add_questions(draft, asked)

    monkeypatch.setattr(migrator.planner.making, "note_similar", note)
    monkeypatch.setenv("CRELATE_API_KEY", "practice-key")
    return asked


def plan(folder: Path) -> int:
    """Plan without the target; tell how many questions the report counts."""
    wish = Wish(mapping=folder / "acme.yaml", output=folder / "acme.plan", is_offline=True)
    return plan_and_report(wish, Manner()).questions


def test_plan_writes_its_questions_beside_the_mapping(folder: Path, asking: list[Question]) -> None:
    """New ones come, those no longer asked go, answers stay; nobody else may read the file."""
    path = folder / "decisions.yaml"
    path.write_text(answered(read_decisions(path), "q-a", "c1"), encoding="utf-8")
    asking += [ACME._replace(id="q-n")]
    assert plan(folder) == 1
    assert [item.id for item in read_decisions(path).questions] == ["q-b", "q-n", "q-a"]  # it was made offline
    with Plan(folder / "acme.plan") as made:
        made.header = {**made.header, "is_offline": False}
        write_questions(made, spec_of(folder / "acme.yaml"))
    found = read_decisions(path)
    assert ([item.id for item in found.questions], found.answers) == (["q-n", "q-a"], {"q-a": "c1"})
    assert path.stat().st_mode & 0o777 == 0o600


def test_plan_without_questions_writes_no_file(folder: Path, asking: list[Question]) -> None:
    """Who asks nothing leaves nothing, and a file in which nothing changes is not touched."""
    (folder / "decisions.yaml").unlink()
    assert plan(folder) == 0
    assert not (folder / "decisions.yaml").exists()
    asking += [ACME]
    plan(folder)
    before = (folder / "decisions.yaml").stat().st_mtime_ns
    plan(folder)
    assert (folder / "decisions.yaml").stat().st_mtime_ns == before


def test_answers_are_handed_to_the_planner(
    folder: Path, asking: list[Question], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in the file goes into the plan that is made."""
    path = folder / "decisions.yaml"
    path.write_text(answered(read_decisions(path), "q-b", "7"), encoding="utf-8")
    seen: list[Mapping[str, str]] = []

    def note(how: Planning) -> Path:
        seen.append(how.answers)
        return how.path.absolute()

    monkeypatch.setattr(Planning, "absolute_path", property(note))
    assert (plan(folder), asking, seen) == (0, [], [{"q-b": "7"}])
