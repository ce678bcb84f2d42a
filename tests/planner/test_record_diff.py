"""A planned record against the one that the target holds: what is written, what is left, what is a conflict."""

from typing import Any

import pytest
from planning_cases import CRELATE

from migrator.planner.diff import Difference, compare
from migrator.spec.values import Constant, FieldSpec, Value

CONTACTS = CRELATE.objects["contacts"]
NONE = object()


def compared(name: str, ours: Any, theirs: Any, *, last: Any = NONE, **rule: Any) -> Difference:
    """Compare one field; `last` is what an earlier run wrote."""
    settings = {"overwrite": "always", "on_conflict": "ask", **rule}
    known = FieldSpec(name=name, value=Value(form=Constant(value=None)), **settings)
    held = {} if theirs is None else {name: theirs}
    written = None if last is NONE else {name: last}
    return compare(CONTACTS, {name: known}, {name: ours}, held, written)


def outcome(found: Difference, name: str) -> str:
    """Say in one word what becomes of a field."""
    if name in found.after:
        assert name in found.before
        return "overwrite" if name in found.overwrites else "write"
    return "conflict" if name in found.conflicts else "agreed" if name in found.agreed else "keep"


@pytest.mark.parametrize(
    ("overwrite", "ours", "theirs", "expected"),
    [
        ("always", "x", None, "write"),
        ("always", "x", "y", "overwrite"),
        ("always", "x", "x", "agreed"),
        ("always", "x", "X", "overwrite"),
        ("if_blank", "x", None, "write"),
        ("if_blank", "x", "y", "keep"),
        ("if_blank", "x", "x", "agreed"),
        ("never", "x", "y", "keep"),
        ("never", "x", "x", "agreed"),
        ("always", None, "y", "overwrite"),
        ("always", None, None, "agreed"),
        ("if_blank", None, "y", "keep"),
        ("never", None, "y", "keep"),
    ],
)
def test_overwrite_decides_over_a_field_that_differs(overwrite: str, ours: Any, theirs: Any, expected: str) -> None:
    """`always` writes, `if_blank` fills, `never` leaves; None on our side is a field to be cleared."""
    found = compared("LastName", ours, theirs, overwrite=overwrite)
    assert outcome(found, "LastName") == expected
    assert found.after == ({"LastName": ours} if "write" in expected else {})
    assert found.before == ({"LastName": theirs} if "write" in expected else {})


@pytest.mark.parametrize(
    ("last", "ours", "theirs", "outcomes"),
    [
        ("a", "b", "c", ["conflict", "overwrite", "keep"]),
        (None, "b", "c", ["conflict", "overwrite", "keep"]),
        ("a", "b", "a", ["overwrite", "overwrite", "overwrite"]),
        ("a", "b", "b", ["agreed", "agreed", "agreed"]),
        ("a", "a", "a", ["agreed", "agreed", "agreed"]),
    ],
)
def test_three_ways_tell_who_changed_a_field(last: Any, ours: str, theirs: str, outcomes: list[str]) -> None:
    """What both sides changed since our last run is decided by `on_conflict`; what only we changed is written."""
    found = [compared("LastName", ours, theirs, last=last, on_conflict=how) for how in ("ask", "source", "target")]
    assert [outcome(item, "LastName") for item in found] == outcomes


@pytest.mark.parametrize("overwrite", ["always", "if_blank", "never"])
def test_conflict_goes_before_overwrite(overwrite: str) -> None:
    """`on_conflict: source` writes where `overwrite` would not, and `target` keeps where it would write."""
    ours, theirs, last = "b", "c", "a"
    found = compared("LastName", ours, theirs, last=last, overwrite=overwrite, on_conflict="source")
    assert found.after == {"LastName": "b"}
    found = compared("LastName", ours, theirs, last=last, overwrite=overwrite, on_conflict="target")
    assert (found.after, found.conflicts) == ({}, [])


@pytest.mark.parametrize("how", ["ask", "target"])
def test_what_only_they_changed_is_kept(how: str) -> None:
    """A value that our source did not change since is not written over theirs."""
    found = compared("LastName", "a", "c", last="a", on_conflict=how)
    assert outcome(found, "LastName") == "keep"


@pytest.mark.parametrize(
    ("ours", "theirs", "after"),
    [
        (["b"], ["a"], ["a", "b"]),
        (["b", "a"], ["a"], ["a", "b"]),
        (["A", " b"], ["a", "B"], None),
        (["a"], ["b", "a"], None),
        (["a"], None, ["a"]),
        (["é"], ["E\u0301"], None),
        (["Strauß"], ["Strauss"], ["Strauss", "Strauß"]),
    ],
)
def test_list_is_a_set_to_which_ours_are_added(
    ours: list[str], theirs: list[str] | None, after: list[str] | None
) -> None:
    """Our items join theirs, which stay as they are spelled; what is there already is not added twice."""
    found = compared("RecordType", ours, theirs)
    assert found.after == ({} if after is None else {"RecordType": after})
    assert found.agreed == ({"RecordType": ours} if after is None else {})


@pytest.mark.parametrize(
    ("ours", "theirs", "after"),
    [(["b"], ["a", "b"], ["b"]), (["b", "a"], ["a", "b"], None), (["A"], ["a"], ["A"]), (None, ["a"], None)],
)
def test_list_is_replaced_where_the_mapping_says_so(ours: Any, theirs: list[str], after: Any) -> None:
    """With `merge: replace` ours take the place of theirs; the order makes no difference."""
    found = compared("RecordType", ours, theirs, replaces_list=True)
    assert found.after == ({"RecordType": after} if ours is None or after is not None else {})


def test_list_that_others_added_to_is_no_conflict() -> None:
    """Nothing is lost where ours join theirs, so nobody is asked."""
    found = compared("RecordType", ["a", "x"], ["a", "b"], last=["a"])
    assert (found.after, found.conflicts) == ({"RecordType": ["a", "b", "x"]}, [])
    assert compared("RecordType", ["x"], ["b"], last=["a"], replaces_list=True).conflicts == ["RecordType"]


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "expected"),
    [
        ("CurrentPosition_Company_Id", "AB-1", "ab-1", "agreed"),
        ("CurrentPosition_Company_Id", "AB-1", "ab-2", "overwrite"),
        ("Salary", "12.5", "12.5", "agreed"),
        ("Salary", "12.5", "12.51", "overwrite"),
        ("EmailAddress_Work_IsPrimary", True, True, "agreed"),
        ("EmailAddress_Work_IsPrimary", False, True, "overwrite"),
        ("Tags.Default", ["vip"], ["VIP"], "agreed"),
        ("EmailAddress_Work", "Ada@x.org", "ada@x.org", "overwrite"),
    ],
)
def test_values_are_compared_by_the_kind_of_their_field(name: str, ours: Any, theirs: Any, expected: str) -> None:
    """Ids have no case, numbers and truth values are compared by worth, text to the letter."""
    assert outcome(compared(name, ours, theirs), name) == expected


def test_comparison_goes_field_by_field() -> None:
    """Only what differs is written, with what stood there; what the mapping does not plan is left alone."""
    rules = {
        name: FieldSpec(name=name, value=Value(form=Constant(value=None)), overwrite=overwrite, on_conflict="ask")
        for name, overwrite in (("FirstName", "always"), ("LastName", "if_blank"), ("NickName", "always"))
    }
    planned = {"FirstName": "Ada", "LastName": "King", "NickName": "A"}
    held = {"FirstName": "Ada", "LastName": "Byron", "MiddleName": "N"}
    found = compare(CONTACTS, rules, planned, held, None)
    assert found == Difference(after={"NickName": "A"}, before={"NickName": None}, agreed={"FirstName": "Ada"})


def test_item_that_is_not_created_yet_is_a_new_one() -> None:
    """In a list of references, ids that stand there already are none; what an operation will give is added."""
    new = {"$op": "x"}
    added = compared("Owners", ["K1", new], ["k1", "k2"])
    assert (added.after, added.before) == ({"Owners": ["k1", "k2", new]}, {"Owners": ["k1", "k2"]})
    assert compared("Owners", ["k2", "k1"], ["k1", "k2"]).agreed == {"Owners": ["k2", "k1"]}
    assert compared("Owners", [new], None).after == {"Owners": [new]}
