"""How the target is read: whole lists in pages, or only what the plan asks for, whichever takes fewer calls.

Both give the same plan, so only what a CRM finds exactly is asked for: our own markers, and ids that the ledger knows.
A match line compares values in a normal form (`Ada@X.ORG` is `ada@x.org`), which no CRM's search promises: an object
with one is read whole, and so is one whose records lookups ask for by fields or ids, or create where they are missing.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from migrator.connectors.protocols import Target
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.identities import marker_of
from migrator.planner.stating import max_marker
from migrator.records import TargetRecord
from migrator.spec.values import all_lookups, lines_of
from migrator.store.asked import count_rows, has_unstated, keys_of_rows
from migrator.store.draft import Draft
from migrator.store.holdings import unseen_known

PAGES, IDS, NOTHING = "pages", "ids", "nothing"
CALLS_AT_ONCE = 20  # of `find`, so that a million markers are never in memory together


_PLAIN = re.compile("[A-Za-z0-9/._-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reads:
    """How one object of the target was read: in `pages`, by a field, by `ids` alone, or not at all; with which calls.

    `instead` are the calls of the other way, None where it was not weighed, or the CRM did not tell.
    """

    target: str
    by: str
    calls: int
    instead: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a plan asks of an object that need not be read whole: records by our marker, and by ids that are known."""

    items: tuple[CompiledObject, ...]
    marker: str
    size: int
    calls: int
    ids: int

    @property
    def cost(self) -> int:
        """Count the calls that answer it."""
        return self.calls + self.ids

    @property
    def by(self) -> str:
        """Name the way in a word: the field that is asked for."""
        return self.marker or (IDS if self.ids else NOTHING)


def question_for(compiled: Compiled, target: Target, draft: Draft, name: str) -> Question | None:
    """Tell what a plan asks of an object of the target; None where only the whole list can answer."""
    items = tuple(item for item in compiled.objects.values() if item.item.to == name)
    if not items or any(item.lines or item.item.on_ambiguous == "ask" for item in items):
        return None
    if _is_asked_otherwise(compiled, name) or has_unstated(draft, [item.number for item in items]):
        return None
    marked = [item for item in items if item.marker]
    markers, size = {item.marker for item in marked}, target.can_find(name)
    if len(markers) > 1 or (marked and not size):
        return None
    calls = -(-count_rows(draft, [item.number for item in marked]) // size) if marked else 0
    if calls and not all(map(_PLAIN.fullmatch, _all_markers(compiled, marked, draft))):
        return None  # a search may take a sign in a marker for one of its own, and not find what is there
    ids = len(unseen_known(draft, [item.number for item in items if not item.marker]))
    return Question(items=tuple(marked), marker="".join(markers), size=size, calls=calls, ids=ids)


async def answers(
    question: Question, compiled: Compiled, target: Target, draft: Draft
) -> AsyncIterator[list[TargetRecord]]:
    """Ask for the markers; what bears none of them is left out, whatever the CRM gave. Raises TargetError."""
    values = _all_markers(compiled, question.items, draft)
    while part := list(islice(values, question.size * CALLS_AT_ONCE)):
        wanted = set(part)
        async for page in target.find(question.items[0].item.to, question.marker, part):
            yield [record for record in page if record.fields.get(question.marker) in wanted]


def _all_markers(compiled: Compiled, items: Iterable[CompiledObject], draft: Draft) -> Iterator[str]:
    return chain.from_iterable(_markers(compiled, item, draft) for item in items)


def _markers(compiled: Compiled, item: CompiledObject, draft: Draft) -> Iterator[str]:
    mapping, name, longest = compiled.spec.name, item.item.name, max_marker(item)
    keys = keys_of_rows(draft, item.number)
    return keys if item.item.marker.is_bare_key else (marker_of(mapping, name, key, longest) for key in keys)


def _is_asked_otherwise(compiled: Compiled, name: str) -> bool:
    """Tell whether anything but the rows of this plan wants to know what an object holds."""
    spec = compiled.spec
    updates = spec.limits.updates
    if updates is not None and updates.percent is not None:
        return True  # of all that the target holds
    for lookup in all_lookups(spec):
        if name not in {spec.asked_object(asked) for asked in lookup.objects}:
            continue
        if lookup.on_missing == "create" or any(line.kind in {"id", "fields"} for line in lines_of(lookup)):
            return True
    return False
