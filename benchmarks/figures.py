"""Measures what a user waits for, as whole processes, and prints one table: `python benchmarks/figures.py [--rows N]`.

Figures of time are ratios where something stands beside them: the floor of planning is the least that reading a CSV
file into SQLite can cost (csv → dict → JSON → one row each). Absolute seconds say little about another machine.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from migrator.emulators import start

ROOT = Path(__file__).parents[1]
FLOOR = """
import csv, json, sqlite3, sys
db = sqlite3.connect(sys.argv[2])
db.execute("pragma journal_mode=wal")
db.execute("pragma synchronous=normal")
db.execute("create table op(n integer primary key, payload text)")
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    db.executemany("insert into op(payload) values(?)", ((json.dumps(row),) for row in csv.DictReader(file)))
db.commit()
"""
MAPPING = """\
mapping: 1
name: large
source: {connector: files, path: .}
target: {connector: crelate}
objects:
  companies:
    from: large.csv
    to: companies
    key: company_id
    rows: [{where: "{{ not (company_id is blank) }}"}, {distinct: [company_id]}]
    match: [[Name]]
    fields:
      Name: {from: company, required: true}
  contacts:
    from: large.csv
    to: contacts
    key: id
    match: [[EmailAddress_Work]]
    fields:
      FirstName: first
      LastName: {from: last, required: true}
      EmailAddress_Work: {from: email, transform: [email]}
      PhoneNumber_Mobile: phone
      KeyDate_Birthday: {from: birth, transform: [{date: "%d/%m/%Y"}]}
      Address_Home_City: {from: city, transform: [trim]}
      Address_Home_Country: {from: country, transform: [{map: {Germany: DE, France: FR}}]}
      Website_Personal: {from: website, transform: [url]}
      Description: notes
      CurrentPosition_Company_Id:
        lookup: companies
        by: [{key: company_id}, {Name: company}]
        on_missing: create
"""
HEADER = "id first last email phone birth city country website company_id company notes".split()  # noqa: SIM905 - shorter


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    print("| what | seconds | peak MB | beside the floor |")
    print("|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name, start("crelate") as server:
        folder = Path(name)
        environ = {
            **os.environ,
            "CRELATE_BASE_URL": server.base_url,
            "CRELATE_API_KEY": server.api_key,
            "CRELATE_RATE": "none",
            "CRELATE_SETTLE_SECONDS": "0.2",
        }
        tell("migrator --help", *measure(folder, environ, "--help"))
        for file in ("contacts.csv", "crelate.yaml"):
            (folder / file).write_bytes((ROOT / "examples" / "demo" / file).read_bytes())
        tell("plan of the demo: 500 contacts, 55 companies", *measure(folder, environ, "plan", "crelate.yaml"))
        (folder / "large.yaml").write_text(MAPPING, encoding="utf-8")
        write_rows(folder / "large.csv", rows)
        floor = measure_process(folder, environ, "-c", FLOOR, "large.csv", "floor.sqlite")
        tell(f"floor of {rows:,} rows x 12", *floor, 1.0)
        planned = measure(folder, environ, "plan", "large.yaml")
        tell(f"plan of {rows:,} rows x 12 (read twice, {rows // 5:,} companies)", *planned, planned[0] / floor[0])


def tell(what: str, seconds: float, megabytes: int, ratio: float | None = None) -> None:
    """Print one line of the table."""
    print(f"| {what} | {seconds:.2f} | {megabytes} | {f'{ratio:.2f} x' if ratio else ''} |")


def measure(folder: Path, environ: dict[str, str], *arguments: str) -> tuple[float, int]:
    """Run a command of migrator: wall seconds and peak resident megabytes of the whole process."""
    return measure_process(folder, environ, "-m", "migrator", *arguments)


def measure_process(folder: Path, environ: dict[str, str], *arguments: str) -> tuple[float, int]:
    """Run Python: wall seconds and peak resident megabytes, as the operating system counts them."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environ, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(arguments[:4])} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss // 1024


def write_rows(path: Path, rows: int) -> None:
    """Write people: every second with a company's id, all with its name; a fifth as many companies as rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n in range(rows):
            company = n % max(rows // 5, 1)
            born = f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/{1950 + n % 50}"
            web, country = f"www.site{n}.example.org", "Germany" if n % 2 else "France"
            person = [n, f"First{n % 5000}", f"Last{n}", f"user{n}@Example.COM", f"+1415555{n % 10000:04d}", born]
            writer.writerow(
                [*person, f"City {n % 900}", country, web, company if n % 2 else "", f"Company {company}", f"note {n}"]
            )


if __name__ == "__main__":
    main()
