"""What planned records want to know of the target: how many they are, their keys, and what no row states."""

from collections.abc import Iterable, Iterator

from migrator.store.draft import Draft


def count_rows(draft: Draft, objects: Iterable[int]) -> int:
    """Count the records of some objects that rows state."""
    numbers = ",".join(map(str, objects)) or "0"
    (count,) = draft.run(f"SELECT COUNT(*) FROM record WHERE object IN ({numbers})").fetchone()
    return int(count)


def keys_of_rows(draft: Draft, number: int) -> Iterator[str]:
    """Give the keys of an object's records, in the order of the rows."""
    return (key for (key,) in draft.run("SELECT key FROM record WHERE object=? ORDER BY id", (number,)))


def keyed_records(draft: Draft, number: int) -> Iterator[tuple[int, str]]:
    """Give the records of an object that have a key, each with it, in the order of the rows."""
    return draft.run("SELECT id, key FROM record WHERE object=? AND key<>'' ORDER BY id", (number,))


def has_unstated(draft: Draft, objects: Iterable[int]) -> bool:
    """Tell whether the ledger knows keys of some objects that no row states this time."""
    numbers = ",".join(map(str, objects)) or "0"
    return draft.run(f"SELECT 1 FROM scratch.absent WHERE object IN ({numbers}) LIMIT 1").fetchone() is not None
