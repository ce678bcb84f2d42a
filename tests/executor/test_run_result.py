"""How a run ends, and with which code; how records are compared; what is hashed."""

from typing import Any

import pytest
from practice_target import FakeClock, PracticeTarget

from migrator.errors import Problem
from migrator.executor.bodies import body_hash
from migrator.executor.result import Applying, RunResult, Stop
from migrator.executor.settle import differing
from migrator.records import Write
from migrator.store.states import State


@pytest.mark.parametrize(
    ("state", "code", "expected"),
    [
        ("DONE", "", 0),
        ("DONE_WITH_FINDINGS", "", 5),
        ("INTERRUPTED", "", 7),
        ("HALTED", "", 7),
        *[("HALTED", code, 7) for code in ("E701", "E702", "E703", "E704", "E706", "E707", "E708", "E709", "E802")],
        *[("HALTED", code, 7) for code in ("E904", "E905", "E906")],
        *[("HALTED", code, 9) for code in ("E901", "E902")],
    ],
)
def test_run_ends_with_the_code_of_its_cause(state: str, code: str, expected: int) -> None:
    """Done 0, findings 5, stopped 7; 9 where the target does not let us in or is not there."""
    problem = Problem(code=code, fact="why") if code else None
    result = RunResult(run=1, state=state, counts={State.APPLIED: 1}, written=1, problem=problem)
    assert result.exit_code == expected


@pytest.mark.parametrize(
    ("field", "mine", "theirs", "is_same"),
    [
        ("LastName", "Ada", "Ada", True),
        ("LastName", "Ada", "ada", False),
        ("LastName", "Ada", "Ada ", False),
        ("LastName", "e\u0301", "\u00e9", False),
        ("LastName", "", None, True),
        ("LastName", None, None, True),
        ("LastName", None, "Ada", False),
        ("LastName", "Ada", None, False),
        ("Salary", "1000", "1000", True),
        ("Salary", "1000", "1000.5", False),
        ("EmailAddress_Work_IsPrimary", True, True, True),
        ("EmailAddress_Work_IsPrimary", True, 1, False),
        ("EmailAddress_Work_IsPrimary", False, None, False),
        ("CurrentPosition_Company_Id", "AB-1", "ab-1", True),
        ("CurrentPosition_Company_Id", "AB-1", "ab-2", False),
        ("Tags.Default", ["a", "b"], ["b", "a"], True),
        ("Tags.Default", ["a", "b"], ["a"], False),
        ("Tags.Default", [], None, True),
        ("NoSuchField", "x", "x", True),
        ("NoSuchField", "x", "X", False),
    ],
)
def test_values_are_one_to_the_letter(field: str, mine: Any, theirs: Any, is_same: bool) -> None:  # noqa: FBT001 - a case
    """Only the order of lists, the case of ids and the spelling of a blank make no difference."""
    target = PracticeTarget(FakeClock())
    assert differing(target, "contacts", {field: mine}, {field: theirs}) == ([] if is_same else [field])


def test_fields_that_we_do_not_write_are_not_compared() -> None:
    """What else a record holds is no difference; a field that it lacks is one."""
    target = PracticeTarget(FakeClock())
    theirs = {"LastName": "Ada", "Salary": "1"}
    assert differing(target, "contacts", {"LastName": "Ada"}, theirs) == []
    assert differing(target, "contacts", {"FirstName": "A", "LastName": "B"}, theirs) == ["FirstName", "LastName"]


FIELDS = {"Body": "é", "Pinned": True}
WRITE = Write(object="notes", fields=FIELDS, id="n1", parent=("companies", "c1"))


@pytest.mark.parametrize(
    "other",
    [
        Write(object="tasks", fields=WRITE.fields, id="n1", parent=WRITE.parent),
        Write(object="notes", fields={"Body": "e", "Pinned": True}, id="n1", parent=WRITE.parent),
        Write(object="notes", fields={"Body": "é"}, id="n1", parent=WRITE.parent),
        Write(object="notes", fields=WRITE.fields, id="n2", parent=WRITE.parent),
        Write(object="notes", fields=WRITE.fields, id="n1", parent=("companies", "c2")),
        Write(object="notes", fields=WRITE.fields, id="n1"),
    ],
)
def test_hash_of_a_body_is_that_of_all_that_is_sent(other: Write) -> None:
    """Another object, field, value, id or parent is another body; the order of fields is none."""
    turned = Write(object="notes", fields=dict(reversed(FIELDS.items())), id="n1", parent=("companies", "c1"))
    assert body_hash(turned) == body_hash(WRITE) != body_hash(other)


def test_stop_is_asked_for_once_and_twice() -> None:
    """The first asking is heeded by whoever looks; the second has nothing to cut where nothing is under way."""
    stop = Stop()
    assert stop.is_asked is False
    stop.ask()
    stop.ask()
    assert stop.is_asked is True


def test_runs_do_not_share_their_stop() -> None:
    """Each way of applying has a stop of its own, and tells nobody by default."""
    one, other = Applying(), Applying()
    one.stop.ask()
    assert other.stop.is_asked is False
