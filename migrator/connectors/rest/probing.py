"""Open facts of an account, settled with one record that is deleted again (guarantees.md, section 12).

Is the marker stored as it was sent? Can it be found, and after how long? Does a create tell the id? Is an update
partial? What does the server do to values? The answers decide the tier; they are kept with their date.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from migrator.connectors.rest.definition import Definition, ObjectDefinition
from migrator.errors import Problem, SpecError
from migrator.ports import Clock, Rng
from migrator.records import Kind, TargetRecord, Tier, Verdict, Write, same_value

if TYPE_CHECKING:  # it brings the network along, which a check does not need
    from migrator.connectors.rest.target import RestTarget

MAX_LAG_SECONDS = 30.0
STEP_SECONDS = 0.5

_AWKWARD = "Ünïcode «quoted», Aa"


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """What was found out with one record; None where it could not be asked."""

    object: str
    tells_id: bool
    keeps_marker: bool | None = None
    finds_marker: bool | None = None
    lag_seconds: float | None = None
    is_partial: bool | None = None
    changed: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    first_page: int | None = None
    is_deleted: bool = False
    left_behind: str = ""

    @property
    def tier(self) -> Tier:
        """Give the promise that these facts allow."""
        return Tier.MARKER if self.keeps_marker and self.finds_marker else Tier.BLIND

    @property
    def is_whole(self) -> bool:
        """Tell whether the probe went through, and left nothing behind."""
        return self.tells_id and self.is_deleted

    def plain(self, now: datetime) -> dict[str, Any]:
        """Give the facts with their date, as they are kept."""
        facts = {**asdict(self), "changed": {name: list(pair) for name, pair in self.changed.items()}}
        return {"v": 1, "date": now.isoformat(timespec="seconds"), "tier": str(self.tier), **facts}

    def lines(self) -> Iterator[str]:
        """Say it for people."""
        yield f"probed with one record of {self.object}: tier {self.tier}"
        yield f"  a create tells the id          {_word(self.tells_id)}"
        yield f"  the marker is kept verbatim    {_word(self.keeps_marker)}"
        lag = f" after {self.lag_seconds:.1f} s" if self.lag_seconds is not None else ""
        yield f"  the marker is found            {_word(self.finds_marker)}{lag}"
        yield f"  an update changes its fields only   {_word(self.is_partial)}"
        if self.first_page is not None:
            yield f"  pages count from               {self.first_page}"
        for name, (sent, kept) in self.changed.items():
            yield f"  {name}: sent {sent!r}, kept as {kept!r}"
        yield f"  the record is deleted again    {_word(self.is_deleted)}"
        if self.left_behind:
            yield f"  LEFT BEHIND: {self.object} {self.left_behind}; delete it by hand"


def _word(fact: bool | None) -> str:  # noqa: FBT001 - a fact, put into a word
    return "not asked" if fact is None else "yes" if fact else "no"


async def probe(definition: Definition, target: "RestTarget", name: str, *, clock: Clock, rng: Rng) -> Probe:
    """Write one record, look at it, change it, delete it; tells what is left behind. Raises SpecError, TargetError."""
    item = _choose(definition, name)
    sent = _values(item, rng.token()[:12])
    created = await target.write(Write(object=item.type.name, fields=sent))
    if created.verdict is not Verdict.APPLIED:
        fact = f"the record was not created: {created.message or created.verdict}"
        raise SpecError(Problem(code="E906", place=definition.name, fact=fact, hint="probe another object"))
    record_id = created.target_id
    held = await target.get(item.type.name, record_id)
    marker = item.type.marker
    facts: dict[str, Any] = {"object": item.type.name, "tells_id": True}
    if held is not None:
        facts["changed"] = dict(_changes(item, sent, held))
        facts["keeps_marker"] = held.fields.get(marker) == sent[marker] if marker else None
    if marker:
        lag = await _lag(target, item, sent[marker], clock)
        facts |= {"finds_marker": lag is not None, "lag_seconds": lag}
    if held is not None:
        facts["is_partial"] = await _is_partial(target, item, held)  # last, since it may blank the marker
    if "delete" in item.actions:
        gone = await target.delete(Write(object=item.type.name, fields={}, id=record_id))
        facts["is_deleted"] = gone.verdict is Verdict.APPLIED and await target.get(item.type.name, record_id) is None
    left = "" if facts.get("is_deleted") else record_id
    return Probe(**facts, first_page=target.first_page, left_behind=left)


def _choose(definition: Definition, name: str) -> ObjectDefinition:
    """Take the object that was named, else the first that can be created from texts alone."""
    if name and name not in definition.objects:
        raise SpecError(Problem(code="E016", place=definition.name, fact=f"no object '{name}'"))
    for item in [definition.objects[name]] if name else definition.objects.values():
        needed = [one for one in item.type.fields.values() if one.required]
        if "create" in item.actions and not item.type.parents and all(one.kind is Kind.TEXT for one in needed):
            return item
    fact, hint = "no object that one record could be of", "name one whose required fields are texts"
    raise SpecError(Problem(code="E016", place=definition.name, fact=fact, hint=hint))


def _values(item: ObjectDefinition, token: str) -> dict[str, Any]:
    """Give texts to the required fields and the label, and a marker as a migration would write it."""
    names = [one.name for one in item.type.fields.values() if one.required]
    names += [name for name in item.type.label if name not in names][:2]
    kinds = {name: one.kind for name in names if (one := item.type.field(name)) and not one.refused and not one.options}
    text = f"migrator probe {token} {_AWKWARD}"
    values: dict[str, Any] = {name: text for name, kind in kinds.items() if kind is Kind.TEXT}
    values |= {name: f"Probe.{token}@Example.com" for name, kind in kinds.items() if kind is Kind.EMAIL}
    return values | ({item.type.marker: f"migrator-probe/{item.type.name}/{token}"} if item.type.marker else {})


def _changes(
    item: ObjectDefinition, sent: Mapping[str, Any], held: TargetRecord
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name, value in sent.items():
        known = item.type.field(name)
        if known and not same_value(known.kind, value, held.fields.get(name)):
            yield name, (value, held.fields.get(name))


async def _is_partial(target: "RestTarget", item: ObjectDefinition, held: TargetRecord) -> bool | None:
    """Change one text and nothing else: what was there beside it must stay."""
    known = {name: one for name in held.fields if (one := item.type.field(name)) and not one.refused}
    texts = [name for name, one in known.items() if one.kind is Kind.TEXT and name != item.type.marker]
    if len(held.fields) < 2 or not texts or "update" not in item.actions:  # noqa: PLR2004 - one to change, one to stay
        return None
    changed = f"{held.fields[texts[0]]} changed"
    await target.write(
        Write(object=item.type.name, fields={texts[0]: changed}, id=held.id)
    )  # not over the record as read
    after = await target.get(item.type.name, held.id)
    others = [name for name in known if name != texts[0]]
    return after is not None and all(after.fields.get(name) == held.fields[name] for name in others)


async def _lag(target: "RestTarget", item: ObjectDefinition, value: str, clock: Clock) -> float | None:
    """Look for the marker until a search or a list shows it; None if none does in time."""
    began = clock.monotonic()
    while clock.monotonic() - began <= MAX_LAG_SECONDS:
        if await _is_shown(target, item, value):
            return clock.monotonic() - began
        await clock.sleep(STEP_SECONDS)
    return None


async def _is_shown(target: "RestTarget", item: ObjectDefinition, value: str) -> bool:
    name, marker = item.type.name, item.type.marker
    if target.can_find(name):
        pages = target.find(name, marker, [value])
    elif "list" in item.actions:
        pages = target.read(name, minutes=60)
    else:
        return False
    return any([record.fields.get(marker) == value async for page in pages for record in page])


def with_probe(definition: Definition, facts: Mapping[str, Any]) -> Definition:
    """Give the definition with the tier that a probe found for its object, and with when that was."""
    item = definition.objects.get(str(facts.get("object", "")))
    if item is None:
        return definition
    probed = replace(item, type=replace(item.type, tier=Tier(facts["tier"])))
    told = f"one record of {item.type.name} on {str(facts['date'])[:10]}: tier {facts['tier']}"
    return replace(definition, objects={**definition.objects, item.type.name: probed}, probed=told)
