"""Counts the calls of migrations against the fewest that each CRM allows: `python benchmarks/calls.py [--small]`.

A practice CRM holds 2,000 records. Four migrations into it, each planned and applied:

- first: 500 new records with a match line, so that all 2,000 have to be read;
- again: the same file with 1 % of its rows changed;
- lookups: 500 new records without a match line, each of which points at one of 2,000 others by their name;
- resume: 500 new records; the process is killed when half of them are written and one answer is not yet noted.

The fewest reads are the pages of the largest size, or the calls that ask for our markers where that is fewer; after a
kill those that show what became of the write without an answer. The fewest writes are one for each record, or for each
100 where there is a bulk call. Other calls say which account it is, what its fields are, how long a list is, and read
a record once more just before it is changed.
"""

import argparse
import csv
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crms import CRMS, Crm, settings_of

from migrator.connectors.registry import find_definition
from migrator.emulators import Emulator, Entry, start

KILLED = -9
WHY = {
    ("spotler", ""): "one call finds out whether its pages count from 0 or from 1",
    ("spotler", "lookups"): "the same, and the first page told how long the list is before markers were asked for",
    ("opencrm", "resume"): "a record that is known to be there is asked for, too, so that the answer can be believed",
}


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many records the CRM holds, and how many are brought."""

    held: int = 2_000
    new: int = 500


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What one migration took, and the fewest it could have taken."""

    crm: str
    job: str
    reads: int
    fewest_reads: int
    writes: int
    fewest_writes: int
    others: int
    why: str = ""

    @property
    def ratio(self) -> float:
        """Give reads and writes together as a multiple of the fewest."""
        return (self.reads + self.writes) / (self.fewest_reads + self.fewest_writes)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A folder and a practice CRM to run commands against."""

    name: str
    crm: Crm
    size: Size
    folder: Path
    server: Emulator

    def write(self, rows: Iterator[tuple[object, ...]], *head: str) -> None:
        """Write the table."""
        with (self.folder / "new.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *rows])

    def map(self, target: str, fields: str, *more: str) -> None:
        """Write the mapping."""
        own = self.crm.marker if target == self.crm.object else self.crm.pointing_marker or self.crm.marker
        marker = [f"marker: {own}"] if own else []
        stated = ", ".join(["from: new.csv", f"to: {target}", "key: id", *marker, *more, f"fields: {{{fields}}}"])
        (self.folder / "new.yaml").write_text(
            f"mapping: 1\nname: new\nsource: {{connector: files, path: .}}\ntarget: {{connector: {self.name}}}\n"
            f"objects:\n  new: {{{stated}}}\n",
            encoding="utf-8",
        )

    def run(self, *arguments: str, ends: int = 0, **environ: str) -> list[Entry]:
        """Run a command: the requests that came of it."""
        before = len(self.server.history())
        ended = subprocess.run(
            [sys.executable, "-m", "migrator", *arguments],
            cwd=self.folder, env={**settings_of(self.name, self.server), **environ}, capture_output=True, check=False,
        )  # fmt: skip
        if ended.returncode != ends:
            sys.exit(f"{self.name}: {arguments}: {ended.stdout.decode()}{ended.stderr.decode()}")
        return list(self.server.history())[before:]

    def split(self, entries: list[Entry]) -> tuple[int, int, int]:
        """Count reads of lists, writes, and others."""
        base = self.server.base_url.split("/", 3)[3:]
        prefix = f"/{base[0]}" if base else ""
        definition = find_definition(self.name, project=Path(), base=Path(), place="")
        lists = {
            (action.method, prefix + action.path)
            for item in {self.crm.object, self.crm.pointing, self.crm.asked}
            for kind, action in definition.objects[item].actions.items()
            if kind in {"list", "find"}
        }
        writes = sum(entry.committed for entry in entries)
        reads = sum((entry.method, entry.path) in lists and not entry.committed for entry in entries)
        return reads, writes, len(entries) - reads - writes

    def pages(self, records: int) -> int:
        """Give the fewest pages that show so many records."""
        return math.ceil(records / self.crm.page) or 1 if self.crm.page else 1

    def people(self, changed: int = 0) -> None:
        """Write new people, of whom some are changed since."""
        rows = ((n, "Newer" if n < changed else "New", f"N{n}") for n in range(self.size.new))
        self.write(rows, "id", "first", "last")


Found = tuple[list[Entry], int, int]  # the requests, the fewest reads, the fewest writes


def first(trial: Trial) -> Found:
    """Bring new records."""
    crm = trial.crm
    trial.people()
    trial.map(crm.object, f"{crm.first}: first, {crm.last}: last", f"match: [[{crm.first}, {crm.last}]]")
    entries = trial.run("plan", "new.yaml") + trial.run("apply", "new.plan", "--yes")
    return entries, trial.pages(trial.size.held), math.ceil(trial.size.new / crm.bulk)


def again(trial: Trial) -> Found:
    """Bring the same file again, with one row in a hundred changed."""
    first(trial)
    changed = max(trial.size.new // 100, 1)
    trial.people(changed)
    entries = trial.run("plan", "new.yaml", "-o", "again.plan") + trial.run("apply", "again.plan", "--yes")
    return entries, trial.pages(trial.size.held + trial.size.new), changed


def lookups(trial: Trial) -> Found:
    """Bring records that point at others by name."""
    crm, size = trial.crm, trial.size
    if crm.asked != crm.object:
        trial.server.seed_records(crm.asked, ({crm.asked_name: f"L{n}"} for n in range(size.held)))
    rows = ((n, f"N{n}", f"L{n * 7 % size.held}") for n in range(size.new))
    trial.write(rows, "id", "last", "firm")
    by = f"{{lookup: target/{crm.asked}, by: [{{{crm.asked_name}: firm}}]}}"
    trial.map(crm.pointing, f"{crm.name}: last, {crm.points}: {by}")
    entries = trial.run("plan", "new.yaml") + trial.run("apply", "new.plan", "--yes")
    there = size.held if crm.pointing == crm.object else 0
    asking = math.ceil(size.new / crm.finds) if crm.finds else math.inf
    fewest = trial.pages(size.held) + int(min(trial.pages(there), asking))
    return entries, fewest, math.ceil(size.new / crm.bulk)


def resume(trial: Trial) -> Found:
    """Bring new records in two runs, the first of which is killed."""
    crm, size = trial.crm, trial.size
    trial.people()
    trial.map(crm.object, f"{crm.first}: first, {crm.last}: last", f"match: [[{crm.first}, {crm.last}]]")
    calls = math.ceil(size.new / crm.bulk)
    half = max(calls // 2, 1)
    entries = trial.run("plan", "new.yaml")
    one = ("apply", "new.plan", "--yes", "--concurrency", "1")  # with more, several are without an answer
    entries += trial.run(*one, ends=KILLED, MIGRATOR_FAILPOINTS=f"answered=kill9@{half}")
    entries += trial.run(*one)
    settle = 1 if crm.finds else trial.pages(size.held + half * crm.bulk)
    return entries, trial.pages(size.held) + settle, calls


JOBS: dict[str, Callable[[Trial], Found]] = {
    "first": first,
    "again": again,
    "lookups": lookups,
    "resume": resume,
}


def count(name: str, job: str, size: Size) -> Counted:
    """Do one migration into a fresh practice CRM."""
    crm = CRMS[name]
    with tempfile.TemporaryDirectory() as folder, start(name, seed=1, options=crm.options) as server:
        server.seed_records(crm.object, (crm.held(n) for n in range(size.held)))
        trial = Trial(name=name, crm=crm, size=size, folder=Path(folder), server=server)
        entries, fewest_reads, fewest_writes = JOBS[job](trial)
        reads, writes, others = trial.split(entries)
    return Counted(
        crm=name, job=job, reads=reads, fewest_reads=fewest_reads, writes=writes, fewest_writes=fewest_writes,
        others=others, why=WHY.get((name, job)) or WHY.get((name, ""), ""),
    )  # fmt: skip


def main() -> None:
    """Migrate into each CRM, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a tenth of the records")
    stated = parser.parse_args()
    size = Size(held=200, new=50) if stated.small else Size()
    found = [count(name, job, size) for name in CRMS for job in JOBS]
    print(table([asdict(one) | {"ratio": one.ratio} for one in found]))


def table(found: list[dict[str, Any]]) -> str:
    """Write the counts as a Markdown table."""
    lines = ["| CRM | job | reads / fewest | writes / fewest | made / fewest | others | why |"]
    lines += ["|---|---|---:|---:|---:|---:|---|"]
    lines += [
        f"| {one['crm']} | {one['job']} | {one['reads']} / {one['fewest_reads']}"
        f" | {one['writes']} / {one['fewest_writes']} | {one['ratio']:.2f} | {one['others']}"
        f" | {one['why'] if one['ratio'] > 1 else ''} |"
        for one in found
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
