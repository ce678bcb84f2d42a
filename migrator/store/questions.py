"""The questions of a plan: what it leaves to a person, ranked by how many rows hang on it."""

import json
from collections.abc import Iterable, Iterator

from migrator.records import Choice, Question
from migrator.store.draft import Draft
from migrator.store.plan import Plan

__all__ = ["Choice", "Question", "add_questions", "count_questions", "has_question", "questions_of"]


def add_questions(draft: Draft, questions: Iterable[Question]) -> None:
    """Note questions; where one is asked again, its rows add up, and the rest stays as it was first asked."""
    draft.many(
        "INSERT INTO question VALUES(?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET rows=rows+excluded.rows",
        ((*item[:5], json.dumps(item.candidates, ensure_ascii=False)) for item in questions),
    )


def has_question(draft: Draft, question: str) -> bool:
    """Tell whether a question was put already."""
    return draft.run("SELECT 1 FROM question WHERE id=?", (question,)).fetchone() is not None


def questions_of(plan: Plan) -> Iterator[Question]:
    """Give the questions of a plan, those that most rows hang on first."""
    rows = plan.db.execute("SELECT id, object, field, value, rows, candidates FROM question ORDER BY rows DESC, id")
    for name, owner, field, value, count, candidates in rows:
        choices = tuple(Choice(*choice) for choice in json.loads(candidates))
        yield Question(name, owner, field, value, count, choices)


def count_questions(plan: Plan) -> int:
    """Count the questions of a plan."""
    (count,) = plan.db.execute("SELECT COUNT(*) FROM question").fetchone()
    return int(count)
