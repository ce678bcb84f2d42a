"""What the target holds, read past the staged rows, page by page: nothing is kept whole but what a row matches."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from migrator.connectors.protocols import Target
from migrator.planner.compiling import Compiled, CompiledObject, Line, all_lookups, asked_lines
from migrator.planner.identities import ID, KEY, MARKER, digest_of
from migrator.planner.rows import to_json
from migrator.planner.stage import line_digest
from migrator.records import Fields, ObjectType, TargetRecord
from migrator.store.draft import Draft, StagedIdentity
from migrator.store.holdings import Holding, Known, add_known, add_page, add_whole, count_held, unseen_known
from migrator.store.ledger import Ledger
from migrator.store.plan_schema import FIRST_MATCH_LINE, LEDGER_LINE, LOOKUP_LINE, MARKER_LINE


@dataclass(kw_only=True, slots=True)
class Survey:
    """What reading the target found: how many records each object holds, and rows whose record is gone from it."""

    counts: dict[str, int] = field(default_factory=dict)
    gone: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class _View:
    """One object of the target and all that the mapping wants to recognise in it."""

    target: ObjectType
    objects: tuple[CompiledObject, ...]
    asked: tuple[Line, ...]
    markers: frozenset[str]

    def identities(self, record: int, item: TargetRecord) -> Iterator[StagedIdentity]:
        """Give all by which a record of the target is recognised."""
        name = self.target.name
        yield StagedIdentity(*digest_of(name, ID, item.id.lower()), record, LEDGER_LINE)
        for marker in self.markers:
            if value := item.fields.get(marker):
                yield StagedIdentity(*digest_of(name, MARKER, str(value)), record, MARKER_LINE)
        for compiled in self.objects:
            for line in compiled.lines:
                if digest := line_digest(line, name, dict(item.fields)):
                    yield StagedIdentity(*digest, record, FIRST_MATCH_LINE + line.number)
        for line in self.asked:
            if digest := line_digest(line, name, dict(item.fields)):
                yield StagedIdentity(*digest, record, LOOKUP_LINE)


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
    """Read every object of the target that the mapping has to recognise something in. Raises TargetError."""
    found = Survey()
    numbers = count(-1, -1)
    for view in _views(compiled):
        if view.target.is_listed:
            await _read_pages(view, target, draft, numbers)
            found.counts[view.target.name] = count_held(draft, view.target.name)
            await _find_unseen(view, target, draft, (found, numbers))
        else:
            _trust_ledger(view, draft, numbers)
    return found


async def _read_pages(view: _View, target: Target, draft: Draft, numbers: Iterator[int]) -> None:
    name = view.target.name
    async for page in target.read(name):
        holdings: list[Holding] = []
        identities: list[StagedIdentity] = []
        for item in page:
            number = next(numbers)
            holdings.append(Holding(number, name, item.id, label_of(view.target, item.fields), to_json(item.fields)))
            identities += view.identities(number, item)
        add_page(draft, holdings, identities)


async def _find_unseen(view: _View, target: Target, draft: Draft, into: tuple[Survey, Iterator[int]]) -> None:
    """Ask for records that the ledger knows and the list did not show: absence from a list proves nothing."""
    found, numbers = into
    name = view.target.name
    for unseen in unseen_known(draft, (item.number for item in view.objects)):
        item = await target.get(name, unseen.target_id)
        if item is None:
            found.gone.append((unseen.record, unseen.object, unseen.target_id))
            continue
        holding = Holding(next(numbers), name, item.id, label_of(view.target, item.fields), to_json(item.fields))
        add_whole(draft, holding, unseen.record, LEDGER_LINE)


def _trust_ledger(view: _View, draft: Draft, numbers: Iterator[int]) -> None:
    """Take what we wrote for what is there, where the target has no list; an update reads the record first."""
    for unseen in unseen_known(draft, (item.number for item in view.objects)):
        holding = Holding(next(numbers), view.target.name, unseen.target_id, "", unseen.written)
        add_whole(draft, holding, unseen.record, LEDGER_LINE)


def _views(compiled: Compiled) -> Iterator[_View]:
    """Give the target's objects that must be read: those that are written, and those that lookups ask."""
    spec = compiled.spec
    wanted = [item.item.to for item in compiled.objects.values()]
    wanted += [
        spec.asked_object(lookup.objects[0])
        for lookup in all_lookups(spec)
        if any(line.kind != "key" for line in lookup.lines)
    ]
    for name in dict.fromkeys(wanted):
        target = compiled.catalog.objects[name]
        objects = tuple(item for item in compiled.objects.values() if item.item.to == name)
        yield _View(
            target=target,
            objects=objects,
            asked=tuple(asked_lines(spec, target)),
            markers=frozenset(item.marker for item in objects if item.marker),
        )


def label_of(target: ObjectType, fields: Fields) -> str:
    """Give what a person recognises a record by."""
    return " ".join(str(fields[name]) for name in target.label if fields.get(name))
