"""Decisions about records on their way into the draft: gathered in small batches, so that a pass holds no whole set."""

from typing import Self

from migrator.records import Action
from migrator.store.draft import Draft, StagedProblem
from migrator.store.holdings import add_matches
from migrator.store.references import Found, add_missing, postpone, resolve

BATCH = 1_000


class Decisions:
    """What a pass over records decides; use it as a context, which writes the rest at its end."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._problems: list[StagedProblem] = []
        self._rejected: list[int] = []
        self._skipped: list[int] = []
        self._matches: list[tuple[int, int, int]] = []
        self._resolved: list[tuple[int, str, int, int]] = []
        self._missing: list[tuple[int, int, int, int]] = []
        self._postponed: list[tuple[int]] = []
        self._gathered = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self._flush()

    def reject(self, problem: StagedProblem) -> None:
        """Refuse a record for a reason."""
        self._problems.append(problem)
        self._rejected.append(problem.record)
        self._count()

    def skip(self, record: int, problem: StagedProblem | None = None) -> None:
        """Leave a record out, with a word about it where there is one."""
        self._problems += [problem] if problem else []
        self._skipped.append(record)
        self._count()

    def match(self, record: int, holding: int, line: int) -> None:
        """Say which record of the target a planned one is."""
        self._matches.append((record, holding, line))
        self._count()

    def resolve(self, record: int, field: str, holder: int, *, item: int = 0) -> None:
        """Say what a reference points at; `item` counts those of a list."""
        self._resolved.append((record, field, item, holder))
        self._count()

    def miss(self, found: Found) -> None:
        """Note a reference that shall create what it did not find."""
        self._missing.append((found.references[0], found.digest, found.proof, found.lookup))
        self._count()

    def postpone(self, references: list[int]) -> None:
        """Put the queries of a reference off."""
        self._postponed += [(number,) for number in references]
        self._count()

    def _count(self) -> None:
        self._gathered += 1
        if self._gathered >= BATCH:
            self._flush()

    def _flush(self) -> None:
        add_matches(self._draft, self._matches)
        resolve(self._draft, self._resolved)
        add_missing(self._draft, self._missing)
        postpone(self._draft, self._postponed)
        self._draft.add_problems(self._problems)
        self._draft.set_state(Action.SKIP, self._skipped)
        self._draft.set_state(Action.REJECT, self._rejected)
        self._problems, self._rejected, self._skipped = [], [], []
        self._matches, self._resolved, self._missing, self._postponed = [], [], [], []
        self._gathered = 0
