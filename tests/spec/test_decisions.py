"""decisions.yaml: what is read out of it, and that what people wrote stays when plans write into it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.errors import SpecError
from migrator.located import MAX_BYTES, parse_located
from migrator.records import Choice, Question
from migrator.spec.decisions import Decisions, answered, merged, read_decisions

ACME = Question(
    "q-a", "contacts", "Company_Id", "Acme", 2, (Choice("c1", "Acme", "city Bonn"), Choice("c2", "Acme", ""))
)
BETA = Question("q-b", "contacts", "Company_Id", "Beta", 5, (Choice("7", "Beta", ""),))
OTHER = Question("q-o", "jobs", "Company_Id", "Gamma", 1, ())
OBJECTS = {"contacts", "companies"}
TEXT = """\
# What plans could not decide. Behind each 'answer' stands a candidate's id, create or reject:
# write it here or run 'migrator resolve', then plan again. Answers are replayed on every later plan.
questions:
  - id: "q-b"
    object: "contacts"
    field: "Company_Id"
    value: "Beta"
    rows: 5
    candidates:
      - id: "7"
        label: "Beta"
        differs: ""
    answer: ""
  - id: "q-a"
    object: "contacts"
    field: "Company_Id"
    value: "Acme"
    rows: 2
    candidates:
      - id: "c1"
        label: "Acme"
        differs: "city Bonn"
      - id: "c2"
        label: "Acme"
        differs: ""
    answer: ""
"""
MINE = """\
# our own file
questions:
# about Beta: ask Ida
- {id: q-b, object: contacts, field: Company_Id, value: Beta, rows: 5, candidates: [{id: "7"}], answer: 7}

- id: q-a      # the big one
  answer:  # not sure yet
  object: contacts
  field: Company_Id
  value: Acme
  rows: 2
  candidates:
  - {id: c1, label: Acme, differs: city Bonn}
  - {id: c2, label: Acme, differs: ''}
# the end
"""


def read(folder: Path, text: str) -> Decisions:
    """Read a text as a file."""
    path = folder / "decisions.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    return read_decisions(path, name="decisions.yaml")


def test_first_questions_are_written_ranked() -> None:
    """A file of its own with a word on what to do; those that most rows hang on first."""
    assert merged(Decisions(), [ACME, BETA], OBJECTS) == TEXT


def test_no_file_holds_no_question(tmp_path: Path) -> None:
    """Where nothing was asked there is no file, and none is written."""
    assert read_decisions(tmp_path / "decisions.yaml") == Decisions()
    assert merged(Decisions(), [], OBJECTS) == ""


def test_written_questions_are_read_back(tmp_path: Path) -> None:
    """Every question as it was asked, none of them answered."""
    found = read(tmp_path, TEXT)
    assert (found.questions, found.answers, found.open) == ((BETA, ACME), {}, [BETA, ACME])


@pytest.mark.parametrize(
    ("spelled", "answer"), [("7", "7"), ('"7"', "7"), (" create", "create"), ("reject # no", "reject"), ("~", None)]
)
def test_answer_is_read_as_it_is_spelled(tmp_path: Path, spelled: str, answer: str | None) -> None:
    """With and without quotes; a number is an id."""
    text = TEXT.replace('answer: ""', f"answer: {spelled}", 1)
    assert read(tmp_path, text).answers.get("q-b") == answer


@pytest.mark.parametrize("record_id", ["1e5", "1.50", "+1", "007", "-0"])
def test_id_that_looks_like_a_number_stays_text(tmp_path: Path, record_id: str) -> None:
    """What is taken for a number in YAML is an id here, to the letter."""
    asked = OTHER._replace(candidates=(Choice(record_id, "", ""),))
    text = merged(Decisions(), [asked], ()).replace('answer: ""', f"answer: {record_id}")
    assert read(tmp_path, text).answers == {"q-o": record_id}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            TEXT.replace('answer: ""', "answer: c3", 1),
            "decisions.yaml:13:13: E012 unknown answer 'c3' to question q-b (one of 7 (Beta), create, reject)",
        ),
        (TEXT.replace("q-a", "q-b"), "decisions.yaml:14:9: E011 question q-b twice"),
        (
            TEXT.replace("rows: 5", "rows: many"),
            "decisions.yaml:8:11: E013 expected a whole number, got text in questions[0].rows",
        ),
        ("question: []\n", "decisions.yaml:1:1: E012 unknown key 'question' (did you mean 'questions'?)"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    """An answer that is none names what may be answered; the rest is held against the schema."""
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == problem


def test_what_people_wrote_stays(tmp_path: Path) -> None:
    """Answers, comments, order and style of their own; only the rows of open questions change, and new ones come."""
    text = merged(read(tmp_path, MINE), [ACME._replace(rows=9), OTHER], OBJECTS)
    head = "# our own file\nquestions:\n"
    beta = MINE.removeprefix(head).partition("\n\n")[0] + "\n"
    acme = MINE.removeprefix(head + beta)
    assert text.startswith(head + acme.replace("rows: 2", "rows: 9") + '- id: "q-o"\n  object: "jobs"\n')
    assert text.endswith('  candidates: []\n  answer: ""\n' + beta)


def test_file_of_which_nothing_is_left_can_be_read(tmp_path: Path) -> None:
    """When the last question goes, the file stays with its first lines."""
    assert read(tmp_path, merged(read(tmp_path, TEXT), [], OBJECTS)).questions == ()


def test_open_question_that_is_no_longer_asked_goes(tmp_path: Path) -> None:
    """Those of this mapping's objects; an answered one stays, and one of another mapping."""
    before = answered(read(tmp_path, merged(Decisions(), [ACME, BETA, OTHER], ())), "q-a", "c1")
    found = read(tmp_path, merged(read(tmp_path, before), [], OBJECTS))
    assert ([item.id for item in found.questions], found.answers) == (["q-o", "q-a"], {"q-a": "c1"})


@pytest.mark.parametrize("text", [TEXT, MINE, MINE.replace("\n", "\r\n")])
def test_answer_is_put_into_its_place(tmp_path: Path, text: str) -> None:
    """One line changes, its comment stays."""
    after = answered(read(tmp_path, text), "q-a", "c2")
    old, new = (set(one.splitlines()) for one in (text, after))
    assert new - old == {'    answer: "c2"' if text is TEXT else '  answer: "c2" # not sure yet'}
    assert read(tmp_path, after).answers["q-a"] == "c2"


def test_file_in_another_style_is_written_anew(tmp_path: Path) -> None:
    """Where a block cannot be changed in its place, all is kept but the style."""
    item = '{id: q-b, object: contacts, field: F, value: "Beta", rows: 5, candidates: [{id: "7"}], answer: ""}'
    flow = f"questions: [{item}]\n"
    found = read(tmp_path, answered(read(tmp_path, flow), "q-b", "7"))
    assert (found.questions[0][:5], found.answers) == (("q-b", "contacts", "F", "Beta", 5), {"q-b": "7"})


def test_text_that_looks_like_a_key_is_not_changed(tmp_path: Path) -> None:
    """What stands in a value is no key, although it is written like one."""
    item = "- id: q-b\n  object: contacts\n  field: F\n  value: |\n    rows: 1\n"
    text = f"questions:\n{item}  rows: 5\n  candidates: []\n  answer: ''\n"
    asked = Question("q-b", "contacts", "F", "rows: 1\n", 7, ())
    assert read(tmp_path, merged(read(tmp_path, text), [asked], OBJECTS)).questions == (asked,)


def test_file_never_grows_beyond_what_is_read(tmp_path: Path) -> None:
    """Questions that have no room wait; no answer is lost for them."""
    many = [OTHER._replace(id=f"q-{n}", value="x" * 4_000, rows=n) for n in range(400)]
    text = answered(read(tmp_path, merged(Decisions(), many, ())), "q-399", "create")
    found = read(tmp_path, merged(read(tmp_path, text), many[::-1], {"jobs"}))
    assert len(found.document.text if found.document else "") <= MAX_BYTES
    assert (200 < len(found.questions) < 400, found.answers) == (True, {"q-399": "create"})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
QUESTIONS = st.builds(
    Question, st.uuids().map(str), TEXTS, TEXTS, TEXTS, st.integers(0, 99),
    st.lists(st.builds(Choice, TEXTS.filter(str.strip), TEXTS, TEXTS), max_size=3).map(tuple),
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(st.lists(QUESTIONS, max_size=4, unique_by=lambda item: item.id), st.integers(0, 3))
def test_any_question_survives_writing_and_answering(asked: list[Question], which: int) -> None:
    """Whatever stands in values and labels, it is read back, and so is what was answered."""
    ranked = sorted(asked, key=lambda item: -item.rows)
    text = merged(Decisions(), ranked, ())
    if ranked:
        document = parse_located(text, name="x")
        decisions = Decisions(questions=tuple(ranked), document=document)
        chosen = ranked[which % len(ranked)].id
        again = parse_located(answered(decisions, chosen, "create"), name="x")
        assert [item["value"] for item in again.data["questions"]] == [item.value for item in ranked]
        assert [item["id"] for item in again.data["questions"] if item["answer"] == "create"] == [chosen]
