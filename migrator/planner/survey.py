"""What the target holds, read past the staged rows, page by page: nothing is kept whole but what a row matches."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from itertools import count, islice

from migrator.connectors.protocols import Target
from migrator.json_text import to_json
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.decisions import BATCH
from migrator.planner.identities import ID, KEY, MARKER, digest_of
from migrator.planner.lines import PARENT, Line, Part
from migrator.planner.needed import needed_fields
from migrator.planner.reads import PAGES, Question, Reads, answers, question_for
from migrator.planner.recognising import asked_lines
from migrator.planner.stating import Stating
from migrator.records import Fields, ObjectType, TargetRecord
from migrator.spec.values import Lookup, all_lookups, lines_of
from migrator.store.asked import keyed_records
from migrator.store.children import ChildValue, add_child_values, held_with_children
from migrator.store.draft import Draft, IdentityRow, StagedIdentity
from migrator.store.holdings import (
    Holding,
    Known,
    add_held_identities,
    add_known,
    add_marked,
    add_page,
    add_whole,
    count_held,
    let_known_be_found,
    unseen_known,
)
from migrator.store.ledger import Ledger
from migrator.store.plan_schema import FIRST_MATCH_LINE, LEDGER_LINE, LOOKUP_LINE, MARKER_LINE


@dataclass(kw_only=True, slots=True)
class Survey:
    """What reading the target found: how many records each object holds, and rows whose record is gone from it.

    An object that was not read whole has no count. `reads` tell how each was read.
    """

    counts: dict[str, int] = field(default_factory=dict)
    gone: list[tuple[int, int, str]] = field(default_factory=list)
    reads: list[Reads] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class _View:
    """One object of the target and all that the mapping wants to recognise in it.

    Its records are kept where it is known late which of them a row is, or where a person may be asked. `parts` are
    those of match lines of (parent's object) to which its records give values. `needed` are the fields that are looked
    at, none named for all: a person who is asked sees the whole.
    """

    target: ObjectType
    objects: tuple[CompiledObject, ...]
    asked: tuple[Line, ...]
    markers: frozenset[str]
    keeps_all: bool
    parts: tuple[tuple[str, Part], ...]
    needed: tuple[str, ...]

    def child_values(self, item: TargetRecord) -> Iterator[ChildValue]:
        """Give what a child record says of its parents."""
        for target, part in self.parts:
            value = item.fields.get(part.child[1]) if part.child else None
            parents = (record_id for parent, record_id in item.parents if parent == target and value)
            yield from (ChildValue(target, record_id.lower(), part.name, str(value)) for record_id in parents)

    def identities(self, record: int, item: TargetRecord) -> Iterator[StagedIdentity]:
        """Give all by which a record of the target is recognised."""
        name = self.target.name
        yield StagedIdentity(*digest_of(name, ID, item.id.lower()), record, LEDGER_LINE)
        for marker in self.markers:
            if value := item.fields.get(marker):
                yield StagedIdentity(*digest_of(name, MARKER, str(value)), record, MARKER_LINE)
        fields = {**item.fields, PARENT: ["/".join(parent) for parent in item.parents]} if item.parents else item.fields
        for compiled in self.objects:
            for line in compiled.lines:
                number = FIRST_MATCH_LINE + line.number
                yield from (StagedIdentity(*digest, record, number) for digest in line.digests(name, fields))
        for line in self.asked:
            yield from (StagedIdentity(*digest, record, LOOKUP_LINE) for digest in line.digests(name, fields))


def _state_children(compiled: Compiled, draft: Draft) -> None:
    """Let records of the target state what they are recognised by through their children, when all are read."""
    for item in compiled.objects.values():
        lines = [line for line in item.lines if line.children]
        rows = held_with_children(draft, item.item.to) if lines else iter(())
        while batch := list(islice(rows, BATCH)):
            stated = ((one.record, {**one.fields, **one.values}) for one in batch)
            found = ((record, fields, line) for record, fields in stated for line in lines)
            identities = (
                StagedIdentity(*digest, record, FIRST_MATCH_LINE + line.number)
                for record, fields, line in found
                for digest in line.digests(item.item.to, fields)
            )
            add_held_identities(draft, identities)


def recall(compiled: Compiled, draft: Draft, ledger: Ledger, account: str) -> None:
    """Hand the ledger's memory of earlier runs to the draft: each known key states the id that it has there."""
    for item in compiled.objects.values():
        name, target = item.item.name, item.item.to
        known = ledger.known(compiled.spec.name, account, name)
        add_known(
            draft,
            (
                Known(*digest_of(name, KEY, key), *digest_of(target, ID, of.lower()), of, written, item.number, key)
                for key, of, written in known
            ),
        )


async def survey(compiled: Compiled, target: Target, draft: Draft) -> Survey:
    """Read what the mapping has to recognise something in, in as few calls as it takes. Raises TargetError."""
    found = Survey()
    intake = _Intake(compiled, draft)
    for view in _views(compiled):
        if not view.target.is_listed:
            intake.trust_ledger(view)
            continue
        question = None if view.parts else question_for(compiled, target, draft, view.target.name)
        reads = await _read_pages(view, target, intake, question)
        if question and reads.by != PAGES:
            async for page in answers(question, compiled, target, draft):
                intake.take(view, page)
        else:
            found.counts[view.target.name] = count_held(draft, view.target.name)
        found.reads.append(reads)
        found.gone += await intake.find_unseen(view, target)
    _state_children(compiled, draft)
    let_known_be_found(draft)
    return found


async def _read_pages(view: _View, target: Target, intake: "_Intake", question: Question | None) -> Reads:
    """Read a list to its end, unless its first page tells that asking takes fewer calls; tell which it is to be."""
    name, read = view.target.name, 0
    if question and question.cost <= 1:
        return Reads(target=name, by=question.by, calls=question.cost)
    pages = target.read(name, only=view.needed)
    async for page in pages:
        read += 1
        left = target.pages_left(name) if read == 1 else None
        if question and left is not None and left > question.cost:
            if isinstance(pages, AsyncGenerator):
                await pages.aclose()
            return Reads(target=name, by=question.by, calls=1 + question.cost, instead=1 + left)
        intake.take(view, page)
    return Reads(target=name, by=PAGES, calls=max(read, 1), instead=question.cost if question else None)


class _Intake:
    """Takes what the target holds into the draft, numbered downwards from -1."""

    def __init__(self, compiled: Compiled, draft: Draft) -> None:
        self._draft = draft
        self._numbers = count(-1, -1)
        self._mapping = compiled.spec.name
        self._marked: set[str] = set()

    def take(self, view: _View, page: list[TargetRecord]) -> None:
        """Take one page of an object."""
        name, draft = view.target.name, self._draft
        holdings: list[Holding] = []
        identities: list[StagedIdentity] = []
        add_child_values(draft, (value for item in page for value in view.child_values(item)))
        for item in page:
            holdings.append(self._holding(view, item))
            identities += view.identities(holdings[-1].record, item)
        if name not in self._marked and any(one.line == MARKER_LINE for one in identities):
            self._marked.add(name)
            add_marked(draft, (row for item in view.objects for row in self._marks(item)))
        add_page(draft, holdings, identities, keeps_all=view.keeps_all)

    def _holding(self, view: _View, item: TargetRecord) -> Holding:
        number, name = next(self._numbers), view.target.name
        return Holding(number, name, item.id, label_of(view.target, item.fields), to_json(item.fields))

    def _marks(self, item: CompiledObject) -> Iterator[IdentityRow]:
        """State the markers of planned records: only a target that bears any asks for them."""
        stating, rows = Stating(item, self._mapping), keyed_records(self._draft, item.number)
        while batch := list(islice(rows, BATCH)):
            yield from stating.marked([record for record, _key in batch], [key for _record, key in batch])

    async def find_unseen(self, view: _View, target: Target) -> list[tuple[int, int, str]]:
        """Ask for records that the ledger knows and the list did not show: absence from a list proves nothing.

        Gives those that are gone: record, object, id.
        """
        gone: list[tuple[int, int, str]] = []
        for unseen in unseen_known(self._draft, (item.number for item in view.objects)):
            item = await target.get(view.target.name, unseen.target_id)
            if item is None:
                gone.append((unseen.record, unseen.object, unseen.target_id))
            else:
                add_whole(self._draft, self._holding(view, item), unseen.record, LEDGER_LINE)
        return gone

    def trust_ledger(self, view: _View) -> None:
        """Take what we wrote for what is there, where the target has no list; an update reads the record first."""
        for unseen in unseen_known(self._draft, (item.number for item in view.objects)):
            holding = Holding(next(self._numbers), view.target.name, unseen.target_id, "", unseen.written)
            add_whole(self._draft, holding, unseen.record, LEDGER_LINE)


def _views(compiled: Compiled) -> Iterator[_View]:
    """Give the target's objects that must be read: those that are written, and those that lookups ask."""
    spec = compiled.spec
    wanted = [item.item.to for item in compiled.objects.values()]
    lookups = all_lookups(spec)
    asked = (name for lookup in lookups if _asks_target(lookup) for name in lookup.objects)
    wanted += [spec.asked_object(name) for name in asked]
    may_ask = {spec.asked_object(name) for one in lookups if one.on_ambiguous == "ask" for name in one.objects}
    for name in dict.fromkeys(wanted):
        target = compiled.catalog.objects[name]
        objects = tuple(item for item in compiled.objects.values() if item.item.to == name)
        asks = name in may_ask or any(item.item.on_ambiguous == "ask" for item in objects)
        yield _View(
            parts=tuple(_parts_below(compiled, name)),
            target=target,
            objects=objects,
            asked=tuple(asked_lines(spec, target, compiled.catalog)),
            markers=frozenset(item.marker for item in objects if item.marker),
            keeps_all=asks or any(item.match_level for item in objects),
            needed=() if asks else needed_fields(compiled, target),
        )


def _parts_below(compiled: Compiled, child: str) -> Iterator[tuple[str, Part]]:
    """Find the parts of match lines whose values stand in records of a child object."""
    for item in compiled.objects.values():
        parts = (part for line in item.lines for part in line.children)
        yield from ((item.item.to, part) for part in parts if part.child and part.child[0] == child)


def _asks_target(lookup: Lookup) -> bool:
    return any(line.kind in {"id", "fields"} for line in lines_of(lookup))


def label_of(target: ObjectType, fields: Fields) -> str:
    """Give what a person recognises a record by."""
    return " ".join(str(fields[name]) for name in target.label if fields.get(name))
