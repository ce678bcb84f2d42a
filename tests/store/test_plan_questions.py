from pathlib import Path

from migrator.records import Choice, Question
from migrator.store.draft import Draft
from migrator.store.plan import Plan, seal
from migrator.store.questions import add_questions, count_questions, questions_of

FIRST = Question(
    "q-1", "contacts", "Company_Id", "Acme", 2, (Choice("c1", "Ácme", "city Bonn"), Choice("c2", "Acme", ""))
)
SECOND = Question("q-2", "contacts", "Company_Id", "Beta", 3, ())


def test_questions_are_ranked_by_who_waits(tmp_path: Path) -> None:
    """Most rows first; one that is asked again gathers its rows and stays as it was first asked."""
    with Draft(tmp_path / "x.plan") as draft:
        add_questions(draft, [FIRST, SECOND])
        add_questions(draft, [Question("q-1", "jobs", "Other_Id", "ACME", 2, ())])
        seal(draft, {"plan": "1"})
    with Plan(tmp_path / "x.plan") as plan:
        assert list(questions_of(plan)) == [FIRST._replace(rows=4), SECOND]
        assert count_questions(plan) == 2
