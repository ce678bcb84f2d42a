"""Records whose names are nearly those of others: what lookups create by a slip of the pen."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from string import punctuation
from typing import NamedTuple
from unicodedata import category

from migrator.json_text import from_json
from migrator.planner.compiling import Compiled
from migrator.planner.decisions import BATCH
from migrator.planner.normal import normal_text
from migrator.planner.survey import label_of
from migrator.records import ObjectType
from migrator.spelling import similarity
from migrator.store.draft import Draft, StagedProblem
from migrator.store.likeness import (
    MAX_CHARACTERS,
    Named,
    NearNames,
    count_created,
    count_names,
    created_records,
    fields_and_place,
    held_labels,
    label_and_id,
    parts_of,
    staged_fields,
)

SIMILAR = 0.85  # by name 363 of 500 pairs with slips of the pen, and one that is none (benchmarks/matching.py)

MAX_HINTED = 500  # about a millisecond each
MAX_NAMES = 20_000  # about 20 microseconds each

_PUNCTUATION = str.maketrans("", "", punctuation)


class Likeness(NamedTuple):
    """A record that a lookup created, the one whose label is nearest to its own, and where that one stands.

    `other` is above 0 for a planned record, below 0 for one of the target; its `place` is the source row or the
    target's id, and empty for one that a lookup created too.
    """

    record: int
    other: int
    score: float
    label: str
    other_label: str
    place: str


def plain_name(text: str) -> str:
    """Give the form in which names are held against each other: as values are compared, without punctuation."""
    normal = normal_text(text)
    if normal.isascii():
        return " ".join(normal.translate(_PUNCTUATION).split())
    return " ".join("".join(char for char in normal if category(char)[0] not in "PS").split())


def note_similar(compiled: Compiled, draft: Draft, first: int) -> None:
    """Warn of records that lookups created, from number `first` on, whose name is nearly that of another.

    Of very many only the first are held against the others, which the plan says: it is a hint, no guard.
    """
    for target in {item.target.name: item.target for item in compiled.objects.values()}.values():
        count = count_created(draft, target.name, first)
        names = count + count_names(draft, target.name) if count else 0
        if count > MAX_HINTED or names > MAX_NAMES:
            draft.add_problems([_unlooked(compiled, target, count, names)])
        found = likenesses(draft, target, first, SIMILAR, is_hint=True)
        while batch := [_similar_problem(*pair) for pair in islice(found, BATCH)]:
            draft.add_problems(batch)


def likenesses(
    draft: Draft, target: ObjectType, first: int, cutoff: float, *, is_hint: bool = False
) -> Iterator[tuple[Named, Likeness]]:
    """Hold the records that lookups created, from number `first` on, against all others that go to or are in `target`.

    Each is told of at most once, with its nearest; of two created ones only the later. Names with other digits are not
    alike: `Store 12` is no slip of `Store 13`. What else may be missed says `NearNames`. A hint looks at so many only.
    """
    if not count_created(draft, target.name, first):
        return
    with NearNames() as names:
        held = ((record, plain_name(label)) for record, label in held_labels(draft, target.name))
        labels = ((record, label_in(target, one)) for record, one in staged_fields(draft, target.name, first))
        staged = ((record, plain_name(label)) for record, label in labels)
        asking: Iterable[Named] = created_records(draft, target.name, first)
        asked = None
        if is_hint:
            asking = list(islice(asking, MAX_HINTED))
            texts = (plain_name(label_in(target, one.fields)) for one in asking)
            asked = {part for text in texts for part in parts_of(text[:MAX_CHARACTERS])}
        names.add(islice(chain(held, staged), MAX_NAMES if is_hint else None), asked)
        names.sort()
        for created in asking:
            label = label_in(target, created.fields)
            if near := nearest_name(names, label, cutoff, below=created.record):
                other, score = near
                yield created, Likeness(created.record, other, score, label, *_other(draft, target, other))


def nearest_name(names: NearNames, label: str, cutoff: float, *, below: int = 1 << 62) -> tuple[int, float] | None:
    """Give number and likeness of the name that is nearest to a label; None if none is as near as `cutoff`."""
    text = plain_name(label)[:MAX_CHARACTERS]
    digits = _digits(text)
    near = enumerate(names.near(text, below=below))
    scored = ((similarity(text, name), -n, other) for n, (other, name) in near if _digits(name) == digits)
    score, _n, other = max((one for one in scored if one[0] >= cutoff), default=(0.0, 0, 0))
    return (other, score) if other else None


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def label_in(target: ObjectType, fields: str) -> str:
    """Give what a person recognises a planned record by, out of its fields as JSON."""
    return label_of(target, from_json(fields))


def _other(draft: Draft, target: ObjectType, record: int) -> tuple[str, str]:
    if record < 0:
        return label_and_id(draft, record)
    fields, place = fields_and_place(draft, record)
    return label_in(target, fields), place


def _unlooked(compiled: Compiled, target: ObjectType, count: int, names: int) -> StagedProblem:
    number = next(item.number for item in compiled.objects.values() if item.target.name == target.name)
    new, known = min(count, MAX_HINTED), min(names, MAX_NAMES)
    fact = f"{new:,} of {count:,} new names were held against {known:,} of {names:,} names, the rest were not"
    return StagedProblem(0, number, "W306", "", "", fact, "unless_similar in the lookup holds all of them")


def _similar_problem(created: Named, found: Likeness) -> StagedProblem:
    place = f" ({found.place})" if found.place else ""
    rows = "1 row waits" if created.waiting == 1 else f"{created.waiting:,} rows wait"
    fact = f"'{found.label}' is new and nearly '{found.other_label}'{place}, likeness {found.score:.2f}; {rows} on it"
    hint = "if both are one, write the name in one way, or state unless_similar"
    return StagedProblem(created.record, created.object, "W306", "", found.label, fact, hint)
