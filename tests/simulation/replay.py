"""Replay one seed and show what the CRM saw: `PYTHONPATH=tests/executor python tests/simulation/replay.py SEED [CASE]`.

The same seed prints the same lines, byte for byte.
"""

import sys

import sim_runs
import sim_world
from sim_checker import Evidence
from sim_schedules import seeded


def replay(seed: int, case: str = "") -> None:
    """Run the schedule of a seed, and print the history of the CRM and what is wrong."""
    evidence = sim_world.World.evidence

    def shown(world: sim_world.World) -> Evidence:
        for entry in world.bench.target.history:
            sys.stdout.write(f"{entry.moment:10.3f}  {entry.text}\n")
        return evidence(world)

    sim_world.World.evidence = shown  # type: ignore[method-assign, assignment]
    (verdict,) = sim_runs.run_all([seeded(seed, case)])
    sys.stdout.write("\n".join([*verdict.wrongs, f"{verdict.runs} runs, {verdict.deaths} deaths, {verdict.digest}\n"]))


if __name__ == "__main__":
    replay(int(sys.argv[1]), *sys.argv[2:3])
