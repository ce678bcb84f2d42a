"""The graph of staged records that point at each other: put into layers by joins over whole sets, one cycle at a time.

A layer holds what needs nothing that is not in an earlier one. Only records to be created are needed by others.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from migrator.records import Action
from migrator.store.draft import Draft

SEEDS = 5_000
WRITTEN = (Action.CREATE, Action.UPDATE, Action.UNCHANGED)

_SOLVED = -1


class Demand(IntEnum):
    """How a reference orders records; one that a link sets, or that is written last, does not."""

    NONE = -1
    OPTIONAL = 0
    AT_CREATION = 1


class Need(NamedTuple):
    """A record that points at another one, which is to be created; some may be demanded at its creation."""

    record: int
    holder: int
    is_demanded: bool


class Step(NamedTuple):
    """A record on a cycle: its object's number, its key, and a field of it that points at the next one."""

    object: int
    key: str
    field: str


def take_layers(draft: Draft) -> None:
    """Let the records of the graph have their turn: layer by layer, object by object."""
    draft.run("DELETE FROM scratch.turn")
    draft.run("INSERT INTO scratch.turn(record) SELECT record FROM scratch.node ORDER BY layer, place, record")


def take_deferred(draft: Draft, number: int) -> None:
    """Let those of an object's records have their turn whose references a link sets."""
    draft.run("DELETE FROM scratch.turn")
    draft.run(
        "INSERT INTO scratch.turn(record) SELECT DISTINCT d.record FROM scratch.deferred d"
        " JOIN record r ON r.id=d.record WHERE r.object=? ORDER BY d.record",
        (number,),
    )


def draw(draft: Draft, objects: Sequence[int], demands: Iterable[tuple[int, str, Demand]], least: Demand) -> None:
    """Draw the graph of the staged records of some objects, given by number, and put in layers what no cycle holds.

    `demands` are those of (object, field), for all that are not optional; only references of the `least` demand count.
    """
    for table in ("node", "edge", "slot"):
        draft.run(f"DELETE FROM scratch.{table}")
    draft.many("INSERT INTO scratch.slot VALUES(?,?,?)", demands)
    draft.many(
        "INSERT INTO scratch.node SELECT id, ?, object, 0, NULL FROM record WHERE object=? AND state='create'",
        enumerate(objects),
    )
    draft.run(
        "INSERT INTO scratch.edge SELECT s.holder, s.record, s.field, COALESCE(t.demand, 0) FROM scratch.node n"
        " JOIN resolution s ON s.record=n.record JOIN scratch.node h ON h.record=s.holder"
        " LEFT JOIN scratch.matched m ON m.record=s.holder"
        " LEFT JOIN scratch.slot t ON t.object=n.object AND t.field=s.field"
        " WHERE m.record IS NULL AND s.field NOT LIKE '?%' AND COALESCE(t.demand, 0)>=?",
        (least,),
    )
    _place(draft)


def pieces(draft: Draft) -> Iterator[list[Need]]:
    """Give what stands in no layer, a piece at a time: some records and all that they need, each record once."""
    while True:
        draft.run("DELETE FROM scratch.piece")
        found = draft.run(
            "INSERT INTO scratch.piece WITH RECURSIVE reach(record) AS"
            " (SELECT record FROM (SELECT record FROM scratch.node WHERE layer IS NULL LIMIT ?) UNION"
            " SELECT e.holder FROM reach JOIN scratch.edge e ON e.record=reach.record"
            " JOIN scratch.node h ON h.record=e.holder AND h.layer IS NULL) SELECT record FROM reach",
            (SEEDS,),
        )
        if not found.rowcount:
            break
        needs = draft.run(
            "SELECT e.record, e.holder, MAX(e.demand) FROM scratch.piece p JOIN scratch.edge e ON e.record=p.record"
            " JOIN scratch.piece h ON h.record=e.holder GROUP BY e.record, e.holder"
        ).fetchall()
        draft.run("UPDATE scratch.node SET layer=? WHERE record IN (SELECT record FROM scratch.piece)", (_SOLVED,))
        yield [Need(record, holder, bool(demand)) for record, holder, demand in needs]


def defer(draft: Draft, pairs: Iterable[tuple[int, int]]) -> None:
    """Leave the fields by which a record points at another one to a link: (record, holder)."""
    draft.many(
        "INSERT OR IGNORE INTO scratch.deferred SELECT record, field FROM scratch.edge WHERE record=? AND holder=?",
        pairs,
    )


def place_again(draft: Draft) -> None:
    """Put all in layers without the deferred references; those that wait for nothing later are deferred no longer."""
    in_graph = "SELECT d.record, d.field FROM scratch.deferred d JOIN scratch.node n ON n.record=d.record"
    draft.run(
        f"UPDATE scratch.edge SET demand=? FROM ({in_graph}) d WHERE d.record=edge.record AND d.field=edge.field",
        (Demand.NONE,),
    )
    draft.run("UPDATE scratch.node SET layer=NULL, needs=0")
    _place(draft)
    draft.run(
        "DELETE FROM scratch.deferred WHERE record IN (SELECT record FROM scratch.node) AND NOT EXISTS"
        " (SELECT 1 FROM scratch.edge e JOIN scratch.node n ON n.record=e.record"
        " JOIN scratch.node h ON h.record=e.holder WHERE e.record=deferred.record AND e.field=deferred.field"
        " AND h.layer>=n.layer)"
    )


def count_layers(draft: Draft) -> int:
    """Count the layers of the graph."""
    (count,) = draft.run("SELECT COALESCE(MAX(layer), 0) FROM scratch.node").fetchone()
    return int(count)


def count_deferred(draft: Draft) -> dict[tuple[int, str], int]:
    """Count the records of the graph, by object and field, of which a link sets that field."""
    rows = draft.run(
        "SELECT n.object, d.field, COUNT(*) FROM scratch.deferred d JOIN scratch.node n ON n.record=d.record"
        " GROUP BY n.object, d.field"
    )
    return {(number, name): count for number, name, count in rows}


def spell_cycle(draft: Draft, records: Sequence[int], *, limit: int) -> list[Step]:
    """Tell what the first records of a cycle are, each of which points at the next one, the last at the first."""
    found = []
    for record, holder in zip(records[:limit], [*records[1:], *records[:1]], strict=False):
        row = draft.run(
            "SELECT r.object, r.key, e.field FROM record r JOIN scratch.edge e ON e.record=r.id"
            " WHERE r.id=? AND e.holder=? ORDER BY e.demand DESC LIMIT 1",
            (record, holder),
        ).fetchone()
        found.append(Step(*row))
    return found


def _place(draft: Draft) -> None:
    """Put records in layers, each layer from the one before: what is in none then is in a cycle, or behind one."""
    draft.run(
        "UPDATE scratch.node SET needs=c.n FROM (SELECT record, COUNT(*) AS n FROM scratch.edge WHERE demand>=0"
        " GROUP BY record) c WHERE c.record=node.record"
    )
    layer = 1
    while draft.run("UPDATE scratch.node SET layer=? WHERE layer IS NULL AND needs=0", (layer,)).rowcount:
        draft.run(
            "UPDATE scratch.node SET needs=node.needs-c.n FROM (SELECT e.record, COUNT(*) AS n FROM scratch.node p"
            " JOIN scratch.edge e ON e.holder=p.record AND e.demand>=0 WHERE p.layer=? GROUP BY e.record) c"
            " WHERE c.record=node.record",
            (layer,),
        )
        layer += 1
