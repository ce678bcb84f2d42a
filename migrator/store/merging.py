"""Rows that are merged into one: its fields, its identities, and what belonged to the others and is its own now."""

from collections.abc import Iterable

from migrator.store.changes import restate
from migrator.store.draft import Draft, IdentityRow
from migrator.store.options import ADDED, SENT


def put_together(draft: Draft, record: tuple[int, str], old: Iterable[IdentityRow], new: Iterable[IdentityRow]) -> None:
    """Give a record (its number, its fields as JSON) other fields, and other identities in the place of old ones."""
    number, fields = record
    restate(draft, number, fields)
    delete = "DELETE FROM scratch.identity WHERE digest=? AND proof=? AND record=? AND line=?"
    draft.many(delete, (one[:4] for one in old))
    draft.many("INSERT INTO scratch.identity VALUES(?,?,?,?,?)", new)


def add_taken(draft: Draft, rows: Iterable[tuple[int, str, int]]) -> None:
    """Note fields that a record took over: (record that had it, field, record that was kept)."""
    draft.many("INSERT OR REPLACE INTO scratch.taken VALUES(?,?,?)", rows)


def move_taken(draft: Draft) -> None:
    """Let what belongs to a field that was taken over follow it: references, and options that its value wants.

    All at once, since neither table has an index by record.
    """
    is_its = "({0}.field=t.field OR {0}.field LIKE '?' || t.field || '.%')"  # also lookups inside its own
    taken = f"FROM scratch.taken t WHERE t.record={{0}}.record AND {is_its}"
    for table, condition in (("asking.reference", ""), ("problem", f"code IN ('{SENT}','{ADDED}') AND ")):
        name = table.rpartition(".")[2]
        found = taken.format(name)
        draft.run(f"UPDATE {table} SET record=(SELECT t.kept {found}) WHERE {condition}EXISTS(SELECT 1 {found})")
    draft.run("DELETE FROM scratch.taken")
