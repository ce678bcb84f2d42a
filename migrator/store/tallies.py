"""Counts over a draft, for the header of its plan."""

from collections import defaultdict

from migrator.store.draft import Draft
from migrator.store.plan_schema import LEFT


def left_by_object(draft: Draft) -> dict[int, dict[str, int]]:
    """Count the source rows of each object that are refused or left out, by status."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for number, state, count in draft.run(
        f"SELECT object, state, COUNT(*) FROM record WHERE {LEFT} AND row IS NOT NULL GROUP BY object, state"
    ):
        found[number][state] = count
    return found


def count_contents(draft: Draft) -> dict[str, int]:
    """Count the files that rows name, and their bytes."""
    files, size = draft.run("SELECT COUNT(*), COALESCE(SUM(size), 0) FROM content").fetchone()
    return {"files": files, "bytes": size}


def set_facts(draft: Draft, number: int, facts: str) -> None:
    """Note what is known of an object, as JSON."""
    draft.run("UPDATE object SET facts=? WHERE id=?", (facts, number))
