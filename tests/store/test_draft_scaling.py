"""What a draft is asked for many times takes no longer the more rows there are: counted in steps of SQLite."""

from collections.abc import Callable
from pathlib import Path

import pytest

from migrator.store.created import askers
from migrator.store.draft import Draft, StagedProblem, StagedRecord, StagedReference
from migrator.store.references import add_missing, cascades, resolve

EVERY = 10


def falling(draft: Draft, count: int) -> Callable[[], int]:
    """Let as many records be rejected, and as many others point at them."""
    parents, children = range(1, count + 1), range(count + 1, 2 * count + 1)
    draft.add_rows(
        [
            StagedRecord(n, 1, 1, n, str(n), "[]", "{}", "reject" if n <= count else "create")
            for n in range(1, 2 * count + 1)
        ],
        [],
        [],
        [StagedProblem(n, 1, "E110", "born", "x", "is no date", "") for n in parents],
    )
    resolve(draft, [(child, "boss", 0, child - count) for child in children])
    return lambda: sum(len(some) for some in cascades(draft))


def missed(draft: Draft, count: int) -> Callable[[], int]:
    """Let as many values be looked for in vain, each by one record; and ask who did."""
    records = range(1, count + 1)
    references = [StagedReference(n, "boss", 0, 1, 0, n, n) for n in records]
    draft.add_rows([StagedRecord(n, 1, 1, n, str(n), "[]", "{}") for n in records], [], references, [])
    draft.index_rows(is_shared=False)
    add_missing(draft, [(n, n, n, 1) for n in records])
    return lambda: sum(len(list(askers(draft, n, n))) for n in records)


def steps(folder: Path, begin: Callable[[Draft, int], Callable[[], int]], count: int) -> int:
    """Count the steps that SQLite takes."""
    counted = [0]

    def tick() -> int:
        counted[0] += EVERY
        return 0

    with Draft(folder / f"{count}.plan") as draft:
        draft.add_object((1, "people", "people", "A", "[]"))
        draft.file_number("people.csv")
        work = begin(draft, count)
        draft.db.set_progress_handler(tick, EVERY)
        assert work() == count
        draft.db.set_progress_handler(None, 0)
    return counted[0]


@pytest.mark.parametrize("begin", [falling, missed])
def test_four_times_as_many_take_four_times_as_many_steps(
    tmp_path: Path, begin: Callable[[Draft, int], Callable[[], int]]
) -> None:
    """Were all looked through for each, it would be sixteen times as many."""
    assert steps(tmp_path, begin, 400) < 5 * steps(tmp_path, begin, 100)
