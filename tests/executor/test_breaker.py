"""The breaker counts the records of a call one by one, though most calls give it nothing to look at."""

import pytest

from migrator.errors import Problem
from migrator.executor.breaker import Breaker
from migrator.records import Outcome, Verdict

DONE = Outcome(verdict=Verdict.APPLIED, target_id="c1", status=200)
REFUSED = Outcome(verdict=Verdict.REFUSED, status=422, message="no")
DOUBT = Outcome(verdict=Verdict.IN_DOUBT, message="no answer")
STOP = Problem(code="E704", fact="enough")


@pytest.mark.parametrize(
    ("outcomes", "counted"),
    [
        ([DONE] * 3, (3, 3, 0)),
        ([DONE, REFUSED, DONE], (2, 3, 1)),
        ([DONE, DOUBT], (1, 1, 0)),
        ([DONE._replace(status=None)], (1, 0, 0)),
    ],
)
def test_each_record_of_a_call_is_counted_as_what_it_is(outcomes: list[Outcome], counted: tuple[int, int, int]) -> None:
    """Written, answered, refused."""
    breaker = Breaker(operations=9)
    breaker.count_all(outcomes)
    assert (breaker.written, breaker.answered, breaker.refused) == counted


def test_record_that_was_written_may_halt_the_run() -> None:
    """The target said with its answer that nothing more is to be sent."""
    breaker = Breaker(operations=9)
    breaker.count_all([DONE, DONE._replace(halt=STOP)])
    assert (breaker.halt, breaker.written) == (STOP, 2)
