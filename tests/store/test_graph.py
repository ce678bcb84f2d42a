"""The graph of staged records: layers, what is left in cycles, what a link frees, and whose turn it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.store import changes, graph
from migrator.store.draft import Draft, StagedRecord
from migrator.store.graph import Demand, Need, Step
from migrator.store.references import resolve


@pytest.fixture
def draft(tmp_path: Path) -> Iterator[Draft]:
    """Make a draft of two objects: records 1 to 6 of the first, 7 to 9 of the second, none of which points at any."""
    with Draft(tmp_path / "acme.plan") as made:
        rows = [StagedRecord(n, 1 if n < 7 else 2, None, n, f"k{n}", None, "{}") for n in range(1, 10)]
        made.add_rows(rows, [], [], [])
        yield made


def point(draft: Draft, *pairs: tuple[int, int], field: str = "to") -> None:
    """Let records point at others."""
    resolve(draft, ((one, field, n, to) for n, (one, to) in enumerate(pairs)))


def draw(draft: Draft, *demands: tuple[int, str, Demand], least: Demand = Demand.OPTIONAL) -> None:
    """Draw both objects, the second before the first."""
    graph.draw(draft, [2, 1], demands, least)


def turns(draft: Draft) -> list[int]:
    """Give the records whose turn it is."""
    return [record for (record,) in draft.run("SELECT record FROM scratch.turn ORDER BY n")]


def stuck(draft: Draft) -> list[int]:
    """Give the records that are in no layer."""
    return [record for (record,) in draft.run("SELECT record FROM scratch.node WHERE layer IS NULL ORDER BY record")]


def test_layers_go_by_need_then_by_object_then_by_record(draft: Draft) -> None:
    """What needs nothing is first, and within a layer the objects stand together."""
    point(draft, (1, 2), (2, 7), (8, 1), (3, 7), (3, 2))
    draw(draft)
    graph.take_layers(draft)
    assert (turns(draft), graph.count_layers(draft)) == ([7, 9, 4, 5, 6, 2, 1, 3, 8], 4)


def test_what_is_not_written_with_the_record_orders_nothing(draft: Draft) -> None:
    """Lookups inside a lookup, fields of the last pass, records that the target holds, and objects left out."""
    point(draft, (1, 1), field="?inner")
    point(draft, (2, 2), field="late")
    point(draft, (3, -1), (4, 5))
    point(draft, (6, 7))
    draft.many("INSERT INTO scratch.matched VALUES(?,?,?)", [(5, -2, 0)])
    graph.draw(draft, [1], [(1, "late", Demand.NONE)], Demand.OPTIONAL)
    graph.take_layers(draft)
    assert (stuck(draft), turns(draft), graph.count_layers(draft)) == ([], [1, 2, 3, 4, 5, 6], 1)


def test_only_what_is_demanded_may_count(draft: Draft) -> None:
    """The same graph with its references of one demand only."""
    point(draft, (1, 2), (2, 1))
    point(draft, (3, 4), (4, 3), field="must")
    draw(draft, (1, "must", Demand.AT_CREATION), least=Demand.AT_CREATION)
    assert stuck(draft) == [3, 4]
    draw(draft, (1, "must", Demand.AT_CREATION))
    assert stuck(draft) == [1, 2, 3, 4]


def test_pieces_hold_what_is_stuck_once(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece is a few records and all that they need; what an earlier piece held is in no later one."""
    monkeypatch.setattr(graph, "SEEDS", 1)
    point(draft, (1, 2), (2, 1), (2, 9), (3, 1), (4, 4), (7, 4), (8, 7))
    point(draft, (1, 2), field="must")
    draw(draft, (1, "must", Demand.AT_CREATION))
    assert list(graph.pieces(draft)) == [
        [Need(1, 2, is_demanded=True), Need(2, 1, is_demanded=False)],
        [],
        [Need(4, 4, is_demanded=False)],
        [],
        [],
    ]


def test_link_frees_what_waits_for_it(draft: Draft) -> None:
    """A deferred field counts no longer, with all items of its list; everything finds its layer anew."""
    point(draft, (1, 2), (1, 3), (2, 1), (4, 2))
    draw(draft)
    assert len(list(graph.pieces(draft))) == 1
    graph.defer(draft, [(1, 2)])
    graph.place_again(draft)
    graph.take_layers(draft)
    assert (stuck(draft), turns(draft)) == ([], [7, 8, 9, 1, 3, 5, 6, 2, 4])
    assert graph.count_deferred(draft) == {(1, "to"): 1}
    graph.take_deferred(draft, 1)
    assert turns(draft) == [1]
    graph.take_deferred(draft, 2)
    assert turns(draft) == []


def test_reference_that_waits_for_nothing_is_not_deferred(draft: Draft) -> None:
    """What points at earlier records all the same stays in the create; records outside the graph are left alone."""
    point(draft, (1, 2), (2, 1))
    point(draft, (1, 3), field="other")
    draft.many("INSERT INTO scratch.deferred VALUES(?,?)", [(7, "to")])
    graph.draw(draft, [1], [], Demand.OPTIONAL)
    graph.defer(draft, [(2, 1), (1, 3)])
    graph.place_again(draft)
    assert graph.count_deferred(draft) == {(1, "to"): 1}
    graph.take_deferred(draft, 2)
    assert turns(draft) == [7]


def test_cycle_is_spelled(draft: Draft) -> None:
    """For each record its object, its key, and the field by which it points at the next; a demanded one first."""
    point(draft, (1, 8), (8, 1))
    point(draft, (8, 1), field="must")
    draw(draft, (2, "must", Demand.AT_CREATION))
    assert graph.spell_cycle(draft, [1, 8], limit=2) == [Step(1, "k1", "to"), Step(2, "k8", "must")]
    assert graph.spell_cycle(draft, [8, 1], limit=1) == [Step(2, "k8", "must")]


def test_turn_of_an_object_goes_by_state(draft: Draft) -> None:
    """Records have their turn in their own order, those of the states that were asked for."""
    draft.set_state("skip", [3])
    draft.set_state("update", [1, 8])
    for states, expected in ((("create",), [2, 4, 5, 6]), (graph.WRITTEN, [1, 2, 4, 5, 6])):
        batches = list(changes.turns_of(draft, 1, states))
        assert [turn[0] for batch in batches for turn in batch] == expected
