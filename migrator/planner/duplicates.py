"""Which rows claim the same thing: one key, one match value, or one record of the target."""

from migrator.planner.compiling import Compiled
from migrator.planner.decisions import Decisions
from migrator.planner.identities import KEY, digest_of
from migrator.store.draft import Draft, StagedProblem
from migrator.store.holdings import Claim, claims_of_key, claims_of_value, let_stand_for

_NAMED = 5


def settle_duplicates(compiled: Compiled, draft: Draft) -> None:
    """Decide rows that share a key or a match value, by each object's `on_duplicate`."""
    for claims in claims_of_key(draft):
        settle_claims(compiled, draft, claims, "E301", f"the key '{claims[0].key}'")
    for claims in claims_of_value(draft):
        settle_claims(compiled, draft, claims, "E302", "a match value")


def settle_claims(compiled: Compiled, draft: Draft, claims: list[Claim], code: str, what: str) -> None:
    """Reject all of a group, or keep one and let the keys of the others stand for it."""
    policies = {compiled.by_number(claim.object).item.on_duplicate for claim in claims}
    kept = None if "reject" in policies else claims[-1 if "last" in policies else 0]
    with Decisions(draft) as decisions:
        for claim in claims:
            if kept is None:
                decisions.reject(_shared(claim, claims, code, what))
            elif claim is not kept:
                fact = f"duplicate of {kept.file}:{kept.row} by {what}"
                problem = StagedProblem(claim.record, claim.object, "W305", "", claim.key, fact, "that row was kept")
                decisions.skip(claim.record, problem)
    if kept:
        others = [claim for claim in claims if claim is not kept]
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
