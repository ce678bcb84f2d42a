"""A CRM in memory: what each write does is scripted, and its own history is what the tests believe."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from showing import shown

from migrator.connectors.protocols import Intend, go_ahead
from migrator.connectors.rest.reading import read_definition
from migrator.errors import Problem
from migrator.records import Identity, Outcome, TargetRecord, Verdict, Write
from migrator.resources import packaged

CRELATE = read_definition(packaged("connectors", "definitions", "crelate.yaml")).catalog
ACCOUNT = "f" * 64
MARKER = "ExternalPrimaryKey"
READY_TURNS = 4  # of the event loop, which a commit that is shared and the request behind it take
START = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)

SILENCE = Outcome(verdict=Verdict.IN_DOUBT, message="no answer within 5 s")
REFUSAL = Outcome(verdict=Verdict.REFUSED, status=422, message="Name is too long")
LIKELY_REFUSAL = Outcome(verdict=Verdict.REFUSED, status=500, message="Name is required", confirm=True)
BUSY = Outcome(verdict=Verdict.NOT_APPLIED, status=429, message="too many requests", wait_seconds=7.0)
UNREACHED = Outcome(verdict=Verdict.NOT_SENT, message="connection refused")
GONE = Outcome(verdict=Verdict.GONE, status=404, message="there is no such record")
UNAUTHORISED = Outcome(
    verdict=Verdict.NOT_APPLIED,
    status=401,
    message="not authorised",
    halt=Problem(code="E902", place="crelate", fact="not authorised (401)", hint="regenerated?"),
)


class Killed(BaseException):
    """The death of the process, as far as a test can stage it in one."""


class FakeClock:
    """Clocks that go on only while somebody sleeps; `on_sleep` sees each sleep before it begins."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.boot = "boot-1"
        self.boot_offset = 0.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """Give the wall time."""
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Give the seconds that were slept."""
        return self.seconds

    def boottime_ns(self) -> int:
        """Give the same since a boot, which `boot_offset` moves."""
        return round((self.seconds + self.boot_offset) * 1e9)

    def boot_id(self) -> str:
        """Name the boot."""
        return self.boot

    async def sleep(self, seconds: float) -> None:
        """Go on as soon as nobody else is ready: no time passes while others work."""
        self.on_sleep()
        self.slept.append(seconds)
        for _turn in range(READY_TURNS if len(asyncio.all_tasks()) > 1 else 0):
            await asyncio.sleep(0)
        self.seconds += seconds
        await asyncio.sleep(0)

    def restart(self, boot: str = "boot-2") -> None:
        """Let the machine boot anew: boot time begins again, and cannot be compared."""
        self.boot = boot
        self.boot_offset = -self.seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """What one write does.

    It takes effect or not, after `late_seconds`, in so many `copies`, with `stored` in the place of what was sent; it
    is answered with `answer` (None: success), never, or by the death of whoever sent it.
    """

    commits: bool = True
    answer: Outcome | None = None
    late_seconds: float = 0.0
    copies: int = 1
    stored: Mapping[str, Any] = field(default_factory=dict)
    hangs: bool = False
    dies: bool = False


DONE = Act()
LOST = Act(commits=False, answer=SILENCE)
UNANSWERED = Act(answer=SILENCE)
REFUSED = Act(commits=False, answer=REFUSAL)
LIKELY_REFUSED = Act(commits=False, answer=LIKELY_REFUSAL)
THROTTLED = Act(commits=False, answer=BUSY)
UNSENT = Act(commits=False, answer=UNREACHED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing that the CRM saw: when, and as text.

    `+ companies/1` is a create that came in, `~ companies/c1` an update, `- companies/c1` a delete, `= companies/c1` a
    commit, `? companies` a list that was read, `. companies/c1` a record that was read, `> companies.Name: A` options
    that came in.
    """

    moment: float
    text: str


@dataclass(kw_only=True, slots=True)
class _Stored:
    """A record in all its versions, each from a moment on; None is its end."""

    object: str
    versions: list[tuple[float, dict[str, Any] | None]]

    def at(self, moment: float) -> dict[str, Any] | None:
        seen = [fields for since, fields in self.versions if since <= moment]
        return seen[-1] if seen else None


class PracticeTarget:
    """A target whose every answer is known beforehand.

    `script` is what the next writes do, `otherwise` what those do that come after; `read_lag` is how much later a
    commit can be read; `shifts` and `hidden` spoil so many of the lists that are read next.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.catalog = CRELATE
        self.concurrency = 1
        self.bulk = 1
        self.settle_seconds = 20.0
        self.lag_seconds = 4.0
        self.requests_per_second: float | None = None
        self.clock = clock
        self.account = ACCOUNT
        self.script: list[Act] = []
        self.otherwise: Callable[[Write], Act] = lambda _write: DONE
        self.on_write: Callable[[Write], None] = lambda _write: None
        self.on_turn: Intend = go_ahead
        self.on_read: Callable[[], None] = lambda: None
        self.read_faults: list[BaseException] = []
        self.read_lag = 0.0
        self.shifts = 0
        self.hidden: dict[str, int] = {}
        self.lists: dict[tuple[str, str], list[tuple[float, str]]] = {}
        self.history: list[Entry] = []
        self.most_under_way = 0
        self._under_way = 0
        self._stored: dict[str, _Stored] = {}
        self._late: list[tuple[float, Write]] = []
        self._ids = 0
        self.kept: set[str] = set()
        self._deleting: set[str] = set()
        self._not_before = 0.0

    def hold(self, name: str, record_id: str, **fields: Any) -> str:
        """Put a record into the CRM, and give its id."""
        self._stored[record_id] = _Stored(object=name, versions=[(0.0, fields)])
        return record_id

    def edit(self, record_id: str, **fields: Any) -> None:
        """Let a person change a record."""
        self._commit_late()
        self._change(record_id, fields, self.clock.seconds)

    def remove(self, record_id: str) -> None:
        """Let a person delete a record."""
        self._stored[record_id].versions.append((self.clock.seconds, None))

    def held(self, name: str) -> dict[str, dict[str, Any]]:
        """Give what the CRM holds by now, whatever its lists show."""
        self._commit_late()
        found = {key: item.at(self.clock.seconds) for key, item in self._stored.items() if item.object == name}
        return {key: fields for key, fields in found.items() if fields is not None}

    def seen(self, runes: str = "+~=") -> list[str]:
        """Give the history, or only what begins with these runes."""
        return [entry.text for entry in self.history if entry.text[0] in runes]

    def moments(self, text: str) -> list[float]:
        """Tell when something was seen."""
        return [entry.moment for entry in self.history if entry.text == text]

    async def identify(self) -> Identity:
        """Tell which account this is."""
        return Identity(origin="https://crm.example", fingerprint=self.account)

    async def read(
        self, name: str, *, minutes: int | None = None, only: Collection[str] = ()
    ) -> AsyncIterator[list[TargetRecord]]:
        """List an object by pages of two."""
        self._note(f"? {name}" + ("" if minutes is None else f" {minutes}"))
        self.on_read()
        self._fail()
        found = [record for record in self._listed(name, minutes) if not self._is_hidden(record)]
        if self.shifts and found:
            self.shifts -= 1
            found = [*found, found[0]]
        for start in range(0, len(found), 2):
            yield [shown(record, only) for record in found[start : start + 2]]

    async def get(self, name: str, record_id: str, _parent: tuple[str, str] | None = None) -> TargetRecord | None:
        """Read one record."""
        self._note(f". {name}/{record_id}")
        self.on_read()
        self._fail()
        await asyncio.sleep(0)
        stored = self._stored.get(record_id)
        fields = stored.at(self.clock.seconds - self.read_lag) if stored and stored.object == name else None
        return None if fields is None else TargetRecord(id=record_id, fields=fields)

    async def write(self, change: Write, intend: Intend = go_ahead) -> Outcome:
        """Do what the script says, once the time has come that a 429 named."""
        return await self._take(
            change, f"~ {change.object}/{change.id}" if change.id else f"+ {_label(change)}", intend
        )

    def can_delete(self, name: str) -> bool:
        """Delete records of all objects but those that a test says."""
        return name not in self.kept

    async def delete(self, change: Write, intend: Intend = go_ahead) -> Outcome:
        """Do what the script says to a record that is to go."""
        self._deleting.add(change.id)
        return await self._take(change, f"- {change.object}/{change.id}", intend)

    async def _take(self, change: Write, text: str, intend: Intend) -> Outcome:
        while self.clock.seconds < self._not_before:
            await self.clock.sleep(self._not_before - self.clock.seconds)
        await self.on_turn()
        await intend()
        self._note(text)
        self.on_write(change)
        act = self.script.pop(0) if self.script else self.otherwise(change)
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            return await self._perform(change, act)
        finally:
            self._under_way -= 1

    def bulk_size(self, _name: str) -> int:
        """Tell how many creates go into one call."""
        return self.bulk

    async def write_many(self, changes: Sequence[Write], intend: Intend = go_ahead) -> list[Outcome]:
        """Do what the script says to all, or nothing where one of them is refused."""
        await self.on_turn()
        await intend()
        self._note(f"* {changes[0].object}/{len(changes)}")
        for change in changes:
            self.on_write(change)
        act = self.script.pop(0) if self.script else DONE
        if any(self.otherwise(change).answer is REFUSAL for change in changes):
            act = REFUSED
        return [await self._perform(change, act) for change in changes]

    def pages_left(self, _name: str) -> int | None:
        """Tell nothing of what follows."""
        return None

    def can_find(self, _name: str) -> int:
        """Offer lists only."""
        return 0

    async def find(self, name: str, _field: str, _values: Sequence[str]) -> AsyncIterator[list[TargetRecord]]:
        """Answer with the whole list."""
        async for page in self.read(name):
            yield page

    def options_of(self, name: str, field: str) -> list[str]:
        """Give the picklist of a field, whatever a read shows."""
        return [value for _moment, value in self.lists.get((name, field), [])]

    async def options(self, name: str, field: str) -> tuple[str, ...]:
        """Read a picklist."""
        self._note(f"? {name}.{field}")
        self.on_read()
        self._fail()
        moment = self.clock.seconds - self.read_lag
        return tuple(value for since, value in self.lists.get((name, field), []) if since <= moment)

    async def append_options(self, name: str, field: str, values: Sequence[str], intend: Intend = go_ahead) -> Outcome:
        """Read the list, and do with what it lacks what the script says."""
        known = await self.options(name, field)
        new = [value for value in values if value not in known]
        if not new:
            return Outcome(verdict=Verdict.APPLIED, target_id=field)
        await intend()
        self._note(f"> {name}.{field}: {', '.join(new)}")
        act = self.script.pop(0) if self.script else DONE
        if act.commits:
            moment = self.clock.seconds + act.late_seconds
            self.lists.setdefault((name, field), []).extend((moment, value) for value in new)
        if act.dies:
            raise Killed
        return act.answer or Outcome(verdict=Verdict.APPLIED, target_id=field, status=200)

    def write_calls(self, name: str, *, is_update: bool) -> int:
        """Take one request for a create and two for an update."""
        assert name in self.catalog.objects
        return 2 if is_update else 1

    async def _perform(self, change: Write, act: Act) -> Outcome:
        written = Write(object=change.object, fields={**change.fields, **act.stored}, id=change.id)
        target_id, is_gone = change.id, self._is_gone(change.id)
        if act.commits and act.late_seconds:
            self._late.append((self.clock.seconds + act.late_seconds, written))
        elif act.commits:
            target_id, *_more = [self._commit(written, self.clock.seconds) for _copy in range(act.copies)]
        if act.dies:
            raise Killed
        await asyncio.sleep(0)
        if act.hangs:
            await asyncio.Event().wait()
        if act.answer is None and is_gone:
            return GONE
        if act.answer is None:
            return Outcome(verdict=Verdict.APPLIED, target_id=target_id, status=200)
        if act.answer.wait_seconds:
            self._not_before = self.clock.seconds + act.answer.wait_seconds
        return act.answer

    def _commit(self, change: Write, moment: float) -> str:
        record_id = change.id
        if self._is_gone(record_id):
            return record_id
        if record_id in self._deleting:
            self._stored[record_id].versions.append((moment, None))
        elif record_id:
            self._change(record_id, change.fields, moment)
        else:
            self._ids += 1
            record_id = f"{change.object[0]}{self._ids}"
            self._stored[record_id] = _Stored(object=change.object, versions=[(moment, dict(change.fields))])
        self.history.append(Entry(moment=moment, text=f"= {change.object}/{record_id}"))
        return record_id

    def _is_gone(self, record_id: str) -> bool:
        return bool(record_id) and self._stored[record_id].versions[-1][1] is None

    def _change(self, record_id: str, fields: Mapping[str, Any], moment: float) -> None:
        stored = self._stored[record_id]
        whole = {**(stored.versions[-1][1] or {}), **fields}
        stored.versions.append((moment, whole))

    def _commit_late(self) -> None:
        due = sorted((item for item in self._late if item[0] <= self.clock.seconds), key=itemgetter(0))
        self._late = [item for item in self._late if item[0] > self.clock.seconds]
        for moment, change in due:
            self._commit(change, moment)

    def _listed(self, name: str, minutes: int | None) -> list[TargetRecord]:
        since = 0.0 if minutes is None else self.clock.seconds - 60 * minutes
        moment = self.clock.seconds - self.read_lag
        found = []
        for record_id, stored in self._stored.items():
            fields = stored.at(moment) if stored.object == name else None
            if fields is not None and stored.versions[-1][0] >= since:
                found.append(TargetRecord(id=record_id, fields=fields))
        return found

    def _is_hidden(self, record: TargetRecord) -> bool:
        left = self.hidden.get(record.id, 0)
        self.hidden[record.id] = max(0, left - 1)
        return left > 0

    def _note(self, text: str) -> None:
        self._commit_late()
        self.history.append(Entry(moment=self.clock.seconds, text=text))

    def _fail(self) -> None:
        if self.read_faults:
            raise self.read_faults.pop(0)


def _label(change: Write) -> str:
    """Name a create by its marker, without the mapping."""
    return str(change.fields.get(MARKER, f"{change.object}/?")).partition("/")[2]
