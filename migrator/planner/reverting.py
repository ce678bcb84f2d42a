"""What a run wrote, held against what the target holds now: what is deleted, given back, or kept, and why."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from migrator.connectors.protocols import Target
from migrator.errors import Busy, TargetError
from migrator.json_text import to_json
from migrator.pointers import filled, may_point, pointing
from migrator.records import Action, Canonical, Fields, Kind, ObjectType, TargetRecord, differing_fields
from migrator.store.changes import ChangeWriter, hashed
from migrator.store.draft import Draft, StagedProblem
from migrator.store.ledger import Ledger
from migrator.store.undo import (
    DELETE,
    KEPT,
    UNCHANGED,
    UPDATE,
    Held,
    Restore,
    Run,
    Undone,
    Unread,
    Verdict,
    close_undo,
    count_undone,
    deletions,
    keep_linked,
    not_undone,
    note_removed,
    restores,
    stage_done,
    take_held,
    take_verdicts,
    undone_records,
    unread,
)

BATCH = 500
MANY = 100
_LATER = "undo later runs first, if it was one of them; else decide by hand"
_UNREACHABLE = "E901"


class Reverting:
    """The undo of one run while it is made."""

    def __init__(self, draft: Draft, target: Target, run: Run) -> None:
        self.run = run
        self.writer = ChangeWriter(draft)
        self.is_anything = False
        self._draft = draft
        self._target = target
        self._objects: dict[str, Any] = run.origin["objects"]
        self._numbers = {name: number for number, name in enumerate(self._objects, start=1)}
        self._counts: dict[str, tuple[int, int]] = {}
        self._looked_at: list[str] = []
        self._unknown: list[str] = []

    def facts(self) -> dict[str, Any]:
        """Say in the plan's header what is undone, and how far it could be looked at."""
        created = [name for name, (_count, created) in self._counts.items() if created]
        return {
            "run": self.run.number,
            "plan": self.run.plan,
            "name": self.run.path.rpartition("/")[2],
            "looked_at": self._looked_at,
            "unknown": self._unknown,
            "cannot": [name for name in created if not self._target.can_delete(name)],
        }

    def stage(self, ledger: Ledger, scope: tuple[str, str]) -> None:
        """Stage what was written, and note what no write can undo."""
        for name, number in self._numbers.items():
            facts = self._objects[name]
            self._draft.add_object((number, name, facts["target"], facts["tier"], "[]"))
        stage_done(self._draft, ledger, self.run, self._numbers, scope)
        self._counts = count_undone(self._draft)
        problems = (_left(row) for row in not_undone(self._draft))
        while part := list(islice(problems, BATCH)):
            self.is_anything = True
            self._draft.add_problems(part)
        self.is_anything = self.is_anything or bool(self._counts)

    async def read(self) -> None:
        """Read afresh what was written, and what may point at what was created. Raises TargetError."""
        created = {name for name, (_n, created) in self._counts.items() if created and self._target.can_delete(name)}
        ours = {facts["target"] for facts in self._objects.values()}
        for name, item in self._target.catalog.objects.items():
            is_asked = bool(created) and may_point(item, created)
            is_open = item.is_listed and (name in ours or not item.parents)
            if is_open and (is_asked or self._counts.get(name, (0, 0))[0] > MANY):
                is_open = await self._read_list(item, is_ours=name in ours)
            if is_asked:
                (self._looked_at if is_open else self._unknown).append(name)
        after = 0
        while part := unread(self._draft, after, BATCH):
            after = part[-1].record
            for one in part:
                await self._read_one(one)

    async def _read_list(self, item: ObjectType, *, is_ours: bool) -> bool:
        """Read a list; tells whether the account shows it. Raises TargetError where it has to."""
        try:
            async for page in self._target.read(item.name):
                self._take(item, page)
        except Busy:
            raise
        except TargetError as error:
            if is_ours or error.problems[0].code == _UNREACHABLE:
                raise
            return False
        return True

    async def _read_one(self, one: Unread) -> None:
        """Read a record that no list showed: absence from a list proves nothing."""
        if found := await self._target.get(one.target, one.target_id, one.parent):
            self._take(self._target.catalog.objects[one.target], [found])

    def _take(self, item: ObjectType, page: list[TargetRecord]) -> None:
        held = (Held(item.name, one.id, to_json(one.fields)) for one in page)
        take_held(self._draft, held, (pointer for one in page for pointer in pointing(item, one)))

    def decide(self) -> dict[str, dict[str, int]]:
        """Decide over all records and write the changes; counts by object what becomes of them."""
        records = undone_records(self._draft)
        while part := list(islice(records, BATCH)):
            decided = [self._verdict(one) for one in part]
            take_verdicts(self._draft, [verdict for verdict, _problem in decided])
            self._draft.add_problems([problem for _verdict, problem in decided if problem])
        problems = self._linked()
        while some := list(islice(problems, BATCH)):
            self._draft.add_problems(some)
        changes = dict.fromkeys(self._numbers.values(), 0)
        for number in self._write():
            changes[number] += 1
        names = {number: name for name, number in self._numbers.items()}
        found = {names[number]: {"changes": count} for number, count in changes.items()}
        for (number, state), count in close_undo(self._draft).items():
            found[names[number]][state] = count
        return found

    def _verdict(self, one: Undone) -> tuple[Verdict, StagedProblem | None]:
        return self._created(one) if one.is_created else self._updated(one)

    def _created(self, one: Undone) -> tuple[Verdict, StagedProblem | None]:
        """Decide over a record that the run created, as far as it alone decides."""
        item = self._target.catalog.objects[one.target]
        if one.held is None:
            return Verdict(one.record, UNCHANGED, {}, {}), None
        if not self._target.can_delete(one.target):
            fact = f"{_named(one)}: the target deletes no {one.target}"
            return Verdict(one.record, KEPT, {}, {}), _problem(one, "W622", fact, "delete it there by hand")
        after = {name: value for write in one.writes for name, value in write.after.items()}
        if names := [*differing_fields(item, after, one.held), *_added(item, one, after)]:
            fact = f"{_named(one)}: changed since in {', '.join(names)}"
            return Verdict(one.record, KEPT, {}, {}), _problem(one, "W620", fact, _LATER)
        links = (write for write in one.writes if write.kind == Action.LINK)
        unlinked = {name: write.before.get(name) for write in links for name in _references(item, write.after)}
        return Verdict(one.record, DELETE, filled(item, one.held) | after | unlinked, {}), None

    def _updated(self, one: Undone) -> tuple[Verdict, StagedProblem | None]:
        """Decide over a record that was there before: each field that still holds what we wrote is given back."""
        item, held = self._target.catalog.objects[one.target], one.held
        if held is None:
            fact = f"{_named(one)}: the target no longer has it"
            return Verdict(one.record, KEPT, {}, {}), _problem(one, "W626", fact, "")
        restored: dict[int, dict[str, Canonical]] = {}
        changed: list[str] = []
        for write in one.writes:
            names = differing_fields(item, {name: write.before.get(name) for name in write.after}, held)
            theirs = differing_fields(item, {name: write.after[name] for name in names}, held)
            changed += theirs
            if mine := {name: write.before.get(name) for name in names if name not in theirs}:
                restored[write.seq] = mine
        standing = UPDATE if restored else KEPT if changed else UNCHANGED
        fact = f"{_named(one)}: changed since in {', '.join(changed)}"
        return Verdict(one.record, standing, {}, restored), _problem(one, "W620", fact, _LATER) if changed else None

    def _linked(self) -> Iterator[StagedProblem]:
        for record, number, key, target_id, pointer in keep_linked(self._draft):
            fact = f"key {key}, {target_id}: {pointer} points at it"
            hint = "undo what points at it first, or decide by hand"
            yield StagedProblem(record, number, "W621", "", "", fact, hint)

    def _write(self) -> Iterator[int]:
        """Write the changes, and give the number of the object of each."""
        for one in restores(self._draft):
            if fields := self._given_back(one):
                before = {name: one.write.after[name] for name in fields}
                row = (one.write.id, one.object, one.record, str(Action.UPDATE), one.target_id, None, one.parent)
                self.writer.add([hashed((*row, to_json(before), to_json(fields)))])
                note_removed(self._draft, ((one.record, name, self.writer.count) for name in fields))
                yield one.object
        for gone in deletions(self._draft):
            head = (gone.id, gone.object, gone.record, str(Action.DELETE), gone.target_id, None, gone.parent)
            self.writer.add([hashed((*head, gone.expected, "{}"))])
            note_removed(self._draft, [(gone.record, "", self.writer.count)])
            yield gone.object

    def _given_back(self, one: Restore) -> dict[str, Canonical]:
        """Give the old values of a write; of a record that is deleted its links only, so that nothing points at it."""
        if one.standing != DELETE:
            return one.restored
        names = _references(self._target.catalog.objects[one.target], one.write.after)
        return {name: one.write.before.get(name) for name in names}


def _added(item: ObjectType, one: Undone, after: Fields) -> list[str]:
    """Name the fields that we never wrote and that hold something now, though they were blank after the create.

    What stood there then is known where the record was read back; what another run of ours wrote is known always.
    """
    new = [name for name in filled(item, one.held or {}) if name not in after]
    return [name for name in new if name in one.later or (one.stood is not None and name not in one.stood)]


def _named(one: Undone) -> str:
    return f"key {one.key}, {one.target_id}"


def _problem(one: Undone, code: str, fact: str, hint: str) -> StagedProblem:
    return StagedProblem(one.record, one.object, code, "", "", fact, hint)


def _left(row: tuple[int, int, str, str, str, str]) -> StagedProblem:
    """Say what no write can undo: an option, what nobody decided over, and what is no longer known."""
    record, number, key, kind, state, reason = row
    if state == "QUARANTINED":
        hint = "see to it in the target by hand"
        return StagedProblem(record, number, "W624", "", "", f"key {key}: quarantined in the run: {reason}", hint)
    if kind == Action.APPEND:
        return StagedProblem(record, number, "W625", "", "", f"option {key} stays in its list", "remove it by hand")
    return StagedProblem(record, number, "W623", "", "", f"{key}: what was written is no longer in the ledger", "")


def _references(item: ObjectType, fields: dict[str, Canonical]) -> list[str]:
    """Name the fields that hold references."""
    known = ((name, item.field(name)) for name, value in fields.items() if value is not None)
    return [name for name, found in known if found is not None and found.kind is Kind.REFERENCE]
