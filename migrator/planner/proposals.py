"""Rows that `match` did not recognise → the record of the target that each may be, for a person to look at."""

from collections.abc import Iterator
from itertools import islice

from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.decisions import BATCH
from migrator.planner.similar import label_in, nearest_name, plain_name
from migrator.records import Action
from migrator.spelling import HAS_RAPIDFUZZ
from migrator.store.draft import STAGED, Draft
from migrator.store.likeness import NearNames, Proposal, add_proposals, held_labels, label_and_id, unmatched_records

PROPOSED = 0.85  # by name alone 363 of 500 pairs and one that is none; at 0.80 371 and five (benchmarks/matching.py)

MAX_PROPOSED_FOR = 20_000


def propose(compiled: Compiled, draft: Draft) -> int | None:
    """Note for each row that matched nothing the record of the target with the nearest label; tells how many.

    None where there are such rows, and records to hold them against, but not the extra `match`. No row is matched by a
    proposal. Of very many rows the first are looked at: nobody reads more.
    """
    count = 0
    by_target: dict[str, list[CompiledObject]] = {}
    for item in compiled.objects.values():
        if item.lines:
            by_target.setdefault(item.target.name, []).append(item)
    for name, items in by_target.items():
        if next(held_labels(draft, name), None) is None or all(next(_rows(draft, i), None) is None for i in items):
            continue
        if not HAS_RAPIDFUZZ:
            return None
        proposals = _proposals(draft, name, items)
        while batch := list(islice(proposals, BATCH)):
            add_proposals(draft, batch)
            count += len(batch)
    return count


def _proposals(draft: Draft, target: str, items: list[CompiledObject]) -> Iterator[Proposal]:
    with NearNames() as names:
        names.add((record, plain_name(label)) for record, label in held_labels(draft, target))
        names.sort()
        rows = (row for item in items for row in _rows(draft, item))
        for record, label in islice(rows, MAX_PROPOSED_FOR):
            if near := nearest_name(names, label, PROPOSED):
                candidate, target_id = label_and_id(draft, near[0])
                yield Proposal(record, target_id, label, candidate, near[1])


def _rows(draft: Draft, item: CompiledObject) -> Iterator[tuple[int, str]]:
    """Give the rows of an object that match nothing, with their labels; where that is a refusal, refused rows too."""
    states = (STAGED, str(Action.REJECT)) if item.item.on_no_match == "reject" else (STAGED,)
    return ((record, label_in(item.target, fields)) for record, fields in unmatched_records(draft, item.number, states))
