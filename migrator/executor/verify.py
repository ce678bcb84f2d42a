"""Reads back what a plan wrote, and compares it with the plan; no request writes (guarantees.md, section 10)."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from migrator.connectors.protocols import Target
from migrator.executor.bodies import Waits, fill
from migrator.executor.preflight import check_known, check_target
from migrator.executor.result import Event, Phase
from migrator.pointers import filled
from migrator.ports import Clock, SystemClock
from migrator.records import Action, Canonical, Field, Fields, Kind, TargetRecord, same_value
from migrator.store.changes import Change
from migrator.store.journal import Journal
from migrator.store.ledger import Ledger
from migrator.store.plan import Plan
from migrator.store.readback import (
    MARKER,
    Finding,
    Match,
    Sightings,
    Verification,
    count_landed,
    is_deleted_later,
    keep,
    landed,
    written_later,
)

MAX_FIRST = 50
SAMPLE = 200

_RANK = [Match.EQUAL, Match.NORMALISED, Match.DIFFERENT, Match.MISSING]
_REWRITTEN = "as a later run wrote it"
_DELETED = "deleted by a later run"
_BLANK: Sequence[Canonical] = (None, "", [])


@dataclass(frozen=True, kw_only=True, slots=True)
class Verifying:
    """How much is read back, all if `sample` is None; `note` is given each finding, with its values."""

    sample: int | None = SAMPLE
    note: Callable[[Finding], None] = lambda _finding: None
    tell: Callable[[Event], None] = lambda _event: None
    clock: Clock = field(default_factory=SystemClock)


async def verify_plan(plan: Plan, target: Target, ledger: Ledger, how: Verifying | None = None) -> Verification:
    """Read back what a plan wrote, by id, and look through its objects for what is there twice or not at all.

    Only the ledger is written to: what stands as planned is verified (T13), and what was found is kept for reports.
    Raises PlanError, StoreError or TargetError.
    """
    how = how or Verifying()
    check_known(plan, ledger)
    await check_target(plan, target)
    reading = _Reading(plan, target, ledger, how)
    await reading.read_landed()
    with Sightings(ledger, plan) as sightings:
        await reading.look_through(sightings)
    found = reading.result()
    keep(ledger, plan, found)
    return found


class _Reading:
    """One reading back."""

    def __init__(self, plan: Plan, target: Target, ledger: Ledger, how: Verifying) -> None:
        self._plan = plan
        self._target = target
        self._ledger = ledger
        self._how = how
        self._journal = Journal(ledger, plan, how.clock)
        self._mapping: str = plan.header["mapping"]["name"]
        self._landed = count_landed(ledger, plan)
        self._records = Counter({str(match): 0 for match in _RANK})
        self._fields: dict[str, Counter[str]] = {}
        self._rules: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._totals: dict[str, dict[str, int | None]] = {}
        self._first: list[Finding] = []
        self._sampled: set[int] = set()

    async def read_landed(self) -> None:
        """Read what landed, each by its id, and verify what stands as planned."""
        total = min(self._landed, self._how.sample or self._landed)
        for batch in landed(self._ledger, self._plan, self._how.sample):
            if self._how.sample is not None:
                self._sampled.update(change.seq for change, _target_id in batch)
            read = {change.seq: await self._read(change, target_id) for change, target_id in batch}
            self._journal.confirm({seq: names for seq, names in read.items() if names is not None})
            done = self._records.total()
            self._how.tell(Event(phase=Phase.PROGRESS, object=batch[-1][0].object, done=done, total=total))

    async def look_through(self, sightings: Sightings) -> None:
        """List the objects that records were created in, and tell what bears one marker or match value twice."""
        facts = self._plan.header["objects"]
        made = {name: one["target"] for name, one in facts.items() if one["create"] or one["for_lookups"]}
        made = {name: to for name, to in made.items() if facts[name]["is_listed"]}
        sightings.expect(made)
        for to in dict.fromkeys(made.values()):
            kinds = list(self._kinds(to))
            async for page in self._target.read(to):
                sightings.see(row for record in page for row in _sighted(to, record, kinds))
            before = next(one["in_target"] for one in facts.values() if one["target"] == to)
            now, ours = sightings.count(to)
            self._totals[to] = {"before": before, "created": ours, "now": now}
        sightings.sort()
        for to, kind, value, ids in sightings.twice():
            name, key = self._owner(to, ids)
            rule = f"{len(ids)} records"
            self._add("duplicate", Finding(name, "", key, ", ".join(ids), "DUPLICATE", kind, rule, planned=value))
        for change in sightings.unexpected():
            state = self._journal.state_of(change.id)
            rule = f"it bears the marker, but the operation is {state}"
            self._add("unexpected", Finding(change.object, change.place, change.key, "", "UNEXPECTED", "", rule))
        for change, target_id in sightings.unseen():
            if self._how.sample is not None and change.seq not in self._sampled:
                await self._read(change, target_id)

    def result(self) -> Verification:
        """Say what was found."""
        return Verification(
            landed=self._landed,
            records=dict(self._records),
            fields={name: dict(counts) for name, counts in sorted(self._fields.items())},
            rules=dict(self._rules),
            duplicates=self._others["duplicate"],
            unexpected=self._others["unexpected"],
            totals=self._totals,
            first=tuple(self._first),
            wall=self._how.clock.now().isoformat(timespec="seconds"),
            later=self._others["later"],
        )

    async def _read(self, change: Change, target_id: str) -> list[str] | None:
        """Read one record, and compare it with what was written.

        Where it stands as planned, gives the names of the other fields that are filled.
        """
        write = fill(change, self._journal, self._mapping)
        sent, parent = ({}, None) if isinstance(write, Waits) else (write.fields, write.parent)
        held = await self._target.get(change.target, target_id, parent)
        later = self._later(change, target_id, sent, held)
        findings = list(self._compared(change, target_id, {**sent, **later}, held)) if later is not None else []
        worst = max((Match(one.match) for one in findings), key=_RANK.index, default=Match.EQUAL)
        self._records[worst] += 1
        self._others["later"] += later is None or bool(later)
        rule = _DELETED if later is None else _REWRITTEN if later else ""
        for finding in findings or [_finding(change, target_id, Match.EQUAL, rule=rule)]:
            self._note(finding)
        if worst not in {Match.EQUAL, Match.NORMALISED} or rule:
            return None
        others = filled(self._target.catalog.objects[change.target], held.fields if held else {})
        return [name for name in others if name not in sent]

    def _later(
        self, change: Change, target_id: str, sent: Fields, held: TargetRecord | None
    ) -> dict[str, Canonical] | None:
        """Give what a later run of this ledger put into the fields that were sent; None where it deleted the record."""
        if change.action is Action.DELETE:
            return {}
        if held is None:
            return None if is_deleted_later(self._ledger, self._plan, change, target_id) else {}
        newest = written_later(self._ledger, self._plan, change, target_id)
        return {name: newest[name] for name, value in sent.items() if name in newest and newest[name] != value}

    def _compared(self, change: Change, target_id: str, sent: Fields, held: TargetRecord | None) -> Iterator[Finding]:
        """Tell what of a record is not to the letter as it was last written by this ledger's runs."""
        if change.action is Action.DELETE:
            yield from [_finding(change, target_id, Match.DIFFERENT, rule="it is still there")] if held else []
            return
        if held is None:
            yield _finding(change, target_id, Match.MISSING, rule="the target has no such record")
            return
        item = self._target.catalog.objects[change.target]
        for name, value in sent.items():
            theirs = held.fields.get(name)
            match, rule = _compare(item.field(name), value, theirs)
            if match is not Match.EQUAL:
                one = _finding(change, target_id, match, name, rule)
                yield one._replace(planned=value, found=theirs)

    def _note(self, finding: Finding) -> None:
        self._how.note(finding)
        if finding.field and finding.match in _RANK:
            self._fields.setdefault(f"{finding.object}.{finding.field}", Counter())[finding.match] += 1
        if finding.match == Match.NORMALISED:
            self._rules[finding.rule] += 1
        elif finding.match != Match.EQUAL and len(self._first) < MAX_FIRST:
            self._first.append(finding._replace(planned=None, found=None))

    def _add(self, what: str, finding: Finding) -> None:
        self._others[what] += 1
        self._note(finding)

    def _owner(self, to: str, ids: Sequence[str]) -> tuple[str, str]:
        """Name the row of ours that became one of these records: its object and key."""
        names = [name for name, facts in self._plan.header["objects"].items() if facts["target"] == to]
        owners = ((name, self._journal.holder_of(name, target_id)) for name in names for target_id in ids)
        return next((owner for owner in owners if owner[1]), (to, ""))

    def _kinds(self, to: str) -> Iterator[tuple[str, Sequence[Sequence[Sequence[str]]]]]:
        """Give, for each object of the mapping, its marker and its match lines."""
        for facts in self._plan.header["objects"].values():
            if facts["target"] == to:
                yield facts["marker"], facts.get("match", ())


def _finding(change: Change, target_id: str, match: Match, field_name: str = "", rule: str = "") -> Finding:
    return Finding(change.object, change.place, change.key, target_id, match, field_name, rule)


def _compare(known: Field | None, mine: Canonical, theirs: Canonical) -> tuple[Match, str]:
    """Compare two values; also gives the name of what the target itself does to such a value, if that is all."""
    kind, normalised = (known.kind, known.normalised) if known else (Kind.TEXT, "")
    if (mine in _BLANK and theirs in _BLANK) or same_value(kind, mine, theirs):
        return Match.EQUAL, ""
    if normalised and same_value(kind, mine, theirs, normalised):
        return Match.NORMALISED, normalised
    return (Match.MISSING, "the target dropped it") if theirs in _BLANK else (Match.DIFFERENT, "")


def _sighted(
    to: str, record: TargetRecord, kinds: Sequence[tuple[str, Sequence[Sequence[Sequence[str]]]]]
) -> Iterator[tuple[str, str, str, str]]:
    """Give what of a record should be there once: its marker, and the values of its first filled match line."""
    yield to, "", "", record.id
    for marker, lines in kinds:
        if marker and (value := record.fields.get(marker)):
            yield to, MARKER, str(value), record.id
        for line in lines:
            values = [next((text for name in part if (text := _folded(record.fields.get(name)))), "") for part in line]
            if all(values):
                yield to, ", ".join(part[0] for part in line), ", ".join(values), record.id
                break


def _folded(value: Canonical) -> str:
    return "" if value in _BLANK else unicodedata.normalize("NFC", " ".join(str(value).casefold().split()))
