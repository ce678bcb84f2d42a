"""Plans that are not what was shown: edited, damaged, of another ledger or mapping, used up: none of them is sent."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from apply_cases import new_ledger
from sim_commands import APPLY, ENDED, Case, desk
from sim_workers import spread_waiting
from test_crm_targets import TARGETS

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
REFUSED = 6
STEP = {"small": 7, "full": 1}


def _edit(case: Case) -> None:
    with closing(sqlite3.connect(case.plan, isolation_level=None)) as db:
        db.execute("UPDATE record SET fields=REPLACE(fields, 'L1', 'L9') WHERE id=2")


def _damage(case: Case) -> None:
    whole = bytearray(case.plan.read_bytes())
    whole[whole.index(b"L1")] ^= 1
    case.plan.write_bytes(whole)


def _change_ledger(case: Case) -> None:
    case.desk.ledger.write_bytes(new_ledger())


def _change_mapping(case: Case) -> None:
    mapping = case.desk.folder / "acme.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8") + "\n", encoding="utf-8")


def _apply(case: Case) -> None:
    assert case.run(*APPLY) == 0


def _begin_and_edit(case: Case) -> None:
    case.run(*APPLY, MIGRATOR_FAILPOINTS="answered=kill9@1")
    _edit(case)


WAYS: Mapping[str, tuple[Callable[[Case], None], tuple[str, ...]]] = {
    "edited": (_edit, ("E602",)),
    "damaged": (_damage, ("E602",)),
    "of another ledger": (_change_ledger, ("E604", "E612")),
    "of another mapping": (_change_mapping, ("E601",)),
    "used up": (_apply, ("E605",)),
    "begun, then edited": (_begin_and_edit, ("E602",)),
}


class Spoilt(NamedTuple):
    """How a plan is spoilt, and for which CRM it was made."""

    way: str
    crm: str


def spoil(plans: Sequence[Spoilt]) -> list[tuple[list[str], int]]:
    """Spoil plans, apply each, and judge; then mend it, apply it to its end, and judge again."""
    return [_spoil(one) for one in plans]


def _spoil(one: Spoilt) -> tuple[list[str], int]:
    place, (way, codes) = desk(one.crm, "create"), WAYS[one.way]
    with place.opened(runners=5) as case:
        kept = {path: path.read_bytes() for path in (case.plan, place.folder / "acme.yaml")}
        way(case)
        writes = case.writes()
        code, said = case.run(*APPLY), case.said[-1]
        found = [] if code == REFUSED and any(name in said for name in codes) else [f"exit: {code} {said}"]
        found += [f"sent: {case.writes() - writes} writes of a plan that is {one.way}"] * (case.writes() > writes)
        _mend(kept)
        if one.way == "of another ledger":
            place.ledger.write_bytes(place.kept["ledger"])
        ends = case.finish()
        found += [] if ends[-1] in ENDED else [f"exit: {ends}"]
        return [f"{wrong} in {one}" for wrong in (*found, *case.wrongs())], case.secrets()


def _mend(kept: Mapping[Path, bytes]) -> None:
    for path, whole in kept.items():
        path.write_bytes(whole)


def test_plans_that_are_refused(proof: "Proof", size: str) -> None:
    """Not one byte of such a plan is sent; what it was before is applied afterwards as if nothing had been."""
    plans = [Spoilt(*one) for one in product(WAYS, TARGETS)][:: STEP[size]]
    done = spread_waiting(spoil, plans)
    found = [one for wrongs, _ in done for one in wrongs]
    proof.count("plans that are refused", size, len(done), found, secrets=sum(count for _, count in done))
