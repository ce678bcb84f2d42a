"""The judge of a schedule: it believes what arrived at the CRM and what stands there, and holds the claims against it.

The journal is no evidence here. The only thing taken from our side is the claim itself: in which state each operation
is said to be. Each wrong is a text whose first word is its kind.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from practice_target import MARKER
from sim_cases import LIST, Case, Ref, Row

SETTLE, LAG, MAX_SENT = 20.0, 4.0, 3
LINKER = "p1"  # what a person enters, and links to one of ours
SLACK = 0.001  # sums of fractions are not exact
LANDED = {"APPLIED", "VERIFIED", "NOOP"}
NEVER = {"REJECTED", "SKIPPED", "BLOCKED", "PLANNED"}
FINAL = {*LANDED, "REJECTED", "QUARANTINED", "BLOCKED", "SKIPPED"}


class Claim(NamedTuple):
    """What is said of an operation: its state, and the id of the record that it is said to be."""

    state: str
    id: str = ""


class Arrival(NamedTuple):
    """A write as it came in: when, for which record, under which parent, and whether it was answered as not done."""

    moment: float
    object: str
    id: str
    fields: Mapping[str, Any]
    parent: tuple[str, str] | None
    is_untouched: bool
    is_delete: bool = False


@dataclass(kw_only=True, slots=True)
class Evidence:
    """What the CRM itself knows: records by object and id, picklists, reads and writes in their order."""

    held: Mapping[str, Mapping[str, Mapping[str, Any]]]
    options: list[str]
    arrivals: list[Arrival]
    reads: list[tuple[float, str]]
    by_hand: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    spoilt: frozenset[str] = frozenset()


def wrongs(case: Case, claims: Mapping[str, Claim], seen: Evidence) -> list[str]:
    """Find everything that is not as it must be."""
    return [
        *(f"unfinished: {label} is {claim.state}" for label, claim in claims.items() if claim.state not in FINAL),
        *(wrong for row in case.rows for wrong in _row_wrongs(case, row, claims, seen)),
        *_option_wrongs(case, claims, seen),
        *_overwritten(seen),
        *_strangers(case, seen),
        *_rash(seen),
    ]


def find(row: Row, seen: Evidence) -> list[str]:
    """Give the ids of the records that a row became."""
    return stands(row, seen.held)


def stands(row: Row, held: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """Give the ids of the records that a row became, of all that is held by object and id."""
    return [
        key
        for key, one in held[row.object].items()
        if all(one.get(name) == value for name, value in row.found_by.items())
    ]


def _row_wrongs(case: Case, row: Row, claims: Mapping[str, Claim], seen: Evidence) -> Iterator[str]:
    (state, said), ids = claims[row.label], find(row, seen)
    if row.label[0] == "+":
        yield from _wrong_count(row, state, len(ids), seen)
    if row.label[0] == "-":
        if (state in LANDED and ids) or (state in NEVER and not ids and not seen.removed):
            yield f"loss: {row.label} is {state} and {'stands there' if ids else 'is gone'}"
        return
    if state in NEVER and row.label[0] == "~" and _stands(row, ids, seen):
        yield f"loss: {row.label} is {state} and stands there"
    if state not in LANDED or not ids:
        return
    if said not in ids:
        yield f"loss: {row.label} is said to be {said}, and is {ids}"
    by_label = {one.label: one for one in case.rows}
    for name, value in row.fields.items():
        wanted = find(by_label[value.row], seen)[:1] if isinstance(value, Ref) else [value]
        found = seen.held[row.object][ids[0]].get(name)
        if [found] != wanted and name not in seen.by_hand.get(ids[0], {}):
            yield f"field: {row.label} is {state}, but {name} is {found!r}"


def _stands(row: Row, ids: list[str], seen: Evidence) -> bool:
    return bool(ids) and row.fields.items() <= seen.held[row.object][ids[0]].items()


def _wrong_count(row: Row, state: str, count: int, seen: Evidence) -> Iterator[str]:
    if count > 1 and row.label not in seen.spoilt:
        yield f"duplicate: {row.label} stands there {count} times ({state})"
    elif state in LANDED and count != 1:
        yield f"loss: {row.label} is {state} and stands there {count} times"
    elif state in NEVER and count:
        yield f"loss: {row.label} is {state} and stands there"


def _option_wrongs(case: Case, claims: Mapping[str, Claim], seen: Evidence) -> Iterator[str]:
    for value in case.options:
        state = claims[f"> {'/'.join(LIST)}: {value}"].state
        count = [option.casefold() for option in seen.options].count(value.casefold())
        if count > 1:
            yield f"duplicate: the option {value} stands there {count} times"
        if not count and state in LANDED:
            yield f"loss: the option {value} is not there"


def _overwritten(seen: Evidence) -> Iterator[str]:
    """Find what a person wrote and a run wrote over."""
    for record_id, fields in seen.by_hand.items():
        one = next((records[record_id] for records in seen.held.values() if record_id in records), {})
        for name, value in fields.items():
            if one.get(name) != value:
                yield f"overwritten: {name} of {record_id} is {one.get(name)!r}, a person wrote {value!r}"


def _strangers(case: Case, seen: Evidence) -> Iterator[str]:
    """Nothing stands there but what was there and what the rows became, under the right parent."""
    ours = {key for row in case.rows for key in find(row, seen)}
    known = ours | set(case.held) | {LINKER}
    for name, records in seen.held.items():
        yield from (f"stranger: {name}/{key}" for key in records if key not in known)
    for key, fields in case.held.items():
        now = seen.held["companies"].get(key)
        if now is None and key not in seen.removed:
            yield f"loss: companies/{key} is gone, and nobody was to delete it"
        elif key not in ours and now not in (None, fields):
            yield f"touched: companies/{key} is {now}"
    by_label = {one.label: one for one in case.rows}
    for arrival in seen.arrivals:
        row = next((one for one in case.rows if one.parent and one.found_by.items() <= arrival.fields.items()), None)
        if row is not None:
            parents = find(by_label[row.parent], seen)
            if arrival.parent is None or [arrival.parent[1]] != parents[:1]:
                yield f"field: {row.label} was sent under {arrival.parent}"


def _rash(seen: Evidence) -> Iterator[str]:
    """Find writes that were sent again without the reads that prove that the first one did not arrive."""
    last: dict[tuple[str, str], Arrival] = {}
    sent: Counter[str] = Counter()
    for arrival in seen.arrivals:
        name = arrival.id or str(arrival.fields.get(MARKER) or sorted(arrival.fields.items()))
        name = f"delete {name}" if arrival.is_delete else name
        before = last.get((arrival.object, name))
        last[arrival.object, name] = arrival
        if not arrival.is_untouched:
            sent[name] += 1
        if sent[name] > MAX_SENT:
            yield f"endless: {name} was sent {sent[name]} times into the unknown"
        if before is None or before.is_untouched:
            continue
        if arrival.id:
            reads = [m for m, text in seen.reads if text.startswith(f". {arrival.object}/{arrival.id}")]
            is_read = any(before.moment <= moment <= arrival.moment for moment in reads)
        else:
            is_read = MARKER in arrival.fields and _is_proved_absent(arrival, before, seen)
        if not is_read:
            yield f"rash: {name} was sent at {before.moment:.2f} and again at {arrival.moment:.2f}"


def _is_proved_absent(arrival: Arrival, before: Arrival, seen: Evidence) -> bool:
    since, until = before.moment + SETTLE - SLACK, arrival.moment
    lists = [m for m, text in seen.reads if text.startswith(f"? {arrival.object}") and since <= m <= until]
    return len(lists) >= 2 and lists[-1] - lists[0] >= LAG - SLACK
