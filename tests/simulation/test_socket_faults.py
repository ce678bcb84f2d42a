"""Every kind of fault on real sockets, against every CRM and operation; the server's own records are believed."""

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from sim_commands import OPERATIONS, desk
from sim_workers import spread_waiting
from test_crm_targets import TARGETS

from migrator.emulators.fault_kinds import KINDS

if TYPE_CHECKING:
    from proof_table import Proof

pytest_plugins = ("proof_table",)
METHODS = ("POST", "PUT", "PATCH")
ARGUMENTS = {
    "429": ":0", "429-date": ":1", "503": ":0", "503-date": ":1", "504-late": ":0.05", "late-commit": ":0.05",
    "slow": ":0.2", "drip": ":0.01", "huge-body": ":17000000", "gzip-bomb": ":17000000",
}  # fmt: skip
ALTERED = {"dropped-field", "trimmed-value", "changed-case", "other-id", "duplicate-keys"}
STEP = {"small": 43, "full": 1}


class Strike(NamedTuple):
    """A fault at the second write."""

    crm: str
    operation: str
    fault: str


def strike(strikes: Sequence[Strike]) -> list[tuple[list[str], int]]:
    """Let faults strike, apply to the end, and judge: what is wrong, and in how many places a key stands."""
    return [_strike(one) for one in strikes]


def _strike(one: Strike) -> tuple[list[str], int]:
    faults = [f"{one.fault}@{method}#2{ARGUMENTS.get(one.fault, '')}" for method in METHODS]
    with desk(one.crm, one.operation).opened(*faults, runners=4) as case:
        codes = case.finish()
        found = [f"{wrong} in {one}" for wrong in case.wrongs(is_altered=one.fault in ALTERED)]
        if codes[-1] not in {0, 5} or not all(case.said):
            found.append(f"exit: {codes} {case.said[-1][-300:]} in {one}")
        return found, case.secrets()


def test_faults_on_sockets(proof: "Proof", size: str) -> None:
    """Resets, silences, lies and garbage: nothing twice, nothing lost, always words and an exit code, never a key."""
    strikes = [Strike(*one) for one in product(TARGETS, OPERATIONS, sorted(KINDS))][:: STEP[size]]
    done = spread_waiting(strike, strikes)
    found = [one for wrongs, _ in done for one in wrongs]
    proof.count("faults on sockets", size, len(done), found, secrets=sum(count for _, count in done))
