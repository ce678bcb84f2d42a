"""Which record of the target a row is."""

from collections.abc import Iterable, Iterator

from migrator.planner.compiling import CompiledObject
from migrator.planner.decisions import Decisions
from migrator.planner.desk import Asking, Choosable, Desk
from migrator.planner.duplicates import settle_groups, settle_values
from migrator.planner.identities import digest_of, marker_of
from migrator.planner.questions import question_id
from migrator.planner.stating import max_marker
from migrator.planner.survey import label_of
from migrator.store.draft import Draft, StagedProblem
from migrator.store.holdings import (
    Candidate,
    candidates,
    claims_of_holding,
    skip_matched,
    unmatched,
    unmatched_lacking,
)
from migrator.store.likeness import object_and_key
from migrator.store.plan_schema import FIRST_MATCH_LINE, LEDGER_LINE, MARKER_LINE

_NAMED = 5


def settle_matches(desk: Desk, *, level: int = 0, first: int = 1, created: int = 0) -> None:
    """Decide each row's match: by ledger, by marker, by the match lines in order; then `on_match` and `on_no_match`.

    Only for objects whose match lines are known after `level` rounds of lookups, and for records from `first` on;
    those from `created` on are asked for by lookups: what is in the target already is not made again.
    """
    compiled, draft = desk.compiled, desk.draft
    objects = [item for item in compiled.objects.values() if item.match_level == level]
    if level:
        settle_values(compiled, draft, objects)
    with Decisions(draft) as decisions:
        for record, number, candidate in _recognise(desk, decisions, objects, first=first):
            if created and record >= created:
                decisions.skip(record)
            elif compiled.by_number(number).item.on_match == "reject":
                fact = f"is in the target already: {candidate.label} ({candidate.target_id})"
                decisions.reject(StagedProblem(record, number, "E305", "", "", fact, "on_match: reject"))
    settle_groups(compiled, draft, claims_of_holding(draft), "E303")
    for item in objects:
        if item.item.on_match == "skip":
            skip_matched(draft, item.number)
        _settle_unmatched(item, draft)


def settle_created(desk: Desk, first: int) -> None:
    """Decide which records that lookups asked for, from number `first` on, are in the target already."""
    objects = [item for item in desk.compiled.objects.values() if not item.match_level]
    with Decisions(desk.draft) as decisions:
        for record, _number, _candidate in _recognise(desk, decisions, objects, first=first):
            decisions.skip(record)


def note_gone(draft: Draft, gone: Iterable[tuple[int, int, str]]) -> None:
    """Refuse rows that were migrated before and whose record somebody deleted from the target since."""
    hint = "somebody deleted it there: take the row out; if the whole target was emptied, move .migrator away"
    with Decisions(draft) as decisions:
        for record, number, target_id in gone:
            fact = f"was written earlier as {target_id}, which the target no longer has"
            decisions.reject(StagedProblem(record, number, "E208", "", target_id, fact, hint))


def _recognise(
    desk: Desk, decisions: Decisions, objects: list[CompiledObject], *, first: int
) -> Iterator[tuple[int, int, Candidate]]:
    """Match records from number `first` on; refuse those of which the target has several, or ask."""
    for record, number, listed in candidates(desk.draft, [item.number for item in objects], first=first):
        item = desk.compiled.by_number(number)
        line, agreeing = _deciding(item, listed)
        if len(agreeing) > 1 and item.item.on_ambiguous == "ask":
            agreeing = _answered(desk, decisions, _ambiguous(record, number, line, agreeing, item), agreeing)
        elif len(agreeing) > 1 and item.item.on_ambiguous == "reject":
            decisions.reject(_ambiguous(record, number, line, agreeing, item))
            continue
        if agreeing:
            decisions.match(record, agreeing[0].holding, line)
            yield record, number, agreeing[0]


def _answered(desk: Desk, decisions: Decisions, refused: StagedProblem, agreeing: list[Candidate]) -> list[Candidate]:
    """Give the candidate that a person chose; none where the record is new, refused, or the question still open."""
    item = desk.compiled.by_number(refused.object)
    fields, key = agreeing[0].fields, object_and_key(desk.draft, refused.record)[1]
    digest = digest_of(item.item.to, "match", item.item.name, key)
    answer = desk.answer(item.target.name, digest)
    if answer == "reject":
        decisions.reject(refused)
    elif not answer:
        value = label_of(item.target, fields) or key
        asking = Asking(question_id(item.target.name, digest), refused.record, item.number, refused.field, value)
        choices = (Choosable(one.holding, one.target_id, one.label) for one in agreeing)
        decisions.reject(desk.ask(asking, choices))
    return [one for one in agreeing if one.target_id == answer]


def _deciding(item: CompiledObject, listed: list[Candidate]) -> tuple[int, list[Candidate]]:
    """Find the first line that recognises something, and what it recognises.

    A candidate of a later line is none if it has another value in a field of an earlier line, or a marker of another
    row of ours.
    """
    for line in sorted({candidate.line for candidate in listed}):
        found = [one for one in listed if one.line == line and not _is_contradicted(item, one)]
        if found:
            return line, found
    return LEDGER_LINE, []


def _is_contradicted(item: CompiledObject, candidate: Candidate) -> bool:
    if candidate.line <= MARKER_LINE:
        return False
    held_marker = str(candidate.held.get(item.marker, ""))
    ours = f"/{item.item.name}/"
    if item.marker and not item.item.marker.is_bare_key and ours in held_marker and _is_ours(item, held_marker):
        return True
    for line in item.lines[: candidate.line - FIRST_MATCH_LINE]:
        for part in line.parts:
            mine, theirs = part.values(candidate.fields), part.values(candidate.held)
            if part.name not in line.references and mine and theirs and not set(mine) & set(theirs):
                return True
    return False


def _is_ours(item: CompiledObject, marker: str) -> bool:
    """Tell whether a marker names another row of this object; the row's own would have been found by the marker."""
    _mapping, _, key = marker.partition(f"/{item.item.name}/")
    return marker == marker_of(_mapping, item.item.name, key, max_marker(item))


def _ambiguous(record: int, number: int, line: int, found: list[Candidate], item: CompiledObject) -> StagedProblem:
    names = item.lines[line - FIRST_MATCH_LINE].names if line >= FIRST_MATCH_LINE else ("its marker",)
    listed = "; ".join(f"{one.label} ({one.target_id})" for one in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    fact = f"{len(found)} records of the target agree on {', '.join(names)}: {listed}{more}"
    hint = "add a match line that tells them apart, or merge them in the target"
    return StagedProblem(record, number, "E304", ", ".join(names), "", fact, hint)


def _settle_unmatched(item: CompiledObject, draft: Draft) -> None:
    if item.item.on_no_match == "create":
        _reject_incomplete(item, draft)
        return
    with Decisions(draft) as decisions:
        for record in unmatched(draft, item.number):
            if item.item.on_no_match == "skip":
                decisions.skip(record)
            else:
                problem = StagedProblem(
                    record, item.number, "E306", "", "", "is not in the target", "on_no_match: reject"
                )
                decisions.reject(problem)


def _reject_incomplete(item: CompiledObject, draft: Draft) -> None:
    """Refuse new records without a value that the target demands; an update may leave it as it is."""
    needed = [field.name for field in item.target.fields.values() if field.required]
    with Decisions(draft) as decisions:
        for name in needed:
            for record in unmatched_lacking(draft, item.number, name):
                fact = f"{name} is demanded by the target and blank"
                hint = "fill it, or give the field a default"
                decisions.reject(StagedProblem(record, item.number, "E120", name, "", fact, hint))
