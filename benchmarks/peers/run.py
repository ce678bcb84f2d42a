"""Runs migrator beside its rivals: `python benchmarks/peers/run.py --kit FOLDER [JOB ...] [option of compare.py ...]`.

The kit is a folder with compare.py and the rivals, which is no part of this repository: `--kit`, or PEERS_KIT in the
environment. Without a job all are run. What is written goes to `--work`, a temporary folder by default; a run's time
depends on how fast that folder's disk makes a journal durable, so it is printed with the table.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MIGRATOR = f"{shlex.quote(sys.executable)} -m migrator"
TASKS = 8


def main() -> None:
    """Start compare.py with migrator in it, and end with its code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kit", type=Path, default=os.environ.get("PEERS_KIT"))
    parser.add_argument("--work", type=Path)
    known, others = parser.parse_known_args()
    if known.kit is None:
        parser.error("where is compare.py? name its folder with --kit or PEERS_KIT")
    jobs = [] if others and not others[0].startswith("-") else ["all"]
    with tempfile.TemporaryDirectory() as folder:
        work = (known.work or Path(folder)).resolve()
        print(f"work folder on {file_system(work)}", file=sys.stderr)
        command = [sys.executable, str(known.kit.resolve() / "compare.py"), *jobs, *others, "--work", str(work)]
        sys.exit(subprocess.run([*command, *contestants()], check=False).returncode)


def contestants() -> list[str]:
    """Give the options that bring migrator in: each job is what a person would type."""
    commands = {
        "prepare": f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'prepare.py'))} {{work}} {{port}} {{csv}}",
        "load": run(f"apply people.yaml --yes --concurrency {TASKS}"),
        "resume": run(f"apply people.plan --yes --concurrency {TASKS}"),
        "extract": run("connector read ./stub.connector.yaml contacts"),
        "transform": run("plan owners.yaml"),
        "plan": run("plan people.yaml"),
        "typo": run("plan typo.yaml"),
        "typo-word": "transfrom",
        "ok": r"([\d,]+)(?:  written and in the target| to create, | records of )",
        "failed": r"([\d,]+)(?:  refused by the target| rejected)",
    }
    one = {
        "prepare": commands["prepare"],
        "load": run("apply people.yaml --yes"),
        "resume": run("apply people.plan --yes"),
    }
    added = [word for job, text in one.items() for word in ("--add", f"migrator, 1 task:{job}={text}")]
    return [word for job, text in commands.items() for word in (f"--migrator-{job}", text)] + added


def run(arguments: str) -> str:
    """Give the command that runs migrator in the work folder."""
    return f"cd {{work}} && {MIGRATOR} {arguments}"


def file_system(folder: Path) -> str:
    """Tell on what kind of file system a folder lies."""
    told = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "an unknown file system"


if __name__ == "__main__":
    main()
