"""Measures all that README.md shows, and writes it anew: `python benchmarks/all.py [--small] [--only PART ...]`.

Each part is a command of its own that prints a Markdown table. Its rows are kept in figures.json, with the date; what
is not measured this time stays as it was. README.md and chart.svg are made from that file alone: `--only` without a
part does just that. `--small` takes minutes rather than hours, prints the tables, and writes nothing. The rivals need
their kit, `--kit FOLDER` or PEERS_KIT.
"""

import argparse
import json
import os
import platform
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chart import chart

HERE = Path(__file__).parent
FIGURES, README, CHART = HERE / "figures.json", HERE / "README.md", HERE / "chart.svg"
PARTS = {
    "start": "start.py",
    "plan": "plan.py --rows 10000 100000 1000000 --only inline processes 'every row refused'",
    "held": "held.py --held 10000 100000 1000000",
    "apply": "apply.py --rows 2000 --finished 100000 --repeats 2",
    "libraries": "libraries.py --rows 2000 --repeats 5",
    "calls": "calls.py",
    "steps": "rows.py --rows 200000",
    "match": "matching.py",
    "peers": "peers/run.py all",
    "transform": "peers/run.py transform plan-floor --rows 100000,1000000 --repeats 1 --no-warmup",
}
SMALL = {
    "start": "start.py --repeats 3",
    "plan": "plan.py --rows 10000",
    "held": "held.py --held 2000 --rows 500",
    "apply": "apply.py --rows 500 --finished 5000 --repeats 1",
    "libraries": "libraries.py --rows 500 --repeats 1",
    "calls": "calls.py --small",
    "steps": "rows.py --rows 20000",
    "match": "matching.py",
    "peers": "peers/run.py all --repeats 1 --no-warmup",
    "transform": "peers/run.py transform plan-floor --rows 10000 --repeats 1 --no-warmup",
}
RIVALS = ("peers", "transform")


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--only", nargs="*", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--kit", default=os.environ.get("PEERS_KIT", ""))
    stated = parser.parse_args()
    commands = SMALL if stated.small else PARTS
    wanted = [name for name in commands if stated.only is None or name in stated.only]
    for name in wanted:
        if name in RIVALS and not stated.kit:
            print(f"{name}: left out, there is no kit (--kit FOLDER)", file=sys.stderr)
            continue
        text = run(commands[name], stated.kit)
        print(f"\n## {name}: {commands[name]}\n\n{text}", flush=True)
        if not stated.small:
            keep(name, commands[name], text)
    if not stated.small:
        write_pages()


def run(command: str, kit: str) -> str:
    """Run one part; gives what it prints. Ends the program where it fails."""
    script, *arguments = shlex.split(command)
    environ = {**os.environ, "PEERS_KIT": kit}
    ended = subprocess.run(
        [sys.executable, str(HERE / script), *arguments], stdout=subprocess.PIPE, text=True, env=environ, check=False
    )
    if ended.returncode:
        sys.exit(f"{command} ended with {ended.returncode}\n{ended.stdout}")
    return ended.stdout.strip()


def keep(name: str, command: str, text: str) -> None:
    """Put the tables of one part into figures.json."""
    figures = read_figures()
    figures["parts"][name] = {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "tables": tables_of(text),
    }
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_figures() -> dict[str, Any]:
    """Read what was measured before."""
    found: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {"parts": {}}
    return found


def tables_of(text: str) -> list[dict[str, Any]]:
    """Take Markdown tables apart: the heading above each, if any, its head and rows, and the columns to the right."""
    found: list[dict[str, Any]] = []
    title = ""
    for line in text.splitlines():
        if line.startswith("### "):
            title = line.removeprefix("### ")
        if not line.startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            found[-1]["right"] = [cell.endswith(":") for cell in cells]
        elif found and found[-1]["title"] == title and "right" in found[-1] and len(found[-1]["head"]) == len(cells):
            found[-1]["rows"].append(cells)
        else:
            found.append({"title": title, "head": cells, "rows": []})
    return found


def write_pages() -> None:
    """Write the tables into README.md between their marks, and the chart."""
    parts = read_figures()["parts"]
    text = README.read_text(encoding="utf-8")
    for name, part in parts.items():
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        shown = f"{stamp(part)}\n\n{chr(10).join(map(markdown, part['tables']))}\n"
        text = mark.sub(lambda found, shown=shown: f"{found[1]}{shown}{found[2]}", text)
    README.write_text(text, encoding="utf-8")
    if "plan" in parts:
        CHART.write_text(chart(parts["plan"]["tables"][0]), encoding="utf-8")


def stamp(part: dict[str, Any]) -> str:
    """Say when and on what a part was measured."""
    return f"`python benchmarks/{part['command']}`, {part['date']}, {part['cores']} cores, Python {part['python']}:"


def markdown(table: dict[str, Any]) -> str:
    """Write a table."""
    sides = ["---:" if is_right else "---" for is_right in table["right"]]
    lines = [f"| {' | '.join(cells)} |" for cells in (table["head"], sides, *table["rows"])]
    title = [f"**{table['title']}**", ""] if table["title"] else []
    return "\n".join([*title, *lines, ""])


if __name__ == "__main__":
    main()
