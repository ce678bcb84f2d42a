"""What the target holds, read past the staged rows, page by page: nothing is kept whole but what a row matches."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from migrator.connectors.protocols import Target
from migrator.planner.compiling import Compiled, CompiledObject, Line, all_lookups, asked_lines, target_name
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
    calls: int = 0


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
                Known(*digest_of(name, KEY, key), *digest_of(target, ID, target_id.lower()), target_id, written)
                for key, target_id, written in known
            ),
        )


async def survey(compiled: Compiled, target: Target, draft: Draft) -> Survey:
    """Read every object of the target that the mapping has to recognise something in. Raises TargetError."""
    found = Survey()
    number = 0
    for view in _views(compiled):
        name = view.target.name
        found.counts[name] = 0
        async for page in target.read(name):
            holdings: list[Holding] = []
            identities: list[StagedIdentity] = []
            for item in page:
                number -= 1
                holdings.append(
                    Holding(number, name, item.id, label_of(view.target, item.fields), to_json(item.fields))
                )
                identities += view.identities(number, item)
            add_page(draft, holdings, identities)
            found.calls += 1
        found.counts[name] = count_held(draft, name)
        await _find_unseen(view, target, draft, found)
    return found


async def _find_unseen(view: _View, target: Target, draft: Draft, found: Survey) -> None:
    """Ask for records that the ledger knows and the list did not show: absence from a list proves nothing."""
    number = -(2**40) - len(found.counts) * 2**32
    for record, owner, target_id in unseen_known(draft, (item.number for item in view.objects)):
        item = await target.get(view.target.name, target_id)
        found.calls += 1
        number -= 1
        if item is None:
            found.gone.append((record, owner, target_id))
            continue
        label = label_of(view.target, item.fields)
        add_whole(draft, Holding(number, view.target.name, item.id, label, to_json(item.fields)), record, LEDGER_LINE)


def _views(compiled: Compiled) -> Iterator[_View]:
    """Give the target's objects that must be read: those that are written, and those that lookups ask."""
    spec = compiled.spec
    wanted = [item.item.to for item in compiled.objects.values()]
    wanted += [
        target_name(spec, lookup) for lookup in all_lookups(spec) if any(line.kind != "key" for line in lookup.lines)
    ]
    for name in dict.fromkeys(wanted):
        target = compiled.catalog.objects[name]
        objects = tuple(item for item in compiled.objects.values() if item.item.to == name)
        if target.is_listed:
            yield _View(
                target=target,
                objects=objects,
                asked=tuple(asked_lines(spec, target)),
                markers=frozenset(item.marker for item in objects if item.marker),
            )


def label_of(target: ObjectType, fields: Fields) -> str:
    """Give what a person recognises a record by."""
    return " ".join(str(fields[name]) for name in target.label if fields.get(name))
