"""The circuit breaker of one run: counts what came back, and halts where the target is ill or the mapping wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.errors import Problem
from migrator.records import Outcome, Verdict

MAX_NOT_SENT = 5
MAX_IN_DOUBT = 5
MAX_IN_DOUBT_IN_A_ROW = 3
MAX_PAGES_IN_A_ROW = 2
FIRST_REFUSALS = 50
REFUSED_SHARE = 0.2
FIRST_DRIFTS = 100
MIN_DRIFTS = 5
DRIFT_SHARE = 0.05
BUDGET_SHARE = 0.1
MIN_BUDGET = 10

_APPLIED = Verdict.APPLIED


def _is_plain(outcome: Outcome) -> bool:
    return outcome.verdict is _APPLIED and outcome.status is not None and outcome.halt is None


@dataclass(kw_only=True, slots=True)
class Breaker:
    """The numbers of one run so far; `halt` is set where it must stop, and is never taken back (guarantees.md)."""

    operations: int
    max_failures: int | None = None
    halt: Problem | None = None
    sent: int = 0
    written: int = 0
    answered: int = 0
    refused: int = 0
    drifted: int = 0
    in_doubt: int = 0
    in_doubt_in_a_row: int = 0
    not_sent_in_a_row: int = 0
    pages_in_a_row: int = 0
    repeated: int = 0

    @property
    def budget(self) -> int:
        """Give how many writes this run may repeat."""
        return MIN_BUDGET + int(self.operations * BUDGET_SHARE)

    def count_call(self, outcomes: Sequence[Outcome]) -> None:
        """Count a call that nobody knows the end of, or that did not leave, once, however many records it held."""
        verdicts = {one.verdict for one in outcomes}
        is_doubt, is_unsent = Verdict.IN_DOUBT in verdicts, verdicts == {Verdict.NOT_SENT}
        self.in_doubt += is_doubt
        self.in_doubt_in_a_row = self.in_doubt_in_a_row + 1 if is_doubt else 0
        self.pages_in_a_row = self.pages_in_a_row + 1 if any(one.is_page for one in outcomes) else 0
        self.not_sent_in_a_row = self.not_sent_in_a_row + 1 if is_unsent else 0

    def count_all(self, outcomes: Sequence[Outcome]) -> None:
        """Count what became of the records of a call, after it was counted itself."""
        is_quiet = not self.refused and not self.in_doubt
        if is_quiet and all(map(_is_plain, outcomes)):
            self.written += len(outcomes)  # nothing that could halt
            self.answered += len(outcomes)
            return
        for outcome in outcomes:
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        self.answered += outcome.status is not None
        self.written += outcome.verdict is Verdict.APPLIED
        self.refused += outcome.verdict is Verdict.REFUSED
        self.halt = self.halt or outcome.halt or self._unanswered(outcome) or self._refused(outcome)

    def count_drift(self) -> None:
        """Count a record that is no longer as the plan saw it."""
        self.drifted += 1
        seen = max(self.written + self.drifted, 1)
        if seen <= FIRST_DRIFTS and self.drifted >= MIN_DRIFTS and self.drifted / seen > DRIFT_SHARE:
            fact = f"{self.drifted} of the first {seen} records changed in the target after planning"
            self.halt = Problem(code="E708", fact=fact, hint="plan again")

    def count_repeat(self, outcome: Outcome) -> None:
        """Count a write that has to be sent again."""
        self.repeated += 1
        if self.repeated > self.budget and not self.halt:
            fact = f"{self.repeated} writes had to be repeated, more than this run may: {outcome.message[:200]}"
            self.halt = Problem(code="E706", fact=fact, hint="see to the target, then apply again")

    def _unanswered(self, outcome: Outcome) -> Problem | None:
        if self.in_doubt >= MAX_IN_DOUBT or self.in_doubt_in_a_row >= MAX_IN_DOUBT_IN_A_ROW:
            fact = f"{self.in_doubt} writes stayed without a clear answer: {outcome.message[:200]}"
            return Problem(code="E706", fact=fact, hint="see to the target, then apply again: it reads before it sends")
        if self.pages_in_a_row >= MAX_PAGES_IN_A_ROW:
            fact = f"{self.pages_in_a_row} answers in a row were web pages: something else than the target answers"
            return Problem(code="E706", fact=fact, hint="is it under maintenance, or is there a firewall?")
        if self.not_sent_in_a_row >= MAX_NOT_SENT:
            return Problem(code="E901", fact=f"the target cannot be reached: {outcome.message}", hint="is it up?")
        return None

    def _refused(self, outcome: Outcome) -> Problem | None:
        if self.answered == FIRST_REFUSALS and self.refused > FIRST_REFUSALS * REFUSED_SHARE:
            fact = f"{self.refused} of the first {self.answered} records were refused: {outcome.message[:200]}"
            return Problem(code="E707", fact=fact, hint="the mapping is probably wrong: mend it and plan again")
        if self.max_failures is not None and self.refused >= self.max_failures:
            fact = f"{self.refused} records were refused"
            return Problem(code="E707", fact=fact, hint="the limit is --max-failures")
        return None
