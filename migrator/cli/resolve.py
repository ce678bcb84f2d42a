"""`migrator resolve`: questions that plans left in decisions.yaml, and operations that runs left in quarantine."""

import sys
from contextlib import suppress
from pathlib import Path

import click

from migrator.cli.deciding import decide, list_waiting, somebody
from migrator.cli.main import Manner
from migrator.cli.planning import decisions_of, near
from migrator.executor.deciding import Deciding
from migrator.records import Question
from migrator.reports.wording import harmless, of, spelled
from migrator.reports.writing import write_file
from migrator.spec.decisions import CREATE, DECISIONS, REJECT, allowed_answers, answered
from migrator.spec.project import find_project
from migrator.store.states import State

_WORDS: dict[str, str | None] = {"c": CREATE, "r": REJECT, "s": "", "q": None}


def _as_answers(_ctx: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts]
    if not all(sign and question and answer for question, sign, answer in pairs):
        raise click.BadParameter("ID=ANSWER, such as q-1f0c3a5b7d9e=create")
    return [(question, answer) for question, _sign, answer in pairs]


@click.command("resolve")
@click.argument("spelled_plan", metavar="[PLAN|RUN]", default="")
@click.argument("op", metavar="[OP]", default="")
@click.option("--adopt", metavar="ID", default="", help="OP took effect: it is this record of the target.")
@click.option("--not-applied", is_flag=True, help="OP took no effect: it is sent by the next apply.")
@click.option("--skip", is_flag=True, help="Leave OP out.")
@click.option("--why", default="", help="The reason, for the journal.")
@click.option("--who", default="", help="Who decides; user@host by default.")
@click.option("--mapping", type=click.Path(path_type=Path), help="The mapping beside whose project file they lie.")
@click.option("--answer", "answers", multiple=True, callback=_as_answers, help="ID=ANSWER; may be given repeatedly.")
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917 - click hands options over one by one
    manner: Manner,
    spelled_plan: str,
    op: str,
    adopt: str,
    not_applied: bool,
    skip: bool,
    why: str,
    who: str,
    mapping: Path | None,
    answers: list[tuple[str, str]],
) -> int:
    """Decide what is left to a person.

    With PLAN and OP, an operation in quarantine, by its id or as OBJECT:KEY; with PLAN alone they are listed. Without
    PLAN, answer open questions, those that most rows hang on first; each answer is saved at once. Without a terminal
    they are listed, and --answer ID=ANSWER gives a candidate's id, create or reject.
    """
    said = [State.APPLIED] * bool(adopt) + [State.PLANNED] * not_applied + [State.SKIPPED] * skip
    if len(said) != bool(op):
        raise click.UsageError("a decision is PLAN, OP and one of --adopt ID, --not-applied, --skip")
    if op:
        how = Deciding(op=op, state=said[0], adopt=adopt, why=why, who=who or somebody())
        return decide(spelled_plan, how, manner)
    return list_waiting(spelled_plan) if spelled_plan else _answer_questions(manner, mapping, answers)


def _answer_questions(manner: Manner, mapping: Path | None, answers: list[tuple[str, str]]) -> int:
    project = find_project(mapping or Path.cwd() / "any").folder
    if answers:
        _take(project, answers)
    elif manner.asks:
        _ask_all(project, manner)
        click.echo()
    else:
        _list(decisions_of(project).open, manner)
    count = len(decisions_of(project).open)
    click.echo(f"{of(count, 'question')} open in {near(project / DECISIONS)}.")
    first = "migrator resolve --answer ID=ANSWER, then   " if count else ""
    click.echo(f"Next: {first}migrator plan {mapping or 'MAPPING'}")
    return 5 if count else 0


def _take(project: Path, answers: list[tuple[str, str]]) -> None:
    """Save answers that were given as options; none of them if one is wrong."""
    known = {question.id: question for question in decisions_of(project).questions}
    for name, answer in answers:
        if name not in known:
            raise click.UsageError(f"no question '{name}' in {near(project / DECISIONS)}")
        if answer not in (allowed := allowed_answers(known[name])):
            raise click.UsageError(f"'{answer}' is no answer to {name}: one of {', '.join(allowed)}")
    for name, answer in answers:
        _save(project, name, answer)


def _ask_all(project: Path, manner: Manner) -> None:
    """Ask one after the other, until all are answered or the person has had enough."""
    questions = decisions_of(project).open
    with suppress(click.Abort):
        for n, question in enumerate(questions, start=1):
            click.echo(f"\nQuestion {n} of {len(questions)}")
            click.echo("\n".join(_lines(question, shows=manner.shows(is_terminal=True))))
            click.echo("  c create a new one   r reject its rows   s skip   q quit")
            answer = _ask(question)
            if answer is None:
                return
            if answer:
                _save(project, question.id, answer)


def _ask(question: Question) -> str | None:
    """Give the answer of a person; empty for a question that is skipped, None for the end."""
    words = {**{str(n): one.id for n, one in enumerate(question.candidates, start=1)}, **_WORDS}
    return words[click.prompt("Answer", type=click.Choice(list(words)), show_choices=False)]


def _list(questions: list[Question], manner: Manner) -> None:
    shows = manner.shows(is_terminal=sys.stdout.isatty())
    for question in questions:
        click.echo("\n".join(_lines(question, shows=shows)))


def _lines(question: Question, *, shows: bool) -> list[str]:
    """Write a question: where it was asked, what hangs on it, and its candidates; values only where they may be."""
    value = f" {spelled(question.value)}" if shows else ""
    head = f"{question.id}  {question.object}.{question.field}{value}: {of(question.rows, 'row')} to decide"
    listed = [
        f"  {n}  {one.id}" + (f"  {one.label}  {one.differs}".rstrip() if shows else "")
        for n, one in enumerate(question.candidates, start=1)
    ]
    return [harmless(line) for line in (head, *listed)]


def _save(project: Path, name: str, answer: str) -> None:
    """Put an answer into the file as it is now."""
    text = answered(decisions_of(project), name, answer)
    write_file(project / DECISIONS, lambda file: file.write(text))
