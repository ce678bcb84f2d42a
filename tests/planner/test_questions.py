"""What a question is made of: an id that stays, and what tells its candidates apart."""

import pytest

from migrator.planner.identities import digest_of
from migrator.planner.questions import differing, open_question, question_id
from migrator.records import Fields

MANY = [f"f{n}" for n in range(30)]


def test_question_is_named_by_what_is_looked_for() -> None:
    """The same value in the same object has the same id, today and in a year; another one another."""
    acme, beta = digest_of("companies", "Name", "acme"), digest_of("companies", "Name", "beta")
    assert question_id("companies", acme) == "q-303f46395b13"
    assert len({question_id("companies", acme), question_id("companies", beta), question_id("contacts", acme)}) == 3


@pytest.mark.parametrize(
    ("candidates", "told"),
    [
        ([{"name": "A", "city": "Bonn"}, {"name": "A", "city": "Kiel"}], ["city Bonn", "city Kiel"]),
        ([{"name": "A", "city": "Bonn"}, {"name": "A"}], ["city Bonn", "city (blank)"]),
        ([{"a": 1, "z": "x"}, {"a": 1, "z": "y"}, {"a": 2, "z": "z"}], ["z x", "z y", "z z"]),
        (
            [{"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "c": 1}, {"a": 2, "b": 1, "c": 1}],
            ["a 1, b 1", "a 1, b 2", "a 2, b 1"],
        ),
        ([{**dict.fromkeys(MANY, n > 1), "z": n} for n in range(3)], ["z 0", "z 1", "z 2"]),
        ([{"a": ["x", "y"]}, {"a": []}], ["a x, y", "a (blank)"]),
        ([{"a": "x" * 99}, {"a": "y"}], [f"a {'x' * 40}…", "a y"]),
        ([{"name": "A"}, {"name": "A"}], ["", ""]),
        ([], []),
    ],
)
def test_candidates_are_told_apart_by_the_fewest_fields(candidates: list[Fields], told: list[str]) -> None:
    """One field where one does, else two or three; the blank one is said to be blank."""
    assert list(differing({str(n): fields for n, fields in enumerate(candidates)}).values()) == told


def test_row_that_waits_names_the_question() -> None:
    """Which question, of which value, and where to answer it."""
    hint = "answer it in decisions.yaml or with 'migrator resolve', then plan again"
    assert open_question((7, 2), "Company_Id", "Acme", "q-1") == (
        7, 2, "E209", "Company_Id", "Acme", "question q-1 is open: 'Acme'", hint
    )  # fmt: skip
