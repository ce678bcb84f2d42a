"""The ambiguity desk: what a person answered to a question, and questions that are still open, one for each value."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from migrator.planner.compiling import Compiled
from migrator.planner.questions import differing, open_question, question_id
from migrator.records import Choice, Fields, Question
from migrator.store.draft import Draft, StagedProblem
from migrator.store.questions import add_questions, has_question
from migrator.store.references import whole_record

MAX_CHOICES = 50


class Choosable(NamedTuple):
    """A record that may be meant, planned (above 0) or of the target: `id` is what a person answers with."""

    record: int
    id: str
    label: str


class Asking(NamedTuple):
    """What is asked: for a record of an object, in which field, for which value, under which id."""

    id: str
    record: int
    object: int
    field: str
    value: str
    rows: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Answers by the id of their question: a candidate's id, `create` or `reject`; empty while it is open."""

    compiled: Compiled
    draft: Draft
    answers: Mapping[str, str] = field(default_factory=dict)

    def answer(self, target: str, digest: tuple[int, int]) -> str:
        """Give what was answered to the question about a value; empty if nothing was."""
        return self.answers.get(question_id(target, digest), "")

    def ask(self, asking: Asking, candidates: Iterable[Choosable]) -> StagedProblem:
        """Put a question, and give the problem of the record that waits for its answer."""
        choices = () if has_question(self.draft, asking.id) else self._choices(list(candidates)[:MAX_CHOICES])
        name = self.compiled.by_number(asking.object).item.name
        question = Question(asking.id, name, asking.field, asking.value, asking.rows, choices)
        add_questions(self.draft, [question])
        return open_question((asking.record, asking.object), asking.field, asking.value, asking.id)

    def _choices(self, candidates: list[Choosable]) -> tuple[Choice, ...]:
        fields: dict[str, Fields] = {one.id: whole_record(self.draft, one.record) for one in candidates}
        told = differing(fields)
        return tuple(Choice(one.id, one.label or json.dumps(fields[one.id]), told[one.id]) for one in candidates)
