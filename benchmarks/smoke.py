"""Takes the ratios that CI holds against this page: `python benchmarks/smoke.py [NAME ...] [--keep]`.

Small, and made to repeat: processor time beside a floor of the same run, each less what a process costs that has
nothing to do, and the best of three taken in turn; or counts. Prints JSON; `--keep` puts it into figures.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from all import FIGURES, read_figures
from calls import Size, count
from crms import CRMS
from plan import FLOOR, HELD, address, write_case
from processes import run_python
from start import write_files

from migrator.emulators import start

ROWS = 20_000
WRITES = 1_000
TASKS = 4
REPEATS = 3
SMALL = Size(held=200, new=50)
MODULES = "import sys\nfrom migrator.cli.main import run\nrun(sys.argv[1:])\nprint(len(sys.modules))"


def plan_beside_floor() -> float:
    """Take the time of planning a row of twelve columns, beside that of bringing it into SQLite."""
    costs: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as name, start("crelate") as server:
        folder = Path(name)
        server.seed_records("contacts", ({"LastName": f"L{n}", "EmailAddress_Work": address(n)} for n in range(HELD)))
        environ = {**os.environ, "CRELATE_BASE_URL": server.base_url, "CRELATE_API_KEY": server.api_key}
        environ |= {"CRELATE_RATE": "none", "CRELATE_SETTLE_SECONDS": "0.2"}
        for rows in (10, ROWS) * REPEATS:
            write_case(folder, rows)
            for path in (*folder.glob("floor.*"), *folder.glob("*.plan")):
                path.unlink()
            costs.setdefault(("floor", rows), []).append(
                run_python(folder, environ, "-c", FLOOR, "people.csv", "floor.sqlite").cpu
            )
            costs.setdefault(("plan", rows), []).append(
                run_python(folder, environ, "-m", "migrator", "plan", "bench.yaml").cpu
            )
    best = {key: min(found) for key, found in costs.items()}
    return (best["plan", ROWS] - best["plan", 10]) / (best["floor", ROWS] - best["floor", 10])


def apply_beside_loop() -> float:
    """Take the time of one write with its journal, beside that of a bare loop that sends the same."""
    from apply import Bench, serving  # noqa: PLC0415 - of this folder, and heavy

    ours, floors, idle = [], [], []
    with tempfile.TemporaryDirectory() as folder, serving() as url:
        bench = Bench(Path(folder) / "bench", url, 0)
        for _repeat in range(REPEATS):
            bench.write(0)
            bench.plan()
            idle.append((bench.apply().cpu, bench.floor(TASKS, "own").cpu))
            bench.write(WRITES)
            floors.append(bench.floor(TASKS, "own").cpu)
            bench.plan()
            ours.append(bench.apply("--concurrency", str(TASKS)).cpu)
    rest = [min(one) for one in zip(*idle, strict=True)]
    return (min(ours) - rest[0]) / (min(floors) - rest[1])


def calls_beside_fewest() -> float:
    """Count all calls of a second load with some changes, into each CRM, beside the fewest."""
    found = [count(name, "again", SMALL) for name in CRMS]
    made = sum(one.reads + one.writes + one.others for one in found)
    return made / sum(one.fewest_reads + one.fewest_writes for one in found)


def modules_of_check() -> float:
    """Count the modules that a check of a long mapping imports."""
    with tempfile.TemporaryDirectory() as name:
        write_files(Path(name))
        arguments = [sys.executable, "-c", MODULES, "check", "long.yaml"]
        ended = subprocess.run(arguments, cwd=name, capture_output=True, text=True, check=True)
    return float(ended.stdout.split()[-1])


MEASURES: Mapping[str, Callable[[], float]] = {
    "plan": plan_beside_floor,
    "apply": apply_beside_loop,
    "calls": calls_beside_fewest,
    "modules": modules_of_check,
}


def main() -> None:
    """Take the ratios that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*MEASURES, []], metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--keep", action="store_true")
    stated = parser.parse_args()
    found = {name: round(MEASURES[name](), 2) for name in stated.names or MEASURES}
    print(json.dumps(found))
    if stated.keep:
        figures = read_figures()
        figures["smoke"] = {**figures.get("smoke", {}), **found}
        FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
