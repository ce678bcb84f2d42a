"""A sealed plan: complete or not there, read by everybody, and refused once a byte of it is another."""

import hashlib
import json
from pathlib import Path

import pytest
from store_cases import MAPPING, ONE, Row, edit, mode_of, seal_plan

from migrator.errors import PlanError
from migrator.records import Action
from migrator.store.changes import Change, operation_id
from migrator.store.draft import Draft
from migrator.store.plan import Plan
from migrator.store.plan_schema import FORMAT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Seal a small plan."""
    seal_plan(tmp_path / "acme.plan")
    return tmp_path / "acme.plan"


def first_edited(path: Path) -> str:
    """Tell which change of a plan is not as it was sealed."""
    with Plan(path) as plan:
        return plan.first_edited()


def refusal(path: Path) -> PlanError:
    """Give the error with which opening a plan is refused."""
    with pytest.raises(PlanError) as caught:
        Plan(path)
    assert caught.value.exit_code == 6
    return caught.value


def test_seal_gives_the_hash_of_the_file(tmp_path: Path) -> None:
    """The hash is that of the whole file, which is private and lies alone in its folder."""
    sha256 = seal_plan(tmp_path / "acme.plan")
    assert hashlib.sha256((tmp_path / "acme.plan").read_bytes()).hexdigest() == sha256
    assert ([one.name for one in tmp_path.iterdir()], mode_of(tmp_path / "acme.plan")) == (["acme.plan"], 0o600)


def test_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    """A plan holds nothing that chance or time put in."""
    assert seal_plan(tmp_path / "one") == seal_plan(tmp_path / "two")


def test_sealed_plan_is_never_written_to(path: Path) -> None:
    """Whoever reads a plan leaves it and its folder as they are."""
    before = path.read_bytes()
    with Plan(path) as plan:
        assert (len(list(plan.changes())), plan.first_edited()) == (5, "")
        assert [one.name for one in path.parent.iterdir()] == ["acme.plan"]
    assert path.read_bytes() == before


def test_header_is_read_back_as_it_was_stated(path: Path) -> None:
    """The header is plain data, and names the plan."""
    with Plan(path) as plan:
        assert plan.id == "plan-1"
        assert {name: plan.header[name] for name in ("plan", "mapping", "operations")} == {
            "plan": "plan-1",
            "mapping": {"name": MAPPING},
            "operations": 5,
        }


def test_chain_goes_over_all_changes_in_their_order(path: Path) -> None:
    """One hash goes over the hashes of all."""
    with Plan(path) as plan:
        hashes = "".join(change.sha256 for change in plan.changes())
        assert plan.header["chain"] == hashlib.sha256(b"migrator" + hashes.encode()).hexdigest()


def test_change_is_read_back_as_it_was_written(path: Path) -> None:
    """Numbers, names, place, values, references and markers of every action."""
    with Plan(path) as plan:
        update, asked, contact, link = [one._replace(sha256="") for one in list(plan.changes())[1:]]
    assert update == Change(
        seq=2,
        id=operation_id(MAPPING, "companies", "2"),
        object="companies",
        target="companies",
        action=Action.UPDATE,
        key="2",
        place="companies.csv:3",
        after={"Name": "Two"},
        before={"Name": "Zwei"},
        target_id="k2",
    )
    assert (asked.place, asked.marker) == ("", "acme/companies/?new")
    assert contact.after == {"LastName": "Ada", "CurrentPosition_Company_Id": {"$op": ONE}}
    assert (link.action, link.id, link.marker) == (Action.LINK, operation_id(MAPPING, "contacts", "1", "link"), None)


def test_parent_is_read_back_as_a_pair(tmp_path: Path) -> None:
    """A record that lives under another names it by object and id, or by the operation that makes it."""
    parent = json.dumps(["companies", {"$op": ONE}])
    seal_plan(tmp_path / "acme.plan", [Row("contacts", 2, "1", changes=[{"after": {}, "parent": parent}])])
    with Plan(tmp_path / "acme.plan") as plan:
        assert [one.parent for one in plan.changes()] == [("companies", {"$op": ONE})]


@pytest.mark.parametrize(
    ("after", "limit", "expected"),
    [(0, -1, [1, 2, 3, 4, 5]), (3, -1, [4, 5]), (1, 2, [2, 3]), (0, 0, []), (5, -1, [])],
)
def test_changes_are_given_from_behind_a_number(path: Path, after: int, limit: int, expected: list[int]) -> None:
    """A run goes on from where it was, a batch at a time."""
    with Plan(path) as plan:
        assert [one.seq for one in plan.changes(after=after, limit=limit)] == expected


EDITS = {
    "id": "UPDATE change SET id='other' WHERE seq=2",
    "object": "UPDATE change SET object=2 WHERE seq=2",
    "record": "UPDATE change SET record=3 WHERE seq=2",
    "action": "UPDATE change SET action='create' WHERE seq=2",
    "target_id": "UPDATE change SET target_id='k3' WHERE seq=2",
    "marker": "UPDATE change SET marker='acme/companies/9' WHERE seq=2",
    "parent": """UPDATE change SET parent='["companies","k9"]' WHERE seq=2""",
    "before": """UPDATE change SET before='{"Name":"Drei"}' WHERE seq=2""",
    "after": """UPDATE change SET after='{"Name":"Three"}' WHERE seq=2""",
    "sha256": "UPDATE change SET sha256='00' WHERE seq=2",
}
MOVES = {
    "last gone": "DELETE FROM change WHERE seq=5",
    "first gone": "DELETE FROM change WHERE seq=1",
    "moved": "UPDATE change SET seq=9 WHERE seq=1",
    "copied": "CREATE TABLE x AS SELECT * FROM change LIMIT 1; UPDATE x SET seq=6; INSERT INTO change SELECT * FROM x",
}


@pytest.mark.parametrize("column", EDITS)
def test_edited_change_is_found_and_refused(path: Path, column: str) -> None:
    """Whichever column of a change was edited, that change is named; those before it are still given."""
    edit(path, EDITS[column])
    name = "contacts" if column == "object" else "companies"
    action = "create" if column == "action" else "update"
    key = "3" if column == "record" else "2"
    assert first_edited(path) == f"operation 2 ({action} {name} {key})"
    with Plan(path) as plan:
        changes = plan.changes()
        assert next(changes).seq == 1
        with pytest.raises(PlanError) as caught:
            next(changes)
    fact = f"E602 operation 2 ({action} {name} {key}) was edited after the plan was sealed"
    assert str(caught.value) == f"{path}: {fact} (plan again; a plan is never edited)"


@pytest.mark.parametrize("move", MOVES)
def test_edited_list_of_changes_is_found(path: Path, move: str) -> None:
    """A change that is gone, moved or there twice is whole itself, but the chain is not."""
    edit(path, *MOVES[move].split("; "))
    assert first_edited(path) == "the list of operations"


def test_plan_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A path without a file, and a folder, are no plans; neither is made."""
    hint = "(make one with 'migrator plan MAPPING -o FILE.plan')"
    assert str(refusal(tmp_path / "none")) == f"{tmp_path / 'none'}: E603 there is no such plan {hint}"
    assert str(refusal(tmp_path)) == f"{tmp_path}: E603 there is no such plan {hint}"
    assert list(tmp_path.iterdir()) == []


def test_plan_of_another_version_is_refused(path: Path) -> None:
    """A format that this version does not write is not guessed at."""
    edit(path, "PRAGMA user_version=1")
    fact = f"E602 not a plan of this version: format 1, expected {FORMAT}"
    assert str(refusal(path)) == f"{path}: {fact} (plan again)"


@pytest.mark.parametrize("size", [0, 1, 50, 4096, 5000, 8192])
def test_truncated_plan_is_refused(path: Path, size: int) -> None:
    """A plan that was cut short, wherever, is none."""
    path.write_bytes(path.read_bytes()[:size])
    (problem,) = refusal(path).problems
    assert (problem.code, problem.place) == ("E602", str(path))


@pytest.mark.parametrize(("found", "put"), [(b"\n", b"\r\n"), (b"SQLite format 3", b"sqlite format 3")])
def test_converted_plan_is_refused(path: Path, found: bytes, put: bytes) -> None:
    """A plan whose line ends a program converted, or that is another file altogether, is none."""
    assert found in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(found, put))
    (problem,) = refusal(path).problems
    assert (problem.code, problem.place) == ("E602", str(path))


def test_ledger_is_no_plan(tmp_path: Path) -> None:
    """Another file of ours is not taken for a plan."""
    edit(tmp_path / "x.plan", "PRAGMA application_id=1835625521", "PRAGMA user_version=1", "CREATE TABLE a(b)")
    assert refusal(tmp_path / "x.plan").problems[0].code == "E602"


def test_abandoned_draft_leaves_the_old_plan(path: Path) -> None:
    """What is not sealed is taken away, and the plan that lay there is still whole."""
    before = path.read_bytes()
    with Draft(path) as draft:
        draft.add_object((1, "companies", "companies", "A", "[]"))
        assert sorted(one.name for one in path.parent.iterdir()) == [
            ".acme.plan.asking", ".acme.plan.partial", ".acme.plan.scratch", "acme.plan"
        ]  # fmt: skip
        assert {mode_of(one) for one in path.parent.iterdir()} == {0o600}
    assert ([one.name for one in path.parent.iterdir()], path.read_bytes()) == (["acme.plan"], before)


def test_draft_replaces_what_a_killed_one_left(tmp_path: Path) -> None:
    """Files of a draft that was never ended are not in the way."""
    for name in (".acme.plan.partial", ".acme.plan.scratch", ".acme.plan.asking"):
        (tmp_path / name).write_bytes(b"half")
    assert seal_plan(tmp_path / "acme.plan") == seal_plan(tmp_path / "other.plan")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["acme.plan", "other.plan"]
