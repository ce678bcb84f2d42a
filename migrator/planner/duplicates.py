"""Which rows claim the same thing: one key, one match value, or one record of the target."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.decisions import Decisions
from migrator.planner.identities import KEY, digest_of
from migrator.planner.merging import merge
from migrator.store.draft import STAGED, Draft, StagedProblem
from migrator.store.holdings import Claim, claims_of_key, claims_of_value, let_stand_for
from migrator.store.merging import move_taken

_NAMED = 5
_WHAT = {"E301": "", "E302": "a match value", "E303": "the same record of the target"}


class _Group(NamedTuple):
    """Rows that are one record: the row that is kept among them, by what they are one, and whether it takes over."""

    kept: Claim
    claims: list[Claim]
    what: str
    merges: bool


def settle_duplicates(compiled: Compiled, draft: Draft) -> None:
    """Decide rows that share a key or a match value, by each object's `on_duplicate`."""
    settle_groups(compiled, draft, claims_of_key(draft), "E301")
    settle_values(compiled, draft, [item for item in compiled.objects.values() if not item.match_level])


def settle_values(compiled: Compiled, draft: Draft, objects: Iterable[CompiledObject]) -> None:
    """Decide rows of some objects that share the value of their first filled match line."""
    numbers = [item.number for item in objects]
    while settle_groups(compiled, draft, claims_of_value(draft, numbers), "E302"):
        pass  # what was filled in may be the match value of another row


def settle_groups(compiled: Compiled, draft: Draft, groups: Iterator[list[Claim]], code: str) -> bool:
    """Reject all of each group, or keep one and let the others' keys stand for it; tells whether rows were merged."""
    has_merged = False
    for claims in groups:
        policies = {compiled.by_number(claim.object).item.on_duplicate for claim in claims}
        what = _WHAT[code] or f"the key '{claims[0].key}'"
        live = [claim for claim in claims if claim.state == STAGED]
        if "reject" in policies:
            _reject(draft, claims, code, what)
        elif len(live) > 1:
            group = _Group(live[-1 if "last" in policies else 0], live, what, policies == {"merge"})
            has_merged = has_merged or group.merges
            _keep(compiled, draft, group)
    if has_merged:
        move_taken(draft)
    return has_merged


def _reject(draft: Draft, claims: list[Claim], code: str, what: str) -> None:
    with Decisions(draft) as decisions:
        for claim in claims:
            decisions.reject(_shared(claim, claims, code, what))


def _keep(compiled: Compiled, draft: Draft, group: _Group) -> None:
    kept, others = group.kept, [claim for claim in group.claims if claim is not group.kept]
    verb, hint = ("merged into", "its blanks were filled") if group.merges else ("duplicate of", "that row was kept")
    fact = f"{verb} {kept.file}:{kept.row} by {group.what}"
    with Decisions(draft) as decisions:
        for claim in others:
            decisions.skip(claim.record, StagedProblem(claim.record, claim.object, "W305", "", claim.key, fact, hint))
    if group.merges:
        draft.add_problems(merge(compiled, draft, kept, others))
    names = (compiled.by_number(claim.object).item.name for claim in others)
    digests = [digest_of(name, KEY, claim.key) for name, claim in zip(names, others, strict=True)]
    pairs = zip(digests, others, strict=True)
    let_stand_for(draft, ((kept.record, *digest, claim.record) for digest, claim in pairs))


def _shared(claim: Claim, claims: list[Claim], code: str, what: str) -> StagedProblem:
    first = [other for other in claims[: _NAMED + 1] if other is not claim][:_NAMED]
    rest = len(claims) - 1 - len(first)
    listed = ", ".join(f"{other.file}:{other.row}" for other in first) + (f" and {rest} more" if rest else "")
    hint = "correct the rows, or state 'on_duplicate: first' or 'last'"
    return StagedProblem(claim.record, claim.object, code, "", claim.key, f"shares {what} with {listed}", hint)
