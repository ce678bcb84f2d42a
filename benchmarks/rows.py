"""Measures the row steps that spill to disk, as whole plans, and prints one table: `benchmarks/rows.py [--rows N]`.

Each plan reads all rows, lets one step work on them, and keeps one row in a thousand, so that the step is what is seen.
"""

import argparse
import csv
import os
import tempfile
from pathlib import Path

from processes import run_python

MAPPING = """\
mapping: 1
name: large
source: {{connector: files, path: .}}
target: {{connector: crelate}}
objects:
  contacts:
    from: people.csv
    to: contacts
    key: id
    rows: [{step}{{where: "{{{{ kept }}}}"}}]
    fields: {{LastName: {{from: last, required: true}}}}
"""
STEPS = {
    "no step but `where`": "",
    "`sort` by two columns": "{sort: [town, amount]}, ",
    "`group`, five rows in one": "{group: {by: [company], take: {id: first, last: first, kept: first, amount: sum}}}, ",
    "`distinct`, one of five kept": "{distinct: [company]}, ",
    "`join` with a fifth as many rows": "{join: {with: companies.csv, on: {company: no}, unmatched: reject}}, ",
}


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    least = 0.0
    print(f"| plan of {rows:,} rows | seconds | of processors | peak MB | beside the first |")
    print("|---|---:|---:|---:|---:|")
    environ = {**os.environ, "CRELATE_BASE_URL": "http://127.0.0.1:9", "CRELATE_API_KEY": "none"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(folder, rows)
        for what, step in STEPS.items():
            (folder / "large.yaml").write_text(MAPPING.format(step=step), encoding="utf-8")
            cost = run_python(folder, environ, "-m", "migrator", "plan", "large.yaml", "--offline")
            least = least or cost.cpu
            ratio = f"{cost.cpu / least:.2f} x"
            print(f"| {what} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.megabytes} | {ratio} |", flush=True)


def write_tables(folder: Path, rows: int) -> None:
    """Write people in no order, five of each company, and the companies."""
    companies = max(rows // 5, 1)
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "last", "town", "amount", "company", "kept", "notes"])
        for n in range(rows):
            mixed = n * 7_919 % rows
            kept = "y" if n % companies % 1_000 == 0 else ""
            writer.writerow([n, f"Last{n}", f"Town {mixed % 900}", mixed, n % companies, kept, f"note {n}"])
    with (folder / "companies.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["no", "name", "site"])
        writer.writerows([n, f"Company {n}", f"www.site{n}.example.org"] for n in range(companies))


if __name__ == "__main__":
    main()
