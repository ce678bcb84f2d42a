"""The guard against typing errors: what a lookup would create is not, where it is nearly what is there already."""

from decimal import Decimal

from migrator.planner.decisions import Decisions
from migrator.planner.desk import Asking, Choosable, Desk
from migrator.planner.questions import question_id
from migrator.planner.similar import Likeness, likenesses
from migrator.records import ObjectType
from migrator.store.draft import StagedProblem
from migrator.store.likeness import Named, object_and_key
from migrator.store.references import created_by, let_stand_in
from migrator.store.resolving import note_waiting

_HINT = "write the name in one way, or state on_ambiguous: ask to decide each"


def guard_created(desk: Desk, first: int) -> None:
    """Hold what lookups with `unless_similar` created, from number `first` on, against what is there.

    What is as near as they say is refused, asked about, or replaced by what a person named.
    """
    limits: dict[str, Decimal] = {}
    for known in desk.compiled.lookups:
        if known.lookup.unless_similar is not None:
            name = known.targets[known.made].name
            limits[name] = min(known.lookup.unless_similar, limits.get(name, Decimal(1)))
    if limits:
        note_waiting(desk.draft)
    for name, limit in limits.items():
        target = desk.compiled.catalog.objects[name]
        with Decisions(desk.draft) as decisions:
            for created, near in likenesses(desk.draft, target, first, float(limit)):
                _judge(desk, target, decisions, created, near)


def _judge(desk: Desk, target: ObjectType, decisions: Decisions, created: Named, near: Likeness) -> None:
    origin = created_by(desk.draft, created.record)
    lookup = desk.compiled.lookups[origin.lookup].lookup
    if lookup.unless_similar is None or near.score < lookup.unless_similar:
        return
    digest = (origin.digest, origin.proof)
    answer = desk.answer(target.name, digest) if lookup.on_ambiguous == "ask" else ""
    other = _candidate(desk, near)
    if answer == other.id:
        let_stand_in(desk.draft, created.record, near.other)
    elif answer != "create":
        asks = lookup.on_ambiguous == "ask" and not answer
        asking = Asking(
            question_id(target.name, digest), created.record, created.object, "", near.label, created.waiting
        )
        decisions.reject(desk.ask(asking, [other]) if asks else _refused(created, near))


def _candidate(desk: Desk, near: Likeness) -> Choosable:
    if near.other < 0:
        return Choosable(near.other, near.place, near.other_label)
    number, key = object_and_key(desk.draft, near.other)
    return Choosable(near.other, f"{desk.compiled.by_number(number).item.name}:{key}", near.other_label)


def _refused(created: Named, near: Likeness) -> StagedProblem:
    place = f" ({near.place})" if near.place else ""
    fact = f"'{near.label}' is not created: nearly '{near.other_label}'{place}, likeness {near.score:.2f}"
    return StagedProblem(created.record, created.object, "E210", "", near.label, fact, _HINT)
