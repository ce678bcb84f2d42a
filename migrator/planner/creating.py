"""What creates a record, known as soon as its row is read: the marker and the hash of that change."""

from collections.abc import Iterable, Sequence

from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.filling import Filling
from migrator.planner.stating import Stating
from migrator.store.changes import created_hash

Told = tuple[str | None, str | None]  # marker and hash of a change, as they stand in a record

NOT_TOLD: Told = (None, None)


class Creating:
    """Says of the records of one object what creates them, where that follows from the record alone.

    It does not where some of its fields are written later, or are words for what a reference finds.
    """

    def __init__(self, compiled: Compiled, item: CompiledObject, stating: Stating) -> None:
        self._number = item.number
        self._markers = stating.markers if item.marker else None
        self._is_told = Filling(compiled, item).is_plain

    def of_many(self, records: Iterable[int], keys: Sequence[str], texts: Iterable[str]) -> list[Told]:
        """Tell it of many records, given their numbers, keys and fields as JSON."""
        if not self._is_told:
            return [NOT_TOLD] * len(keys)
        number = self._number
        markers = self._markers(keys) if self._markers else [None] * len(keys)
        rows = zip(records, keys, markers, texts, strict=True)
        return [(marker, created_hash(number, record, key, marker, text)) for record, key, marker, text in rows]
