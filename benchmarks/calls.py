"""Counts the calls of a migration against the fewest that each CRM allows: `python benchmarks/calls.py`.

Each practice CRM holds 2,000 records; a file of 500 new ones is planned, which reads all 2,000, and applied. The
fewest: one call for each page of the largest size, one for each write, or for each 100 where there is a bulk call.
What says which account it is, and what its fields are, is counted beside.
"""

import csv
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from migrator.connectors.registry import find_definition
from migrator.emulators import Emulator, Options, start
from migrator.emulators.centralstation import CentralStationOptions

HELD = 2_000
NEW = 500


@dataclass(frozen=True, kw_only=True)
class Crm:
    """What is migrated into one CRM: an object, its two fields, a record that it holds already, its largest page."""

    object: str
    first: str
    last: str
    record: Callable[[int], dict[str, Any]]
    page: int
    bulk: int = 1
    marker: str = ""
    options: Options | None = None


UNPACED = CentralStationOptions(requests_per_window=0)
CRMS = {
    "crelate": Crm(
        object="contacts",
        first="FirstName",
        last="LastName",
        record=lambda n: {"FirstName": "Old", "LastName": f"L{n}"},
        page=500,
    ),
    "crelate3": Crm(
        object="contacts",
        first="FirstName",
        last="LastName",
        record=lambda n: {"FirstName": "Old", "LastName": f"L{n}"},
        page=100,
        bulk=100,
    ),
    "spotler": Crm(
        object="accounts",
        first="addresscity",
        last="name",
        record=lambda n: {"addresscity": "Old", "name": f"L{n}"},
        page=100,
        marker="custom.Migration Key",
    ),
    "centralstation": Crm(
        object="people",
        first="first_name",
        last="name",
        record=lambda n: {"first_name": "Old", "name": f"L{n}"},
        page=250,
        marker="background",
        options=Options(vendor=UNPACED),
    ),
    "clevertim": Crm(
        object="contact",
        first="fn",
        last="ln",
        record=lambda n: {"fn": "Old", "ln": f"L{n}"},
        page=HELD,
        marker="description",
    ),
    "opencrm": Crm(
        object="contact",
        first="firstname",
        last="lastname",
        record=lambda n: {"firstname": "Old", "lastname": f"L{n}"},
        page=100,
        marker="cf_1",
    ),
}


def main() -> None:
    """Migrate into each CRM, and print a Markdown table."""
    print(f"| CRM | calls to read {HELD:,} | fewest | calls to write {NEW} | fewest | others |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, crm in CRMS.items():
        with tempfile.TemporaryDirectory() as folder, start(name, seed=1, options=crm.options) as server:
            server.seed_records(crm.object, (crm.record(n) for n in range(HELD)))
            reads, writes, others = migrate(Path(folder), name, crm, server)
        fewest = math.ceil(HELD / crm.page), math.ceil(NEW / crm.bulk)
        print(f"| {name} | {reads} | {fewest[0]} | {writes} | {fewest[1]} | {others} |")


def migrate(folder: Path, name: str, crm: Crm, server: Emulator) -> tuple[int, int, int]:
    """Plan and apply; count the calls to the list, the writes, and all others."""
    with (folder / "new.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "first", "last"), *((n, "New", f"N{n}") for n in range(NEW))])
    marker = f", marker: {crm.marker}" if crm.marker else ""
    (folder / "new.yaml").write_text(
        f"mapping: 1\nname: new\nsource: {{connector: files, path: .}}\ntarget: {{connector: {name}}}\nobjects:\n"
        f"  new: {{from: new.csv, to: {crm.object}, key: id, match: [[{crm.first}, {crm.last}]]{marker},"
        f" fields: {{{crm.first}: first, {crm.last}: last}}}}\n",
        encoding="utf-8",
    )
    environ = {**os.environ, **settings_of(name, server)}
    for arguments in (("plan", "new.yaml", "-o", "new.plan"), ("apply", "new.plan", "--yes")):
        ended = subprocess.run(
            [sys.executable, "-m", "migrator", *arguments], cwd=folder, env=environ, capture_output=True, check=False
        )
        if ended.returncode:
            sys.exit(f"{name}: {ended.stdout.decode()}{ended.stderr.decode()}")
    base = urlsplit(server.base_url).path
    listed = len([1 for entry in server.history() if is_list(name, crm, base, entry.method, entry.path)])
    writes = len([1 for entry in server.history() if entry.committed])
    return listed, writes, len(server.history()) - listed - writes


def settings_of(name: str, server: Emulator) -> dict[str, str]:
    """Give the environment in which a command speaks to a practice server, as fast as it goes."""
    definition = find_definition(name, project=Path(), base=Path(), place="")
    secrets = [setting for setting, stated in definition.settings.items() if stated.is_secret]
    values = dict(zip(secrets, server.secrets.values(), strict=True))
    stated = {"base_url": server.base_url, "rate": "none", "settle_seconds": "0.2", **values}
    return {f"{name}_{setting}".upper(): value for setting, value in stated.items()}


def is_list(name: str, crm: Crm, base_path: str, method: str, path: str) -> bool:
    """Tell whether a request asks for a page of the object."""
    action = find_definition(name, project=Path(), base=Path(), place="").objects[crm.object].actions["list"]
    return method == action.method and path == base_path + action.path


if __name__ == "__main__":
    main()
