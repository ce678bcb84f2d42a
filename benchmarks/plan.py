"""Measures what planning costs beside its floor: `python benchmarks/plan.py [--rows N …] [--only WAY …]`.

Each row has 12 columns, five transforms (trim, e-mail check, date of one pattern, map, url) and two lookups: one finds,
or creates once, a company by its name (a fifth as many as rows), the other a person whom the target holds, by the
address. The floor is the least that planning can cost: the same file, csv → dict → JSON → one row of SQLite each.
"""

import argparse
import csv
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from processes import Cost, run_python

from migrator.emulators import start

HELD = 2_000


class Case(NamedTuple):
    """One way to plan: of which mapping, with which options."""

    name: str
    mapping: str
    options: tuple[str, ...] = ()


CASES = (
    Case("inline", "bench.yaml"),
    Case("processes", "bench.yaml", ("--engine", "processes")),
    Case("every row refused", "refused.yaml"),
)
FLOOR = """
import csv, json, sqlite3, sys
db = sqlite3.connect(sys.argv[2])
db.execute("pragma journal_mode=wal")
db.execute("pragma synchronous=normal")
db.execute("create table ops(n integer primary key, key text, action text, payload text)")
def operations(lines):
    rows = csv.reader(lines)
    header = next(rows)
    for n, row in enumerate(rows, 1):
        record = dict(zip(header, row))
        yield n, record["id"], "create", json.dumps(record)
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    db.executemany("insert into ops values(?,?,?,?)", operations(file))
db.commit()
"""
MAPPING = """\
mapping: 1
name: bench
source: {connector: files, path: .}
target: {connector: crelate}
objects:
  contacts:
    from: people.csv
    to: contacts
    key: id
    fields:
      FirstName: {from: first, transform: [trim]}
      LastName: {from: last, required: true}
      EmailAddress_Work: {from: email, transform: [email]}
      PhoneNumber_Mobile: phone
      KeyDate_Birthday: {from: birth, transform: [{date: "%d.%m.%Y"}]}
      Address_Home_City: city
      Address_Home_Country: {from: country, transform: [{map: {Germany: DE, France: FR}}]}
      Website_Personal: {from: website, transform: [url]}
      Description: notes
      CurrentPosition_Company_Id: {lookup: companies, by: [{Name: company}], on_missing: create}
      RelatedContact_ReferredBy_Id: {lookup: target/contacts, by: [{EmailAddress_Work: referrer}]}
  companies:
    from: companies.csv
    to: companies
    key: id
    match: [[Name]]
    fields: {Name: name}
"""
REFUSED = MAPPING.replace('"%d.%m.%Y"', '"%Y-%m-%d"').replace("target:", "limits: {rejects: 100%}\ntarget:")
HEADER = (
    "id",
    "first",
    "last",
    "email",
    "phone",
    "birth",
    "city",
    "country",
    "website",
    "company",
    "referrer",
    "notes",
)


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--only", choices=[case.name for case in CASES], nargs="+", default=["inline"])
    stated = parser.parse_args()
    print("| rows | what | seconds | of processors | peak MB | beside the floor |")
    print("|---:|---|---:|---:|---:|---:|")
    for rows in stated.rows:
        for name, cost, ratio in measure(rows, [case for case in CASES if case.name in stated.only]):
            print(
                f"| {rows:,} | {name} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.megabytes} | {ratio:.2f} x |",
                flush=True,
            )


def measure(rows: int, cases: Sequence[Case]) -> Iterator[tuple[str, Cost, float]]:
    """Plan one file in each way: its cost, and how many times that of the floor it takes, on the clock."""
    with tempfile.TemporaryDirectory() as name, start("crelate") as server:
        folder = Path(name)
        server.seed_records("contacts", ({"LastName": f"L{n}", "EmailAddress_Work": address(n)} for n in range(HELD)))
        environ = {**os.environ, "CRELATE_BASE_URL": server.base_url, "CRELATE_API_KEY": server.api_key}
        environ |= {"CRELATE_RATE": "none", "CRELATE_SETTLE_SECONDS": "0.2"}
        write_case(folder, rows)
        floor = run_python(folder, environ, "-c", FLOOR, "people.csv", "floor.sqlite")
        (folder / "floor.sqlite").unlink()
        yield "floor", floor, 1.0
        for case in cases:
            cost = run_python(folder, environ, "-m", "migrator", "plan", case.mapping, "-o", "x.plan", *case.options)
            yield case.name, cost, cost.wall / floor.wall


def write_case(folder: Path, rows: int) -> None:
    """Write the mapping, people, and half of the companies that they name: the other half is created for them."""
    (folder / "bench.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "refused.yaml").write_text(REFUSED, encoding="utf-8")
    firms = max(rows // 5, 1)
    with (folder / "companies.csv").open("w", encoding="utf-8") as file:
        file.write("id,name\n")
        file.writelines(f"{n},Company {n}\n" for n in range(firms // 2))
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(person(n, firms) for n in range(rows))


def person(n: int, firms: int) -> tuple[object, ...]:
    """Make one row."""
    born = f"{n % 28 + 1:02d}.{n % 12 + 1:02d}.{1950 + n % 50}"
    who = (n, f" First{n % 5000}", f"Last{n}", f"user{n}@Example.COM", f"+1415555{n % 10000:04d}", born)
    where = (f"City {n % 900}", "Germany" if n % 2 else "France", f"www.site{n}.example.org")
    return (*who, *where, f"Company {n % firms}", address(n % HELD), f"note {n}")


def address(number: int) -> str:
    """Give the address of a person whom the target holds."""
    return f"person{number}@example.org"


if __name__ == "__main__":
    main()
