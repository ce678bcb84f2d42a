"""A planned record against the one that the target holds: what to write, what to leave, what somebody else changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from migrator.planner.normal import normal
from migrator.records import Canonical, Kind, ObjectType, same_value, spelled
from migrator.spec.values import FieldSpec

_NEVER = object()


@dataclass(kw_only=True, slots=True)
class Difference:
    """What a comparison found.

    `after` is what to write and `before` what stands there now; `agreed` are the values on which both sides are one;
    `conflicts` are fields that the source and somebody in the target changed since our last run; `overwrites` are
    fields whose filled value would be replaced.
    """

    after: dict[str, Canonical] = field(default_factory=dict)
    before: dict[str, Canonical] = field(default_factory=dict)
    agreed: dict[str, Canonical] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    overwrites: list[str] = field(default_factory=list)


class _Meeting(NamedTuple):
    """One field on both sides: ours, theirs, and what we wrote last (`_NEVER` if we did not)."""

    rule: FieldSpec | None
    kind: Kind
    ours: Canonical
    theirs: Canonical
    last: Any
    normalised: str

    def is_same(self, mine: Canonical, theirs: Canonical) -> bool:
        return same_value(self.kind, mine, theirs, self.normalised)


def compare(
    target: ObjectType,
    rules: Mapping[str, FieldSpec],
    planned: Mapping[str, Canonical],
    held: Mapping[str, Canonical],
    written: Mapping[str, Canonical] | None,
) -> Difference:
    """Compare field by field; `written` are the values that this migration last wrote, None where it wrote none.

    A blank value is never written, unless the mapping says `clear`, which stands as None in `planned`.
    """
    found = Difference()
    for name, ours in planned.items():
        known = target.field(name)
        kind = known.kind if known else Kind.TEXT
        last = (written or {}).get(name, _NEVER)
        met = _Meeting(rules.get(name), kind, ours, held.get(name), last, known.normalised if known else "")
        wanted = _wanted(met)
        if met.is_same(wanted, met.theirs):
            found.agreed[name] = ours
            continue
        verdict = _verdict(met)
        if verdict == "conflict":
            found.conflicts.append(name)
        elif verdict == "write":
            found.after[name] = wanted
            found.before[name] = met.theirs
            found.overwrites += [name] if met.theirs is not None else []
    return found


def _adds(met: _Meeting) -> bool:
    """Tell whether our items join theirs, so that nothing is lost."""
    is_list = isinstance(met.theirs, list) and isinstance(met.ours, list)
    return is_list and not (met.rule is not None and met.rule.replaces_list)


def _wanted(met: _Meeting) -> Canonical:
    """Give what shall stand in the field."""
    if not _adds(met):
        return met.ours
    have = {normal(Kind.TEXT, spelled(item)) for item in met.theirs}
    return [*met.theirs, *(item for item in met.ours if normal(Kind.TEXT, spelled(item)) not in have)]


def _verdict(met: _Meeting) -> str:
    """Decide over a field that differs: `write`, `keep` or `conflict`. `on_conflict` goes before `overwrite`."""
    if met.theirs is None or met.rule is None:
        return "write"
    if met.last is not _NEVER and not met.is_same(met.last, met.theirs) and not _adds(met):
        if met.is_same(met.last, met.ours):
            return "keep"  # only they changed it
        return {"source": "write", "target": "keep", "ask": "conflict"}[met.rule.on_conflict]
    return "write" if met.rule.overwrite == "always" else "keep"
