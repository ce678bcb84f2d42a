"""Links that somebody made after an undo was planned: looked for before its deletes, as the planner did."""

from migrator.connectors.protocols import Target
from migrator.pointers import pointing
from migrator.ports import Clock
from migrator.records import Action
from migrator.store.changes import Change
from migrator.store.doomed import Doomed, Pointer
from migrator.store.journal import Journal
from migrator.store.plan import Plan
from migrator.store.states import LANDED

MAX_AGE_SECONDS = 600.0


class Links:
    """What points at records that are to be deleted. The lists are read before the first one, and again when old.

    Objects whose records no list shows are not known; the plan names them.
    """

    def __init__(self, plan: Plan, journal: Journal, target: Target, clock: Clock) -> None:
        self._plan = plan
        self._journal = journal
        self._target = target
        self._clock = clock
        self._doomed: Doomed | None = None
        self._until = 0.0

    def close(self) -> None:
        """Let go of what was read."""
        if self._doomed is not None:
            self._doomed.close()
            self._doomed = None

    async def find(self, change: Change) -> str:
        """Name what points at the record of a delete and stays; empty if nothing does. Raises TargetError."""
        if change.action is not Action.DELETE:
            return ""
        doomed = await self._look()
        for pointer in doomed.pointers(change.seq):
            if await self._stays(pointer, change):
                return f"{pointer.target} {pointer.id} by {pointer.field}"
        return ""

    async def _look(self) -> Doomed:
        """Read all lists that the planner read for links."""
        if self._doomed is None:
            self._doomed = Doomed(self._plan)
        elif self._clock.monotonic() <= self._until:
            return self._doomed
        self._doomed.forget()
        for name in self._plan.header["undo"]["looked_at"]:
            item = self._target.catalog.objects[name]
            async for page in self._target.read(name):
                self._doomed.see(
                    (one, record.parents[0] if record.parents else None)
                    for record in page
                    for one in pointing(item, record)
                )
        self._until = self._clock.monotonic() + MAX_AGE_SECONDS
        return self._doomed

    async def _stays(self, pointer: Pointer, change: Change) -> bool:
        """Tell whether a record still points there: it may have been deleted or given back its old value by now."""
        if pointer.op and self._journal.state_of(pointer.op) in LANDED:
            return False
        held = await self._target.get(pointer.target, pointer.id, pointer.parent)
        if held is None:
            return False
        found = pointing(self._target.catalog.objects[pointer.target], held)
        wanted = (change.target_id or "").lower()
        return any(one.at_id.lower() == wanted and one.at in {"", change.target} for one in found)
