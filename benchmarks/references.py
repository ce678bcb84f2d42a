"""Measures what references cost: `python benchmarks/references.py [--rows N]` plans N rows with two lookups each.

One lookup of each row finds a company that the same plan creates, by its key; the other a person whom the target holds,
by the address. The floor is that of `figures.py`.
"""

import argparse
import os
import tempfile
from pathlib import Path

from figures import FLOOR, measure, measure_process, tell

from migrator.emulators import start

HELD = 20_000
MAPPING = """\
mapping: 1
name: references
source: {connector: files, path: .}
target: {connector: crelate}
objects:
  contacts:
    from: people.csv
    to: contacts
    key: id
    fields:
      LastName: last
      CurrentPosition_Company_Id: {lookup: companies, by: [{key: company}]}
      RelatedContact_ReferredBy_Id: {lookup: target/contacts, by: [{EmailAddress_Work: referrer}]}
  companies:
    from: companies.csv
    to: companies
    key: id
    fields: {Name: name}
"""


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    firms = max(rows // 5, 1)
    with tempfile.TemporaryDirectory() as name, start("crelate") as server:
        folder = Path(name)
        server.seed_records("contacts", ({"LastName": f"L{n}", "EmailAddress_Work": address(n)} for n in range(HELD)))
        environ = {**os.environ, "CRELATE_BASE_URL": server.base_url, "CRELATE_API_KEY": server.api_key}
        environ |= {"CRELATE_RATE": "none", "CRELATE_SETTLE_SECONDS": "0.2"}
        (folder / "references.yaml").write_text(MAPPING, encoding="utf-8")
        with (folder / "companies.csv").open("w", encoding="utf-8") as file:
            file.write("id,name\n")
            file.writelines(f"{n},Company {n}\n" for n in range(firms))
        with (folder / "people.csv").open("w", encoding="utf-8") as file:
            file.write("id,last,company,referrer\n")
            file.writelines(f"{n},Last{n},{n % firms},{address(n % HELD)}\n" for n in range(rows))
        print("| what | seconds | peak MB | beside the floor |")
        print("|---|---:|---:|---:|")
        floor = measure_process(folder, environ, "-c", FLOOR, "people.csv", "floor.sqlite")
        tell(f"floor of {rows:,} rows x 4", *floor, 1.0)
        planned = measure(folder, environ, "plan", "references.yaml")
        what = f"plan of {rows:,} rows with two lookups each, to {firms:,} new records and {HELD:,} of the target"
        tell(what, *planned, planned[0] / floor[0])


def address(number: int) -> str:
    """Give the address of a person whom the target holds."""
    return f"user{number}@example.org"


if __name__ == "__main__":
    main()
