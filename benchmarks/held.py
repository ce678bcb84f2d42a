"""Measures planning against a target that holds much: `python benchmarks/held.py [--held N …] [--rows N]`.

Two mappings of the same rows into a Spotler account: one knows them by a match line, for which the whole list has to be
read in pages (all of them are there, and become updates), the other by our marker alone, which may be asked for, 50 in
a call (no record bears it yet). The plan takes the way with fewer calls, and tells what the other one would have taken.
"""

import argparse
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crms import CRMS, settings_of
from processes import run_python

from migrator.emulators import start
from migrator.store.plan import Plan

NAME = "spotler"
CRM = CRMS[NAME]
MAPPING = """\
mapping: 1
name: held
source: {{connector: files, path: .}}
target: {{connector: {name}}}
objects:
  firms:
    from: firms.csv
    to: {object}
    key: id
    marker: {marker}
    {line}
    fields: {{{first}: town, {last}: name}}
"""
WAYS = {"a match line": f"match: [[{CRM.last}]]", "the marker": ""}


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rows", type=int, default=5_000)
    stated = parser.parse_args()
    print("| held | rows | known by | read by | calls | the other way | seconds | of processors | peak MB |")
    print("|---:|---:|---|---|---:|---:|---:|---:|---:|")
    for held in stated.held:
        for line in measure(held, stated.rows):
            print(f"| {' | '.join(line)} |", flush=True)


def measure(held: int, rows: int) -> Iterator[list[str]]:
    """Plan against so many records in each way."""
    with tempfile.TemporaryDirectory() as name, start(NAME, options=CRM.options) as server:
        folder = Path(name)
        server.seed_records(CRM.object, map(record, range(held)))
        with (folder / "firms.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("id", "name", "town"), *((n, f"Firm {n}", f"New {n}") for n in range(rows))])
        for way, line in WAYS.items():
            facts = {"name": NAME, "object": CRM.object, "marker": CRM.marker, "first": CRM.first, "last": CRM.last}
            (folder / "held.yaml").write_text(MAPPING.format(**facts, line=line), encoding="utf-8")
            cost = run_python(folder, settings_of(NAME, server), "-m", "migrator", "plan", "held.yaml", "-o", "x.plan")
            with Plan(folder / "x.plan") as plan:
                (read,) = plan.header["reads"]
            calls = (f"{read['calls']:,}", "" if read["instead"] is None else f"{read['instead']:,}")
            spent = (f"{cost.wall:.1f}", f"{cost.cpu:.1f}", str(cost.megabytes))
            yield [f"{held:,}", f"{rows:,}", way, read["by"], *calls, *spent]


def record(number: int) -> dict[str, Any]:
    """Make a record of the target."""
    return {CRM.first: "Old", CRM.last: f"Firm {number}"}


if __name__ == "__main__":
    main()
