"""What references point at: resolved round by round, creating what is missing, one record for each value."""

from collections.abc import Iterator

from migrator.planner.cascades import reject_cascades, reject_dependants
from migrator.planner.decisions import Decisions
from migrator.planner.desk import Asking, Choosable, Desk
from migrator.planner.guarding import guard_created
from migrator.planner.known import INNER, spell_asked
from migrator.planner.late import staged_by, state_late
from migrator.planner.levels import LAST_WAVE, WAVES_PER_LEVEL
from migrator.planner.lines import PARENT
from migrator.planner.matching import settle_matches
from migrator.planner.missing import RecordMaker
from migrator.planner.questions import question_id
from migrator.planner.survey import label_of
from migrator.records import Action
from migrator.store.draft import STAGED, StagedProblem
from migrator.store.leaving import left_out_of
from migrator.store.references import (
    Found,
    Hit,
    fields_of,
    found_in_wave,
    found_postponed,
    found_unresolved,
    lacking,
    last_reference,
    point_at_created,
    reopen_left_out,
)
from migrator.store.resolving import ask, point

_NAMED = 5
_HINT = "add it, correct the value, or state on_missing: create | blank | skip"


class Lookups:
    """Resolves the references of a whole draft; `next_record` numbers what it creates.

    What is missing, ambiguous or rejected is put off until everything is created that lookups create, and until it is
    known which rows are rejected: so the order of rows and objects makes no difference.
    """

    def __init__(self, desk: Desk, next_record: int) -> None:
        self._desk = desk
        self._compiled = desk.compiled
        self._draft = desk.draft
        self._maker = RecordMaker(desk, next_record)
        self._created = next_record
        self._waves = sorted({wave for waves in desk.compiled.waves for wave in waves})

    def resolve_all(self) -> None:
        """Resolve, round by round; then reject what points at rejected records, and so on."""
        first, after = 1, 0
        while True:
            newest, created = last_reference(self._draft), self._maker.next_record
            self._resolve_rounds(first, after)
            if not self._maker.asks_anew:
                break
            first, after, self._maker.asks_anew = created, newest, False
        guard_created(self._desk, self._created)
        self._settle_postponed()
        for wave in self._waves:
            if wave >= LAST_WAVE:
                self._resolve_each(found_unresolved(self._draft, wave))
                self._settle_postponed()
        self._reject_lacking()
        reject_cascades(self._draft)

    def _reject_lacking(self) -> None:
        """Refuse new records whose reference was left blank, where the target demands it."""
        with Decisions(self._draft) as decisions:
            for known in self._compiled.lookups:
                item = self._compiled.objects[known.owner]
                field = item.target.field(known.slot)
                if field is None or not field.required or known.lookup.on_missing != "blank":
                    continue
                for record in lacking(self._draft, item.number, known.slot):
                    fact = f"{known.slot} is demanded by the target, and nothing was found for it"
                    hint = "add what it points at, or state on_missing: create | reject | skip"
                    decisions.reject(StagedProblem(record, item.number, "E120", known.slot, "", fact, hint))

    def _resolve_rounds(self, first: int, after: int) -> None:
        """Resolve the references behind number `after`; records from `first` on state what they can by then."""
        objects = self._compiled.objects.values()
        rounds = [wave // WAVES_PER_LEVEL for wave in self._waves if wave < LAST_WAVE]
        for level in range(max([*rounds, *(item.match_level for item in objects)], default=0) + 1):
            for item in objects:
                state_late(self._compiled, self._draft, item, level, first=first)
            if level:
                settle_matches(self._desk, level=level, first=first, created=self._created)
            for wave in self._waves:
                if wave // WAVES_PER_LEVEL == level:
                    self._resolve_wave(wave, after)

    def _resolve_wave(self, wave: int, after: int) -> None:
        """Decide what is plain by joins over whole sets, the rest one by one."""
        there = [known for known in self._compiled.lookups if wave in self._compiled.waves[known.number]]
        plain = [known for known in there if len(known.lookup.objects) == 1]
        creating = [known.number for known in plain if known.lookup.on_missing == "create"]
        is_decided = ask(self._draft, wave, [known.number for known in plain], creating, after=after)
        if is_decided and plain == there:
            self._maker.create_missing()
        else:
            self._resolve_each(found_in_wave(self._draft, wave, after=after))
        point(self._draft, wave, after=after)

    def _resolve_each(self, references: Iterator[Found]) -> None:
        with Decisions(self._draft) as decisions:
            for found in references:
                self._decide(found, decisions)
        self._maker.create_missing()
        point_at_created(self._draft)

    def _decide(self, found: Found, decisions: Decisions) -> None:
        """Resolve what is clear, note what is to be created, and put the rest off."""
        lookup = self._compiled.lookups[found.lookup].lookup
        live = _live(found)
        if len(live) == 1 or (live and lookup.on_ambiguous == "first"):
            decisions.resolve(found.record, found.field, live[0].record, item=found.item)
        elif live:
            self._follow(found, live, decisions)
        elif lookup.on_missing == "create" and not _rejected(found):
            decisions.miss(found)
        else:
            decisions.postpone(found.references)

    def _follow(self, found: Found, live: list[Hit], decisions: Decisions) -> None:
        """Do with an ambiguous reference what a person answered; put it off where nobody did."""
        answer = self._answer(found)
        chosen = next((hit.record for hit in live if self._candidate(hit).id == answer), 0)
        if chosen:
            decisions.resolve(found.record, found.field, chosen, item=found.item)
        elif answer == "create":
            decisions.miss(found)
        else:
            decisions.postpone(found.references)

    def _answer(self, found: Found) -> str:
        known = self._compiled.lookups[found.lookup]
        asks = known.lookup.on_ambiguous == "ask"
        return self._desk.answer(known.asked_target, (found.digest, found.proof)) if asks else ""

    def _candidate(self, hit: Hit) -> Choosable:
        """Name a candidate as a person does: by its id in the target, or by object and key where it is planned."""
        if hit.record < 0:
            return Choosable(hit.record, hit.key, hit.label)
        item = self._compiled.by_number(hit.object)
        label = label_of(item.target, fields_of(self._draft, hit.record))
        return Choosable(hit.record, f"{item.item.name}:{hit.key}", label or hit.key)

    def _settle_postponed(self) -> None:
        """Decide what was put off; a rejected row is no candidate, which may make another reference clear."""
        if any(item.match_level for item in self._compiled.objects.values()):
            reopen_left_out(self._draft)  # duplicates that were known late
        reject_dependants(self._draft)
        while self._settle_missing():
            reject_dependants(self._draft)
        with Decisions(self._draft) as decisions:
            for found in found_postponed(self._draft):
                if live := _live(found):
                    decisions.reject(self._ambiguous(found, live))
        reject_dependants(self._draft)

    def _settle_missing(self) -> int:
        """Decide what is missing, and what is no longer ambiguous; tells how many were decided."""
        decided, skipped = 0, 0
        with Decisions(self._draft) as decisions:
            for found in found_postponed(self._draft):
                live = _live(found)
                policy = self._compiled.lookups[found.lookup].lookup.on_missing
                holder = live[0].record if len(live) == 1 else 0 if live else _rejected(found)
                decided += bool(holder) or (not live and policy in {"reject", "skip", "create"})
                if holder:  # the cascade tells the cause if that is rejected
                    decisions.resolve(found.record, found.field, holder, item=found.item)
                elif not live and policy in {"reject", "create"}:
                    decisions.reject(self._problem(found, self._missing(found)))
                elif not live and policy == "skip":
                    decisions.skip(found.record)
                    skipped += 1
        return decided + (reopen_left_out(self._draft) if skipped else 0)

    def _ambiguous(self, found: Found, live: list[Hit]) -> StagedProblem:
        """Refuse a record whose reference has several answers, or put the question to a person."""
        known = self._compiled.lookups[found.lookup]
        refused = self._problem(found, _ambiguous(live))
        if known.lookup.on_ambiguous != "ask" or self._answer(found) == "reject":
            return refused
        question = question_id(known.asked_target, (found.digest, found.proof))
        asking = Asking(question, found.record, found.object, refused.field, refused.value)
        return self._desk.ask(asking, map(self._candidate, live))

    def _missing(self, found: Found) -> tuple[str, str, str]:
        lookup = self._compiled.lookups[found.lookup].lookup
        outside = f"not in the source, nor in {self._compiled.catalog.connector}"
        dropped = left_out_of(self._draft, found.digest, found.proof)
        why = f"its row {dropped[0]}:{dropped[1]} was left out by step {dropped[2]}" if dropped else outside
        why = "its row was left out" if found.hits else why
        why += ", nor anything to create it with" if lookup.on_missing == "create" else ""
        return "E203", f"no {' or '.join(lookup.objects)} found, {why}", _HINT

    def _problem(self, found: Found, why: tuple[str, str, str]) -> StagedProblem:
        """Say why a reference rejects its record: code, fact and hint, with the value that was looked for."""
        code, fact, hint = why
        known = self._compiled.lookups[found.lookup]
        fields = fields_of(self._draft, found.record)
        value = spell_asked(staged_by(self._compiled, known, fields, found.field, found.item))
        name = "parent" if found.field == PARENT else found.field.removeprefix(INNER)
        return StagedProblem(found.record, found.object, code, name, value, f"{fact}: '{value}'", hint)


def _live(found: Found) -> list[Hit]:
    return [hit for hit in found.hits if hit.record < 0 or hit.state == STAGED]


def _rejected(found: Found) -> int:
    """Give a rejected record that a reference found; 0 where it found none."""
    return next((hit.record for hit in found.hits if hit.state == Action.REJECT), 0)


def _ambiguous(live: list[Hit]) -> tuple[str, str, str]:
    listed = "; ".join(_spell(hit) for hit in live[:_NAMED])
    more = f" and {len(live) - _NAMED} more" if len(live) > _NAMED else ""
    fact = f"{len(live)} records answer: {listed}{more}"
    return "E205", fact, "look it up by key or id, or by more fields"


def _spell(hit: Hit) -> str:
    place = f"{hit.file}:{hit.row}" if hit.row else "in the target"
    return f"{hit.label or hit.key} ({place})"
