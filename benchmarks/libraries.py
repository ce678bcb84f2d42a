"""Measures apply with each library that can carry its requests: `python benchmarks/libraries.py [--rows N]`.

httpx is the one that is always there; `MIGRATOR_HTTP` names another one, which is measured where it is installed. The
cases are those of `apply.py`, the libraries take turns, and what a process costs that has nothing to send is taken off.
The ratios are the middle ones of all turns.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from apply import BULK, Bench, Took, serving

LIBRARIES = ("httpx", "httpx2", "aiohttp")


@dataclass(frozen=True, kw_only=True)
class Case:
    """How many records go, over how many tasks, and whether a hundred go in one call."""

    name: str
    rows: int
    tasks: int
    bulk: str = ""


def measure(folder: Path, case: Case, repeats: int) -> Mapping[str, list[tuple[float, float]]]:
    """Apply a case with each library in turn: processor seconds of what was sent, and records a second."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in LIBRARIES if find_spec(name)}
    with serving() as url:
        bench = Bench(folder, url, 0, bulk=case.bulk)
        idle = {name: min(run(bench, name, case).cpu for _repeat in range(3)) for name in found}
        bench.write(case.rows)
        for _repeat in range(repeats):
            for name, taken in found.items():
                took = run(bench, name, case)
                taken.append((took.cpu - idle[name], took.rate))
    return found


def run(bench: Bench, library: str, case: Case) -> Took:
    """Plan and apply with a library."""
    bench.plan()
    os.environ["MIGRATOR_HTTP"] = library
    return bench.apply("--concurrency", str(case.tasks))


def tell(case: Case, found: Mapping[str, list[tuple[float, float]]]) -> None:
    """Print a line for each library."""
    for name, taken in found.items():
        pairs = list(zip(taken, found["httpx"], strict=True))
        cpu, rate = (median(one[part] / other[part] for one, other in pairs) for part in (0, 1))
        best = max(rate for _cpu, rate in taken)
        print(f"| {case.name} | {name} | {best:,.0f} | {rate:.2f} x | {cpu:.2f} x |", flush=True)


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000, help="how many are written with 1, 4 and 16 tasks")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    cases = [Case(name=f"{tasks} task{'s' * (tasks > 1)}", rows=asked.rows, tasks=tasks) for tasks in (1, 4, 16)]
    cases.append(Case(name="bulk, 100 in a call, 4 tasks", rows=10 * asked.rows, tasks=4, bulk=BULK))
    print("| what | library | records a second | beside httpx | CPU beside httpx |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            tell(case, measure(Path(folder) / str(number), case, asked.repeats))


if __name__ == "__main__":
    main()
