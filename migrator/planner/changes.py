"""Staged records → changes in the plan: parents before children, links later, what locks a record last."""

from collections.abc import Callable, Iterable, Iterator

from migrator.planner.compiling import Compiled
from migrator.planner.composing import Composed, Composer, Counts
from migrator.planner.engines import Engine
from migrator.planner.sequence import Cycle, Sequence
from migrator.store.changes import (
    ChangeWriter,
    Run,
    Staged,
    Turn,
    note_held,
    remember_skipped,
    runs_of,
    staged_of,
    turns,
    turns_of,
)
from migrator.store.draft import LAST, Draft
from migrator.store.graph import WRITTEN, take_deferred, take_layers


class ChangeMaker:
    """Turns each staged record into its changes; cycles are broken by links, and what locks a record comes last.

    What lookups created is numbered from `asked_from` on.
    """

    def __init__(self, compiled: Compiled, draft: Draft, engine: Engine, *, asked_from: int) -> None:
        self._compiled = compiled
        self._draft = draft
        self._engine = engine
        self._asked_from = asked_from
        self._composer = Composer(compiled)
        self._names = {item.number: name for name, item in compiled.objects.items()}
        self.writer = ChangeWriter(draft)
        self.counts = {name: Counts() for name in compiled.objects}
        self.cycles: list[Cycle] = []

    def make_all(self) -> None:
        """Write the creates and updates in the order of what they need, then the links, then the last pass."""
        note_held(self._draft)
        sequence = Sequence(self._compiled, self._draft)
        sequence.refuse_endless()
        for group in self._compiled.order.groups:
            if group in self._compiled.order.cycles:
                self.cycles.append(sequence.order(group))
                take_layers(self._draft)
                self._write(turns(self._draft))
            else:
                self._write_object(group[0])
        numbers = [self._compiled.objects[name].number for name in self._compiled.order.objects]
        for number in numbers:
            take_deferred(self._draft, number)
            self._compose(self._composer.link, turns(self._draft))
        for number in numbers:
            if self._composer.fillings[number].has_last:
                self._compose(self._composer.finish, turns_of(self._draft, number, WRITTEN))
        remember_skipped(self._draft)

    def _compose(self, compose: Callable[[Iterable[Staged]], Composed], upcoming: Iterator[list[Turn]]) -> None:
        """Compose what is at turn here: links and last writes are few."""
        for batch in upcoming:
            self._take(compose(map(staged_of, batch)))

    def _write_object(self, name: str) -> None:
        """Write new records as they were staged, where that says all, and let the engine compose the rest."""
        number, counts = self._compiled.objects[name].number, self.counts[name]
        is_plain = self._composer.fillings[number].is_plain
        for run in runs_of(self._draft, number) if is_plain else [Run(0, LAST, is_new=False)]:
            if run.is_new:
                created, asked = self.writer.add_creates(number, run, asked_from=self._asked_from)
                counts.create, counts.for_lookups = counts.create + created, counts.for_lookups + asked
            else:
                self._write(turns_of(self._draft, number, within=run[:2]))

    def _write(self, upcoming: Iterator[list[Turn]]) -> None:
        """Let the engine compose what is at turn."""
        for batch in upcoming:
            for made in self._engine.compose(batch):
                self._take(made)
        for made in self._engine.composed():
            self._take(made)

    def _take(self, made: Composed) -> None:
        """Take over what is composed."""
        self.writer.add(made.changes, made.agreed)
        self._draft.add_problems(made.problems)
        for action in {action for _record, action in made.states}:
            self._draft.set_state(action, [record for record, found in made.states if found is action])
        for number, counts in made.counts.items():
            self.counts[self._names[number]].add(counts)
