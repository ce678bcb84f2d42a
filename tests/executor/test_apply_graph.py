"""Records that need each other: sent in the order of the plan, as many together as do not wait for one another."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from apply_cases import Bench, companies, people
from practice_target import DONE, LOST, REFUSED, UNANSWERED, Act

from migrator.executor.bodies import Waits, fill
from migrator.records import Action, Write
from migrator.store.changes import Change
from migrator.store.journal import Journal
from migrator.store.states import State

FIRMS = """\
  companies:
    from: companies.csv
    to: companies
    key: id
    fields: {Name: name, ParentAccount_Id: {lookup: companies, by: [{key: over}]}}
"""


class Known:
    """What the journal knows: the ids that operations gave."""

    def target_of(self, op_id: str) -> str | None:
        """Give an id."""
        return {"one": "c1", "two": "c2"}.get(op_id)

    def state_of(self, _op_id: str) -> State:
        """Have all else before it."""
        return State.PLANNED


def filled(after: Mapping[str, Any]) -> Write | Waits:
    """Fill a create with the ids that are known."""
    change = Change(
        seq=1, id="x", object="firms", target="companies", action=Action.CREATE, key="1", place="", after=after
    )
    return fill(change, cast("Journal", Known()), "acme")


def test_items_of_a_list_are_filled() -> None:
    """A list of references holds ids and operations, in any mixture; text and objects stay as they are."""
    write = filled({"Ids": ["k9", {"$op": "two"}, {"$op": "one"}], "phones": [{"no": "1"}], "Tags": ["a"], "N": None})
    assert isinstance(write, Write)
    assert write.fields == {"Ids": ["k9", "c2", "c1"], "phones": [{"no": "1"}], "Tags": ["a"], "N": None}


def test_one_item_of_a_list_holds_the_whole_back() -> None:
    """What waits for one operation is not sent in part."""
    assert filled({"Ids": [{"$op": "one"}, {"$op": "three"}]}) == Waits("three", State.PLANNED)


def firms(folder: Path, over: Mapping[int, int]) -> Bench:
    """Make a project of companies, each below the one that is named for it, the last in the file first."""
    bench = Bench(folder=folder)
    rows = sorted(over.items(), reverse=True)
    bench.write("companies.csv", "id,name,over", *(f"{n},C{n},{above or ''}" for n, above in rows))
    bench.plan(FIRMS)
    return bench


@pytest.mark.parametrize(("bulk", "reads"), [(1, 3), (100, 2)])
def test_chain_is_written_in_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bulk: int, reads: int) -> None:
    """Each waits for the one before, so each is a call of its own, and the plan is gone through once."""
    bench = firms(tmp_path, {n: n - 1 for n in range(1, 251)})
    bench.target.bulk = bulk
    asked: list[int] = []
    pending = Journal.pending

    def count(journal: Journal, *, after: int, limit: int) -> list[Change]:
        asked.append(after)
        return pending(journal, after=after, limit=limit)

    monkeypatch.setattr(Journal, "pending", count)
    assert bench.apply(concurrency=16).state == "DONE"
    assert bench.target.seen("*+") == [f"+ companies/{n}" for n in range(1, 251)]
    assert len(asked) == reads


def test_layer_goes_in_full_calls(tmp_path: Path) -> None:
    """One above fifty above a hundred and twenty: a call never holds what waits for another in it."""
    bench = firms(tmp_path, {1: 0} | dict.fromkeys(range(2, 52), 1) | {n: n % 50 + 2 for n in range(52, 172)})
    bench.target.bulk = 100
    assert bench.apply().state == "DONE"
    assert bench.target.seen("*+")[0] == "+ companies/1"
    assert sorted(bench.target.seen("*")) == ["* companies/100", "* companies/20", "* companies/50"]
    held = bench.target.held("companies").values()
    assert sum("ParentAccount_Id" in one for one in held) == 170


def test_last_pass_waits_for_all_links(tmp_path: Path) -> None:
    """What locks a record is not under way beside a link, however many go at once."""
    bench = Bench(folder=tmp_path)
    bench.write("companies.csv", "id,name,over,about", "1,A,2,x", "2,B,1,", "3,C,4,x", "4,D,3,")
    bench.plan(FIRMS.replace("{Name: name,", "{Name: name, Description: {from: about, write: last},"))
    assert bench.apply(concurrency=16).state == "DONE"
    assert (len(bench.target.seen("+")), len(bench.target.seen("~")), bench.target.most_under_way) == (4, 4, 2)
    held = {one["Name"]: one for one in bench.target.held("companies").values()}
    assert [held[name].get("Description") for name in "ABCD"] == ["x", None, "x", None]
    assert all(one["ParentAccount_Id"] for one in held.values())


def locked(folder: Path, link: Act) -> Bench:
    """Plan two companies below each other, of which the first is locked by its text; the link meets an act, once."""
    bench = Bench(folder=folder)
    bench.write("companies.csv", "id,name,over,about", "1,A,2,x", "2,B,1,")
    bench.plan(FIRMS.replace("{Name: name,", "{Name: name, Description: {from: about, write: last},"))
    acts = [link]

    def act(write: Write) -> Act:
        return acts.pop() if acts and write.id and "ParentAccount_Id" in write.fields else DONE

    bench.target.otherwise = act
    return bench


@pytest.mark.parametrize("act", [UNANSWERED, LOST])
def test_last_pass_waits_for_a_link_in_doubt(tmp_path: Path, act: Act) -> None:
    """Nobody knows whether the link arrived: the record is not locked before that is settled."""
    bench = locked(tmp_path, act)
    sent: list[str] = []
    bench.target.on_write = lambda write: sent.extend(sorted(write.fields)) if write.id else None
    assert bench.apply().state == "DONE"
    assert sent == [*["ParentAccount_Id"] * (1 if act is UNANSWERED else 2), "Description"]


def test_record_whose_link_is_refused_is_not_locked(tmp_path: Path) -> None:
    """A person may still set the link by hand; what would lock the record is blocked, and says by what."""
    bench = locked(tmp_path, REFUSED)
    assert bench.apply().exit_code == 5
    with bench.reading() as db:
        states = [state for (state,) in db.execute("SELECT state FROM op ORDER BY seq")]
        (link,) = db.execute("SELECT id FROM op WHERE state='REJECTED'").fetchone()
    assert states == ["APPLIED", "APPLIED", "REJECTED", "BLOCKED"]
    assert bench.reasons() == ["Name is too long", f"what comes before it is REJECTED ({link})"]


def test_cycle_is_created_and_linked(tmp_path: Path) -> None:
    """Three in a ring: created one below the other, and the ring is closed by one link."""
    bench = firms(tmp_path, {1: 2, 2: 3, 3: 1})
    assert bench.apply(concurrency=16).state == "DONE"
    assert len(bench.target.seen("+")) == 3
    held = bench.target.held("companies")
    named = {one["Name"]: held[str(one["ParentAccount_Id"])]["Name"] for one in held.values()}
    assert (named, len(bench.target.seen("~"))) == ({"C1": "C2", "C2": "C3", "C3": "C1"}, 1)


@pytest.mark.parametrize(("make", "count"), [(companies, 0), (people, 1)])
def test_plan_that_points_at_its_own_keeps_an_index_of_ids(
    tmp_path: Path, make: Callable[[Path], Bench], count: int
) -> None:
    """It is made before the first write: to sort a million ids when one is asked for takes as much memory."""
    bench = make(tmp_path)
    bench.apply(limit=1)
    with bench.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM sqlite_master WHERE name='op_by_id'").fetchone() == (count,)
