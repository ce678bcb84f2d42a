"""Measures apply against a bare httpx loop that sends the same bodies: `python benchmarks/apply.py [--rows N]`.

Whole processes, a server of its own on loopback (`crm.py`), the ledger with its fsync on the disk of the folder for
temporary files. Writes a second are counted by the server, from the first write to the last, and the CPU time is that
of the whole process, beside that of one that has nothing to write. Each pair is taken in turn, `--repeats` times; the
best of each counts, since other work on the machine only ever makes it slower.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

HERE = Path(__file__).parent
CONNECTOR = """\
connector: 1
name: bench
version: "1"
title: The CRM of the benchmark
settings: {base_url: {}}
auth: {header: {Accept: application/json}}
success: {status: [200, 201], id: id, id_pattern: "^[1-9][0-9]*$"}
limits: {concurrency: 16, after_write_lag_seconds: 0, settle_seconds: 0WINDOWS}
paging: {by: page, page: page, size: limit, max: 100, first: 1}
actions:
  list: {method: GET, path: "/{object}", items: data, total: total}
  get: {method: GET, path: "/{object}/{id}"}
  create: {method: POST, path: "/{object}"}
BULKobjects:
  people:
    label: first_name last_name email
    marker: external_id
    tier: A
    fields: {text: external_id first_name last_name, email: email}
    read_only: {integer: id}
"""
BULK = """\
  bulk: {method: POST, path: "/{object}/batch", items: made, max: 100}
"""
MAPPING = """\
mapping: 1
name: bench
source: {connector: files, path: .}
target: {connector: ./bench.connector.yaml}
objects:
  people:
    from: people.csv
    to: people
    key: id
    fields: {first_name: first, last_name: last, email: email}
"""
FLOOR = """
import asyncio, csv, sys
import httpx

async def main(url, tasks, is_own):
    def client():
        limits = httpx.Limits(max_connections=tasks, max_keepalive_connections=tasks)
        return httpx.AsyncClient(base_url=url, limits=limits)

    async def work(session):
        for row in rows:
            body = {"external_id": f"bench/people/{row['id']}", "first_name": row["first"], "last_name": row["last"],
                    "email": row["email"]}
            (await session.post("/people", json=body)).raise_for_status()

    with open("people.csv", newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        sessions = [client() for _ in range(tasks)] if is_own else [client()] * tasks
        await asyncio.gather(*map(work, sessions))

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "own"))
"""


@dataclass(frozen=True, kw_only=True)
class Took:
    """What one process took: wall and CPU seconds, peak megabytes; and what the server saw of it."""

    begun: float
    seconds: float
    cpu: float
    megabytes: int
    saw: dict[str, Any]

    @property
    def rate(self) -> float:
        """Give the writes a second, from the first to the last."""
        return float(self.saw["written"] - 1) / max(self.saw["last"] - self.saw["first"], 1e-9)


class Bench:
    """A folder with the mapping and its rows, and the server."""

    def __init__(self, folder: Path, url: str, rows: int, *, bulk: str = "", windows: str = "") -> None:
        self.folder, self.url = folder, url
        folder.mkdir()
        connector = CONNECTOR.replace("BULK", bulk).replace("WINDOWS", windows)
        (folder / "bench.connector.yaml").write_text(connector, encoding="utf-8")
        (folder / "bench.yaml").write_text(MAPPING, encoding="utf-8")
        self.write(rows)

    def write(self, rows: int) -> None:
        """Write the people."""
        with (self.folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
            people = ((n, f"First{n % 5000}", f"Last{n}", f"user{n}@example.com") for n in range(rows))
            writer = csv.writer(file)
            writer.writerow(("id", "first", "last", "email"))
            writer.writerows(people)  # one by one: a child's peak of memory begins at that of its parent

    def floor(self, tasks: int, kind: str) -> Took:
        """Send all rows in a bare loop: over one client, or with one for each task."""
        return self._measure("-c", FLOOR, self.url, str(tasks), kind)

    def plan(self) -> None:
        """Plan all rows as new ones: neither the ledger nor the server knows any of them."""
        self.stats("_empty")
        for name in ("ledger.sqlite", "bench.plan"):
            for path in self.folder.rglob(f"{name}*"):
                path.unlink()
        self._measure("-m", "migrator", "plan", "bench.yaml", "-o", "bench.plan")

    def apply(self, *options: str, code: int = 0) -> Took:
        """Apply the plan."""
        return self._measure("-m", "migrator", "apply", "bench.plan", "--yes", *options, code=code)

    def kill(self, finished: int) -> None:
        """Apply the plan, and kill that with -9 when so many are written."""
        self.stats()
        with self._started(("-m", "migrator", "apply", "bench.plan", "--yes", "--concurrency", "16")) as process:
            written = 0
            while written < finished and process.poll() is None:
                time.sleep(0.05)
                written += int(self.stats()["written"])
            process.kill()

    def _started(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "BENCH_BASE_URL": self.url, "NO_COLOR": "1"}
        command = [sys.executable, *arguments]
        with (self.folder / "said.txt").open("wb") as said:
            return subprocess.Popen(command, cwd=self.folder, env=environ, stdout=said, stderr=subprocess.STDOUT)

    def _measure(self, *arguments: str, code: int = 0) -> Took:
        self.stats()
        begun, begin = time.time(), time.perf_counter()
        process = self._started(arguments)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != code:
            sys.exit(
                f"ended with {process.returncode}: {(self.folder / 'said.txt').read_text(encoding='utf-8')[-2000:]}"
            )
        cpu = usage.ru_utime + usage.ru_stime
        return Took(begun=begun, seconds=seconds, cpu=cpu, megabytes=usage.ru_maxrss // 1024, saw=self.stats())

    def stats(self, what: str = "_stats") -> dict[str, Any]:
        """Ask what the server saw since it was last asked."""
        with urlopen(f"{self.url}/{what}") as answer:  # noqa: S310 - our own server
            found: dict[str, Any] = json.load(answer)
            return found


@contextmanager
def serving(rate: int = 0) -> Iterator[str]:
    """Serve; gives the address."""
    server = subprocess.Popen([sys.executable, HERE / "crm.py", str(rate)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None  # noqa: S101 - it was asked for
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


def measure_tasks(root: Path, rows: int, repeats: int) -> float:
    """Print a line for each number of tasks; gives the best rate of the bare loop with one task."""
    alone = 0.0
    with serving() as url:
        bench = Bench(root / "tasks", url, rows)
        bench.write(0)
        bench.plan()
        idle = {"apply": bench.apply().cpu, "floor": bench.floor(1, "shared").cpu}
        bench.write(rows)
        for tasks in (1, 4, 16):
            floors: list[Took] = []
            own: list[Took] = []
            ours: list[Took] = []
            for _repeat in range(repeats):
                floors.append(bench.floor(tasks, "shared"))
                own.append(bench.floor(tasks, "own"))
                bench.plan()
                ours.append(bench.apply("--concurrency", str(tasks)))
            rates = [max(one.rate for one in each) for each in (ours, floors, own)]
            cpus = [min(one.cpu for one in ours) - idle["apply"]]
            cpus += [min(one.cpu for one in each) - idle["floor"] for each in (floors, own)]
            alone = alone or rates[1]
            tell(f"{tasks} task{'s' * (tasks > 1)}", rates[0], f"{rates[1]:,.0f}", f"{rates[0] / rates[1]:.2f} x")
            print(f"| … own client for each task | | {rates[2]:,.0f} | {rates[0] / rates[2]:.2f} x |")
            print(f"| … CPU of ours beside shared, own | | | {cpus[0] / cpus[1]:.2f}, {cpus[0] / cpus[2]:.2f} |")
    return alone


def measure_bulk(root: Path, rows: int, repeats: int, alone: float) -> None:
    """Print the line of a hundred records in a call."""
    with serving() as url:
        bench = Bench(root / "bulk", url, rows, bulk=BULK)
        rates = []
        for _repeat in range(repeats):
            bench.plan()
            rates.append(bench.apply("--concurrency", "4").rate)
    tell("bulk, 100 in a call, 4 tasks; beside one task", max(rates), f"{alone:,.0f}", f"{max(rates) / alone:.1f} x")


def measure_limit(root: Path, rate: int, seconds: int) -> None:
    """Print the line of a limited server; the first second's worth goes at once, so it is not counted."""
    with serving(rate) as url:
        windows = f", windows: [{{requests: {rate}, seconds: 1}}]"
        bench = Bench(root / "limit", url, rate * seconds, windows=windows)
        bench.plan()
        time.sleep(1)
        took = bench.apply("--concurrency", "4")
    reached = (took.saw["written"] - rate) / (took.saw["last"] - took.saw["first"])
    what = f"limit of {rate} a second, 4 tasks; {took.saw['refused']} answers 429"
    tell(what, reached, str(rate), f"{reached / rate:.1%}")


def measure_resume(root: Path, finished: int) -> None:
    """Print how long a plan takes to its first request when so many changes are finished, and the memory of it all."""
    with serving() as url:
        bench = Bench(root / "resume", url, finished + 1000, bulk=BULK)
        bench.plan()
        whole = bench.apply("--concurrency", "16", "--limit", str(finished), code=7)
        rest = bench.apply("--concurrency", "16")
        bench.write(finished + finished // 5)  # some must be left when it is killed
        bench.plan()
        bench.kill(finished)
        after = bench.apply("--concurrency", "16")
    print(f"| {whole.saw['written']:,} changes, peak MB | {whole.megabytes} | | |")
    print(f"| resume after them: seconds to the first request | {rest.saw['asked'] - rest.begun:.2f} | | |")
    print(f"| … peak MB | {rest.megabytes} | | |")
    print(f"| … where the run before was killed with -9 | {after.saw['asked'] - after.begun:.2f} | | |")


def tell(what: str, rate: float, floor: str, ratio: str) -> None:
    """Print one line of the table."""
    print(f"| {what} | {rate:,.0f} | {floor} | {ratio} |", flush=True)


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000, help="how many are written with 1, 4 and 16 tasks")
    parser.add_argument("--finished", type=int, default=1_000_000, help="how many are finished before the resume")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    print("| what | records a second | the floor | ratio |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        alone = measure_tasks(root, asked.rows, asked.repeats)
        measure_bulk(root, 10 * asked.rows, asked.repeats, alone)
        measure_limit(root, 50, 20)
        measure_resume(root, asked.finished)


if __name__ == "__main__":
    main()
