"""Rows that did not come through the row steps: those that were left out, and those that another row stands for."""

from typing import NamedTuple

from migrator.store.draft import Draft


class LeftOut(NamedTuple):
    """A row that a step removed, by the digest of its key: the object, and where it stood."""

    digest: int
    proof: int
    object: int
    file: int
    row: int
    step: str


class StandsFor(NamedTuple):
    """A row, the row that stands for it, both by token, and the digest of its key where that must be found too."""

    token: int
    kept: int
    digest: int | None
    proof: int | None


def add_left_out(draft: Draft, rows: list[LeftOut]) -> None:
    """Note rows that a step removed."""
    draft.many("INSERT INTO scratch.left_out VALUES(?,?,?,?,?,?)", rows)


def left_out_of(draft: Draft, digest: int, proof: int) -> tuple[str, int, str] | None:
    """Give file, row and step of the first row with this key that a step removed; None if there is none."""
    row = draft.run(
        "SELECT f.name, l.row, l.step FROM scratch.left_out l JOIN file f ON f.id=l.file"
        " WHERE l.digest=? AND l.proof=? ORDER BY l.rowid LIMIT 1",
        (digest, proof),
    ).fetchone()
    return None if row is None else tuple(row)


def add_standing(draft: Draft, standing: list[StandsFor], landed: list[tuple[int, int]]) -> None:
    """Note which rows stand for others, and which record a row became; of several the first counts."""
    draft.many("INSERT INTO scratch.standing VALUES(?,?,?,?)", standing)
    draft.many("INSERT OR IGNORE INTO scratch.landed VALUES(?,?)", landed)


def settle_standing(draft: Draft, line: int, depth: int) -> None:
    """State the keys of the rows that others stand for, over at most `depth` rows; then forget them."""
    for _again in range(depth - 1):
        draft.run(
            "UPDATE scratch.standing SET kept=(SELECT o.kept FROM scratch.standing o WHERE o.token=standing.kept)"
            " WHERE kept IN (SELECT token FROM scratch.standing)"
        )
    draft.run(
        "INSERT INTO scratch.identity SELECT s.digest, s.proof, l.record, ?, 0 FROM scratch.standing s"
        " JOIN scratch.landed l ON l.token=s.kept WHERE s.digest IS NOT NULL",
        (line,),
    )
    draft.run("DELETE FROM scratch.standing")
    draft.run("DELETE FROM scratch.landed")
