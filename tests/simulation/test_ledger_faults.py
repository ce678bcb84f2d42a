"""A disk that is full, fails, lies or cannot be written, at every step: no write is lost, and words say what to do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sim_commands import APPLY, ENDED, Case, Desk, Manner, desk
from sim_workers import spread_waiting

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
PAGE = 4096
KILL = "=kill9@"
WHEN = ("before", "after")
COMMITS = [(when, what, hit) for what in ("intent", "outcome") for when in WHEN for hit in (1, 2, 3)]
STEP = {"small": 7, "full": 1}


class Trouble(NamedTuple):
    """What the disk does: its kind, and a size, a point or a page."""

    kind: str
    amount: int = 0
    point: str = ""


TROUBLES = [
    *(Trouble("full", size) for size in range(12_288, 12_288 + 48 * PAGE, PAGE)),
    *(Trouble("fails", point=f"{when}-commit-{what}=enospc@{hit}") for when, what, hit in COMMITS),
    *(Trouble("fails", point=f"{when}-commit-{what}=enospc@1") for when in WHEN for what in ("begin", "end")),
    *(Trouble("blocked", point=suffix) for suffix in ("-wal", "-shm", "-journal")),
    *(Trouble("damaged", page, f"intended{KILL}2") for page in range(16)),
    *(
        Trouble("torn", cut, f"after-commit-{what}{KILL}{hit}")
        for what in ("intent", "outcome")
        for hit in (1, 2, 3)
        for cut in (1, 100, 2000, 4119)
    ),
]  # fmt: skip


def suffer(troubles: Sequence[Trouble]) -> list[tuple[list[str], int]]:
    """Let the disk do it, go on with a sound one, and judge."""
    return [_suffer(one) for one in troubles]


def _suffer(one: Trouble) -> tuple[list[str], int]:
    place = desk("crelate", "create")
    with place.opened(runners=4) as case:
        code = _struck(case, place, one)
        found = [] if code == -9 or (code in {0, 7, 8, 5} and case.said[-1]) else [f"exit: {code} {case.said}"]
        if (
            one.kind == "damaged"
        ):  # nothing can be told from it: it is enough that nothing is made twice, and that is said
            codes = case.finish()
            return [f"{wrong} in {one}" for wrong in case.duplicates()] + [
                f"exit: {codes} {case.said[-1]} in {one}" for text in case.said[1:] if not text or "Traceback" in text
            ], case.secrets()
        found += case.wrongs(is_ended=False)
        codes = case.finish()
        found += case.wrongs()
        found += [] if codes[-1] in ENDED else [f"exit: {code} {codes} {case.said[-1][-300:]}"]
        return [f"{wrong} in {one}" for wrong in found], case.secrets()


def _struck(case: Case, place: Desk, one: Trouble) -> int:
    """Run into the trouble, or leave what a killed run leaves and spoil it."""
    beside = place.ledger.with_name(f"{place.ledger.name}{one.point}")
    if one.kind == "full":
        return case.run(*APPLY, how=Manner(max_bytes=one.amount))
    if one.kind == "blocked":
        beside.mkdir()
        code = case.run(*APPLY)
        beside.rmdir()
        return code
    code = case.run(*APPLY, MIGRATOR_FAILPOINTS=one.point)
    if one.kind == "torn":
        log = place.ledger.with_name(f"{place.ledger.name}-wal")
        log.write_bytes(log.read_bytes()[: -one.amount])
    if one.kind == "damaged":
        whole = place.ledger.read_bytes()
        start = one.amount * PAGE
        place.ledger.write_bytes(whole[:start] + bytes(len(whole[start : start + PAGE])) + whole[start + PAGE :])
    return code


def test_faults_of_the_ledger(proof: "Proof", size: str) -> None:
    """Whatever the disk does, the target holds each record once, and the command says what is wrong."""
    troubles = TROUBLES[:: STEP[size]]
    done = spread_waiting(suffer, troubles)
    found = [one for wrongs, _ in done for one in wrongs]
    proof.count("faults of the ledger", size, len(done), found, secrets=sum(count for _, count in done))
