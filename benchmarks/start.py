"""Measures what is waited for before anything happens: `python benchmarks/start.py [--repeats N]`.

Whole processes, taken in turn; the middle one of each counts. What Python itself needs to start is the floor. `check`
is that of a mapping of 300 lines, `plan` that of the 500 people and 55 companies of the demo.
"""

import argparse
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from processes import Cost, run_python

from migrator.emulators import start
from migrator.resources import bundled

LINES = 300
COMMANDS = {
    "Python and nothing else": ("-c", "pass"),
    "migrator --help": ("-m", "migrator", "--help"),
    "migrator check, 300 lines": ("-m", "migrator", "check", "long.yaml"),
    "migrator plan, the demo": ("-m", "migrator", "plan", "crelate.yaml"),
}
HEAD = """\
mapping: 1
name: long
source: {connector: files, path: .}
target: {connector: crelate}
objects:
"""
OBJECT = """\
  people{n}:
    from: people.csv
    to: contacts
    key: id
    rows: [{{where: "{{{{ not (last is blank) }}}}"}}]
    match: [[EmailAddress_Work], [FirstName, LastName]]
    fields:
      FirstName: {{from: first, transform: [trim]}}
      LastName: {{from: last, required: true}}
      EmailAddress_Work: {{from: email, transform: [email]}}
      PhoneNumber_Mobile: {{from: [mobile, phone]}}
      KeyDate_Birthday: {{from: born, transform: [{{date: "%d/%m/%Y"}}], on_error: blank}}
      Address_Home_Country: {{from: country, transform: [{{map: {{Germany: DE, France: FR}}}}]}}
      Description: {{lines: ["{{{{ notes }}}}", "{{{{ more }}}}"]}}
      CurrentPosition_Company_Id:
        lookup: target/companies
        by: [{{Name: company}}]
        on_missing: blank
"""
COLUMNS = "id,first,last,email,mobile,phone,born,country,notes,more,company\n"


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name, start("crelate", seed=1) as server:
        folder = Path(name)
        write_files(folder)
        environ = {**os.environ, "CRELATE_BASE_URL": server.base_url, "CRELATE_API_KEY": server.api_key}
        environ["CRELATE_RATE"] = "none"
        costs: dict[str, list[Cost]] = {what: [] for what in COMMANDS}
        for _repeat in range(repeats + 1):  # the first one fills caches, and Python's own of compiled files
            for what, arguments in COMMANDS.items():
                costs[what].append(run_python(folder, environ, *arguments))
    print("| what | seconds | of processors | peak MB | beside Python |")
    print("|---|---:|---:|---:|---:|")
    floor = statistics.median(cost.cpu for cost in costs["Python and nothing else"][1:])
    for what, found in costs.items():
        wall, cpu = (statistics.median(part) for part in zip(*((one.wall, one.cpu) for one in found[1:]), strict=True))
        print(f"| {what} | {wall:.2f} | {cpu:.2f} | {max(one.megabytes for one in found)} | {cpu / floor:.1f} x |")


def write_files(folder: Path) -> None:
    """Write the long mapping with its table, and the demo."""
    per_object = OBJECT.count("\n")
    objects = [OBJECT.format(n=n) for n in range(-(-(LINES - HEAD.count("\n")) // per_object))]
    (folder / "long.yaml").write_text(HEAD + "".join(objects), encoding="utf-8")
    (folder / "people.csv").write_text(COLUMNS, encoding="utf-8")
    for path in bundled("demo").iterdir():
        shutil.copy(path, folder)


if __name__ == "__main__":
    main()
