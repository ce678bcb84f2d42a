"""`decisions.yaml`: the questions that plans left to a person, and the answers that later plans replay.

Its text is changed block by block, so that what people wrote into it stays: order of keys, comments, answers.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from migrator.contracts import schema_problems
from migrator.errors import Problem, SpecError
from migrator.located import MAX_BYTES, Located, parse_located, quoted, read_located
from migrator.records import Choice, Question

DECISIONS = "decisions.yaml"
CREATE, REJECT = "create", "reject"
MAX_OPEN = 1_000
MAX_NAMED = 10

_TOP = """\
# What plans could not decide. Behind each 'answer' stands a candidate's id, create or reject:
# write it here or run 'migrator resolve', then plan again. Answers are replayed on every later plan.
questions:
"""
_ROWS = re.compile(r"^(\s*(?:-\s+)?rows\s*:\s*)[0-9]+", re.MULTILINE)
_ANSWER = re.compile(r"""^(\s*(?:-\s+)?answer\s*:)[ \t]*(?:""|''|~|null)?[ \t]*(#[^\r\n]*)?(?=\r?$)""", re.MULTILINE)
_BARE = re.compile(r"[^\s,\]}#]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisions:
    """What the file holds, in its order: all questions, and by id the answers that are not empty."""

    questions: tuple[Question, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    document: Located | None = None

    @property
    def open(self) -> list[Question]:
        """Give the questions without an answer, those that most rows hang on first."""
        return sorted((item for item in self.questions if item.id not in self.answers), key=lambda item: -item.rows)


def read_decisions(path: Path, *, name: str = "") -> Decisions:
    """Read the file; no file is no questions. Raises SpecError with all that is wrong, answers that are none too."""
    return _decisions(read_located(path, name=name)) if path.exists() else Decisions()


def allowed_answers(question: Question) -> list[str]:
    """Give what may be answered."""
    return [*(choice.id for choice in question.candidates), CREATE, REJECT]


def merged(decisions: Decisions, asked: Iterable[Question], objects: Collection[str]) -> str:
    """Give the text of the file after a plan of a mapping with these objects, whose questions come ranked.

    Answered ones stay as they are; open ones get their new number of rows; those of the mapping that are no longer
    asked are taken out; new ones are added, as many as a file may hold. Empty if there is none, and no file yet.
    """
    wanted = {item.id: item for item in islice(asked, MAX_OPEN)}
    kept: list[Question] = []
    for item in decisions.questions:
        new = wanted.pop(item.id, None)
        if item.id in decisions.answers:
            kept.append(item)
        elif new is not None or item.object not in objects:
            kept.append(item._replace(rows=new.rows) if new else item)
    everything = [*kept, *wanted.values()]
    return _written(decisions, sorted(everything, key=lambda item: _rank(item, decisions.answers)), decisions.answers)


def answered(decisions: Decisions, question: str, answer: str) -> str:
    """Give the text of the file with one more answer."""
    return _written(decisions, list(decisions.questions), {**decisions.answers, question: answer})


def _rank(item: Question, answers: Mapping[str, str]) -> tuple[bool, int]:
    """Put open questions first, those that most rows hang on before the others; answered ones stay in their order."""
    return (True, 0) if item.id in answers else (False, -item.rows)


def _decisions(document: Located) -> Decisions:
    problems = schema_problems(document, "decisions")
    if problems:
        raise SpecError(*problems)
    listed: list[Mapping[str, Any]] = document.data["questions"] or []
    questions = tuple(_question(item) for item in listed)
    answers = {item.id: text for n, item in enumerate(questions) if (text := _answer(document, n, listed[n]["answer"]))}
    found = [*_repeats(document, questions), *_wrong_answers(document, questions, answers)]
    if found:
        raise SpecError(*found)
    return Decisions(questions=questions, answers=answers, document=document)


def _question(item: Mapping[str, Any]) -> Question:
    choices = (Choice(one["id"], one.get("label", ""), one.get("differs", "")) for one in item["candidates"])
    return Question(item["id"], item["object"], item["field"], item["value"], item["rows"], tuple(choices))


def _answer(document: Located, n: int, value: Any) -> str:
    """Give an answer as it is spelled: an id such as 1e5 is no number, although YAML takes it for one."""
    if value is None or isinstance(value, str):
        return (value or "").strip()
    line, column = document.positions["questions", n, "answer"]
    found = _BARE.match(document.text.splitlines()[line - 1], column - 1)
    return found[0] if found else str(value)


def _repeats(document: Located, questions: tuple[Question, ...]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for n, item in enumerate(questions):
        if first.setdefault(item.id, n) != n:
            yield Problem(code="E011", place=document.place(("questions", n, "id")), fact=f"question {item.id} twice")


def _wrong_answers(document: Located, questions: tuple[Question, ...], answers: Mapping[str, str]) -> Iterator[Problem]:
    for n, item in enumerate(questions):
        answer = answers.get(item.id)
        if answer is not None and answer not in allowed_answers(item):
            place = document.place(("questions", n, "answer"))
            fact = f"unknown answer '{answer}' to question {item.id}"
            yield Problem(code="E012", place=place, fact=fact, hint=f"one of {_named(item)}")


def _named(question: Question) -> str:
    named = [f"{one.id} ({one.label})" if one.label else one.id for one in question.candidates[:MAX_NAMED]]
    more = len(question.candidates) - len(named)
    return ", ".join([*named, *([f"{more} more"] if more > 0 else []), CREATE, REJECT])


def _written(decisions: Decisions, questions: list[Question], answers: Mapping[str, str]) -> str:
    """Write questions by the blocks that they have in the file; all anew where that does not read as it should."""
    if not questions:
        return _TOP if decisions.document else ""
    top, blocks, indent = _blocks(decisions)
    text = _fitted(top, {item: _block(item, answers, blocks.get(item.id, ""), indent) for item in questions}, answers)
    return text or _fitted(_TOP, {item: _block(item, answers, "", "  ") for item in questions}, answers)


def _fitted(top: str, blocks: Mapping[Question, str], answers: Mapping[str, str]) -> str:
    """Put a file together; empty if it does not read as it should.

    Open questions that would make it larger than can be read are left out; they are asked again when others are
    answered.
    """
    room = (
        MAX_BYTES - len(top.encode()) - sum(len(text.encode()) for item, text in blocks.items() if item.id in answers)
    )
    taken: list[Question] = []
    for item, text in blocks.items():
        room -= 0 if item.id in answers else len(text.encode())
        if item.id in answers or room >= 0:
            taken.append(item)
    text = top + "".join(blocks[item] for item in taken)
    try:
        found = _decisions(parse_located(text, name=DECISIONS))
    except SpecError:
        return ""
    return text if list(found.questions) == taken and found.answers == answers else ""


def _blocks(decisions: Decisions) -> tuple[str, dict[str, str], str]:
    """Cut the file: what stands above the questions, each question with the comments above it, and their indent."""
    document = decisions.document
    if document is None or not decisions.questions:
        return _TOP, {}, "  "
    lines = document.text.splitlines(keepends=True)
    starts = [document.positions["questions", n][0] - 1 for n in range(len(decisions.questions))]
    if not all(lines[start].lstrip().startswith("- ") for start in starts):
        return _TOP, {}, "  "
    indent = lines[starts[0]].partition("-")[0]
    lowest = document.keys["questions",][0]
    for n, start in enumerate(starts):
        first = start
        while first > lowest and (not lines[first - 1].strip() or lines[first - 1].lstrip().startswith("#")):
            first -= 1
        starts[n], lowest = first, start + 1
    ends = [*starts[1:], len(lines)]
    blocks = ("".join(lines[start:end]) for start, end in zip(starts, ends, strict=True))
    ids = (item.id for item in decisions.questions)
    return "".join(lines[: starts[0]]), dict(zip(ids, blocks, strict=True)), indent


def _block(item: Question, answers: Mapping[str, str], old: str, indent: str) -> str:
    """Give a question's block: the old one with its new rows and answer, or a new one."""
    answer = answers.get(item.id, "")
    if old:
        text = _ROWS.sub(lambda found: f"{found[1]}{item.rows}", old, count=1)
        if answer:
            text = _ANSWER.sub(lambda found: f"{found[1]} {quoted(answer)}{_after(found[2])}", text, count=1)
        return text if text.endswith("\n") else f"{text}\n"
    names = (("id", item.id), ("object", item.object), ("field", item.field), ("value", item.value))
    lines = [f"{name}: {quoted(text)}" for name, text in names]
    lines += [f"rows: {item.rows}", "candidates:" if item.candidates else "candidates: []"]
    for choice in item.candidates:
        lines += [f"  - id: {quoted(choice.id)}", f"    label: {quoted(choice.label)}"]
        lines += [f"    differs: {quoted(choice.differs)}"]
    lines.append(f"answer: {quoted(answer)}")
    return "".join(f"{indent}{'- ' if n == 0 else '  '}{line}\n" for n, line in enumerate(lines))


def _after(comment: str | None) -> str:
    return f" {comment}" if comment else ""
