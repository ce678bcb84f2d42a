"""What is in doubt is read before anything is sent again (guarantees.md, section 4, T10 to T12).

After the settle time the target is read. A create is recognised by its marker: found once with the fields that were
sent, it is adopted; absent from two complete reads that also show the newest record known to exist, it may be sent
again; anything else is put in quarantine for a person. Updates are compared with what was sent and what stood before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from migrator.connectors.protocols import Target
from migrator.executor.bodies import Waits, fill
from migrator.executor.result import Applying, Event, Phase
from migrator.records import Action, Canonical, Fields, TargetRecord, Tier, Write, differing_fields
from migrator.store.changes import Change
from migrator.store.endings import Attempt, Ending
from migrator.store.journal import Journal
from migrator.store.plan import Plan
from migrator.store.states import State

MAX_ATTEMPTS = 3
MAX_SCANS = 3
MARGIN_MINUTES = 15
STEP_SECONDS = 1.0

_BLIND = "in doubt: this target offers no way to find out whether it was created"

Doubt = tuple[Change, Attempt]


@dataclass(kw_only=True, slots=True)
class _Scan:
    """One complete read of an object: what bears a marker that was asked for, and all ids."""

    by_marker: dict[str, list[TargetRecord]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    is_complete: bool = True


class Settler:
    """Decides the operations of one plan that nobody knows the end of."""

    def __init__(self, plan: Plan, journal: Journal, target: Target, how: Applying) -> None:
        self._plan = plan
        self._journal = journal
        self._target = target
        self._how = how
        self._mapping: str = plan.header["mapping"]["name"]

    async def settle(self, doubts: list[Doubt]) -> None:
        """Wait until nothing sent can land any more, then decide all. Raises TargetError where a read fails."""
        await self._wait(doubts)
        if self._how.stop.is_asked:
            return
        creates = [doubt for doubt in doubts if doubt[0].action is Action.CREATE]
        for change, _attempt in doubts:
            if change.action is Action.APPEND:
                await self._settle_append(change)
            elif change.action is Action.DELETE:
                await self._settle_delete(change)
            elif change.action is not Action.CREATE:
                await self._settle_update(change)
        for name in dict.fromkeys(change.object for change, _attempt in creates):
            await self._settle_creates(name, [doubt for doubt in creates if doubt[0].object == name])

    async def confirm(self, refused: Mapping[str, tuple[Change, str]]) -> None:
        """Believe refusals that came with a status of failure, after one read that does not show the record.

        Where no read can show it, a person decides.
        """
        for change, words in refused.values():
            if change.action is Action.DELETE:
                await self._settle_delete(change, words)
            elif change.action is not Action.CREATE:
                await self._settle_update(change, words)
        changes = [change for change, _words in refused.values() if change.action is Action.CREATE]
        for name in dict.fromkeys(change.object for change in changes):
            mine = [change for change in changes if change.object == name]
            if self._tier(name) is not Tier.MARKER:
                for change in mine:
                    self._quarantine([change], f"{_BLIND}; the target answered: {refused[change.id][1]}")
                continue
            found = await self._scan(name, mine, minutes=MARGIN_MINUTES)
            for change in mine:
                if found.by_marker.get(change.marker or ""):
                    self._adopt(change, found.by_marker[change.marker or ""])
                else:
                    words = refused[change.id][1]
                    self._journal.close(change, Ending(state=State.REJECTED, reason=words))

    async def _wait(self, doubts: list[Doubt]) -> None:
        remaining = max(self._remaining(*doubt) for doubt in doubts)
        if remaining > 0:
            writes = "1 write" if len(doubts) == 1 else f"{len(doubts)} writes"
            text = (
                f"{writes} without an answer; the target is read in {max(remaining, 1):.0f} s, before anything is sent"
            )
            self._how.tell(Event(phase=Phase.SETTLING, total=len(doubts), text=text))
        until = self._how.clock.monotonic() + remaining
        while not self._how.stop.is_asked and (left := until - self._how.clock.monotonic()) > 0:
            await self._how.clock.sleep(min(STEP_SECONDS, left))

    def _remaining(self, change: Change, attempt: Attempt) -> float:
        """Give the rest of the settle time; all of it where the clocks of two boots cannot be compared.

        What is read but once waits until reads show what landed last, too; creates and options are read twice for that.
        """
        is_read_twice = change.action in {Action.CREATE, Action.APPEND}
        whole = self._target.settle_seconds + (0 if is_read_twice else self._target.lag_seconds)
        passed = (self._how.clock.boottime_ns() - attempt.boottime_ns) / 1e9
        is_comparable = bool(attempt.boot_id) and attempt.boot_id == self._how.clock.boot_id() and passed >= 0
        return max(0.0, whole - passed) if is_comparable else whole

    def _tier(self, name: str) -> Tier:
        return Tier(self._plan.header["objects"][name]["tier"])

    async def _settle_update(self, change: Change, refusal: str | None = None) -> None:
        """Compare the record with what was sent and what stood before; where neither is there, a person decides."""
        write = fill(change, self._journal, self._mapping)
        if isinstance(write, Waits):
            return
        held = await self._target.get(change.target, write.id, write.parent)
        fields = held.fields if held else {}
        if held and not differing(self._target, change.target, write.fields, fields):
            ending = Ending(state=State.APPLIED, target_id=write.id, fields=write.fields, outcome="adopted")
        elif held and not differing(self._target, change.target, change.before, fields):
            ending = self._again(change) if refusal is None else Ending(state=State.REJECTED, reason=refusal)
        else:
            names = (
                ", ".join(differing(self._target, change.target, write.fields, fields))
                if held
                else "the record is gone"
            )
            ending = Ending(state=State.QUARANTINED, outcome="drift", reason=f"drift: {names}")
        self._journal.close(change, ending)

    async def _settle_delete(self, change: Change, refusal: str = "") -> None:
        """Read what was to be deleted: gone is done; as it was, it stays refused or may be sent again."""
        target_id = change.target_id or ""
        held = await self._target.get(change.target, target_id, change.parent)
        if held is None:
            ending = Ending(state=State.APPLIED, target_id=target_id, outcome="adopted", reason="gone from the target")
        elif refusal:
            ending = Ending(state=State.REJECTED, reason=refusal)
        elif names := differing(self._target, change.target, change.before, held.fields):
            ending = Ending(state=State.QUARANTINED, outcome="drift", reason=f"drift: {', '.join(names)}")
        else:
            ending = self._again(change, "still there")
        self._journal.close(change, ending)

    async def _settle_append(self, change: Change) -> None:
        """Look for the option in two reads of its list; no quarantine, since a run does not begin without it."""
        ((field_name, value),) = change.after.items()
        for is_last in (False, True):
            held = await self._target.options(change.target, field_name)
            if value.casefold() in {option.casefold() for option in held}:
                ending = Ending(
                    state=State.APPLIED, target_id=change.key, outcome="adopted", reason="found in its list"
                )
                self._journal.close(change, ending)
                return
            if not is_last:
                await self._how.clock.sleep(self._target.lag_seconds)
        self._journal.close(change, Ending(state=State.PLANNED, outcome="absent"))

    async def _settle_creates(self, name: str, doubts: list[Doubt]) -> None:
        if self._tier(name) is not Tier.MARKER:
            self._quarantine([change for change, _attempt in doubts], _BLIND)
            return
        open_changes = [change for change, _attempt in doubts]
        minutes: int | None = self._minutes(name, (attempt.wall for _change, attempt in doubts))
        for is_last in (False, True):
            found = await self._read(name, open_changes, minutes)
            if found is None:
                self._quarantine(open_changes, "in doubt: the target's lists do not show what is known to exist")
                return
            for change in open_changes:
                if records := found.by_marker.get(change.marker or ""):
                    self._adopt(change, records)
            open_changes = [change for change in open_changes if change.marker not in found.by_marker]
            if not open_changes or is_last:
                break
            await self._how.clock.sleep(self._target.lag_seconds)
        for change in open_changes:
            self._journal.close(change, self._again(change))

    def _minutes(self, name: str, walls: Iterable[str]) -> int:
        """Give a span that surely covers the attempts and the canary; the server's clock may differ from ours."""
        moments = [datetime.fromisoformat(wall) for wall in (*walls, *self._journal.newest_walls(name))]
        passed = (self._how.clock.now() - min(moments)).total_seconds()
        return int(max(0.0, passed) // 60) + 1 + MARGIN_MINUTES

    async def _read(self, name: str, changes: list[Change], minutes: int | None) -> _Scan | None:
        """Read until one read is complete and shows the canary; None if none does. The last ones read everything."""
        canary = self._journal.newest_applied(name)
        for attempt in range(MAX_SCANS):
            found = await self._scan(name, changes, minutes=minutes if attempt == 0 else None)
            if found.is_complete and (canary is None or canary[0].lower() in found.ids):
                return found
            await self._how.clock.sleep(self._target.lag_seconds)
        return None

    async def _scan(self, name: str, changes: list[Change], *, minutes: int | None) -> _Scan:
        target_name: str = self._plan.header["objects"][name]["target"]
        field_name: str = self._plan.header["objects"][name]["marker"]
        wanted = {change.marker for change in changes}
        found = _Scan()
        if self._target.can_find(target_name):
            canary = self._journal.newest_applied(name) or ("", "")
            asked = sorted(filter(None, {*(change.marker for change in changes), canary[1]}))
            pages = self._target.find(target_name, field_name, asked)
        else:
            pages = self._target.read(target_name, minutes=minutes)
        async for page in pages:
            for record in page:
                key = record.id.lower()
                found.is_complete = found.is_complete and key not in found.ids
                found.ids.add(key)
                marker = record.fields.get(field_name)
                if marker in wanted:
                    found.by_marker.setdefault(str(marker), []).append(record)
        return found

    def _adopt(self, change: Change, records: list[TargetRecord]) -> None:
        """Take a record that bears our marker for the one that was sent, if it is alone and as it was sent."""
        write = fill(change, self._journal, self._mapping)
        fields: Fields = write.fields if isinstance(write, Write) else {}
        names = differing(self._target, change.target, fields, records[0].fields)
        if len(records) > 1:
            listed = ", ".join(record.id for record in records)
            reason = f"duplicate: {len(records)} records bear the marker {change.marker}: {listed}"
            self._journal.close(change, Ending(state=State.QUARANTINED, outcome="duplicate", reason=reason))
        elif names:
            reason = f"drift: {records[0].id} bears the marker, but differs in {', '.join(names)}"
            self._journal.close(change, Ending(state=State.QUARANTINED, outcome="drift", reason=reason))
        else:
            reason = "adopted: found by its marker"
            ending = Ending(
                state=State.APPLIED, target_id=records[0].id, fields=fields, outcome="adopted", reason=reason
            )
            self._journal.close(change, ending)

    def _again(self, change: Change, found: str = "never found") -> Ending:
        doubts = self._journal.doubts_of(change)
        if doubts >= MAX_ATTEMPTS:
            reason = f"in doubt: sent {doubts} times, {found}"
            return Ending(state=State.QUARANTINED, outcome="in doubt", reason=reason)
        return Ending(state=State.PLANNED, outcome="absent")

    def _quarantine(self, changes: list[Change], reason: str) -> None:
        for change in changes:
            self._journal.close(change, Ending(state=State.QUARANTINED, outcome="in doubt", reason=reason))


def differing(target: Target, name: str, mine: Mapping[str, Canonical], theirs: Fields) -> list[str]:
    """Name the fields of ours that stand otherwise in a record of the target; a blank is no value."""
    return differing_fields(target.catalog.objects[name], mine, theirs)
