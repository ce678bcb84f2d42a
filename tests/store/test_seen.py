import sqlite3
from pathlib import Path

import pytest

from migrator.errors import StoreError
from migrator.store.seen import Seen


def test_id_is_fresh_once(tmp_path: Path) -> None:
    """Within a page and over pages, in the order in which they come; spelling counts."""
    with Seen(tmp_path / "people.jsonl") as seen:
        assert seen.fresh(["b", "a", "b"]) == ["b", "a"]
        assert seen.fresh(["a", "c", "A", ""]) == ["c", "A", ""]
        assert seen.count == 5


def nameless_bytes() -> int:
    """Count what lies in files that this process holds open and that have no name any longer."""
    opened = (one for one in Path("/proc/self/fd").iterdir() if one.is_symlink())
    return sum(one.stat().st_size for one in opened if str(one.readlink()).endswith("(deleted)"))


def test_ids_lie_on_disk_and_leave_nothing_there(tmp_path: Path) -> None:
    """No more than 8 MiB of them are held in memory; what they lie in has no name that could be left behind."""
    before = nameless_bytes()
    with Seen(tmp_path / "people.jsonl") as seen:
        seen.fresh(f"{n:0200d}" for n in range(60_000))
        assert nameless_bytes() - before > 4_000_000
        assert list(tmp_path.iterdir()) == []
    assert nameless_bytes() == before


def test_disk_that_fails_is_told_of_the_file_that_is_made(tmp_path: Path) -> None:
    """Nobody knows the file without a name."""
    with Seen(tmp_path / "people.jsonl") as seen:
        seen._db.set_authorizer(lambda *_asked: sqlite3.SQLITE_DENY)
        with pytest.raises(StoreError) as caught:
            seen.fresh(["a"])
    assert caught.value.problems[0].place == str(tmp_path / "people.jsonl")
