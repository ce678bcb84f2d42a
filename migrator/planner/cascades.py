"""What follows from a rejected record: what points at it is rejected too; what nobody needs any longer is dropped."""

from migrator.planner.lines import PARENT
from migrator.records import Action
from migrator.store.draft import Draft, StagedProblem
from migrator.store.references import Cascade, cascades, drop_unwanted, has_rejected


def reject_dependants(draft: Draft) -> None:
    """Reject what points at rejected records, and so on."""
    if not has_rejected(draft):
        return
    is_new = True
    while is_new:
        is_new = False
        for some in cascades(draft):
            is_new = True
            draft.add_problems([_problem(item) for item in some])
            draft.set_state(Action.REJECT, [item.record for item in some])


def reject_cascades(draft: Draft) -> None:
    """Reject what points at rejected records, and so on; then drop created records for which nobody waits."""
    reject_dependants(draft)
    while draft.has_dropped and drop_unwanted(draft):
        pass


def _problem(item: Cascade) -> StagedProblem:
    place = f"{item.parent_file}:{item.parent_row}" if item.parent_row else item.parent_key
    fact = f"points at {place}, which is rejected itself ({item.parent_code})"
    name = "parent" if item.field == PARENT else item.field
    return StagedProblem(item.record, item.object, "E204", name, item.parent_key, fact, "correct that row first")
